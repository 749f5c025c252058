"""Glyphs of the three kinds of glass: which segments draw which character.

Seven segments: facts/keypad_display.md 4 (a..g = bits 0..6). Fourteen segments: the alphabet of
dmadison/LED-Segment-ASCII (MIT), whose letters the same section quotes. Dot matrix: the usual 5x7 character
generator. This is the meter's own table: what reads the glass must not share it.

This file runs unchanged under CPython and MicroPython.
"""

from binascii import unhexlify

from rigwire.glass import CELL_BYTES, DOT_MATRIX, FOURTEEN_SEGMENT, SEVEN_SEGMENT

# For each kind: its glyphs in order, then the bytes of each glyph in the same order as hex digits
_ALPHABETS = {
    SEVEN_SEGMENT: (
        " 0123456789-_ABCcDEFGHhIiJLlNOoPQRSTUuVYZXMW",
        "003F065B4F666D7D077F6F4008777C39585E79713D767406041E3806543F5C7367506D783E1C3E6E5B76376A",
    ),
    FOURTEEN_SEGMENT: (
        " -/_0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZr",
        "0000C000000C08003F0C0604DB008F00E6006920FD000700FF00EF00F7008F1239000F1279007100BD00F6000912"
        "1E0070243800360536213F00F3003F20F320ED0001123E00300C3628002DEE00090C5000",
    ),
    DOT_MATRIX: (
        " 0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ-./_rabcdefghijklmnopqstuvwxyz",
        "00000000003E5149453E00427F400042615149462141454B311814127F1027454545393C4A4949300171090503"
        "3649494936064949291E7E1111117E7F494949363E414141227F4141221C7F494949417F090909013E4149497A"
        "7F0808087F00417F41002040413F017F081422417F404040407F020C027F7F0408107F3E4141413E7F09090906"
        "3E4151215E7F09192946464949493101017F01013F4040403F1F2040201F3F4038403F63140814630708700807"
        "615149454308080808080060600000201008040240404040407C0804040820545454787F484444383844444420"
        "384444487F3854545418087E0901020C5252523E7F0804047800447D40002040443D007F1028440000417F4000"
        "7C041804787C0804047838444444387C14141408081414187C4854545420043F4440203C4040207C1C2040201C"
        "3C4030403C44281028440C5050503C4464544C44",
    ),
}
_POINT = {SEVEN_SEGMENT: b"\x80", FOURTEEN_SEGMENT: b"\x00\x40"}


class Face:
    """The character generator of one glass; `k_mask` is how its seven segments draw a K."""

    def __init__(self, kind: int, k_mask: int) -> None:
        self._kind = kind
        self._size = CELL_BYTES[kind]
        self._glyphs, masks = _ALPHABETS[kind]
        self._masks = unhexlify(masks)
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


def seven(text: str) -> bytearray:
    """A counter's cells: always seven segments."""
    return Face(SEVEN_SEGMENT, 0).line(text, len(text))
