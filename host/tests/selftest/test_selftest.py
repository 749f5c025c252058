"""`kctrig selftest` on emulated rigs: the same firmware, drivers and jig as on a board."""

from __future__ import annotations

import io
import json
import os
import re
from pathlib import Path

import pytest
from kctrig.cli import exits
from kctrig.cli import selftest as selftest_cli
from kctrig.cli.app import run
from kctrig.link.errors import RequestRefused
from kctrig.link.health import LineReport
from kctrig.link.identity import identify
from kctrig.link.selftest import SelfTest
from kctrig.selftest import judge, measure, page
from kctrig.selftest.items import Item, Outcome, weigh
from kctrig.sim.devices import find_micropython
from rigwire import messages

on_a_board = pytest.mark.skipif(
    os.name != "posix" or find_micropython() is None, reason="no micropython program on this computer"
)
JIG = "sim:hexing?board=matrix&jig=on&fault=no_glass"


@pytest.fixture(autouse=True)
def quick_clock(monkeypatch: pytest.MonkeyPatch) -> None:
    """A fifth of a second tells an emulated clock as well as a whole one."""
    monkeypatch.setattr(measure, "_CLOCK_S", 0.2)


def outcome(*items: Item, operator: str = "") -> Outcome:
    who = identify("kctrig-rig 0.1.0 bench_matrix, micropython 1.29 on esp32, id 240ac4a1b2c3, reset hard")
    line = LineReport(500, 1000, 0, 0, 0, 0, 0, 0, 0, tuple([1.25] * 500))
    return Outcome("/dev/ttyUSB0", who, 0xB0071D42, operator, 1611637205000, "0.1.0", line, items)


GOOD = judge.of_clock(1000.0, 1000, 1.0)
BAD = judge.of_estop(False)
UNTESTED = judge.of_estop(None)


def test_what_is_not_tested_is_said_beside_a_pass_and_one_fault_is_enough() -> None:
    assert list(page.lines(outcome(GOOD), "en"))[-1] == "PASSED"
    assert list(page.lines(outcome(GOOD, UNTESTED), "en"))[-1] == "PASSED; 1 items not tested"
    assert list(page.lines(outcome(GOOD, BAD, UNTESTED), "en"))[-1] == "FAULT: do not work with this rig"
    assert list(page.lines(outcome(GOOD, BAD), "id"))[-1] == "RUSAK: jangan bekerja dengan rig ini"


@pytest.mark.parametrize(
    ("lang", "line", "grade"),
    [
        ("en", "NOT PASSED; asked for and not tested: 1", "asked for, not tested"),
        ("id", "TIDAK LULUS; diminta tetapi tidak diuji: 1", "diminta, tidak diuji"),
    ],
)
def test_what_was_asked_for_and_not_tested_is_no_pass_in_text_page_and_json(
    lang: str, line: str, grade: str
) -> None:
    tested = outcome(*weigh([GOOD, *judge.not_jigged(""), UNTESTED], ["estop"]))
    assert list(page.lines(tested, lang))[-1] == line
    html = page.html(tested, lang)
    assert f'<p class="verdict missing">{line}</p>' in html
    assert f'<span class="badge missing">{grade}</span>' in html
    said = page.as_json(tested)
    assert (said["passed"], said["verdict"]) == (False, "incomplete")


def test_a_fault_outweighs_what_was_not_tested() -> None:
    tested = outcome(*weigh([BAD, *judge.not_jigged("")], ["keys", "one_shot", "estop"]))
    assert (tested.verdict, tested.count("missing")) == ("fault", 2)


def test_what_was_asked_for_and_has_no_line_at_all_is_missing_in_its_place() -> None:
    items = weigh([GOOD, judge.not_timed()], ["keys"])
    assert [(item.check, item.finding.grade) for item in items] == [
        ("clock", "good"),
        ("keys", "missing"),
        ("timing", "skipped"),
    ]
    assert items[1].finding.todo is not None


def test_a_board_that_cannot_do_what_was_asked_says_how_to_pass() -> None:
    (keys, one_shot) = weigh(judge.not_jigged("uart"), ["keys"])
    assert (keys.finding.grade, one_shot.finding.grade) == ("missing", "skipped")
    assert str(keys.finding).endswith("→ make it possible, or test without asking for it")


