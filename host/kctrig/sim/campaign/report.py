"""What many campaigns came to: counts, shares, and the seeds that broke an invariant."""

from __future__ import annotations

from collections import Counter
from dataclasses import asdict, dataclass, field
from typing import Any

from kctrig.sim.campaign.judge import judge, summary
from kctrig.sim.campaign.run import Done
from kctrig.sim.campaign.violation import Violation


@dataclass(frozen=True, slots=True)
class Row:
    """One campaign in short; small enough to be sent between processes by the thousand."""

    seed: int
    level: str
    store: str
    brands: tuple[str, ...]
    verdicts: tuple[str, ...]
    attempts: int
    crashes: int
    boots: int
    doubts: int
    verdicts_in_all: int
    virtual_ms: int
    ends: dict[str, int]
    violations: tuple[Violation, ...]


def row_of(done: Done) -> Row:
    """Judge a campaign and keep what counts."""
    evidence, plan = done.evidence, done.plan
    verdicts = [event.body["verdict"] for event in evidence.events if event.point == "verdict"]
    return Row(
        plan.seed,
        plan.level,
        plan.store,
        tuple(meter.brand for meter in plan.meters[: plan.rows]),
        tuple(done.verdicts),
        done.attempts,
        done.crashes,
        done.boots - 1,
        sum(verdict == "IN_DOUBT" for verdict in verdicts),
        len(verdicts),
        done.virtual_ms,
        dict(Counter(end.how for end in evidence.ends)),
        tuple(judge(evidence)),
    )


@dataclass(slots=True)
class LevelTotals:
    """Sums over the campaigns of one level.

    Attributes:
        verdicts: the last verdict of each row of a work list.
        doubts, attempt_verdicts: IN_DOUBT, and all verdicts, of single attempts.
    """

    campaigns: int = 0
    rows: int = 0
    attempts: int = 0
    host_crashes: int = 0
    rig_restarts: int = 0
    doubts: int = 0
    attempt_verdicts: int = 0
    virtual_s: float = 0.0
    verdicts: Counter[str] = field(default_factory=Counter)

    def add(self, row: Row) -> None:
        """Count one campaign."""
        self.campaigns += 1
        self.rows += len(row.verdicts)
        self.attempts += row.attempts
        self.host_crashes += row.crashes
        self.rig_restarts += row.boots
        self.doubts += row.doubts
        self.attempt_verdicts += row.verdicts_in_all
        self.virtual_s += row.virtual_ms / 1000
        self.verdicts.update(row.verdicts)

    def in_doubt_share(self) -> float:
        """Share of the rows that ended in IN_DOUBT."""
        return self.verdicts["IN_DOUBT"] / self.rows if self.rows else 0.0


@dataclass(slots=True)
class Report:
    """Everything that a run of campaigns says.

    Attributes:
        failing: campaigns with violations, in the order of their seeds.
        wall_s: how long the run took.
    """

    first_seed: int
    levels: dict[str, LevelTotals] = field(default_factory=dict)
    stores: Counter[str] = field(default_factory=Counter)
    brands: Counter[str] = field(default_factory=Counter)
    failing: list[Row] = field(default_factory=list)
    wall_s: float = 0.0

    def add(self, row: Row) -> None:
        """Count one campaign."""
        self.levels.setdefault(row.level, LevelTotals()).add(row)
        self.stores[row.store] += 1
        self.brands.update(row.brands)
        if row.violations:
            self.failing.append(row)
            self.failing.sort(key=lambda failing: failing.seed)

    @property
    def campaigns(self) -> int:
        """How many were judged."""
        return sum(level.campaigns for level in self.levels.values())

    @property
    def violations(self) -> int:
        """How often an invariant was broken."""
        return sum(len(row.violations) for row in self.failing)

    @property
    def per_second(self) -> float:
        """Campaigns per second of wall time."""
        return self.campaigns / self.wall_s if self.wall_s else 0.0

    def as_json(self) -> dict[str, Any]:
        """For machines."""
        return {
            "campaigns": self.campaigns,
            "first_seed": self.first_seed,
            "violations": self.violations,
            "wall_s": round(self.wall_s, 2),
            "campaigns_per_s": round(self.per_second, 2),
            "stores": dict(self.stores),
            "brands": dict(sorted(self.brands.items())),
            "levels": {
                name: {
                    **asdict(level),
                    "virtual_s": round(level.virtual_s),
                    "verdicts": dict(level.verdicts.most_common()),
                    "in_doubt_share": round(level.in_doubt_share(), 5),
                }
                for name, level in sorted(self.levels.items())
            },
            "failing": [
                {
                    "seed": row.seed,
                    "level": row.level,
                    "store": row.store,
                    "violations": [asdict(violation) for violation in row.violations],
                }
                for row in self.failing
            ],
        }

    def as_text(self) -> str:
        """For people."""
        lines = [
            f"{_counted(self.campaigns, 'campaign')} from seed {self.first_seed} in {self.wall_s:.1f} s "
            f"({self.per_second:.1f} a second): {_counted(self.violations, 'violation')}"
        ]
        for name, level in sorted(self.levels.items()):
            verdicts = ", ".join(f"{verdict} {count}" for verdict, count in level.verdicts.most_common())
            lines.append(
                f"{name}: {_counted(level.campaigns, 'campaign')}, {_counted(level.rows, 'meter')}, "
                f"{_counted(level.attempts, 'attempt')}, {_counted(level.host_crashes, 'host crash', 'es')}, "
                f"{_counted(level.rig_restarts, 'rig restart')}, "
                f"{level.virtual_s / 3600:.1f} h of bench time"
            )
            lines.append(f"  {verdicts}; in doubt {100 * level.in_doubt_share():.2f} %")
        broken = Counter(violation.invariant for row in self.failing for violation in row.violations)
        lines += [
            f"broken {_counted(count, 'time')}: {summary(invariant)}"
            for invariant, count in sorted(broken.items())
        ]
        return "\n".join(lines)


def _counted(number: int, noun: str, plural: str = "s") -> str:
    return f"{number} {noun}{'' if number == 1 else plural}"
