"""What a seed means: one bad day at the bench, drawn once and never changed while it happens."""

from __future__ import annotations

import random
from dataclasses import asdict, dataclass, field, replace
from typing import Any

from kctrig.sim.urls import BRANDS

LEVELS = ("healthy", "middle", "hard")
MIXED = "mixed"
STORES = ("memory", "sqlite")

_CUTS = ("after_kct1", "after_kct2", "after_kct3", "in_entry", "in_processing", "before_answer")
_CELLS_OF_ALL = 8
_MIX = (0.15, 0.55, 0.30)
_NEW_CREDIT = 0.15
_OLD_BASE = 0.05  # of meters that are not upgraded; of the others every second one
_HOLDS = 0.15  # of the meters show a token while they think about it; no source says which do


@dataclass(frozen=True, slots=True)
class Rates:
    """What a line does to frames, as shares of them; `late_ms` is the longest delay of a late one."""

    loss: float = 0.0
    damage: float = 0.0
    double: float = 0.0
    late: float = 0.0
    late_ms: int = 0


@dataclass(frozen=True, slots=True)
class Happening:
    """Something from outside, `after_ms` from the start of attempt number `attempt` (0 is the first of a campaign).

    Kinds: crash_host, stall_host, reset_rig, cut_power, unplug, swap, pull. `span_ms`: how long it lasts.
    """

    attempt: int
    after_ms: int
    kind: str
    span_ms: int


@dataclass(frozen=True, slots=True)
class Crash:
    """The host dies at its journal point number `record`: before it is written, while it is, or right after."""

    record: int
    when: str


@dataclass(frozen=True, slots=True)
class MeterPlan:
    """One meter of the work list.

    Attributes:
        bank: what is wrong with its tokens: good, other_meter, digit_wrong, section_missing, swapped.
        upgraded: somebody has entered its tokens already.
        credit: a credit token is entered before.
        clear_tamper: the list holds the token that ends the tamper condition, too.
        new_credit: the list holds a credit token for the new key.
        old_base: the list has VKRN 42: a first look at KRN 2 proves nothing.
        faults: of the emulated meter (metersim.faults).
    """

    serial: int
    brand: str
    ea: int = 7
    three_tokens: bool = False
    bank: str = "good"
    upgraded: bool = False
    credit: bool = False
    tampered: bool = False
    clear_tamper: bool = False
    new_credit: bool = False
    old_base: bool = False
    faults: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Plan:
    """One campaign.

    Attributes:
        meters: the rows of the work list, and after them (see `rows`) meters that are in no row.
        put_in_first: index of the meter that stands in the slot when each row is begun.
        failing_records: numbers of journal points that the disk does not take.
        patience: attempts a row gets before the operator gives up.
        override: share of the cases in which a supervisor opens a meter again.
        store: sqlite or memory.
        learned: speed that this bench has learned for its keypads, as a share of the fastest; 0 when it learns nothing.
    """

    seed: int
    level: str
    store: str
    meters: tuple[MeterPlan, ...]
    rows: int
    put_in_first: tuple[int, ...]
    line: Rates = field(default_factory=Rates)
    port: Rates = field(default_factory=Rates)
    latency_ms: int = 1
    commit_ms: int = 2
    rig_start_ms: int = 0
    happenings: tuple[Happening, ...] = ()
    crashes: tuple[Crash, ...] = ()
    failing_records: tuple[int, ...] = ()
    patience: int = 4
    override: float = 0.5
    learned: float = 0.0

    @property
    def quiet(self) -> bool:
        """Whether line and meters are sound and nobody interferes: nothing may be in doubt then."""
        return self.level == "healthy"

    def as_json(self) -> dict[str, Any]:
        """The plan for a trace."""
        return asdict(self)


