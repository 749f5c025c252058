"""Writes rows as a work list that the reader takes back as the same rows."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from kctrig.worklist import columns as col
from kctrig.worklist import table
from kctrig.worklist.rows import WorkRow

SOURCE = "SUMBER"
BENCH = "BENCH"

_GROUP = 4
_OTHERS = (col.CREDIT, col.NEW_CREDIT, col.TAMPER)


def write_list(path: Path, rows: Sequence[WorkRow]) -> None:
    """Write a work list, CSV or .xlsx by its name; whole or not at all.

    Tokens of a CSV stand in groups of four, as the bank writes them, so that no spreadsheet makes numbers of them.

    Raises:
        WorkListError: it cannot be written.
    """
    table.check_format(path)
    tokens = max((len(row.tokens) for row in rows), default=2)
    others = [name for name in _OTHERS if any(_other(row, name) not in ("", col.NOT_KNOWN) for row in rows)]
    if col.CREDIT not in others and any(row.credit_told for row in rows):
        others.insert(0, col.CREDIT)
    extras = list(dict.fromkeys(name for row in rows for name, _ in row.extra))
    headings = [col.IDPEL, col.NO_METER, col.MERK_TYPE, col.VKRN]
    headings += [f"TOKEN_{number}" for number in range(1, tokens + 1)]
    headings += [*others, col.ISSUED, col.ADDRESS, *extras]
    table.write(path, headings, _cells(rows, tokens, others, extras), "Daftar KCT")


def with_extra(row: WorkRow, name: str, value: str) -> WorkRow:
    """The row with one more of its other columns; a value that it has under this name already stays."""
    if any(known == name for known, _ in row.extra):
        return row
    return replace(row, extra=(*row.extra, (name, value)))


def extra(row: WorkRow, name: str) -> str:
    """What stands in another column of a row; empty when nothing does."""
    return dict(row.extra).get(name, "")


def _cells(
    rows: Sequence[WorkRow], tokens: int, others: Sequence[str], extras: Sequence[str]
) -> Iterator[Sequence[str]]:
    for row in rows:
        own = dict(row.extra)
        cells = [row.idpel, row.meter_no, row.merk_type, row.vkrn]
        cells += [_grouped(digits) for digits in row.tokens] + [""] * (tokens - len(row.tokens))
        cells += [_grouped(_other(row, name)) for name in others]
        cells += [row.issued, row.address]
        cells += [own.get(name, "") for name in extras]
        yield cells


def _other(row: WorkRow, name: str) -> str:
    """What stands in the cell of a token that is no section; an unspent credit that nobody told of is not known."""
    if name == col.TAMPER:
        return row.clear_tamper or ""
    if name == col.NEW_CREDIT:
        return row.new_credit or ""
    return row.unspent_credit or ("" if row.credit_told else col.NOT_KNOWN)


def _grouped(digits: str) -> str:
    return "-".join(digits[at : at + _GROUP] for at in range(0, len(digits), _GROUP))