@pytest.mark.parametrize(("lang", "verdict", "rtt"), [("en", "FAULT", "1.25 ms"), ("id", "RUSAK", "1,25 ms")])
def test_the_page_names_rig_start_operator_and_every_item_and_loads_nothing(
    lang: str, verdict: str, rtt: str
) -> None:
    text = page.html(outcome(GOOD, BAD, operator="Sri <b>"), lang)
    for words in (
        "rig:240ac4a1b2c3",
        "bench_matrix",
        "kctrig-rig 0.1.0",
        "b0071d42",
        "Sri &lt;b&gt;",
        verdict,
        rtt,
    ):
        assert words in text
    assert f'<html lang="{lang}">' in text
    assert text.count('<tr class="') == 2
    assert not re.search(r"<script|src=|https?://|url\(", text)


def test_every_text_of_the_page_is_in_the_language_asked_for() -> None:
    every = [
        GOOD, BAD, UNTESTED, judge.of_glass(None, "no meter answers"), *judge.not_jigged(""), judge.not_timed(),
        *judge.of_firmware(identify("kctrig-rig 0.0.1 b, micropython 1.25 on esp32, id 240ac4a1b2c3, reset watchdog"), "0.1.0"),
    ]  # fmt: skip
    english = page.html(outcome(*every), "en")
    indonesian = page.html(outcome(*every), "id")
    for item in every:
        for said in (item.finding.said, item.finding.todo):
            if said is not None:
                words = page.Words("en").say(said).replace("'", "&#39;")
                assert words in english
                assert words not in indonesian


