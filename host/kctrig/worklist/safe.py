"""Text as a cell of a CSV file that no spreadsheet runs, and back."""

from __future__ import annotations

import unicodedata

_STARTS_A_FORMULA = frozenset("=+-@\u2212")
_MARK = "'"


def cell(text: str) -> str:
    """What stands in a CSV file for a text: the text itself, or with `'` before it where a spreadsheet might run it.

    A spreadsheet runs what begins with `=`, `+`, `-` or `@`, some also after blanks, tabs and carriage returns, and
    in East Asian settings the wide forms (`＝`, `＋`, `－`, `＠`). A text that begins with `'` gets a second one,
    so that `text_of(cell(text)) == text` for every text. Workbooks need none of this: their cells have types.
    """
    return _MARK + text if _must_be_marked(text) else text


def text_of(cell: str) -> str:
    """The text that `cell` was made of."""
    return cell.removeprefix(_MARK)


def _must_be_marked(text: str) -> bool:
    if text[:1] in ("\t", "\r", "\n", _MARK):
        return True
    for character in text:
        if unicodedata.normalize("NFKC", character)[0] in _STARTS_A_FORMULA:
            return True
        # blanks, control characters and marks without width do not stop every spreadsheet
        if not character.isspace() and unicodedata.category(character) not in ("Cc", "Cf"):
            return False
    return False
