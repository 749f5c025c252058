"""Clear blocks of every kind of token, ready for `codec.encode` (field layout: facts/sts.md 1.3).

Every function gives (class, block) with the CRC bits still zero and raises FieldRangeError when a value does
not fit. The emulated meter never needs this module.
"""

from metersim.sts.amount import currency_fields, field_of_tenths
from metersim.sts.codec import (
    CREDIT,
    MANAGEMENT,
    NON_METER_SPECIFIC,
    SECTION_1,
    SECTION_2,
    SECTION_3,
    SECTION_4,
    TEST_2_DIGIT_MAKER,
    TEST_4_DIGIT_MAKER,
)

TYPE_CHECKING = False
if TYPE_CHECKING:
    Clear = tuple[int, int]


class FieldRangeError(ValueError):
    """A value does not fit into its field. Nothing was issued."""


def _fit(name: str, value: int, most: int) -> int:
    """`value`, or FieldRangeError when it is not between 0 and `most`."""
    if not 0 <= value <= most:
        raise FieldRangeError("%s %d is outside 0 to %d" % (name, value, most))
    return value


def credit(subclass: int, amount_tenths: int, tid: int, rnd: int) -> "Clear":
    """Credit in units: subclass 0 electricity, 1 water, 2 gas, 3 time; raises AmountRangeError too."""
    _fit("credit subclass", subclass, 3)
    return CREDIT, _common(subclass, rnd, tid) | field_of_tenths(amount_tenths) << 16


def currency_credit(subclass: int, amount_e5: int, tid: int) -> "Clear":
    """Credit in money, units of 10^-5: subclass 4 electricity, 5 water, 6 gas, 7 time."""
    _fit("currency subclass minus 4", subclass - 4, 3)
    sign_exponent, field = currency_fields(amount_e5)
    return CREDIT, _common(subclass, sign_exponent, tid) | field << 16


def management(subclass: int, register: int, tid: int, rnd: int) -> "Clear":
    """A class 2 token that is no key section: limits, rate, factor, clear credit, clear tamper."""
    if subclass not in (0, 1, 2, 5, 6, 7):
        raise FieldRangeError("class 2 subclass %d has no register field" % subclass)
    return MANAGEMENT, _common(subclass, rnd, tid) | _fit("register", register, 0xFFFF) << 16


def _common(subclass: int, rnd: int, tid: int) -> int:
    """Subclass, random number and token identifier in their places."""
    return (
        subclass << 60 | _fit("random number", rnd, 15) << 56 | _fit("token identifier", tid, 0xFFFFFF) << 32
    )


def initiate_test(control: int, mfr_code: int = 0, four_digit_maker: bool = False) -> "Clear":
    """Class 1: start the tests or displays of the bits in `control` (bit 0 = test 1)."""
    if four_digit_maker:
        _fit("control", control, 0xFFFFFFF)
        low = control << 32 | _fit("maker code", mfr_code, 0xFFFF) << 16
        return NON_METER_SPECIFIC, TEST_4_DIGIT_MAKER << 60 | low
    _fit("control", control, 0xFFFFFFFFF)
    low = control << 24 | _fit("maker code", mfr_code, 0xFF) << 16
    return NON_METER_SPECIFIC, TEST_2_DIGIT_MAKER << 60 | low


def section_1(key_part: int, ken: int, krn: int, kt: int, ro: int, res_3kct: int = 0) -> "Clear":
    """First section: upper four bits of KEN, KRN, RO, three-token bit, KT, highest 32 bits of the key."""
    block = SECTION_1 << 60 | _fit("KEN", ken, 255) >> 4 << 56 | _fit("KRN minus 1", krn - 1, 8) + 1 << 52
    block |= _fit("RO", ro, 1) << 51 | _fit("Res_3KCT", res_3kct, 1) << 50 | _fit("KT", kt, 3) << 48
    return MANAGEMENT, block | _fit("key part", key_part, 0xFFFFFFFF) << 16


def section_2(key_part: int, ken: int, ti: int) -> "Clear":
    """Second section: lower four bits of KEN, tariff index 0 to 99, lowest 32 bits of the key."""
    block = SECTION_2 << 60 | (_fit("KEN", ken, 255) & 15) << 56 | _fit("TI", ti, 99) << 48
    return MANAGEMENT, block | _fit("key part", key_part, 0xFFFFFFFF) << 16


def section_3(key_part: int, sgc: int) -> "Clear":
    """Third section: lower 12 bits of the supply group code, third part of a 128-bit key counted from below."""
    return MANAGEMENT, SECTION_3 << 60 | (_fit("SGC", sgc, 999999) & 0xFFF) << 48 | _part(key_part)


def section_4(key_part: int, sgc: int) -> "Clear":
    """Fourth section: upper 12 bits of the supply group code, second part of a 128-bit key counted from below."""
    return MANAGEMENT, SECTION_4 << 60 | _fit("SGC", sgc, 999999) >> 12 << 48 | _part(key_part)


def _part(key_part: int) -> int:
    """32 bits of a key in their place."""
    return _fit("key part", key_part, 0xFFFFFFFF) << 16


def key_change(
    new_key: bytes, *, krn: int, kt: int, ti: int, ken: int = 255, ro: int = 0, sgc: "int | None" = None
) -> "list[Clear]":
    """The sections that carry a new key, in order: 2 for 64 bits, 3 for 64 bits with `sgc`, 4 for 128 bits (needs `sgc`)."""
    if len(new_key) not in (8, 16):
        raise FieldRangeError("a decoder key has 8 or 16 bytes, this has %d" % len(new_key))
    parts = [int.from_bytes(new_key[i : i + 4], "big") for i in range(0, len(new_key), 4)]
    if len(parts) == 2:
        if sgc is None:
            return [section_1(parts[0], ken, krn, kt, ro), section_2(parts[1], ken, ti)]
        return [section_1(parts[0], ken, krn, kt, ro, 1), section_2(parts[1], ken, ti), section_3(0, sgc)]
    if sgc is None:
        raise FieldRangeError(
            "a 128-bit key comes in four sections, and they carry the supply group code: it is missing"
        )
    return [
        section_1(parts[0], ken, krn, kt, ro),
        section_2(parts[3], ken, ti),
        section_3(parts[1], sgc),
        section_4(parts[2], sgc),
    ]
