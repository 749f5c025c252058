"""Tables that other systems export, read by the names of their columns: titles above, merged and two-storey headers."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from kctrig.lang import N_
from kctrig.sop.file_trouble import of_reader, of_system
from kctrig.sop.header import find_header
from kctrig.sop.said import Said, say
from kctrig.worklist import text, xlsx
from kctrig.worklist.cells import clean, number_as_text
from kctrig.worklist.rows import WorkListError

_HEADER_WITHIN = 20
_XLSX_START = b"PK\x03\x04"
_XLS_START = b"\xd0\xcf\x11\xe0"
_FILLER = re.compile(r"[^0-9A-Z]+")

Cell = str | int | float


class TableError(Exception):
    """The file as a whole cannot be read; nothing happened to any meter. `said` is the line for the person."""

    effect = "nothing"

    def __init__(self, said: Said) -> None:
        self.said = said
        super().__init__(str(said))


@dataclass(frozen=True, slots=True)
class Names:
    """The columns of one kind of table.

    Attributes:
        what: what the file should be, for messages.
        synonyms: every spelling, in capitals without blanks and marks, with the name that we use.
        needed: names of which at least one each must be there; each entry is a tuple of alternatives.
    """

    what: Said
    synonyms: Mapping[str, str]
    needed: tuple[tuple[str, ...], ...] = ()

    def canonical(self, cell: str) -> str | None:
        """Our name of a header cell, None for one that we do not know."""
        return self.synonyms.get(plain(cell))


def plain(cell: str) -> str:
    """A header cell in capitals without blanks and marks."""
    return _FILLER.sub("", cell.upper())


@dataclass(frozen=True, slots=True)
class Row:
    """One row under the header: `cells` by our name, `all_cells` as they stand there."""

    row_no: int
    cells: Mapping[str, str]
    all_cells: tuple[str, ...]

    def text(self, name: str) -> str:
        """A cell, cleaned of a spreadsheet's marks; empty where there is none."""
        return self.cells.get(name, "")

    def beyond(self, width: int) -> str:
        """What stands right of the last of so many columns."""
        return " ".join(filter(None, self.all_cells[width:]))

    def padded(self, width: int) -> tuple[str, ...]:
        """All cells, as many as the header has columns; what stands beyond them is in the last one."""
        cells = self.all_cells + ("",) * (width - len(self.all_cells))
        last = " ".join(filter(None, (cells[width - 1], self.beyond(width))))
        return (*cells[: width - 1], last)


@dataclass(frozen=True, slots=True)
class Table:
    """A table whose header was found.

    Attributes:
        header: the names as the file has them, one a column.
        known: our name of each column that we read, by position.
        rows: an iterator that reads the file as it goes; may raise TableError in the middle of it.
        notes: how the header was found, where that is not plain.
        unread: the line about columns that are not needed.
        by_comma: commas part the cells, so that a decimal comma may have parted one.
    """

    header: tuple[str, ...]
    known: Mapping[int, str]
    rows: Iterator[Row]
    notes: tuple[Said, ...]
    unread: tuple[Said, ...]
    by_comma: bool = False


def beyond_said(cells: str) -> Said:
    """The line about what stands right of the last column: all cells of such a row may stand in wrong columns."""
    return say(
        N_(
            "cells right of the last column, has a column shifted? {cells}; a comma without quotation marks parts a cell in two: "
            "save the file with semicolons or as .xlsx"
        ),
        cells=repr(cells[:40]),
    )


def read_table(path: Path, names: Names) -> Table:
    """Open a CSV or .xlsx, told by its content, and find its header.

    Raises:
        TableError: no such file, no such header, or not a file of these kinds.
    """
    return read_content(file_bytes(path), names, str(path))


def file_bytes(path: Path) -> bytes:
    """A file whole.

    Raises:
        TableError: it cannot be read.
    """
    try:
        return path.read_bytes()
    except OSError as error:
        raise TableError(
            say(N_("{file}: {wrong}; check the name of the file"), file=path, wrong=of_system(error))
        ) from None


