"""Lines, live table and questions of a round."""

from __future__ import annotations

import io
import os
import threading
from collections.abc import Iterator
from typing import IO

import pytest
from kctrig.bench.round import Done
from kctrig.cli.crew import LiveCrew, PlainCrew
from kctrig.cli.lines import read_line
from kctrig.procedure.runner import Progress
from kctrig.procedure.verdicts import Outcome, Verdict
from kctrig.worklist.rows import WorkRow
from rich.console import Console

RIG = "sim:hexing?state=meter.json"
ROW = WorkRow(2, "00000000018", "hexing", "HEXING", "41", ("0" * 20,) * 2)


def step(state: str, keys_done: int = 0) -> Progress:
    return Progress("00000000018", state, keys_done, 40, "13.9")


def done(verdict: Verdict, reason: str = "") -> Done:
    return Done(ROW, RIG, Outcome(ROW.meter_no, "hexing", verdict, reason=reason, seconds=9.5))


@pytest.fixture
def answers(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What the technician will type."""
    typed: list[str] = []
    monkeypatch.setattr("kctrig.cli.crew.read_line", lambda *_: typed.pop(0))
    monkeypatch.setattr("sys.stdin", io.StringIO())
    monkeypatch.setattr("sys.stdin.isatty", lambda: True)
    return typed


def asked(crew: PlainCrew, until: threading.Thread) -> None:
    until.start()
    while until.is_alive():
        crew.attend(0.01)


def test_a_line_for_every_new_state_and_none_for_every_key() -> None:
    out = io.StringIO()
    crew = PlainCrew([RIG], may_ask=False, out=out)
    for one in (step("IDENTIFIED"), step("ENTERING 1", 1), step("ENTERING 1", 2), step("VERIFYING", 40)):
        crew.progress(RIG, one)
    crew.finished(done(Verdict.REJECTED, "the meter refused"))
    states = [line.split("s  ")[1].split()[1:] for line in out.getvalue().splitlines()]
    assert [words[0] for words in states] == ["IDENTIFIED", "ENTERING", "VERIFYING", "REJECTED:"]


def test_a_rig_is_named_without_the_query_of_its_url() -> None:
    out = io.StringIO()
    PlainCrew([RIG], may_ask=False, out=out).tell(RIG, "is slow")
    assert "sim:hexing: is slow" in out.getvalue()


def test_without_a_terminal_nobody_is_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO())
    crew = PlainCrew([RIG], may_ask=True)
    assert crew.ask("?") is None
    assert not crew.next_meter(RIG, "said", 3)


@pytest.mark.parametrize(("typed", "goes_on"), [("", True), ("q", False), ("Quit", False)])
def test_the_main_thread_asks_for_the_next_meter_of_a_rigs_thread(
    answers: list[str], typed: str, goes_on: bool
) -> None:
    answers.append(typed)
    crew = PlainCrew([RIG], may_ask=True)
    got: list[bool] = []
    asked(
        crew, threading.Thread(target=lambda: got.append(crew.next_meter(RIG, "meter 1: PASS_VERIFIED", 2)))
    )
    assert got == [goes_on]
    assert answers == []


def test_after_the_wish_to_stop_every_question_is_answered_with_silence(answers: list[str]) -> None:
    crew = PlainCrew([RIG], may_ask=True)
    waiting = threading.Thread(target=lambda: crew.ask("still there?"))
    waiting.start()
    crew.dismiss()
    while waiting.is_alive():
        crew.attend(0.01)
    assert crew.ask("and now?") is None


def test_the_live_table_has_a_line_a_rig_with_state_and_glass() -> None:
    crew = LiveCrew([RIG, "sim:star"], may_ask=False)
    crew.progress(RIG, step("ENTERING 1", 10))
    shown = io.StringIO()
    Console(file=shown, width=120).print(crew._table())
    assert "ENTERING 1" in shown.getvalue()
    assert "sim:star" in shown.getvalue()
    crew.finished(done(Verdict.PASS_VERIFIED))
    shown = io.StringIO()
    Console(file=shown, width=120).print(crew._table())
    assert "PASS_VERIFIED 9.5 s" in shown.getvalue()


@pytest.fixture
def terminal(monkeypatch: pytest.MonkeyPatch) -> Iterator[IO[str]]:
    """What a person types goes in here."""
    reading, writing = os.pipe()
    with os.fdopen(reading) as stdin, os.fdopen(writing, "w") as keys:
        monkeypatch.setattr("sys.stdin", stdin)
        yield keys


def test_a_typed_line_is_handed_over(terminal: IO[str], capsys: pytest.CaptureFixture[str]) -> None:
    terminal.write("Sari\n")
    terminal.flush()
    assert read_line("Who", lambda: False) == "Sari"
    assert capsys.readouterr() == ("", "Who: ")


def test_the_end_of_input_is_no_answer(terminal: IO[str]) -> None:
    terminal.close()
    assert read_line("Who", lambda: False) is None


def test_waiting_for_a_line_can_be_given_up(terminal: IO[str]) -> None:
    looks = iter([False, False, True])
    assert read_line("Who", lambda: next(looks)) is None


def test_two_rigs_of_one_name_are_told_apart_by_their_place_in_the_command_line() -> None:
    out = io.StringIO()
    other = "sim:hexing?state=other.json"
    crew = PlainCrew([RIG, "/dev/ttyUSB0", other], may_ask=False, out=out)
    for rig in (RIG, "/dev/ttyUSB0", other):
        crew.tell(rig, "is slow")
    said = [line.split("s  ")[1] for line in out.getvalue().splitlines()]
    assert said == ["sim:hexing (1): is slow", "/dev/ttyUSB0: is slow", "sim:hexing (3): is slow"]


def test_a_pass_is_said_once() -> None:
    out = io.StringIO()
    crew = PlainCrew([RIG], may_ask=False, out=out)
    crew.progress(RIG, step("PASS_VERIFIED"))
    crew.finished(done(Verdict.PASS_VERIFIED, "04 shows KRN 02"))
    assert out.getvalue().count("PASS_VERIFIED") == 1
