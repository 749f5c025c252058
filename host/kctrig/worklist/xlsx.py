"""Opens a work list that is an .xlsx workbook; cells come out as the text or the number that they are."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator, Sequence
from datetime import date, datetime
from typing import TYPE_CHECKING, Any

from kctrig.worklist.columns import looks_like_header
from kctrig.worklist.rows import WorkListError

if TYPE_CHECKING:
    from openpyxl.worksheet.worksheet import Worksheet

_HEADER_WITHIN = 20


def records(
    content: bytes, is_header: Callable[[Sequence[str]], bool] = looks_like_header
) -> Iterator[tuple[int, list[str | int | float]]]:
    """Row number and cells of the sheet that holds the work list, or another list whose header `is_header` knows.

    Raises:
        WorkListError: not a workbook, or not exactly one of its sheets has a header row that we know.
    """
    import openpyxl  # heavy, and most lists are text

    try:
        book = openpyxl.load_workbook(io.BytesIO(content), read_only=True, data_only=True)
        sheet = _the_sheet([sheet for sheet in book.worksheets if _has_header(sheet, is_header)])
        for row_no, values in enumerate(sheet.iter_rows(values_only=True), start=1):
            yield row_no, [_cell(value) for value in values]
    except WorkListError:
        raise
    except Exception as error:
        # openpyxl answers a damaged file with whatever its zip, XML or own code happened to raise
        raise WorkListError(
            f"not a readable .xlsx workbook ({type(error).__name__}); open it and save it again"
        ) from error


def _the_sheet(candidates: list[Worksheet]) -> Worksheet:
    if len(candidates) > 1:
        names = " and ".join(repr(sheet.title) for sheet in candidates)
        raise WorkListError(
            f"sheets {names} both look like work lists; save the wanted one as a file of its own"
        )
    if not candidates:
        raise WorkListError(
            "no sheet has a header row with NO_METER, MERK_TYPE and TOKEN_1; name the columns so"
        )
    return candidates[0]


def _has_header(sheet: Worksheet, is_header: Callable[[Sequence[str]], bool]) -> bool:
    return any(
        is_header([str(value) for value in values if value is not None])
        for values in sheet.iter_rows(max_row=_HEADER_WITHIN, values_only=True)
    )


def _cell(value: Any) -> str | int | float:
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(value).upper()
    if isinstance(value, int | float):
        return value
    if isinstance(value, datetime) and (value.hour, value.minute, value.second) == (0, 0, 0):
        return value.date().isoformat()
    if isinstance(value, datetime | date):
        return value.isoformat(" ") if isinstance(value, datetime) else value.isoformat()
    return str(value)
