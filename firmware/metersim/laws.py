"""The lockout law: how many refusals a meter bears and what it does then.

CLOU (facts/sts.md 4.4): after 3 refusals in a row 10 s, doubling with each further one, at most 1 280 s; ended by
an accepted token or a power cycle. Itron: after 5 refusals 30 min; a power cycle does not end it (guess).
Class 1 numbers and short codes work all the while (CLOU sourced, Itron guess).

This file runs unchanged under CPython and MicroPython.
"""

from rigwire.ticks import add, diff


class Lockout:
    """Counts refusals and says whether token entry is locked.

    Attributes:
        refused: refusals since the last accepted token (or power cycle, where that ends it).
    """

    def __init__(self, after: int, first_s: int, doubles: bool, max_s: int, power_cycle_ends: bool) -> None:
        self._after = after
        self._first_s = first_s
        self._doubles = doubles
        self._max_s = max_s
        self._power_cycle_ends = power_cycle_ends
        self.refused = 0
        self._locked = False
        self._until_ms = 0

    def power_on(self, refused: int, left_s: int, now_ms: int) -> None:
        """Start with what was kept over the power cut, as far as the law lets it live."""
        self.refused = 0 if self._power_cycle_ends else refused
        self._locked = False
        if left_s > 0 and not self._power_cycle_ends:
            self._lock(left_s, now_ms)

    def force(self, seconds: int, now_ms: int) -> None:
        """Locked for this long whatever happened before (a fault)."""
        self._lock(seconds, now_ms)

    def refusal(self, now_ms: int) -> None:
        """One more token was refused."""
        self.refused += 1
        if self._after and self.refused >= self._after:
            seconds = self._first_s
            if self._doubles:
                seconds = seconds << min(self.refused - self._after, 12)
            self._lock(min(seconds, self._max_s), now_ms)

    def accepted(self) -> None:
        """A token of this meter was accepted."""
        self.refused = 0
        self._locked = False

    def left_s(self, now_ms: int) -> int:
        """Seconds of lock left, rounded up; 0 = not locked."""
        if not self._locked:
            return 0
        left_ms = diff(self._until_ms, now_ms)
        if left_ms <= 0:
            self._locked = False
            return 0
        return (left_ms + 999) // 1000

    def next_deadline_ms(self, now_ms: int) -> int:
        """Milliseconds until the seconds left change, -1 when not locked."""
        if not self._locked:
            return -1
        left_ms = diff(self._until_ms, now_ms)
        return (left_ms - 1) % 1000 + 1 if left_ms > 0 else 0

    def _lock(self, seconds: int, now_ms: int) -> None:
        self._locked = True
        self._until_ms = add(now_ms, seconds * 1000)
