"""Makes the record of a store, or of one shift of it, out of its events. Pure: no clock, no file."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import replace

from kctrig.records import points, signing
from kctrig.records.chain import RawEvent
from kctrig.records.evidence import Checked, Evidence
from kctrig.records.points import Event
from kctrig.records.status import StatusRow, status_of
from kctrig.report.attempts import Standing, attempt_of, text_of
from kctrig.report.masking import masked
from kctrig.report.record import AttemptLine, Chain, MeterLine, Override, Report, ShiftLine

UNREADABLE = "IN_DOUBT"
OPENED_AGAIN = "opened_again"
"""The code of a meter that a person opened again and nobody has worked on since."""


class NoSuchShift(ValueError):  # noqa: N818 - named for what happened
    """The store has no shift of that number; the text names those that it has."""


def report_of(
    evidence: Evidence,
    checked: Checked,
    *,
    name: str,
    made_unix_ms: int,
    shift: int | None = None,
    meters: Collection[str] = (),
    under_way: Collection[int] = (),
) -> Report:
    """The record of a store.

    Args:
        evidence: all events of the store or bundle.
        checked: what `records.evidence.check` found of the same evidence.
        name: of the file, for people.
        made_unix_ms: now, for deadlines.
        shift: leave out meters without an attempt in this shift, and everything after its end.
        meters: leave out all other meters; empty for all.
        under_way: attempts (the `seq` of their claims) that somebody alive is working on.

    Raises:
        NoSuchShift: the store has no such shift.
    """
    events = list(_parsed(evidence.events))
    shifts = tuple(_shift(event) for event in events if event.point == points.SHIFT_CLOSE)
    until = _end_of(shift, events, shifts)
    bent_from = checked.chain.first_bent
    ends = {raw.meter_no: raw.seq for raw in evidence.events}
    by_meter: defaultdict[str, list[Event]] = defaultdict(list)
    for event in events:
        if event.meter_no and (not meters or event.meter_no in meters):
            by_meter[event.meter_no].append(event)
    lines = []
    for meter_no, own in by_meter.items():
        scope = [event for event in own if event.seq <= until]
        if shift is not None and not any(_claimed_in(event, shift) for event in scope):
            continue
        fits = bent_from is None or ends[meter_no] < bent_from
        line = _meter(scope, under_way, fits)
        if line is not None:
            later = own[-1].seq > until
            lines.append(_with_later(line, own, under_way) if later else line)
    return Report(
        store_id=evidence.store_id,
        name=name,
        shift=shift,
        made_unix_ms=made_unix_ms,
        last_event=min(until, events[-1].seq) if events else 0,
        meters=tuple(lines),
        shifts=shifts,
        chain=_chain(evidence, checked),
        unreadable=len(evidence.events) - len(events),
    )


def _parsed(raw_events: Iterable[RawEvent]) -> Iterator[Event]:
    for raw in raw_events:
        try:
            body = json.loads(raw.body)
        except (ValueError, TypeError):
            continue  # counted as unreadable; the check of the chain names it
        if isinstance(body, dict):
            yield Event(
                raw.seq, raw.attempt, raw.meter_no, raw.point, raw.at_unix_ms, body, raw.prev, raw.hash
            )


def _shift(event: Event) -> ShiftLine:
    number = event.body.get("shift")
    return ShiftLine(
        number if isinstance(number, int) else 0,
        text_of(event.body, "operator"),
        event.at_unix_ms,
        event.seq,
    )


def _end_of(shift: int | None, events: Sequence[Event], shifts: Sequence[ShiftLine]) -> int:
    """Number of the last event of the shift."""
    last = events[-1].seq if events else 0
    if shift is None:
        return last
    for closed in shifts:
        if closed.number == shift:
            return closed.event
    if shift == len(shifts) + 1 and any(_claimed_in(event, shift) for event in events):
        return last
    there = [closed.number for closed in shifts]
    if any(_claimed_in(event, len(shifts) + 1) for event in events):
        there.append(len(shifts) + 1)
    known = ", ".join(map(str, there)) or "none"
    raise NoSuchShift(f"no shift {shift} in this store; shifts: {known}")


def _claimed_in(event: Event, shift: int) -> bool:
    return event.point == points.CLAIM and event.body.get("shift") == shift


def _meter(events: Sequence[Event], under_way: Collection[int], fits: bool) -> MeterLine | None:
    try:
        row = status_of(events, lambda attempt: attempt in under_way)
    except (KeyError, TypeError, ValueError):
        row = None if fits else _unreadable(events)
        if row is None:
            raise
    if row is None:
        return None
    attempts = tuple(_attempts(events, under_way))
    if not attempts:
        return None
    deciding = max(
        (index for index, attempt in enumerate(attempts) if attempt.state == masked(row.state)),
        default=len(attempts) - 1,
    )
    overrides = tuple(_override(event) for event in events if event.point == points.OVERRIDE)
    # One that belongs to an attempt has opened the meter for it; what came of it is that attempt's end.
    free = [event.seq for event in events if event.point == points.OVERRIDE and not event.attempt]
    opened = bool(free) and free[-1] > attempts[-1].first_event
    same = attempts[deciding].state == masked(row.state)
    return MeterLine(
        meter_no=masked(row.meter_no),
        profile=masked(row.profile),
        state=masked(row.state),
        code=OPENED_AGAIN if opened else attempts[deciding].code if same else "",
        reason=masked(row.reason),
        refusals=row.refusals,
        half_until_unix_ms=row.half_until_unix_ms,
        attempts=attempts,
        deciding=deciding,
        overrides=overrides,
        fits=fits,
    )


def _override(event: Event) -> Override:
    who, why = text_of(event.body, "operator"), text_of(event.body, "reason")
    return Override(event.seq, event.at_unix_ms, who, why)


def _attempts(events: Sequence[Event], under_way: Collection[int]) -> Iterator[AttemptLine]:
    by_claim: defaultdict[int, list[Event]] = defaultdict(list)
    for event in events:
        if event.attempt:
            by_claim[event.attempt].append(event)
    claimed = [own for own in by_claim.values() if own[0].point == points.CLAIM]
    for number, own in enumerate(claimed, 1):
        yield attempt_of(own, _standing(own, number, under_way))


def _standing(own: Sequence[Event], number: int, under_way: Collection[int]) -> Standing:
    """How one attempt ended, by the same rules as `kctrig status`."""
    try:
        row = status_of(own, lambda attempt: attempt in under_way)
    except (KeyError, TypeError, ValueError):
        row = None
    if row is None:
        return Standing(number, UNREADABLE, "its events cannot be read", True)
    return Standing(number, masked(row.state), row.reason, row.broken_off)


def _unreadable(events: Sequence[Event]) -> StatusRow | None:
    claims = [event for event in events if event.point == points.CLAIM]
    if not claims:
        return None
    last = claims[-1]
    return StatusRow(
        last.meter_no,
        text_of(last.body, "profile"),
        len(claims),
        UNREADABLE,
        "its events were bent and cannot be read",
        events[-1].at_unix_ms,
    )


def _with_later(line: MeterLine, own: Sequence[Event], under_way: Collection[int]) -> MeterLine:
    now = _meter(own, under_way, line.fits)
    return replace(line, state_since=now.state) if now and now.state != line.state else line


def _chain(evidence: Evidence, checked: Checked) -> Chain:
    return Chain(
        events=len(evidence.events),
        first_bent=checked.chain.first_bent,
        wrong=checked.chain.wrong,
        shifts=checked.shifts,
        signed_to=checked.signed_to,
        key=signing.short_name(checked.public) if checked.public and checked.shifts else "",
    )
