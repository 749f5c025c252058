"""Recordings of the wire: written, told in words, and played as a rig; the self-test and its words."""

from __future__ import annotations

import json
import time
from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import CliRunner
from kctrig.cli import link as cli
from kctrig.cli import selftest as selftest_cli
from kctrig.link import health
from kctrig.link.connection import Connection
from kctrig.link.describe import masked
from kctrig.link.port import open_port
from kctrig.link.replay import ReplayDeviation, ReplayLine
from kctrig.link.trace import FROM_RIG, TO_RIG, TraceError, TraceFile, read_trace, show
from rigwire import messages as m
from tests.link.loop_line import LoopLine, run_keys

TOKEN = "41427738914625530817"
SOON_S = 10.0


def session(connection: Connection, job_id: int, keys: bytes = TOKEN.encode()) -> list[tuple[int, bytes]]:
    """A small application: open, subscribe, one key job to its end; the events it saw."""
    connection.hello()
    connection.request(m.SUBSCRIBE, bytes([m.MASK_ALL]))
    connection.request(m.RUN_KEYS, run_keys(job_id, keys, 2, 2))
    seen: list[tuple[int, bytes]] = []
    end_s = time.monotonic() + SOON_S
    while time.monotonic() < end_s:
        event = connection.next_event(1.0)
        if event is None:
            continue
        data = event.data[4:] if event.kind == m.EVENT_JOB else event.data
        seen.append((event.kind, data))
        if event.kind == m.EVENT_JOB:
            assert event.data[:4] == job_id.to_bytes(4, "little")
            return seen
    raise AssertionError("the job did not end")


@pytest.fixture
def recording(tmp_path: Path) -> Path:
    """A recording of `session`."""
    path = tmp_path / "line.trace"
    with Connection(LoopLine(), TraceFile(path, "loop")) as connection:
        session(connection, 0x1111)
    return path


def test_every_byte_of_both_ways_is_in_the_recording_with_its_time(tmp_path: Path) -> None:
    path = tmp_path / "x.trace"
    recording = TraceFile(path, "rig")
    recording.sent(b"\x00\x01", 100.0)
    recording.received(b"\x02", 100.25)
    recording.close()
    recording.received(b"\x03", 101.0)  # after the end: nobody's business any more
    chunks = read_trace(path)
    assert [(chunk.at_s, chunk.direction, chunk.data) for chunk in chunks] == [
        (0.0, TO_RIG, b"\x00\x01"),
        (0.25, FROM_RIG, b"\x02"),
    ]
    assert path.stat().st_mode & 0o077 == 0


def test_a_recording_in_words_names_messages_times_and_jobs_and_masks_the_token(recording: Path) -> None:
    lines = list(show(read_trace(recording)))
    text = "\n".join(lines)
    for words in (
        "HELLO #0",
        "versions 1 to 1",
        "SUBSCRIBE #1",
        "job 00001111: '4142…0817'",
        "20 keys",
        "job 00001111 done",
    ):
        assert words in text
    assert "a digit key down" in text
    assert TOKEN not in text
    assert "key 4 down" not in text


def test_noise_and_repetitions_are_shown_as_such(recording: Path) -> None:
    chunks = read_trace(recording)
    noise = replace(chunks[1], data=b"rst:0x1 (POWERON_RESET)\x00" + b"\xfe\x81\x90\xa3\x00")
    text = "\n".join(show([chunks[0], noise, chunks[0]]))
    assert "text 'rst:0x1 (POWERON_RESET)'" in text
    assert "4 damaged bytes" in text
    assert text.count("(sent again)") == 1


def test_a_recording_that_was_cut_off_is_read_up_to_there(recording: Path) -> None:
    whole = read_trace(recording)
    recording.write_text(recording.read_text()[:-3])
    assert read_trace(recording)[:-1] == whole[: len(read_trace(recording)) - 1]
    lines = recording.read_text().splitlines()
    lines[3] = "0.1 ? 00"
    recording.write_text("\n".join(lines) + "\n")
    with pytest.raises(TraceError, match="line 4"):
        read_trace(recording)


def test_a_recording_played_as_a_rig_gives_the_same_events_under_new_job_ids(recording: Path) -> None:
    with Connection(LoopLine()) as connection:
        lived = session(connection, 0x2222)
    with Connection(open_port(f"replay:{recording}")) as connection:
        assert session(connection, 0x3333) == lived


