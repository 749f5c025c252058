"""One loop between a machine and the world: perform the action, tell the machine what came of it."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Protocol

from rigwire import ticks

from kctrig.link.errors import KctrigError, LinkLost, OutcomeUnknown, RequestRefused
from kctrig.procedure import events as ev
from kctrig.procedure.actions import AbortKeys, Action, Ask, Finish, Look, PressKeys, Record, Wait
from kctrig.procedure.machine import EntryMachine
from kctrig.procedure.ports import Attempt
from kctrig.procedure.verdicts import Outcome
from kctrig.rig import Event as RigEvent
from kctrig.rig import GlassShot, JobEnded, JobRunning, KeyEdge, WentSafe

# How long a wait may go on before it is seen that a person asked to stop.
_STOP_LOOK_MS = 100
_DRAIN_AT_MOST = 1_000
# Why the rig goes safe when its meter port falls silent (rigfw.app).
_METER_SILENT = "fault"


class RigLike(Protocol):
    """What the procedure needs of a rig (kctrig.rig.Rig)."""

    def allow_codes(self, enter: str, erase: str, codes: Iterable[str]) -> None:
        """Tell the firmware which keys enter and erase, and which codes only read."""

    def start_keys(
        self, job_id: int, keys: str, *, press_ms: int, gap_ms: int, fresh_entry: bool = False
    ) -> None:
        """Hand a key script to the rig."""

    def next_event(self, timeout_s: float) -> RigEvent | None:
        """The next thing that happened at the rig."""

    def job_status(self, job_id: int) -> JobEnded | JobRunning | None:
        """What the rig's table says about a job."""

    def glass(self) -> GlassShot:
        """What the glass shows now."""

    def abort(self, job_id: int) -> None:
        """End a job if it runs."""

    def release_all(self) -> None:
        """Every key up."""


class Clock(Protocol):
    """Where the runner gets the time from."""

    def now_ms(self) -> int:
        """Monotonic milliseconds."""

    def unix_ms(self) -> int:
        """Wall-clock milliseconds."""


class SystemClock:
    """The computer's own clocks."""

    def now_ms(self) -> int:
        """Monotonic milliseconds."""
        return time.monotonic_ns() // 1_000_000

    def unix_ms(self) -> int:
        """Wall-clock milliseconds since 1970."""
        return time.time_ns() // 1_000_000


class Stop:
    """A person wants to stop. Once: submit nothing more, but read what is under way. Twice: stop at once.

    Attributes:
        count: how often it was asked.
    """

    def __init__(self) -> None:
        self.count = 0

    def ask(self) -> None:
        """Ask once more; from any thread, or from a signal handler."""
        self.count += 1


@dataclass(frozen=True, slots=True)
class Progress:
    """One step of an attempt, for a person who watches.

    Attributes:
        state: READY, IDENTIFIED, PROBED, ENTERING 1, ENTERING 2, VERIFYING, or the verdict.
        keys_done: contacts closed so far.
        keys_total: contacts that an attempt without trouble closes; 0 when nobody knows.
        shown: text of the glass; the digits of an entry are never in it.
    """

    meter_no: str
    state: str
    keys_done: int
    keys_total: int
    shown: str