def draw(seed: int, level: str = MIXED, store: str | None = None) -> Plan:
    """The plan of a seed. `level` is one of LEVELS or MIXED; `store` is one of STORES, None lets the seed choose."""
    rng = random.Random(f"kctrig campaign {seed}")
    drawn_level = rng.choices(LEVELS, _MIX)[0]
    drawn_store = "sqlite" if rng.random() < 0.25 else "memory"
    level = drawn_level if level == MIXED else level
    drawing = _Drawing(rng, level)
    brand = rng.choice(BRANDS)
    rows = 1 if level == "healthy" or rng.random() < 0.6 else 2
    strangers = 0 if level == "healthy" else 1
    meters = tuple(
        drawing.meter(seed, at, brand if at == 0 or rng.random() < 0.7 else rng.choice(BRANDS))
        for at in range(rows + strangers)
    )
    # Drawn apart, so that what else a seed means stays as it was.
    apart = random.Random(f"kctrig campaign {seed} more")
    return Plan(
        seed=seed,
        level=level,
        store=store or drawn_store,
        meters=tuple(_more(meter, apart, level) for meter in meters),
        rows=rows,
        put_in_first=tuple(drawing.put_in(row, len(meters)) for row in range(rows)),
        line=drawing.line(),
        port=drawing.port(),
        latency_ms=rng.choice((1, 1, 2, 4)) if level == "healthy" else rng.choice((1, 1, 3, 12)),
        commit_ms=rng.choice((0, 2, 8)) if level == "healthy" else rng.choice((0, 2, 8, 60)),
        rig_start_ms=(1 << 30) - rng.randrange(1, 40_000) if rng.random() < 0.2 else rng.randrange(1 << 20),
        happenings=drawing.happenings(),
        crashes=drawing.crashes(),
        failing_records=drawing.failing_records(),
        patience=rng.randint(2, 5),
        override=rng.choice((0.0, 0.5, 1.0)),
        learned=rng.choice((0.0, 0.7, 1.0, 1.0)),
    )


def _more(meter: MeterPlan, rng: random.Random, level: str) -> MeterPlan:
    holds = ("hold_entry",) if rng.random() < _HOLDS else ()
    new_credit, old_base = rng.random() < _NEW_CREDIT, rng.random() < (0.5 if meter.upgraded else _OLD_BASE)
    old_base = old_base and level != "healthy"  # nobody can tell of such a meter that all is well
    return replace(meter, faults=meter.faults + holds, new_credit=new_credit, old_base=old_base)


