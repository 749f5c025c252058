"""Link, jobs and a whole upgrade on an ESP32's bad manners; judged by the meter's own log.

Everything runs side by side, once, and each test looks at its part: nearly all of the time is waiting for slow lines.
"""

from __future__ import annotations

import json
import random
import sys
import time
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from kctrig.link.connection import Connection
from kctrig.link.errors import LinkError, OutcomeUnknown
from kctrig.link.port import open_port
from kctrig.rig import GlassShot, JobEnded, KeyEdge, Rig, open_rig
from kctrig.sim.devices import find_micropython
from kctrig.sim.processes import EmulatedRig
from kctrig.tokens import issue
from kctrig.tokens.meters import Meter, fresh_state, numbered
from rigwire import messages as m
from rigwire import ticks
from tests.kill.killing import BRAND, MERK_TYPE, Kill, Scene, judge

pytestmark = [
    pytest.mark.vm,
    pytest.mark.skipif(sys.platform == "win32", reason="pseudo-terminals"),
    pytest.mark.skipif(find_micropython() is None, reason="no micropython program on this computer"),
]

SIDE_BY_SIDE = 8
PINGS = 1000
KEYS = "1234567890"
PRESS_MS, GAP_MS = 80, 60
# Boot text, handshake and the ten keys' events are about 2,100 bytes; the planted resets are spread over the last two.
BOOT_BYTES, JOB_BYTES = 600, 1900
RESETS = sorted(random.Random(11).sample(range(BOOT_BYTES, JOB_BYTES), 8))
# The bytes of an upgrade until the second token's Enter are about 12,000.
UPGRADE_RESETS = (3500, 8200)
BOARDS = ("uart", "matrix")
WRAP_MS = 4000
SETTLED_S = 2.5
KEYS_UP_S = 1.2  # the meter port's silence, and what a busy computer adds
SOON_S = 15.0


class UnkindScene(Scene):
    """A meter behind the ESP32's own firmware on an unkind chip, and `kctrig` as a person calls it."""

    def __init__(self, folder: Path, serial: int, manners: str, board: str) -> None:
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
        url = f"sim:{BRAND}?board={board}&unkind={manners}&state={self._state}&log={self._log}"
        self._emulated = EmulatedRig(url).start()
        self._port = self._emulated.port_path

    def close(self) -> None:
        self._emulated.close()


@dataclass
class Upgrade:
    """An upgrade, the resume after it where it was not finished, and what the meter knows."""

    points: list[str]
    state: str
    after: str
    krn_kt: tuple[int, int]
    truth: list[dict[str, Any]]
    first_after: str


@dataclass
class Job:
    """A key job in which the chip was reset at some byte of the host line."""

    told: str = ""
    typed: str = ""
    again: str = ""
    version: str = ""
    keys_down: set[str] = field(default_factory=set)


def upgrade(folder: Path, serial: int, manners: str, board: str = "uart") -> Upgrade:
    scene = UnkindScene(folder, serial, manners, board)
    try:
        scene.upgrade().communicate(timeout=120)
        kill = Kill(points=scene.points(), broken_as=scene.states()[scene.drn])
        first_after = ""
        if kill.broken_as != "PASS_VERIFIED":
            time.sleep(SETTLED_S)
            before = len(scene.truth())
            scene.resume()
            submitted = [row["event"] for row in scene.truth()[before:] if row["event"] in ("code", "token")]
            first_after = submitted[0]
        kill.state, kill.krn_kt = scene.states()[scene.drn], scene.krn_kt()
        judge(scene, kill)
        return Upgrade(kill.points, kill.broken_as, kill.state, kill.krn_kt, scene.truth(), first_after)
    finally:
        scene.close()


def truth_of(emulated: EmulatedRig) -> list[dict[str, Any]]:
    text = emulated.log_path.read_text(encoding="utf-8")
    return [json.loads(line) for line in text[: text.rfind("\n") + 1].splitlines()]


