"""Glyphs of the three kinds of glass: which segments draw which character.

Seven segments: facts/keypad_display.md 4 (a..g = bits 0..6); the others are in font14.py and font5x8.py, loaded by a
glass that has them. These are the meter's own tables: what reads the glass must not share them.

This file runs unchanged under CPython and MicroPython.
"""

from binascii import unhexlify

from rigwire.glass import CELL_BYTES, DOT_MATRIX, FOURTEEN_SEGMENT, SEVEN_SEGMENT

_GLYPHS = " 0123456789-_ABCcDEFGHhIiJLlNOoPQRSTUuVYZXMW"
_MASKS = unhexlify("003F065B4F666D7D077F6F4008777C39585E79713D767406041E3806543F5C7367506D783E1C3E6E5B76376A")
_POINT = {SEVEN_SEGMENT: b"\x80", FOURTEEN_SEGMENT: b"\x00\x40"}


def _alphabet(kind: int) -> "tuple[str, bytes]":
    """Glyphs in order, and the bytes of each in the same order."""
    if kind == FOURTEEN_SEGMENT:
        from . import font14

        return font14.GLYPHS, font14.MASKS
    if kind == DOT_MATRIX:
        from . import font5x8

        return font5x8.GLYPHS, font5x8.MASKS
    return _GLYPHS, _MASKS


class Face:
    """The character generator of one glass; `k_mask` is how its seven segments draw a K."""

    def __init__(self, kind: int, k_mask: int) -> None:
        self._kind = kind
        self._size = CELL_BYTES[kind]
        self._glyphs, self._masks = _alphabet(kind)
        self._k_mask = k_mask

    def cell(self, char: str) -> bytes:
        """Segment bytes of one character; in the other case where only that is drawn, dark when there is none."""
        if self._kind == SEVEN_SEGMENT and char in "Kk":
            return bytes((self._k_mask,))
        at = self._glyphs.find(char)
        if at < 0:
            at = self._glyphs.find(char.upper())
        if at < 0:
            at = self._glyphs.find(char.lower())
        at = max(at, 0) * self._size
        return self._masks[at : at + self._size]

    def line(self, text: str, cells: int, right: bool = False) -> bytearray:
        """Segment bytes of a whole line of `cells` cells.

        A point lights the segment of the cell before it, where the glass has one. Too long a text keeps its
        first cells, or its last ones when it is aligned to the right.
        """
        point = _POINT.get(self._kind)
        drawn: "list[bytes]" = []
        for char in text:
            if char == "." and point and drawn:
                drawn[-1] = bytes([a | b for a, b in zip(drawn[-1], point)])
            else:
                drawn.append(self.cell(char))
        drawn = drawn[max(0, len(drawn) - cells) :] if right else drawn[:cells]
        dark = [bytes(self._size)] * (cells - len(drawn))
        return bytearray(b"".join(dark + drawn if right else drawn + dark))

    def lamp(self, cells: int) -> bytearray:
        """Every segment of the line lit."""
        return bytearray(b"\xff\x7f" * cells if self._size == 2 else b"\xff" * (cells * self._size))