@pytest.mark.vm
@on_a_board
def test_with_the_jig_every_channel_and_the_one_shot_are_tested_through_the_expander(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    outs = [tmp_path / "rig.html", tmp_path / "rig.json", tmp_path / "rig.txt"]
    words = [word for out in outs for word in ("--out", str(out))]
    code = run(["selftest", "--rig", JIG, "--count", "20", "--jig", "--operator", "Sri", *words, "--json"])
    line = json.loads(capsys.readouterr().out)
    assert code == exits.OK
    grades = {found["check"]: found["grade"] for found in line["findings"]}
    assert (grades["keys"], grades["one_shot"], grades["glass"]) == ("good", "good", "skipped")
    assert (line["board"], line["passed"], line["operator"]) == ("bench_matrix", True, "Sri")
    assert json.loads(outs[1].read_text()) == line
    assert "PASSED" in outs[0].read_text()
    assert outs[2].read_text().splitlines()[-1].startswith("PASSED; ")


@pytest.mark.vm
@on_a_board
def test_a_stuck_channel_is_named_and_fails_the_rig(capsys: pytest.CaptureFixture[str]) -> None:
    url = f"{JIG}&fault=stuck_closed:row2"
    assert run(["selftest", "--rig", url, "--count", "20", "--jig", "--lang", "id"]) == exits.TROUBLE
    out = capsys.readouterr().out
    assert "Tombol: baris 2 tidak membuka" in out
    assert "RUSAK: jangan bekerja dengan rig ini" in out


@pytest.mark.vm
@on_a_board
def test_without_the_word_that_the_jig_is_plugged_no_channel_is_switched(
    capsys: pytest.CaptureFixture[str],
) -> None:
    url = "sim:hexing?board=matrix"
    assert run(["selftest", "--rig", url, "--count", "20", "--json"]) == exits.OK
    plain = json.loads(capsys.readouterr().out)["findings"]
    assert [found["text"] for found in plain if found["check"] == "keys"] == ["no jig"]
    assert run(["selftest", "--rig", url, "--count", "20", "--jig", "--json"]) == exits.NOT_PASSED
    said = json.loads(capsys.readouterr().out)
    assert (said["passed"], said["verdict"]) == (False, "incomplete")
    refused = [found for found in said["findings"] if found["check"] in ("keys", "one_shot")]
    assert [found["text"] for found in refused] == ["a meter is on the rig"] * 2
    assert [found["grade"] for found in refused] == ["missing"] * 2


def test_presses_are_timed_at_the_meter_and_nothing_is_entered(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    log = tmp_path / "truth.jsonl"
    run(["selftest", "--rig", f"sim:hexing?log={log}", "--count", "20", "--press", "--json"])
    timing = json.loads(capsys.readouterr().out)["findings"][-1]
    assert timing["check"] == "timing"
    assert "8 keys of 120 ms with 130 ms between them" in timing["text"]
    events = [json.loads(line) for line in log.read_text().splitlines()]
    pressed = [event["key"] for event in events if event["event"] == "key" and event["edge"] == "down"]
    assert pressed == ["1"] * measure.PRESSES
    assert not [event for event in events if event["event"] in ("token", "code")]


class Rig:
    """A rig whose self-test answers what it is told; remembers RELEASE_ALL."""

    def __init__(self, *answers: str | None) -> None:
        self.answers = list(answers)
        self.released = 0

    def selftest(self) -> SelfTest:
        detail = self.answers.pop(0)
        if detail is not None:
            raise RequestRefused(messages.SELFTEST, messages.REFUSED, detail)
        return SelfTest("done", 1, 1, 500, False, "none", ())

    def release_all(self) -> None:
        self.released += 1


@pytest.mark.parametrize(
    ("answers", "sensed", "released"),
    [
        (("the emergency stop is pressed", None), True, 1),
        (("the emergency stop is pressed", "the emergency stop is pressed"), False, 1),
        ((None,), False, 0),
        (("a meter answers on the meter port",), None, 0),
    ],
    ids=["sensed", "stays", "not noticed", "meter"],
)
def test_the_emergency_stop_counts_as_sensed_only_when_the_rig_refuses_and_then_works_again(
    answers: tuple[str | None, ...], sensed: bool | None, released: int
) -> None:
    rig = Rig(*answers)
    asked: list[str] = []
    assert measure.estop(rig, asked.append, "press", "release") is sensed  # type: ignore[arg-type]
    assert asked == ["press", "release"]
    assert rig.released == released


def test_a_page_that_cannot_be_written_is_one_line(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    target = tmp_path / "no" / "rig.html"
    code = run(["selftest", "--rig", "sim:hexing?vm=cpython", "--count", "5", "--out", str(target)])
    assert code == exits.USAGE
    said = capsys.readouterr()
    assert "there is no folder" in said.err
    assert said.out == ""  # before anything was tested


@pytest.mark.vm
@on_a_board
def test_where_nobody_is_there_to_press_the_emergency_stop_the_rest_is_tested_and_filed(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO(""))
    code = run(["selftest", "--rig", JIG, "--count", "20", "--jig", "--estop", "--lang", "id"])
    said = capsys.readouterr()
    assert code == exits.NOT_PASSED
    assert "diminta, tidak diuji  Tombol darurat: tidak ditekan siapa pun" in said.out
    assert said.out.splitlines()[-1] == "TIDAK LULUS; diminta tetapi tidak diuji: 1"
    assert "Tekan tombol darurat sekarang" in said.err


def test_a_rig_without_key_outputs_asks_nobody_to_press_a_stop_and_does_not_pass_what_was_asked(
    capsys: pytest.CaptureFixture[str],
) -> None:
    code = run(["selftest", "--rig", "sim:hexing?vm=cpython", "--count", "5", "--estop"])
    said = capsys.readouterr()
    assert "emergency stop now" not in said.err
    assert code == exits.NOT_PASSED
    assert said.out.splitlines()[-1].startswith("NOT PASSED; ")


def test_the_lines_for_a_terminal_are_in_one_language() -> None:
    lines = list(page.lines(outcome(GOOD), "id"))
    assert lines[1] == "waktu bolak-balik 1,25 ms, 99 dari 100 di bawah 1,25 ms"


def test_the_prompts_of_the_emergency_stop_are_in_the_catalogue() -> None:
    words = page.Words("id")
    assert words.gettext(selftest_cli._PRESS) != selftest_cli._PRESS
    assert words.gettext(selftest_cli._RELEASE) != selftest_cli._RELEASE
