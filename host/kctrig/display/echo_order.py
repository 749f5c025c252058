"""The echo check for a glass without a digit counter: only the order of the screens says which digit is which.

All entries that could have made the screens seen so far are kept; the wanted one is proved when it is the only one
left. What a key may do to an entry: nothing, one digit (whichever), or the same digit twice. Screens may be missed.
A digit shows before the second key after its own goes down (`LATE_KEYS`). A line full of one digit looks the same
with one more of it, so such a run is never proved: that is the glass's doing.
"""

from __future__ import annotations

from collections.abc import Iterator

from kctrig.display.echo import HIDDEN, EchoVerdict, Standing, left_the_entry, places_seen, standing_of
from kctrig.display.readings import EntryEcho, read_entry
from kctrig.display.screen import Screen

LATE_KEYS = 2
"""How many of the last pressed keys may not have reached the glass yet."""
DIGITS_PER_KEY = 2
"""The most digits that one press may make: a bounce seen as a second press."""
_MOST_ENTRIES = 256


class OrderEcho:
    """The checker for a glass without a digit counter."""

    def __init__(self, wanted: str, cells: int, dashes: bool) -> None:
        self._wanted = wanted
        self._cells = cells
        self._dashes = dashes
        # Each entry that fits, with the smallest number of keys that can have made it: fewer keys used leaves more
        # keys that may still do something, so the smallest number covers all the others.
        self._entries: dict[str, int] = {"": 0}
        self._settled = False
        self._foreign = False

    def feed(self, screen: Screen, keys_down: int, *, at_rest: bool = False) -> None:
        """Take one screen; `keys_down` digit keys of this entry had been pressed when it was seen.

        About three random tokens in a thousand hold a pattern (`…200332 2…`) that only a hand resting after each key
        can prove on eight cells: `at_rest` says that it did, and every key so far must show.
        """
        if screen.blink_dark:
            return
        shown_at_least = keys_down if at_rest else max(0, keys_down - LATE_KEYS)
        echo = read_entry(screen, counter=False, dashes=self._dashes)
        self._settled = echo is not None
        if echo is None:
            if left_the_entry(screen, counter=False):
                self._restart("", shown_at_least)
            return
        if not self._entries and not echo.whole:
            return
        grown = self._grown(echo, keys_down, shown_at_least)
        if grown and len(grown) <= _MOST_ENTRIES:
            self._entries = grown
        elif echo.whole:
            # Nothing is out of sight: the entry is what is seen, however it came to be.
            self._restart(echo.tail, shown_at_least)
        else:
            self._entries = {}
            self._foreign = not grown and not self._part_of_wanted(echo)

    def verdict(self, typed: int | None = None) -> EchoVerdict:
        """What the screens prove about the first `typed` digits (None: about all of them)."""
        wanted = self._wanted if typed is None else self._wanted[:typed]
        every = tuple(range(1, len(wanted) + 1))
        if not self._entries:
            if self._foreign:
                return EchoVerdict("wrong", "the line shows digits that are not to be typed")
            return EchoVerdict("unproven", "the screens do not follow from each other", unproved=every)
        mistakes = [_first_mistake(entry, wanted) for entry in self._entries]
        lengths = {len(entry) for entry in self._entries}
        entered = lengths.pop() if len(lengths) == 1 else None
        sure = [mistake for mistake in mistakes if mistake is not None]
        if len(sure) == len(mistakes):
            place, seen = max(sure)
            return EchoVerdict(
                "wrong",
                f"digit {place + 1} on the glass is not the one to be typed",
                place + 1,
                seen,
                entered,
            )
        unproved = tuple(
            place + 1
            for place in range(len(wanted))
            if any(entry[place : place + 1] != wanted[place] for entry in self._entries)
        )
        if not self._settled:
            reason = "the last screen is no readable entry line"
        elif set(self._entries) == {wanted}:
            return EchoVerdict("verified", "no other entry fits what was seen", None, "", entered)
        elif entered is not None and entered < len(wanted):
            reason = f"the line holds {entered} of {len(wanted)} digits"
        else:
            reason = "another entry would have looked the same"
        return EchoVerdict("unproven", reason, None, "", entered, unproved)

    def standing(self) -> Standing | None:
        """How far the line holds the wanted digits, None when that is not certain."""
        if len(self._entries) != 1:
            return None
        (entry,) = self._entries
        return standing_of(entry, self._wanted) if self._settled or not entry else None

    def _grown(self, echo: EntryEcho, keys_down: int, shown_at_least: int) -> dict[str, int]:
        """Every entry that this line may be, grown out of those that fitted before."""
        grown: dict[str, int] = {}
        for entry, keys in self._entries.items():
            most_new = DIGITS_PER_KEY * (keys_down - keys) + (DIGITS_PER_KEY - 1)
            for longer in self._continuations(entry, echo, most_new):
                used = max(shown_at_least, keys + _fewest_keys(entry[-1:], longer[len(entry) :]))
                if used <= keys_down:
                    grown[longer] = min(used, grown.get(longer, used))
        return grown

    def _continuations(self, entry: str, echo: EntryEcho, most_new: int) -> Iterator[str]:
        for entered in range(len(entry), len(entry) + most_new + 1):
            seen = places_seen(echo, entered, self._cells, self._dashes)
            if seen is None:
                continue
            if all(place >= len(entry) or entry[place] in (HIDDEN, shown) for place, shown in seen.items()):
                yield "".join(seen.get(place, entry[place : place + 1] or HIDDEN) for place in range(entered))

    def _restart(self, entry: str, shown_at_least: int) -> None:
        self._entries = {entry: shown_at_least}
        self._foreign = False

    def _part_of_wanted(self, echo: EntryEcho) -> bool:
        for entered in range(1, len(self._wanted) + 1):
            seen = places_seen(echo, entered, self._cells, self._dashes)
            if seen is not None and all(self._wanted[place] == shown for place, shown in seen.items()):
                return True
        return False


def _first_mistake(entry: str, wanted: str) -> tuple[int, str] | None:
    """(place, digit) of the first digit that the wanted entry has not there; None when none is known."""
    for place, shown in enumerate(entry):
        if shown != HIDDEN and wanted[place : place + 1] != shown:
            return place, shown
    return (len(wanted), "") if len(entry) > len(wanted) else None


def _fewest_keys(last: str, digits: str) -> int:
    """The fewest further presses that make these digits after `last`.

    Two equal neighbours may be one press, and a first digit equal to the last one may be that one's bounce.
    """
    at = 1 if last and digits and _may_be_equal(last, digits[0]) else 0
    keys = 0
    while at < len(digits):
        doubled = at + 1 < len(digits) and _may_be_equal(digits[at], digits[at + 1])
        at += DIGITS_PER_KEY if doubled else 1
        keys += 1
    return keys


def _may_be_equal(one: str, other: str) -> bool:
    return one == other or HIDDEN in (one, other)
