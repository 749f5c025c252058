"""One attempt through the whole chain in virtual time, and what the judge says of it."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from kctrig import profiles
from kctrig.procedure.runner import upgrade_meter
from kctrig.procedure.verdicts import Job, Outcome
from kctrig.records.store import Store
from kctrig.sim.hardware.judge import Evidence, judge
from kctrig.sim.hardware.virtual import VirtualBoard
from kctrig.tokens.issue import key_change
from kctrig.tokens.meters import Meter, fresh_state, numbered
from rigfw.entry import DEFAULT_CODES

CODES = DEFAULT_CODES.decode().split(",")
SETTLE_MS = 5_000
# The one-shot's period and the time a contact takes to open, to the next millisecond.
ONE_SHOT_SLACK_MS = 15


@dataclass(frozen=True)
class Attempt:
    outcome: Outcome
    world: VirtualBoard
    evidence: Evidence

    def wrong(self, *, two_keys: bool = False, held: bool = False) -> list[str]:
        return judge(self.evidence, two_keys=two_keys, held=held)


def attempt(
    brand: str,
    board: str,
    chain_faults: Sequence[str] = (),
    *,
    ceiling_ms: int | None = None,
    world: VirtualBoard | None = None,
) -> Attempt:
    """Upgrade a new meter of this brand; the ceiling is the board's one-shot unless given."""
    state = fresh_state(brand, numbered(1))
    tokens = key_change(Meter.from_state(state), 2, rollover=True).tokens
    world = world or VirtualBoard(brand, state, board=board, chain_faults=chain_faults)
    with tempfile.TemporaryDirectory() as folder, Store(Path(folder) / "s.db") as store:
        job = Job.of(str(state["drn"]), brand, tokens)
        outcome = upgrade_meter(world.open_rig(), job, profiles.load(brand), store, clock=world)
    world.run(world.now_ms() + SETTLE_MS)
    evidence = Evidence(
        pressed=world.pressed,
        truth=world.truth,
        krn=(world.saved or state)["krn"],
        tokens=tokens,
        codes=CODES,
        verdict=outcome.verdict,
        ceiling_ms=ceiling_ms or world.one_shot_ms + ONE_SHOT_SLACK_MS,
    )
    return Attempt(outcome, world, evidence)
