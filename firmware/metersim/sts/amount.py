"""Amounts as the fields of a token: what an issuer needs (facts/sts.md 1.3); amountvalue.py has the way back.

An amount is 10^e x m + the sum over n = 1..e of 2^14 x 10^(n-1), with a 14-bit mantissa m. For units e has two bits and
the result counts tenths of a kWh, a cubic metre or a minute; power limits use the same field and count watts. For money e has five
bits, three of them and a sign in the S&E field that stands where the random number stands else, and the
result counts 10^-5 of the currency (layout of the S&E field: source S7 of facts/sts.md, not confirmed by a published token).
"""

from metersim.sts.amountvalue import MANTISSA
from metersim.sts.amountvalue import currency_of_fields as currency_of_fields
from metersim.sts.amountvalue import tenths_of_field as tenths_of_field

MAX_TENTHS = 18201624


class AmountRangeError(ValueError):
    """The amount does not fit into the field of a token. Nothing was issued."""


def _code(amount: int, max_exponent: int) -> int:
    """Exponent and mantissa, as one number, of the smallest amount that is not below `amount`, or -1."""
    offset = 0
    step = 1
    for exponent in range(max_exponent + 1):
        mantissa = (amount - offset + step - 1) // step
        if mantissa <= MANTISSA:
            # Between two ranges the rounding up leads to the first value of the next one.
            return exponent << 14 | max(mantissa, 0)
        offset += 16384 * step
        step *= 10
    return -1


def field_of_tenths(tenths: int) -> int:
    """The 16-bit field of an amount in tenths, rounded up in the customer's favour.

    Raises AmountRangeError below 0 and above MAX_TENTHS.
    """
    code = -1 if tenths < 0 else _code(tenths, 3)
    if code < 0:
        raise AmountRangeError("amount of %d tenths: a token holds 0 to %d" % (tenths, MAX_TENTHS))
    return code


def currency_fields(amount_e5: int) -> "tuple[int, int]":
    """The S&E field (4 bits) and the amount field (16 bits) of money in units of 10^-5, rounded away from zero.

    Raises AmountRangeError when even the largest exponent is too small.
    """
    code = _code(abs(amount_e5), 31)
    if code < 0:
        raise AmountRangeError("money amount of %d x 10^-5 does not fit into a token" % amount_e5)
    sign = 8 if amount_e5 < 0 else 0
    return sign | code >> 16, code & 0xFFFF
