"""SIGKILL to a real `kctrig upgrade` that types on an emulated rig in other processes, then `resume`, then the judge.

The judge reads the meter's own log and memory, and the store; not what the killed or the resuming process said.
"""

from __future__ import annotations

import json
import os
import sqlite3
import subprocess
import sys
import time
from collections import Counter
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from kctrig.records.evidence import check, read_store
from kctrig.records.store import Store
from kctrig.tokens import issue
from kctrig.tokens.meters import Meter, fresh_state, numbered

BRAND, MERK_TYPE = "hexing", "HEXING/HXE116-KP"
SECTION = ("intent", "typed", "enter-intent", "answer")
POINTS = ("claim", "probe", *SECTION, *SECTION, "verify", "verdict")
_COMMAND_S = 120.0
_RIG_GOES_SAFE_S = 2.5
_FINISHED = ("PASS_VERIFIED", "ALREADY_DONE")


class BrokenPromiseError(AssertionError):
    """Something that must hold after every kill did not."""


@dataclass(slots=True)
class Kill:
    """One killed upgrade and what came of its meter."""

    points: list[str] = field(default_factory=list)
    broken_as: str = ""
    state: str = ""
    krn_kt: tuple[int, int] = (0, 0)


class Scene:
    """An emulated meter on KRN 1 behind an emulated rig, both in processes of their own, and its work list."""

    def __init__(self, folder: Path, serial: int) -> None:
        folder.mkdir(parents=True)
        self.drn = numbered(serial)
        state = fresh_state(BRAND, self.drn)
        self.tokens = issue.key_change(Meter.from_state(state), 2, rollover=True).tokens
        self.folder, self.store = folder, folder / "shift.db"
        self._state, self._log = folder / "meter.json", folder / "truth.jsonl"
        self._state.write_text(json.dumps(state), encoding="utf-8")
        self._list = folder / "list.csv"
        row = ";".join((self.drn, MERK_TYPE, "41", *self.tokens))
        self._list.write_text(f"NO_METER;MERK_TYPE;VKRN;TOKEN_1;TOKEN_2\n{row}\n", encoding="utf-8")
        self._rig = self._start(
            "emulate", "rig", BRAND, "--state", self._state, "--log", self._log, "--json", out=subprocess.PIPE
        )
        assert self._rig.stdout is not None
        self._port = json.loads(self._rig.stdout.readline())["port"]

    def close(self) -> None:
        """End the rig."""
        self._rig.terminate()
        self._rig.communicate(timeout=_COMMAND_S)

    def upgrade(self) -> subprocess.Popen[str]:
        """A running upgrade."""
        return self._work("upgrade")

    def resume(self) -> None:
        """Finish what the store has open; from the start where nothing is in it yet."""
        for command in ("resume", "upgrade") if not self.points() else ("resume",):
            self._work(command).communicate(timeout=_COMMAND_S)

    def points(self) -> list[str]:
        """The journal points that are on disk."""
        if not self.store.exists():
            return []
        with closing(sqlite3.connect(f"{self.store.as_uri()}?mode=ro", uri=True)) as db:
            try:
                rows = db.execute("SELECT point FROM events ORDER BY seq").fetchall()
            except sqlite3.OperationalError:
                return []  # killed while the file was made
        return [row[0] for row in rows if row[0] not in ("retype", "doubt")]

    def truth(self) -> list[dict[str, Any]]:
        """Everything that happened to the meter, by its own log."""
        text = self._log.read_text(encoding="utf-8") if self._log.exists() else ""
        return [json.loads(line) for line in text[: text.rfind("\n") + 1].splitlines()]

    def krn_kt(self) -> tuple[int, int]:
        """By the meter's own memory."""
        state = json.loads(self._state.read_text(encoding="utf-8"))
        return state["krn"], state["kt"]

    def states(self) -> dict[str, str]:
        """State of every meter in the store."""
        with Store(self.store) as store:
            return {row.meter_no: row.state for row in store.status()}

    def _work(self, command: str) -> subprocess.Popen[str]:
        return self._start(command, self._list, "--rig", self._port, "--store", self.store, "--json")

    def _start(self, *words: object, out: int = subprocess.DEVNULL) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [sys.executable, "-m", "kctrig", *(str(word) for word in words)],
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=subprocess.DEVNULL,
            text=True,
            env={**os.environ, "PYTHONUTF8": "1"},
        )


