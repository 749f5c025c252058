"""Judges the rows of a work list: each by itself, then against each other; keeps the good ones."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field

from kctrig.worklist import columns as col
from kctrig.worklist.cells import (
    CellError,
    check_digit_fits,
    clean,
    masked,
    meter_number,
    number_as_text,
    token,
    token_class,
)
from kctrig.worklist.columns import Columns
from kctrig.worklist.compare import Listed, compare
from kctrig.worklist.rows import Finding, RowReport, WorkList, WorkRow
from kctrig.worklist.vkrn import OLD_BASE, as_listed, code_in

Cell = str | int | float
BrandOf = Callable[[str], str | None]

_CLASS_NAMES = ("credit", "test", "management", "reserved")
_CREDIT_CLASS = 0
_MANAGEMENT = 2
_TOKEN_LIKE_DIGITS = 18


@dataclass(slots=True)
class JudgedRows:
    """The rows of a list, each judged by itself.

    Attributes:
        rows: the good ones.
        defects, notes: what was found in a row, by its number.
        lost: the tokens of bad rows that could be read, with the number of the row and its meter.
        old_base: the meters of all rows with VKRN 42, bad rows too: their glass shows KRN 2 without any upgrade.
    """

    columns: Columns
    rows: list[WorkRow] = field(default_factory=list)
    defects: dict[int, list[Finding]] = field(default_factory=dict)
    notes: defaultdict[int, list[Finding]] = field(default_factory=lambda: defaultdict(list))
    lost: defaultdict[str, list[tuple[int, str]]] = field(default_factory=lambda: defaultdict(list))
    old_base: set[str] = field(default_factory=set)


def judge(columns: Columns, rows: Iterable[tuple[int, Sequence[Cell]]], brand_of: BrandOf) -> WorkList:
    """Judge every row by itself, then against the others; pure.

    Args:
        columns: where what stands.
        rows: row number as the spreadsheet shows it, and the cells; empty rows are passed over.
        brand_of: gives the profile name of a MERK_TYPE, None when there is none.
    """
    judged = judge_each(columns, rows, brand_of)
    listed = [Listed(row, columns) for row in judged.rows]
    lost = {
        digits: [(f"row {row_no}", meter_no) for row_no, meter_no in places]
        for digits, places in judged.lost.items()
    }
    compared = compare(listed, lost)
    defects = dict(judged.defects)
    notes = judged.notes
    for at, finding in (compared.duplicates | compared.conflicts).items():
        defects[judged.rows[at].row_no] = [finding]
    for at, finding in compared.notes.items():
        notes[judged.rows[at].row_no].append(finding)
    return WorkList(
        tuple(row for at, row in enumerate(judged.rows) if compared.is_kept(at)),
        tuple(RowReport(row_no, tuple(found)) for row_no, found in sorted(defects.items())),
        tuple(
            RowReport(row_no, tuple(found))
            for row_no, found in sorted(notes.items())
            if row_no not in defects
        ),
    )


def judge_each(columns: Columns, rows: Iterable[tuple[int, Sequence[Cell]]], brand_of: BrandOf) -> JudgedRows:
    """Judge every row by itself; pure. See `judge`."""
    judgement = _Judgement(columns, brand_of)
    for row_no, cells in rows:
        judgement.add(row_no, cells)
    return judgement.found


class _Judgement:
    def __init__(self, columns: Columns, brand_of: BrandOf) -> None:
        self.found = JudgedRows(columns)
        self._columns = columns
        self._brand_of = brand_of
        self._brands: dict[str, str | None] = {}

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
        credit = self._single(texts, col.CREDIT, _CREDIT_CLASS, wrong)
        new_credit = self._single(texts, col.NEW_CREDIT, _CREDIT_CLASS, wrong)
        tamper = self._single(texts, col.TAMPER, _MANAGEMENT, wrong)
        self._no_token_twice(
            tokens, {col.CREDIT: credit, col.NEW_CREDIT: new_credit, col.TAMPER: tamper}, wrong
        )
        self._nameless(row_no, texts, beyond, wrong)
        vkrn = as_listed(self._text(texts, col.VKRN))
        if beyond and vkrn and code_in(vkrn) is None:
            shown = f"{masked(vkrn)!r} is no VKRN, and cells stand right of the last column: a comma parted a cell"
            wrong.append(
                Finding(
                    (self._columns.name_of(col.VKRN),), shown, "save the list with semicolons or as .xlsx"
                )
            )
        if vkrn == OLD_BASE and meter_no:
            self.found.old_base.add(meter_no)
        if wrong:
            self.found.defects[row_no] = wrong
            for digits in tokens:
                self.found.lost[digits].append((row_no, meter_no))
            return
        self._remark_vkrn(row_no, vkrn)
        self.found.rows.append(
            WorkRow(
                row_no=row_no,
                meter_no=meter_no,
                profile_name=profile,
                merk_type=self._text(texts, col.MERK_TYPE),
                vkrn=vkrn,
                tokens=tokens,
                idpel=self._text(texts, col.IDPEL),
                address=self._text(texts, col.ADDRESS),
                issued=self._text(texts, col.ISSUED),
                unspent_credit=credit or None,
                credit_told=col.CREDIT in self._columns.single and not self._asked(texts),
                clear_tamper=tamper or None,
                new_credit=new_credit or None,
                extra=tuple(
                    (self._columns.names[at], clean(texts[at])) for at in self._columns.extra if texts[at]
                ),
            )
        )

    def _text(self, texts: Sequence[str], known: str) -> str:
        at = self._columns.single.get(known)
        return "" if at is None else clean(texts[at])

    def _meter(self, row_no: int, texts: Sequence[str], wrong: list[Finding]) -> str:
        name = self._columns.name_of(col.NO_METER)
        try:
            meter_no = meter_number(texts[self._columns.single[col.NO_METER]])
        except CellError as fault:
            wrong.append(Finding((name,), fault.wrong, fault.action))
            return ""
        if not check_digit_fits(meter_no):
            self.found.notes[row_no].append(
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
            shown = f"no brand profile for {masked(merk_type)!r}" if merk_type else "is empty"
            wrong.append(
                Finding(
                    (self._columns.name_of(col.MERK_TYPE),),
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

    def _asked(self, texts: Sequence[str]) -> bool:
        """Whether the row says that nobody knows of an unspent credit token."""
        return self._text(texts, col.CREDIT) == col.NOT_KNOWN

    def _no_token_twice(self, tokens: Sequence[str], others: dict[str, str], wrong: list[Finding]) -> None:
        seen = set(tokens)
        for name, digits in others.items():
            if digits and digits in seen:
                column = self._columns.name_of(name)
                wrong.append(
                    Finding((column,), "is the token of another column too", "empty the cell or correct it")
                )
            seen.add(digits)

    def _single(self, texts: Sequence[str], column: str, wanted: int, wrong: list[Finding]) -> str:
        """The token of a column that stands for itself, empty without one."""
        at = self._columns.single.get(column)
        if at is None or not texts[at] or (column == col.CREDIT and self._asked(texts)):
            return ""
        name = self._columns.names[at]
        try:
            digits = token(texts[at])
        except CellError as fault:
            wrong.append(Finding((name,), fault.wrong, fault.action))
            return ""
        if token_class(digits) != wanted:
            kind, right = _CLASS_NAMES[token_class(digits)], _CLASS_NAMES[wanted]
            wrong.append(
                Finding((name,), f"is a {kind} token, not a {right} token", "empty the cell or correct it")
            )
        return digits

    def _nameless(
        self, row_no: int, texts: Sequence[str], beyond: Sequence[str], wrong: list[Finding]
    ) -> None:
        """Cells that no column name stands over are said, and where one may be a token the row is not used."""
        under = [texts[at] for at in self._columns.nameless if texts[at]]
        for place, cells in (("column without a name", under), ("end of row", beyond)):
            if not cells:
                continue
            count = "1 cell" if len(cells) == 1 else f"{len(cells)} cells"
            if any(sum(map(str.isdigit, cell)) >= _TOKEN_LIKE_DIGITS for cell in cells):
                shown = "what looks like a token stands where no column is named"
                wrong.append(Finding((place,), shown, "name the columns TOKEN_1, TOKEN_2 ..., none merged"))
            elif place == "end of row":
                shown = f"{count} right of the last named column not read"
                self.found.notes[row_no].append(Finding((place,), shown, "check that no column has shifted"))
            else:
                shown = f"{count} not read"
                self.found.notes[row_no].append(Finding((place,), shown, "name the column if it matters"))

    def _remark_vkrn(self, row_no: int, vkrn: str) -> None:
        if vkrn in ("", "41", "42"):
            return
        wrong = (
            "43 says that this meter is already upgraded"
            if vkrn == "43"
            else f"{masked(vkrn)!r} is not 41, 42 or 43"
        )
        self.found.notes[row_no].append(
            Finding((self._columns.name_of(col.VKRN),), wrong, "row kept, the meter decides")
        )
