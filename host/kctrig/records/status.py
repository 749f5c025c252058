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


_ENTERED = "ENTERED"
# Attempts that ended so have found out nothing about what an earlier one left open.
_SETTLES_NOTHING = frozenset({"INFRA_ERROR", "BLOCKED", points.READY})
# By what state before: entry by hand reads no 04, and what it means for a half set is in its answers (`_half_by_hand`).
_LEAVES_OPEN = {points.IN_DOUBT: _SETTLES_NOTHING | {_ENTERED}, points.HALF: _SETTLES_NOTHING}
_DONE = frozenset({"PASS_VERIFIED", "ALREADY_DONE"})


def status_of(events: Sequence[Event], is_worked_on: Callable[[int], bool]) -> StatusRow | None:
    """The row of one meter from all its events, oldest first; None when it was never claimed.

    A doubt or a half set stays until an attempt settles it or a person overrides it: an attempt whose rig failed does
    not hide it. `is_worked_on` says whether somebody alive holds the attempt with this number (the `seq` of its claim).
    """
    row: StatusRow | None = None
    attempts = 0
    for event in events:
        if event.point == points.OVERRIDE and not event.attempt and row is not None:
            row = replace(row, state=points.READY, reason=f"opened again: {event.body.get('reason', '')}")
        elif event.point == points.CLAIM:
            attempts += 1
            own = [each for each in events if each.attempt == event.seq]
            latest = _attempt_row(event, own, attempts, is_worked_on)
            opened = any(each.point == points.OVERRIDE for each in own)
            row = latest if row is None or opened else _after(row, latest)
    if row is None:
        return None
    return replace(_half_by_hand(row, events), refusals=points.past_of(events).refusals)


def _half_by_hand(row: StatusRow, events: Sequence[Event]) -> StatusRow:
    """A meter whose last attempt was entry by hand holds a part of a key where the record shows so and nothing since.

    That is the answer "half", or a token taken that is one of several sections of an upgrade in this record.
    """
    if row.state != _ENTERED:
        return row
    taken: dict[str, Event] = {}
    for event in events:
        if _settled(event):
            taken.clear()
        elif event.point == points.ANSWER and event.body.get("answer") in points.TAKEN:
            taken[str(event.body.get("token"))] = event
    last = max(taken.values(), key=lambda event: event.seq, default=None)
    if last is None:
        return row
    reason = "entered by hand"
    if last.body.get("answer") != "half":
        held = [
            sections for sections in _sections_of(events) if 0 < len(sections & taken.keys()) < len(sections)
        ]
        if not held:
            return row
        reason = f"{len(held[-1] & taken.keys())} of {len(held[-1])} sections entered"
        last = max((taken[token] for token in held[-1] & taken.keys()), key=lambda event: event.seq)
    own = [event for event in events if event.attempt == last.attempt]
    return replace(
        row,
        state=points.HALF,
        reason=f"{reason}; the meter waits for the rest and has not shown the new key",
        half_until_unix_ms=_half_until([event for event in own if event.seq <= last.seq], points.HALF),
    )


def _settled(event: Event) -> bool:
    """Whether what the meter held before this event no longer counts."""
    if event.point == points.OVERRIDE:
        return True
    if event.point in (points.PROBE, points.VERIFY):
        krn = event.body.get("krn")
        return isinstance(krn, int) and krn > 1
    return event.point == points.VERDICT and event.body.get("verdict") in _DONE


def _sections_of(events: Sequence[Event]) -> list[frozenset[str]]:
    """The sections of every key change that this record has a claim for, by their fingerprints."""
    found = []
    for event in events:
        tokens = event.body.get("tokens") if event.point == points.CLAIM else None
        if isinstance(tokens, list):
            named = [token for token in tokens if isinstance(token, Mapping)]
            found.append(frozenset(str(one.get("token")) for one in named if one.get("role") == "kct"))
    return [sections for sections in found if len(sections) > 1]


def _after(before: StatusRow, latest: StatusRow) -> StatusRow:
    if latest.state not in _LEAVES_OPEN.get(before.state, ()):
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
