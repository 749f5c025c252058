"""The code VKRN in a cell of any table, however a person or a spreadsheet writes it."""

from __future__ import annotations

import re

CODES = (41, 42, 43)
OLD_BASE = "42"
"""KRN 2 of the old base, as `as_listed` gives it: such a meter shows KRN 2 before the upgrade, too."""

_CELL = re.compile(r"(?:VKRN)?[\s:=]*(\d{1,4})(?:[.,]0+)?", re.IGNORECASE)


def code_in(cell: str) -> int | None:
    """41, 42 or 43 in a cell such as `43`, `43.0`, `043` or `VKRN 43`; None when it is none of them."""
    match = _CELL.fullmatch(cell.strip())
    return int(match[1]) if match is not None and int(match[1]) in CODES else None


def as_listed(cell: str) -> str:
    """The code as two digits for whoever reads a row; a cell that holds none of the three stays as it is."""
    code = code_in(cell)
    return cell if code is None else str(code)
