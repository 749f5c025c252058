"""How far the key change of one meter has come, from what this attempt and those before it know."""

from __future__ import annotations

from collections.abc import Callable

from kctrig.procedure.ports import History
from kctrig.procedure.session import Session
from kctrig.procedure.verdicts import TAKEN, Job, Role


class KeySet:
    """The sections of a job: which the meter took, and until when it keeps them.

    Attributes:
        history: the past of the meter as it counts now.
    """

    def __init__(
        self, job: Job, history: History, fingerprint: Callable[[str], str], session: Session
    ) -> None:
        self._job = job
        self.history = history
        self._fingerprint = fingerprint
        self._session = session
        self._sections = {at for at, step in enumerate(job.steps) if step.role is Role.KCT}

    def taken(self) -> set[int]:
        """Positions of the sections that the meter took, now or in an attempt before whose time is not over."""
        ledger = self._session.ledger
        now = {entry.position for entry in ledger.answers if entry.answer in TAKEN}
        return (now | set(ledger.held)) & self._sections

    def all_entered(self) -> bool:
        """Whether every section was taken, or got its Enter and is the one in doubt."""
        entered = self.taken()
        if self._session.ledger.open_enter is not None:
            entered = entered | {self._session.ledger.open_enter}
        return bool(entered) and entered >= self._sections

    def held_until_unix_ms(self) -> int | None:
        """When the meter forgets the sections it holds; None when it holds none or never forgets."""
        session, ledger = self._session, self._session.ledger
        timeout_ms = session.hand.habits.section_timeout_ms
        if timeout_ms is None or not self.taken():
            return None
        times = [
            known.at_unix_ms
            for position in ledger.held
            if (known := self.history.tokens.get(self._fingerprint(self._job.steps[position].digits)))
        ]
        if ledger.last_taken_ms is not None:
            times.append(session.now_unix_ms - (session.hand.now_ms - ledger.last_taken_ms))
        return max(times) + timeout_ms if times else None
