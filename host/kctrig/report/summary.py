"""What the meters of a record come to together: counts, times, and what a person must do first."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from statistics import median

from kctrig.report.record import MeterLine, Report

ORDER = (
    "PASS_VERIFIED",
    "ALREADY_DONE",
    "ENTERED",
    "HALF",
    "IN_DOUBT",
    "REJECTED",
    "LOCKED_OUT",
    "BLOCKED",
    "INFRA_ERROR",
    "READY",
    "RUNNING",
)
"""States as reports list them."""
PASSED = frozenset({"PASS_VERIFIED", "ALREADY_DONE"})
URGENT = frozenset({"IN_DOUBT", "HALF"})
_LATER = frozenset({"REJECTED", "LOCKED_OUT", "BLOCKED", "INFRA_ERROR"})


@dataclass(frozen=True, slots=True)
class BrandCount:
    """The meters of one brand."""

    profile: str
    meters: int
    states: dict[str, int]
    weak: int
    median_s: float


@dataclass(frozen=True, slots=True)
class ReasonCount:
    """How many meters stand so, and for the same reason."""

    state: str
    code: str
    meters: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Summary:
    """The first page of a report.

    Attributes:
        states: how many meters stand how, in the order of `ORDER`; no noughts.
        urgent: meters that need a person now, the nearest deadline first.
        later: meters that need somebody's decision or another try.
        began_unix_ms, ended_unix_ms: of the first and the last attempt; None without any.
        median_s: of the seconds that each meter took.
    """

    meters: int
    passed: int
    states: dict[str, int]
    brands: tuple[BrandCount, ...]
    reasons: tuple[ReasonCount, ...]
    urgent: tuple[MeterLine, ...]
    later: tuple[MeterLine, ...]
    began_unix_ms: int | None
    ended_unix_ms: int | None
    median_s: float
    keys_pressed: int
    attempts: int
    operators: tuple[str, ...]
    benches: tuple[str, ...]
    rigs: tuple[str, ...]


def summary_of(report: Report) -> Summary:
    """Count a record."""
    meters = report.meters
    attempts = [attempt for meter in meters for attempt in meter.attempts if _in_scope(attempt.shift, report)]
    return Summary(
        meters=len(meters),
        passed=sum(meter.state in PASSED for meter in meters),
        states=_states(meters),
        brands=_brands(meters),
        reasons=_reasons(meters),
        urgent=tuple(sorted((meter for meter in meters if meter.state in URGENT), key=_urgency(report))),
        later=tuple(
            sorted(
                (meter for meter in meters if meter.state in _LATER),
                key=lambda meter: (ORDER.index(meter.state), meter.code, meter.meter_no),
            )
        ),
        began_unix_ms=min((attempt.began_unix_ms for attempt in attempts), default=None),
        ended_unix_ms=max((attempt.ended_unix_ms for attempt in attempts), default=None),
        median_s=median(meter.seconds for meter in meters) if meters else 0.0,
        keys_pressed=sum(attempt.keys_pressed or 0 for attempt in attempts),
        attempts=len(attempts),
        operators=_names(attempt.operator for attempt in attempts),
        benches=_names(attempt.bench for attempt in attempts),
        rigs=_names(attempt.rig for attempt in attempts),
    )


def _in_scope(shift: int, report: Report) -> bool:
    return report.shift is None or shift == report.shift


def _states(meters: Iterable[MeterLine]) -> dict[str, int]:
    counts = Counter(meter.state for meter in meters)
    known = [state for state in ORDER if counts[state]]
    return {state: counts[state] for state in [*known, *sorted(counts.keys() - set(ORDER))]}


def _brands(meters: Sequence[MeterLine]) -> tuple[BrandCount, ...]:
    by_brand: defaultdict[str, list[MeterLine]] = defaultdict(list)
    for meter in meters:
        by_brand[meter.profile].append(meter)
    return tuple(
        BrandCount(
            profile,
            len(own),
            _states(own),
            sum(meter.proof == "weak" for meter in own),
            median(meter.seconds for meter in own),
        )
        for profile, own in sorted(by_brand.items())
    )


def _reasons(meters: Iterable[MeterLine]) -> tuple[ReasonCount, ...]:
    """Reasons of what did not pass, the most frequent first."""
    by_reason: defaultdict[tuple[str, str], list[str]] = defaultdict(list)
    for meter in meters:
        if meter.state not in PASSED:
            by_reason[meter.state, meter.code].append(meter.meter_no)
    ordered = sorted(by_reason.items(), key=lambda item: (-len(item[1]), item[0]))
    return tuple(ReasonCount(state, code, tuple(numbers)) for (state, code), numbers in ordered)


def _urgency(report: Report) -> Callable[[MeterLine], tuple[int, int, str]]:
    """A deadline that is still to come first, then doubts, then sections that are lost already or never are."""

    def key(meter: MeterLine) -> tuple[int, int, str]:
        until = meter.half_until_unix_ms
        if until is not None and until > report.made_unix_ms:
            return 0, until, meter.meter_no
        return (1 if meter.state == "IN_DOUBT" else 2), -meter.last.ended_unix_ms, meter.meter_no

    return key


def _names(names: Iterable[str]) -> tuple[str, ...]:
    return tuple(sorted({name for name in names if name}))
