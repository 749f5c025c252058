"""Amounts in a token: 16 bits for units, 20 bits for money (facts/sts.md 1.3).

An amount is 10^e x m + the sum over n = 1..e of 2^14 x 10^(n-1), with a 14-bit mantissa m. For units e has two bits and
the result counts tenths of a kWh, a cubic metre or a minute; power limits use the same field and count watts. For money e has five
bits, three of them and a sign in the S&E field that stands where the random number stands else, and the
result counts 10^-5 of the currency (layout of the S&E field: source S7 of facts/sts.md, not confirmed by a published token).
"""

MANTISSA = 0x3FFF


def _value(exponent: int, mantissa: int) -> int:
    """The amount of an exponent and a mantissa."""
    offset = 0
    step = 1
    for _ in range(exponent):
        offset += 16384 * step
        step *= 10
    return step * mantissa + offset


def tenths_of_field(field: int) -> int:
    """The amount, in tenths, of a 16-bit field."""
    return _value(field >> 14 & 3, field & MANTISSA)


def currency_of_fields(sign_exponent: int, field: int) -> int:
    """Money in units of 10^-5, negative when the sign bit says so."""
    value = _value((sign_exponent & 7) << 2 | field >> 14 & 3, field & MANTISSA)
    return -value if sign_exponent & 8 else value
