"""Meters, rigs and the command line for tests from end to end; the judge is the meter, never the rig."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from kctrig.tokens import issue
from kctrig.tokens.meters import Meter, fresh_state, numbered

SHARED = Path(__file__).resolve().parents[2] / "shared"
MERK_TYPES = {
    "cannet": "CANNET",
    "fujidharma": "FUJIDHARMA",
    "hexing": "HEXING/HXE116-KP",
    "itron": "ITRON",
    "itron_ace9000": "ITRON/ACE 9000 IBS DS",
    "melcoinda": "MELCOINDA",
    "sanxing": "SANXING/SX1A1",
    "smart": "SMART",
    "star": "STAR/DDSY23S",
}
COMMAND_S = 120.0

Kctrig = Callable[..., "Ran"]
Start = Callable[..., "Command"]
MakeBench = Callable[..., "Bench"]


@dataclass(frozen=True)
class Ran:
    """What a command came to."""

    code: int
    out: str
    err: str

    @property
    def lines(self) -> list[dict[str, Any]]:
        """stdout as JSON lines."""
        return [json.loads(line) for line in self.out.splitlines()]

    @property
    def line(self) -> dict[str, Any]:
        """stdout as the one JSON line that it must be."""
        (only,) = self.lines
        return only


@dataclass
class Command:
    """A running `kctrig`."""

    process: subprocess.Popen[str]

    def wait(self, timeout_s: float = COMMAND_S) -> Ran:
        """Its end; fails the test when it does not come."""
        out, err = self.process.communicate(timeout=timeout_s)
        return Ran(self.process.returncode, out, err)

    def interrupt(self) -> None:
        """What Ctrl-C does."""
        self.process.send_signal(signal.SIGINT)


@dataclass
class Bench:
    """An emulated meter's files, and what it says about itself."""

    folder: Path
    brand: str
    drn: str
    tokens: tuple[str, ...]
    state_path: Path
    log_path: Path
    faults: tuple[str, ...] = ()
    next_credit: Callable[[int], str] = field(default=lambda serial: "")

    @property
    def url(self) -> str:
        faults = "".join(f"&fault={fault}" for fault in self.faults)
        return f"sim:{self.brand}?state={self.state_path}&log={self.log_path}&meter={self.drn}{faults}"

    @property
    def worklist(self) -> Path:
        """A list with this one meter."""
        return self.write_list([(self.drn, MERK_TYPES[self.brand], self.tokens)])

    def write_list(self, rows: Sequence[tuple[str, str, Sequence[str]]]) -> Path:
        path = self.folder / "list.csv"
        text = "NO_METER;MERK_TYPE;VKRN;TOKEN_1;TOKEN_2\n"
        for drn, merk_type, tokens in rows:
            text += ";".join((drn, merk_type, "41", *tokens)) + "\n"
        path.write_text(text, encoding="utf-8")
        return path

    def state(self) -> dict[str, Any]:
        """The meter's own memory."""
        state: dict[str, Any] = json.loads(self.state_path.read_text(encoding="utf-8"))
        return next(one for one in state["meters"] if one["drn"] == self.drn) if "meters" in state else state

    def truth(self) -> list[dict[str, Any]]:
        """Everything that happened to the meter, by its own log."""
        if not self.log_path.exists():
            return []
        text = self.log_path.read_text(encoding="utf-8")
        return [json.loads(line) for line in text[: text.rfind("\n") + 1].splitlines()]

    def results(self) -> list[str]:
        """What became of each token that was submitted."""
        return [entry["result"] for entry in self.truth() if entry["event"] == "token"]

    def submitted(self) -> list[str]:
        """The tokens that were submitted."""
        return [entry["digits"] for entry in self.truth() if entry["event"] == "token"]

    def typed(self) -> str:
        """Every key that the meter took, in order."""
        return "".join(
            entry["key"]
            for entry in self.truth()
            if entry["event"] == "key" and entry["edge"] == "down" and entry["seen"]
        )

    def keys_down(self) -> set[str]:
        """Contacts that are closed at the end of the log."""
        down: set[str] = set()
        for entry in self.truth():
            if entry["event"] == "key":
                (down.add if entry["edge"] == "down" else down.discard)(entry["key"])
        return down

    def no_token_key_was_pressed(self) -> bool:
        """True when nothing but codes of two digits was typed."""
        entries = self.typed().replace("*", "").split("#")
        return self.submitted() == [] and all(len(entry) <= 2 for entry in entries)

    def wait_until(self, happened: Callable[[], bool], timeout_s: float) -> None:
        """Wait until the log says so; fails when it does not in time."""
        deadline = time.monotonic() + timeout_s
        while not happened():
            if time.monotonic() > deadline:
                pytest.fail(f"that did not happen in {timeout_s} s: {self.truth()[-3:]}")
            time.sleep(0.02)

    def wait_for(self, happened: Callable[[], bool], running: Command, timeout_s: float = 60.0) -> None:
        """Wait until the log says so; fails when the command ends before that."""
        deadline = time.monotonic() + timeout_s
        while not happened():
            if running.process.poll() is not None:
                pytest.fail(f"kctrig ended before that: {running.wait()}")
            if time.monotonic() > deadline:
                running.process.kill()
                pytest.fail(f"that did not happen in {timeout_s} s: {running.wait()}")
            time.sleep(0.02)


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Callable[..., Command]]:
    """Start a `kctrig` command in the test's folder."""
    running: list[Command] = []

    def command(*words: object) -> Command:
        process = subprocess.Popen(
            [sys.executable, "-m", "kctrig", *(str(word) for word in words)],
            cwd=tmp_path,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            encoding="utf-8",
            env={**os.environ, "PYTHONUTF8": "1"},
        )
        running.append(Command(process))
        return running[-1]

    yield command
    for one in running:
        if one.process.poll() is None:
            one.process.kill()
            one.process.wait()


@pytest.fixture
def kctrig(start: Callable[..., Command]) -> Callable[..., Ran]:
    """Run a `kctrig` command to its end."""
    return lambda *words: start(*words).wait()


@pytest.fixture
def make_bench(request: pytest.FixtureRequest, tmp_path: Path) -> Callable[..., Bench]:
    """Make an emulated meter on KRN 1 with the tokens for KRN 2, from the public test keys."""
    if request.config.getoption("--rig"):
        pytest.skip("needs an emulated meter, whose memory and log can be read")

    def make(
        brand: str = "hexing", *, serial: int = 700000001, krn: int = 1, faults: tuple[str, ...] = ()
    ) -> Bench:
        drn = numbered(serial)
        state = fresh_state(brand, drn, krn=krn)
        tokens = issue.key_change(Meter.from_state(fresh_state(brand, drn)), 2, rollover=True).tokens
        folder = tmp_path / drn
        folder.mkdir()
        state_path = folder / "meter.json"
        state_path.write_text(json.dumps(state), encoding="utf-8")
        return Bench(folder, brand, drn, tokens, state_path, folder / "truth.jsonl", faults)

    return make


@pytest.fixture
def shared() -> Path:
    """The folder with others' work lists and vectors."""
    if not SHARED.is_dir():
        pytest.skip("the folder ../shared with others' work lists and vectors is not here")
    return SHARED
