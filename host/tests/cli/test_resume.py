"""`kctrig resume` and the override, on a procedure that plays a part."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from kctrig.procedure.verdicts import Override, Verdict
from kctrig.records import points
from kctrig.records.store import Store

if TYPE_CHECKING:
    from tests.cli.conftest import Kctrig, Procedure

A, B, C = "00000000018", "00000000026", "00000000034"
LIST = f"""NO_METER;MERK_TYPE;VKRN;TOKEN_1;TOKEN_2
{A};HEXING/HXE116-KP;41;65652931283250951756;40338491193860092817
{B};HEXING/HXE116-KP;41;41706638898323908127;30338887405846209666
"""


@pytest.fixture
def run(kctrig: Kctrig, tmp_path: Path) -> Kctrig:
    (tmp_path / "list.csv").write_text(LIST)
    return lambda command, *words: kctrig(command, "list.csv", "--store", "shift.db", "--rig", "p1", *words)


def attempt(tmp_path: Path, meter_no: str, *answers: str, verdict: Verdict | None = None) -> None:
    with Store(tmp_path / "shift.db") as store:
        opened = store.claim(meter_no, "hexing", {"tokens": [1, 2]})
        for number, answer in enumerate(answers):
            opened.record(points.ENTER_INTENT, {"position": number, "token": str(number), "job_id": 1})
            opened.record(points.ANSWER, {"position": number, "token": str(number), "answer": answer})
        if verdict is not None:
            opened.record(points.VERDICT, {"verdict": verdict.value, "reason": ""})
        opened.close()


@pytest.mark.parametrize(
    "verdict", [None, Verdict.HALF, Verdict.IN_DOUBT, Verdict.READY, Verdict.INFRA_ERROR]
)
def test_only_what_was_begun_and_not_finished_is_worked_on(
    procedure: Procedure, run: Kctrig, tmp_path: Path, verdict: Verdict | None
) -> None:
    attempt(tmp_path, A, "half", verdict=verdict)
    attempt(tmp_path, B, "half", "accepted", verdict=Verdict.PASS_VERIFIED)
    ran = run("resume")
    assert ran.code == 0
    assert [job.meter_no for job in procedure.jobs] == [A]


def test_with_nothing_open_no_rig_is_opened(procedure: Procedure, run: Kctrig, tmp_path: Path) -> None:
    attempt(tmp_path, A, verdict=Verdict.PASS_VERIFIED)
    ran = run("resume")
    assert (ran.code, procedure.rigs) == (0, [])
    assert "nothing to resume" in ran.err


def test_an_open_meter_of_another_list_is_named(procedure: Procedure, run: Kctrig, tmp_path: Path) -> None:
    attempt(tmp_path, C, "half", verdict=Verdict.HALF)
    assert f"meter {C} is HALF and not in this list" in run("resume").err


def test_without_a_store_there_is_nothing_to_resume(procedure: Procedure, run: Kctrig) -> None:
    ran = run("resume")
    assert ran.code == 2
    assert "no store at shift.db" in ran.err


def test_an_override_goes_to_the_meters_that_are_named(procedure: Procedure, run: Kctrig) -> None:
    procedure.meters = {"p1": A}
    ran = run("upgrade", "--meter", A, "--override", " new keys were loaded ", "--operator", "Sari")
    assert ran.code == 0
    assert [job.meter_no for job in procedure.jobs] == [A]
    assert procedure.overrides == [Override("new keys were loaded", "Sari")]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--override", "why not"), "needs --operator NAME"),
        (("--override", " ", "--operator", "Sari"), "needs a reason"),
        (("--override", "new tokens", "--operator", "Sari"), "needs --meter NO"),
    ],
)
def test_an_override_without_reason_name_or_meter_presses_nothing(
    procedure: Procedure, run: Kctrig, words: tuple[str, ...], said: str
) -> None:
    ran = run("upgrade", *words)
    assert ran.code == 2
    assert said in ran.err
    assert procedure.rigs == []
