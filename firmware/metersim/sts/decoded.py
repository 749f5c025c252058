"""20 digits and a key to a decoded token: what a meter needs (facts/sts.md 1 and 2); codec.py has the rest.

A `Decoded` answers None for a field that its kind of token does not carry. Whether the answer means anything is said by
`crc_ok`: with a wrong key the fields are noise.
"""

from metersim.sts.amountvalue import currency_of_fields, tenths_of_field
from metersim.sts.crc import crc_of_block, is_currency
from metersim.sts.ea07 import Ea07
from metersim.sts.token import NotAToken as NotAToken
from metersim.sts.token import parse, split

CREDIT = 0
NON_METER_SPECIFIC = 1
MANAGEMENT = 2
RESERVED = 3
"""Token classes."""

TEST_2_DIGIT_MAKER = 0
TEST_4_DIGIT_MAKER = 1
"""Subclasses of class 1 that start a test or a display."""

SET_POWER_LIMIT = 0
CLEAR_CREDIT = 1
SET_TARIFF_RATE = 2
SECTION_1 = 3
SECTION_2 = 4
CLEAR_TAMPER = 5
SET_PHASE_UNBALANCE = 6
SET_WATER_FACTOR = 7
SECTION_3 = 8
SECTION_4 = 9
"""Subclasses of class 2."""

EA_STA = 7
EA_MISTY1 = 11

TYPE_CHECKING = False
if TYPE_CHECKING:
    from metersim.sts.misty1 import Misty1

    Cipher = Ea07 | Misty1


class Decoded:
    """One token in clear: `token_class`, `subclass`, `block` (64 bits with the CRC), `crc_ok`, and its fields."""

    __slots__ = ("block", "crc_ok", "subclass", "token_class")

    def __init__(self, token_class: int, block: int) -> None:
        """Take the class and the clear block. A token of the reserved class 3 never has a right CRC."""
        self.token_class = token_class
        self.block = block
        self.subclass = block >> 60
        self.crc_ok = token_class != RESERVED and crc_of_block(token_class, block) == block & 0xFFFF

    def _is_currency(self) -> bool:
        return is_currency(self.token_class, self.subclass)

    def _is_credit(self) -> bool:
        return self.token_class == CREDIT and self.subclass < 8

    def _is_register(self) -> bool:
        return self.token_class == MANAGEMENT and self.subclass in (0, 1, 2, 5, 6, 7)

    def _section(self, number: int, shift: int, mask: int) -> "int | None":
        """A field that only one section of a key change carries."""
        if self.token_class == MANAGEMENT and self.subclass == number:
            return self.block >> shift & mask
        return None

    @property
    def tid(self) -> "int | None":
        """Token identifier, minutes since the base date, 24 bits."""
        if self._is_credit() or self._is_register():
            return self.block >> 32 & 0xFFFFFF
        return None

    @property
    def amount_tenths(self) -> "int | None":
        """Credit in tenths of a kWh, a cubic metre or a minute; None for money."""
        if self._is_credit() and not self._is_currency():
            return tenths_of_field(self.block >> 16 & 0xFFFF)
        return None

    @property
    def amount_e5(self) -> "int | None":
        """Credit in money, units of 10^-5 of the currency, with its sign; None for units."""
        if self._is_currency():
            return currency_of_fields(self.block >> 56 & 15, self.block >> 16 & 0xFFFF)
        return None

    @property
    def register(self) -> "int | None":
        """The 16 bits of a class 2 token that is no key section: limit, rate, factor, register number or pad."""
        return self.block >> 16 & 0xFFFF if self._is_register() else None

    @property
    def limit_w(self) -> "int | None":
        """Power limit or phase unbalance limit in watts, coded as an amount is."""
        if self.token_class == MANAGEMENT and self.subclass in (SET_POWER_LIMIT, SET_PHASE_UNBALANCE):
            return tenths_of_field(self.block >> 16 & 0xFFFF)
        return None

    @property
    def krn(self) -> "int | None":
        """New key revision number (first section)."""
        return self._section(SECTION_1, 52, 15)

    @property
    def kt(self) -> "int | None":
        """New key type (first section)."""
        return self._section(SECTION_1, 48, 3)

    @property
    def ro(self) -> "int | None":
        """Rollover bit, 1 = clear the memory of token identifiers (first section)."""
        return self._section(SECTION_1, 51, 1)

    @property
    def res_3kct(self) -> "int | None":
        """1 when a 64-bit key comes in three tokens, the third with the supply group (first section)."""
        return self._section(SECTION_1, 50, 1)

    @property
    def ti(self) -> "int | None":
        """New tariff index as a number, 0 to 99 where it is valid (second section)."""
        return self._section(SECTION_2, 48, 255)

    @property
    def control(self) -> "int | None":
        """Class 1: one bit a test, test 1 in the lowest; 36 bits with a two-digit maker code, 28 with four."""
        if self.token_class == NON_METER_SPECIFIC:
            if self.subclass == TEST_2_DIGIT_MAKER:
                return self.block >> 24 & 0xFFFFFFFFF
            if self.subclass == TEST_4_DIGIT_MAKER:
                return self.block >> 32 & 0xFFFFFFF
        return None

    @property
    def mfr_code(self) -> "int | None":
        """Class 1: the maker code as it stands in the token (8 or 16 bits)."""
        if self.token_class == NON_METER_SPECIFIC:
            if self.subclass == TEST_2_DIGIT_MAKER:
                return self.block >> 16 & 0xFF
            if self.subclass == TEST_4_DIGIT_MAKER:
                return self.block >> 16 & 0xFFFF
        return None


def cipher_for(key: bytes, ea: int) -> "Cipher":
    """The cipher of encryption algorithm 7 or 11 under a key; ValueError for another algorithm or key length."""
    if ea == EA_STA:
        return Ea07(key)
    if ea == EA_MISTY1:
        # Imported only here: its tables take 5 kB, and a meter with EA07 never needs them.
        from metersim.sts.misty1 import Misty1

        return Misty1(key)
    raise ValueError("encryption algorithm %d is not supported: 7 (STA) and 11 (MISTY1) are" % ea)


_last = []  # type: list[tuple[bytes, int, Cipher]]


def cipher_of(key: bytes, ea: int) -> "Cipher":
    """The cipher of the last call where it is the same: a meter asks with one key for years."""
    if not _last or _last[0][0] != key or _last[0][1] != ea:
        _last[:] = [(bytes(key), ea, cipher_for(key, ea))]
    return _last[0][2]


def clear(digits: str, key: bytes, ea: int) -> "tuple[int, int]":
    """Class and clear block of 20 digits under a decoder key (8 bytes for `ea` 7, 16 for 11).

    Classes 0 and 2 are decrypted, class 1 is in clear, class 3 is reserved and comes back as it is.
    Raises NotAToken when the digits are no token, ValueError for a key of the wrong length.
    """
    token_class, block = split(parse(digits))
    if token_class in (CREDIT, MANAGEMENT):
        block = cipher_of(key, ea).decrypt(block)
    return token_class, block


def decode(digits: str, key: bytes, ea: int) -> Decoded:
    """The token of 20 digits; raises as `clear`. One of class 3 has `crc_ok` False."""
    token_class, block = clear(digits, key, ea)
    return Decoded(token_class, block)
