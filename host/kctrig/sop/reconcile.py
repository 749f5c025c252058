"""The registers against the meters: who is right about each meter, and what the SOP has done about it."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from kctrig.lang import N_
from kctrig.sop.actions import (
    CORRECT_CONFIRMATION,
    MEND_P2APST,
    MEND_ROW,
    SAME_VISIT_MS,
    UNSEEN,
    action_of,
    is_unseen,
    reason_of,
    vkrn_text,
)
from kctrig.sop.kinds import WRONG, Kind, classify
from kctrig.sop.looks import Shown, State
from kctrig.sop.register import Confirmation, Registered
from kctrig.sop.said import Said, say
from kctrig.sop.vkrn import Vkrn

_STOPPED = frozenset({"REJECTED", "LOCKED_OUT", "BLOCKED", "HALF"})


@dataclass(frozen=True, slots=True)
class Line:
    """One meter of the register or the store.

    Attributes:
        registered: the row of AP2T; None for a meter that AP2T lacks.
        p2apst: what P2APST has of it, where such a file was given.
        shown: what the store knows; None for a meter that the store lacks.
        reason: why it is of this kind.
        action: what the SOP has done about it.
    """

    kind: Kind
    meter_no: str
    registered: Registered | None
    p2apst: Registered | None
    shown: Shown | None
    reason: Said
    action: Said
    remarks: tuple[Said, ...] = ()


def reconcile(
    registered: Sequence[Registered],
    shown: Mapping[str, Shown],
    p2apst: Iterable[Registered] = (),
    *,
    utc_offset_min: int,
) -> list[Line]:
    """One line for every row of AP2T, in its order, then one for every meter of the store that AP2T lacks.

    Rows of P2APST that no row of AP2T has, or of which it cannot be told whose they are, come last.
    `utc_offset_min` is the time zone of the registers' times, in minutes east of Greenwich.
    """
    by_meter: defaultdict[str, list[Registered]] = defaultdict(list)
    for row in registered:
        by_meter[row.meter_no].append(row)
    other = Others(p2apst, utc_offset_min)
    lines = [
        _compared(row, by_meter[row.meter_no], other.of(row), shown.get(row.meter_no), utc_offset_min)
        for row in registered
    ]
    lines += [
        _not_in_ap2t(meter_no, one, other.by_number(meter_no))
        for meter_no, one in shown.items()
        if meter_no not in by_meter
    ]
    idpels = {row.idpel for row in registered}
    lines += [
        _not_in_ap2t(row.meter_no, None, row)
        for row in other.rows
        if (
            row.meter_no not in by_meter and row.meter_no not in shown
            if row.meter_no
            else row.idpel not in idpels
        )
    ]
    lines += [_nameless(row) for row in other.nameless]
    return lines


def count(lines: Iterable[Line]) -> dict[Kind, int]:
    """How many meters are of each kind, those with none included."""
    found = Counter(line.kind for line in lines)
    return {kind: found[kind] for kind in Kind}


class Others:
    """Rows of P2APST: by meter number, those without one by IDPEL. Of several rows the newest time of update counts.

    `nameless` are rows of which it cannot be told whose they are: two rounded IDPEL that look alike are not one customer.
    """

    def __init__(self, rows: Iterable[Registered], utc_offset_min: int) -> None:
        self._by_meter: dict[str, Registered] = {}
        self._by_idpel: dict[str, Registered] = {}
        self.nameless: list[Registered] = []
        for row in rows:
            if not row.is_named:
                self.nameless.append(row)
                continue
            known, key = (self._by_meter, row.meter_no) if row.meter_no else (self._by_idpel, row.idpel)
            before = known.get(key)
            known[key] = row if before is None else _merged(before, row, utc_offset_min)

    @property
    def rows(self) -> list[Registered]:
        """One row a meter, or a customer where the file names no meter."""
        return [*self._by_meter.values(), *self._by_idpel.values()]

    def of(self, row: Registered) -> Registered | None:
        """What P2APST has of a meter of AP2T."""
        return self._by_meter.get(row.meter_no) or (self._by_idpel.get(row.idpel) if row.idpel else None)

    def by_number(self, meter_no: str) -> Registered | None:
        """What P2APST has of a meter number."""
        return self._by_meter.get(meter_no)


def _merged(one: Registered, other: Registered, utc_offset_min: int) -> Registered:
    new = replace(
        _newer(one, other, utc_offset_min), problems=tuple(dict.fromkeys((*one.problems, *other.problems)))
    )
    if None not in (one.vkrn, other.vkrn) and one.vkrn != other.vkrn:
        conflict = say(N_("P2APST has the meter several times with different VKRN"))
        new = replace(new, problems=tuple(dict.fromkeys((*new.problems, conflict))))
    return (
        new
        if new.vkrn is not None
        else replace(new, vkrn=one.vkrn or other.vkrn, updated=_either(one, other))
    )


def _either(one: Registered, other: Registered) -> bool | None:
    return one.updated if one.updated is not None else other.updated


def _newer(one: Registered, other: Registered, utc_offset_min: int) -> Registered:
    if other.update is None or one.update is None:
        return one if other.update is None else other
    later = other.update.first_unix_ms(utc_offset_min) >= one.update.first_unix_ms(utc_offset_min)
    return other if later else one


def _compared(
    row: Registered,
    same: Sequence[Registered],
    other: Registered | None,
    shown: Shown | None,
    utc_offset_min: int,
) -> Line:
    registers = [one for one in (row, other) if one is not None]
    remarks = tuple(_remarks(row, same, other, shown))
    problem = _unusable(registers, same)
    if problem is not None:
        return Line(Kind.IN_DOUBT, row.meter_no, row, other, shown, problem, say(MEND_ROW), remarks)
    updated = {one.updated for one in registers} - {None}
    late_ms = _late_ms(registers, shown, utc_offset_min)
    kind = classify(
        [one for one in (*updated, _confirmed(row)) if one is not None],
        shown.state if shown else State.NEVER,
        old_base=_has_old_base(registers),
        is_proven=shown is not None and shown.is_proven,
        is_stale=late_ms > SAME_VISIT_MS,
    )
    action = action_of(kind, row, shown, late_ms)
    if kind in WRONG and updated == {kind is Kind.CHANGED_NOT_CONFIRMED}:
        action = say(CORRECT_CONFIRMATION)
    if is_unseen(kind, row, shown):
        remarks = (*remarks, say(UNSEEN))
    reason = reason_of(kind, row, shown, late_ms)
    return Line(kind, row.meter_no, row, other, shown, reason, action, remarks)


def _remarks(
    row: Registered, same: Sequence[Registered], other: Registered | None, shown: Shown | None
) -> Iterator[Said]:
    yield from row.remarks
    if len(same) > 1 and not row.problems:
        rows = ", ".join(str(one.row_no) for one in same if one is not row)
        yield say(N_("the meter also stands in row {rows} of AP2T"), rows=rows)
    if other is not None:
        yield from other.remarks
        if None not in (other.updated, row.updated) and other.updated != row.updated:
            both = {"ap2t": vkrn_text(row), "p2apst": vkrn_text(other)}
            yield say(N_("AP2T and P2APST differ: {ap2t} and {p2apst}"), **both)
    if shown is None or shown.state is State.UNKNOWN:
        return
    if shown.verdict in _STOPPED:
        yield say(N_("last attempt {verdict}: {why}"), verdict=shown.verdict, why=shown.why)
    if shown.state is State.OLD and _has_old_base([row, *([other] if other else [])]):
        yield say(N_("VKRN 42 stands for KRN 2, but the meter shows KRN 1: the code was wrong before, too"))


def _confirmed(row: Registered) -> bool | None:
    return None if row.confirmation is None else row.confirmation is Confirmation.BERHASIL


def _has_old_base(registers: Sequence[Registered]) -> bool:
    return any(Vkrn.KRN2_OLD_BASE in (one.vkrn, one.vkrn_before) for one in registers)


def _unusable(registers: Sequence[Registered], same: Sequence[Registered]) -> Said | None:
    """Why a row cannot be compared; None when it can."""
    problems = [problem for one in registers for problem in one.problems]
    if len(problems) > 1:
        return say(N_("{one}; {other}"), one=problems[0], other=problems[1])
    if problems:
        return problems[0]
    if len({one.updated for one in same if not one.problems}) > 1:
        rows = ", ".join(str(one.row_no) for one in same)
        return say(N_("AP2T has the meter in rows {rows} with different VKRN"), rows=rows)
    return None


def _late_ms(registers: Sequence[Registered], shown: Shown | None, utc_offset_min: int) -> int:
    """How long after the last look a register was updated; 0 when it was not, or no time is known."""
    if shown is None or shown.look is None:
        return 0
    updates = [one.update.first_unix_ms(utc_offset_min) for one in registers if one.update is not None]
    return max([0, *(at - shown.look.at_unix_ms for at in updates)])


def _nameless(row: Registered) -> Line:
    wrong = say(N_("row {row} of P2APST: {wrong}"), row=row.row_no, wrong=_unusable([row], []) or "-")
    return Line(Kind.IN_DOUBT, row.meter_no, None, row, None, wrong, say(MEND_P2APST), row.remarks)


def _not_in_ap2t(meter_no: str, shown: Shown | None, other: Registered | None) -> Line:
    glass = shown.look.shown if shown and shown.look else ""
    reason = (
        say(N_("04 shows {shown}; no row of AP2T has this meter number"), shown=glass)
        if glass
        else say(N_("no row of AP2T has this meter number, and 04 was not read"))
    )
    action = say(
        N_(
            "Find the meter in AP2T (wrong number, another unit, removed?) and compare by hand; the export may be incomplete"
        )
    )
    return Line(
        Kind.NOT_IN_AP2T,
        meter_no,
        None,
        other,
        shown,
        reason,
        action,
        (shown.reason,) if shown and shown.reason else (),
    )
