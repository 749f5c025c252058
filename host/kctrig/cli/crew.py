"""Screens and questions of a round: a live table on a terminal, plain lines anywhere else."""

from __future__ import annotations

import queue
import sys
import threading
import time
from collections.abc import Sequence
from concurrent.futures import Future
from types import TracebackType
from typing import TYPE_CHECKING, TextIO

from kctrig.cli.lines import read_line
from kctrig.cli.tongue import Tongue
from kctrig.procedure.verdicts import DONE

if TYPE_CHECKING:
    from rich.live import Live
    from rich.table import Table

    from kctrig.bench.round import Done
    from kctrig.procedure.runner import Progress


def make_crew(rigs: list[str], *, live: bool, may_ask: bool, tongue: Tongue | None = None) -> PlainCrew:
    """The crew for this terminal; progress goes to stderr, so that stdout holds results only."""
    kind = LiveCrew if live and sys.stderr.isatty() else PlainCrew
    return kind(rigs, may_ask, tongue=tongue)


class PlainCrew:
    """One line on stderr whenever a meter enters a new state. Called from the threads of the rigs.

    Questions are asked by the main thread (`attend`), where Ctrl-C arrives.
    """

    def __init__(
        self, rigs: list[str], may_ask: bool, out: TextIO | None = None, tongue: Tongue | None = None
    ) -> None:
        self._tongue = tongue or Tongue()
        self._rigs = rigs
        self._names = names_of(rigs)
        self._may_ask = may_ask and sys.stdin.isatty()
        self._out = out or sys.stderr
        self._lock = threading.Lock()
        self._states: dict[str, str] = {}
        self._began = time.monotonic()
        self._questions: queue.Queue[tuple[str, Future[str | None]]] = queue.Queue()
        self._closed = False

    def attend(self, timeout_s: float) -> None:
        """Ask the next question that a rig's thread has, if one comes up in time."""
        try:
            question, answer = self._questions.get(timeout=timeout_s)
        except queue.Empty:
            return
        said: str | None = None
        try:
            if not self._closed:
                said = self._prompt(question)
        finally:
            answer.set_result(said)  # whatever happens, the rig's thread must not wait for ever

    def dismiss(self) -> None:
        """Answer every question from now on with silence; the person wants to stop."""
        self._closed = True

    def __enter__(self) -> PlainCrew:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Nothing to put back."""

    def progress(self, rig: str, step: Progress) -> None:
        """A step of the procedure on one rig."""
        with self._lock:
            if self._states.get(rig) == step.state:
                return
            self._states[rig] = step.state
            said = self._tongue.step(step.state)
            self._line(
                f"{step.meter_no or self._name(rig)}  {said:<{self._tongue.step_width}} {step.shown}".rstrip()
            )

    def finished(self, done: Done) -> None:
        """A row has its outcome."""
        with self._lock:
            reason = self._tongue.reason(done.outcome)
            if not reason and self._states.get(done.rig) == done.outcome.verdict.value:
                return  # the last step has said it, with the glass
            said = self._tongue.verdict(done.outcome.verdict)
            self._line(f"{done.row.meter_no}  {said}{f': {reason}' if reason else ''}")

    def tell(self, rig: str, text: str) -> None:
        """A line about a rig."""
        with self._lock:
            self._line(f"{self._name(rig)}: {self._tongue.found(text)}")

    def next_meter(self, rig: str, said: str, rows_left: int) -> bool:
        """Ask the technician for the next meter; False without a terminal."""
        found, rows = self._tongue.found(said), self._tongue.rows_left(rows_left)
        what = self._tongue.gettext("Put the next meter in and press Enter, or q to stop")
        answer = self.ask(f"{self._name(rig)}: {found}. {rows}. {what}")
        return answer is not None and answer.strip().lower() not in ("q", "quit")

    def ask(self, question: str) -> str | None:
        """Ask the technician anything; None without a terminal or without an answer."""
        if not self._may_ask or self._closed:
            return None
        answer: Future[str | None] = Future()
        self._questions.put((self._tongue.gettext(question), answer))
        return answer.result()

    def _name(self, rig: str) -> str:
        return self._names.get(rig) or short(rig)

    def _prompt(self, question: str) -> str | None:
        return read_line(question, lambda: self._closed)

    def _line(self, text: str) -> None:
        print(f"{time.monotonic() - self._began:7.1f} s  {text}", file=self._out, flush=True)


class LiveCrew(PlainCrew):
    """A table that is redrawn in place, one line a rig."""

    def __init__(
        self, rigs: list[str], may_ask: bool, out: TextIO | None = None, tongue: Tongue | None = None
    ) -> None:
        super().__init__(rigs, may_ask, out, tongue)
        self._steps: dict[str, Progress] = {}
        self._ended: dict[str, tuple[str, str]] = {}  # colour and words
        self._live: Live | None = None

    def __enter__(self) -> LiveCrew:
        from rich.console import Console
        from rich.live import Live

        self._live = Live(console=Console(stderr=True), refresh_per_second=8, get_renderable=self._table)
        self._live.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._live:
            self._live.stop()

    def progress(self, rig: str, step: Progress) -> None:
        """A step of the procedure on one rig."""
        with self._lock:
            self._steps[rig] = step
            self._ended.pop(rig, None)

    def finished(self, done: Done) -> None:
        """A row has its outcome."""
        with self._lock:
            said = self._tongue.verdict(done.outcome.verdict)
            colour = "green" if done.outcome.verdict in DONE else "red"
            self._ended[done.rig] = colour, f"{said} {done.outcome.seconds:.1f} s"

    def tell(self, rig: str, text: str) -> None:
        """A line about a rig."""
        with self._lock:
            self._ended[rig] = "red", self._tongue.gettext("not upgraded")
            if self._live:
                said = f"{self._name(rig)}: {self._tongue.found(text)}"
                self._live.console.print(said, markup=False, highlight=False)

    def _prompt(self, question: str) -> str | None:
        assert self._live
        self._live.stop()
        try:
            return super()._prompt(question)
        finally:
            self._live.start()

    def _table(self) -> Table:
        from rich.progress_bar import ProgressBar
        from rich.table import Table
        from rich.text import Text

        table = Table(box=None, header_style="dim", pad_edge=False)
        gettext = self._tongue.gettext
        for name in (gettext("rig"), gettext("meter"), gettext("state"), "", gettext("glass")):
            table.add_column(name, no_wrap=True)
        for rig in self._rigs:
            step = self._steps.get(rig)
            ended = self._ended.get(rig)
            if step is None:
                table.add_row(self._name(rig), "", ended[1] if ended else gettext("looking"))
                continue
            done = step.keys_total if ended else step.keys_done
            bar = ProgressBar(total=max(step.keys_total, 1), completed=done, width=10)
            style, said = ended or ("", self._tongue.step(step.state))
            table.add_row(self._name(rig), step.meter_no, Text(said, style), bar, Text(step.shown))
        return table


def names_of(rigs: Sequence[str]) -> dict[str, str]:
    """What people call each of these rigs; where two would be called alike, with its place in the command line."""
    plain = [short(rig) for rig in rigs]
    return {
        rig: name if plain.count(name) == 1 else f"{name} ({place})"
        for place, (rig, name) in enumerate(zip(rigs, plain, strict=True), 1)
    }


def short(rig: str) -> str:
    """A rig's URL without its query, as people say it."""
    return rig.partition("?")[0]
