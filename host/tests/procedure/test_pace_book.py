"""Paces learned from echoes: never outside their bounds, fast on a good keypad, slow on one that needs it."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from kctrig import profiles
from kctrig.procedure.pace_book import Bounds, Learned, PaceBook
from kctrig.procedure.runner import upgrade_meter
from kctrig.procedure.verdicts import Job, Verdict
from kctrig.records.store import Store
from kctrig.sim.set_times import TOKEN_KEYS, answers_ms, set_ms
from kctrig.sim.virtual import VirtualWorld
from kctrig.tokens.issue import key_change
from kctrig.tokens.meters import Meter, fresh_state, numbered
from metersim import brands

BRANDS = profiles.names()


class Memory:
    def __init__(self) -> None:
        self.kept: dict[str, Mapping[str, object]] = {}

    def recall(self, name: str) -> Mapping[str, object] | None:
        return self.kept.get(name)

    def remember(
        self, name: str, change: Callable[[Mapping[str, object] | None], Mapping[str, object]]
    ) -> None:
        self.kept[name] = change(self.kept.get(name))


@pytest.mark.parametrize("brand", BRANDS)
def test_learning_begins_at_the_profile_s_pace(brand: str) -> None:
    profile = profiles.load(brand)
    pace = PaceBook(Memory()).pace(profile, "1.0")
    assert abs(pace.press_ms - profile.press_ms) <= 1
    assert abs(pace.gap_ms - profile.gap_ms) <= 1


@pytest.mark.parametrize("brand", BRANDS)
@given(tries=st.lists(st.booleans(), max_size=120))
def test_no_pace_is_ever_outside_the_bounds(brand: str, tries: list[bool]) -> None:
    profile, book = profiles.load(brand), PaceBook(Memory())
    for right in tries:
        book.learn(profile, "1.0", [right])
        pace = book.pace(profile, "1.0")
        assert profile.min_press_ms + 2 <= pace.press_ms <= 4 * profile.press_ms
        assert profile.min_gap_ms + 2 <= pace.gap_ms <= 4 * profile.gap_ms
        assert pace.key_ms <= profile.clear.within_ms


def test_a_keypad_that_loses_a_key_in_a_hundred_is_still_typed_on_at_its_limit() -> None:
    profile, chance = profiles.load("hexing"), random.Random(1)
    learned, slowest, speeds = Learned(0.7), 0.1, list[float]()
    for _ in range(2_000):
        learned.take(chance.random() < 0.99**20, slowest)
        speeds.append(learned.speed)
    assert sum(speeds[100:]) / len(speeds[100:]) > 0.95
    assert Bounds.of(profile).at(1.0).key_ms == profile.min_press_ms + profile.min_gap_ms + 4


def test_a_meter_slower_than_believed_is_typed_on_below_its_own_limit_most_of_the_time() -> None:
    learned, wrong = Learned(0.7), 0
    for number in range(2_000):
        right = learned.speed <= 0.5
        wrong += not right and number >= 200
        learned.take(right, 0.1)
    assert wrong / 1_800 < 0.10
    assert learned.speed > 0.3


def test_what_was_learned_outlives_the_process_and_is_kept_per_brand_and_firmware() -> None:
    memory, profile = Memory(), profiles.load("hexing")
    PaceBook(memory).learn(profile, "1.0", [True] * 20)
    fast = PaceBook(memory).pace(profile, "1.0")
    assert fast.key_ms < PaceBook(memory).pace(profile, "2.0").key_ms
    assert fast.key_ms < PaceBook(memory).pace(profiles.load("smart"), "1.0").key_ms


def test_what_cannot_be_understood_is_a_fresh_start() -> None:
    assert Learned.from_json({"speed": "fast"}, 0.7) == Learned(0.7)
    assert Learned.from_json({"speed": 7, "known": {}}, 0.7) == Learned(0.7)


@pytest.mark.parametrize("brand", ["hexing", "star"])
def test_sets_on_keypads_that_lose_one_press_in_a_hundred_take_a_tenth_more_than_the_meter_needs_at_most(
    tmp_path: Path, brand: str
) -> None:
    """Timed by the meter's log, lost keys, lost Enters and everything that follows from them included."""
    meter, profile = brands.load(brand), profiles.load(brand)
    needed_ms = took_ms = 0
    with Store(tmp_path / "shift.db") as store:
        paces = PaceBook(store)
        for number in range(60):
            state = fresh_state(brand, numbered(number + 1))
            tokens = key_change(Meter.from_state(state), 2, rollover=True).tokens
            world = VirtualWorld(brand, state, faults=("key_drop:0.01",), seed=number)
            job = Job.of(str(state["drn"]), brand, tokens)
            outcome = upgrade_meter(world.open_rig(), job, profile, store, clock=world, paces=paces)
            assert outcome.verdict is Verdict.PASS_VERIFIED
            given = [row["digits"] for row in world.truth if row["event"] == "token"]
            assert given == list(tokens)
            if number >= 10:  # learned by then
                key_ms = 2 * meter.scan_ms * meter.debounce
                needed_ms += len(tokens) * TOKEN_KEYS * key_ms + answers_ms(world.truth, tokens)
                took_ms += set_ms(world.truth, tokens)
    assert took_ms < 1.10 * needed_ms
