"""One round over a work list: every rig works by itself, each meter is matched to its row by the number it shows."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

from kctrig.procedure.verdicts import Outcome, Verdict
from kctrig.worklist.rows import WorkRow


@dataclass(frozen=True, slots=True)
class Seen:
    """What a rig found in its slot: the number that the meter shows, or why there is none."""

    meter_no: str | None
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Done:
    """One row of the list after the round, and the rig that worked on it (empty: none did)."""

    row: WorkRow
    rig: str
    outcome: Outcome


class Station(Protocol):
    """One open rig with whatever meter is in its slot."""

    def identify(self, rows: Sequence[WorkRow]) -> Seen:
        """Read the number of the meter, which may be any of these rows' or a stranger's."""

    def upgrade(self, row: WorkRow) -> Outcome:
        """Upgrade the meter in the slot if it is this row's."""

    def close(self) -> None:
        """Let go of the rig."""


class Crew(Protocol):
    """The people and screens around the round. Called from the rigs' threads."""

    def next_meter(self, rig: str, said: str, rows_left: int) -> bool:
        """Ask for another meter in the slot of this rig; False: there will be none."""

    def tell(self, rig: str, text: str) -> None:
        """Show a line about a rig."""

    def finished(self, done: Done) -> None:
        """A row has its outcome."""


@dataclass(frozen=True, slots=True)
class RoundResult:
    """Every row with its outcome, in the order of the list, and what struck a rig."""

    rows: tuple[Done, ...]
    failures: tuple[tuple[str, BaseException], ...]


class Round:
    """Works on the rows with several stations at once; `run` may be called once.

    Args:
        rows: of the work list.
        open_station: opens a rig by its URL; raises what `kctrig.link.errors` has.
        crew: who is asked and told.
        stop: set from anywhere to begin nothing new.
    """

    def __init__(
        self,
        rows: Sequence[WorkRow],
        open_station: Callable[[str], Station],
        crew: Crew,
        stop: threading.Event,
    ) -> None:
        self._rows = tuple(rows)
        self._open_station = open_station
        self._crew = crew
        self._stop = stop
        self._lock = threading.Lock()
        self._waiting = {row.meter_no: row for row in self._rows}
        self._done: dict[str, Done] = {}
        self._why_left: dict[str, str] = {}
        self._failures: list[tuple[str, BaseException]] = []

    def run(self, rigs: Sequence[str]) -> RoundResult:
        """Work until every rig has ended; a failure on one rig does not end the others."""
        self._one_row_for_one_rig = len(rigs) == 1 and len(self._rows) == 1
        threads = [
            threading.Thread(target=self._work, args=(rig,), name=f"rig {rig}", daemon=True) for rig in rigs
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        rows = tuple(self._done.get(row.meter_no) or self._left(row) for row in self._rows)
        return RoundResult(rows, tuple(self._failures))

    def _work(self, rig: str) -> None:
        try:
            station = self._open_station(rig)
            try:
                while not self._stop.is_set() and self._one_meter(rig, station):
                    pass
            finally:
                station.close()
        except Exception as error:
            # reported with the rows that nobody worked on; the other rigs go on
            with self._lock:
                self._failures.append((rig, error))
                self._why_left[rig] = str(error)

    def _one_meter(self, rig: str, station: Station) -> bool:
        """Work on the meter in the slot; True when there may be another."""
        row, said = self._match(rig, station)
        if row is not None:
            done = Done(row, rig, self._upgrade(row, station))
            with self._lock:
                self._done[row.meter_no] = done
            self._crew.finished(done)
            said = f"meter {row.meter_no}: {done.outcome.verdict}"
        else:
            with self._lock:
                self._why_left[rig] = said
            self._crew.tell(rig, said)
        left = len(self._waiting)
        return bool(left) and not self._stop.is_set() and self._crew.next_meter(rig, said, left)

    def _match(self, rig: str, station: Station) -> tuple[WorkRow | None, str]:
        with self._lock:
            if self._one_row_for_one_rig:
                # the entry procedure reads the number itself and presses nothing on a stranger
                self._waiting.clear()
                return self._rows[0], ""
        seen = station.identify(self._rows)
        if seen.meter_no is None:
            return None, f"no meter number read ({seen.reason}); no key of a token was pressed"
        with self._lock:
            row = self._waiting.pop(seen.meter_no, None)
            again = seen.meter_no in self._done
        if row is not None:
            return row, ""
        why = "was worked on in this round" if again else "is not in the work list"
        return None, f"meter {seen.meter_no} {why}; no key of a token was pressed"

    def _upgrade(self, row: WorkRow, station: Station) -> Outcome:
        """The outcome, also when the procedure itself broke: then nothing is known but what the error says."""
        try:
            return station.upgrade(row)
        except Exception as error:
            untouched = getattr(error, "effect", "unknown") == "nothing"
            verdict = Verdict.INFRA_ERROR if untouched else Verdict.IN_DOUBT
            reason = str(error) or type(error).__name__
            return Outcome(row.meter_no, row.profile_name, verdict, code="failure", reason=reason)

    def _left(self, row: WorkRow) -> Done:
        why = "; ".join(f"{rig.partition('?')[0]}: {text}" for rig, text in self._why_left.items())
        reason = (
            "no rig showed this meter" + (f" ({why})" if why else "") + "; put it into a rig and start again"
        )
        return Done(
            row, "", Outcome(row.meter_no, row.profile_name, Verdict.READY, code="not_begun", reason=reason)
        )