def test_a_played_rig_answers_pings_for_as_long_as_it_takes(recording: Path) -> None:
    with Connection(ReplayLine(recording)) as connection:
        connection.hello()
        for _ in range(20):
            connection.request(m.PING, m.pack_request(m.PING, 0))
        connection.request(m.SUBSCRIBE, bytes([m.MASK_ALL]))


def test_a_host_that_asks_something_else_is_told_what_the_recording_has(recording: Path) -> None:
    with Connection(ReplayLine(recording)) as connection:
        connection.hello()
        connection.request(m.SUBSCRIBE, bytes([m.MASK_ALL]))
        with pytest.raises(ReplayDeviation) as caught:
            connection.request(m.RUN_KEYS, run_keys(5, b"99999999999999999999", 2, 2))
    said = str(caught.value)
    assert "the recording has RUN_KEYS" in said
    assert "'4142…0817'" in said
    assert "'9999…9999'" in said
    assert caught.value.effect == "nothing"


def test_a_host_that_goes_on_after_the_end_is_told_so(recording: Path) -> None:
    with Connection(ReplayLine(recording)) as connection:
        session(connection, 7)
        with pytest.raises(ReplayDeviation, match="BYE"):
            connection.request(m.READ_DISPLAY)


def test_a_recording_without_requests_cannot_be_played(tmp_path: Path) -> None:
    path = tmp_path / "empty.trace"
    TraceFile(path).close()
    with pytest.raises(TraceError, match="nothing to replay"):
        ReplayLine(path)


def test_a_folder_that_is_not_there_is_said_when_recording(tmp_path: Path) -> None:
    with pytest.raises(TraceError, match="No such file"):
        TraceFile(tmp_path / "no" / "x.trace")


def test_digit_runs_are_masked_and_short_numbers_stay() -> None:
    assert masked("75# 04 12345678901234567890#") == "75# 04 1234…7890#"


# -- the words of the self-test

GOOD = health.LineReport(500, 1000, 0, 0, 0, 0, 0, 0, 0, tuple([0.2] * 500))


def said(report: health.LineReport) -> str:
    return " | ".join(f"{finding.grade}: {finding}" for finding in health.findings(report))


def test_a_good_line_is_called_good() -> None:
    assert said(GOOD) == "good: the line is good: 500 requests, none lost, none damaged"


def test_damage_is_said_as_one_in_so_many_with_its_likely_cause() -> None:
    assert "bad: 1 in 40 frames damaged: cable or hub" in said(replace(GOOD, damaged=25, retransmitted=25))
    assert "good" not in said(replace(GOOD, damaged=1))


@pytest.mark.parametrize(
    ("report", "words"),
    [
        (replace(GOOD, retransmitted=5), "1 in 100 requests got no answer in time"),
        (replace(GOOD, overrun=3), "dropped input or events 3 times → give the rig a USB port of its own"),
        (replace(GOOD, reconnects=2), "session was lost 2 times: loose plug"),
        (replace(GOOD, rtt_ms=(16.0,) * 9), "latency timer of the USB adapter"),
        (replace(GOOD, same_schema=False), "another message table"),
        (replace(GOOD, not_frames=1), "boot text after a reset is harmless"),
        (replace(GOOD, failed="the link is lost"), "ended early: the link is lost"),
    ],
)
def test_each_trouble_has_its_own_advice(report: health.LineReport, words: str) -> None:
    assert words in said(report)


def test_selftest_and_trace_show_on_the_command_line(tmp_path: Path) -> None:
    path = str(tmp_path / "line.trace")
    runner = CliRunner()
    first = runner.invoke(
        selftest_cli.selftest,
        ["--rig", "sim:hexing?vm=cpython", "--count", "50", "--trace", path],
        standalone_mode=False,
    )
    assert (first.exception, first.return_value) == (None, 0)
    assert "the line is good: 50 requests" in first.output
    shown = runner.invoke(cli.trace, ["show", path], standalone_mode=False)
    assert shown.output.count("PING") > 100
    again = runner.invoke(
        selftest_cli.selftest, ["--rig", f"replay:{path}", "--count", "5", "--json"], standalone_mode=False
    )
    line = json.loads(again.output)
    assert (line["requests"], line["damaged"], line["findings"][0]["grade"]) == (5, 0, "good")