def pressed(emulated: EmulatedRig) -> str:
    return "".join(
        row["key"] for row in truth_of(emulated) if row["event"] == "key" and row["edge"] == "down"
    )


def still_down(emulated: EmulatedRig) -> set[str]:
    last = {row["key"]: row["edge"] for row in truth_of(emulated) if row["event"] == "key"}
    return {key for key, edge in last.items() if edge == "down"}


def opened(path: str) -> Rig:
    """The rig, though it may be reset in the middle of the greeting."""
    end_s = time.monotonic() + SOON_S
    while True:
        try:
            return open_rig(path)
        except LinkError:
            if time.monotonic() > end_s:
                raise


def ended(rig: Rig, seen: list[object] | None = None) -> JobEnded:
    end_s = time.monotonic() + SOON_S
    while time.monotonic() < end_s:
        event = rig.next_event(0.5)
        if seen is not None:
            seen.append(event)
        if isinstance(event, JobEnded):
            return event
    raise AssertionError("the job did not end")


def reset_job(at_byte: int) -> Job:
    """The chip is reset at this byte; 0: its CPU hangs at the third key, until the watchdog resets it."""
    job = Job()
    with EmulatedRig(f"sim:{BRAND}?board=uart&unkind=reset:{at_byte}") as emulated:
        rig = opened(emulated.port_path)
        try:
            rig.start_keys(1, KEYS, press_ms=PRESS_MS, gap_ms=GAP_MS, fresh_entry=True)
            if at_byte == 0:
                while not (isinstance(event := rig.next_event(5.0), KeyEdge) and event.key == KEYS[2]):
                    assert event is not None
                emulated.tell_board("hang")
            job.told = ended(rig).state
        except OutcomeUnknown as unknown:
            job.told = f"job {unknown.job_id} unknown"
        except LinkError as error:
            job.told = error.effect
        finally:
            rig.close()
        time.sleep(KEYS_UP_S)
        job.typed, job.keys_down = pressed(emulated), still_down(emulated)
        rig = opened(emulated.port_path)
        job.version = rig.info.version
        rig.start_keys(2, "7", press_ms=PRESS_MS, gap_ms=GAP_MS, fresh_entry=True)
        assert ended(rig).state == "done"
        rig.close()
        job.again = pressed(emulated)
    return job


def wrapped_press() -> tuple[list[object], list[dict[str, Any]]]:
    """A key that is down while the chip's tick wraps."""
    with EmulatedRig(f"sim:{BRAND}?board=uart&unkind=wrap:{WRAP_MS}") as emulated:
        rig = open_rig(emulated.port_path)
        while ticks.PERIOD - rig.glass().device_ms > 500:
            assert rig.glass().device_ms > ticks.PERIOD >> 1, "too late: the tick has wrapped already"
        seen: list[object] = []
        rig.start_keys(1, "58", press_ms=1000, gap_ms=200, fresh_entry=True)
        ended(rig, seen)
        rig.close()
        return seen, truth_of(emulated)


def round_trips() -> list[float]:
    took_s = []
    with (
        EmulatedRig(f"sim:{BRAND}?board=uart&unkind=on") as emulated,
        Connection(open_port(emulated.port_path)) as connection,
    ):
        connection.hello()
        for _ in range(PINGS):
            began_s = time.perf_counter()
            connection.request(m.PING, bytes(4))
            took_s.append(time.perf_counter() - began_s)
    return sorted(took_s)


@dataclass
class Results:
    """Everything, side by side."""

    plain: dict[str, Future[Upgrade]]
    broken: list[Future[Upgrade]]
    jobs: list[Future[Job]]
    hung: Future[Job]
    wrap: Future[tuple[list[object], list[dict[str, Any]]]]
    pings: Future[list[float]]


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Results]:
    folder = tmp_path_factory.mktemp("unkind")
    with ThreadPoolExecutor(SIDE_BY_SIDE) as pool:
        yield Results(
            broken=[
                pool.submit(upgrade, folder / str(at), 830000010 + at, f"reset:{at}") for at in UPGRADE_RESETS
            ],
            plain={
                board: pool.submit(upgrade, folder / board, 830000001 + at, "on", board)
                for at, board in enumerate(BOARDS)
            },
            pings=pool.submit(round_trips),
            wrap=pool.submit(wrapped_press),
            hung=pool.submit(reset_job, 0),
            jobs=[pool.submit(reset_job, at) for at in RESETS],
        )


