"""Writes tables as CSV or .xlsx so that every cell is read back as the text it was, and no spreadsheet runs one."""

from __future__ import annotations

import contextlib
import csv
import io
import itertools
import os
import re
import secrets
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import IO

from kctrig.worklist.rows import WorkListError
from kctrig.worklist.safe import cell

FORMATS = (".csv", ".xlsx")

# What XML cannot hold is written as `_x000D_` (ECMA-376 part 1, 22.9.2.19), and what looks like that is escaped itself.
_ESCAPED = re.compile("[\x00-\x08\x0b-\x1f\ufffe\uffff]|_(?=x[0-9A-Fa-f]{4}_)")
_CELL_MAX = 32_767


def check_format(path: Path) -> None:
    """Refuse a name that says neither of the two formats.

    Raises:
        WorkListError: nothing was written.
    """
    if path.suffix.lower() not in FORMATS:
        raise WorkListError(f"{path}: name the file .csv or .xlsx")


def write(path: Path, headings: Sequence[str], rows: Iterable[Sequence[str]], sheet: str = "Daftar") -> None:
    """Write a table, CSV or .xlsx by its name; the file is there as a whole or not at all.

    CSV as a spreadsheet in Indonesia opens it: semicolons, UTF-8 with byte-order mark. Cells of a workbook are text.

    Raises:
        WorkListError: it cannot be written, or the name says neither format.
    """
    check_format(path)
    try:
        with _as_a_whole(path) as out:
            if path.suffix.lower() == ".csv":
                _write_csv(out, headings, rows)
            else:
                _write_xlsx(out, headings, rows, sheet)
    except OSError as error:
        raise WorkListError(f"{path} cannot be written: {error.strerror or error}") from error


def temporary_name(path: Path) -> Path:
    """A name beside `path` that nothing reads."""
    return path.with_name(f".{path.name}.{secrets.token_hex(4)}.part")


@contextlib.contextmanager
def _as_a_whole(path: Path) -> Iterator[IO[bytes]]:
    """A file that takes the place of `path` when everything in it is on the disk."""
    part = temporary_name(path)
    try:
        with part.open("xb") as out:
            yield out
            out.flush()
            os.fsync(out.fileno())
        os.replace(part, path)
        _sync_folder(path.parent)
    except BaseException:
        part.unlink(missing_ok=True)
        raise


def _sync_folder(folder: Path) -> None:
    """Make the new name survive a power cut; where a folder cannot be opened the system does it by itself."""
    if os.name != "posix":
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _write_csv(out: IO[bytes], headings: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    text = io.TextIOWrapper(out, encoding="utf-8-sig", errors="backslashreplace", newline="")
    lines = csv.writer(text, delimiter=";")
    lines.writerow([cell(heading) for heading in headings])
    lines.writerows([cell(value) for value in row] for row in rows)
    text.flush()
    text.detach()  # the file is closed by whoever opened it


def _write_xlsx(
    out: IO[bytes], headings: Sequence[str], rows: Iterable[Sequence[str]], sheet_name: str
) -> None:
    import openpyxl  # heavy, and most lists are text
    from openpyxl.cell import WriteOnlyCell

    book = openpyxl.Workbook(write_only=True)
    sheet = book.create_sheet(sheet_name)
    sheet.freeze_panes = "A2"
    # One cell a column is used again for every row: each is written out as it is appended.
    cells = [WriteOnlyCell(sheet) for _ in headings]
    for one in cells:
        one.number_format = "@"  # stays text when somebody edits it
    for row in itertools.chain([headings], rows):
        for one, value in zip(cells, row, strict=True):
            one.value = _ESCAPED.sub(_escape, value)[:_CELL_MAX] or None
            if value:
                one.data_type = "s"  # never a formula, an error or a number
        sheet.append(cells)
    book.save(out)


def _escape(character: re.Match[str]) -> str:
    return f"_x{ord(character[0]):04X}_"
