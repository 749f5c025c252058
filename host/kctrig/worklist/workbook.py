"""The parts of an .xlsx workbook: its sheets, the strings they share, and which cell styles show dates."""

from __future__ import annotations

import io
import posixpath
import zipfile
from collections.abc import Iterator
from datetime import date, datetime
from xml.etree import ElementTree

from kctrig.worklist.rows import WorkListError
from kctrig.worklist.sheet import DateText, Value, names_of, new_parser, unescaped
from kctrig.worklist.sheet import rows as rows_of

_WORKBOOK = "xl/workbook.xml"
_UNPACKED_MAX = 1 << 30


class Workbook:
    """An .xlsx file, its sheets read as streams.

    Raises:
        WorkListError: it is something else, or unpacks to over 1 GiB.
    """

    def __init__(self, content: bytes) -> None:
        self._zip = zipfile.ZipFile(io.BytesIO(content))
        if "mimetype" in self._zip.namelist():
            raise WorkListError("an OpenDocument sheet, not an .xlsx workbook; save it as .xlsx or CSV")
        if sum(part.file_size for part in self._zip.infolist()) > _UNPACKED_MAX:
            raise WorkListError("unpacks to over 1 GiB; keep the sheet with the list and delete the others")
        book = self._tree(_WORKBOOK)
        properties = _find(book, "workbookPr")
        self._from_1904 = properties is not None and properties.get("date1904") in ("1", "true")
        targets = self._sheet_parts()
        self._parts: dict[str, str] = {}
        for sheet in _all(book, "sheet"):
            name = sheet.get("name", "")
            if name in self._parts:
                raise WorkListError(f"two sheets are called {name!r}; rename one of them")
            if _relation(sheet) in targets:
                self._parts[name] = targets[_relation(sheet)]
        self._shared = list(self._shared_strings())
        self._dates = self._date_styles()

    @property
    def sheets(self) -> list[str]:
        """Names of the sheets, in their order."""
        return list(self._parts)

    def rows(self, sheet: str) -> Iterator[tuple[int, list[Value]]]:
        """Row numbers and cells of a sheet; see `sheet.rows`."""
        with self._zip.open(self._parts[sheet]) as xml:
            yield from rows_of(xml, self._shared, self._dates)

    def _tree(self, part: str) -> ElementTree.Element:
        return ElementTree.fromstring(self._zip.read(part))

    def _sheet_parts(self) -> dict[str, str]:
        """The part of each relation that is a sheet of cells; charts are none."""
        folder = posixpath.dirname(_WORKBOOK)
        tree = self._tree(f"{folder}/_rels/{posixpath.basename(_WORKBOOK)}.rels")
        return {
            relation.get("Id", ""): _part(folder, relation.get("Target", ""))
            for relation in tree
            if relation.get("Type", "").endswith("/worksheet")
        }

    def _shared_strings(self) -> Iterator[str]:
        part = "xl/sharedStrings.xml"
        if part not in self._zip.namelist():
            return
        parser = new_parser()
        tags = names_of("si", "t", "rPh")
        done: list[str] = []
        pieces: list[str] = []
        aside = False

        def start(name: str, attributes: dict[str, str]) -> None:
            nonlocal aside
            tag = tags.get(name)
            if tag == "si":
                pieces.clear()
            elif tag == "t" and not aside:
                parser.CharacterDataHandler = pieces.append
            elif tag == "rPh":
                aside = True

        def end(name: str) -> None:
            nonlocal aside
            tag = tags.get(name)
            if tag == "t":
                parser.CharacterDataHandler = None
            elif tag == "si":
                done.append(unescaped("".join(pieces)))
            elif tag == "rPh":
                aside = False

        parser.StartElementHandler = start
        parser.EndElementHandler = end
        with self._zip.open(part) as xml:
            while chunk := xml.read(1 << 16):
                parser.Parse(chunk, False)
                yield from done
                done.clear()
        parser.Parse(b"", True)
        yield from done

    def _date_styles(self) -> dict[str, DateText]:
        part = "xl/styles.xml"
        if part not in self._zip.namelist():
            return {}
        # heavy to import, and it knows every date format there is
        from openpyxl.styles.numbers import BUILTIN_FORMATS, is_date_format

        tree = self._tree(part)
        own = {form.get("numFmtId", ""): form.get("formatCode", "") for form in _all(tree, "numFmt")}
        styles = _find(tree, "cellXfs")
        found: dict[str, DateText] = {}
        for number, style in enumerate(styles if styles is not None else ()):
            form = style.get("numFmtId", "0")
            code = own.get(form) or BUILTIN_FORMATS.get(int(form), "General")
            if is_date_format(code):
                found[str(number)] = self._date_text
        return found

    def _date_text(self, value: float) -> str:
        from openpyxl.utils.datetime import CALENDAR_MAC_1904, CALENDAR_WINDOWS_1900, from_excel

        try:
            when = from_excel(value, CALENDAR_MAC_1904 if self._from_1904 else CALENDAR_WINDOWS_1900)
        except (ValueError, OverflowError):
            return str(value)  # a number that is no date, shown as ##### by the spreadsheet
        if isinstance(when, datetime):
            midnight = (when.hour, when.minute, when.second) == (0, 0, 0)
            return when.date().isoformat() if midnight else when.isoformat(" ")
        return when.isoformat() if isinstance(when, date) else str(when)


def _part(folder: str, target: str) -> str:
    return target.removeprefix("/") if target.startswith("/") else posixpath.normpath(f"{folder}/{target}")


def _all(tree: ElementTree.Element, tag: str) -> Iterator[ElementTree.Element]:
    """Elements of that name in whatever namespace: there are two (ECMA-376 transitional and strict)."""
    return (element for element in tree.iter() if element.tag.rpartition("}")[2] == tag)


def _find(tree: ElementTree.Element, tag: str) -> ElementTree.Element | None:
    return next(_all(tree, tag), None)


def _relation(sheet: ElementTree.Element) -> str:
    return next((value for name, value in sheet.attrib.items() if name.endswith("}id")), "")
