"""Amounts in a token: 16 bits for units, 20 bits for money (facts/sts.md 1.3).

An amount is 10^e x m + the sum over n = 1..e of 2^14 x 10^(n-1), with a 14-bit mantissa m. For units e has two bits and
the result counts tenths of a kWh, a cubic metre or a minute; power limits use the same field and count watts. For money e has five
bits, three of them and a sign in the S&E field that stands where the random number stands else, and the
result counts 10^-5 of the currency (layout of the S&E field: source S7 of facts/sts.md, not confirmed by a published token).
"""

_MANTISSA = 0x3FFF
MAX_TENTHS = 18201624


class AmountRangeError(ValueError):
    """The amount does not fit into the field of a token. Nothing was issued."""


def _value(exponent: int, mantissa: int) -> int:
    """The amount of an exponent and a mantissa."""
    offset = 0
    step = 1
    for _ in range(exponent):
        offset += 16384 * step
        step *= 10
    return step * mantissa + offset


def _code(amount: int, max_exponent: int) -> int:
    """Exponent and mantissa, as one number, of the smallest amount that is not below `amount`, or -1."""
    offset = 0
    step = 1
    for exponent in range(max_exponent + 1):
        mantissa = (amount - offset + step - 1) // step
        if mantissa <= _MANTISSA:
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


def tenths_of_field(field: int) -> int:
    """The amount, in tenths, of a 16-bit field."""
    return _value(field >> 14 & 3, field & _MANTISSA)


def currency_fields(amount_e5: int) -> "tuple[int, int]":
    """The S&E field (4 bits) and the amount field (16 bits) of money in units of 10^-5, rounded away from zero.

    Raises AmountRangeError when even the largest exponent is too small.
    """
    code = _code(abs(amount_e5), 31)
    if code < 0:
        raise AmountRangeError("money amount of %d x 10^-5 does not fit into a token" % amount_e5)
    sign = 8 if amount_e5 < 0 else 0
    return sign | code >> 16, code & 0xFFFF


def currency_of_fields(sign_exponent: int, field: int) -> int:
    """Money in units of 10^-5, negative when the sign bit says so."""
    value = _value((sign_exponent & 7) << 2 | field >> 14 & 3, field & _MANTISSA)
    return -value if sign_exponent & 8 else value