@pytest.mark.parametrize("board", BOARDS)
def test_a_meter_is_upgraded_and_its_own_log_says_so(results: Results, board: str) -> None:
    done = results.plain[board].result()
    assert (done.state, done.krn_kt) == ("PASS_VERIFIED", (2, 2))
    assert [row["result"] for row in done.truth if row["event"] == "token"] == ["1stKCT", "2ndKCT"]


@pytest.mark.parametrize("number", range(len(UPGRADE_RESETS)))
def test_after_a_reset_the_resume_looks_first_and_no_token_is_given_twice(
    results: Results, number: int
) -> None:
    done = results.broken[number].result()  # its judge has found nothing wrong
    assert done.state != "PASS_VERIFIED"  # the reset did hit
    assert done.first_after == "code"
    assert done.after in ("PASS_VERIFIED", "ALREADY_DONE")
    assert done.krn_kt == (2, 2)
    tokens = [row["digits"] for row in done.truth if row["event"] == "token"]
    assert len(tokens) == len(set(tokens)) == 2
    assert done.points.count("verdict") == 1


@pytest.mark.parametrize("number", range(len(RESETS)))
def test_a_reset_at_any_byte_of_a_job_is_said_and_nothing_is_typed_twice(
    results: Results, number: int
) -> None:
    job = results.jobs[number].result()
    assert job.told in ("job 1 unknown", "nothing", "aborted", "done")
    assert KEYS.startswith(job.typed)
    assert job.keys_down == set()
    if job.told == "nothing":
        assert job.typed == ""
    if job.told == "done":
        assert job.typed == KEYS
    assert job.again == job.typed + "7"


def test_a_cpu_that_hangs_in_a_job_is_reset_by_its_watchdog_and_nothing_is_typed_twice(
    results: Results,
) -> None:
    job = results.hung.result()
    assert job.told in ("job 1 unknown", "unknown")
    assert KEYS[:2] <= job.typed < KEYS
    assert KEYS.startswith(job.typed)
    assert job.keys_down == set()
    assert job.version.endswith("reset watchdog")
    assert job.again == job.typed + "7"


def test_most_of_the_planted_resets_hit_the_job(results: Results) -> None:
    told = [future.result().told for future in results.jobs]
    assert told.count("job 1 unknown") >= len(RESETS) // 2, told


def test_a_key_that_is_down_while_the_tick_wraps_goes_up_in_time(results: Results) -> None:
    seen, truth = results.wrap.result()
    edges = [event for event in seen if isinstance(event, KeyEdge)]
    assert [(edge.key, edge.down) for edge in edges] == [("5", True), ("5", False), ("8", True), ("8", False)]
    down_ms, up_ms = edges[0].device_ms, edges[1].device_ms
    assert down_ms > ticks.PERIOD - 600
    assert up_ms < 1000
    assert abs(ticks.diff(up_ms, down_ms) - 1000) <= 150
    held = {row["edge"]: row["t_ms"] for row in truth if row["event"] == "key" and row["key"] == "5"}
    assert abs(ticks.diff(held["up"], held["down"]) - 1000) <= 200
    assert any(isinstance(event, GlassShot) and event.device_ms < 5000 for event in seen)


def test_a_thousand_pings_are_answered(results: Results, request: pytest.FixtureRequest) -> None:
    took_s = results.pings.result()
    assert len(took_s) == PINGS
    request.node.user_properties.append(("ping ms p50", round(took_s[PINGS // 2] * 1000, 1)))
    assert took_s[0] > 0.003  # two frames of some twenty bytes at 115200 baud
