"""Compares rows with each other, of one list or of several: the same meter twice, one token for two meters."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from kctrig.worklist import columns as col
from kctrig.worklist.cells import masked
from kctrig.worklist.columns import Columns
from kctrig.worklist.rows import Finding, WorkRow

_SHOWN = 5


@dataclass(frozen=True, slots=True)
class Listed:
    """A row and where it stands; `list_name` is empty where there is only one list."""

    row: WorkRow
    columns: Columns
    list_name: str = ""

    @property
    def place(self) -> str:
        """`row 5`, or `b.csv row 5`."""
        return f"{self.list_name} row {self.row.row_no}".lstrip()


@dataclass(slots=True)
class Compared:
    """What became of the rows compared, by their position among them.

    Positions in neither `duplicates` nor `conflicts` are kept; `notes` are on kept rows.
    """

    duplicates: dict[int, Finding] = field(default_factory=dict)
    conflicts: dict[int, Finding] = field(default_factory=dict)
    notes: dict[int, Finding] = field(default_factory=dict)

    def is_kept(self, at: int) -> bool:
        """Whether the row at this position is one to work on."""
        return at not in self.duplicates and at not in self.conflicts


def compare(rows: Sequence[Listed], lost: Mapping[str, Sequence[tuple[str, str]]]) -> Compared:
    """Find rows that say the same or contradict each other; pure.

    Args:
        rows: good rows, each by itself, in the order of the lists.
        lost: for the tokens of rows that were found wanting: where they stand and for which meter.
    """
    found = Compared()
    _one_row_a_meter(rows, found)
    _one_meter_a_token(rows, lost, found)
    return found


def _one_row_a_meter(rows: Sequence[Listed], found: Compared) -> None:
    """The same meter with the same tokens counts once; with other tokens, or another VKRN, no list can say what is valid."""
    first: dict[str, int] = {}
    again: defaultdict[str, list[int]] = defaultdict(list)
    for at, listed in enumerate(rows):
        if first.setdefault(listed.row.meter_no, at) != at:
            again[listed.row.meter_no].append(at)
    for meter_no, others in again.items():
        standing = [first[meter_no], *others]
        same = [rows[at].row for at in standing]
        differ = _difference(same)
        # of the same rows one with a VKRN is used: what a list claims must not be lost to one that says nothing
        used = next((at for at in standing if rows[at].row.vkrn), standing[0])
        for at in standing:
            names = (rows[at].columns.name_of(col.NO_METER),)
            if differ:
                places = _places([rows[other].place for other in standing if other != at])
                shown = f"meter {meter_no} also stands in {places} {differ}"
                found.conflicts[at] = Finding(names, shown, _whom_to_ask(same))
            elif at != used:
                found.duplicates[at] = Finding(names, *_left_out(meter_no, rows[used], used == standing[0]))


def _left_out(meter_no: str, used: Listed, is_first: bool) -> tuple[str, str]:
    """What is said of a row that another one stands for."""
    if is_first:
        shown = f"meter {meter_no} already stands in {used.place} with the same tokens"
        return shown, "this row is left out, the first one is used"
    shown = (
        f"meter {meter_no} also stands in {used.place} with the same tokens and VKRN {masked(used.row.vkrn)}"
    )
    return shown, "this row is left out, the one with the VKRN is used"


def _difference(rows: Sequence[WorkRow]) -> str:
    """In what the rows of one meter differ so that they cannot count as one; empty when they can."""
    if not _tokens_agree(rows):
        return "with other tokens"
    if len({row.profile_name for row in rows}) > 1:
        return "with another MERK_TYPE"
    vkrn = sorted({row.vkrn for row in rows} - {""})
    return f"with another VKRN ({' and '.join(map(masked, vkrn))})" if len(vkrn) > 1 else ""


def _whom_to_ask(rows: Sequence[WorkRow]) -> str:
    if _tokens_agree(rows) and len({row.profile_name for row in rows}) == 1:
        return "look the VKRN up in AP2T and correct the rows; none of them is used"
    return "ask the bank which set is valid; none of them is used"


def _tokens_agree(rows: Sequence[WorkRow]) -> bool:
    return len({tuple(sorted(row.all_tokens)) for row in rows}) == 1


def _one_meter_a_token(
    rows: Sequence[Listed], lost: Mapping[str, Sequence[tuple[str, str]]], found: Compared
) -> None:
    """A token fits one meter's key: of two rows that list it one must be wrong, and no list can say which.

    The first row is tried, because a wrong token costs it one refusal and the meter's answer settles it;
    no later row is.
    """
    first: dict[str, int] = {}
    again: defaultdict[str, list[int]] = defaultdict(list)
    for at, listed in enumerate(rows):
        for digits in listed.row.tokens:
            if first.setdefault(digits, at) != at:
                again[digits].append(at)
    owner: dict[str, int] = {}
    for at, listed in enumerate(rows):
        row = listed.row
        if not found.is_kept(at) or not any(digits in again or digits in lost for digits in row.tokens):
            continue
        taken = [digits for digits in row.tokens if digits in owner]
        if taken:
            holder = rows[owner[taken[0]]]
            shown = f"the same tokens stand in {holder.place} for meter {holder.row.meter_no}"
            action = "a key change token fits one meter only: fetch both rows again from the bank"
            found.conflicts[at] = Finding(_names(listed, taken), shown, action)
            continue
        shared: list[str] = []
        strangers: list[str] = []
        for digits in row.tokens:
            owner[digits] = at
            places = [
                rows[other].place
                for other in (first[digits], *again.get(digits, ()))
                if rows[other].row.meter_no != row.meter_no
            ]
            places += [place for place, meter_no in lost.get(digits, ()) if meter_no != row.meter_no]
            if places:
                shared.append(digits)
                strangers += [place for place in places if place not in strangers]
        if shared:
            shown = f"also listed for other meters in {_places(strangers)} (left out)"
            found.notes[at] = Finding(
                _names(listed, shared), shown, "row kept as the first one, the meter decides"
            )


def _names(listed: Listed, tokens: Sequence[str]) -> tuple[str, ...]:
    columns = listed.columns
    return tuple(
        columns.names[at]
        for at, digits in zip(columns.tokens, listed.row.tokens, strict=False)
        if digits in tokens
    )


def _places(places: Sequence[str]) -> str:
    """`row 3`, `rows 3, 5`, `a.csv row 3, b.csv row 9 ...`."""
    shown = list(places[:_SHOWN])
    if len(shown) > 1 and all(place.startswith("row ") for place in shown):
        shown = [
            "rows " + shown[0].removeprefix("row "),
            *(place.removeprefix("row ") for place in shown[1:]),
        ]
    return ", ".join(shown) + (" ..." if len(places) > _SHOWN else "")
