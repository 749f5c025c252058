from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest
from kctrig.sim.campaign.plan import LEVELS, draw
from kctrig.sim.campaign.run import run_campaign
from kctrig.sim.campaign.trace import as_text
from kctrig.sim.urls import BRANDS
from metersim import brands


def test_a_seed_always_means_the_same_plan() -> None:
    assert draw(77) == draw(77)
    assert draw(77) != draw(78)


def test_naming_the_level_that_a_seed_has_chosen_changes_nothing() -> None:
    for seed in range(50):
        plan = draw(seed)
        assert draw(seed, plan.level, plan.store) == plan


def test_plans_know_the_brands_that_the_emulated_meter_knows() -> None:
    assert tuple(brands.names()) == BRANDS


def test_healthy_plans_have_nothing_wrong_in_them() -> None:
    for seed in range(200):
        plan = draw(seed, "healthy")
        assert plan.line.loss == plan.line.damage == 0
        assert not plan.happenings
        assert not plan.crashes
        assert not plan.failing_records
        assert all(set(meter.faults) <= {"hold_entry"} and not meter.tampered for meter in plan.meters)
        assert all(meter.bank in ("good", "swapped") for meter in plan.meters)


def test_every_brand_and_every_kind_of_trouble_is_drawn() -> None:
    plans = [draw(seed) for seed in range(1500)]
    assert {plan.level for plan in plans} == set(LEVELS)
    assert {meter.brand for plan in plans for meter in plan.meters} == set(BRANDS)
    assert {meter.bank for plan in plans for meter in plan.meters} == {
        "good",
        "other_meter",
        "digit_wrong",
        "section_missing",
        "swapped",
    }
    assert {crash.when for plan in plans for crash in plan.crashes} == {"before", "while", "after"}
    assert {happening.kind for plan in plans for happening in plan.happenings} == {
        "crash_host",
        "stall_host",
        "reset_rig",
        "cut_power",
        "unplug",
        "pull",
        "swap",
    }
    faults = {fault.partition(":")[0] for plan in plans for meter in plan.meters for fault in meter.faults}
    wanted = {"key_drop", "echo_off", "half_lost", "lies_benar", "dead_segment", "slow_glass", "power_cut"}
    assert faults >= wanted


_SHOW = """
from kctrig.sim.campaign.plan import draw
from kctrig.sim.campaign.run import run_campaign
from kctrig.sim.campaign.trace import as_text
print(as_text(run_campaign(draw({seed}, "hard")), []))
"""


@pytest.mark.parametrize("seed", [37])
def test_a_campaign_done_again_in_another_process_gives_the_same_trace_to_the_millisecond(seed: int) -> None:
    here = as_text(run_campaign(draw(seed, "hard")), [])
    for hash_seed in ("1", "2"):
        there = subprocess.run(
            [sys.executable, "-c", _SHOW.format(seed=seed)],
            env={**os.environ, "PYTHONHASHSEED": hash_seed, "PYTHONUTF8": "1"},
            capture_output=True,
            check=True,
            encoding="utf-8",
        )
        assert there.stdout.rstrip("\n") == here.rstrip("\n")


def _facts(seed: int, store: str) -> list[tuple[object, ...]]:
    done = run_campaign(draw(seed, "hard", store))
    left_out = ("token", "tokens")
    return [
        (
            event.seq,
            event.attempt,
            event.meter_no,
            event.point,
            event.at_unix_ms,
            json.dumps(
                {name: value for name, value in event.body.items() if name not in left_out}, sort_keys=True
            ),
        )
        for event in done.evidence.events
    ]


def test_the_store_in_memory_holds_what_the_real_one_holds() -> None:
    compared = 0
    for seed in range(16):
        if any(crash.when == "while" for crash in draw(seed, "hard").crashes):
            continue  # whether a torn write is there is each store's own to say
        assert _facts(seed, "memory") == _facts(seed, "sqlite")
        compared += 1
    assert compared > 5
