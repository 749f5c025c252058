"""What one image of a glass shows: masks first, characters second, nothing guessed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from rigwire import glass

from kctrig.display.faces import BLANK, DIGITS, FACES, SEVEN_SEGMENT_FACE, Face

UNREADABLE = "?"
"""Marker in `Screen.text` for a cell whose mask no character has."""

_ICON_NAMES = {
    glass.ICON_ACCEPT: "accept",
    glass.ICON_REJECT: "reject",
    glass.ICON_TAMPER: "tamper",
    glass.ICON_OVERLOAD: "overload",
    glass.ICON_LOW_CREDIT: "low credit",
    glass.ICON_LOCK: "lock",
}
_LETTERS = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZ")
# For the eye only: a lone ambiguous mask is shown as the first of these that it may be.
_DISPLAY_ORDER = "2 1035689KRNTLOSBIUAECDFGHJMPQVWXYZ47-."

Symbol = frozenset[str]
"""The characters that one place of a line may be."""
_POINT: Symbol = frozenset(".")
BLANK_SYMBOL: Symbol = frozenset(BLANK)


@dataclass(frozen=True, slots=True)
class Cell:
    """One character cell.

    Attributes:
        mask: its lit segments without the point.
        point: whether its decimal point is lit.
        characters: what the mask may draw; empty when unreadable.
    """

    mask: int
    point: bool
    characters: Symbol


@dataclass(frozen=True, slots=True)
class Screen:
    """One image, read cell by cell.

    Attributes:
        kind: kind of the main cells, as in `rigwire.glass`.
        cells: main line from the left.
        counter_cells: the small digit counter from the left; empty where the glass has none.
        flags: FLAG_… bits of `rigwire.glass`.
        icons: ICON_… bits of `rigwire.glass`.
        counter: number shown by the counter, None when it is dark, absent or unreadable.
        counter_readable: False when the counter shows something that is neither a number nor dark.
        text: the main line for people, blanks kept, upper case, `?` for an unreadable cell.
        lamp_test: every main cell fully lit (and the counter too, where there is one): not a value.
    """

    kind: int
    cells: tuple[Cell, ...]
    counter_cells: tuple[Cell, ...]
    flags: int
    icons: int
    counter: int | None
    counter_readable: bool
    text: str
    lamp_test: bool

    @property
    def blank(self) -> bool:
        """Nothing is lit on the main line: not a value."""
        return all(cell.mask == 0 and not cell.point for cell in self.cells)

    @property
    def readable(self) -> bool:
        """Every main cell has a listed mask."""
        return all(cell.characters for cell in self.cells)

    @property
    def blink_dark(self) -> bool:
        """The dark half of a blink: what blinks is not lit in this image, so nothing may be judged from it."""
        return bool(self.flags & glass.FLAG_BLINK_OFF)

    @property
    def low_contrast(self) -> bool:
        """What is lit hardly stands out: no cell of such an image is read, whatever its mask."""
        return bool(self.flags & glass.FLAG_LOW_CONTRAST)

    @property
    def backlight(self) -> bool:
        """The light behind the glass is on."""
        return bool(self.flags & glass.FLAG_BACKLIGHT)

    @property
    def icon_names(self) -> tuple[str, ...]:
        """Names of the lit icons."""
        return tuple(name for bit, name in _ICON_NAMES.items() if self.icons & bit)

    @property
    def points(self) -> tuple[int, ...]:
        """Indices of the main cells whose decimal point is lit."""
        return tuple(index for index, cell in enumerate(self.cells) if cell.point)

    def symbols(self) -> tuple[Symbol, ...]:
        """The main line as places of a text: a lit point is a place of its own after its cell."""
        line: list[Symbol] = []
        for cell in self.cells:
            line.append(cell.characters)
            if cell.point:
                line.append(_POINT)
        return tuple(line)


def read_image(image: bytes, faces: Mapping[int, Face] = FACES) -> Screen:
    """Read one glass image (layout: `rigwire.glass`) with these alphabets.

    Raises:
        ValueError: the bytes are not a glass image.
    """
    kind, flags, icons, counter_bytes, main_bytes = glass.unpack_glass(image)
    face = faces[kind]
    cells = _cells(main_bytes, face)
    counter_cells = _cells(counter_bytes, faces.get(glass.SEVEN_SEGMENT, SEVEN_SEGMENT_FACE))
    faint = bool(flags & glass.FLAG_LOW_CONTRAST)
    if faint:
        cells, counter_cells = _unread(cells), _unread(counter_cells)
    counter, counter_readable = (None, False) if faint else _counter(counter_cells)
    return Screen(
        kind=kind,
        cells=cells,
        counter_cells=counter_cells,
        flags=flags,
        icons=icons,
        counter=counter,
        counter_readable=counter_readable,
        text=_text(cells),
        lamp_test=not faint
        and _all_lit(cells, face)
        and (not counter_cells or _all_lit(counter_cells, SEVEN_SEGMENT_FACE)),
    )


def _cells(data: bytes, face: Face) -> tuple[Cell, ...]:
    cells = []
    for at in range(0, len(data), face.cell_bytes):
        lit = int.from_bytes(data[at : at + face.cell_bytes], "little")
        mask = lit & ~face.point_mask
        cells.append(Cell(mask, bool(lit & face.point_mask), face.read(mask)))
    return tuple(cells)


def _unread(cells: tuple[Cell, ...]) -> tuple[Cell, ...]:
    return tuple(Cell(cell.mask, cell.point, frozenset()) for cell in cells)


def _all_lit(cells: tuple[Cell, ...], face: Face) -> bool:
    return bool(cells) and all(cell.mask in face.full_masks for cell in cells)


def _counter(cells: tuple[Cell, ...]) -> tuple[int | None, bool]:
    """(value, readable): dark places before the first digit are leading blanks, a point belongs to no counter."""
    digits = ""
    for cell in cells:
        if cell.point:
            return None, False
        found = cell.characters & DIGITS
        if found:
            digits += min(found)
        elif cell.mask or digits:
            return None, False
    return (int(digits) if digits else None), True


def _text(cells: tuple[Cell, ...]) -> str:
    """The line for people: an ambiguous cell follows the sure letters of its word, and is a digit without them."""
    shown = ""
    words: list[list[Cell]] = [[]]
    for cell in cells:
        if cell.characters == BLANK_SYMBOL and not cell.point:
            shown += _word(words[-1]) + BLANK
            words.append([])
        else:
            words[-1].append(cell)
    return shown + _word(words[-1])


def _word(cells: list[Cell]) -> str:
    has_letters = any(cell.characters and cell.characters <= _LETTERS for cell in cells)
    return "".join(_shown(cell, has_letters) + ("." if cell.point else "") for cell in cells)


def _shown(cell: Cell, in_letters: bool) -> str:
    if not cell.characters:
        return UNREADABLE
    choice = cell.characters
    if in_letters and not choice & {"1", "2"} and choice & _LETTERS:
        choice = choice & _LETTERS
    elif choice & DIGITS:
        choice = choice & DIGITS
    return min(choice, key=_DISPLAY_ORDER.index)
