"""How a meter stands after all its attempts: a projection of its events."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from kctrig.records import points
from kctrig.records.points import Event


@dataclass(frozen=True, slots=True)
class StatusRow:
    """How one meter stands after all its attempts.

    Attributes:
        state: a verdict, RUNNING while an attempt is under way, or what a broken-off attempt has come to.
        broken_off: the attempt ended without a verdict (killed, power cut).
        half_until_unix_ms: when the meter forgets the sections it holds, where that is known.
    """

    meter_no: str
    profile: str
    attempt: int
    state: str
    reason: str
    at_unix_ms: int
    broken_off: bool = False
    krn_after: int | None = None
    kt_after: int | None = None
    shown_after: str = ""
    refusals: int = 0
    half_until_unix_ms: int | None = None


# Attempts that ended so have found out nothing about what an earlier one left open.
_SETTLES_NOTHING = frozenset({"INFRA_ERROR", "BLOCKED", points.READY})


def status_of(events: Sequence[Event], is_worked_on: Callable[[int], bool]) -> StatusRow | None:
    """The row of one meter from all its events, oldest first; None when it was never claimed.

    A doubt or a half set stays until an attempt settles it or a person overrides it: an attempt whose rig failed does
    not hide it. `is_worked_on` says whether somebody alive holds the attempt with this number (the `seq` of its claim).
    """
    row: StatusRow | None = None
    attempts = 0
    for event in events:
        if event.point == points.OVERRIDE and row is not None:
            row = replace(row, state=points.READY, reason=f"opened again: {event.body.get('reason', '')}")
        elif event.point == points.CLAIM:
            attempts += 1
            own = [each for each in events if each.attempt == event.seq]
            latest = _attempt_row(event, own, attempts, is_worked_on)
            row = latest if row is None else _after(row, latest)
    return None if row is None else replace(row, refusals=points.past_of(events).refusals)


def _after(before: StatusRow, latest: StatusRow) -> StatusRow:
    if before.state not in (points.IN_DOUBT, points.HALF) or latest.state not in _SETTLES_NOTHING:
        return latest
    reason = f"{before.reason}; attempt {latest.attempt} since then ended {latest.state} ({latest.reason})"
    return replace(before, attempt=latest.attempt, at_unix_ms=latest.at_unix_ms, reason=reason)


def _attempt_row(
    claim: Event, own: Sequence[Event], number: int, is_worked_on: Callable[[int], bool]
) -> StatusRow:
    last = own[-1]
    broken_off = False
    body: Mapping[str, object] = {}
    if last.point == points.VERDICT:
        body = last.body
        state, reason = str(body["verdict"]), str(body.get("reason", ""))
    elif is_worked_on(claim.seq):
        state, reason = points.RUNNING, f"last journal point: {last.point}"
    else:
        state, reason = points.state_of_broken(own)
        broken_off = True
    return StatusRow(
        claim.meter_no,
        str(claim.body.get("profile", "")),
        number,
        state,
        reason,
        last.at_unix_ms,
        broken_off,
        _int_or_none(body.get("krn_after")),
        _int_or_none(body.get("kt_after")),
        str(body.get("shown_after", "")),
        half_until_unix_ms=_half_until(own, state)
        if broken_off
        else _int_or_none(body.get("half_until_unix_ms")),
    )


def urgency(row: StatusRow) -> tuple[int, int, str]:
    """Sorts what needs a person first: IN_DOUBT, HALF, then the others, the newest first."""
    urgent = {points.IN_DOUBT: 0, points.HALF: 1}
    return urgent.get(row.state, 2), -row.at_unix_ms, row.meter_no


def _half_until(own: Sequence[Event], state: str) -> int | None:
    """When the meter of a broken-off attempt forgets its sections; None when it never does or holds none."""
    timeout_s = own[0].body.get("section_timeout_s")
    taken = [
        event.at_unix_ms
        for event in own
        if event.point == points.ANSWER and event.body.get("answer") in points.TAKEN
    ]
    if state != points.HALF or not taken or not isinstance(timeout_s, int) or not timeout_s:
        return None
    return taken[-1] + 1000 * timeout_s


def _int_or_none(value: object) -> int | None:
    return value if isinstance(value, int) else None
