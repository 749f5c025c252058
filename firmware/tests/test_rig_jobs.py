"""Laws of the key jobs, in virtual time."""

import itertools
import struct

import pytest
from rigfw.jobs import STALL_MS, JobRefusedError, KeyJobs
from rigfw.keypad import FakeKeypad
from rigwire import messages as m
from rigwire import ticks

TOKEN = b"12345678901234567890"


class Bench:
    """Key jobs on the fake keypad, with a clock that the test moves."""

    def __init__(self, now_ms: int = 0) -> None:
        self.now_ms = now_ms
        self.keypad = FakeKeypad()
        self.events: list[tuple[int, bytes, int]] = []
        self.jobs = KeyJobs(self.keypad, lambda kind, data, now: self.events.append((kind, data, now)))

    def start(self, job_id: int, keys: bytes, press_ms: int = 30, gap_ms: int = 20, flags: int = 0) -> int:
        state, _ = self.jobs.start(job_id, keys, press_ms, gap_ms, flags, self.now_ms)
        return state

    def run(self, most_ms: int = 60_000, late_ms: int = 0) -> None:
        """Poll at every deadline (plus `late_ms`) until the job ends."""
        begun = self.now_ms
        while self.jobs.running and ticks.diff(self.now_ms, begun) < most_ms:
            self.now_ms = ticks.add(self.now_ms, self.jobs.next_deadline_ms(self.now_ms) + late_ms)
            self.jobs.poll(self.now_ms)

    def keys(self) -> str:
        return "".join(m.KEYS[mask.bit_length() - 1] for _, mask in self.keypad.edges if mask)

    def ends(self) -> list[tuple[int, ...]]:
        return [
            struct.unpack(m.EVENT_JOB_LAYOUT, data) for kind, data, _ in self.events if kind == m.EVENT_JOB
        ]


def refusal(bench: Bench, *args: object, **kwargs: object) -> JobRefusedError:
    with pytest.raises(JobRefusedError) as caught:
        bench.start(*args, **kwargs)  # type: ignore[arg-type]
    return caught.value


def test_key_k_goes_down_at_k_periods_after_the_start_and_up_a_press_later() -> None:
    bench = Bench(now_ms=1000)
    bench.start(1, b"75#")
    bench.run()
    assert bench.keypad.edges == [
        (1000, 1 << 7),
        (1030, 0),
        (1050, 1 << 5),
        (1080, 0),
        (1100, 1 << 11),
        (1130, 0),
    ]
    assert bench.ends() == [(1, m.JOB_DONE, 3, m.REASON_NONE)]
    assert bench.jobs.status(1) == (m.JOB_DONE, 3, 1000, 1130, m.REASON_NONE)


def test_edges_that_are_a_little_late_do_not_push_the_rest() -> None:
    bench = Bench()
    bench.start(1, TOKEN + b"#")
    bench.run(late_ms=3)
    downs = [at for at, mask in bench.keypad.edges if mask]
    assert downs == [3 + 50 * k for k in range(21)]


def test_a_stall_moves_the_rest_so_that_no_press_and_no_gap_is_squeezed() -> None:
    bench = Bench()
    bench.start(1, b"123456")
    bench.jobs.poll(0)
    bench.jobs.poll(30)
    bench.now_ms = 400  # the device slept over four keys
    bench.jobs.poll(400)
    bench.run()
    at = [at for at, _ in bench.keypad.edges]
    lengths = [b - a for a, b in itertools.pairwise(at)]
    assert bench.keys() == "123456"
    assert all(length >= 20 - STALL_MS for length in lengths)
    assert lengths[2:] == [30, 20, 30, 20, 30, 20, 30, 20, 30]


def test_timing_holds_across_the_wrap_of_the_tick() -> None:
    bench = Bench(now_ms=ticks.PERIOD - 40)
    bench.start(1, b"04#")
    bench.run()
    assert [at for at, _ in bench.keypad.edges] == [ticks.PERIOD - 40, ticks.PERIOD - 10, 10, 40, 60, 90]


def test_the_first_key_of_a_job_waits_for_the_gap_after_the_last_key_of_the_job_before() -> None:
    bench = Bench()
    bench.start(1, b"1")
    bench.run()
    bench.now_ms = 32
    bench.start(2, b"1")
    bench.run()
    assert [at for at, _ in bench.keypad.edges] == [0, 30, 50, 80]


