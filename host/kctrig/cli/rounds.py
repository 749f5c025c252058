"""Runs a round for a terminal: questions and Ctrl-C in the main thread, rigs in their own."""

from __future__ import annotations

import platform
import signal
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import FrameType

from kctrig.bench.round import Round, RoundResult, Station
from kctrig.bench.station import RigStation, SignedJournal
from kctrig.cli.crew import PlainCrew
from kctrig.cli.rigs import recording_of
from kctrig.procedure.pace_book import PaceBook
from kctrig.procedure.runner import Stop
from kctrig.procedure.verdicts import Override
from kctrig.records.store import Store
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


@dataclass(frozen=True, slots=True)
class Terms:
    """By whom and how a round is worked.

    Attributes:
        operator: who is at the rig.
        learn_pace: type at the pace learned in this store, and learn from every meter.
        override: opens meters again that refused or stayed in doubt.
        no_credit: nobody at these meters holds an unspent credit token.
        trace_path: where the lines of the rigs are recorded.
    """

    operator: str = ""
    learn_pace: bool = True
    override: Override | None = None
    no_credit: bool = False
    trace_path: Path | None = None


def run_round(
    rows: Sequence[WorkRow], rigs: Sequence[str], store: Store, crew: PlainCrew, halt: Halt, terms: Terms
) -> RoundResult:
    """Upgrade the meters of these rows on these rigs."""
    paces = PaceBook(store) if terms.learn_pace else None

    def open_station(url: str) -> Station:
        signed = SignedJournal(store, {"operator": terms.operator, "rig": url, "bench": platform.node()})
        return RigStation(
            open_any(url, trace=recording_of(terms.trace_path, url, rigs)),
            url,
            signed,
            progress=crew.progress,
            ask=crew.ask,
            stop=halt.procedures,
            paces=paces,
            no_credit=terms.no_credit,
            override=terms.override,
        )

    work = Round(rows, open_station, crew, halt.round)
    results: list[RoundResult] = []
    thread = threading.Thread(target=lambda: results.append(work.run(rigs)), name="round", daemon=True)
    with crew, stop_on_ctrl_c(halt, crew):
        thread.start()
        while thread.is_alive():
            crew.attend(_ATTEND_S)
    return results[0]
