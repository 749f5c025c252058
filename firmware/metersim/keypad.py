"""The key scanner: closed contacts in, keys taken out, on the meter's own scan instants.

Every `scan_ms` the meter looks at its contacts; what it sees `debounce` times in a row is what it believes. So a
press must last scan x debounce to be seen for certain, and so must the release before the next press. Two
keys down, or a matrix ghost made by three, are nobody's key: nothing is taken until every key is up
again. Times per brand: docs/brands.md.

Pure: the instants that passed between two calls are computed, not slept through, and where nothing
changes they are jumped over.

This file runs unchanged under CPython and MicroPython.
"""

from rigwire.meterport import KEYS
from rigwire.ticks import add, diff

PRESS = 1
RELEASE = 2
LONG_PRESS = 3


def single_key(mask: int) -> str:
    """The key of a mask with exactly one contact closed, else an empty text."""
    if mask == 0 or mask & (mask - 1):
        return ""
    at = 0
    while mask > 1:
        mask >>= 1
        at += 1
    return KEYS[at]


class Scanner:
    """Debounced scan of twelve contacts.

    `take(upto_ms)` works off the scan instants up to `upto_ms` and returns the key events in them as
    (kind, key, at_ms). A long press is reported once, `long_press_ms` after the press was taken; 0 = never.

    Attributes:
        key: the one whose press was taken and whose release was not, empty when there is none.
    """

    def __init__(self, scan_ms: int, debounce: int, start_ms: int, long_press_ms: int = 0) -> None:
        self.scan_ms = scan_ms
        self.debounce = debounce
        self.long_press_ms = long_press_ms
        self.reset(start_ms)

    def reset(self, start_ms: int) -> None:
        """Power on: nothing is believed yet and the first scan is at `start_ms`."""
        self._next_ms = start_ms
        self._mask = 0
        self._sample = 0
        self._equal = self.debounce
        self._stable = 0
        self.key = ""
        self._long_at_ms = 0
        self._long_armed = False

    def contacts(self, mask: int) -> None:
        """These contacts are closed from now on. Call `take` up to the moment of the change first."""
        self._mask = mask

    def next_deadline_ms(self, now_ms: int) -> int:
        """Milliseconds until something may be taken, -1 when nothing will unless a contact changes."""
        if self._mask != self._stable:
            left = self.debounce - self._equal if self._mask == self._sample else self.debounce
            due_ms = add(self._next_ms, (left - 1) * self.scan_ms)
        elif self._sample != self._mask:
            due_ms = self._next_ms
        elif self._long_armed:
            due_ms = self._long_at_ms
        else:
            return -1
        wait_ms = diff(due_ms, now_ms)
        return wait_ms if wait_ms > 0 else 0

    def take(self, upto_ms: int) -> "list[tuple[int, str, int]]":
        """Events of the scan instants up to and at `upto_ms`."""
        events: "list[tuple[int, str, int]]" = []
        while True:
            ahead_ms = diff(upto_ms, self._next_ms)
            if ahead_ms < 0:
                break
            if self._mask == self._sample and self._mask == self._stable:
                # Nothing new can be seen: pass over all these instants at once.
                self._next_ms = add(self._next_ms, (ahead_ms // self.scan_ms + 1) * self.scan_ms)
            else:
                self._scan(self._next_ms, events)
                self._next_ms = add(self._next_ms, self.scan_ms)
        if self._long_armed and diff(upto_ms, self._long_at_ms) >= 0:
            self._long_armed = False
            events.append((LONG_PRESS, self.key, self._long_at_ms))
        return events

    def _scan(self, at_ms: int, events: "list[tuple[int, str, int]]") -> None:
        if self._mask == self._sample:
            if self._equal < self.debounce:
                self._equal += 1
        else:
            self._sample = self._mask
            self._equal = 1
        if self._equal >= self.debounce and self._sample != self._stable:
            self._settle(at_ms, events)

    def _settle(self, at_ms: int, events: "list[tuple[int, str, int]]") -> None:
        was = self._stable
        self._stable = self._sample
        if self.key:
            events.append((RELEASE, self.key, at_ms))
            self.key = ""
            self._long_armed = False
        key = single_key(self._stable)
        if was == 0 and key:
            self.key = key
            events.append((PRESS, key, at_ms))
            if self.long_press_ms:
                self._long_armed = True
                self._long_at_ms = add(at_ms, self.long_press_ms)