def test_never_two_contacts_are_closed_even_without_a_gap() -> None:
    bench = Bench()
    bench.start(1, b"1122", gap_ms=0)
    bench.run()
    assert all(mask & (mask - 1) == 0 for _, mask in bench.keypad.edges)
    assert bench.keys() == "1122"


def test_a_known_job_is_answered_with_its_state_and_never_run_again() -> None:
    bench = Bench()
    bench.start(7, b"04#")
    bench.run()
    edges = list(bench.keypad.edges)
    assert bench.jobs.start(7, b"04#", 30, 20, 0, bench.now_ms) == (m.JOB_DONE, 3)
    bench.run()
    assert bench.keypad.edges == edges


def test_a_job_repeated_while_it_runs_is_not_busy_but_running() -> None:
    bench = Bench()
    bench.start(7, b"04#")
    bench.jobs.poll(0)
    assert bench.start(7, b"04#") == m.JOB_RUNNING
    assert refusal(bench, 8, b"1").status == m.BUSY


def test_the_table_keeps_the_last_eight_jobs() -> None:
    bench = Bench()
    for job_id in range(1, 10):
        bench.start(job_id, b"1*")
        bench.run()
    assert bench.jobs.status(1)[0] == m.JOB_UNKNOWN
    assert [bench.jobs.status(job_id)[0] for job_id in range(2, 10)] == [m.JOB_DONE] * 8


def test_a_refused_job_is_not_in_the_table_and_presses_nothing() -> None:
    bench = Bench()
    assert refusal(bench, 5, b"123#").status == m.REFUSED
    assert bench.jobs.status(5)[0] == m.JOB_UNKNOWN
    assert bench.keypad.edges == []


@pytest.mark.parametrize(
    ("keys", "press_ms", "gap_ms"),
    [(b"", 30, 20), (b"12A", 30, 20), (b"1", 0, 20), (b"1", 1001, 20), (b"1", 30, 5001)],
)
def test_impossible_scripts_are_bad_payload(keys: bytes, press_ms: int, gap_ms: int) -> None:
    assert refusal(Bench(), 1, keys, press_ms, gap_ms).status == m.BAD_PAYLOAD


@pytest.mark.parametrize(
    "keys", [b"04#", b"75#", TOKEN + b"#", b"0*04#", b"99**04#", TOKEN, b"01", b"04#" + TOKEN + b"#"]
)
def test_tokens_and_reading_codes_may_be_submitted(keys: bytes) -> None:
    bench = Bench()
    assert bench.start(1, keys) == m.JOB_RUNNING


@pytest.mark.parametrize(
    "keys", [b"#", b"01#", b"12345#", TOKEN[:19] + b"#", TOKEN + b"1234567#", b"04#04##", b"104#"]
)
def test_anything_else_is_refused_before_the_first_key(keys: bytes) -> None:
    bench = Bench()
    error = refusal(bench, 1, keys)
    assert error.status == m.REFUSED
    assert bench.keypad.edges == []


def test_the_refusal_tells_the_length_of_the_entry_but_no_digit() -> None:
    assert "19 digits" in refusal(Bench(), 1, b"9" * 19 + b"#").text
    assert "99" not in refusal(Bench(), 2, b"9" * 19 + b"#").text


def test_the_entry_is_tracked_from_job_to_job() -> None:
    bench = Bench()
    bench.start(1, TOKEN[:12])
    bench.run()
    bench.now_ms += 1000
    bench.start(2, TOKEN[12:])
    bench.run()
    assert bench.start(3, b"#") == m.JOB_RUNNING


def test_only_keys_that_were_pressed_count_into_the_entry() -> None:
    bench = Bench()
    bench.start(1, TOKEN)
    bench.jobs.poll(0)
    bench.jobs.abort(m.REASON_HOST, 10)
    bench.now_ms = 1000
    assert "1 digits" in refusal(bench, 2, b"#").text


def test_a_token_of_which_up_to_six_keys_were_typed_again_may_be_submitted() -> None:
    bench = Bench()
    assert bench.start(1, TOKEN[:7]) == m.JOB_RUNNING
    bench.run()
    assert bench.start(2, TOKEN[1:]) == m.JOB_RUNNING
    bench.run()
    assert bench.start(3, b"#") == m.JOB_RUNNING


