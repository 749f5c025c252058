"""Invariants hold over seeded campaigns; `--long` has the full number of them."""

from __future__ import annotations

import pytest
from kctrig.sim.campaign import many
from kctrig.sim.campaign.report import Report

SHORT = 240
LONG = 2_000
HEALTHY = 90
HEALTHY_LONG = 10_000
FOUND_BEFORE = (
    4049089,  # opened again by a supervisor between Enter and a slow meter's answer: that is the supervisor's word
    4087131,  # the same in another brand: the meter's row comes with its answer, after the supervisor's word
    2049815,  # another meter in its place within a second, twice in fifty thousand campaigns
    2016783,  # another meter in its place within a second, while digits were typed
    2,  # another meter put in while digits were typed
    138,
    1026,
    2266,
    2419,
    1120,  # a refusal reported as nothing submitted
    1540,  # a section kept from before completed the set
    3952,  # a fresh section entered again because an older one was forgotten
    4157,
)
"""Seeds of campaigns that broke an invariant once."""


def _told(report: Report) -> str:
    return "\n".join(
        f"seed {row.seed} ({row.level}, {row.store}): {violation}"
        for row in report.failing
        for violation in row.violations
    )


def test_no_invariant_is_broken_over_mixed_campaigns(pytestconfig: pytest.Config) -> None:
    long = pytestconfig.getoption("--long")
    report = many.run_many(LONG if long else SHORT, 100_000, workers=2)
    assert not report.violations, _told(report)
    assert set(report.stores) == {"memory", "sqlite"}
    assert len(report.brands) == 9


def test_nothing_is_in_doubt_with_a_sound_line_and_sound_meters(pytestconfig: pytest.Config) -> None:
    long = pytestconfig.getoption("--long")
    report = many.run_many(HEALTHY_LONG if long else HEALTHY, 200_000, level="healthy", workers=2)
    assert not report.violations, _told(report)
    assert set(report.levels["healthy"].verdicts) == {"PASS_VERIFIED", "ALREADY_DONE"}


@pytest.mark.parametrize("seed", FOUND_BEFORE)
def test_campaigns_that_found_something_once_find_nothing_now(seed: int) -> None:
    report = many.run_many(1, seed)
    assert not report.violations, _told(report)
