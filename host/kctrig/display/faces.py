"""Which segment masks may draw which character: the host's own tables, shared with nobody.

Several masks may draw one character (`K` on seven segments) and one mask may draw several characters (`2` and `Z`).
Both are kept: the place in an expected text decides, never likelihood, and a mask that is not listed is unreadable
(facts/keypad_display.md section 4). Characters are upper case; a lower-case shape is another mask of the same letter.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from rigwire import glass

from kctrig.display.font5x8 import DOT_MATRIX_GLYPHS

BLANK = " "
DIGITS = frozenset("0123456789")
_NO_CHARACTER: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Face:
    """The alphabet of one kind of cell.

    Attributes:
        kind: SEVEN_SEGMENT, FOURTEEN_SEGMENT or DOT_MATRIX of `rigwire.glass`.
        cell_bytes: bytes of one cell in an image.
        point_mask: the decimal point's bit, 0 where a cell has none.
        full_masks: masks with everything but the point lit.
        masks: character to the masks that draw it.
        characters: mask to the characters it may draw.
    """

    kind: int
    cell_bytes: int
    point_mask: int
    full_masks: frozenset[int]
    masks: Mapping[str, frozenset[int]]
    characters: Mapping[int, frozenset[str]]

    def read(self, mask: int) -> frozenset[str]:
        """Characters that this mask may draw; empty when it is listed for none."""
        return self.characters.get(mask, _NO_CHARACTER)


def _face(kind: int, point_mask: int, full_masks: Iterable[int], glyphs: Mapping[str, Iterable[int]]) -> Face:
    masks = {character: frozenset(drawn) for character, drawn in glyphs.items()}
    characters: dict[int, set[str]] = {}
    for character, drawn in masks.items():
        for mask in drawn:
            characters.setdefault(mask, set()).add(character)
    return Face(
        kind=kind,
        cell_bytes=glass.CELL_BYTES[kind],
        point_mask=point_mask,
        full_masks=frozenset(full_masks),
        masks=MappingProxyType(masks),
        characters=MappingProxyType({mask: frozenset(found) for mask, found in characters.items()}),
    )


# Segments a top, b/c right, d bottom, e/f left, g middle. First the shapes of the TM1637 and dmadison tables,
# then those of DSEG7 and of readers in the field (facts/keypad_display.md section 4).
_SEVEN_SEGMENT_SHAPES = {
    " ": "",
    "-": "g",
    "0": "abcdef",
    "1": "bc",
    "2": "abdeg",
    "3": "abcdg",
    "4": "bcfg",
    "5": "acdfg",
    "6": "acdefg cdefg",
    "7": "abc abcf",
    "8": "abcdefg",
    "9": "abcdfg abcfg",
    "A": "abcefg abcdeg",
    "B": "cdefg abcdefg",
    "C": "adef deg",
    "D": "bcdeg",
    "E": "adefg abdefg",
    "F": "aefg",
    "G": "acdef abcdfg",
    "H": "bcefg cefg",
    "I": "ef bc c e",
    "J": "bcde cd",
    "K": "acefg bcefg cefg",
    "L": "def ef",
    "M": "ace ce",
    "N": "ceg abcef",
    "O": "abcdef cdeg",
    "P": "abefg",
    "Q": "abdfg abcfg",
    "R": "eg abef",
    "S": "acdfg cdfg",
    "T": "defg",
    "U": "bcdef cde",
    "V": "bcdef cde",
    "W": "bdf ce",
    "X": "bcefg",
    "Y": "bcdfg",
    "Z": "abdeg abde",
}

# dmadison LED-Segment-ASCII: A B C D E F G1 G2 H J K L M N = bits 0..13; upper case, then lower case.
_FOURTEEN_SEGMENT_GLYPHS = {
    " ": (0x0000,),
    "-": (0x00C0,),
    "0": (0x0C3F,),
    "1": (0x0406,),
    "2": (0x00DB,),
    "3": (0x008F,),
    "4": (0x00E6,),
    "5": (0x2069,),
    "6": (0x00FD,),
    "7": (0x0007,),
    "8": (0x00FF,),
    "9": (0x00EF,),
    "A": (0x00F7, 0x1058),
    "B": (0x128F, 0x2078),
    "C": (0x0039, 0x00D8),
    "D": (0x120F, 0x088E),
    "E": (0x0079, 0x0858),
    "F": (0x0071, 0x14C0),
    "G": (0x00BD, 0x048E),
    "H": (0x00F6, 0x1070),
    "I": (0x1209, 0x1000),
    "J": (0x001E, 0x0A10),
    "K": (0x2470, 0x3600),
    "L": (0x0038, 0x0030),
    "M": (0x0536, 0x10D4),
    "N": (0x2136, 0x1050),
    "O": (0x003F, 0x00DC),
    "P": (0x00F3, 0x0170),
    "Q": (0x203F, 0x0486),
    "R": (0x20F3, 0x0050),
    "S": (0x00ED, 0x2088),
    "T": (0x1201, 0x0078),
    "U": (0x003E, 0x001C),
    "V": (0x0C30, 0x0810),
    "W": (0x2836, 0x2814),
    "X": (0x2D00,),
    "Y": (0x00EE, 0x028E),
    "Z": (0x0C09, 0x0848),
}


def segments(letters: str) -> int:
    """Mask of the seven segments named by these letters: `segments("bc")` is 6."""
    return sum(1 << "abcdefg".index(letter) for letter in letters)


SEVEN_SEGMENT_FACE = _face(
    glass.SEVEN_SEGMENT,
    point_mask=0x80,
    full_masks=(0x7F,),
    glyphs={
        character: [segments(shape) for shape in (shapes.split() or [""])]
        for character, shapes in _SEVEN_SEGMENT_SHAPES.items()
    },
)
FOURTEEN_SEGMENT_FACE = _face(
    glass.FOURTEEN_SEGMENT, point_mask=0x4000, full_masks=(0x3FFF,), glyphs=_FOURTEEN_SEGMENT_GLYPHS
)
DOT_MATRIX_FACE = _face(
    glass.DOT_MATRIX,
    point_mask=0,
    full_masks=(0x7F7F7F7F7F, 0xFFFFFFFFFF),
    glyphs=DOT_MATRIX_GLYPHS,
)

FACES: Mapping[int, Face] = MappingProxyType(
    {face.kind: face for face in (SEVEN_SEGMENT_FACE, FOURTEEN_SEGMENT_FACE, DOT_MATRIX_FACE)}
)