def kill_at_point(folder: Path, serial: int, number: int) -> Kill:
    """Kill when the journal has `number` points, resume, judge."""
    return _killed(folder, serial, number=number)


def kill_after(folder: Path, serial: int, after_s: float) -> Kill:
    """Kill some time after the start, resume, judge."""
    return _killed(folder, serial, after_s=after_s)


def _killed(folder: Path, serial: int, *, number: int | None = None, after_s: float = _COMMAND_S) -> Kill:
    scene, kill = Scene(folder, serial), Kill()
    try:
        process = scene.upgrade()
        end_s = time.monotonic() + after_s
        while process.poll() is None and time.monotonic() < end_s:
            if number is not None and len(scene.points()) >= number:
                break
            time.sleep(0.002)
        process.kill()
        process.communicate()
        kill.points = scene.points()
        time.sleep(_RIG_GOES_SAFE_S)
        _judge_keys(scene)
        if kill.points:
            kill.broken_as = scene.states()[scene.drn]
            _judge_what_is_known(scene, kill)
        scene.resume()
        kill.state, kill.krn_kt = scene.states()[scene.drn], scene.krn_kt()
        judge(scene, kill)
    finally:
        scene.close()
    return kill


def judge(scene: Scene, kill: Kill) -> None:
    """What must hold when all is over."""
    _judge_keys(scene)
    rows = [row for row in scene.truth() if row["event"] == "token"]
    given = Counter(row["digits"] for row in rows)
    if set(given) - set(scene.tokens):
        raise BrokenPromiseError("digits were submitted that are not the work list's")
    if max(given.values(), default=0) > 1:
        raise BrokenPromiseError(f"a token was submitted twice: {[row['result'] for row in rows]}")
    if kill.state in _FINISHED and kill.krn_kt != (2, 2):
        raise BrokenPromiseError(f"{kill.state} on a meter that has {kill.krn_kt}")
    if kill.state not in (*_FINISHED, "IN_DOUBT"):
        raise BrokenPromiseError(f"a good meter ended as {kill.state}")
    # Only an Enter that was intended and whose answer was not read may leave a doubt.
    last = kill.points[-1:]
    if kill.state == "IN_DOUBT" and last != ["enter-intent"]:
        raise BrokenPromiseError(f"in doubt although the journal ended with {last}")
    if kill.state == "IN_DOUBT" and kill.krn_kt == (2, 2):
        raise BrokenPromiseError("in doubt although 04 shows the new key revision")
    found = check(read_store(scene.store))
    if not found.ok:
        raise BrokenPromiseError(f"the chain was bent: {found.chain.wrong}")


def _judge_what_is_known(scene: Scene, kill: Kill) -> None:
    """Right after the kill: no Enter that the meter saw is missing in the journal, and no pass is claimed falsely."""
    given = sum(row["event"] == "token" for row in scene.truth())
    if given > kill.points.count("enter-intent"):
        raise BrokenPromiseError("the meter was given a token whose Enter is not in the journal")
    if kill.broken_as in _FINISHED and scene.krn_kt() != (2, 2):
        raise BrokenPromiseError("the store claims a pass that the meter does not know of")


def _judge_keys(scene: Scene) -> None:
    down: set[str] = set()
    for row in scene.truth():
        if row["event"] == "key":
            (down.add if row["edge"] == "down" else down.discard)(row["key"])
    if down:
        raise BrokenPromiseError(f"keys stayed down: {sorted(down)}")