def test_slow_erase_presses_take_one_digit_each() -> None:
    bench = Bench()
    assert refusal(bench, 1, b"1234**04#", 400, 400).status == m.REFUSED
    assert bench.start(2, b"0412**#", 400, 400) == m.JOB_RUNNING


def test_an_entry_that_grew_past_counting_stays_too_long_until_it_is_cleared_as_a_whole() -> None:
    bench = Bench()
    bench.start(1, b"1" * 70, 30, 1)
    bench.run()
    # 50 single erases would leave 20 digits if only the counted ones were there.
    bench.start(2, b"*" * 50, 600, 1)
    bench.run()
    assert refusal(bench, 3, b"#").status == m.REFUSED
    bench.start(4, b"**", 30, 1)
    bench.run()
    assert bench.start(5, TOKEN + b"#") == m.JOB_RUNNING


def test_a_fresh_entry_forgets_what_was_typed_before() -> None:
    bench = Bench()
    bench.start(1, b"12345")
    bench.run()
    assert refusal(bench, 2, b"04#").status == m.REFUSED
    assert bench.start(3, b"04#", flags=m.FLAG_FRESH_ENTRY) == m.JOB_RUNNING


def test_a_refused_fresh_job_does_not_clear_the_tracked_entry() -> None:
    bench = Bench()
    bench.start(1, b"0")
    bench.run()
    refusal(bench, 2, b"99#", flags=m.FLAG_FRESH_ENTRY)
    assert bench.start(3, b"4#") == m.JOB_RUNNING


def test_allowed_codes_and_contacts_can_be_set() -> None:
    bench = Bench()
    assert bench.jobs.guard.allow(10, 11, b"814,04") is None
    assert bench.start(1, b"814*") == m.JOB_RUNNING
    bench.run()
    assert refusal(bench, 2, b"75*").status == m.REFUSED


@pytest.mark.parametrize(
    ("enter", "erase", "codes"),
    [(5, 10, b"04"), (11, 11, b"04"), (11, 10, b"04,,"), (11, 10, b"x"), (11, 10, b"123456789")],
)
def test_a_malformed_list_of_codes_changes_nothing(enter: int, erase: int, codes: bytes) -> None:
    bench = Bench()
    assert bench.jobs.guard.allow(enter, erase, codes) is not None
    assert bench.start(1, b"75#") == m.JOB_RUNNING


@pytest.mark.parametrize("code", [b"01", b"02", b"12345", b"45600"])
def test_codes_that_switch_or_write_cannot_be_allowed(code: bytes) -> None:
    bench = Bench()
    assert "never" in (bench.jobs.guard.allow(11, 10, b"04," + code) or "")
    assert refusal(bench, 1, code + b"#").status == m.REFUSED


def test_a_key_down_longer_than_the_ceiling_opens_everything_and_aborts() -> None:
    bench = Bench()
    bench.start(1, b"123")
    bench.jobs.poll(0)
    bench.jobs.poll(m.KEY_MAX_MS + 1)
    assert bench.keypad.mask == 0
    assert bench.keys() == "1"
    assert bench.ends() == [(1, m.JOB_ABORTED, 0, m.REASON_KEY_MAX)]


def test_an_abort_in_the_middle_of_a_press_opens_the_contact_and_says_both() -> None:
    bench = Bench()
    bench.start(1, b"123")
    bench.jobs.poll(0)
    bench.jobs.abort(m.REASON_SILENCE, 10)
    assert bench.keypad.edges == [(0, 1 << 1), (10, 0)]
    assert [kind for kind, _, _ in bench.events] == [m.EVENT_KEY, m.EVENT_KEY, m.EVENT_JOB]
    assert bench.events[1][1] == struct.pack(m.EVENT_KEY_LAYOUT, 1, 0)
    assert bench.jobs.next_deadline_ms(10) == -1


def test_an_abort_without_a_job_is_harmless() -> None:
    bench = Bench()
    bench.jobs.abort(m.REASON_BYE, 5)
    assert bench.events == []


def test_every_edge_is_told_with_its_key_and_time() -> None:
    bench = Bench()
    bench.start(1, b"04")
    bench.run()
    told = [(struct.unpack(m.EVENT_KEY_LAYOUT, d), at) for kind, d, at in bench.events if kind == m.EVENT_KEY]
    assert told == [((0, 1), 0), ((0, 0), 30), ((4, 1), 50), ((4, 0), 80)]
