"""A picture of the glass to the bytes of its segment memory, broken segments included.

This file runs unchanged under CPython and MicroPython.
"""

from rigwire.glass import (
    FLAG_BACKLIGHT,
    FLAG_BLINK_OFF,
    FLAG_LOW_CONTRAST,
    SEVEN_SEGMENT,
    pack_glass,
)

from .faces import Face

TYPE_CHECKING = False
if TYPE_CHECKING:
    from .brands import Brand


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
    """The segment memory of one brand's glass.

    Attributes:
        low_contrast: a fault: what is lit hardly stands out.
    """

    def __init__(
        self,
        brand: "Brand",
        dead: "list[str] | tuple[str, ...]" = (),
        stuck: "list[str] | tuple[str, ...]" = (),
    ) -> None:
        self._brand = brand
        self.low_contrast = False
        self._main = Face(brand.glass, brand.k_mask)
        self._counter = Face(SEVEN_SEGMENT, brand.k_mask)
        self._dead: "list[tuple[bool, int, int]]" = []
        self._stuck: "list[tuple[bool, int, int]]" = []
        if dead or stuck:
            from .faulttable import segment_bit

            self._dead = [segment_bit(spec, brand) for spec in dead]
            self._stuck = [segment_bit(spec, brand) for spec in stuck]

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
        if self.low_contrast:
            flags |= FLAG_LOW_CONTRAST
        return pack_glass(brand.glass, counter, main, flags, 0xFFFF if picture.lamp else picture.icons)
