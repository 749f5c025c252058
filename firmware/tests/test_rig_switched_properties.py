"""Any mix of bus errors, expander resets, stops, stalls and requests: never two keys, never too long, never a wrong one."""

import itertools
import zlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rigfw.app import RigApp
from rigwire import frames, glass
from rigwire import messages as m
from tests.keypad_bench import Bench

IMAGE = glass.pack_glass(glass.SEVEN_SEGMENT, b"", bytes(8))
GLASS = frames.encode(frames.KIND_EVENT, 0, 0, m.GLASS, IMAGE, zlib.crc32)
SCRIPT = b"3141592653589793*#"[:16]
HAPPENINGS = st.one_of(
    st.tuples(st.just("wait"), st.integers(1, 300)),
    st.tuples(st.just("stall"), st.integers(1, 3000)),
    st.tuples(st.just("job"), st.integers(1, 400)),
    st.tuples(st.just("nak"), st.integers(0, 12)),
    st.tuples(st.just("glitch"), st.just(0)),
    st.tuples(st.just("stop"), st.integers(0, 1)),
    st.tuples(st.just("release"), st.just(0)),
    st.tuples(st.just("abort"), st.just(0)),
    st.tuples(st.just("silence"), st.just(0)),
)


class Shift:
    """A rig that is polled every millisecond but in a stall, and what a meter on it would have seen."""

    def __init__(self, name: str) -> None:
        self.bench = Bench(name)
        self.app = RigApp(zlib.crc32, lambda: 7, 1, "rig", 0, keypad=self.bench.keypad)
        self.job_id = 0
        self.begun_at: list[int] = []  # how long the log was when a job began
        self.stalled_ms: list[tuple[int, int]] = []

    def turn(self) -> None:
        self.app.receive_meter(GLASS, self.bench.now_ms)
        self.app.poll(self.bench.now_ms)
        self.app.take_host()

    def happen(self, what: str, number: int) -> None:
        hardware = self.bench.hardware
        now_ms = self.bench.now_ms
        if what == "wait":
            for _ in range(number):
                self.turn()
                hardware.now_ms += 1
        elif what == "stall":
            self.stalled_ms.append((hardware.now_ms, hardware.now_ms + number))
            hardware.now_ms += number
            hardware._note()
        elif what == "job":
            self.turn()
            self.job_id += 1
            payload = m.pack_request(m.RUN_KEYS, self.job_id, number, 45, 0, tail=SCRIPT)
            if self.app.request(m.RUN_KEYS, payload, now_ms)[0] == m.OK:
                self.begun_at.append(len(hardware.log))
        elif what == "nak":
            hardware.nak = {hardware.transactions + number}
        elif what == "glitch":
            hardware.reset_chip()
        elif what == "stop":
            hardware.estop_pressed = bool(number)
            hardware._note()
            if number:
                self.bench.keypad.stop_fell(None)
        elif what == "release":
            self.app.request(m.RELEASE_ALL, b"", now_ms)
        elif what == "abort":
            self.app.request(m.ABORT, m.pack_request(m.ABORT, self.job_id), now_ms)
        else:
            self.app.link_lost(now_ms)


@pytest.mark.parametrize("name", ["bench_matrix", "sealed_fingers"])
@settings(max_examples=60, deadline=None)
@given(happenings=st.lists(HAPPENINGS, max_size=25))
def test_no_law_is_broken(name: str, happenings: list[tuple[str, int]]) -> None:
    shift = Shift(name)
    for what, number in [("job", 45), *happenings, ("wait", 100)]:
        shift.happen(what, number)
    shift.happen("release", 0)
    hardware = shift.bench.hardware
    log = hardware.log
    assert shift.bench.down() == ""
    assert not hardware.enabled
    keys: list[tuple[int, int]] = []
    for at, ((at_ms, mask), (until_ms, _)) in enumerate(itertools.pairwise(log)):
        if not mask:
            continue
        assert mask & (mask - 1) == 0
        stalled = any(begun < until_ms and at_ms < ended for begun, ended in shift.stalled_ms)
        # In a stall only the hardware watches, and the fake notes an edge when somebody looks.
        assert until_ms - at_ms <= shift.bench.board.KEY_MAX_MS + 1 or stalled
        keys.append((at, mask))
    for begun_at, next_at in itertools.pairwise([*shift.begun_at, len(log)]):
        typed = [mask for at, mask in keys if begun_at <= at < next_at]
        assert typed == [1 << m.KEYS.index(chr(key)) for key in SCRIPT][: len(typed)]
