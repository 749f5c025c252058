"""What a judge finds."""

from __future__ import annotations

from dataclasses import dataclass

TARGET = (2, 2)
"""Key revision and type that a meter is to be brought to."""


@dataclass(frozen=True, slots=True)
class Violation:
    """A broken invariant: its number in the list, when, on which meter, and what was wrong."""

    invariant: int
    at_unix_ms: int
    meter_no: str
    what: str


def masked(digits: str) -> str:
    """First four and last four digits of a token; short codes as they are."""
    return digits if len(digits) < 9 else f"{digits[:4]}…{digits[-4:]} ({len(digits)} digits)"
