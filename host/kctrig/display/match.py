"""Does a line show exactly this text? The text's places decide what an ambiguous mask is.

A pattern is the whole line between its blank ends. Letters are compared in either case, a blank in the pattern is one
or more dark cells, and a field in braces is a number: `{krn}` one digit, `{krn:02}` two digits with a leading zero,
`{kt}` and `{kt:02}` likewise, `{n}` one or two digits, `{seconds}` one to four.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from kctrig.display.faces import BLANK, DIGITS
from kctrig.display.screen import BLANK_SYMBOL, Symbol

KRN_VALUES = frozenset({1, 2, 3})
"""Key revisions that exist: one for each base date, 1993, 2014 and 2035 (facts/sts.md 2.5)."""
KT_VALUES = frozenset({0, 1, 2, 3})
"""Key types of IEC 62055-41: initialisation, default, unique, common."""

_FIELD = re.compile(r"\{(\w+)(:02)?\}")
_LENGTHS = {"krn": (1, 1), "kt": (1, 1), "n": (1, 2), "seconds": (1, 4)}
_VALUES = {"krn": KRN_VALUES, "kt": KT_VALUES}


@dataclass(frozen=True, slots=True)
class _Item:
    """One piece of a pattern: a character, a run of blanks, or a number field of `low` to `high` digits."""

    character: str = ""
    field: str = ""
    low: int = 1
    high: int = 1


@lru_cache(maxsize=256)
def _compiled(pattern: str) -> tuple[_Item, ...]:
    items: list[_Item] = []
    at = 0
    while at < len(pattern):
        field = _FIELD.match(pattern, at)
        if field is None:
            items.append(_Item(character=pattern[at].upper()))
            at += 1
            continue
        if field[1] not in _LENGTHS:
            raise ValueError(f"unknown field {field[0]} in pattern {pattern!r}")
        low, high = (2, 2) if field[2] else _LENGTHS[field[1]]
        items.append(_Item(field=field[1], low=low, high=high))
        at = field.end()
    return tuple(items)


def trimmed(symbols: Sequence[Symbol]) -> tuple[Symbol, ...]:
    """The line without the dark cells at its two ends."""
    first, last = 0, len(symbols)
    while first < last and symbols[first] == BLANK_SYMBOL:
        first += 1
    while last > first and symbols[last - 1] == BLANK_SYMBOL:
        last -= 1
    return tuple(symbols[first:last])


def digit(symbol: Symbol) -> str:
    """The digit that this place is when it stands where a digit belongs; empty when it cannot be one."""
    found = symbol & DIGITS
    return min(found) if len(found) == 1 else ""


def match(pattern: str, symbols: Sequence[Symbol]) -> dict[str, int] | None:
    """Numbers of the pattern's fields when the whole line shows the pattern in exactly one way, else None."""
    ways: list[dict[str, int]] = []
    _walk(_compiled(pattern), 0, trimmed(symbols), 0, {}, ways)
    return ways[0] if len(ways) == 1 else None


def filled(pattern: str, values: dict[str, int]) -> str:
    """The pattern as text with these numbers in its fields."""
    return _FIELD.sub(lambda field: format(values[field[1]], "02d" if field[2] else "d"), pattern)


def _walk(
    items: tuple[_Item, ...],
    item_at: int,
    line: tuple[Symbol, ...],
    at: int,
    values: dict[str, int],
    ways: list[dict[str, int]],
) -> None:
    if item_at == len(items):
        if at == len(line):
            ways.append(values)
        return
    item = items[item_at]
    if item.field:
        text = ""
        for place in range(at, min(at + item.high, len(line))):
            shown = digit(line[place])
            if not shown:
                break
            text += shown
            if len(text) < item.low:
                continue
            value = int(text)
            if value in _VALUES.get(item.field, (value,)):
                _walk(items, item_at + 1, line, place + 1, {**values, item.field: value}, ways)
    elif item.character == BLANK:
        while at < len(line) and line[at] == BLANK_SYMBOL:
            at += 1
            # All dark cells belong to this one blank: no other piece of a pattern takes one.
            if at == len(line) or line[at] != BLANK_SYMBOL:
                _walk(items, item_at + 1, line, at, values, ways)
    elif at < len(line) and item.character in line[at]:
        _walk(items, item_at + 1, line, at + 1, values, ways)
