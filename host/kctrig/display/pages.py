"""Numbers longer than the line: pages `1-DDDDDD`, `2-DDDDD`, shown one after the other, put together again."""

from __future__ import annotations

from collections.abc import Iterable

from kctrig.display.match import digit, trimmed
from kctrig.display.readings import read_number
from kctrig.display.screen import Screen


class PageCollector:
    """Collects the pages of one number of known length, in whatever order and however often they come.

    Attributes:
        conflict: two screens said different things for the same digits; then there is no number any more.
    """

    def __init__(self, length: int) -> None:
        self._length = length
        self._pages: dict[int, str] = {}
        self._whole: str | None = None
        self.conflict = False

    def feed(self, screen: Screen) -> str | None:
        """Take one screen; the number when it is complete and without contradiction, else None.

        Screens that show no page of such a number change nothing.
        """
        whole = read_number(screen, self._length)
        if whole is not None:
            self.conflict |= self._whole not in (None, whole)
            self._whole = whole
        page = _read_page(screen, self._length)
        if page is not None:
            number, digits = page
            self.conflict |= self._pages.setdefault(number, digits) != digits
        return self.number()

    def number(self) -> str | None:
        """The number when it is complete and without contradiction, else None."""
        joined = "".join(self._pages[page] for page in sorted(self._pages))
        complete = joined if len(joined) == self._length else None
        if self.conflict or (self._whole and complete and self._whole != complete):
            self.conflict = True
            return None
        return self._whole or complete


def read_pages(screens: Iterable[Screen], length: int) -> str | None:
    """The number of this many digits that these screens show, or None when a page is missing or contradicted."""
    collector = PageCollector(length)
    for screen in screens:
        collector.feed(screen)
    return collector.number()


def _read_page(screen: Screen, length: int) -> tuple[int, str] | None:
    """(page number from 1, its digits) when the screen is a page of a number of this length."""
    if screen.blink_dark or screen.lamp_test or screen.counter or not screen.counter_readable:
        return None
    line = trimmed(screen.symbols())
    if len(line) < 3 or "-" not in line[1]:
        return None
    page = digit(line[0])
    digits = "".join(digit(symbol) or "?" for symbol in line[2:])
    if not page or "?" in digits:
        return None
    a_page = len(screen.cells) - 2
    awaited = min(a_page, length - (int(page) - 1) * a_page)
    return (int(page), digits) if int(page) > 0 and len(digits) == awaited else None
