"""Judges the rows of a work list: each by itself, then against each other; keeps the good ones."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence

from kctrig.worklist import columns as col
from kctrig.worklist.cells import (
    CellError,
    check_digit_fits,
    clean,
    meter_number,
    number_as_text,
    token,
    token_class,
)
from kctrig.worklist.columns import Columns
from kctrig.worklist.rows import Finding, RowReport, WorkList, WorkRow

Cell = str | int | float
BrandOf = Callable[[str], str | None]

_CLASS_NAMES = ("credit", "test", "management", "reserved")
_MANAGEMENT = 2


def judge(columns: Columns, rows: Iterable[tuple[int, Sequence[Cell]]], brand_of: BrandOf) -> WorkList:
    """Judge every row; pure.

    Args:
        columns: where what stands.
        rows: row number as the spreadsheet shows it, and the cells; empty rows are passed over.
        brand_of: gives the profile name of a MERK_TYPE, None when there is none.
    """
    judgement = _Judgement(columns, brand_of)
    for row_no, cells in rows:
        judgement.add(row_no, cells)
    return judgement.finish()


class _Judgement:
    def __init__(self, columns: Columns, brand_of: BrandOf) -> None:
        self._columns = columns
        self._brand_of = brand_of
        self._brands: dict[str, str | None] = {}
        self._kept: list[WorkRow] = []
        self._defects: dict[int, list[Finding]] = {}
        self._notes: defaultdict[int, list[Finding]] = defaultdict(list)
        self._listed: defaultdict[str, list[tuple[int, str]]] = defaultdict(list)

    def add(self, row_no: int, cells: Sequence[Cell]) -> None:
        texts = [cell.strip() if isinstance(cell, str) else number_as_text(cell) for cell in cells]
        if not any(texts):
            return
        width = len(self._columns.names)
        beyond = [text for text in texts[width:] if text]
        texts += [""] * (width - len(texts))
        wrong: list[Finding] = []
        meter_no = self._meter(row_no, texts, wrong)
        profile = self._profile(texts, wrong)
        tokens = self._tokens(texts, wrong)
        for digits in tokens:
            self._listed[digits].append((row_no, meter_no))
        credit = self._credit(texts, wrong)
        if wrong:
            self._defects[row_no] = wrong
            return
        self._remark_vkrn(row_no, texts)
        if beyond:
            shown = f"{len(beyond)} cells right of the last named column are not read"
            self._notes[row_no].append(Finding(("end of row",), shown, "check that no column has shifted"))
        self._kept.append(
            WorkRow(
                row_no=row_no,
                meter_no=meter_no,
                profile_name=profile,
                merk_type=self._text(texts, col.MERK_TYPE),
                vkrn=self._text(texts, col.VKRN),
                tokens=tokens,
                idpel=self._text(texts, col.IDPEL),
                address=self._text(texts, col.ADDRESS),
                issued=self._text(texts, col.ISSUED),
                unspent_credit=credit or None,
                extra=tuple((self._columns.names[at], texts[at]) for at in self._columns.extra if texts[at]),
            )
        )

    def finish(self) -> WorkList:
        """Compare the rows with each other and hand over the list."""
        self._one_row_a_meter()
        self._one_meter_a_token()
        rows = tuple(row for row in self._kept if row.row_no not in self._defects)
        defects = (RowReport(row_no, tuple(found)) for row_no, found in sorted(self._defects.items()))
        notes = (
            RowReport(row_no, tuple(found))
            for row_no, found in sorted(self._notes.items())
            if row_no not in self._defects
        )
        return WorkList(rows, tuple(defects), tuple(notes))

    def _name(self, known: str) -> str:
        return self._columns.names[self._columns.single[known]]

    def _text(self, texts: Sequence[str], known: str) -> str:
        at = self._columns.single.get(known)
        return "" if at is None else clean(texts[at])

    def _meter(self, row_no: int, texts: Sequence[str], wrong: list[Finding]) -> str:
        name = self._name(col.NO_METER)
        try:
            meter_no = meter_number(texts[self._columns.single[col.NO_METER]])
        except CellError as fault:
            wrong.append(Finding((name,), fault.wrong, fault.action))
            return ""
        if not check_digit_fits(meter_no):
            self._notes[row_no].append(
                Finding(
                    (name,),
                    f"the last digit of {meter_no} is not the check digit of the others",
                    "row kept, the number that the meter shows decides",
                )
            )
        return meter_no

    def _profile(self, texts: Sequence[str], wrong: list[Finding]) -> str:
        merk_type = self._text(texts, col.MERK_TYPE)
        if merk_type not in self._brands:
            self._brands[merk_type] = self._brand_of(merk_type) if merk_type else None
        profile = self._brands[merk_type]
        if profile is None:
            shown = f"no brand profile for {merk_type!r}" if merk_type else "is empty"
            wrong.append(
                Finding(
                    (self._name(col.MERK_TYPE),),
                    shown,
                    "correct the name or have the brand's profile made first",
                )
            )
            return ""
        return profile

    def _tokens(self, texts: Sequence[str], wrong: list[Finding]) -> tuple[str, ...]:
        names = self._columns.names
        faults: defaultdict[tuple[str, str], list[str]] = defaultdict(list)
        found: list[tuple[str, str]] = []
        for at in self._columns.tokens:
            if texts[at]:
                try:
                    found.append((names[at], token(texts[at])))
                except CellError as fault:
                    faults[fault.wrong, fault.action].append(names[at])
        for (text, action), cells in faults.items():
            wrong.append(Finding(tuple(cells), text, action))
        if not faults:
            wrong.extend(self._judge_set(texts, found))
        return tuple(digits for _, digits in found)

    def _judge_set(self, texts: Sequence[str], found: list[tuple[str, str]]) -> list[Finding]:
        names = self._columns.names
        filled = [bool(texts[at]) for at in self._columns.tokens]
        first = names[self._columns.tokens[0]]
        again = "fetch the row again from the bank"
        if not found:
            return [Finding((first,), "no token in this row", again)]
        hole = filled.index(False) if False in filled else len(filled)
        if any(filled[hole:]):
            return [
                Finding((names[self._columns.tokens[hole]],), "is empty but a later token is there", again)
            ]
        for name, digits in found:
            if token_class(digits) != _MANAGEMENT:
                kind = _CLASS_NAMES[token_class(digits)]
                action = again
                if kind == "credit":
                    action = f"an unspent credit token belongs into a column {col.CREDIT}"
                return [Finding((name,), f"is a {kind} token, not a key change token", action)]
        if len(found) == 1:
            return [
                Finding((found[0][0],), "is the only token; a key change needs at least two sections", again)
            ]
        if len({digits for _, digits in found}) < len(found):
            return [Finding(tuple(name for name, _ in found), "the same token stands there twice", again)]
        return []

    def _credit(self, texts: Sequence[str], wrong: list[Finding]) -> str:
        at = self._columns.single.get(col.CREDIT)
        if at is None or not texts[at]:
            return ""
        name = self._columns.names[at]
        try:
            digits = token(texts[at])
        except CellError as fault:
            wrong.append(Finding((name,), fault.wrong, fault.action))
            return ""
        if token_class(digits) != 0:
            kind = _CLASS_NAMES[token_class(digits)]
            wrong.append(
                Finding((name,), f"is a {kind} token, not a credit token", "empty the cell or correct it")
            )
        return digits

    def _remark_vkrn(self, row_no: int, texts: Sequence[str]) -> None:
        vkrn = self._text(texts, col.VKRN)
        if vkrn in ("", "41", "42"):
            return
        wrong = (
            "43 says that this meter is already upgraded" if vkrn == "43" else f"{vkrn!r} is not 41, 42 or 43"
        )
        self._notes[row_no].append(Finding((self._name(col.VKRN),), wrong, "row kept, the meter decides"))

    def _one_row_a_meter(self) -> None:
        by_meter: defaultdict[str, list[WorkRow]] = defaultdict(list)
        for row in self._kept:
            by_meter[row.meter_no].append(row)
        name = self._name(col.NO_METER)
        for meter_no, rows in by_meter.items():
            if len(rows) == 1:
                continue
            if all(
                (row.tokens, row.unspent_credit) == (rows[0].tokens, rows[0].unspent_credit) for row in rows
            ):
                for row in rows[1:]:
                    shown = f"meter {meter_no} already stands in row {rows[0].row_no} with the same tokens"
                    self._defects[row.row_no] = [Finding((name,), shown, "delete one of the two rows")]
            else:
                for row in rows:
                    others = _rows([other.row_no for other in rows if other is not row])
                    shown = f"meter {meter_no} also stands in {others} with other tokens"
                    action = "ask the bank which set is valid; none of them is used"
                    self._defects[row.row_no] = [Finding((name,), shown, action)]

    def _one_meter_a_token(self) -> None:
        """A token fits one meter's key: of two rows that list it one must be wrong, and no list can say which.

        The first row is tried, because a wrong token costs it one refusal and the meter's answer settles it;
        no later row is.
        """
        owner: dict[str, WorkRow] = {}
        for row in self._kept:
            if row.row_no in self._defects:
                continue
            taken = [digits for digits in row.tokens if digits in owner]
            if taken:
                first = owner[taken[0]]
                shown = f"the same tokens stand in row {first.row_no} for meter {first.meter_no}"
                action = "a key change token fits one meter only: fetch both rows again from the bank"
                self._defects[row.row_no] = [Finding(self._token_names(row, taken), shown, action)]
                continue
            for digits in row.tokens:
                owner[digits] = row
            shared = [digits for digits in row.tokens if self._strangers(digits, row)]
            if shared:
                strangers = {row_no for digits in shared for row_no in self._strangers(digits, row)}
                shown = f"also listed for other meters in {_rows(sorted(strangers))} (left out)"
                action = "row kept as the first one, the meter decides"
                self._notes[row.row_no].append(Finding(self._token_names(row, shared), shown, action))

    def _strangers(self, digits: str, row: WorkRow) -> list[int]:
        """Rows that list the token for another meter, bad rows among them."""
        return [row_no for row_no, meter_no in self._listed[digits] if meter_no != row.meter_no]

    def _token_names(self, row: WorkRow, tokens: Sequence[str]) -> tuple[str, ...]:
        at = [
            self._columns.tokens[position] for position, digits in enumerate(row.tokens) if digits in tokens
        ]
        return tuple(self._columns.names[position] for position in at)


def _rows(numbers: Sequence[int]) -> str:
    if len(numbers) == 1:
        return f"row {numbers[0]}"
    shown = ", ".join(str(number) for number in numbers[:5])
    return f"rows {shown}" + (" ..." if len(numbers) > 5 else "")
