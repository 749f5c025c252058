"""Reading contact edges of a meter's log: which keys of tokens were pressed, and how long keys were down."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

Rows = Sequence[tuple[int, Mapping[str, Any]]]

_WINDOW = 7
"""So many digits in a row that stand in a token are no code: codes have two, and three in a row still differ."""


@dataclass(frozen=True, slots=True)
class Press:
    """Digits pressed one after the other with nothing in between.

    Attributes:
        at_ms: when the first went down.
        submitted: Enter came right after them.
    """

    at_ms: int
    digits: str
    submitted: bool

    def belongs_to(self, token: str) -> bool:
        """Whether a piece of this token was pressed."""
        return bool(_pieces(self.digits) & _pieces(token))


def token_presses(rows: Rows, tokens: Iterable[str]) -> list[Press]:
    """Runs of digits that hold a piece of one of these tokens."""
    pieces = frozenset(piece for token in tokens for piece in _pieces(token))
    return [press for press in _runs(rows) if _pieces(press.digits) & pieces]


def longest_presses(rows: Rows, end_ms: int) -> Iterator[tuple[int, str, int]]:
    """(when it went down, key, how long) of every key that was down; one that never came up was down until the end."""
    down: dict[str, int] = {}
    for at_ms, row in rows:
        if row["event"] == "power":  # a meter that starts knows nothing of a contact that closed before
            for key, since_ms in down.items():
                yield since_ms, key, at_ms - since_ms
            down.clear()
        elif row["event"] == "key" and not row.get("ghost"):
            edge_ms = at_ms - int(row.get("after_ms", 0))
            if row["edge"] == "down":
                down[row["key"]] = edge_ms
            elif row["key"] in down:
                since_ms = down.pop(row["key"])
                yield since_ms, row["key"], edge_ms - since_ms
    for key, since_ms in down.items():
        yield since_ms, key, end_ms - since_ms


def _runs(rows: Rows) -> Iterator[Press]:
    digits, since_ms = "", 0
    for at_ms, row in rows:
        if row["event"] == "power" and digits:
            yield Press(since_ms, digits, False)
            digits = ""
        if row["event"] != "key" or row["edge"] != "down" or row.get("ghost"):
            continue
        if row["key"].isdigit():
            if not digits:
                since_ms = at_ms
            digits += row["key"]
        elif digits:
            yield Press(since_ms, digits, row["key"] == "#")
            digits = ""
    if digits:
        yield Press(since_ms, digits, False)


def _pieces(digits: str) -> frozenset[str]:
    return frozenset(digits[at : at + _WINDOW] for at in range(len(digits) - _WINDOW + 1))
