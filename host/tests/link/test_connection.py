"""The blocking edge: threads, time-outs, interruptions, lines that go away."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator

import pytest
from kctrig.link.connection import Connection
from kctrig.link.errors import LinkLost, LinkTimeout, OutcomeUnknown, RequestTooLong
from kctrig.link.items import DeviceEvent
from rigwire import messages as m
from tests.link.loop_line import LoopLine, run_keys

PING = m.pack_request(m.PING, 0)
SOON_S = 10.0


@pytest.fixture
def line() -> LoopLine:
    return LoopLine()


@pytest.fixture
def connection(line: LoopLine) -> Iterator[Connection]:
    with Connection(line) as opened:
        opened.hello()
        opened.request(m.SUBSCRIBE, bytes([m.MASK_ALL]))
        yield opened


def end_of(connection: Connection, job_id: int) -> DeviceEvent:
    end_s = time.monotonic() + SOON_S
    while time.monotonic() < end_s:
        event = connection.next_event(1.0)
        if event is not None and event.kind == m.EVENT_JOB and event.data[:4] == job_id.to_bytes(4, "little"):
            return event
    raise AssertionError("the job did not end")


def drain(connection: Connection) -> None:
    """Take events until that raises."""
    end_s = time.monotonic() + SOON_S
    while time.monotonic() < end_s:
        connection.next_event(0.5)


def test_a_key_job_is_taken_typed_and_its_end_comes_as_an_event(
    line: LoopLine, connection: Connection
) -> None:
    assert connection.request(m.RUN_KEYS, run_keys(5))[0] == m.JOB_RUNNING
    assert end_of(connection, 5).data[4] == m.JOB_DONE
    assert [m.KEYS[contact] for _, contact in line.presses] == ["1", "2", "3"]


def test_the_keeper_keeps_the_session_while_no_caller_does_anything(
    line: LoopLine, connection: Connection
) -> None:
    end_s = time.monotonic() + SOON_S
    while line.asked.count(m.PING) < 5 and time.monotonic() < end_s:
        time.sleep(0.05)
    assert line.asked.count(m.PING) >= 5  # 2.5 s: longer than the silence after which the rig goes safe
    assert line.device.link.session_open
    assert line.asked.count(m.HELLO) == 1


def test_a_request_passes_another_thread_that_waits_for_events(connection: Connection) -> None:
    found: list[DeviceEvent | None] = []
    waiting = threading.Thread(target=lambda: found.append(connection.next_event(30.0)))
    waiting.start()
    start_s = time.monotonic()
    for _ in range(20):
        connection.request(m.PING, PING)
    assert time.monotonic() - start_s < 5.0
    connection.request(m.RUN_KEYS, run_keys(6, b"1"))
    waiting.join(SOON_S)
    assert found[0] is not None
    assert found[0].kind == m.EVENT_KEY


def test_requests_of_many_threads_all_get_their_own_answer(connection: Connection) -> None:
    unknown = [0]

    def ask(job_id: int) -> None:
        for _ in range(50):
            state = connection.request(m.JOB_STATUS, m.pack_request(m.JOB_STATUS, job_id))[0]
            unknown[0] += state != (m.JOB_DONE if job_id == 1 else m.JOB_UNKNOWN)

    connection.request(m.RUN_KEYS, run_keys(1, b"1"))
    end_of(connection, 1)
    threads = [threading.Thread(target=ask, args=(job_id,)) for job_id in (1, 2, 3, 4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(SOON_S)
    assert unknown == [0]


def test_a_restarted_rig_raises_outcome_unknown_from_next_event(
    line: LoopLine, connection: Connection
) -> None:
    connection.request(m.RUN_KEYS, run_keys(9, b"123", press_ms=900))
    line.restart()
    with pytest.raises(OutcomeUnknown) as caught:
        drain(connection)
    assert caught.value.job_id == 9


def test_no_answer_in_time_is_a_time_out_and_the_next_request_works(
    line: LoopLine, connection: Connection
) -> None:
    line.deaf = True
    with pytest.raises(LinkTimeout):
        connection.request(m.READ_DISPLAY, timeout_s=0.1)
    line.deaf = False
    assert connection.request(m.PING, PING)


def test_no_answer_to_a_key_job_in_time_leaves_its_outcome_open_until_the_table_is_asked(
    line: LoopLine, connection: Connection
) -> None:
    line.deaf = True
    with pytest.raises(LinkLost) as caught:
        connection.request(m.RUN_KEYS, run_keys(3), timeout_s=0.1)
    assert (caught.value.effect, caught.value.job_id) == ("unknown", 3)
    line.deaf = False
    assert connection.request(m.JOB_STATUS, m.pack_request(m.JOB_STATUS, 3))[0] == m.JOB_UNKNOWN
    assert line.presses == []


def test_an_unplugged_line_is_a_lost_link_for_the_caller_and_for_every_call_after(
    line: LoopLine, connection: Connection
) -> None:
    connection.request(m.RUN_KEYS, run_keys(4, press_ms=500))
    line.gone = True
    with pytest.raises(LinkLost, match="unplugged") as caught:
        connection.request(m.PING, PING)
    assert caught.value.job_id == 4
    with pytest.raises(LinkLost):
        drain(connection)


def test_a_line_that_is_unplugged_while_nobody_looks_is_said_at_the_next_call(
    line: LoopLine, connection: Connection
) -> None:
    line.gone = True
    line.wake()
    with pytest.raises(LinkLost, match="unplugged"):
        drain(connection)


def test_ctrl_c_in_a_request_leaves_the_connection_usable(line: LoopLine, connection: Connection) -> None:
    def interrupt() -> None:
        if threading.current_thread() is threading.main_thread():
            line.before_read = lambda: None
            raise KeyboardInterrupt

    line.deaf = True
    line.before_read = interrupt
    with pytest.raises(KeyboardInterrupt):
        connection.request(m.READ_DISPLAY)
    line.deaf = False
    assert connection.request(m.PING, PING)


def test_a_payload_too_long_sends_nothing(line: LoopLine, connection: Connection) -> None:
    before = list(line.asked)
    with pytest.raises(RequestTooLong):
        connection.request(m.READ_DISPLAY, bytes(241))
    assert [msg for msg in line.asked[len(before) :] if msg != m.PING] == []


def test_close_says_bye_and_closes_the_line_once(line: LoopLine, connection: Connection) -> None:
    connection.request(m.RUN_KEYS, run_keys(8, press_ms=900))
    connection.close()
    connection.close()
    assert line.asked.count(m.BYE) == 1
    assert line.closed
    assert not line.device.jobs.running
    with pytest.raises(LinkLost, match="closed"):
        connection.request(m.PING, PING)
