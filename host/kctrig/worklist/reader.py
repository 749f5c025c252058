"""Reads a work list file, CSV or XLSX, into rows to work on and lines about the rest."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TypeVar

from kctrig.worklist import text, xlsx
from kctrig.worklist.cells import number_as_text
from kctrig.worklist.columns import Columns, looks_like_header, read_header
from kctrig.worklist.judge import BrandOf, Cell, JudgedRows, judge, judge_each
from kctrig.worklist.rows import WorkList, WorkListError

Records = Iterator[tuple[int, Sequence[Cell]]]
Found = TypeVar("Found")

_HEADER_WITHIN = 20
_XLSX_START = b"PK\x03\x04"
_WEB_PAGE_STARTS = (b"<html", b"<!doctype", b"<table", b"<?xml", b"<meta", b"<style")
_XLS_START = b"\xd0\xcf\x11\xe0"


def read(path: str | Path, brand_of: BrandOf) -> WorkList:
    """Read a work list; every bad row is one defect, good rows are kept, nothing is guessed or repaired.

    Args:
        path: a CSV (`;`, `,` or tab; UTF-8, UTF-16 or Windows-1252) or an .xlsx workbook, told by its content.
        brand_of: gives the profile name of a MERK_TYPE, None when there is none.

    Raises:
        WorkListError: the file is missing, empty, has no header row we know, or is not such a file.
    """
    return _read(path, lambda columns, records: judge(columns, records, brand_of))


def read_each(path: str | Path, brand_of: BrandOf) -> JudgedRows:
    """Read a work list as `read` does, without comparing its rows with each other."""
    return _read(path, lambda columns, records: judge_each(columns, records, brand_of))


def _read(path: str | Path, judged: Callable[[Columns, Records], Found]) -> Found:
    path = Path(path)
    try:
        content = path.read_bytes()
    except OSError as error:
        raise WorkListError(f"{path}: {error.strerror or error}; check the name of the work list") from None
    except ValueError as error:
        raise WorkListError(f"{str(path)!r} is no name of a file: {error}") from None
    try:
        records = _records(content)
        return judged(_header(records), records)
    except WorkListError as error:
        raise WorkListError(f"{path}: {error}") from error.__cause__


def _records(content: bytes) -> Records:
    if not content.strip(b"\0 \t\r\n\xef\xbb\xbf\xff\xfe"):
        raise WorkListError("the file is empty; export the work list again")
    if content.startswith(_XLS_START):
        raise WorkListError("an old .xls workbook (or one with a password); save it as .xlsx or CSV")
    if content[:64].lstrip(b"\xef\xbb\xbf \t\r\n").lower().startswith(_WEB_PAGE_STARTS):
        raise WorkListError(
            "a web page, whatever its name says; open it in a spreadsheet and save it as .xlsx"
        )
    if content.startswith(_XLSX_START):
        return xlsx.records(content)
    return text.records(content)


def _header(records: Records) -> Columns:
    """Take rows off `records` up to and with the header row."""
    for row_no, cells in records:
        names = [cell if isinstance(cell, str) else number_as_text(cell) for cell in cells]
        if looks_like_header(names):
            return read_header(names, row_no)
        if row_no >= _HEADER_WITHIN:
            break
    raise WorkListError(
        "no header row with NO_METER, MERK_TYPE and TOKEN_1; name the columns in the first row"
    )
