"""A token on the meter: the checks in their order, then what the token does (facts/sts.md 4 and 8).

20 digits and no more than 2^66 - 1, class, lockout, decryption and CRC, maker code, key type, key expiry, Old or Used,
function, range, overflow; then the token acts and its identifier is stored. Where the lockout and the tamper
condition stand in that order is a guess.

This file runs unchanged under CPython and MicroPython.
"""

from .brands import numbers
from .keychange import SECTIONS, KeyChange
from .registers import OLD, USED
from .sts.decoded import (
    CLEAR_CREDIT,
    CLEAR_TAMPER,
    CREDIT,
    MANAGEMENT,
    NON_METER_SPECIFIC,
    SET_PHASE_UNBALANCE,
    SET_POWER_LIMIT,
    SET_TARIFF_RATE,
    SET_WATER_FACTOR,
    TEST_2_DIGIT_MAKER,
    NotAToken,
    decode,
)

TYPE_CHECKING = False
if TYPE_CHECKING:
    from .brands import Brand
    from .laws import Lockout
    from .registers import Registers
    from .sts.decoded import Decoded

# Results, numbered as Conlog numbers them (facts/sts.md 4.1); from the third section on they have no number
ACCEPT = "Accept"
OVERFLOW = "OverflowError"
KEY_TYPE = "KeyTypeError"
FORMAT = "FormatError"
RANGE = "RangeError"
FUNCTION = "FunctionError"
KEY_EXPIRED = "KeyExpiredError"
DEFAULT_KEY = "DDTKError"
CRC = "CRCError"
MAKER = "MfrCodeError"
LOCKOUT = "LockoutActive"
NOT_READY = "StatusNotReady"
_NUMBERED = (
    ACCEPT,
    "1stKCT",
    "2ndKCT",
    OVERFLOW,
    KEY_TYPE,
    FORMAT,
    RANGE,
    FUNCTION,
    OLD,
    USED,
    KEY_EXPIRED,
    DEFAULT_KEY,
    CRC,
    MAKER,
    LOCKOUT,
    NOT_READY,
)

_DAY_MIN = 1440
_RESERVED_MIN = 1
_DDTK = 1
_ALL_CREDIT = 0xFFFF
_FIRST_CURRENCY = 4


def result_number(result: str) -> int:
    """The number of a result, 0 for the sections that the table does not know."""
    return _NUMBERED.index(result) + 1 if result in _NUMBERED else 0


class Outcome:
    """What became of a token.

    Attributes:
        result: its name.
        accepted: the token did something; a key section counts.
        added_tenths: what a credit token added, -1 for other tokens.
        tests: what a class 1 token asks to be shown.
        awaited: the sections (1 to 4) that a key section leaves to wait for.
    """

    def __init__(
        self, result: str, accepted: bool = False, added_tenths: int = -1, tests: "tuple[int, ...]" = ()
    ) -> None:
        self.result = result
        self.accepted = accepted
        self.added_tenths = added_tenths
        self.tests = tests
        self.awaited: "list[int]" = []


