"""Checks of single profile values: each takes what TOML gave and returns it in its final shape or raises Wrong."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection

Check = Callable[[object], object]

CONTACTS = "0123456789*#"
_FIELDS = {"krn": "{krn} {krn:02}", "kt": "{kt} {kt:02}", "n": "{n} {n:02}", "seconds": "{seconds}"}
_FIELD = re.compile(r"\{(\w+)(?::02)?\}")
_PATTERN = re.compile(r"(?:[A-Za-z0-9.\- ]|\{\w+(?::02)?\})+")
_ACTING_CODES = re.compile(r"0[0-2]|0|123\d*|456\d*")


class Wrong(Exception):  # noqa: N818 - named for what happened
    """A value cannot be used: what is wrong with it, and what to write instead."""

    def __init__(self, wrong: str, todo: str) -> None:
        super().__init__(wrong)
        self.wrong = wrong
        self.todo = todo


def whole(low: int, high: int, unit: str = "") -> Check:
    """A whole number from `low` to `high`."""
    wanted = f"Write a whole number from {low} to {high}" + (f" ({unit})" if unit else "")

    def check(value: object) -> int:
        if isinstance(value, bool) or not isinstance(value, int):
            raise Wrong(f"{value!r} is not a whole number", wanted)
        if not low <= value <= high:
            raise Wrong(f"{value} is out of range", wanted)
        return value

    return check


def seconds(low: float, high: float) -> Check:
    """A time in seconds from `low` to `high`, whole or not."""
    wanted = f"Write seconds from {low:g} to {high:g}"

    def check(value: object) -> float:
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise Wrong(f"{value!r} is not a number", wanted)
        if not low <= value <= high:
            raise Wrong(f"{value} is out of range", wanted)
        return float(value)

    return check


def yes_no(value: object) -> bool:
    """True or false."""
    if not isinstance(value, bool):
        raise Wrong(f"{value!r} is neither true nor false", "Write true or false, without quotes")
    return value


def text(value: object) -> str:
    """A text that is not empty."""
    if not isinstance(value, str) or not value.strip():
        raise Wrong(f"{value!r} is not a text", 'Write a text in quotes, such as "Hexing"')
    return value


def one_of(choices: Collection[str]) -> Check:
    """One of these words."""
    wanted = "Write one of " + ", ".join(choices)

    def check(value: object) -> str:
        if not isinstance(value, str) or value not in choices:
            raise Wrong(f"{value!r} is not known here", wanted)
        return value

    return check


def contact(value: object) -> str:
    """One of the twelve contacts."""
    if not isinstance(value, str) or len(value) != 1 or value not in CONTACTS:
        raise Wrong(f"{value!r} is no contact of the keypad", f"Write one of {' '.join(CONTACTS)} in quotes")
    return value


def code(value: object) -> str:
    """A short code that only reads."""
    if not isinstance(value, str) or not re.fullmatch(r"[0-9]{1,6}", value):
        raise Wrong(f"{value!r} is no short code", 'Write its digits in quotes, such as "04"')
    if _ACTING_CODES.fullmatch(value):
        raise Wrong(
            f"code {value} acts on the meter (load switch, alarm, restart or settings)",
            "Name only codes that read",
        )
    return value


def token_number(value: object) -> str:
    """A number of twenty digits."""
    if not isinstance(value, str) or not re.fullmatch(r"[0-9]{20}", value):
        raise Wrong(f"{value!r} is not a number of 20 digits", "Write 20 digits in quotes, without dashes")
    return value


def pattern(*fields: str) -> Check:
    """One line that the meter may show; only these number fields may stand in it."""
    allowed = " ".join(_FIELDS[field] for field in fields)

    def check(value: object) -> str:
        line = text(value)
        if not _PATTERN.fullmatch(line) or line != line.strip():
            raise Wrong(
                f"{line!r} is no line of a glass",
                f"Use letters, digits, '-', '.', blanks inside and the fields {allowed or '(none here)'}",
            )
        found = _FIELD.findall(line)
        unknown = [name for name in found if name not in fields]
        if unknown:
            raise Wrong(f"field {{{unknown[0]}}} has no meaning here", f"Fields here: {allowed or 'none'}")
        if len(found) != len(set(found)):
            raise Wrong(f"{line!r} has a field twice", "Name each field once")
        return line

    return check


def list_of(check: Check, *, may_be_empty: bool = False) -> Check:
    """A list of such values without repetition."""

    def check_all(value: object) -> tuple[object, ...]:
        if not isinstance(value, list):
            raise Wrong(f"{value!r} is not a list", "Write values between [ and ]")
        if not value and not may_be_empty:
            raise Wrong("the list is empty", "Write at least one value")
        checked = tuple(check(one) for one in value)
        folded = [str(one).upper() for one in checked]
        if len(folded) != len(set(folded)):
            raise Wrong("a value stands in the list twice", "Name each value once")
        return checked

    return check_all
