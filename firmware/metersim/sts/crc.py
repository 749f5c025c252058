"""The 16-bit CRC of an STS token (facts/sts.md 1.1).

Reflected polynomial A001, start value FFFF, the two result bytes swapped, over seven bytes: six zero bits, the two
class bits and the 48 bits above the CRC. Currency credit (subclasses 4 to 7 of class 0) appends one byte 01
before the CRC is taken ("CRC_C").
"""

from array import array

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable


def _table() -> "array[int]":
    """The CRC of each single byte."""
    table = array("H", bytes(512))
    for n in range(256):
        crc = n
        for _ in range(8):
            crc = crc >> 1 ^ 0xA001 if crc & 1 else crc >> 1
        table[n] = crc
    return table


_TABLE = _table()


def crc_of_bytes(data: "Iterable[int]") -> int:
    """The STS CRC of any bytes, 0 to FFFFh, with its two bytes already swapped."""
    crc = 0xFFFF
    table = _TABLE
    for byte in data:
        crc = crc >> 8 ^ table[(crc ^ byte) & 255]
    return (crc & 255) << 8 | crc >> 8


def is_currency(token_class: int, subclass: int) -> bool:
    """Whether a token of this class and subclass carries money (and so CRC_C and the S&E field)."""
    return token_class == 0 and 4 <= subclass <= 7


def crc_of_block(token_class: int, block: int) -> int:
    """The CRC that belongs into the low 16 bits of a clear 64-bit `block` of this class."""
    table = _TABLE
    # Written out: this is half of the time that a class 1 token takes.
    crc = 0x00FF ^ table[0xFF ^ token_class]
    crc = crc >> 8 ^ table[(crc ^ block >> 56) & 255]
    crc = crc >> 8 ^ table[(crc ^ block >> 48) & 255]
    crc = crc >> 8 ^ table[(crc ^ block >> 40) & 255]
    crc = crc >> 8 ^ table[(crc ^ block >> 32) & 255]
    crc = crc >> 8 ^ table[(crc ^ block >> 24) & 255]
    crc = crc >> 8 ^ table[(crc ^ block >> 16) & 255]
    if is_currency(token_class, block >> 60):
        crc = crc >> 8 ^ table[(crc ^ 1) & 255]
    return (crc & 255) << 8 | crc >> 8


def with_crc(token_class: int, block: int) -> int:
    """`block` with its low 16 bits replaced by the right CRC."""
    return block & 0xFFFFFFFFFFFF0000 | crc_of_block(token_class, block)
