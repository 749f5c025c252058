"""One cell of a work list: a meter number or a token, read or found wanting, never repaired."""

from __future__ import annotations

import re

from kctrig.worklist.safe import text_of

TOKEN_DIGITS = 20
TOKEN_MAX = 2**66 - 1
METER_NO_DIGITS = (11, 13)
_SPREADSHEET_DIGITS = 15

# What people and spreadsheets put between groups of digits: spaces of every width, hyphens and dashes.
_BETWEEN = dict.fromkeys(map(ord, " -\t\u00a0\u2007\u2009\u202f\u00ad\u2010\u2011\u2012\u2013\u2014\u2212"))
_SCIENTIFIC = re.compile(r"[+-]?\d(?:[.,]\d+)?E\+?\d+", re.IGNORECASE)
_MARKS = ("'", "=")
_TEXT_FORMULA = re.compile(r'="(.*)"')

FETCH_AGAIN = "fetch the row again from the bank and bring the column in as text"
KEEP_AS_TEXT = "write the whole number into the cell, as text"


_DOUBLED = str.maketrans("0123456789", "0246813579")
_LONG_NUMBER = re.compile(r"\d(?:\W{0,2}\d){15,}")
_SPREADSHEET_ERROR = re.compile(r"#[A-Z0-9/_]+[!?]?")


class CellError(Exception):
    """A cell that cannot be used: what is wrong with it and what to do."""

    def __init__(self, wrong: str, action: str) -> None:
        super().__init__(wrong)
        self.wrong = wrong
        self.action = action


def clean(cell: str) -> str:
    """The text of a cell without the marks a spreadsheet adds to keep it text (`'018` and `="018"`)."""
    text = cell.strip()
    if text[:1] not in _MARKS:
        return text
    if formula := _TEXT_FORMULA.fullmatch(text):
        text = formula[1].strip()
    return text_of(text).strip()


def masked(text: str) -> str:
    """A text for people, in which what may be a token shows its first four and last four digits only."""
    return _LONG_NUMBER.sub(lambda found: mask_digits(re.sub(r"\D", "", found[0])), text)


def mask_digits(digits: str) -> str:
    """First four and last four digits."""
    return f"{digits[:4]}…{digits[-4:]}"


def is_digits(text: str) -> bool:
    """True for one or more ASCII digits and nothing else."""
    return text.isascii() and text.isdigit()


def _refuse_error_value(text: str) -> None:
    if _SPREADSHEET_ERROR.fullmatch(text):
        raise CellError(
            f"{text} is an error of the spreadsheet, not a value", "correct the formula or write the value"
        )


def meter_number(cell: str) -> str:
    """The meter number in a cell: 11 digits (13 with the four-digit issuer number).

    Raises:
        CellError: not that; a number that lost its leading zeros is not padded.
    """
    text = clean(cell)
    digits = text.translate(_BETWEEN)
    if not digits:
        raise CellError("is empty", KEEP_AS_TEXT)
    if not is_digits(digits):
        _refuse_error_value(text)
        if _SCIENTIFIC.fullmatch(text):
            raise CellError(
                f"{text} is a number that a spreadsheet rounded: its digits are lost", FETCH_AGAIN
            )
        strange = next(character for character in digits if not is_digits(character))
        raise CellError(
            f"{masked(text)!r} has {strange!r} where a digit must be",
            "correct it from the meter's name plate",
        )
    if len(digits) in METER_NO_DIGITS:
        return digits
    if len(digits) < METER_NO_DIGITS[0]:
        raise CellError(
            f"{digits} has {_count(len(digits))}, not {METER_NO_DIGITS[0]}; a spreadsheet may have eaten leading zeros",
            "look at the meter's name plate and " + KEEP_AS_TEXT,
        )
    raise CellError(
        f"{masked(digits)} has {_count(len(digits))}, not {METER_NO_DIGITS[0]} or {METER_NO_DIGITS[1]}",
        "correct it from the meter's name plate",
    )


def check_digit_fits(meter_no: str) -> bool:
    """True when the last digit is the Luhn check digit of the others, as in every decoder reference number."""
    every_second = meter_no[-2::-2].translate(_DOUBLED)
    return (sum(map(int, meter_no[::-2])) + sum(map(int, every_second))) % 10 == 0


def token_digits(text: str) -> str:
    """The 20 digits of a token as a person or a list writes it, groups parted by spaces or dashes.

    Raises:
        CellError: not a number that any meter takes as a token (facts/sts.md 1.1).
    """
    digits = text.translate(_BETWEEN)
    if not digits:
        raise CellError("is empty", FETCH_AGAIN)
    if not is_digits(digits):
        strange = next(character for character in digits if not is_digits(character))
        raise CellError(f"has {strange!r} where a digit must be", FETCH_AGAIN)
    if len(digits) != TOKEN_DIGITS:
        raise CellError(f"has {_count(len(digits))}, a token has {TOKEN_DIGITS}", FETCH_AGAIN)
    if int(digits) > TOKEN_MAX:
        raise CellError(f"is above 2^66-1 ({TOKEN_MAX}): no meter takes it", FETCH_AGAIN)
    return digits


def token(cell: str) -> str:
    """The 20 digits of a token in a cell of a spreadsheet.

    Raises:
        CellError: not a token, or one that the spreadsheet rounded.
    """
    text = clean(cell)
    if not is_digits(text):
        _refuse_error_value(text)
        if _SCIENTIFIC.fullmatch(text):
            wrong = f"{text} is a token that a spreadsheet turned into a number: its digits are lost"
            raise CellError(wrong, FETCH_AGAIN)
    digits = token_digits(text)
    if digits.endswith("0" * (TOKEN_DIGITS - _SPREADSHEET_DIGITS)):
        raise CellError(
            f"ends in five zeros, as a token does that a spreadsheet cut to {_SPREADSHEET_DIGITS} digits",
            FETCH_AGAIN + "; if the bank shows the same digits, type it with `kctrig enter`",
        )
    return digits


def token_class(digits: str) -> int:
    """Class 0 credit, 1 test, 2 management, 3 reserved: the only bits of a token that are in clear (facts/sts.md 1.1)."""
    return int(digits) >> 27 & 3


def number_as_text(value: int | float) -> str:
    """A numeric cell as the text to judge: exact up to 15 digits, else in the form that says it was rounded."""
    if abs(value) >= 10**_SPREADSHEET_DIGITS:
        return f"{float(value):.5E}"
    if isinstance(value, float) and not value.is_integer():
        return repr(value)
    return str(int(value))


def _count(digits: int) -> str:
    return "1 digit" if digits == 1 else f"{digits} digits"
