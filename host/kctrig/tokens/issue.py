"""Issue every kind of token for an emulated meter, and key changes for its next key.

Each function checks first that the meter's key follows from a public test key (`keys.require_test_meter`); without that
nothing is issued. Random numbers are arguments, so that the same call gives the same token.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

from metersim.sts import amount, build, codec, tid

from kctrig.tokens import keys
from kctrig.tokens.errors import TokenError
from kctrig.tokens.meters import Meter

UTILITIES = ("electricity", "water", "gas", "time")
"""What credit counts, in the order of the subclasses: kWh, cubic metres, cubic metres, minutes."""

ALL_REGISTERS = 0xFFFF


@dataclass(frozen=True, slots=True)
class KeyChange:
    """A key change: the tokens in the order of their sections, and the meter as it is when it has taken them all."""

    tokens: tuple[str, ...]
    meter_after: Meter
    ken: int
    rollover: bool


def tid_at(meter: Meter, at: datetime) -> int:
    """The token identifier of a moment on this meter's token clock; the reserved minute 00:01 becomes 00:02.

    Raises TokenError when the moment is outside the meter's base date.
    """
    try:
        minutes = tid.tid_of(at.year, at.month, at.day, at.hour, at.minute, meter.base_date)
    except tid.TokenTimeError as error:
        raise TokenError(
            f"meter {meter.drn}: {error}; move the meter to a later base date by a key change first"
        ) from None
    return tid.issuable(minutes)


def credit(meter: Meter, amount_tenths: int, *, at: datetime, rnd: int, utility: str = "electricity") -> str:
    """Credit in tenths of a kWh, a cubic metre or a minute, rounded up to what a token can say."""
    clear = build.credit(UTILITIES.index(utility), amount_tenths, tid_at(meter, at), rnd)
    return _encrypted(meter, clear)


def money(meter: Meter, amount_e5: int, *, at: datetime, utility: str = "electricity") -> str:
    """Credit in money, units of 10^-5 of the currency; may be negative."""
    return _encrypted(
        meter, build.currency_credit(4 + UTILITIES.index(utility), amount_e5, tid_at(meter, at))
    )


def power_limit(meter: Meter, limit_w: int, *, at: datetime, rnd: int) -> str:
    """Set the maximum power, in watts."""
    return _management(meter, codec.SET_POWER_LIMIT, amount.field_of_tenths(limit_w), at, rnd)


def phase_unbalance(meter: Meter, limit_w: int, *, at: datetime, rnd: int) -> str:
    """Set the maximum difference of power between phases, in watts."""
    return _management(meter, codec.SET_PHASE_UNBALANCE, amount.field_of_tenths(limit_w), at, rnd)


def tariff_rate(meter: Meter, rate: int, *, at: datetime, rnd: int) -> str:
    """Set the tariff rate register to 16 raw bits."""
    return _management(meter, codec.SET_TARIFF_RATE, rate, at, rnd)


def water_factor(meter: Meter, factor: int, *, at: datetime, rnd: int) -> str:
    """Set the water meter factor to 16 raw bits."""
    return _management(meter, codec.SET_WATER_FACTOR, factor, at, rnd)


def clear_credit(meter: Meter, register: int, *, at: datetime, rnd: int) -> str:
    """Clear one credit register (0 to 6), or all of them (ALL_REGISTERS)."""
    return _management(meter, codec.CLEAR_CREDIT, register, at, rnd)


def clear_tamper(meter: Meter, *, at: datetime, rnd: int) -> str:
    """Clear the tamper condition."""
    return _management(meter, codec.CLEAR_TAMPER, 0, at, rnd)


def meter_test(number: int, mfr_code: int = 0, *, four_digit_maker: bool = False) -> str:
    """The class 1 number of one test or display (1 to 36, or 1 to 28 with a four-digit maker code); it needs no meter."""
    if not 1 <= number <= (28 if four_digit_maker else 36):
        raise TokenError(f"test number {number} is outside 1 to {28 if four_digit_maker else 36}")
    return codec.encode(*build.initiate_test(1 << number - 1, mfr_code, four_digit_maker))


def key_change(
    meter: Meter,
    krn: int,
    *,
    rollover: bool,
    kt: int | None = None,
    ti: int | None = None,
    sgc: str | None = None,
    base_date: int | None = None,
    ken: int = 255,
    three_tokens: bool = False,
    vending_key: bytes | None = None,
) -> KeyChange:
    """The tokens that move a meter to the key of another revision, type, tariff index or supply group.

    What is not given stays as it is; the base date becomes 2014 when KRN goes from 1 to a higher one. `rollover` sets
    the bit that clears the meter's memory of token identifiers. `three_tokens` adds the supply group to a 64-bit key.

    Raises NotATestMeterError, VendingKeyRefusedError, and TokenError for values that no token can carry or when the new key is
    the old one.
    """
    if not 1 <= krn <= 9:
        raise TokenError(f"KRN {krn} is outside 1 to 9")
    if base_date is None:
        base_date = 2014 if meter.krn == 1 and krn > 1 and meter.base_date == 1993 else meter.base_date
    if base_date not in keys.BASE_DATE_CODES:
        raise TokenError(f"base date {base_date} is not 1993, 2014 or 2035")
    after = replace(
        meter,
        krn=krn,
        kt=meter.kt if kt is None else kt,
        ti=meter.ti if ti is None else f"{ti:02d}",
        sgc=keys.require_test_meter(meter) if sgc is None else sgc,
        base_date=base_date,
    )
    if not (len(after.sgc) == 6 and after.sgc.isascii() and after.sgc.isdigit()):
        raise TokenError(f"supply group code {after.sgc!r} is not six digits")
    if not 0 <= after.kt <= 3 or len(after.ti) != 2 or not 0 <= int(after.ti) <= 99:
        raise TokenError(f"key type {after.kt} and tariff index {after.ti}: 0 to 3 and 00 to 99 are allowed")
    key = keys.decoder_key(
        iin=after.iin,
        drn=after.drn,
        sgc=after.sgc,
        ti=after.ti,
        krn=after.krn,
        kt=after.kt,
        ea=after.ea,
        base_date=after.base_date,
        vending_key=vending_key,
    )
    if key == meter.key:
        raise TokenError(
            f"meter {meter.drn} is on this very key already: change KRN, KT, TI or the supply group"
        )
    if three_tokens and meter.ea != 7:
        raise TokenError(
            "a set of three tokens carries a 64-bit key (EA07); this meter has EA11, whose sets have four"
        )
    carries_group = three_tokens or meter.ea == 11
    sections = build.key_change(
        key,
        krn=after.krn,
        kt=after.kt,
        ti=int(after.ti),
        ken=ken,
        ro=int(rollover),
        sgc=int(after.sgc) if carries_group else None,
    )
    tokens = tuple(_encrypted(meter, section) for section in sections)
    return KeyChange(tokens, replace(after, key=key), ken, rollover)


def _management(meter: Meter, subclass: int, register: int, at: datetime, rnd: int) -> str:
    """A class 2 token that is no key section."""
    return _encrypted(meter, build.management(subclass, register, tid_at(meter, at), rnd))


def _encrypted(meter: Meter, clear: tuple[int, int]) -> str:
    """The digits of a clear block under the meter's present key, if that is a test key."""
    keys.require_test_meter(meter)
    return codec.encode(*clear, meter.key, meter.ea)
