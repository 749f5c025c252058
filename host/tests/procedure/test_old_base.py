"""A meter whose register has VKRN 42 shows KRN 2 before the key change too: that alone is never called done."""

from __future__ import annotations

from kctrig.bench.station import job_of
from kctrig.procedure.verdicts import Job, Verdict
from kctrig.records.points import MeterPast
from kctrig.worklist.rows import WorkRow
from tests.procedure.fakes import FIRST, METER, SECOND, FakeBench, FakeMeter, upgrade

OLD_BASE = Job.of(METER, "fake", (FIRST, SECOND), old_base=True)


def test_krn_2_at_the_first_look_is_not_called_done_and_nothing_is_typed() -> None:
    bench = FakeBench(FakeMeter(krn=2))
    outcome = bench.run(upgrade(bench, job=OLD_BASE).machine)
    assert (outcome.verdict, outcome.code) == (Verdict.BLOCKED, "old_base")
    assert bench.meter.submitted == []
    assert "VKRN 42" in outcome.reason


def test_a_change_from_krn_1_that_was_watched_is_a_pass() -> None:
    bench = FakeBench(FakeMeter())
    outcome = bench.run(upgrade(bench, job=OLD_BASE).machine)
    assert outcome.verdict is Verdict.PASS_VERIFIED


def test_a_meter_that_this_record_saw_change_is_already_done() -> None:
    bench = FakeBench(FakeMeter(krn=2))
    past = MeterPast(entered_before={f"hash of {FIRST}", f"hash of {SECOND}"})
    outcome = bench.run(upgrade(bench, job=OLD_BASE, past=past).machine)
    assert outcome.verdict is Verdict.ALREADY_DONE


def test_the_row_of_a_work_list_says_so() -> None:
    row = WorkRow(2, METER, "hexing", "HEXING/HXE116-KP", "42", (FIRST, SECOND))
    assert job_of(row).old_base
    assert not job_of(WorkRow(2, METER, "hexing", "HEXING/HXE116-KP", "41", (FIRST, SECOND))).old_base
