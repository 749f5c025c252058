"""Key jobs on a driver that refuses, fails, or needs time: told before the first key, or ended with every key up."""

import struct

import pytest
from rigfw.jobs import JobRefusedError, KeyJobs
from rigfw.keyfault import KeypadFaultError
from rigfw.keypad import FakeKeypad
from rigwire import messages as m


class Bench:
    def __init__(self, **driver: int) -> None:
        self.keypad = FakeKeypad(**driver)
        self.events: list[tuple[int, bytes, int]] = []
        self.jobs = KeyJobs(self.keypad, lambda kind, data, now: self.events.append((kind, data, now)))

    def run(self, until_ms: int, from_ms: int = 0) -> None:
        for now_ms in range(from_ms, until_ms):
            self.jobs.poll(now_ms)

    def key_edges(self) -> list[tuple[int, int, int]]:
        """(contact, down, at) of every KEY event."""
        return [
            (*struct.unpack(m.EVENT_KEY_LAYOUT, data), at)
            for kind, data, at in self.events
            if kind == m.EVENT_KEY
        ]


def test_what_the_driver_refuses_is_refused_before_the_first_key_in_its_words() -> None:
    bench = Bench()
    bench.keypad.no = "the emergency stop is pressed"
    with pytest.raises(JobRefusedError, match="the emergency stop is pressed") as caught:
        bench.jobs.start(1, b"1", 30, 20, 0, 0)
    assert caught.value.status == m.REFUSED
    assert bench.jobs.status(1)[0] == m.JOB_UNKNOWN
    bench.keypad.no = None
    assert bench.jobs.start(1, b"1", 30, 20, 0, 0) == (m.JOB_RUNNING, 0)


def test_a_job_that_is_known_is_answered_even_by_a_driver_that_now_refuses() -> None:
    bench = Bench()
    bench.jobs.start(1, b"1", 30, 20, 0, 0)
    bench.run(100)
    bench.keypad.no = "the expander does not answer"
    assert bench.jobs.start(1, b"1", 30, 20, 0, 200) == (m.JOB_DONE, 1)


def test_the_fingers_way_is_added_to_every_press_and_the_gap_stays() -> None:
    bench = Bench(travel_ms=25)
    bench.jobs.start(1, b"12", 30, 20, 0, 0)
    bench.run(200)
    assert bench.keypad.edges == [(0, 1 << 1), (55, 0), (75, 1 << 2), (130, 0)]
    assert bench.key_edges() == [(1, 1, 0), (1, 0, 55), (2, 1, 75), (2, 0, 130)]


def test_the_ceiling_is_the_drivers() -> None:
    bench = Bench(key_max_ms=400)
    bench.jobs.start(1, b"1", 600, 20, 0, 0)
    bench.run(500)
    assert bench.keypad.edges == [(0, 1 << 1), (401, 0)]
    assert bench.jobs.status(1)[-1] == m.REASON_KEY_MAX


def test_a_fault_at_a_key_down_comes_out_with_every_key_up_and_no_edge_told() -> None:
    bench = Bench()
    bench.jobs.start(1, b"12", 30, 20, 0, 0)
    bench.run(40)
    bench.keypad.fault = KeypadFaultError(m.REASON_KEYPAD, "planted")
    with pytest.raises(KeypadFaultError, match="planted"):
        bench.run(100, from_ms=40)
    assert bench.keypad.mask == 0
    bench.jobs.abort(m.REASON_KEYPAD, 60)
    assert bench.jobs.status(1)[:2] == (m.JOB_ABORTED, 1)
    assert bench.key_edges() == [(1, 1, 0), (1, 0, 30)]


@pytest.mark.parametrize(
    ("reason", "trusted"), [(m.REASON_KEYPAD, False), (m.REASON_ESTOP, False), (m.REASON_HOST, True)]
)
def test_after_a_fault_nobody_trusts_what_was_counted(reason: int, trusted: bool) -> None:
    bench = Bench()
    bench.jobs.start(1, b"04", 30, 20, 0, 0)
    bench.run(60)
    bench.jobs.abort(reason, 70)
    if trusted:
        assert bench.jobs.start(2, b"#", 30, 20, 0, 100)[0] == m.JOB_RUNNING
        return
    for keys in (b"#", b"*#", b"4#"):
        with pytest.raises(JobRefusedError, match="Enter on an entry of"):
            bench.jobs.start(2, keys, 30, 20, 0, 100)
    assert bench.jobs.start(3, b"**04#", 30, 20, 0, 100)[0] == m.JOB_RUNNING


def test_an_abort_with_nothing_running_opens_the_keypad_and_keeps_the_entry() -> None:
    bench = Bench()
    bench.jobs.start(1, b"04", 30, 20, 0, 0)
    bench.run(200)
    bench.jobs.abort(m.REASON_KEYPAD, 200)
    assert bench.jobs.start(2, b"#", 30, 20, 0, 300)[0] == m.JOB_RUNNING
