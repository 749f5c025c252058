"""Tokens both ways: 20 digits and a key to every field, and a clear block and a key to 20 digits (facts/sts.md 1 and 2).

A `Decoded` answers None for a field that its kind of token does not carry. Whether the answer means anything is said by
`crc_ok`: with a wrong key the fields are noise. The emulated meter itself needs only decoded.py.
"""

from metersim.sts import decoded
from metersim.sts.crc import with_crc
from metersim.sts.decoded import (
    CLEAR_CREDIT,
    CLEAR_TAMPER,
    CREDIT,
    EA_MISTY1,
    EA_STA,
    MANAGEMENT,
    NON_METER_SPECIFIC,
    RESERVED,
    SECTION_1,
    SECTION_2,
    SECTION_3,
    SECTION_4,
    SET_PHASE_UNBALANCE,
    SET_POWER_LIMIT,
    SET_TARIFF_RATE,
    SET_WATER_FACTOR,
    TEST_2_DIGIT_MAKER,
    TEST_4_DIGIT_MAKER,
    cipher_for,
    cipher_of,
    clear,
)
from metersim.sts.token import MAX_TOKEN, NotAToken, join, masked, parse, split, text

TYPE_CHECKING = False
if TYPE_CHECKING:
    from metersim.sts.decoded import Cipher

__all__ = (
    "CLEAR_CREDIT",
    "CLEAR_TAMPER",
    "CREDIT",
    "Decoded",
    "EA_MISTY1",
    "EA_STA",
    "MANAGEMENT",
    "MAX_TOKEN",
    "NON_METER_SPECIFIC",
    "NotAToken",
    "RESERVED",
    "SECTION_1",
    "SECTION_2",
    "SECTION_3",
    "SECTION_4",
    "SET_PHASE_UNBALANCE",
    "SET_POWER_LIMIT",
    "SET_TARIFF_RATE",
    "SET_WATER_FACTOR",
    "TEST_2_DIGIT_MAKER",
    "TEST_4_DIGIT_MAKER",
    "cipher_for",
    "decode",
    "decode_with",
    "encode",
    "masked",
)


class Decoded(decoded.Decoded):
    """A decoded token with the fields too that a meter never asks for."""

    def _is_section(self) -> bool:
        return self.token_class == MANAGEMENT and self.subclass in (
            SECTION_1,
            SECTION_2,
            SECTION_3,
            SECTION_4,
        )

    @property
    def rnd(self) -> "int | None":
        """Random number, 4 bits; money has its sign and exponent in that place, a key section has neither."""
        if (self._is_credit() and not self._is_currency()) or self._is_register():
            return self.block >> 56 & 15
        return None

    @property
    def amount_field(self) -> "int | None":
        """The 16-bit amount of a credit token as it stands in the block."""
        return self.block >> 16 & 0xFFFF if self._is_credit() else None

    @property
    def ken_high(self) -> "int | None":
        """Upper four bits of the new key expiry number (first section)."""
        return self._section(SECTION_1, 56, 15)

    @property
    def ken_low(self) -> "int | None":
        """Lower four bits of the new key expiry number (second section)."""
        return self._section(SECTION_2, 56, 15)

    @property
    def key_part(self) -> "int | None":
        """32 bits of the new key (any section)."""
        return self.block >> 16 & 0xFFFFFFFF if self._is_section() else None

    @property
    def sgc_part(self) -> "int | None":
        """Lower (third section) or upper (fourth) 12 bits of the new supply group code."""
        if self.token_class == MANAGEMENT and self.subclass in (SECTION_3, SECTION_4):
            return self.block >> 48 & 0xFFF
        return None


def decode_with(digits: str, cipher: "Cipher | None") -> Decoded:
    """`decode` with a cipher in hand; None for a class 1 token, which needs no key.

    Raises NotAToken, and ValueError when the token is encrypted and there is no cipher.
    """
    token_class, block = split(parse(digits))
    if token_class in (CREDIT, MANAGEMENT):
        if cipher is None:
            raise ValueError("a class %d token is encrypted: a key is needed to look into it" % token_class)
        block = cipher.decrypt(block)
    return Decoded(token_class, block)


def decode(digits: str, key: bytes, ea: int) -> Decoded:
    """The token of 20 digits with every field; raises as `decoded.clear`."""
    token_class, block = clear(digits, key, ea)
    return Decoded(token_class, block)


def encode(token_class: int, block: int, key: "bytes | None" = None, ea: int = EA_STA) -> str:
    """The 20 digits of a clear block: its CRC is put in, classes 0 and 2 are encrypted under `key`.

    The blocks themselves are made by `metersim.sts.build`.
    """
    block = with_crc(token_class, block)
    if token_class in (CREDIT, MANAGEMENT):
        if key is None:
            raise ValueError("a class %d token is encrypted: a key is needed" % token_class)
        block = cipher_of(key, ea).encrypt(block)
    return text(join(token_class, block))
