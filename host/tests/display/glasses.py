"""Draws texts on a glass for the tests, with masks of its own so that a slip in the tables is seen."""

from __future__ import annotations

from rigwire import glass

# a..g = bits 0..6; letters in the case in which seven segments draw them.
SEVEN = {
    " ": 0x00, "-": 0x40,
    "0": 0x3F, "1": 0x06, "2": 0x5B, "3": 0x4F, "4": 0x66, "5": 0x6D, "6": 0x7D, "7": 0x07, "8": 0x7F, "9": 0x6F,
    "A": 0x77, "B": 0x7C, "C": 0x39, "D": 0x5E, "E": 0x79, "G": 0x3D, "H": 0x76, "I": 0x30, "J": 0x1E, "K": 0x75, "L": 0x38,
    "N": 0x54, "O": 0x3F, "P": 0x73, "R": 0x50, "S": 0x6D, "T": 0x78, "U": 0x3E, "V": 0x3E, "X": 0x76,
}  # fmt: skip
FOURTEEN = {
    " ": 0x0000, "-": 0x00C0,
    "0": 0x0C3F, "1": 0x0406, "2": 0x00DB, "3": 0x008F, "4": 0x00E6, "5": 0x2069, "6": 0x00FD, "7": 0x0007,
    "8": 0x00FF, "9": 0x00EF,
    "A": 0x00F7, "B": 0x128F, "C": 0x0039, "D": 0x120F, "E": 0x0079, "G": 0x00BD, "H": 0x00F6, "I": 0x1209, "J": 0x001E,
    "K": 0x2470, "L": 0x0038, "N": 0x2136, "O": 0x003F, "P": 0x00F3, "R": 0x20F3, "S": 0x00ED, "T": 0x1201,
    "U": 0x003E, "V": 0x0C30, "X": 0x2D00,
}  # fmt: skip
# Rows from the top, as the ROM of the common character displays draws them.
MATRIX_ROWS = {
    " ": "..... ..... ..... ..... ..... ..... .....",
    "-": "..... ..... ..... ##### ..... ..... .....",
    ".": "..... ..... ..... ..... ..... .##.. .##..",
    "0": ".###. #...# #..## #.#.# ##..# #...# .###.",
    "1": "..#.. .##.. ..#.. ..#.. ..#.. ..#.. .###.",
    "2": ".###. #...# ....# ...#. ..#.. .#... #####",
    "3": "##### ...#. ..#.. ...#. ....# #...# .###.",
    "4": "...#. ..##. .#.#. #..#. ##### ...#. ...#.",
    "5": "##### #.... ####. ....# ....# #...# .###.",
    "6": "..##. .#... #.... ####. #...# #...# .###.",
    "7": "##### ....# ...#. ..#.. .#... .#... .#...",
    "8": ".###. #...# #...# .###. #...# #...# .###.",
    "9": ".###. #...# #...# .#### ....# ...#. .##..",
    "A": ".###. #...# #...# #...# ##### #...# #...#",
    "B": "####. #...# #...# ####. #...# #...# ####.",
    "C": ".###. #...# #.... #.... #.... #...# .###.",
    "D": "###.. #..#. #...# #...# #...# #..#. ###..",
    "E": "##### #.... #.... ####. #.... #.... #####",
    "G": ".###. #...# #.... #.### #...# #...# .####",
    "H": "#...# #...# #...# ##### #...# #...# #...#",
    "I": ".###. ..#.. ..#.. ..#.. ..#.. ..#.. .###.",
    "K": "#...# #..#. #.#.. ##... #.#.. #..#. #...#",
    "L": "#.... #.... #.... #.... #.... #.... #####",
    "N": "#...# #...# ##..# #.#.# #..## #...# #...#",
    "O": ".###. #...# #...# #...# #...# #...# .###.",
    "P": "####. #...# #...# ####. #.... #.... #....",
    "R": "####. #...# #...# ####. #.#.. #..#. #...#",
    "S": ".#### #.... #.... .###. ....# ....# ####.",
    "T": "##### ..#.. ..#.. ..#.. ..#.. ..#.. ..#..",
    "V": "#...# #...# #...# #...# #...# .#.#. ..#..",
    "U": "#...# #...# #...# #...# #...# #...# .###.",
}
KINDS = {
    "seven_segment": glass.SEVEN_SEGMENT,
    "fourteen_segment": glass.FOURTEEN_SEGMENT,
    "dot_matrix": glass.DOT_MATRIX,
}
K_SHAPES = {"acefg": 0x75, "bcefg": 0x76, "cefg": 0x74}


def matrix_mask(rows: str) -> int:
    """Rows of `#` and `.` as the mask of a dot-matrix cell."""
    return sum(
        1 << (column * 8 + row)
        for row, line in enumerate(rows.split())
        for column, dot in enumerate(line)
        if dot == "#"
    )


def cell_masks(kind: int, text: str, k_mask: int | None = None) -> list[int]:
    """Masks of a text, one for each cell; a `.` lights the point of the cell before it where cells have points."""
    masks: list[int] = []
    for character in text.upper():
        if kind == glass.DOT_MATRIX:
            masks.append(matrix_mask(MATRIX_ROWS[character]))
        elif character == ".":
            masks[-1] |= 0x80 if kind == glass.SEVEN_SEGMENT else 0x4000
        elif kind == glass.FOURTEEN_SEGMENT:
            masks.append(FOURTEEN[character])
        else:
            masks.append(k_mask if character == "K" and k_mask is not None else SEVEN[character])
    return masks


def image(
    kind: int,
    text: str,
    cells: int,
    counter: str | None = None,
    *,
    flags: int = 0,
    icons: int = 0,
    left: bool = False,
    k_mask: int | None = None,
) -> bytes:
    """A glass image with this text at the right (or left) end and this text on its two counter cells."""
    masks = cell_masks(kind, text, k_mask)
    dark = [0] * (cells - len(masks))
    line = masks + dark if left else dark + masks
    if len(line) != cells:
        raise ValueError("text is longer than the glass")
    main = b"".join(mask.to_bytes(glass.CELL_BYTES[kind], "little") for mask in line)
    return glass.pack_glass(kind, counter_bytes(counter), main, flags, icons)


def counter_bytes(counter: str | None) -> bytes:
    """Cells of the digit counter; None is a glass without one."""
    return b"" if counter is None else bytes(SEVEN[character] for character in counter.rjust(2))


def one_segment_changes(drawn: bytes) -> list[bytes]:
    """Every image that differs from this one in one segment of a main or counter cell."""
    changed = []
    for at in range(glass.HEAD_SIZE, len(drawn)):
        for bit in range(8):
            other = bytearray(drawn)
            other[at] ^= 1 << bit
            changed.append(bytes(other))
    return changed
