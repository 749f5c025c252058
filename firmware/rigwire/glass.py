"""The image of a glass on the wire: segment memory as the meter drives it, nothing interpreted.

    kind u8 | main_cells u8 | counter_cells u8 | flags u8 | icons u16 | counter cells | main cells

A counter cell is always one seven-segment byte. A main cell has 1, 2 or 5 bytes by kind:
seven-segment a..g = bits 0..6 and point = bit 7; fourteen-segment little-endian with
A B C D E F G1 G2 H J K L M N point = bits 0..14; dot matrix five columns from the left, top row = bit 0.

This file runs unchanged under CPython and MicroPython.
"""

import struct

SEVEN_SEGMENT = 1
FOURTEEN_SEGMENT = 2
DOT_MATRIX = 3
CELL_BYTES = {SEVEN_SEGMENT: 1, FOURTEEN_SEGMENT: 2, DOT_MATRIX: 5}

FLAG_BACKLIGHT = 1
FLAG_BLINK_OFF = 2  # the dark half of a blink period: what blinks is not lit in this image
FLAG_LOW_CONTRAST = 4  # the segments are as given but hardly stand out: no reader may take them as proof

ICON_ACCEPT = 1
ICON_REJECT = 2
ICON_TAMPER = 4
ICON_OVERLOAD = 8
ICON_LOW_CREDIT = 16
ICON_LOCK = 32

_HEAD = "<BBBBH"
HEAD_SIZE = 6


def pack_glass(
    kind: int,
    counter: "bytes | bytearray",
    main: "bytes | bytearray",
    flags: int = 0,
    icons: int = 0,
) -> bytes:
    """Image bytes of a glass whose counter and main cells hold these segment bytes."""
    cells = len(main) // CELL_BYTES[kind]
    return struct.pack(_HEAD, kind, cells, len(counter), flags, icons) + counter + main


def unpack_glass(image: bytes) -> "tuple[int, int, int, bytes, bytes]":
    """(kind, flags, icons, counter cells, main cells) of an image.

    Raises ValueError when the image is not of the layout above.
    """
    if len(image) < HEAD_SIZE:
        raise ValueError("glass image of %d bytes" % len(image))
    kind, cells, counter_cells, flags, icons = struct.unpack_from(_HEAD, image, 0)
    if kind not in CELL_BYTES:
        raise ValueError("glass kind %d" % kind)
    split = HEAD_SIZE + counter_cells
    if len(image) != split + cells * CELL_BYTES[kind]:
        raise ValueError("glass image of %d bytes for %d cells of kind %d" % (len(image), cells, kind))
    return kind, flags, icons, image[HEAD_SIZE:split], image[split:]