class Driver:
    """Performs the actions of one machine.

    Args:
        attempt: where records go; None for scripts that only look.
        trouble: something that went wrong before the first action; told to the machine at its first Look.
        on_step: called after every event.
    """

    def __init__(
        self,
        rig: RigLike,
        attempt: Attempt | None,
        clock: Clock,
        *,
        ask: Callable[[str], str | None] | None = None,
        stop: Stop | None = None,
        trouble: ev.LinkTrouble | None = None,
        on_step: Callable[[], None] | None = None,
    ) -> None:
        self._rig = rig
        self._attempt = attempt
        self._clock = clock
        self._ask = ask
        self._stop = stop
        self._stops_told = 0
        self._trouble = trouble
        self._on_step = on_step
        self._looked_ms: int | None = None

    def run(self, machine: EntryMachine) -> Outcome:
        """From the first action to the verdict. Whatever ends it, every key is up afterwards."""
        try:
            if self._trouble is None:
                self._drain()
            action = machine.start(self._clock.now_ms())
            while not isinstance(action, Finish):
                event = self._perform(action)
                following = machine.handle(event, self._clock.now_ms())
                if following is None:
                    raise AssertionError(f"{event} is no answer to {action}")
                action = following
                if self._on_step is not None:
                    self._on_step()
            return action.outcome
        finally:
            self._keys_up()

    def _perform(self, action: Action) -> ev.Event:
        if isinstance(action, Record):
            return self._record(action)
        if isinstance(action, Ask):
            return ev.OperatorAnswered(self._ask(action.question) if self._ask is not None else None)
        try:
            if isinstance(action, Wait):
                return self._wait(action.until_ms)
            if isinstance(action, Look):
                return self._look()
            if isinstance(action, PressKeys):
                return self._press(action)
            assert isinstance(action, AbortKeys)
            return self._abort(action.job_id)
        except OutcomeUnknown as error:
            return ev.DeviceRebooted(str(error))
        except KctrigError as error:
            return ev.LinkTrouble(str(error), error.effect)

    def _record(self, action: Record) -> ev.Event:
        if self._attempt is None:
            return ev.RecordFailed("there is no journal")
        try:
            self._attempt.record(action.point, action.body)
        except Exception as error:  # whatever the store died of: nothing may be pressed after it
            return ev.RecordFailed(str(error) or type(error).__name__)
        return ev.Recorded()

    def _wait(self, until_ms: int) -> ev.Event:
        while True:
            if self._stop is not None and self._stop.count > self._stops_told:
                self._stops_told += 1
                return ev.Interrupted()
            left_ms = max(0, until_ms - self._clock.now_ms())
            slice_ms = left_ms if self._stop is None else min(left_ms, _STOP_LOOK_MS)
            seen = self._understood(self._rig.next_event(slice_ms / 1000))
            if seen is not None:
                return seen
            if self._clock.now_ms() >= until_ms:
                return ev.DeadlinePassed()

    def _understood(self, event: RigEvent | None) -> ev.Event | None:
        if isinstance(event, GlassShot):
            if self._looked_ms is not None and ticks.diff(event.device_ms, self._looked_ms) < 0:
                return None  # older than what a Look has told already
            return ev.GlassSeen(event.image, event.device_ms)
        if isinstance(event, KeyEdge):
            return ev.KeyMoved(event.key, event.down, event.device_ms)
        if isinstance(event, JobEnded):
            return ev.KeysEnded(event.job_id, event.state, event.keys_done, event.reason, event.device_ms)
        if isinstance(event, WentSafe) and event.reason == _METER_SILENT:
            return ev.MeterAway()
        return None

    def _look(self) -> ev.Event:
        if self._trouble is not None:
            return self._trouble
        try:
            shot = self._rig.glass()
        except RequestRefused:
            return ev.GlassSeen(b"")  # no meter answers
        self._looked_ms = shot.device_ms
        return ev.GlassSeen(shot.image, shot.device_ms)

    def _press(self, action: PressKeys) -> ev.Event:
        try:
            self._rig.start_keys(
                action.job_id,
                action.keys,
                press_ms=action.press_ms,
                gap_ms=action.gap_ms,
                fresh_entry=action.fresh,
            )
        except RequestRefused as error:
            if error.effect != "nothing":
                raise
            return ev.KeysRefused(action.job_id, str(error))
        return ev.KeysAccepted(action.job_id)

    def _abort(self, job_id: int) -> ev.Event:
        self._rig.abort(job_id)
        status = self._rig.job_status(job_id)
        if isinstance(status, JobEnded):
            return ev.KeysEnded(job_id, status.state, status.keys_done, status.reason, status.device_ms)
        return ev.KeysEnded(job_id, "aborted", 0, "the rig does not know the job")

    def _drain(self) -> None:
        """Forget what the rig reported before this machine began."""
        try:
            for _ in range(_DRAIN_AT_MOST):
                if self._rig.next_event(0) is None:
                    return
        except KctrigError as error:
            self._trouble = ev.LinkTrouble(str(error), error.effect)

    def _keys_up(self) -> None:
        try:
            self._rig.release_all()
        except LinkLost:
            return  # the rig itself releases every key two seconds after the link fell silent
        except KctrigError:
            return  # likewise: a rig that restarted or refused has no key down for this host