class TokenDecoder:
    """The application layer of one meter, over its registers.

    Attributes:
        wrong_key: a fault: every token is decrypted under another key than the one in the register.
    """

    def __init__(
        self, registers: "Registers", brand: "Brand", lockout: "Lockout", key_change: KeyChange
    ) -> None:
        self._registers = registers
        self._brand = brand
        self._lockout = lockout
        self._key_change = key_change
        self._credit_kinds = numbers(brand.credit_kinds)
        self._settings = numbers(brand.settings)
        self._tests = numbers(brand.tests)
        self.wrong_key = False

    def enter(self, digits: str, now_ms: int) -> Outcome:
        """Judge the digits and let the token act. The lockout counts the answer."""
        outcome = self._judge(digits, now_ms)
        if outcome.accepted and not outcome.tests:
            self._lockout.accepted()
        elif not outcome.accepted and not self._lockout.left_s(now_ms) and outcome.result != NOT_READY:
            self._lockout.refusal(now_ms)
        return outcome

    def _judge(self, digits: str, now_ms: int) -> Outcome:
        registers = self._registers
        key = bytes([b ^ 0x55 for b in registers.key]) if self.wrong_key else registers.key
        try:
            token = decode(digits, key, registers.ea)
        except NotAToken:
            return Outcome(LOCKOUT if self._lockout.left_s(now_ms) else FORMAT)
        if token.token_class == NON_METER_SPECIFIC:
            return self._class_1(token)
        if self._lockout.left_s(now_ms):
            return Outcome(LOCKOUT)
        if not token.crc_ok:  # the reserved class 3 never has a right one
            return Outcome(CRC)
        if token.token_class == MANAGEMENT and token.subclass in SECTIONS:
            return self._section(token, digits, now_ms)
        return self._meter_specific(token, digits)

    def _class_1(self, token: "Decoded") -> Outcome:
        if not token.crc_ok:
            return Outcome(CRC)
        control = token.control
        if control is None:
            return Outcome(FUNCTION)
        two_digits = token.subclass == TEST_2_DIGIT_MAKER
        if two_digits != (self._brand.maker_digits == 2) and not self._brand.any_maker_form:
            return Outcome(FUNCTION)
        if token.mfr_code != self._registers.maker:
            return Outcome(MAKER)
        # No bit at all asks for every test (guess)
        tests = [n for n in self._tests if not control or control >> (n - 1) & 1]
        if not tests:
            return Outcome(FUNCTION)
        return Outcome(ACCEPT, True, tests=tuple(tests))

    def _section(self, token: "Decoded", digits: str, now_ms: int) -> Outcome:
        if self._blocked(token):
            return Outcome(NOT_READY)
        if token.subclass not in self._settings:
            return Outcome(FUNCTION)
        refusal = self._key_change.check(token)
        if refusal:
            return Outcome(refusal)
        result = self._key_change.take(token, now_ms)
        if result == RANGE:
            return Outcome(result)
        self._registers.remember_technical(digits)
        outcome = Outcome(result, True)
        outcome.awaited = self._key_change.awaited
        return outcome

    def _meter_specific(self, token: "Decoded", digits: str) -> Outcome:
        registers = self._registers
        credit = token.token_class == CREDIT
        tid = token.tid
        if tid is None:  # a subclass whose layout is reserved
            return Outcome(FUNCTION)
        if self._blocked(token):
            return Outcome(NOT_READY)
        if credit and registers.kt == _DDTK:
            return Outcome(DEFAULT_KEY)
        if tid >> 16 > registers.ken:
            return Outcome(KEY_EXPIRED)
        if not self._brand.reserved_minute_taken and tid % _DAY_MIN == _RESERVED_MIN:
            return Outcome(RANGE)
        verdict = registers.tid_verdict(tid)
        if verdict:
            return Outcome(verdict)
        outcome = self._credit(token) if credit else self._setting(token)
        if outcome.accepted:
            registers.remember_tid(tid)
            if credit:
                registers.remember_credit(digits, outcome.added_tenths)
            else:
                registers.remember_technical(digits)
        return outcome

    def _blocked(self, token: "Decoded") -> bool:
        """In the tamper condition only ClearTamper and ClearCredit are taken (Itron EM512, facts/sts.md 4.4)."""
        if not self._registers.tampered or not self._brand.tamper_blocks:
            return False
        return not (token.token_class == MANAGEMENT and token.subclass in (CLEAR_TAMPER, CLEAR_CREDIT))

    def _credit(self, token: "Decoded") -> Outcome:
        registers = self._registers
        if token.subclass not in self._credit_kinds:
            return Outcome(FUNCTION)
        if token.subclass >= _FIRST_CURRENCY:
            money_e5 = registers.money_e5 + (token.amount_e5 or 0)
            if not -self._brand.max_money_e5 <= money_e5 <= self._brand.max_money_e5:
                return Outcome(OVERFLOW)
            registers.money_e5 = money_e5
            return Outcome(ACCEPT, True, 0)
        added_tenths = token.amount_tenths or 0
        if registers.credit_tenths + added_tenths > self._brand.max_credit_tenths:
            return Outcome(OVERFLOW)
        registers.credit_tenths += added_tenths
        registers.credited_tenths += added_tenths
        return Outcome(ACCEPT, True, added_tenths)

    def _setting(self, token: "Decoded") -> Outcome:
        registers = self._registers
        kind = token.subclass
        value = token.register or 0
        if kind not in self._settings:
            return Outcome(FUNCTION)
        if kind == CLEAR_CREDIT:
            if value not in (0, _ALL_CREDIT):
                # Registers 1 to 6 are for other kinds of credit, which this meter does not keep (guess)
                return Outcome(FUNCTION if value <= 6 else RANGE)
            registers.credit_tenths = 0
            registers.money_e5 = 0
        elif kind == CLEAR_TAMPER:
            registers.tampered = False
        elif kind == SET_POWER_LIMIT:
            registers.power_limit_w = token.limit_w or 0
        elif kind == SET_PHASE_UNBALANCE:
            registers.phase_unbalance_limit_w = token.limit_w or 0
        elif kind == SET_TARIFF_RATE:
            registers.tariff_rate = value
        elif kind == SET_WATER_FACTOR:
            registers.water_factor = value
        return Outcome(ACCEPT, True)
