"""A picture of the glass to the bytes of its segment memory, broken segments included.

This file runs unchanged under CPython and MicroPython.
"""

from rigwire.glass import (
    CELL_BYTES,
    DOT_MATRIX,
    FLAG_BACKLIGHT,
    FLAG_BLINK_OFF,
    FOURTEEN_SEGMENT,
    SEVEN_SEGMENT,
    pack_glass,
)

from .faces import Face

TYPE_CHECKING = False
if TYPE_CHECKING:
    from .brands import Brand

_SEGMENTS = {
    SEVEN_SEGMENT: ("a", "b", "c", "d", "e", "f", "g", "p"),
    FOURTEEN_SEGMENT: ("a", "b", "c", "d", "e", "f", "g1", "g2", "h", "j", "k", "l", "m", "n", "p"),
}
_COUNTER_CELLS = "c"


class Picture:
    """What the meter means to show, before glass and faults.

    Attributes:
        text: the main line; aligned to the right when `right`.
        counter: the small cells.
        lamp: every segment is on.
        dark: the dark half of a blink.
    """

    def __init__(self, text: str = "", right: bool = False, counter: str = "") -> None:
        self.text = text
        self.right = right
        self.counter = counter
        self.lamp = False
        self.dark = False
        self.icons = 0
        self.backlight = False


class Cells:
    """The segment memory of one brand's glass."""

    def __init__(
        self,
        brand: "Brand",
        dead: "list[str] | tuple[str, ...]" = (),
        stuck: "list[str] | tuple[str, ...]" = (),
    ) -> None:
        self._brand = brand
        self._main = Face(brand.glass, brand.k_mask)
        self._counter = Face(SEVEN_SEGMENT, brand.k_mask)
        self._dead = [self._bit(spec) for spec in dead]
        self._stuck = [self._bit(spec) for spec in stuck]

    def image(self, picture: Picture) -> bytes:
        """Image bytes (rigwire.glass) of a picture."""
        brand = self._brand
        if picture.lamp:
            counter = self._counter.lamp(brand.counter_cells)
            main = self._main.lamp(brand.cells)
        else:
            text = "" if picture.dark else picture.text
            counter = self._counter.line(picture.counter, brand.counter_cells, True)
            main = self._main.line(text, brand.cells, picture.right)
        for in_counter, at, bit in self._dead:
            part = counter if in_counter else main
            part[at] &= ~bit & 0xFF
        for in_counter, at, bit in self._stuck:
            part = counter if in_counter else main
            part[at] |= bit
        flags = (FLAG_BACKLIGHT if picture.backlight else 0) | (FLAG_BLINK_OFF if picture.dark else 0)
        return pack_glass(brand.glass, counter, main, flags, 0xFFFF if picture.lamp else picture.icons)

    def _bit(self, spec: str) -> "tuple[bool, int, int]":
        """(in the counter, byte, bit) of a segment's name: 3g, 3g1, 3x2y5 (column and row from 1), c1a.

        Raises ValueError when this glass has no such segment.
        """
        brand = self._brand
        in_counter = spec.startswith(_COUNTER_CELLS)
        name = spec[1:] if in_counter else spec
        digits = 0
        while name[digits : digits + 1].isdigit():
            digits += 1
        cell = int(name[:digits] or "0")
        name = name[digits:]
        kind = SEVEN_SEGMENT if in_counter else brand.glass
        if not 1 <= cell <= (brand.counter_cells if in_counter else brand.cells):
            raise ValueError("segment %s: %s has no such cell" % (spec, brand.name))
        at = (cell - 1) * CELL_BYTES[kind]
        if kind == DOT_MATRIX:
            column, _, row = name[1:].partition("y")
            if name[:1] == "x" and column in "12345" and row in "12345678" and column and row:
                return in_counter, at + int(column) - 1, 1 << int(row) - 1
        elif name in _SEGMENTS[kind]:
            bit = _SEGMENTS[kind].index(name)
            return in_counter, at + bit // 8, 1 << bit % 8
        raise ValueError("segment %s: the glass of %s has no such segment" % (spec, brand.name))
