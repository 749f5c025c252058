"""One rig as a script touches it: a key script at a time, one action outstanding, and note of all that is told.

Each step is a generator: it yields one action, is sent the event that answers it, and returns what it found. Nothing
here knows a clock; `now_ms` is what the machine was told last.
"""

from __future__ import annotations

from collections.abc import Generator, Iterator
from typing import TypeVar

from rigwire import ticks

from kctrig.procedure import events as ev
from kctrig.procedure.actions import AbortKeys, Action, Keys, Look, PressKeys, Record, Wait
from kctrig.procedure.follow import Follow
from kctrig.procedure.glass import Glass
from kctrig.procedure.pace import Habits, Pace
from kctrig.procedure.ports import EchoWatch, Reader
from kctrig.procedure.trouble import JournalFailed, LinkDown, MeterGone, Rebooted, RigRefused, StopAsked

_MAX_FRAMES = 40  # of evidence a token; a glass that flickers must not fill the journal

T = TypeVar("T")
Steps = Generator[Action, ev.Event, T]


class Touch:
    """What is known of keys and glass of one rig, and the single actions on it.

    Attributes:
        now_ms: host time of the last event.
        stoppable: whether one Interrupted ends the script at the next step; two always do.
        identified: the meter's number was read and is the right one, and its port was not silent since. While this is
            True, silence ends the script with MeterGone.
        keys_pressed: contacts that closed.
        glass: what it shows.
        downs, ups: device times of contacts closing and opening since the entry began.
        last_up_ms: device time of the last contact opening.
    """

    def __init__(self, reader: Reader, habits: Habits, job_ids: Iterator[int]) -> None:
        self.reader = reader
        self.habits = habits
        self.now_ms = 0
        self.stoppable = True
        self.identified = False
        self.keys_pressed = 0
        self.glass = Glass()
        self.downs: list[int] = []
        self.ups: list[int] = []
        self.last_up_ms = 0
        self._job_ids = job_ids
        self._job: int | None = None
        self._interrupts = 0
        self._parted = False
        self._unanswered = 0  # keys down since the glass changed
        self._watch: EchoWatch | None = None
        self._follow = Follow(habits.echo_wait_ms)
        self._before_entry = 0  # changes of the glass before the first key of this entry
        self._entry_image: bytes | None = None
        self._enter_job: int | None = None
        self._enter_down_ms: int | None = None  # of an Enter that the glass has not followed yet
        self._enter_device_ms: int | None = None  # when the last Enter went down, by the rig's clock
        self._image_device_ms = 0  # when the meter sent the image last, by the rig's clock
        self._of_token = False  # the last Enter was one
        self._leaves_ms = (
            0  # from a token's Enter going down to the glass leaving the entry; the longest so far
        )
        self._fresh_from: int | None = None
        self._frames: list[tuple[int, bytes]] = []

    # -- what the machine tells

    def observe(self, event: ev.Event, now_ms: int) -> None:
        """Take note of an event, whichever step is waiting."""
        self.now_ms = max(self.now_ms, now_ms)
        if isinstance(event, ev.GlassSeen):
            self._image_device_ms = event.device_ms
            self._see(event.image)
            if not event.image:
                self._part()
        elif isinstance(event, ev.MeterAway):
            self._part()
        elif isinstance(event, ev.KeyMoved):
            self._moved(event)
        elif isinstance(event, ev.KeysEnded):
            if event.job_id == self._job:
                self._job = None
            if event.job_id == self._enter_job:
                self._enter_is_down(event.device_ms)
        elif isinstance(event, ev.Interrupted):
            self._interrupts += 1

    @property
    def stop_asked(self) -> bool:
        """Whether a person asked to stop."""
        return self._interrupts > 0

    @property
    def stale(self) -> bool:
        """Whether the glass still shows what it showed before Enter: the echo, an old result, idle credit."""
        return (
            self._fresh_from is None
            or self.glass.changes == self._fresh_from
            or self.glass.image == self._entry_image
        )

    def _part(self) -> None:
        self._parted = self._parted or self.identified
        self.identified = False

    def _see(self, image: bytes) -> None:
        changes = self.glass.changes
        self.glass.see(image, self.now_ms)
        if self.glass.changes != changes:
            self._unanswered = 0
            self._follow.changed(self.now_ms)
            if self._enter_down_ms is not None and self._of_token:
                self._leaves_ms = max(self._leaves_ms, self.now_ms - self._enter_down_ms)
            self._enter_down_ms = None
        if self._watch is not None and self.downs and self.glass.changes != changes:
            self._watch.see(image, len(self.downs))
        if self.glass.changes != changes and not self.stale and len(self._frames) < _MAX_FRAMES:
            self._frames.append((self.now_ms, image))

    def _moved(self, event: ev.KeyMoved) -> None:
        if event.down:
            self.keys_pressed += 1
            self._unanswered += 1
            self._follow.down(self.now_ms)
            rested_ms = ticks.diff(event.device_ms, self.last_up_ms)
            if rested_ms >= self.habits.rest_ms:
                self._see_at_rest()
            self.downs.append(event.device_ms)
            if self._enter_job is not None and event.key == self.habits.enter_key:
                self._enter_is_down(event.device_ms)
        else:
            self.last_up_ms = event.device_ms
            self.ups.append(event.device_ms)

    def _see_at_rest(self) -> None:
        """The hand rested: every key pressed so far shows by now. A glass from before the entry says nothing of it."""
        if self._watch is not None and self.downs and self.glass.changes != self._before_entry:
            self._watch.see(self.glass.image, len(self.downs), at_rest=True)

    def _enter_is_down(self, device_ms: int) -> None:
        if self._fresh_from is None:
            self._enter_device_ms = device_ms
            self._fresh_from = self.glass.changes
            self._enter_down_ms = self.now_ms

    # -- single actions

    def new_job_id(self) -> int:
        """A job id for a key script to come."""
        return next(self._job_ids)

    def record(self, point: str, **body: object) -> Steps[None]:
        """Make a journal point durable."""
        event = yield Record(point, body)
        if isinstance(event, ev.RecordFailed):
            raise JournalFailed(event.detail)

    def look(self) -> Steps[bytes]:
        """The glass as it is now."""
        event = yield Look()
        self._raise_trouble(event)
        return self.glass.image

    def wait(self, until_ms: int) -> Steps[ev.Event]:
        """Whatever happens next, at the latest DeadlinePassed."""
        self._raise_stop()
        event = yield Wait(until_ms)
        self._raise_trouble(event)
        self._raise_stop()
        return event

    def press(
        self,
        keys: str,
        pace: Pace,
        purpose: Keys,
        *,
        job_id: int | None = None,
        fresh: bool = False,
        position: int | None = None,
    ) -> Steps[None]:
        """Start a key script, after the one before has ended."""
        yield from self.keys_up(self.now_ms + 2_000)
        self._job = self.new_job_id() if job_id is None else job_id
        event = yield PressKeys(self._job, keys, pace.press_ms, pace.gap_ms, purpose, fresh, position)
        if isinstance(event, ev.KeysRefused):
            self._job = None
            raise RigRefused(event.detail, effect="nothing")
        self._raise_trouble(event)

    def keys_up(self, until_ms: int) -> Steps[None]:
        """Wait for the end of the running key script; past the deadline it is aborted."""
        while self._job is not None and self.now_ms < until_ms:
            yield from self.wait(until_ms)
        yield from self.abort()

    def abort(self) -> Steps[None]:
        """End the running key script, if there is one."""
        if self._job is not None:
            event = yield AbortKeys(self._job)
            self._job = None
            self._raise_trouble(event)

    # -- trouble

    def check_stop(self) -> None:
        """End the script here when a person asked to stop."""
        if self.stop_asked:
            raise StopAsked("a person asked to stop")

    def _raise_trouble(self, event: ev.Event) -> None:
        if isinstance(event, ev.LinkTrouble):
            raise LinkDown(event.detail, effect=event.effect)
        if isinstance(event, ev.DeviceRebooted):
            self._job = None
            self.identified = self._parted = False
            raise Rebooted(event.detail)
        if self._parted:
            self._parted = False
            raise MeterGone(
                "the meter port fell silent or its meter started anew, so another one may stand there now"
            )

    def _raise_stop(self) -> None:
        if self._interrupts > (0 if self.stoppable else 1):
            raise StopAsked("a person asked to stop")