def read_content(content: bytes, names: Names, source: str) -> Table:
    """As `read_table`, from bytes; `source` is what messages call the file."""
    if not content.strip(b"\0 \t\r\n\xef\xbb\xbf\xff\xfe"):
        raise TableError(say(N_("{file}: the file is empty; export it again"), file=source))
    if content.startswith(_XLS_START):
        raise TableError(
            say(
                N_("{file}: an old .xls workbook (or one with a password); save it as .xlsx or CSV"),
                file=source,
            )
        )
    rows = _guarded(_open(content, names), source)
    head: list[tuple[int, tuple[str, ...]]] = []
    for row in rows:
        head.append(row)
        if len(head) > _HEADER_WITHIN:
            break
    found = find_header(head, names.canonical)
    if found is None:
        raise TableError(
            say(
                N_(
                    "{file}: no row with the column names of {what}; name the columns in the first row: {names}"
                ),
                file=source,
                what=names.what,
                names=", ".join(" / ".join(ways) for ways in names.needed),
            )
        )
    at, storeys, header, known = found
    _must_have(header, known, names, f"{source}: row {head[at][0]}")
    after = head[at + storeys :]
    return Table(
        header,
        known,
        _rows(after, rows, header, known, head[at][1]),
        tuple(_notes(header, known, head[:at], head[at : at + storeys])),
        _unread(header, known),
        not content.startswith(_XLSX_START) and text.is_by_comma(content, names.canonical),
    )


def _open(content: bytes, names: Names) -> Iterator[tuple[int, Sequence[Cell]]]:
    if not content.startswith(_XLSX_START):
        yield from text.records(content, names.canonical)
        return
    try:
        records = xlsx.records(content, lambda cells: any(names.canonical(cell) for cell in cells))
        first = next(records)
    except (WorkListError, StopIteration):
        # no sheet, or several, with names that we know: what stands there is still worth being told
        records = xlsx.records(content, any)
        yield from records
        return
    yield first
    yield from records


def _guarded(
    records: Iterator[tuple[int, Sequence[Cell]]], source: str
) -> Iterator[tuple[int, tuple[str, ...]]]:
    """Rows as texts; what the readers raise comes out as TableError."""
    try:
        for row_no, cells in records:
            yield (
                row_no,
                tuple(cell.strip() if isinstance(cell, str) else number_as_text(cell) for cell in cells),
            )
    except WorkListError as error:
        raise TableError(say(N_("{file}: {wrong}"), file=source, wrong=of_reader(error))) from error


def _must_have(header: Sequence[str], known: Mapping[int, str], names: Names, where: str) -> None:
    missing = [ways for ways in names.needed if not any(name in known.values() for name in ways)]
    if missing:
        raise TableError(
            say(
                N_(
                    "{where}: {what} needs a column {missing}; there are {header}. Name the column so, or export it too"
                ),
                where=where,
                what=names.what,
                missing=", ".join(" / ".join(ways) for ways in missing),
                header=", ".join(filter(None, header)),
            )
        )
    seen: dict[str, str] = {}
    for column, cell in enumerate(header):
        name = known.get(column) or names.canonical(cell)
        if name is not None and name in seen:
            raise TableError(
                say(
                    N_(
                        "{where}: two columns are both {name} ({first} and {second}); delete or rename one of them"
                    ),
                    where=where,
                    name=name,
                    first=repr(seen[name]),
                    second=repr(cell),
                )
            )
        if name is not None:
            seen[name] = cell


def _notes(
    header: Sequence[str],
    known: Mapping[int, str],
    above: Sequence[tuple[int, tuple[str, ...]]],
    storeys: Sequence[tuple[int, tuple[str, ...]]],
) -> Iterator[Said]:
    for row_no, cells in above:
        if any(cells):
            shown = " ".join(filter(None, cells))
            yield say(
                N_("row {row} stands above the header and is not read: {cells}"),
                row=row_no,
                cells=repr(shown[:60]),
            )
    if len(storeys) > 1:
        yield say(
            N_("rows {first} and {second} are read as one header: {names}"),
            first=storeys[0][0],
            second=storeys[1][0],
            names=", ".join(f"{header[column]} = {name}" for column, name in sorted(known.items())),
        )


def _unread(header: Sequence[str], known: Mapping[int, str]) -> tuple[Said, ...]:
    names = [name for column, name in enumerate(header) if name and column not in known]
    return (say(N_("columns not needed and not read: {names}"), names=", ".join(names)),) if names else ()


def _rows(
    after: Sequence[tuple[int, tuple[str, ...]]],
    rest: Iterator[tuple[int, tuple[str, ...]]],
    header: Sequence[str],
    known: Mapping[int, str],
    first_line: tuple[str, ...],
) -> Iterator[Row]:
    width = len(header)
    columns = list(known.items())

    def every() -> Iterator[tuple[int, tuple[str, ...]]]:
        yield from after
        yield from rest

    for row_no, cells in every():
        if not any(cells) or cells == first_line:  # page breaks repeat the header
            continue
        padded = cells + ("",) * (width - len(cells)) if len(cells) < width else cells
        yield Row(row_no, {name: clean(padded[column]) for column, name in columns}, padded)
