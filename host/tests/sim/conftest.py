"""Shared by the tests of emulated rigs."""

import json
import shutil
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from kctrig.rig import JobEnded, Rig
from kctrig.sim import firmware_tree

Truth = list[dict[str, Any]]


def read_truth(path: Path) -> Truth:
    """The rows of a truth log that are whole by now."""
    if not path.exists():
        return []
    return [
        json.loads(line)
        for line in path.read_text(encoding="utf-8").splitlines(keepends=True)
        if line[-1] == "\n"
    ]


@pytest.fixture
def truth() -> Callable[[Path], Truth]:
    return read_truth


@pytest.fixture
def typed() -> Callable[[Path], str]:
    """What the meter took from its keypad, by its truth log."""

    def keys(path: Path) -> str:
        return "".join(
            row["key"]
            for row in read_truth(path)
            if row["event"] == "key" and row["edge"] == "down" and row["seen"]
        )

    return keys


@pytest.fixture
def eventually() -> Callable[[Callable[[], bool], float], bool]:
    """Whether a condition comes true within so many seconds; for what another process does in its own time."""

    def wait(condition: Callable[[], bool], within_s: float) -> bool:
        end_s = time.monotonic() + within_s
        while not condition():
            if time.monotonic() > end_s:
                return False
            time.sleep(0.01)
        return True

    return wait


@pytest.fixture
def until_the_end() -> Callable[..., JobEnded]:
    """Take a rig's events until the job has ended; what came on the way goes into `seen`."""

    def run(rig: Rig, job_id: int, within_s: float = 20.0, seen: list[object] | None = None) -> JobEnded:
        end_s = time.monotonic() + within_s
        while time.monotonic() < end_s:
            event = rig.next_event(0.5)
            if seen is not None and event is not None:
                seen.append(event)
            if isinstance(event, JobEnded) and event.job_id == job_id:
                return event
        raise AssertionError(f"job {job_id} did not end within {within_s} s")

    return run


@pytest.fixture
def patched_tree(tmp_path: Path) -> Callable[[dict[str, Callable[[str], str]]], Path]:
    """A staged firmware folder in which some files are changed."""

    def patch(changes: dict[str, Callable[[str], str]]) -> Path:
        tree = firmware_tree.stage(tmp_path / "firmware")
        for name in {relative.split("/")[0] for relative in changes}:
            link = tree / name
            if link.is_symlink() and link.is_dir():
                source = link.resolve()
                link.unlink()
                shutil.copytree(source, link, ignore=shutil.ignore_patterns("__pycache__"))
        for relative, change in changes.items():
            file = tree / relative
            before = file.read_text(encoding="utf-8")
            after = change(before)
            assert after != before
            file.unlink()
            file.write_text(after, encoding="utf-8")
        return tree

    return patch
