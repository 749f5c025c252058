"""EA07, the Standard Transfer Algorithm, with the published SAMPLE tables only (facts/sts.md 2.1 and 2.2).

The operative tables, which real meters use, are given out by the STS Association on request and are not in this project.

The state is kept in three words of 24, 24 and 16 bits, because an integer above 30 bits costs an allocation on a
32-bit MicroPython. The permutation is a table: per nibble and value the 64 bits that it turns into (2.5 kB a direction).
"""

from array import array

S_BOX_1 = bytes((12, 10, 8, 4, 3, 15, 0, 2, 14, 1, 5, 13, 6, 9, 7, 11))
S_BOX_2 = bytes((6, 9, 7, 4, 3, 10, 12, 14, 2, 13, 1, 15, 0, 11, 8, 5))
"""The two sample substitution tables; each is the inverse of the other."""

PERMUTATION = bytes((
    29, 27, 34, 9, 16, 62, 55, 2, 40, 49, 38, 25, 33, 61, 30, 23, 1, 41, 21, 57, 42, 15, 5, 58, 19, 53, 22, 17, 48, 28, 24, 39,
    3, 60, 36, 14, 11, 52, 54, 12, 31, 51, 10, 26, 0, 45, 37, 43, 44, 6, 59, 4, 7, 35, 56, 50, 13, 18, 32, 47, 46, 63, 20, 8,
))  # fmt: skip
"""The sample permutation of encryption: bit i goes to bit PERMUTATION[i], counted from the least significant."""

INVERSE_PERMUTATION = bytes([list(PERMUTATION).index(bit) for bit in range(64)])

_BOXES = S_BOX_1 + S_BOX_2  # a choice of 0 or 16, and the nibble, is the place in it
_MASK_64 = 0xFFFFFFFFFFFFFFFF
_MASK_24 = 0xFFFFFF

TYPE_CHECKING = False
if TYPE_CHECKING:
    Tables = tuple[array[int], array[int], array[int]]


def _tables(permutation: bytes) -> "Tables":
    """`permutation` as three arrays indexed nibble x 16 + value."""
    low = array("I", bytes(1024))
    middle = array("I", bytes(1024))
    high = array("H", bytes(512))
    for index in range(256):
        for bit in range(4):
            if index >> bit & 1:
                target = permutation[(index >> 4) * 4 + bit]
                if target < 24:
                    low[index] |= 1 << target
                elif target < 48:
                    middle[index] |= 1 << target - 24
                else:
                    high[index] |= 1 << target - 48
    return low, middle, high


_made = {}  # type: dict[bool, Tables]


def _tables_for(encrypting: bool) -> "Tables":
    """The tables of one direction, made when first needed: a meter only ever decrypts."""
    if encrypting not in _made:
        _made[encrypting] = _tables(PERMUTATION if encrypting else INVERSE_PERMUTATION)
    return _made[encrypting]


def _schedule(key: int, first_bit: int, step: int) -> bytes:
    """Per round and nibble the choice of table, 0 or 16: key bit first_bit + 4 x nibble, moved by `step` each round."""
    choices = bytearray(256)
    for index in range(256):
        choices[index] = (key >> (first_bit + 4 * (index & 15) + step * (index >> 4) & 63) & 1) << 4
    return bytes(choices)


def _round(tables: "Tables", choices: bytes, at: int, a: int, b: int, c: int) -> "tuple[int, int, int]":
    """One substitution and permutation of the state (a, b, c) with the 16 choices from `at` on."""
    low, middle, high = tables
    boxes = _BOXES
    x = y = z = base = 0
    for word, count in ((a, 6), (b, 6), (c, 4)):
        for _ in range(count):
            index = base + boxes[choices[at] + (word & 15)]
            word >>= 4
            at += 1
            base += 16
            x |= low[index]
            y |= middle[index]
            z |= high[index]
    return x, y, z


def _substitute(block: int, box: bytes) -> int:
    """All 16 nibbles of a block through one table."""
    out = 0
    for shift in range(0, 64, 4):
        out |= box[block >> shift & 15] << shift
    return out


_ALL_FIRST = bytes(16)  # table 1 for every nibble


class Ea07:
    """EA07 under one 64-bit key. Making one costs about as much as a decryption, so a meter keeps it."""

    __slots__ = ("_down", "_key", "_up")

    def __init__(self, key: bytes) -> None:
        """Take an 8-byte decoder key, most significant byte first; ValueError for another length."""
        if len(key) != 8:
            raise ValueError("EA07 needs a key of 8 bytes, this has %d" % len(key))
        self._key = int.from_bytes(key, "big")
        self._down = None  # type: bytes | None
        self._up = None  # type: bytes | None

    def decrypt(self, block: int) -> int:
        """The clear 64-bit block of an encrypted one."""
        choices = self._down
        if choices is None:
            choices = self._down = _schedule(self._key, 0, 1)
        tables = _tables_for(False)
        # The inverse permutation comes before the first substitution, so it has no partner in the tables. Table 2
        # first and table 1 then is no substitution at all, and the tables hold what follows table 1.
        first = _substitute(block, S_BOX_2)
        a, b, c = _round(tables, _ALL_FIRST, 0, first & _MASK_24, first >> 24 & _MASK_24, first >> 48)
        for at in range(0, 240, 16):
            a, b, c = _round(tables, choices, at, a, b, c)
        block = c << 48 | b << 24 | a
        out = 0
        for nibble in range(16):
            box = S_BOX_2 if choices[240 + nibble] & 16 else S_BOX_1
            out |= box[block >> 4 * nibble & 15] << 4 * nibble
        return out

    def encrypt(self, block: int) -> int:
        """The encrypted 64-bit block of a clear one."""
        choices = self._up
        if choices is None:
            inverted = self._key ^ _MASK_64
            choices = self._up = _schedule(inverted >> 12 | (inverted << 52 & _MASK_64), 3, -1)
        tables = _tables_for(True)
        a, b, c = block & _MASK_24, block >> 24 & _MASK_24, block >> 48
        for at in range(0, 256, 16):
            a, b, c = _round(tables, choices, at, a, b, c)
        return c << 48 | b << 24 | a
