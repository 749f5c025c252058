"""Meters that are exchanged, or lose their power, for less time than the rig waits before it calls the meter port silent."""

from __future__ import annotations

from dataclasses import replace

from kctrig.sim.campaign.plan import Happening, Plan, draw
from kctrig.sim.campaign.report import row_of
from kctrig.sim.campaign.run import run_campaign

SEEDS = range(40)


def exchanged_at_once(seed: int) -> Plan:
    """Another meter of the same brand is in the place of the first within 0.2 to 1.7 s, while digits are typed."""
    first, *_ = draw(seed, "healthy").meters
    second = replace(first, serial=first.serial + 1)
    swap = Happening(0, 2_000 + seed * 397 % 8_000, "swap", 200 + seed * 211 % 1_500)
    return replace(draw(seed, "healthy"), level="middle", meters=(first, second), happenings=(swap,))


def broken(seed: int) -> set[int]:
    return {violation.invariant for violation in row_of(run_campaign(exchanged_at_once(seed))).violations}


def test_a_meter_exchanged_within_the_rigs_patience_gets_no_key_of_the_other_ones_token() -> None:
    assert [seed for seed in SEEDS if broken(seed)] == []
