"""Opens a work list that is an .xlsx workbook; cells come out as the text or the number that they are."""

from __future__ import annotations

import zipfile
import zlib
from collections.abc import Callable, Iterator, Sequence
from itertools import takewhile
from xml.etree.ElementTree import ParseError
from xml.parsers.expat import ExpatError

from kctrig.worklist.columns import looks_like_header
from kctrig.worklist.rows import WorkListError
from kctrig.worklist.sheet import Value
from kctrig.worklist.workbook import Workbook

_HEADER_WITHIN = 20

# What zip, XML and numbers of a damaged file raise; KeyError is a missing part, RuntimeError a password.
_DAMAGE = (
    zipfile.BadZipFile,
    zlib.error,
    ExpatError,
    ParseError,
    KeyError,
    IndexError,
    ValueError,
    OverflowError,
    EOFError,
    OSError,
    RuntimeError,
)


def records(
    content: bytes, is_header: Callable[[Sequence[str]], bool] = looks_like_header
) -> Iterator[tuple[int, list[Value]]]:
    """Row number and cells of the sheet that holds the work list, or another list whose header `is_header` knows.

    Raises:
        WorkListError: not a workbook, or not exactly one of its sheets has a header row that we know.
    """
    try:
        book = Workbook(content)
        sheet = _the_sheet([sheet for sheet in book.sheets if _has_header(book.rows(sheet), is_header)])
        yield from book.rows(sheet)
    except _DAMAGE as error:
        raise WorkListError(
            f"not a readable .xlsx workbook ({type(error).__name__}); open it and save it again"
        ) from error


def _the_sheet(candidates: list[str]) -> str:
    if len(candidates) > 1:
        names = " and ".join(repr(name) for name in candidates)
        raise WorkListError(
            f"sheets {names} both look like work lists; save the wanted one as a file of its own"
        )
    if not candidates:
        raise WorkListError(
            "no sheet has a header row with NO_METER, MERK_TYPE and TOKEN_1; name the columns so"
        )
    return candidates[0]


def _has_header(rows: Iterator[tuple[int, list[Value]]], is_header: Callable[[Sequence[str]], bool]) -> bool:
    return any(
        is_header([str(value) for value in values if value != ""])
        for _, values in takewhile(lambda row: row[0] <= _HEADER_WITHIN, rows)
    )
