"""The last gate before a key: one Enter a token, another only when the first was not taken, each after its intent is on disk.

The scripts are written so that the gate never closes; it is here because a mistake in them must not reach a meter.
"""

from __future__ import annotations

from kctrig.procedure.actions import Keys, PressKeys, Record


class EnterForbidden(Exception):  # noqa: N818 - named for what happened
    """A script wanted to press Enter against the rules; it was not pressed."""


class EnterGuard:
    """Watches records that became durable and key jobs that are about to start."""

    def __init__(self) -> None:
        self._allowed: dict[int, int] = {}  # token position to the job id of its recorded enter-intent
        self._entered: set[int] = set()

    def recorded(self, record: Record) -> None:
        """A journal point is on disk."""
        if record.point == "answer" and record.body["answer"] == "not_taken":
            self._entered.discard(int(str(record.body["position"])))
        if record.point == "enter-intent":
            self._allowed[int(str(record.body["position"]))] = int(str(record.body["job_id"]))

    def check(self, keys: PressKeys) -> None:
        """Let a key job through, or raise EnterForbidden."""
        if keys.purpose is not Keys.ENTER or keys.position is None:
            return
        if keys.position in self._entered:
            raise EnterForbidden(f"token {keys.position + 1} has had its Enter")
        if self._allowed.get(keys.position) != keys.job_id:
            raise EnterForbidden(f"the Enter of token {keys.position + 1} is not in the journal")
        self._entered.add(keys.position)
