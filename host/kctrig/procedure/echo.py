"""Whether what the glass showed while digits were typed proves that exactly these digits stand in the entry line.

A glass shows only the last digits of a long entry, so one look at the end proves little: a digit lost early and
another doubled would look the same. The watch follows the entry from image to image.
"""

from __future__ import annotations

from kctrig.display.readings import EntryEcho


class EchoWatch:
    """Follows one entry of `digits`; every image since the first key went down is shown to it, in order.

    With a digit counter, each image proves the digits it shows at their places, and all places must be proved.
    Without one, an image that is not full proves the whole entry so far; on a full glass each image must be the one
    before, moved on by exactly one digit. Where two such images are equal nobody can count: never complete.

    Attributes:
        bad: something else was entered; nothing may be submitted.
        complete: the last image shows the whole entry and every digit of it is proved.
    """

    def __init__(self, digits: str, *, has_counter: bool) -> None:
        self.bad = False
        self.complete = False
        self._digits = digits
        self._has_counter = has_counter
        self._count = 0
        self._proved: set[int] = set()

    def see(self, echo: EntryEcho | None) -> None:
        """Take the next image's entry line; None when the image shows no entry."""
        self.complete = False
        if echo is None or self.bad or (not echo.tail and not echo.counter):
            return
        if self._has_counter:
            self._see_counted(echo)
        else:
            self._see_uncounted(echo)
        self.complete = not self.bad and self._count == len(self._digits) == len(self._proved)

    def _see_counted(self, echo: EntryEcho) -> None:
        count = echo.counter
        if count is None:
            return  # the counter cells are between two images, or unreadable: no proof, no contradiction
        first = count - len(echo.tail)
        if (
            count < self._count
            or count > len(self._digits)
            or first < 0
            or echo.tail != self._digits[first:count]
        ):
            self.bad = True
            return
        self._count = count
        self._proved.update(range(first, count))

    def _see_uncounted(self, echo: EntryEcho) -> None:
        tail, size = echo.tail, len(echo.tail)
        if echo.whole:
            if tail == self._digits[:size] and size >= self._count:
                self._advance(size)
            elif self._count:
                self.bad = True
            return
        if self._count >= size and tail == self._shown_at(self._count, size):
            return
        if self._count >= size - 1 and tail == self._shown_at(self._count + 1, size):
            self._advance(self._count + 1)
        elif self._count:
            self.bad = True

    def _shown_at(self, count: int, size: int) -> str | None:
        return self._digits[count - size : count] if count <= len(self._digits) else None

    def _advance(self, count: int) -> None:
        self._count = count
        self._proved.update(range(count))
