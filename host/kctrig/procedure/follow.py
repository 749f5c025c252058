"""How soon a glass follows the keys, and from when on a key that it has not followed counts as lost."""

from __future__ import annotations

from collections import deque

JITTER_MS = 6
"""How much later than the slowest echo so far, or than the end of its press, an echo may come and be no surprise."""


class Follow:
    """Pairs each press with the change of the glass that answers it, oldest first.

    Attributes:
        longest_ms: from a key going down to its echo, by the host's clock; the longest so far, 0 while none is known.
    """

    def __init__(self, first_patience_ms: int) -> None:
        self.longest_ms = 0
        self._first_patience_ms = first_patience_ms
        self._unanswered: deque[int] = deque()

    def forget(self) -> None:
        """Nothing is awaited any more."""
        self._unanswered.clear()

    def down(self, now_ms: int) -> None:
        """A key went down."""
        self._unanswered.append(now_ms)

    def changed(self, now_ms: int) -> None:
        """The glass changed."""
        if not self._unanswered:
            return
        down_ms = self._unanswered.popleft()
        if not self._unanswered:  # with others under way this change could be the echo of a later one
            self.longest_ms = max(self.longest_ms, now_ms - down_ms)

    def patience_ms(self, press_ms: int) -> int:
        """How long after it went down a key of this pace has shown for certain, on a glass that goes on as it did.

        A press that is long enough was taken before its end: that is what long enough means.
        """
        if not self.longest_ms:
            return self._first_patience_ms
        return max(press_ms, self.longest_ms) + JITTER_MS

    def overdue_ms(self, press_ms: int) -> int | None:
        """When the oldest press without an echo counts as lost; None when every press has its echo."""
        return self._unanswered[0] + self.patience_ms(press_ms) if self._unanswered else None

    def settled_ms(self, press_ms: int) -> int:
        """When even the newest press must have shown; 0 when every press has its echo."""
        return self._unanswered[-1] + self.patience_ms(press_ms) if self._unanswered else 0
