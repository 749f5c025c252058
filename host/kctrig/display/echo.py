"""Did the entry line show exactly the digits that were to be typed? Asked before Enter, answered by proof only.

A checker is fed every screen seen while a number is typed, in order, each with the number of digit keys that had
been pressed by then. It never trusts that a pressed key was taken: a digit may be dropped, doubled or be another one,
and screens may be missed. It says

- `verified`: each digit was seen in its place, and nothing else fits what was seen;
- `wrong`: what was seen cannot be the wanted digits;
- `unproven`: neither; more screens may still prove it.

With a digit counter the counter gives each digit its place (`CounterEcho`, here). Without one the order of the
screens has to (`display/echo_order.py`). A verdict is about the screens fed: the caller waits until the glass has settled.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal, Protocol

from kctrig.display.readings import DASH_EVERY, EntryEcho, read_entry
from kctrig.display.screen import Screen

EchoState = Literal["verified", "wrong", "unproven"]


@dataclass(frozen=True, slots=True)
class EchoVerdict:
    """What the screens prove.

    Attributes:
        state: `verified`, `wrong` or `unproven`.
        reason: why, in words without any digit of the number.
        position: place of the first wrong digit, counted from 1, where it is known.
        seen: the digit seen there, empty when none was.
        entered: how many digits the meter holds, as far as that is certain.
        unproved: places, counted from 1, that no screen has proved.
    """

    state: EchoState
    reason: str
    position: int | None = None
    seen: str = field(default="", repr=False)
    entered: int | None = None
    unproved: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Standing:
    """What is certain about an entry line that is not complete yet.

    Attributes:
        right: digits from the first one on that stand in their places.
        entered: digits that stand in the line; those after `right` do not belong there.
    """

    right: int
    entered: int


class EchoChecker(Protocol):
    """Fed with screens in order; says at any time what they prove."""

    def feed(self, screen: Screen, keys_down: int, *, at_rest: bool = False) -> None:
        """Take one screen; `keys_down` digit keys of this entry had been pressed when it was seen.

        `at_rest`: the caller waited so long since the last key that all of them must show by now.
        """

    def verdict(self, typed: int | None = None) -> EchoVerdict:
        """What the screens prove about the first `typed` digits (None: about all of them)."""

    def standing(self) -> Standing | None:
        """How far the line holds the wanted digits, None when that is not certain.

        Only after a screen that was fed `at_rest`: a digit that has not reached the glass would be counted as lost.
        """


def echo_checker(wanted: str, cells: int, *, counter: bool, dashes: bool) -> EchoChecker:
    """A checker for a number about to be typed into an empty entry line.

    Args:
        wanted: the digits, without dashes and without Enter.
        cells: main cells of the glass.
        counter: the brand shows how many digits were entered.
        dashes: the brand sets a dash after every fourth digit.

    Raises:
        ValueError: `wanted` is not made of digits.
    """
    if not (wanted.isascii() and wanted.isdigit()):
        raise ValueError("an entry is made of digits")
    if counter:
        return CounterEcho(wanted, cells, dashes)
    from kctrig.display.echo_order import OrderEcho  # it is built on this file

    return OrderEcho(wanted, cells, dashes)


def left_the_entry(screen: Screen, counter: bool) -> bool:
    """The line shows something that is surely no entry: whatever was entered before is gone."""
    if screen.blink_dark or screen.lamp_test or not screen.counter_readable:
        return False
    return screen.counter is None if counter else screen.readable


def places_seen(echo: EntryEcho, entered: int, cells: int, dashes: bool) -> dict[int, str] | None:
    """Which digit stands at which place (from 0) if this line is the end of `entered` digits, None if it cannot be.

    A dash behind a full last group may or may not be drawn already.
    """
    for dash_at_end in (False, True) if dashes else (False,):
        drawn = _drawn(entered, dashes, dash_at_end)
        if echo.whole != (len(drawn) < cells):
            continue
        visible = drawn[-cells:]
        if len(visible) == len(echo.line) and all(
            (place is None) == (shown == "-") for place, shown in zip(visible, echo.line, strict=True)
        ):
            return {
                place: shown for place, shown in zip(visible, echo.line, strict=True) if place is not None
            }
    return None


def _drawn(entered: int, dashes: bool, dash_at_end: bool) -> list[int | None]:
    """The whole line, however long: the place of each digit, None for a dash."""
    drawn: list[int | None] = []
    for place in range(entered):
        drawn.append(place)
        group_full = dashes and (place + 1) % DASH_EVERY == 0
        if group_full and (place + 1 < entered or dash_at_end):
            drawn.append(None)
    return drawn


class CounterEcho:
    """The checker for a glass with a digit counter."""

    def __init__(self, wanted: str, cells: int, dashes: bool) -> None:
        self._wanted = wanted
        self._cells = cells
        self._dashes = dashes
        self._entered = 0
        self._seen: dict[int, str] = {}
        self._settled = False
        self._left = False

    def feed(self, screen: Screen, keys_down: int, *, at_rest: bool = False) -> None:
        """Take one screen; the counter says all that `keys_down` and `at_rest` could."""
        if screen.blink_dark:
            return
        self._left = False
        echo = read_entry(screen, counter=True, dashes=self._dashes)
        if echo is None or echo.counter is None:
            self._settled = False
            self._left = left_the_entry(screen, counter=True)
            if self._left:
                self._forget()
            return
        seen = places_seen(echo, echo.counter, self._cells, self._dashes)
        self._settled = seen is not None
        if seen is None:
            return
        # An entry only grows. Where it did not, it was lost or changed: what was proved before is not there any more.
        if echo.counter < self._entered or any(
            self._seen.get(place, shown) != shown for place, shown in seen.items()
        ):
            self._forget()
        self._entered = echo.counter
        self._seen.update(seen)

    def verdict(self, typed: int | None = None) -> EchoVerdict:
        """What the screens prove about the first `typed` digits (None: about all of them)."""
        wanted = self._wanted if typed is None else self._wanted[:typed]
        for place in sorted(self._seen):
            if place < len(wanted) and self._seen[place] != wanted[place]:
                return EchoVerdict(
                    "wrong",
                    f"digit {place + 1} on the glass is not the one to be typed",
                    place + 1,
                    self._seen[place],
                    self._entered,
                )
        if self._entered > len(wanted):
            return EchoVerdict(
                "wrong",
                f"the counter shows {self._entered} digits, {len(wanted)} were to be typed",
                len(wanted) + 1,
                self._seen.get(len(wanted), ""),
                self._entered,
            )
        unproved = tuple(place + 1 for place in range(len(wanted)) if place not in self._seen)
        if not self._settled:
            return EchoVerdict(
                "unproven", "the last screen is no readable entry line", None, "", None, unproved
            )
        if self._entered < len(wanted):
            reason = f"the counter shows {self._entered} of {len(wanted)} digits"
            return EchoVerdict("unproven", reason, None, "", self._entered, unproved)
        if unproved:
            reason = f"{len(unproved)} digits were not seen in their place"
            return EchoVerdict("unproven", reason, None, "", self._entered, unproved)
        return EchoVerdict("verified", "every digit was seen in its place", None, "", self._entered)

    def standing(self) -> Standing | None:
        """How far the line holds the wanted digits, None when that is not certain."""
        if self._left:
            return Standing(0, 0)
        if not self._settled:
            return None
        return standing_of([self._seen.get(place, HIDDEN) for place in range(self._entered)], self._wanted)

    def _forget(self) -> None:
        self._entered = 0
        self._seen.clear()


HIDDEN = "?"
"""A digit that no screen has shown."""


def standing_of(entry: Sequence[str], wanted: str) -> Standing | None:
    """How far an entry begins with the wanted digits; None where a digit that decides it was never seen."""
    for place, shown in enumerate(entry):
        if shown == HIDDEN:
            return None
        if shown != wanted[place : place + 1]:
            return Standing(place, len(entry))
    return Standing(len(entry), len(entry))
