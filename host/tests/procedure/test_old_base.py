"""A meter whose register has VKRN 42 shows KRN 2 before the key change too: that alone is never called done."""

from __future__ import annotations

from dataclasses import dataclass

import pytest
from kctrig import profiles
from kctrig.bench.station import job_of
from kctrig.procedure.runner import enter_tokens, upgrade_meter
from kctrig.procedure.verdicts import Job, Override, Verdict
from kctrig.records.points import MeterPast
from kctrig.sim.virtual import VirtualWorld
from kctrig.tokens.issue import key_change
from kctrig.tokens.meters import Meter, fresh_state
from kctrig.worklist.rows import WorkRow
from tests.procedure.fakes import FIRST, METER, SECOND, FakeBench, FakeMeter, upgrade
from tests.procedure.virtual_bench import BRANDS, Bench, Make

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
    past = MeterPast(entered_before={f"hash of {FIRST}", f"hash of {SECOND}"}, lowest_krn=1)
    outcome = bench.run(upgrade(bench, job=OLD_BASE, past=past).machine)
    assert outcome.verdict is Verdict.ALREADY_DONE


@dataclass
class OldBase:
    """A meter that shows KRN 2 before anything is entered; its tokens lead to another key of KRN 2."""

    bench: Bench
    tokens: tuple[str, ...]

    def by_hand(self, *tokens: str) -> str:
        bench = self.bench
        profile = profiles.load(bench.brand)
        entered = enter_tokens(bench.world.open_rig(), profile, tokens, bench.store, clock=bench.world)
        return entered.outcome.verdict.value

    def upgrade(self, override: Override | None = None) -> str:
        bench = self.bench
        outcome = upgrade_meter(
            bench.world.open_rig(),
            Job.of(bench.meter_no, bench.brand, self.tokens, old_base=True),
            profiles.load(bench.brand),
            bench.store,
            clock=bench.world,
            override=override,
        )
        return f"{outcome.verdict.value} {outcome.code}"


def old_base(make: Make, brand: str, faults: tuple[str, ...] = ()) -> OldBase:
    bench = make(brand)
    state = fresh_state(brand, bench.meter_no, krn=2)
    bench.world = VirtualWorld(brand, state, faults=faults)
    return OldBase(bench, key_change(Meter.from_state(state), 2, rollover=True, ti=2).tokens)


@pytest.mark.parametrize("brand", BRANDS)
def test_half_a_key_entered_by_hand_is_not_called_done(make: Make, brand: str) -> None:
    meter = old_base(make, brand)
    assert meter.by_hand(meter.tokens[0]) == "ENTERED"
    assert meter.upgrade() == "BLOCKED old_base"
    assert meter.by_hand(meter.tokens[1]) == "ENTERED"
    assert meter.upgrade() == "BLOCKED old_base"  # changed by now, and 04 shows what it showed before


def test_an_override_makes_nothing_of_a_refused_token(make: Make) -> None:
    meter = old_base(make, "hexing", ("wrong_key",))
    assert meter.by_hand(meter.tokens[0]) == "REJECTED"
    assert meter.upgrade() == "BLOCKED old_base"
    assert meter.upgrade(Override("seen by me", "Sari")) == "BLOCKED old_base"


def test_the_row_of_a_work_list_says_so() -> None:
    row = WorkRow(2, METER, "hexing", "HEXING/HXE116-KP", "42", (FIRST, SECOND))
    assert job_of(row).old_base
    assert not job_of(WorkRow(2, METER, "hexing", "HEXING/HXE116-KP", "41", (FIRST, SECOND))).old_base
