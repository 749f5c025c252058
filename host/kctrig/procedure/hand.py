"""The hand that types and the eye that reads: steps that every script of the procedure is made of."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from rigwire import ticks

from kctrig.display.readings import EntryEcho
from kctrig.procedure.actions import Keys
from kctrig.procedure.follow import JITTER_MS
from kctrig.procedure.pace import Habits, Pace
from kctrig.procedure.ports import EchoWatch, Reader
from kctrig.procedure.touch import Steps, T, Touch

_FROZEN_KEYS = 5  # keys in a row without any change: more than two tries to clear a line make
_SILENCE_MS = 2_500  # by then the rig has said that the meter port is silent, if it is (rigwire: 2 s)
_MENDS = 6  # of one entry; the rig's own count of what stands there allows no more (rigfw.entry)
# A glass that left each token so soon after Enter leaves it at the key, not at the answer. One that then still shows
# one after two of its refreshes, on an image sent well after Enter, belongs to a meter that took no Enter.
_LEAVES_SOON_MS = 150
_NO_ENTER_MS = 1_200
_CODES_A_TOKEN = (
    1  # a slow meter is slow with codes, too: so many times its slowest one is waited longer for a token
)
_FRESH_MS = 500
_ERASE_TRIES = 3  # the key that lost an Enter's neighbour may lose a press, too
_NOISE = 1  # keys lost of one token that say nothing about its pace: one in a hundred is lost at any


class Hand(Touch):
    """Types and reads at one rig.

    Attributes:
        enters: Enters of tokens.
        first_tries: of each token typed at the full pace, whether it stood there with one key lost at most; what a
            pace is learned from.
        code_took_ms: longest time so far from the Enter of 04 to its answer.
        lost: keys of the last entry that were typed again because the glass did not show them.
    """

    def __init__(self, reader: Reader, habits: Habits, job_ids: Iterator[int]) -> None:
        super().__init__(reader, habits, job_ids)
        self.enters = 0
        self.first_tries: list[bool] = []
        self.lost = 0
        self.code_took_ms = 0
        self._hiding = False
        self._stuck = False  # the glass did not even follow when the meter had to lose an entry

    # -- typing

    def key_in(
        self, digits: str, *, position: int | None = None, pace: Pace | None = None, mend: bool = False
    ) -> Steps[bool]:
        """Type digits into an empty entry line; True when the glass proves that they and no others stand there.

        With `mend`, a key that the glass does not follow ends the burst; when it is then certain that the line holds
        the first digits and nothing else, the rest is typed on from there.
        """
        pace = pace or self.habits.pace
        watch = self.reader.watch(digits)
        self._entry_image = None
        self._fresh_from = self._enter_job = None
        left = digits
        try:
            for mended in range(_MENDS + 1 if mend else 1):
                fresh = not mended
                yield from self._burst(left, watch, pace, fresh=fresh, position=position, eager=mend)
                yield from self._rest(watch, pace, mend=mend)
                if watch.verified or watch.wrong or not mend:
                    break
                stands = self._standing(watch)
                if stands is None or stands >= len(digits):
                    break
                left = digits[stands:]
        finally:
            self._watch = None
        self.lost = len(self.downs) - len(digits)
        self._entry_image = self.glass.image
        if watch.verified:
            self._hiding = False  # what stood there before is gone
        return watch.verified

    def note_first_try(self, right: bool) -> None:
        """What came of typing a token at the full pace: a pace is learned from it."""
        self.first_tries.append(right and self.lost <= _NOISE)

    def _burst(
        self, keys: str, watch: EchoWatch, pace: Pace, *, fresh: bool, position: int | None, eager: bool
    ) -> Steps[None]:
        """Type on; ends early when the echo is wrong or, with `eager`, when a key has none."""
        yield from self.press(keys, pace, Keys.DIGITS, fresh=fresh, position=position)
        self._follow.forget()
        self._watch = watch
        if fresh:
            self.downs, self.ups = [], []
            self._before_entry = self.glass.changes
        until_ms = self.now_ms + len(keys) * pace.key_ms + pace.gap_ms + 2_000
        while self._job is not None and not watch.wrong and self.now_ms < until_ms:
            overdue_ms = self._follow.overdue_ms(pace.press_ms) if eager else None
            if overdue_ms is not None and self.now_ms >= overdue_ms:
                break
            yield from self.wait(until_ms if overdue_ms is None else min(until_ms, overdue_ms))
        yield from self.abort()

    def _rest(self, watch: EchoWatch, pace: Pace, *, mend: bool) -> Steps[None]:
        """Wait until every key pressed so far must show, and no longer than that is certain."""
        missing = mend and self._follow.overdue_ms(pace.press_ms) is not None
        if missing and watch.counts:
            # The place of each digit is on the glass: what comes later still is noticed as a digit too many.
            quiet_ms = self.now_ms + JITTER_MS
        elif missing:
            quiet_ms = self.now_ms + self.habits.rest_ms
        else:
            # The last release may still bounce: what stands there counts only after a gap without keys.
            quiet_ms = self.now_ms + pace.gap_ms
        while not watch.wrong and self.now_ms < quiet_ms:
            yield from self.wait(quiet_ms)
            if missing:
                quiet_ms = max(quiet_ms, self._follow.settled_ms(pace.press_ms))
        until_ms = quiet_ms + (0 if missing else self.habits.echo_wait_ms)
        while not watch.wrong and not watch.verified and self.now_ms < until_ms:
            yield from self.wait(until_ms)
        if not watch.verified:
            self._see_at_rest()

    def _standing(self, watch: EchoWatch) -> int | None:
        """How many of the digits stand in the line with nothing after them; None when that is not certain."""
        if self.glass.changes == self._before_entry:
            return 0 if self.downs else None
        return watch.standing

    def still_stands(self) -> bool:
        """Whether the glass still shows the entry as `key_in` left it."""
        return self._entry_image is not None and self.glass.image == self._entry_image

    def clear(self) -> Steps[bool]:
        """Empty the entry line; True when the glass shows that it is empty."""
        for pace in (self.habits.pace, self.habits.pace):
            yield from self.press(self.habits.clear_keys, pace, Keys.CLEAR)
            yield from self.keys_up(self.now_ms + 4 * pace.key_ms + 2_000)
            until_ms = self.now_ms + self.habits.echo_wait_ms
            if (yield from self.settled(self._is_empty, until_ms)):
                return True
        if self._stuck:
            return False
        # The meter loses an entry by itself when no key is pressed for long enough; that is waited for once.
        # A glass that has not followed any of the last keys will not show that either: there only silence is waited for.
        wait_ms = _SILENCE_MS if self.frozen else self.habits.digit_timeout_ms + 1_000
        until_ms = self.now_ms + wait_ms
        cleared = bool((yield from self.settled(self._is_empty, until_ms)))
        self._stuck = not cleared
        return cleared

    def takes_back(self, digits: str) -> Steps[bool]:
        """Take a digit off the end of the entry; True when the glass shows just that.

        Such a line was not handed over with Enter: whatever a meter goes on showing while it thinks about a token, it
        cannot be edited any more. False also where one press empties the line, which proves nothing.
        """
        erase = self.habits.clear_keys[:1]
        if len(self.habits.clear_keys) < 2:
            return False
        for _ in range(_ERASE_TRIES):
            changes = self.glass.changes
            yield from self.press(erase, self.habits.pace, Keys.CLEAR)
            yield from self.keys_up(self.now_ms + 4 * self.habits.pace.key_ms + 2_000)
            until_ms = self.now_ms + self.habits.erase_pair_ms + self.habits.echo_wait_ms
            while self.glass.changes == changes and self.now_ms < until_ms:
                yield from self.wait(until_ms)
            if self.glass.changes != changes:
                until_ms = self.now_ms + self.habits.echo_wait_ms
                return bool(
                    (
                        yield from self.settled(
                            lambda image: self.reader.shortened(image, digits) or None, until_ms
                        )
                    )
                )
        return False

    @property
    def frozen(self) -> bool:
        """Whether the glass has not followed the last keys at all, so that waiting would not show anything either."""
        return self._unanswered >= _FROZEN_KEYS

    def enter(self, *, job_id: int | None = None, position: int | None = None) -> Steps[None]:
        """Press Enter once. What is on the glass until the meter reacts is stale from here on."""
        self._fresh_from = self._enter_device_ms = None
        self._frames = []
        self._enter_job = self.new_job_id() if job_id is None else job_id
        self._of_token = position is not None
        self.enters += self._of_token
        yield from self.press(
            self.habits.enter_key, self.habits.pace, Keys.ENTER, job_id=self._enter_job, position=position
        )

    # -- reading

    def hide(self) -> None:
        """What comes next on the glass are digits of a token: no text and no image of it, until it is gone."""
        self._hiding = True

    @property
    def shown(self) -> str:
        """The glass as text for people."""
        return "(token)" if self._hiding else self.reader.text(self.glass.image)

    @property
    def image_hex(self) -> str:
        """The glass as evidence for the journal."""
        return "" if self._hiding else self.glass.image.hex()

    def frames_since_enter(self) -> list[list[object]]:
        """[host ms, image in hex] of every image since Enter that shows no entry: evidence for the journal."""
        return [[at_ms, image.hex()] for at_ms, image in self._frames if self._echo(image) is None]

    def key_times(self) -> list[list[int]]:
        """[ms from the first press, ms held] of every key since typing began, by the rig's clock. No key is named."""
        pairs = zip(self.downs, self.ups, strict=False)
        return [[ticks.diff(down, self.downs[0]), ticks.diff(up, down)] for down, up in pairs]

    def answer(self, judge: Callable[[bytes], T | None], until_ms: int) -> Steps[T | None]:
        """The first settled image after Enter that `judge` knows; None when there is none in time."""
        return (yield from self.settled(lambda image: None if self.stale else judge(image), until_ms))

    def answer_to_token(self, judge: Callable[[bytes], T | None]) -> Steps[T | None]:
        """As `answer`, for the longest time that a token takes, or until it is clear that Enter was not taken.

        That is tried with the erase key, and so not before an answer may be on the glass that the key would wipe away:
        soon on a glass that has left every token at once after Enter before, later where it has shown none yet.
        """
        until_ms = self.now_ms + self.habits.token_wait_ms
        soon_ms = self.now_ms + _NO_ENTER_MS + (0 if self._leaves_ms else _CODES_A_TOKEN * self.code_took_ms)
        if self._leaves_ms > _LEAVES_SOON_MS or soon_ms >= until_ms:
            return (yield from self.answer(judge, until_ms))
        found = yield from self.answer(judge, soon_ms)
        if found is not None or (yield from self.stands_after_enter()):
            return found
        return (yield from self.answer(judge, until_ms))

    def seen_since_enter(self, judge: Callable[[bytes], T | None]) -> T | None:
        """The first image since Enter that `judge` knows and that stayed, even if it is gone by now."""
        later = [*self._frames[1:], (self.now_ms, b"")]
        for (at_ms, image), (end_ms, _) in zip(self._frames, later, strict=False):
            if end_ms - at_ms >= self.habits.settle_ms and not self.reader.dark(image):
                known = judge(image)
                if known is not None:
                    return known
        return None

    def stands_after_enter(self) -> Steps[bool]:
        """Whether the entry stands on an image that the meter sent long enough after Enter: Enter was not taken."""
        if not self.still_stands():
            return False
        yield from self.look()
        return (
            self.still_stands()
            and self._enter_device_ms is not None
            and ticks.diff(self._image_device_ms, self._enter_device_ms) >= _FRESH_MS
        )

    def settled(self, judge: Callable[[bytes], T | None], until_ms: int) -> Steps[T | None]:
        """The first image that `judge` knows and that stays; None when there is none in time."""
        while True:
            image = self.glass.image
            known = None if self.reader.dark(image) else judge(image)
            if known is not None:
                if (yield from self._stays(image)):
                    return known
                if self.now_ms >= until_ms:
                    return None
            elif self.now_ms >= until_ms:
                return None
            else:
                yield from self.wait(until_ms)

    def _stays(self, image: bytes) -> Steps[bool]:
        changes = self.glass.changes
        until_ms = self.glass.since_ms + self.habits.settle_ms
        while self.glass.changes == changes and self.now_ms < until_ms:
            yield from self.wait(until_ms)
        for _ in range(self.habits.equal_reads - 1):
            if self.glass.changes != changes:
                break
            yield from self.look()
        return self.glass.changes == changes and self.glass.image == image

    def entering(self) -> bool:
        """Whether digits stand in the entry line, as far as the glass shows it."""
        return self._echo(self.glass.image) is not None

    def _echo(self, image: bytes) -> EntryEcho | None:
        return None if self.reader.dark(image) else self.reader.echo(image)

    def _is_empty(self, image: bytes) -> bool | None:
        return self.reader.empty(image) or None
