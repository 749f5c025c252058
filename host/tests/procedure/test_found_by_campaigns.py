"""What `kctrig simulate` found once, each told as short as it goes."""

from __future__ import annotations

import binascii
from pathlib import Path
from typing import Any

import pytest
from kctrig import profiles
from kctrig.display.readings import KrnReading
from kctrig.procedure.policy import Go, decide
from kctrig.procedure.runner import upgrade_meter
from kctrig.procedure.verdicts import Job, Outcome, Override, Verdict
from kctrig.records.points import MeterPast, TokenPast
from kctrig.records.store import Store
from kctrig.sim.virtual import VirtualWorld
from kctrig.tokens.issue import key_change
from kctrig.tokens.meters import Meter
from metersim.app import MeterApp
from metersim.defaults import default_state

MINUTE_MS = 60_000
BRAND = "cannet"


def job_of(brand: str = BRAND) -> Job:
    state = default_state(brand)
    return Job.of(state["drn"], brand, key_change(Meter.from_state(state), 2, rollover=True).tokens)


def upgrade(world: VirtualWorld, store: Store, job: Job, override: Override | None = None) -> Outcome:
    profile = profiles.load(job.profile_name)
    return upgrade_meter(world.open_rig(), job, profile, store, clock=world, override=override)


def submitted(world: VirtualWorld) -> list[tuple[str, str]]:
    return [(row["digits"], row["result"]) for row in world.truth if row["event"] == "token"]


def test_a_fresh_section_is_not_entered_again_because_an_older_one_was_forgotten() -> None:
    tokens = tuple(f"{number:020d}" for number in range(4))
    now_ms = 100 * MINUTE_MS
    past = MeterPast(
        tokens={
            tokens[0]: TokenPast("half", 1, now_ms - 12 * MINUTE_MS),
            tokens[1]: TokenPast("half", 1, now_ms - 1 * MINUTE_MS),
        }
    )
    plan = decide(
        Job.of("14320701007", BRAND, tokens),
        KrnReading(1, 2, "KRN1 KT2"),
        past,
        str,
        now_unix_ms=now_ms,
        section_timeout_ms=10 * MINUTE_MS,
        refusals_max=2,
    )
    assert plan == Go((0, 2, 3), (1,))


def test_a_section_kept_from_before_that_completes_the_set_is_seen_before_the_next_one_is_typed(
    tmp_path: Path,
) -> None:
    job = job_of()
    world = VirtualWorld(BRAND, default_state(BRAND), faults=("half_lost",))
    with Store(tmp_path / "store.db", unix_ms=world.unix_ms) as store:
        assert (
            upgrade(world, store, job).verdict is Verdict.IN_DOUBT
        )  # the meter keeps the second section only
        outcome = upgrade(world, store, job, Override("looked at the meter", "supervisor"))
    assert outcome.verdict is Verdict.PASS_VERIFIED
    assert outcome.enters == 1
    assert len(submitted(world)) == 3


@pytest.mark.parametrize("after_ms", [1_200, 2_000, 3_300])
def test_no_token_is_submitted_to_a_meter_that_took_the_place_of_the_one_that_was_read(
    after_ms: int, tmp_path: Path
) -> None:
    job = job_of()
    world = VirtualWorld(BRAND, default_state(BRAND))
    other = {**default_state(BRAND), "drn": "14320701122"}
    put_in: list[Any] = []

    def exchange() -> None:
        put_in.append(len(submitted(world)))
        world.meter = MeterApp(BRAND, other, binascii.crc32, world.now_ms())

    def take_out() -> None:
        world.meter = Silent()  # type: ignore[assignment]
        world.at(world.now_ms() + 3_000, exchange)

    world.at(after_ms, take_out)
    with Store(tmp_path / "store.db", unix_ms=world.unix_ms) as store:
        outcome = upgrade(world, store, job)
    world.run(world.now_ms() + 4_000)
    assert outcome.verdict in (Verdict.INFRA_ERROR, Verdict.HALF)
    assert outcome.code == "meter_gone"
    assert put_in == [len(submitted(world))]


class Silent:
    """An empty slot."""

    def poll(self, now_ms: int) -> None:
        """Nothing happens."""

    def receive(self, data: bytes, now_ms: int) -> None:
        """Nobody hears."""

    def next_deadline_ms(self, now_ms: int) -> int:
        return -1

    def take_output(self) -> bytes:
        return b""

    def take_truth(self) -> list[dict[str, Any]]:
        return []

    def take_state(self) -> None:
        return None
