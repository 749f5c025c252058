"""The dot-matrix alphabet: shapes of the character displays that everybody knows, five columns of seven rows.

A shape is written as five columns from the left, two hex digits each, top row = lowest bit. The first shape is that
of the HD44780 family's character ROM; those after it are seen in fonts made after it. The eighth row is for a cursor
and stays dark. A cell's mask is its five bytes, first column lowest.
"""

from __future__ import annotations

_SHAPES = {
    " ": "0000000000",
    "-": "0808080808",
    ".": "0060600000",
    "0": "3E5149453E 3E4141413E",
    "1": "00427F4000",
    "2": "4261514946 7249494946",
    "3": "2141454B31 2141494D33",
    "4": "1814127F10",
    "5": "2745454539",
    "6": "3C4A494930 3C4A494931",
    "7": "0171090503 4121110907",
    "8": "3649494936",
    "9": "064949291E 464949291E",
    "A": "7E1111117E 7C1211127C 2054545478 2054547840",
    "B": "7F49494936 7F48444438 7F28444438",
    "C": "3E41414122 3844444420 3844444428",
    "D": "7F4141221C 7F4141413E 384444487F 384444287F",
    "E": "7F49494941 3854545418",
    "F": "7F09090901 7F09090101 087E090102 00087E0902",
    "G": "3E4149497A 3E41415132 3E41415173 0C5252523E",
    "H": "7F0808087F 7F08040478",
    "I": "00417F4100 00447D4000",
    "J": "2040413F01 2040443D00",
    "K": "7F08142241 7F10284400",
    "L": "7F40404040 00417F4000",
    "M": "7F020C027F 7F0204027F 7F021C027F 7C04180478 7C04780478",
    "N": "7F0408107F 7C08040478",
    "O": "3E4141413E 3844444438",
    "P": "7F09090906 7C14141408",
    "Q": "3E4151215E 081414187C",
    "R": "7F09192946 7C08040408",
    "S": "4649494931 2649494932 4854545420 4854545424",
    "T": "01017F0101 03017F0103 043F444020 04043F4424",
    "U": "3F4040403F 3C4040207C",
    "V": "1F2040201F 1C2040201C",
    "W": "3F4038403F 7F2018207F 3C4030403C",
    "X": "6314081463 4428102844",
    "Y": "0708700807 0304780403 0C5050503C",
    "Z": "6151494543 6159494D43 4464544C44",
}

DOT_MATRIX_GLYPHS = {
    character: tuple(int.from_bytes(bytes.fromhex(shape), "little") for shape in shapes.split())
    for character, shapes in _SHAPES.items()
}
