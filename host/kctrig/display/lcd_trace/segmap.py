"""Which bit of the display memory is which segment of which cell: one TOML file a glass."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from importlib import resources

from rigwire import glass

from kctrig.display.lcd_trace.memory import CHIPS, Chip, Content

Place = tuple[int, int]
"""(address, data bit) of a segment."""

_KINDS = {
    "seven_segment": (glass.SEVEN_SEGMENT, 8),
    "fourteen_segment": (glass.FOURTEEN_SEGMENT, 15),
    "dot_matrix": (glass.DOT_MATRIX, 40),
}
_COUNTER_SEGMENTS = 8
_ICONS = {
    "accept": glass.ICON_ACCEPT,
    "reject": glass.ICON_REJECT,
    "tamper": glass.ICON_TAMPER,
    "overload": glass.ICON_OVERLOAD,
    "low credit": glass.ICON_LOW_CREDIT,
    "lock": glass.ICON_LOCK,
}
_ABSENT = "-"
_KEYS = {"name", "chip", "kind", "main", "counter", "icons"}


class MapError(ValueError):
    """A segment map cannot be used; the text names the entry and what to do."""


@dataclass(frozen=True, slots=True)
class SegmentMap:
    """A glass and how it hangs on its chip.

    Attributes:
        main: for each cell from the left its segments in the order of `rigwire.glass`; None for one the glass has not.
        counter: the same of the small cells.
        icons: bit of `rigwire.glass` and place.
    """

    name: str
    chip: Chip
    kind: int
    main: tuple[tuple[Place | None, ...], ...]
    counter: tuple[tuple[Place | None, ...], ...]
    icons: tuple[tuple[int, Place], ...]

    def image(self, content: Content) -> tuple[bytes, bool]:
        """Glass image (layout: `rigwire.glass`) of a memory, and whether every segment of it is known.

        What is not known is not lit, and the image then has FLAG_LOW_CONTRAST: no reader takes it as proof.
        """
        known = content.on_sure and not (
            content.on and any(content.nibbles[address] is None for address, _ in self._places())
        )
        counter = b"".join(self._cell(cell, content, 1) for cell in self.counter)
        size = glass.CELL_BYTES[self.kind]
        main = b"".join(self._cell(cell, content, size) for cell in self.main)
        icons = sum(bit for bit, place in self.icons if self._lit(place, content))
        flags = 0 if known else glass.FLAG_LOW_CONTRAST
        return glass.pack_glass(self.kind, counter, main, flags, icons), known

    def _places(self) -> list[Place]:
        cells = [place for cell in (*self.main, *self.counter) for place in cell if place is not None]
        return cells + [place for _, place in self.icons]

    def _cell(self, segments: tuple[Place | None, ...], content: Content, size: int) -> bytes:
        lit = sum(
            1 << at for at, place in enumerate(segments) if place is not None and self._lit(place, content)
        )
        return lit.to_bytes(size, "little")

    def _lit(self, place: Place, content: Content) -> bool:
        address, bit = place
        value = content.nibbles[address]
        driven = content.on and (bit < content.commons or not self.chip.chooses_commons)
        return driven and value is not None and bool(value >> bit & 1)


def built_in_names() -> list[str]:
    """Names of the maps that come with kctrig."""
    folder = resources.files(__package__) / "maps"
    return sorted(file.name.removesuffix(".toml") for file in folder.iterdir() if file.name.endswith(".toml"))


def built_in(name: str) -> SegmentMap:
    """A map that comes with kctrig. Raises MapError."""
    if name not in built_in_names():
        raise MapError(
            f"no segment map {name!r}: write a file's name, or one of {', '.join(built_in_names())}"
        )
    return parse((resources.files(__package__) / "maps" / f"{name}.toml").read_text(encoding="utf-8"))


def parse(text: str) -> SegmentMap:
    """A segment map from TOML.

    Raises:
        MapError: no TOML, an unknown key, a place the chip does not have, a place given twice.
    """
    try:
        table = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise MapError(f"no TOML: {error}") from error
    unknown = sorted(set(table) - _KEYS)
    if unknown:
        raise MapError(f"unknown key {unknown[0]!r}: known are {', '.join(sorted(_KEYS))}")
    chip = CHIPS.get(str(table.get("chip")))
    if chip is None:
        raise MapError(f"chip = {table.get('chip')!r}: write one of {', '.join(CHIPS)}")
    if table.get("kind") not in _KINDS:
        raise MapError(f"kind = {table.get('kind')!r}: write one of {', '.join(_KINDS)}")
    kind, segments = _KINDS[table["kind"]]
    places = _Places(chip)
    main = places.cells("main", table.get("main"), segments)
    if not main:
        raise MapError("[main] has no cells: one line of segments for each cell, from the left")
    counter = places.cells("counter", table.get("counter", {}), _COUNTER_SEGMENTS)
    icons = places.icons(table.get("icons", {}))
    return SegmentMap(str(table.get("name", "")), chip, kind, main, counter, icons)


class _Places:
    """Reads places and sees to it that none is given twice."""

    def __init__(self, chip: Chip) -> None:
        self._chip = chip
        self._taken: dict[Place, str] = {}

    def cells(self, part: str, table: object, segments: int) -> tuple[tuple[Place | None, ...], ...]:
        """The cells of [main] or [counter]."""
        lines = table.get("cells", []) if isinstance(table, dict) else None
        if not isinstance(lines, list) or not all(isinstance(line, str) for line in lines):
            raise MapError(f"[{part}] must have cells = [...], a string of {segments} places for each cell")
        cells = []
        for index, line in enumerate(lines):
            words = line.split()
            where = f"[{part}] cell {index + 1}"
            if len(words) != segments:
                raise MapError(
                    f"{where} has {len(words)} places, {segments} are needed; write - for one the glass has not"
                )
            cells.append(tuple(None if word == _ABSENT else self.place(where, word) for word in words))
        return tuple(cells)

    def icons(self, table: object) -> tuple[tuple[int, Place], ...]:
        """The places of [icons]."""
        if not isinstance(table, dict):
            raise MapError('[icons] must be lines like accept = "28.0"')
        for name in table:
            if name not in _ICONS:
                raise MapError(f"[icons] {name!r}: known are {', '.join(_ICONS)}")
        return tuple((_ICONS[name], self.place(f"[icons] {name}", str(word))) for name, word in table.items())

    def place(self, where: str, word: str) -> Place:
        """`ADDRESS.BIT` as a place of this chip, taken by `where`."""
        address, _, bit = word.partition(".")
        if not (address.isdigit() and bit.isdigit()):
            raise MapError(f"{where}: {word!r} is no place; write ADDRESS.BIT, as 12.3")
        place = int(address), int(bit)
        if place[0] >= self._chip.nibbles or place[1] > 3:
            raise MapError(
                f"{where}: {word} is not in an {self._chip.name}: addresses 0 to {self._chip.nibbles - 1}, bits 0 to 3"
            )
        if place in self._taken:
            raise MapError(f"{where}: {word} already belongs to {self._taken[place]}")
        self._taken[place] = where
        return place
