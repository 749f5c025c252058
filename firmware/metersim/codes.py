"""Short codes and class 1 tests: which register each of them shows.

Codes 00 to 11 are the STS test numbers typed as a code (facts/sts.md 1.4, 5.2), so both share this table; from 12
on tests are numbers of their own. What a code's number means is sourced, how a value is written is a guess
except for the texts after 04.

This file runs unchanged under CPython and MicroPython.
"""

TYPE_CHECKING = False
if TYPE_CHECKING:
    from .brands import Brand
    from .registers import Registers

# How an answer is to be shown
TEXT = 1  # one screen
NUMBER = 2  # digits, in pages when they are more than the cells
LAMP = 3  # every segment on

TEST_KRN = 4
TEST_KCTS = 15  # how many sections a key change has


def tenths_text(tenths: int) -> str:
    """Tenths as a number with one decimal: 139 is `13.9`."""
    sign = "-" if tenths < 0 else ""
    tenths = abs(tenths)
    return "%s%d.%d" % (sign, tenths // 10, tenths % 10)


def krn_text(template: str, registers: "Registers") -> str:
    """KRN and KT as the template writes them."""
    return template % {"krn": registers.krn, "kt": registers.kt}


# What each code shows: code, how, register. A register with a number behind it is a row of the last tokens.
_CODES = """
01 text LOAd
03 tenths total_tenths
06 text 0
07 whole power_limit_w
08 whole tampered
09 whole power_w
10 text 1.0
11 whole phase_unbalance_limit_w
37 tenths credit_tenths
38 tenths credited_tenths
47 whole power_w
53 whole credit_count
54 token credits 0
55 token credits 1
56 token credits 2
57 token credits 3
58 token credits 4
59 amount credits 0
60 amount credits 1
61 amount credits 2
62 amount credits 3
63 amount credits 4
64 whole technical_count
65 token technicals 0
66 token technicals 1
67 token technicals 2
68 whole overload_count
69 whole outage_count
72 whole tamper_count
74 text 1.0
75 number drn
77 number sgc
"""

# From 12 on tests are numbers of their own, and test 5 is the tariff index alone
_TESTS = """
05 number ti
12 digits water_factor
13 digits tariff_rate
14 two ea
16 number sgc
17 digits ken
18 number drn
"""


def _looked_up(table: str, number: int, registers: "Registers") -> "tuple[int, str] | None":
    at = table.find("\n%02d " % number)
    if at < 0:
        return None
    how, name, row = (table[at + 4 : table.find("\n", at + 1)] + " 0").split(" ")[:3]
    if how == "text":
        return TEXT, name
    value = getattr(registers, name)
    if how == "tenths":
        return TEXT, tenths_text(value)
    if how == "whole":
        return TEXT, "%d" % value
    if how == "digits":
        return NUMBER, "%d" % value
    if how == "two":
        return NUMBER, "%02d" % value
    if how == "number":
        return NUMBER, value
    # One of the last tokens, or what it added
    known = int(row) < len(value)
    if how == "token":
        return NUMBER, str(value[int(row)][0]) if known else "0"
    return TEXT, tenths_text(int(value[int(row)][1])) if known else "0.0"


def alias(digits: str, aliases: str) -> str:
    """The code that these digits stand for on this brand, or the digits themselves."""
    for pair in aliases.split(","):
        other, _, code = pair.partition("=")
        if other == digits:
            return code
    return digits


def code_answer(code: int, brand: "Brand", registers: "Registers") -> "tuple[int, str] | None":
    """(TEXT, NUMBER or LAMP, the text) of a short code; None when nothing is behind it."""
    if code in (0, 2):
        return LAMP, ""
    if code == TEST_KRN:
        return TEXT, krn_text(brand.krn_text, registers)
    if code == 5:
        return TEXT, "%s %d" % (registers.ti, registers.power_limit_w)
    return _looked_up(_CODES, code, registers)


def test_answer(number: int, brand: "Brand", registers: "Registers") -> "tuple[int, str] | None":
    """The same for a class 1 test; test 4 shows `KRN.KT` (facts/sts.md 7)."""
    if number == TEST_KRN:
        return TEXT, krn_text(brand.krn_number_text, registers)
    if number == TEST_KCTS:
        return NUMBER, "4" if registers.ea == 11 else "2"
    answer = _looked_up(_TESTS, number, registers)
    return answer or (code_answer(number, brand, registers) if number <= 11 else None)
