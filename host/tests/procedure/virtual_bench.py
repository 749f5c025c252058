"""One emulated meter behind a virtual rig, its tokens and a store; judged by the meter's truth log after every run."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass

from kctrig import profiles
from kctrig.procedure.drive import Progress, Stop
from kctrig.procedure.runner import upgrade_meter
from kctrig.procedure.verdicts import CreditQuestion, Job, Outcome, Verdict
from kctrig.records.store import Store
from kctrig.sim.virtual import VirtualWorld
from kctrig.tokens.issue import KeyChange, key_change
from kctrig.tokens.meters import Meter
from metersim.defaults import default_state

BRANDS = profiles.names()


def key_change_of(brand: str) -> KeyChange:
    return key_change(Meter.from_state(default_state(brand)), 2, rollover=True)


@dataclass
class Bench:
    """One meter of a brand behind a virtual rig, its tokens, and a store."""

    brand: str
    world: VirtualWorld
    store: Store

    @property
    def meter_no(self) -> str:
        return str(default_state(self.brand)["drn"])

    @property
    def tokens(self) -> tuple[str, ...]:
        return key_change_of(self.brand).tokens

    def job(self, credit: CreditQuestion = CreditQuestion.NONE) -> Job:
        return Job.of(self.meter_no, self.brand, self.tokens, credit=credit)

    def upgrade(
        self,
        *,
        stop: Stop | None = None,
        progress: Callable[[Progress], None] | None = None,
        ask: Callable[[str], str | None] | None = None,
        credit: CreditQuestion = CreditQuestion.NONE,
    ) -> Outcome:
        outcome = upgrade_meter(
            self.world.open_rig(),
            self.job(credit),
            profiles.load(self.brand),
            self.store,
            clock=self.world,
            stop=stop,
            progress=progress,
            ask=ask,
        )
        self.judge(outcome)
        return outcome

    def submitted(self) -> list[tuple[str, str]]:
        """(digits, result) of every token the meter was given, by its own log."""
        return [(row["digits"], row["result"]) for row in self.world.truth if row["event"] == "token"]

    def krn(self) -> int:
        """Key revision by the meter's own log."""
        krns = [row["krn"] for row in self.world.truth if row["event"] == "token"]
        return int(krns[-1]) if krns else 1

    def judge(self, outcome: Outcome) -> None:
        """What must hold after every run, by the meter's truth log and the store."""
        assert (outcome.verdict is Verdict.PASS_VERIFIED) <= (self.krn() == 2)
        assert all(digits in self.tokens for digits, _ in self.submitted())
        assert max(Counter(digits for digits, _ in self.submitted()).values(), default=0) <= 1
        assert self.store.verify().ok
        (row,) = [row for row in self.store.status() if row.meter_no == self.meter_no]
        assert row.state == outcome.verdict.value


Make = Callable[..., Bench]
