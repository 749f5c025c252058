"""A shift as it might have been: emulated meters of every brand, some with faults, upgraded in virtual time.

.venv/bin/python host/tests/report/sample.py shift.db        # makes one to look at
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from kctrig import profiles
from kctrig.bench.station import SignedJournal
from kctrig.procedure.runner import upgrade_meter
from kctrig.procedure.verdicts import Job, Outcome
from kctrig.records.shift import close_shift
from kctrig.records.store import Store
from kctrig.sim.virtual import VirtualWorld
from kctrig.tokens.issue import key_change
from kctrig.tokens.meters import Meter, fresh_state, numbered

JAKARTA = ZoneInfo("Asia/Jakarta")
START_MS = int(datetime(2021, 1, 26, 7, 30, tzinfo=JAKARTA).timestamp() * 1000)
BETWEEN_METERS_MS = 41_000


@dataclass(frozen=True)
class Planned:
    """One meter of the shift: how often it is tried, and what is wrong with it."""

    brand: str
    faults: tuple[str, ...] = ()
    krn: int = 1
    tries: int = 1


SHIFT = (
    Planned("hexing"),
    Planned("hexing"),
    Planned("itron"),
    Planned("star"),
    Planned("sanxing", ("wrong_key",), tries=2),
    Planned("cannet"),
    Planned("fujidharma"),
    Planned("melcoinda"),
    Planned("hexing", krn=2),
    Planned("smart"),
    Planned("itron_ace9000"),
    Planned("star", ("locked",)),
    Planned("sanxing"),
    Planned("smart", ("tamper",)),
    Planned("cannet", ("wrong_key",)),
    Planned("itron", ("power_cut:after_kct1",), tries=2),
    Planned("star", ("key_drop:0.02",)),
    Planned("melcoinda", ("no_glass",)),
    Planned("hexing", ("lies_benar",)),
    Planned("sanxing", ("power_cut:after_kct1",)),
)
"""Of a shift: passes of every brand, a refusal, a lock, a tamper, two doubts, a half set, a rig without a glass."""


class ShiftWorld(VirtualWorld):
    """A virtual world whose wall clock starts when the shift has come to this meter."""

    start_unix_ms = START_MS

    def unix_ms(self) -> int:
        return self.start_unix_ms + self.now_ms()


class ShiftBench:
    """Works through meters one after the other; the store's clock is that of the meter in the slot."""

    def __init__(
        self, path: Path, *, operator: str = "Sari Wulandari", bench: str = "UP3 Bandung, meja 2"
    ) -> None:
        self.now_unix_ms = START_MS
        self._world: ShiftWorld | None = None
        self._serial = 700_000_000
        self._signed = {"operator": operator, "bench": bench, "rig": "/dev/ttyUSB0"}
        self.store = Store(path, unix_ms=self.clock)
        self.tokens: list[str] = []

    def clock(self) -> int:
        return self.now_unix_ms + (self._world.now_ms() if self._world else 0)

    def upgrade(self, planned: Planned) -> list[Outcome]:
        """The outcomes of all tries on one meter."""
        self._serial += 137
        drn = numbered(self._serial)
        state = fresh_state(planned.brand, drn, krn=planned.krn)
        before = Meter.from_state(fresh_state(planned.brand, drn))
        tokens = key_change(before, 2, rollover=True).tokens
        self.tokens += tokens
        job = Job.of(drn, planned.brand, tokens)
        world = ShiftWorld(planned.brand, state, faults=planned.faults, seed=self._serial)
        world.start_unix_ms = self.now_unix_ms
        self._world = world
        signed = SignedJournal(self.store, self._signed)
        profile = profiles.load(planned.brand)
        outcomes = [
            upgrade_meter(world.open_rig(), job, profile, signed, clock=world) for _ in range(planned.tries)
        ]
        self.now_unix_ms = self.clock() + BETWEEN_METERS_MS
        self._world = None
        return outcomes

    def close_shift(self, operator: str = "Sari Wulandari") -> None:
        close_shift(self.store, operator)


def make(path: Path, plan: Sequence[Planned] = SHIFT, *, close: bool = True) -> list[str]:
    """Work through a plan into a new store; gives every token that was used."""
    bench = ShiftBench(path)
    with bench.store:
        for planned in plan:
            bench.upgrade(planned)
        if close:
            bench.close_shift()
    return bench.tokens


if __name__ == "__main__":
    make(Path(sys.argv[1]))
