"""A profile's glass as the procedure reads it: the profile's texts and the display's readers put together."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

from rigwire.glass import ICON_TAMPER

from kctrig.display.echo import EchoChecker, echo_checker
from kctrig.display.pages import read_pages
from kctrig.display.readings import EntryEcho, KrnReading, Result, is_idle, read_entry, read_krn, read_result
from kctrig.display.screen import Screen, read_image
from kctrig.procedure.pace import Habits, Pace
from kctrig.profiles import Profile

NUMBER_LENGTHS = (11, 13)
"""Digits of a meter number (DRN), facts/sts.md 1 and the SOP's lists."""

_screen = lru_cache(maxsize=64)(read_image)


class GlassWatch:
    """The display's own echo check, fed with images; see `kctrig.procedure.ports.EchoWatch`."""

    def __init__(self, checker: EchoChecker, *, counts: bool) -> None:
        self._checker = checker
        self._state = "unproven"
        self.counts = counts

    @property
    def verified(self) -> bool:
        """Every digit was seen in its place, and nothing else fits what was seen."""
        return self._state == "verified"

    @property
    def wrong(self) -> bool:
        """What was seen cannot be the wanted digits."""
        return self._state == "wrong"

    @property
    def standing(self) -> int | None:
        """How many digits stand in the line, when these are the first ones of the wanted and nothing else; or None."""
        standing = self._checker.standing()
        return standing.right if standing is not None and standing.right == standing.entered else None

    def see(self, image: bytes, keys_down: int, *, at_rest: bool = False) -> None:
        """Take the next image."""
        screen = _read(image)
        if screen is not None:
            self._checker.feed(screen, keys_down, at_rest=at_rest)
            self._state = self._checker.verdict().state


class ProfileReader:
    """Reads one brand's glass; see `kctrig.procedure.ports.Reader`."""

    def __init__(self, profile: Profile) -> None:
        self._profile = profile

    def watch(self, digits: str) -> GlassWatch:
        """A watch over these digits, about to be typed into an empty entry line."""
        glass, echo = self._profile.glass, self._profile.echo
        checker = echo_checker(digits, glass.cells, counter=echo.counter, dashes=echo.dashes)
        return GlassWatch(checker, counts=echo.counter)

    def text(self, image: bytes) -> str:
        """The glass as text for people; the digits of an entry are not in it."""
        screen = _read(image)
        if screen is None:
            return ""
        if screen.counter or self.echo(image) is not None:
            return "(entry)"
        known = self.krn(image) or self.result(image)
        return known.text if known is not None else screen.text.strip()

    def dark(self, image: bytes) -> bool:
        """The dark half of a blink, every segment lit, no image, or an image of another glass."""
        screen = _read(image)
        return screen is None or screen.blink_dark or screen.lamp_test or not self.fits(image)

    def fits(self, image: bytes) -> bool:
        """Whether this glass could be the profile's: same kind, same cells."""
        screen, glass = _read(image), self._profile.glass
        return screen is not None and (screen.kind, len(screen.cells), len(screen.counter_cells)) == (
            glass.wire_kind,
            glass.cells,
            glass.counter_cells,
        )

    def empty(self, image: bytes) -> bool:
        """A dark line or a credit, with a dark counter where there is one; or a text that is known."""
        screen = _read(image)
        if screen is None or self.dark(image) or screen.counter is not None or not screen.counter_readable:
            return False
        return screen.blank or is_idle(screen) or self.result(image) is not None

    def echo(self, image: bytes) -> EntryEcho | None:
        """An entry in progress."""
        screen = _read(image)
        if screen is None or not self.fits(image):
            return None
        return read_entry(screen, counter=self._profile.echo.counter, dashes=self._profile.echo.dashes)

    def shortened(self, image: bytes, digits: str) -> bool:
        """Whether the entry line shows the first of these digits, and one or more are gone from its end."""
        echo = None if self.dark(image) else self.echo(image)
        if echo is None:
            return False
        counts = range(1, len(digits)) if echo.counter is None else (echo.counter,)
        return any(
            digits[:count] == echo.tail if echo.whole else digits[:count].endswith(echo.tail)
            for count in counts
            if 0 < count < len(digits)
        )

    def krn(self, image: bytes) -> KrnReading | None:
        """The answer to 04."""
        screen = _read(image)
        return None if screen is None else read_krn(screen, self._profile.krn_patterns)

    def number(self, images: Sequence[bytes], lengths: Sequence[int] = NUMBER_LENGTHS) -> str | None:
        """The answer to 75, or another number of one of these lengths."""
        screens = [screen for screen in map(_read, images) if screen is not None]
        found = {read_pages(screens, length) for length in lengths} - {None}
        return found.pop() if len(found) == 1 else None

    def result(self, image: bytes) -> Result | None:
        """The answer to a token, or to a code that the meter does not know."""
        screen = _read(image)
        return None if screen is None else read_result(screen, self._profile.texts)

    def tamper(self, image: bytes) -> bool:
        """The tamper icon is lit, or the line says so."""
        screen = _read(image)
        if screen is None or screen.blink_dark or screen.lamp_test:
            return False
        result = self.result(image)
        return bool(screen.icons & ICON_TAMPER) or (result is not None and result.answer == "tamper")


def habits_of(profile: Profile, pace: Pace | None = None) -> Habits:
    """What this brand needs of the hand that types; `pace` where a better one is known than the profile's."""
    return Habits(
        enter_key=profile.enter_key,
        clear_keys=profile.erase_key * profile.clear.presses,
        erase_pair_ms=profile.clear.within_ms,
        krn_code=profile.codes.krn,
        number_code=profile.codes.number,
        last_credit_code=profile.codes.last_credit,
        last_technical_code=profile.codes.last_technical,
        pace=pace or Pace(profile.press_ms, profile.gap_ms),
        code_wait_ms=round(profile.code_answer_timeout_s * 1000),
        token_wait_ms=round(profile.token_answer_timeout_s * 1000),
        page_wait_ms=round(profile.pages_hold_s * 1000),
        digit_timeout_ms=profile.digit_timeout_s * 1000,
        section_timeout_ms=profile.section_timeout_s * 1000 or None,
        refusals_max=profile.refusals_max,
    )


def _read(image: bytes) -> Screen | None:
    """The image as a screen, None when it is none at all (the meter is silent)."""
    try:
        return _screen(image)
    except ValueError:
        return None
