"""The entry machine: events in, actions out, one action outstanding at a time. No clock, no I/O."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable

from kctrig.procedure import events as ev
from kctrig.procedure.actions import (
    AbortKeys,
    Action,
    Ask,
    Finish,
    Look,
    PressKeys,
    Record,
    Wait,
)
from kctrig.procedure.guard import EnterGuard
from kctrig.procedure.hand import Hand
from kctrig.procedure.touch import Steps
from kctrig.procedure.verdicts import Outcome, Verdict

_TROUBLE = (ev.LinkTrouble, ev.DeviceRebooted)
_ANSWERS: dict[type[Action], tuple[type[ev.Event], ...]] = {
    Record: (ev.Recorded, ev.RecordFailed),
    PressKeys: (ev.KeysAccepted, ev.KeysRefused, *_TROUBLE),
    AbortKeys: (ev.KeysEnded, *_TROUBLE),
    Look: (ev.GlassSeen, *_TROUBLE),
    Ask: (ev.OperatorAnswered,),
}
# What can only be the answer to an action; anywhere else it means nothing.
_ONLY_ANSWERS = (ev.Recorded, ev.RecordFailed, ev.KeysAccepted, ev.KeysRefused, ev.OperatorAnswered)


class EntryMachine:
    """Runs one script (kctrig.procedure.upgrade and its neighbours) step by step.

    `start` gives the first action. Every event goes to `handle`, which gives the next action, or None while the
    outstanding one has not been answered. Events that are not its answer are kept for the next Wait, so nothing that
    happened is lost and nothing is acted on twice.
    """

    def __init__(self, script: Callable[[], Steps[Outcome]], hand: Hand) -> None:
        self._hand = hand
        self._guard = EnterGuard()
        self._steps = script()
        self._kept: deque[ev.Event] = deque()
        self._outstanding: Action | None = None
        self.outcome: Outcome | None = None

    @property
    def verdict(self) -> Verdict | None:
        """The verdict once the machine has finished."""
        return None if self.outcome is None else self.outcome.verdict

    def start(self, now_ms: int) -> Action:
        """The first action."""
        self._hand.now_ms = now_ms
        return self._next(lambda: next(self._steps))

    def handle(self, event: ev.Event, now_ms: int) -> Action | None:
        """Take an event; the next action, or None when the outstanding one still waits for its answer."""
        if self.outcome is not None:
            return None
        outstanding = self._outstanding
        if isinstance(outstanding, Record) and isinstance(event, ev.Recorded):
            self._guard.recorded(outstanding)
        self._hand.observe(event, now_ms)
        if not self._answers(event, outstanding):
            if not isinstance(event, (*_ONLY_ANSWERS, ev.DeadlinePassed)):
                self._kept.append(event)
            return None
        return self._next(lambda: self._steps.send(event))

    def _answers(self, event: ev.Event, action: Action | None) -> bool:
        if isinstance(action, Wait):
            return not isinstance(event, _ONLY_ANSWERS)
        if action is None or not isinstance(event, _ANSWERS.get(type(action), ())):
            return False
        if isinstance(action, (PressKeys, AbortKeys)) and hasattr(event, "job_id"):
            return bool(event.job_id == action.job_id)
        return True

    def _next(self, step: Callable[[], Action]) -> Action:
        try:
            action = step()
            while isinstance(action, Wait) and self._kept:
                action = self._steps.send(self._kept.popleft())
        except StopIteration as end:
            self.outcome = end.value
            action = Finish(end.value)
        if isinstance(action, PressKeys):
            self._guard.check(action)
        self._outstanding = action
        return action
