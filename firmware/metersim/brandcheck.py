"""Parameters of a brand that somebody else wrote: checked before the meter believes them.

This file runs unchanged under CPython and MicroPython.
"""

from rigwire.glass import DOT_MATRIX, FOURTEEN_SEGMENT, SEVEN_SEGMENT

from .brands import numbers
from .entry import ENTER_AUTO, ENTER_KEY, ERASE_ALL, ERASE_ONE, ERASE_ONE_OR_ALL

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from .brands import Brand

_LISTS = ("credit_kinds", "settings", "tests", "codes")
_CHOICES = {
    "glass": (SEVEN_SEGMENT, FOURTEEN_SEGMENT, DOT_MATRIX),
    "enter": (ENTER_KEY, ENTER_AUTO),
    "erase": (ERASE_ONE, ERASE_ALL, ERASE_ONE_OR_ALL),
    "maker_digits": (2, 4),
}  # type: dict[str, tuple[Any, ...]]
_AT_LEAST_ONE = ("scan_ms", "debounce", "digit_timeout_s", "result_ms", "page_ms", "alternate_ms")
_LONGEST_S = 500000  # a 30-bit tick cannot say more
_CELLS_MIN = 3  # one digit a page, its number and the dash
_CELLS_MAX = 40
_COUNTER_CELLS_MAX = 4
# Texts that are filled in, with something to fill in
_SAMPLES = {
    "krn_text": {"krn": 1, "kt": 2},
    "krn_number_text": {"krn": 1, "kt": 2},
    "half": "1St",
    "refused": 1,
    "locked": 1,
}  # type: dict[str, Any]


def parameters(brand: "Brand") -> "list[str]":
    """The names of everything that can be set."""
    return [name for name in dir(brand) if name != "name" and not name.startswith("_")]


def change(brand: "Brand", changes: "dict[str, Any]") -> None:
    """Set these parameters of a brand.

    Raises ValueError with one line that names the first parameter that is unknown, of the wrong type or impossible.
    """
    for key in changes:
        value = changes[key]
        if key not in parameters(brand):
            raise ValueError("brand %s: there is no parameter %s" % (brand.name, key))
        wanted = type(getattr(brand, key))
        if type(value) is not wanted:
            raise ValueError("brand %s: %s must be %s, not %r" % (brand.name, key, wanted.__name__, value))
        complaint = _complaint(key, value)
        if complaint:
            raise ValueError("brand %s: %s %s: %r" % (brand.name, key, complaint, value))
        setattr(brand, key, value)


def _complaint(key: str, value: "Any") -> str:
    """What is wrong with a value of the right type, or an empty text."""
    if key in _CHOICES:
        return (
            "" if value in _CHOICES[key] else "must be one of %s" % ", ".join([str(c) for c in _CHOICES[key]])
        )
    if key in _LISTS:
        try:
            numbers(value)
        except ValueError:
            return "must be numbers with commas between"
    elif key == "aliases":
        return _aliases_complaint(value)
    elif key == "cells":
        return "" if _CELLS_MIN <= value <= _CELLS_MAX else "must be %d to %d" % (_CELLS_MIN, _CELLS_MAX)
    elif key == "counter_cells":
        return "" if 0 <= value <= _COUNTER_CELLS_MAX else "must be 0 to %d" % _COUNTER_CELLS_MAX
    elif isinstance(value, str):
        return _text_complaint(key, value)
    elif not isinstance(value, bool) and value < (1 if key in _AT_LEAST_ONE else 0):
        return "is too small"
    elif key.endswith("_s") and value > _LONGEST_S:
        return "is above %d" % _LONGEST_S
    return ""


def _aliases_complaint(text: str) -> str:
    for pair in text.split(",") if text else ():
        other, _, code = pair.partition("=")
        if not (other.isdigit() and len(other) <= 5 and code.isdigit() and len(code) == 2):
            return "must be pairs as 801=37 with commas between, the code with two digits"
    return ""


def _text_complaint(key: str, text: str) -> str:
    try:
        for screen in text.split("|") if key == "locked" else [text]:
            if "%" in screen:
                screen % _SAMPLES[key]
    except (KeyError, TypeError, ValueError):
        return "cannot be filled in"
    return ""
