"""Puts several work lists together: each row of each list is kept, a duplicate, in conflict or defective, and said so."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from kctrig.worklist.address import place_of
from kctrig.worklist.compare import Listed, compare
from kctrig.worklist.judge import JudgedRows
from kctrig.worklist.rows import Finding, RowReport


class Fate(StrEnum):
    """What becomes of a row that is not kept."""

    DUPLICATE = "duplicate"
    """The meter is in the result already, with the same tokens."""
    CONFLICT = "conflict"
    """Another row contradicts it."""
    DEFECT = "defect"
    """It cannot be used by itself."""


@dataclass(frozen=True, slots=True)
class Left:
    """A row left out, or with a note on it (`fate` None); its text is the one line that a person reads."""

    list_name: str
    report: RowReport
    fate: Fate | None = None

    def __str__(self) -> str:
        return f"{self.list_name} {self.report}"


@dataclass(frozen=True, slots=True)
class Counts:
    """Rows of one list: `rows_in` is the sum of the others."""

    list_name: str
    rows_in: int
    kept: int
    duplicates: int
    conflicts: int
    defects: int


@dataclass(frozen=True, slots=True)
class Merged:
    """The lists put together.

    Attributes:
        rows: to work on, in the order of a round.
        left_out: every other row, in the order of the lists.
        notes: on rows kept.
        counts: one a list, in their order.
    """

    rows: tuple[Listed, ...]
    left_out: tuple[Left, ...]
    notes: tuple[Left, ...]
    counts: tuple[Counts, ...]


def merge(lists: Sequence[tuple[str, JudgedRows]]) -> Merged:
    """Put lists together, each with its name; pure. A row that two lists share is kept as the first list has it."""
    rows = [Listed(row, judged.columns, name) for name, judged in lists for row in judged.rows]
    compared = compare(rows, _lost(lists))
    left: list[Left] = []
    notes: list[Left] = []
    for name, judged in lists:
        left += _left(name, judged.defects.items(), Fate.DEFECT)
    for found, fate in ((compared.duplicates, Fate.DUPLICATE), (compared.conflicts, Fate.CONFLICT)):
        left += [
            Left(rows[at].list_name, RowReport(rows[at].row.row_no, (finding,)), fate)
            for at, finding in found.items()
        ]
    judged_notes = {name: judged.notes for name, judged in lists}
    for at, listed in enumerate(rows):
        if compared.is_kept(at):
            findings = list(judged_notes[listed.list_name].get(listed.row.row_no, ()))
            findings += [compared.notes[at]] if at in compared.notes else []
            if findings:
                notes.append(Left(listed.list_name, RowReport(listed.row.row_no, tuple(findings))))
    order = {name: at for at, (name, _) in enumerate(lists)}
    left.sort(key=lambda one: (order[one.list_name], one.report.row_no))
    kept = [listed for at, listed in enumerate(rows) if compared.is_kept(at)]
    kept.sort(key=lambda listed: (place_of(listed.row.address), listed.row.meter_no))
    return Merged(tuple(kept), tuple(left), tuple(notes), _counts(lists, kept, left))


def _lost(lists: Sequence[tuple[str, JudgedRows]]) -> dict[str, list[tuple[str, str]]]:
    lost: defaultdict[str, list[tuple[str, str]]] = defaultdict(list)
    for name, judged in lists:
        for digits, places in judged.lost.items():
            lost[digits] += [(f"{name} row {row_no}", meter_no) for row_no, meter_no in places]
    return lost


def _left(name: str, found: Iterable[tuple[int, list[Finding]]], fate: Fate) -> list[Left]:
    return [Left(name, RowReport(row_no, tuple(findings)), fate) for row_no, findings in found]


def _counts(
    lists: Sequence[tuple[str, JudgedRows]], kept: Sequence[Listed], left: Sequence[Left]
) -> tuple[Counts, ...]:
    kept_of = Counter(listed.list_name for listed in kept)
    left_of = Counter((one.list_name, one.fate) for one in left)
    return tuple(
        Counts(
            name,
            len(judged.rows) + len(judged.defects),
            kept_of[name],
            left_of[name, Fate.DUPLICATE],
            left_of[name, Fate.CONFLICT],
            left_of[name, Fate.DEFECT],
        )
        for name, judged in lists
    )