class _Drawing:
    """Draws the parts of a plan at one level."""

    def __init__(self, rng: random.Random, level: str) -> None:
        self._rng = rng
        self._level = level
        self._healthy = level == "healthy"
        self._hard = level == "hard"

    def _chance(self, middle: float, hard: float) -> bool:
        drawn = self._rng.random()
        return not self._healthy and drawn < (hard if self._hard else middle)

    def meter(self, seed: int, at: int, brand: str) -> MeterPlan:
        rng = self._rng
        ea = 11 if rng.random() < 0.2 else 7
        bank = "good"
        if self._chance(0.12, 0.25):
            bank = rng.choice(("other_meter", "digit_wrong", "section_missing"))
        elif rng.random() < 0.1:
            bank = "swapped"
        tampered = self._chance(0.03, 0.06)
        return MeterPlan(
            serial=1 + (seed * 4 + at) % 9_999_999_000,
            brand=brand,
            ea=ea,
            three_tokens=ea == 7 and rng.random() < 0.2,
            bank=bank,
            upgraded=rng.random() < 0.06,
            credit=rng.random() < 0.15,
            tampered=tampered,
            clear_tamper=tampered and rng.random() < 0.6,
            faults=self._faults(brand),
        )

    def _faults(self, brand: str) -> tuple[str, ...]:
        rng = self._rng
        faults: list[str] = []
        if self._chance(0.35, 0.6):
            faults.append(
                f"key_drop:{rng.choice((0.002, 0.01, 0.02, 0.05) if self._hard else (0.002, 0.01)):.3f}"
            )
        if self._chance(0.3, 0.5):
            faults.append(f"bounce:{rng.randint(1, 15 if self._hard else 6)}")
        if self._chance(0.2, 0.3):
            faults.append(f"slow_answer:{rng.randint(10, 2500 if self._hard else 600)}")
        if self._chance(0.15, 0.25):
            faults.append(f"slow_glass:{rng.randint(5, 400 if self._hard else 80)}")
        if self._chance(0.08, 0.15):
            faults.append(f"power_cut:{rng.choice(_CUTS)}")
            if rng.random() < 0.5:
                faults.append(f"power_off_ms:{rng.choice((50, 300, 4000, 20000))}")
        if self._chance(0.1, 0.2):
            faults.append(f"line_noise:{rng.choice((0.01, 0.05, 0.2)):.2f}")
        if self._chance(0.06, 0.2):
            faults.append(rng.choice(self._rare(brand)))
        return tuple(faults)

    def _rare(self, brand: str) -> tuple[str, ...]:
        rng = self._rng
        cell = 1 + rng.randrange(_CELLS_OF_ALL)
        dots = f"x{rng.randint(1, 5)}y{rng.randint(1, 7)}"
        segment = f"{cell}{dots}" if brand == "hexing" else f"{cell}{rng.choice('abcdef')}"
        return (
            "echo_off",
            "half_lost",
            "lies_benar",
            f"locked:{rng.choice((5, 60, 600))}",
            "wrong_drn",
            "wrong_key",
            "overload",
            f"frozen_glass:{rng.randint(1, 80)}",
            "dark_glass",
            "no_glass",
            f"stuck_key:{rng.choice('0123456789*#')}",
            f"dead_segment:{segment}",
            f"stuck_segment:{segment}",
            f"ghost_key:{rng.choice((0.002, 0.01, 0.05)):.3f}",
            "low_contrast",
            f"no_mains:{rng.choice((5, 60, 3600))}",
        )

    def put_in(self, row: int, meters: int) -> int:
        wrong = self._chance(0.08, 0.15)
        other = self._rng.randrange(meters)
        return other if wrong else row

    def line(self) -> Rates:
        if self._healthy or self._rng.random() < 0.3:
            return Rates()
        if self._hard:
            return Rates(0.05, 0.03, 0.01, 0.01, 900)
        return Rates(0.01, 0.005, 0.003, 0.003, 300)

    def port(self) -> Rates:
        drawn = self._chance(0.0, 0.2)
        return Rates(loss=0.005) if drawn else Rates()

    def happenings(self) -> tuple[Happening, ...]:
        rng = self._rng
        found: list[Happening] = []
        kinds = (
            ("crash_host", 0.15, 0.3, (200, 60_000)),
            ("stall_host", 0.05, 0.15, (300, 6_000)),
            ("reset_rig", 0.06, 0.2, (300, 1_500)),
            ("cut_power", 0.05, 0.15, (100, 15_000)),
            ("unplug", 0.05, 0.15, (100, 8_000)),
            ("pull", 0.04, 0.1, (200, 20_000)),
            ("swap", 0.04, 0.12, (200, 20_000)),
        )
        for kind, middle, hard, (least_ms, most_ms) in kinds:
            for attempt in range(3):
                if self._chance(middle / (attempt + 1), hard / (attempt + 1)):
                    after_ms = rng.randrange(0, 16_000)
                    found.append(Happening(attempt, after_ms, kind, rng.randint(least_ms, most_ms)))
        return tuple(found)

    def crashes(self) -> tuple[Crash, ...]:
        rng = self._rng
        return tuple(
            Crash(start + rng.randint(1, 14), rng.choice(("before", "while", "after")))
            for start in (0, 12)
            if self._chance(0.25, 0.4)
        )

    def failing_records(self) -> tuple[int, ...]:
        if not self._chance(0.03, 0.08):
            return ()
        first = self._rng.randint(2, 16)
        return tuple(range(first, first + self._rng.choice((1, 1, 3, 30))))
