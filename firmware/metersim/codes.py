"""Short codes and class 1 tests: which register each of them shows.

Codes 00 to 11 are the STS test numbers typed as a code (facts/sts.md 1.4, 5.2), so both share this table; from 12
on tests are numbers of their own. What a code's number means is sourced, how a value is written is a guess
except for the texts after 04.

This file runs unchanged under CPython and MicroPython.
"""

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Callable

    from .brands import Brand
    from .registers import Registers

# How an answer is to be shown
TEXT = 1  # one screen
NUMBER = 2  # digits, in pages when they are more than the cells
LAMP = 3  # every segment on

FIRMWARE_VERSION = "1.0"
HARDWARE_VERSION = "1.0"

TEST_KRN = 4


def tenths_text(tenths: int) -> str:
    """Tenths as a number with one decimal: 139 is `13.9`."""
    sign = "-" if tenths < 0 else ""
    tenths = abs(tenths)
    return "%s%d.%d" % (sign, tenths // 10, tenths % 10)


def krn_text(template: str, registers: "Registers") -> str:
    """KRN and KT as the template writes them."""
    return template % {"krn": registers.krn, "kt": registers.kt}


def _token(rows: "list[list[object]]", at: int) -> str:
    return str(rows[at][0]) if at < len(rows) else "0"


def _amount(rows: "list[list[object]]", at: int) -> str:
    return tenths_text(int(str(rows[at][1]))) if at < len(rows) else "0.0"


_CODES: "dict[int, Callable[[Registers], str]]" = {
    1: lambda r: "LOAd",
    3: lambda r: tenths_text(r.total_tenths),
    5: lambda r: "%s %d" % (r.ti, r.power_limit_w),
    6: lambda r: "0",
    7: lambda r: "%d" % r.power_limit_w,
    8: lambda r: "%d" % int(r.tampered),
    9: lambda r: "%d" % r.power_w,
    10: lambda r: FIRMWARE_VERSION,
    11: lambda r: "%d" % r.phase_unbalance_limit_w,
    37: lambda r: tenths_text(r.credit_tenths),
    38: lambda r: tenths_text(r.credited_tenths),
    47: lambda r: "%d" % r.power_w,
    53: lambda r: "%d" % r.credit_count,
    59: lambda r: _amount(r.credits, 0),
    60: lambda r: _amount(r.credits, 1),
    61: lambda r: _amount(r.credits, 2),
    62: lambda r: _amount(r.credits, 3),
    63: lambda r: _amount(r.credits, 4),
    64: lambda r: "%d" % r.technical_count,
    72: lambda r: "%d" % r.tamper_count,
    74: lambda r: HARDWARE_VERSION,
}

_NUMBERS: "dict[int, Callable[[Registers], str]]" = {
    54: lambda r: _token(r.credits, 0),
    55: lambda r: _token(r.credits, 1),
    56: lambda r: _token(r.credits, 2),
    57: lambda r: _token(r.credits, 3),
    58: lambda r: _token(r.credits, 4),
    65: lambda r: _token(r.technicals, 0),
    66: lambda r: _token(r.technicals, 1),
    67: lambda r: _token(r.technicals, 2),
    75: lambda r: r.drn,
    77: lambda r: r.sgc,
}

_TESTS: "dict[int, Callable[[Registers], str]]" = {
    5: lambda r: r.ti,
    12: lambda r: "%d" % r.water_factor,
    13: lambda r: "%d" % r.tariff_rate,
    14: lambda r: "%02d" % r.ea,
    15: lambda r: "4" if r.ea == 11 else "2",
    16: lambda r: r.sgc,
    17: lambda r: "%d" % r.ken,
    18: lambda r: r.drn,
}


def code_answer(code: int, brand: "Brand", registers: "Registers") -> "tuple[int, str] | None":
    """(TEXT, NUMBER or LAMP, the text) of a short code; None when nothing is behind it."""
    if code in (0, 2):
        return LAMP, ""
    if code == TEST_KRN:
        return TEXT, krn_text(brand.krn_text, registers)
    if code in _NUMBERS:
        return NUMBER, _NUMBERS[code](registers)
    if code in _CODES:
        return TEXT, _CODES[code](registers)
    return None


def test_answer(number: int, brand: "Brand", registers: "Registers") -> "tuple[int, str] | None":
    """The same for a class 1 test; test 4 shows `KRN.KT` (facts/sts.md 7)."""
    if number == TEST_KRN:
        return TEXT, krn_text(brand.krn_number_text, registers)
    if number in _TESTS:
        return NUMBER, _TESTS[number](registers)
    return code_answer(number, brand, registers) if number <= 11 else None
