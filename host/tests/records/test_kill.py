"""SIGKILL at any moment: what `record` returned for is there, the chain holds, the meter can be worked on again."""

from __future__ import annotations

import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from kctrig.records import points
from kctrig.records.store import Store

METER = "00000000018"
SECTION = [points.INTENT, points.TYPED, points.ENTER_INTENT, points.ANSWER]
POINTS = [points.PROBE, *SECTION, *SECTION, points.VERIFY, points.VERDICT]

# Writes the points of one attempt; says each when it is durable; after `stop_after` of them it waits to be killed.
WRITER = """
import sys, time
from kctrig.records.store import Store
path, meter_no, stop_after = sys.argv[1], sys.argv[2], int(sys.argv[3])
attempt = Store(path).claim(meter_no, "hexing", {"tokens": [1, 2]})
print("claim", flush=True)
position = -1
for index, point in enumerate(sys.argv[4:]):
    if index == stop_after:
        time.sleep(60)
    position += point == "intent"
    body = {"position": position, "token": str(position), "answer": "half", "verdict": "PASS_VERIFIED", "krn": 1}
    attempt.record(point, body)
    print(point, flush=True)
time.sleep(60)
"""


def start(path: Path, *, meter_no: str = METER, stop_after: int = 99) -> subprocess.Popen[str]:
    command = [sys.executable, "-c", WRITER, str(path), meter_no, str(stop_after), *POINTS]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True)


def read_until(process: subprocess.Popen[str], count: int) -> list[str]:
    assert process.stdout is not None
    return [process.stdout.readline().strip() for _ in range(count)]


def kill(process: subprocess.Popen[str]) -> list[str]:
    """Kill it and give what it still said."""
    process.send_signal(signal.SIGKILL)
    out, _ = process.communicate()
    return out.split()


STATES = [
    "READY",
    "READY",
    "READY",
    "READY",
    "IN_DOUBT",
    "HALF",
    "HALF",
    "HALF",
    "IN_DOUBT",
    "IN_DOUBT",
    "IN_DOUBT",
]


@pytest.mark.skipif(sys.platform == "win32", reason="SIGKILL")
@pytest.mark.parametrize("after", range(len(POINTS)))
def test_killed_between_two_points_the_store_says_what_is_known(tmp_path: Path, after: int) -> None:
    path = tmp_path / "shift.sqlite"
    process = start(path, stop_after=after)
    said = read_until(process, after + 1)
    kill(process)
    assert said == ["claim", *POINTS[:after]]
    with Store(path) as store:
        assert store.verify().ok
        assert [event.point for event in store.events()] == said
        (row,) = store.status()
        assert (row.state, row.broken_off) == (STATES[after], True)
        assert store.claim(METER, "hexing", {}).number == 2


@pytest.mark.skipif(sys.platform == "win32", reason="SIGKILL")
def test_killed_at_random_moments_nothing_that_was_said_is_missing(tmp_path: Path) -> None:
    path = tmp_path / "shift.sqlite"
    chance = random.Random(2)
    said_of: dict[str, list[str]] = {}
    for number in range(6):
        meter_no = f"{number:011d}"
        process = start(path, meter_no=meter_no)
        said = read_until(process, 1)
        time.sleep(chance.random() * 0.02)  # where in its work the kill strikes is the point of the test
        said_of[meter_no] = said + kill(process)
    with Store(path) as store:
        assert store.verify().ok
        for meter_no, said in said_of.items():
            there = [event.point for event in store.events(meter_no=meter_no)]
            assert there[: len(said)] == said
            assert len(there) <= len(said) + 1


@pytest.mark.skipif(sys.platform == "win32", reason="SIGKILL")
def test_a_second_process_on_the_same_store_is_safe(tmp_path: Path) -> None:
    path = tmp_path / "shift.sqlite"
    meters = [f"{number:011d}" for number in range(4)]
    processes = [start(path, meter_no=meter_no) for meter_no in meters]
    for process in processes:
        assert read_until(process, len(POINTS) + 1) == ["claim", *POINTS]
    for process in processes:
        kill(process)
    with Store(path) as store:
        assert store.verify().events == 4 * (len(POINTS) + 1)
        assert store.verify().ok
