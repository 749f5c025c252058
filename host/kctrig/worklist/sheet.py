"""The cells of one sheet of an .xlsx workbook, streamed row by row out of its XML."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from typing import IO
from xml.parsers import expat

Value = str | int | float
DateText = Callable[[float], str]

NO_VALUE = "#NO_VALUE!"

_NAMESPACES = (
    "http://schemas.openxmlformats.org/spreadsheetml/2006/main",
    "http://purl.oclc.org/ooxml/spreadsheetml/main",
)
_ESCAPED = re.compile("_x((?![Dd][89A-Fa-f])[0-9A-Fa-f]{4})_")
_CHUNK = 1 << 16
_EXACT_DIGITS = 15
_MAX_COLUMNS = 16_384


def names_of(*tags: str) -> dict[str, str]:
    """Element names as expat gives them with a namespace, each with its own short name."""
    return {f"{space} {tag}": tag for space in _NAMESPACES for tag in tags}


def unescaped(text: str) -> str:
    """The text of a string in a workbook, which holds a carriage return as `_x000D_` (ECMA-376 part 1, 22.9.2.19)."""
    return _ESCAPED.sub(lambda found: chr(int(found[1], 16)), text) if "_x" in text else text


def new_parser() -> expat.XMLParserType:
    """A parser whose element names are those of `names_of`, and whose text comes in one piece."""
    parser = expat.ParserCreate(namespace_separator=" ")
    parser.buffer_text = True
    return parser


def rows(
    xml: IO[bytes], shared: list[str], dates: Mapping[str, DateText]
) -> Iterator[tuple[int, list[Value]]]:
    """Row numbers as the spreadsheet shows them, and the cells; rows that the file leaves out do not come.

    A cell with an error comes as its text (`#REF!`), a formula whose result was never stored as `NO_VALUE`, so that
    neither is taken for an empty cell.

    Args:
        xml: the sheet.
        shared: the workbook's shared strings.
        dates: for the number of each cell style that shows a date, what makes its text.

    Raises:
        expat.ExpatError, ValueError, IndexError: it is no sheet.
    """
    reader = _Reader(shared, dates)
    while chunk := xml.read(_CHUNK):
        reader.parser.Parse(chunk, False)
        yield from reader.take()
    reader.parser.Parse(b"", True)
    yield from reader.take()


class _Reader:
    """Gathers rows from the events of the parser."""

    def __init__(self, shared: list[str], dates: Mapping[str, DateText]) -> None:
        self.parser = new_parser()
        self.parser.StartElementHandler = self._start
        self.parser.EndElementHandler = self._end
        self._shared = shared
        self._dates = dates
        self._tags = names_of("row", "c", "v", "f", "t", "rPh")
        self._columns: dict[str, int] = {}
        self._done: list[tuple[int, list[Value]]] = []
        self._row_no = 0
        self._cells: list[Value] = []
        self._at = 0
        self._type = ""
        self._style = ""
        self._text = ""
        self._has_formula = False
        self._aside = False  # inside the furigana of a text

    def take(self) -> list[tuple[int, list[Value]]]:
        """The rows finished since the last call."""
        done, self._done = self._done, []
        return done

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        tag = self._tags.get(name)
        if tag == "c":
            self._at = self._column(attributes.get("r", ""))
            self._type = attributes.get("t", "n")
            self._style = attributes.get("s", "")
            self._text = ""
            self._has_formula = False
        elif tag == "v" or (tag == "t" and not self._aside):
            self.parser.CharacterDataHandler = self._take_text
        elif tag == "row":
            before = self._row_no
            self._row_no = int(attributes.get("r", before + 1))
            if self._row_no <= before:
                raise ValueError(f"row {self._row_no} comes after row {before}")
            self._cells = []
        elif tag == "f":
            self._has_formula = True
        elif tag == "rPh":
            self._aside = True

    def _end(self, name: str) -> None:
        tag = self._tags.get(name)
        if tag in ("v", "t"):
            self.parser.CharacterDataHandler = None
        elif tag == "c":
            self._put(self._value())
        elif tag == "row":
            self._done.append((self._row_no, self._cells))
        elif tag == "rPh":
            self._aside = False

    def _take_text(self, text: str) -> None:
        self._text += text

    def _column(self, reference: str) -> int:
        if not reference:
            return len(self._cells)
        letters = reference.rstrip("0123456789")
        at = self._columns.get(letters)
        if at is None:
            at = 0
            for letter in letters:
                at = at * 26 + "ABCDEFGHIJKLMNOPQRSTUVWXYZ".index(letter) + 1
            if not 0 < at <= _MAX_COLUMNS:
                raise ValueError(f"no column {letters!r}")
            self._columns[letters] = at = at - 1
        return at

    def _put(self, value: Value) -> None:
        cells = self._cells
        if self._at == len(cells):
            cells.append(value)
            return
        if self._at > len(cells):
            cells.extend([""] * (self._at + 1 - len(cells)))
        cells[self._at] = value

    def _value(self) -> Value:
        text, kind = self._text, self._type
        if kind == "s":
            return self._shared[int(text)] if text else ""
        if self._has_formula and not text and kind != "str":
            return NO_VALUE
        if kind == "b":
            return "TRUE" if text == "1" else "FALSE"
        if kind != "n" or not text:
            return unescaped(text)
        if self._style in self._dates:
            return self._dates[self._style](float(text))
        if len(text) <= _EXACT_DIGITS and text.isdecimal():
            return int(text)
        return float(text)
