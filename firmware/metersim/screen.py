"""What stands on the glass when: the idle value, the entry, the dark line while the meter thinks, and answers.

An answer is a list of shows, one after the other; a show has one or more pages that take turns. Times:
docs/brands.md, CLOU's 3 s and 5 s (facts/sts.md 4.4), the rest guesses.

This file runs unchanged under CPython and MicroPython.
"""

from rigwire.ticks import add, diff

BLINK_MS = 1000  # one period, half of it dark (Conlog, facts/sts.md 4.2)


class Show:
    """Pages shown for `hold_ms`, each `page_ms` long, round and round.

    A page may hold %d or %04d: the seconds of lock left at that moment.
    """

    def __init__(
        self,
        pages: "list[str]",
        hold_ms: int,
        page_ms: int = 0,
        icon: int = 0,
        blink: bool = False,
        lamp: bool = False,
    ) -> None:
        self.pages = pages
        self.hold_ms = hold_ms
        self.page_ms = page_ms or hold_ms
        self.icon = icon
        self.blink = blink
        self.lamp = lamp

    def page(self, age_ms: int) -> str:
        """The page whose turn it is."""
        return self.pages[age_ms // self.page_ms % len(self.pages)]

    def dark(self, age_ms: int) -> bool:
        """True in the dark half of a blink."""
        return self.blink and age_ms % BLINK_MS >= BLINK_MS // 2

    def change_in_ms(self, age_ms: int) -> int:
        """Milliseconds until something in it changes by itself."""
        wait_ms = self.hold_ms - age_ms
        if len(self.pages) > 1:
            wait_ms = min(wait_ms, self.page_ms - age_ms % self.page_ms)
        if self.blink:
            wait_ms = min(wait_ms, BLINK_MS // 2 - age_ms % (BLINK_MS // 2))
        return max(wait_ms, 0)


class Playlist:
    """The shows of one answer, started at a moment and gone when the last one ends."""

    def __init__(self) -> None:
        self._shows: "list[Show]" = []
        self._since_ms = 0

    def start(self, shows: "list[Show]", now_ms: int) -> None:
        """Put these in the place of whatever is shown."""
        self._shows = shows
        self._since_ms = now_ms

    def stop(self) -> None:
        """Nothing is shown any more."""
        self._shows = []

    def advance(self, now_ms: int) -> None:
        """Drop what has had its time."""
        while self._shows and diff(now_ms, self._since_ms) >= self._shows[0].hold_ms:
            self._since_ms = add(self._since_ms, self._shows[0].hold_ms)
            self._shows = self._shows[1:]

    def current(self, now_ms: int) -> "tuple[Show, int] | None":
        """The show and its age in milliseconds, None when there is none."""
        if not self._shows:
            return None
        return self._shows[0], max(0, diff(now_ms, self._since_ms))

    def next_deadline_ms(self, now_ms: int) -> int:
        """Milliseconds until the glass changes by itself, -1 when nothing is shown."""
        if not self._shows:
            return -1
        return self._shows[0].change_in_ms(max(0, diff(now_ms, self._since_ms)))


def number_pages(digits: str, cells: int) -> "list[str]":
    """A number as it fits: alone, or in pages `1-DDDDDD`, `2-DDDDD` of (cells - 2) digits each."""
    if len(digits) <= cells:
        return [digits]
    size = cells - 2
    starts = range(0, len(digits), size)
    return ["%d-%s" % (i // size + 1, digits[i : i + size]) for i in starts]
