"""Runs a round for a terminal: questions and Ctrl-C in the main thread, rigs in their own."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from types import FrameType

from kctrig.bench.round import Round, RoundResult, Station
from kctrig.bench.station import RigStation, SignedJournal
from kctrig.cli.crew import PlainCrew
from kctrig.procedure.ports import Journal
from kctrig.procedure.runner import Stop
from kctrig.sim import open_any
from kctrig.worklist.rows import WorkRow

_ATTEND_S = 0.2
_PATIENCE = 2


class Halt:
    """What a person's wish to stop sets going: no new meter, and the procedures under way are told."""

    def __init__(self) -> None:
        self.round = threading.Event()
        self.procedures = Stop()

    @property
    def asked(self) -> bool:
        """Whether anybody asked."""
        return self.round.is_set()

    def ask(self) -> None:
        """Ask; twice means at once."""
        self.round.set()
        self.procedures.ask()


@contextmanager
def stop_on_ctrl_c(halt: Halt, crew: PlainCrew) -> Iterator[None]:
    """Turn Ctrl-C and SIGTERM into a wish to stop; after two of them a third ends the process as usual."""

    def on_signal(number: int, frame: FrameType | None) -> None:
        if halt.procedures.count >= _PATIENCE:
            raise KeyboardInterrupt
        halt.ask()
        crew.dismiss()

    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = {number: signal.signal(number, on_signal) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def run_round(
    rows: Sequence[WorkRow], rigs: Sequence[str], journal: Journal, crew: PlainCrew, halt: Halt, operator: str
) -> RoundResult:
    """Upgrade the meters of these rows on these rigs."""

    def open_station(url: str) -> Station:
        signed = SignedJournal(journal, {"operator": operator, "rig": url})
        rig = open_any(url)
        return RigStation(rig, url, signed, progress=crew.progress, ask=crew.ask, stop=halt.procedures)

    work = Round(rows, open_station, crew, halt.round)
    results: list[RoundResult] = []
    thread = threading.Thread(target=lambda: results.append(work.run(rigs)), name="round", daemon=True)
    with crew, stop_on_ctrl_c(halt, crew):
        thread.start()
        while thread.is_alive():
            crew.attend(_ATTEND_S)
    return results[0]
