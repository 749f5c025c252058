"""20 digits, 66 bits, and the class bits that hide inside (facts/sts.md 1.1)."""

MAX_TOKEN = 73786976294838206463
"""2^66 - 1: the largest number that is a token, a 20-digit number itself."""


class NotAToken(ValueError):  # noqa: N818  says what it is, not that it went wrong
    """What was given cannot be an STS token. No meter was asked. The message names what is wrong, without the digits."""


def parse(digits: str) -> int:
    """The 66-bit number of 20 digits.

    Raises NotAToken when it is not 20 decimal digits, or above MAX_TOKEN.
    """
    for character in digits:
        if not "0" <= character <= "9":
            raise NotAToken("not a token: only the digits 0 to 9 are allowed, and there is %r" % character)
    if len(digits) != 20:
        raise NotAToken("not a token: it has %d digits, a token has 20" % len(digits))
    number = int(digits)
    if number > MAX_TOKEN:
        raise NotAToken("not a token: the number is above %d, the largest a token can be" % MAX_TOKEN)
    return number


def text(number: int) -> str:
    """The 20 digits of a 66-bit number, leading zeros kept."""
    digits = "%d" % number
    return "0" * (20 - len(digits)) + digits


def split(number: int) -> "tuple[int, int]":
    """Class and 64-bit (still encrypted) block of a 66-bit number: bits 65 and 64 go back to 28 and 27."""
    return number >> 27 & 3, number & 0xFFFFFFFFE7FFFFFF | (number >> 64) << 27


def join(token_class: int, block: int) -> int:
    """The 66-bit number of a class and a 64-bit (already encrypted) block."""
    return (block >> 27 & 3) << 64 | block & 0xFFFFFFFFE7FFFFFF | token_class << 27


def masked(digits: str) -> str:
    """First and last four digits, for messages and logs."""
    return digits[:4] + "…" + digits[-4:] if len(digits) > 8 else "…"
