"""Opens a work list that is text: finds its encoding and its delimiter, hands out its records."""

from __future__ import annotations

import codecs
import csv
import io
from collections.abc import Callable, Iterator

from kctrig.worklist.columns import canonical
from kctrig.worklist.rows import WorkListError

_DELIMITERS = ";,\t"
_SEP_DELIMITERS = _DELIMITERS + "|:"
_SEP_LINE = "sep="
_BOMS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)


def encoding_of(content: bytes) -> str:
    """The encoding: by byte-order mark, by the zero bytes of UTF-16, else UTF-8, else Windows-1252.

    A zero byte here and there is damage, not UTF-16: there every other byte of Latin text is one.
    """
    for mark, name in _BOMS:
        if content.startswith(mark):
            return name
    head = content[:512]
    zeros_at_odd, zeros_at_even = head[1::2].count(0), head[::2].count(0)
    if max(zeros_at_odd, zeros_at_even) > len(head) // 8:
        return "utf-16-le" if zeros_at_odd > zeros_at_even else "utf-16-be"
    try:
        content.decode("utf-8")
    except UnicodeDecodeError:
        return "cp1252"
    return "utf-8"


def delimiter_of(head: str, known: Callable[[str], str | None] = canonical) -> str:
    """The delimiter under which most cells of some line near the top are column names we know.

    `known` gives our own name of a header cell, None where it has none; other lists than work lists have other names.
    """
    best = (0, "")
    for line in head.splitlines():
        if line.lower().startswith(_SEP_LINE) and line[len(_SEP_LINE) :] in tuple(_SEP_DELIMITERS):
            return line[-1]
        for delimiter in _DELIMITERS:
            names = sum(known(cell.strip('"')) is not None for cell in line.split(delimiter))
            best = max(best, (names, delimiter), key=lambda pair: pair[0])
    return best[1] or ","


def is_by_comma(content: bytes, known: Callable[[str], str | None] = canonical) -> bool:
    """Whether commas part the cells, so that a decimal comma without quotation marks parts them, too."""
    head = content[:8192].decode(encoding_of(content), "replace")
    return delimiter_of(head, known) == ","


def records(
    content: bytes, known: Callable[[str], str | None] = canonical
) -> Iterator[tuple[int, list[str]]]:
    """Row number as a spreadsheet shows it, and the cells; `known` as in `delimiter_of`.

    Raises:
        WorkListError: the bytes are not the text they seem to be, or a quoted cell never ends.
    """
    encoding = encoding_of(content)
    with io.TextIOWrapper(io.BytesIO(content), encoding=encoding, newline="") as text:
        row_no = 0
        try:
            head = text.read(8192)
            text.seek(0)
            lines = iter(text)
            if head.lower().startswith(_SEP_LINE):
                next(lines)
            for cells in csv.reader(lines, delimiter=delimiter_of(head, known), strict=True):
                row_no += 1
                yield row_no, cells
        except UnicodeError:
            raise WorkListError(
                f"after row {row_no}: the file is not valid {encoding} text; save it again as CSV UTF-8"
            ) from None
        except csv.Error as error:
            raise WorkListError(
                f"row {row_no + 1}: {error}; look for a quotation mark too many and save the file again"
            ) from None
