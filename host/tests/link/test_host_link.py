"""The host's end of the link, by bytes and milliseconds alone, against answers made by hand."""

from __future__ import annotations

import struct
from itertools import count

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from kctrig.link import words
from kctrig.link.client import CLOSED, OPEN, HostLink
from kctrig.link.crc import crc32
from kctrig.link.errors import (
    LinkError,
    LinkLost,
    NoAnswer,
    OutcomeUnknown,
    RequestRefused,
    RequestTooLong,
    RigRestarted,
    VersionMismatch,
)
from kctrig.link.exchange import MAX_TRIES
from kctrig.link.items import DeviceEvent, Request
from rigwire import frames
from rigwire import messages as m

JOB = 0x0A0B0C0D
RUN_KEYS = m.pack_request(m.RUN_KEYS, JOB, 60, 40, 0, tail=b"123")


class Wire:
    """A host link, a clock, and a device that says what the test wants it to."""

    def __init__(self) -> None:
        nonces = count(100)
        self.link = HostLink(crc32, lambda: next(nonces), "wire")
        self.now_ms = 1000.0
        self.raw = b""
        self._decoder = frames.Decoder(crc32)

    def sent(self) -> list[frames.Frame]:
        """Frames the host has sent since the last look."""
        self.raw = self.link.bytes_to_send()
        return self._decoder.feed(self.raw)

    def one(self, msg: int) -> frames.Frame:
        (frame,) = self.sent()
        assert words.NAMES[frame.msg] == words.NAMES[msg]
        return frame

    def say(self, frame: frames.Frame, payload: bytes, *, session: int | None = None, major: int = 1) -> None:
        session = frame.session if session is None else session
        wire = frames.encode(frames.KIND_RESPONSE, frame.seq, session, frame.msg, payload, crc32, major)
        self.link.receive(wire, self.now_ms)

    def hello(self, boot_id: int = 7, session: int = 0x5E55, protocol: int = 1) -> None:
        """Answer the HELLO that went out last."""
        frame = self.sent()[-1]
        assert frame.msg == m.HELLO
        nonce = m.unpack_request(m.HELLO, frame.payload)[2]
        payload = m.pack_answer(m.HELLO, protocol, nonce, boot_id, 0, 240, 2000, 3000, tail=b"rig 1")
        self.say(frame, payload, session=session)

    def event(self, no: int, kind: int = m.EVENT_LOG, data: bytes = b"x", session: int = 0x5E55) -> None:
        payload = m.pack_request(m.EVENT, no, 5000, kind, tail=data)
        wire = frames.encode(frames.KIND_EVENT, no & 0xFF, session, m.EVENT, payload, crc32)
        self.link.receive(wire, self.now_ms)

    def submit(self, msg: int, payload: bytes = b"") -> Request:
        return self.link.submit(msg, payload, self.now_ms)

    def due(self) -> float:
        """Go to the next deadline and let it happen; how long that was."""
        deadline_ms = self.link.next_deadline_ms()
        assert deadline_ms is not None
        waited_ms, self.now_ms = deadline_ms - self.now_ms, deadline_ms
        self.link.poll(self.now_ms)
        return waited_ms

    def exhaust(self) -> None:
        """Let the request on the wire be sent to its last try, and give up."""
        for _ in range(MAX_TRIES):
            self.due()

    def items(self) -> list[DeviceEvent | LinkError]:
        found: list[DeviceEvent | LinkError] = []
        while (item := self.link.next_item()) is not None:
            found.append(item)
        return found

    def subscribe(self, next_no: int = 0) -> None:
        self.submit(m.SUBSCRIBE, bytes([m.MASK_ALL]))
        self.say(self.one(m.SUBSCRIBE), m.pack_answer(m.SUBSCRIBE, m.MASK_ALL, next_no))

    def numbers(self) -> list[int]:
        return [item.no for item in self.items() if isinstance(item, DeviceEvent)]


@pytest.fixture
def wire() -> Wire:
    """An open session, nothing in flight."""
    made = Wire()
    made.link.connect(made.now_ms)
    made.hello()
    assert made.link.state == OPEN
    return made


def job_status(state: int, keys_done: int = 3, reason: int = m.REASON_NONE) -> bytes:
    return m.pack_answer(m.JOB_STATUS, state, keys_done, 0, 900, reason)


def job_event(state: int = m.JOB_DONE) -> bytes:
    return struct.pack(m.EVENT_JOB_LAYOUT, JOB, state, 3, m.REASON_NONE)


# -- opening


def test_the_first_request_says_hello_by_itself_and_then_has_number_one() -> None:
    wire = Wire()
    request = wire.submit(m.READ_DISPLAY)
    wire.hello()
    frame = wire.one(m.READ_DISPLAY)
    assert (frame.session, frame.seq) == (0x5E55, 1)
    wire.say(frame, b"\x00image")
    assert request.answer == b"image"
    assert wire.link.hello is not None
    assert wire.link.hello.version_text == "rig 1"


def test_an_answer_to_another_hello_is_passed_over() -> None:
    wire = Wire()
    handle = wire.link.connect(wire.now_ms)
    frame = wire.one(m.HELLO)
    wire.say(frame, m.pack_answer(m.HELLO, 1, 4711, 7, 0, 240, 2000, 3000), session=9)
    assert not handle.done
    assert wire.link.counters.unexpected == 1


def test_a_port_where_nobody_answers_is_no_answer_after_six_hellos() -> None:
    wire = Wire()
    handle = wire.link.connect(wire.now_ms)
    assert [wire.due() for _ in range(MAX_TRIES)] == [250, 500, 1000, 1000, 1000, 1000]
    assert isinstance(handle.error, NoAnswer)
    assert handle.error.effect == "nothing"
    assert wire.link.state == CLOSED
    assert len(wire.sent()) == MAX_TRIES


@pytest.mark.parametrize(("protocol", "session", "major"), [(2, 0, 2), (3, 9, 3)])
def test_a_rig_of_another_version_is_named_with_both_versions(
    protocol: int, session: int, major: int
) -> None:
    wire = Wire()
    handle = wire.link.connect(wire.now_ms)
    frame = wire.one(m.HELLO)
    nonce = m.unpack_request(m.HELLO, frame.payload)[2]
    answer = m.pack_answer(m.HELLO, protocol, nonce, 7, 0, 240, 2000, 3000, tail=b"rig 9")
    wire.say(frame, answer, session=session, major=major)
    assert isinstance(handle.error, VersionMismatch)
    assert (handle.error.host_version, handle.error.rig_version) == (1, protocol)
    assert "version 1" in str(handle.error)
    assert f"version {protocol} (rig 9)" in str(handle.error)
    assert wire.items() == []


def test_a_rig_that_changes_its_version_in_a_session_is_a_version_mismatch(wire: Wire) -> None:
    request = wire.submit(m.READ_DISPLAY)
    wire.say(wire.one(m.READ_DISPLAY), b"\x01", major=2)
    assert isinstance(request.error, VersionMismatch)


def test_a_payload_that_fits_no_frame_is_refused_and_nothing_is_sent(wire: Wire) -> None:
    with pytest.raises(RequestTooLong, match="Nothing was sent"):
        wire.submit(m.READ_DISPLAY, bytes(241))
    assert wire.sent() == []
    assert wire.link.idle


# -- sending again


def test_a_request_is_sent_again_byte_for_byte_with_a_zero_ahead(wire: Wire) -> None:
    wire.submit(m.READ_DISPLAY, b"abc")
    wire.sent()
    first = wire.raw
    for _ in range(MAX_TRIES - 1):
        wire.due()
        wire.sent()
        assert wire.raw == b"\x00" + first.lstrip(b"\x00")
    assert wire.link.counters.retransmitted == MAX_TRIES - 1


def test_a_zero_goes_ahead_only_after_an_idle_line(wire: Wire) -> None:
    request = wire.submit(m.READ_DISPLAY)
    wire.say(wire.one(m.READ_DISPLAY), b"\x00")
    assert wire.raw[0] != 0
    assert request.done
    wire.now_ms += 101
    wire.submit(m.READ_DISPLAY)
    wire.sent()
    assert wire.raw[0] == 0


def test_the_wait_follows_the_round_trip_and_is_never_under_60_ms(wire: Wire) -> None:
    for _ in range(50):
        wire.submit(m.READ_DISPLAY)
        frame = wire.one(m.READ_DISPLAY)
        wire.now_ms += 2
        wire.say(frame, b"\x00")
    assert wire.link.rtt.rto_ms == 60
    wire.submit(m.READ_DISPLAY)
    assert [wire.due() for _ in range(5)] == [60, 120, 240, 480, 960]


def test_a_request_that_was_sent_twice_gives_no_round_trip_sample(wire: Wire) -> None:
    samples = wire.link.rtt.samples
    wire.submit(m.READ_DISPLAY)
    frame = wire.one(m.READ_DISPLAY)
    wire.due()
    wire.say(frame, b"\x00")
    assert wire.link.rtt.samples == samples


def test_one_request_is_in_flight_and_the_next_waits(wire: Wire) -> None:
    first, second = wire.submit(m.READ_DISPLAY), wire.submit(m.RELEASE_ALL)
    frame = wire.one(m.READ_DISPLAY)
    wire.say(frame, b"\x00")
    assert first.done
    assert not second.done
    assert wire.one(m.RELEASE_ALL).seq == 2


def test_an_idle_line_is_pinged_after_500_ms_and_the_clock_of_the_rig_is_known(wire: Wire) -> None:
    assert wire.due() == m.PING_AFTER_MS
    frame = wire.one(m.PING)
    wire.now_ms += 10
    wire.say(frame, m.pack_answer(m.PING, 77_000, 0, 1, 2, 3, 4, 5, 0))
    assert wire.link.status is not None
    assert wire.link.status.overrun == 5
    assert wire.link.host_ms(77_000) == wire.now_ms - 5
    assert wire.link.host_ms(77_100) == wire.now_ms + 95
    assert wire.due() == m.PING_AFTER_MS - 10


# -- refusals


def test_a_refusal_carries_status_and_words_and_ends_the_request(wire: Wire) -> None:
    request = wire.submit(m.RUN_KEYS, RUN_KEYS)
    wire.say(wire.one(m.RUN_KEYS), bytes([m.REFUSED]) + b"code 01")
    assert isinstance(request.error, RequestRefused)
    assert (request.error.status, request.error.detail, request.error.effect) == (
        m.REFUSED,
        "code 01",
        "nothing",
    )
    assert wire.link.open_job is None
    assert wire.submit(m.READ_DISPLAY).error is None
    assert wire.one(m.READ_DISPLAY).seq == 2


def test_a_fault_inside_the_rig_leaves_the_outcome_open(wire: Wire) -> None:
    request = wire.submit(m.RUN_KEYS, RUN_KEYS)
    wire.say(wire.one(m.RUN_KEYS), bytes([m.FAULT]))
    assert request.error is not None
    assert request.error.effect == "unknown"
    assert wire.link.open_job == JOB


# -- lost sessions and restarts


@pytest.mark.parametrize("status", [m.STALE_SESSION, m.BAD_SEQ])
def test_a_stale_session_is_opened_again_and_a_harmless_request_repeated(wire: Wire, status: int) -> None:
    request = wire.submit(m.READ_DISPLAY)
    wire.say(wire.one(m.READ_DISPLAY), bytes([status]))
    wire.hello(session=0x6666)
    frame = wire.one(m.READ_DISPLAY)
    assert (frame.session, frame.seq) == (0x6666, 1)
    wire.say(frame, b"\x00ok")
    assert request.answer == b"ok"
    assert wire.link.counters.reconnects == 1


def test_after_a_lost_session_the_job_table_is_asked_before_a_key_job_is_repeated(wire: Wire) -> None:
    request = wire.submit(m.RUN_KEYS, RUN_KEYS)
    wire.one(m.RUN_KEYS)
    wire.exhaust()
    wire.hello(session=0x6666)
    frame = wire.one(m.JOB_STATUS)
    assert m.unpack_request(m.JOB_STATUS, frame.payload)[0] == JOB
    wire.say(frame, job_status(m.JOB_RUNNING, 1))
    assert request.answer == bytes([m.JOB_RUNNING, 1])
    assert wire.sent() == []


def lose_session(wire: Wire) -> Request:
    request = wire.submit(m.RUN_KEYS, RUN_KEYS)
    wire.say(wire.one(m.RUN_KEYS), bytes([m.STALE_SESSION]))
    return request


def test_a_key_job_the_table_does_not_know_is_sent_again_with_the_same_id(wire: Wire) -> None:
    request = lose_session(wire)
    wire.hello(session=0x6666)
    wire.say(wire.one(m.JOB_STATUS), job_status(m.JOB_UNKNOWN))
    frame = wire.one(m.RUN_KEYS)
    assert frame.payload == RUN_KEYS
    wire.say(frame, m.pack_answer(m.RUN_KEYS, m.JOB_RUNNING, 0))
    assert request.answer == bytes([m.JOB_RUNNING, 0])


def test_a_key_job_that_ended_while_the_session_was_lost_is_answered_and_its_end_handed_out(
    wire: Wire,
) -> None:
    request = lose_session(wire)
    wire.hello(session=0x6666)
    wire.say(wire.one(m.JOB_STATUS), job_status(m.JOB_ABORTED, 2, m.REASON_SILENCE))
    assert request.answer == bytes([m.JOB_ABORTED, 2])
    (event,) = wire.items()
    assert isinstance(event, DeviceEvent)
    assert (event.kind, event.no, event.device_ms) == (m.EVENT_JOB, -1, 900)
    assert struct.unpack(m.EVENT_JOB_LAYOUT, event.data) == (JOB, m.JOB_ABORTED, 2, m.REASON_SILENCE)
    assert wire.link.open_job is None


def test_a_restarted_rig_makes_the_key_job_in_flight_unknown_and_sends_nothing_again(wire: Wire) -> None:
    request = lose_session(wire)
    wire.hello(boot_id=8, session=0x6666)
    assert isinstance(request.error, OutcomeUnknown)
    assert (request.error.job_id, request.error.effect) == (JOB, "unknown")
    assert wire.sent() == []
    assert wire.items() == []


def test_a_restarted_rig_makes_an_accepted_key_job_unknown_although_nobody_waits(wire: Wire) -> None:
    wire.submit(m.RUN_KEYS, RUN_KEYS)
    wire.say(wire.one(m.RUN_KEYS), m.pack_answer(m.RUN_KEYS, m.JOB_RUNNING, 0))
    wire.due()
    wire.say(wire.one(m.PING), bytes([m.STALE_SESSION]))
    wire.hello(boot_id=8)
    (error,) = wire.items()
    assert isinstance(error, OutcomeUnknown)
    assert error.job_id == JOB


def test_a_restart_after_the_end_was_seen_is_no_open_outcome(wire: Wire) -> None:
    wire.subscribe()
    wire.submit(m.RUN_KEYS, RUN_KEYS)
    wire.say(wire.one(m.RUN_KEYS), m.pack_answer(m.RUN_KEYS, m.JOB_RUNNING, 0))
    wire.event(0, m.EVENT_JOB, job_event())
    request = wire.submit(m.READ_DISPLAY)
    wire.say(wire.one(m.READ_DISPLAY), bytes([m.STALE_SESSION]))
    wire.hello(boot_id=8)
    assert isinstance(request.error, RigRestarted)
    assert request.error.effect == "nothing"


def test_an_end_that_overtakes_a_lost_answer_settles_the_request(wire: Wire) -> None:
    wire.subscribe()
    request = wire.submit(m.RUN_KEYS, RUN_KEYS)
    wire.one(m.RUN_KEYS)
    wire.event(0, m.EVENT_JOB, job_event())
    assert request.answer == bytes([m.JOB_DONE, 3])
    assert wire.link.open_job is None
    # The number was used up by the rig; the next request has the one after it.
    wire.submit(m.READ_DISPLAY)
    assert wire.one(m.READ_DISPLAY).seq == 3


def test_a_job_id_that_an_earlier_start_was_given_is_never_sent_to_a_later_one(wire: Wire) -> None:
    wire.subscribe()
    wire.submit(m.RUN_KEYS, RUN_KEYS)
    wire.say(wire.one(m.RUN_KEYS), m.pack_answer(m.RUN_KEYS, m.JOB_RUNNING, 0))
    wire.event(0, m.EVENT_JOB, job_event())
    wire.link.connect(wire.now_ms)
    wire.hello(boot_id=8)
    wire.say(wire.one(m.SUBSCRIBE), m.pack_answer(m.SUBSCRIBE, m.MASK_ALL, 0))
    again = wire.submit(m.RUN_KEYS, RUN_KEYS)
    assert isinstance(again.error, OutcomeUnknown)
    assert wire.sent() == []
    other = wire.submit(m.RUN_KEYS, m.pack_request(m.RUN_KEYS, JOB + 1, 60, 40, 0, tail=b"1"))
    assert wire.one(m.RUN_KEYS).payload == other.payload


def test_a_job_that_is_refused_does_not_hide_the_one_that_is_still_open(wire: Wire) -> None:
    wire.submit(m.RUN_KEYS, RUN_KEYS)
    wire.say(wire.one(m.RUN_KEYS), m.pack_answer(m.RUN_KEYS, m.JOB_RUNNING, 0))
    refused = wire.submit(m.RUN_KEYS, m.pack_request(m.RUN_KEYS, JOB + 1, 60, 40, 0, tail=b"1"))
    wire.say(wire.one(m.RUN_KEYS), bytes([m.BUSY]))
    assert isinstance(refused.error, RequestRefused)
    assert wire.link.open_job == JOB
    wire.due()
    wire.say(wire.one(m.PING), bytes([m.STALE_SESSION]))
    wire.hello(boot_id=8)
    (error,) = wire.items()
    assert isinstance(error, OutcomeUnknown)
    assert error.job_id == JOB


def test_a_restart_while_idle_is_said_once(wire: Wire) -> None:
    wire.due()
    wire.say(wire.one(m.PING), bytes([m.STALE_SESSION]))
    wire.hello(boot_id=8)
    (error,) = wire.items()
    assert isinstance(error, RigRestarted)


def test_opening_a_restarted_rig_on_purpose_is_welcome(wire: Wire) -> None:
    handle = wire.link.connect(wire.now_ms)
    wire.hello(boot_id=8)
    assert handle.error is None
    assert wire.items() == []


def test_a_rig_that_stays_silent_is_a_lost_link_with_the_open_job(wire: Wire) -> None:
    request = wire.submit(m.RUN_KEYS, RUN_KEYS)
    wire.exhaust()
    assert not request.done
    wire.exhaust()
    assert isinstance(request.error, LinkLost)
    assert (request.error.job_id, request.error.effect) == (JOB, "unknown")
    assert wire.link.next_deadline_ms() is None


def test_silence_while_idle_is_handed_out_as_a_lost_link(wire: Wire) -> None:
    wire.due()
    wire.exhaust()
    wire.exhaust()
    (error,) = wire.items()
    assert isinstance(error, LinkLost)
    assert error.effect == "nothing"


def test_after_a_lost_link_the_next_request_opens_a_session_again(wire: Wire) -> None:
    wire.submit(m.READ_DISPLAY)
    wire.exhaust()
    wire.exhaust()
    wire.sent()
    request = wire.submit(m.READ_DISPLAY)
    wire.hello()
    wire.say(wire.one(m.READ_DISPLAY), b"\x00")
    assert request.done
    assert request.error is None


def test_a_rig_that_refuses_every_session_is_given_up(wire: Wire) -> None:
    request = wire.submit(m.READ_DISPLAY)
    for _ in range(20):
        if request.done:
            break
        wire.say(wire.one(m.READ_DISPLAY), bytes([m.STALE_SESSION]))
        if not request.done:
            wire.hello()
    assert isinstance(request.error, LinkLost)


def test_an_abandoned_request_costs_a_new_session(wire: Wire) -> None:
    request = wire.submit(m.READ_DISPLAY)
    wire.one(m.READ_DISPLAY)
    wire.link.abandon(request)
    assert wire.link.next_deadline_ms() is None
    wire.submit(m.RELEASE_ALL)
    wire.hello(session=0x7777)
    assert wire.one(m.RELEASE_ALL).session == 0x7777


def test_a_late_answer_to_an_earlier_request_is_passed_over(wire: Wire) -> None:
    wire.submit(m.READ_DISPLAY)
    first = wire.one(m.READ_DISPLAY)
    wire.say(first, b"\x00one")
    second = wire.submit(m.READ_DISPLAY)
    wire.say(first, b"\x00one")
    assert not second.done
    wire.say(wire.one(m.READ_DISPLAY), b"\x00two")
    assert second.answer == b"two"


def test_bye_counts_as_done_when_the_session_is_gone_already(wire: Wire) -> None:
    request = wire.submit(m.BYE)
    wire.say(wire.one(m.BYE), bytes([m.STALE_SESSION]))
    assert request.answer is not None
    assert wire.link.state == CLOSED


# -- events


def test_events_come_in_order_once(wire: Wire) -> None:
    wire.subscribe(next_no=10)
    for no in (10, 11, 11, 10, 12):
        wire.event(no)
    assert wire.numbers() == [10, 11, 12]


def records(*events: tuple[int, int, bytes]) -> bytes:
    return b"\x00" + b"".join(
        struct.pack(m.EVENT_RECORD_LAYOUT, no, 5000, kind, len(data)) + data for no, kind, data in events
    )


def test_a_gap_is_fetched_and_then_handed_out_in_order(wire: Wire) -> None:
    wire.subscribe(next_no=10)
    wire.event(10)
    wire.event(13)
    frame = wire.one(m.EVENTS_SINCE)
    assert m.unpack_request(m.EVENTS_SINCE, frame.payload)[0] == 11
    wire.say(frame, records(*((no, m.EVENT_LOG, b"x") for no in (11, 12, 13))))
    wire.event(14)
    assert wire.numbers() == [10, 11, 12, 13, 14]


def test_a_fetch_that_brings_only_a_part_is_followed_by_another(wire: Wire) -> None:
    wire.subscribe(next_no=0)
    wire.event(3)
    wire.say(wire.one(m.EVENTS_SINCE), records((0, m.EVENT_LOG, b"x"), (1, m.EVENT_LOG, b"x")))
    frame = wire.one(m.EVENTS_SINCE)
    assert m.unpack_request(m.EVENTS_SINCE, frame.payload)[0] == 2
    wire.say(frame, records((2, m.EVENT_LOG, b"x"), (3, m.EVENT_LOG, b"x")))
    assert wire.numbers() == [0, 1, 2, 3]
    assert wire.sent() == []


def test_a_lost_last_event_is_noticed_by_the_next_ping(wire: Wire) -> None:
    wire.subscribe(next_no=5)
    wire.due()
    wire.say(wire.one(m.PING), m.pack_answer(m.PING, 1, 0, 0, 0, 0, 0, 0, 6))
    assert wire.one(m.EVENTS_SINCE).payload == b"\x05\x00"


def test_events_that_the_ring_has_lost_are_counted_and_an_open_job_is_asked_for(wire: Wire) -> None:
    wire.subscribe(next_no=0)
    wire.submit(m.RUN_KEYS, RUN_KEYS)
    wire.say(wire.one(m.RUN_KEYS), m.pack_answer(m.RUN_KEYS, m.JOB_RUNNING, 0))
    wire.event(40)
    wire.say(wire.one(m.EVENTS_SINCE), records((0, m.EVENT_LOST, b"\x28\x00"), (40, m.EVENT_LOG, b"x")))
    wire.say(wire.one(m.JOB_STATUS), job_status(m.JOB_DONE))
    assert wire.numbers() == [0, 40, -1]
    assert wire.link.counters.events_lost == 40
    assert wire.link.open_job is None


def test_a_rig_without_the_missing_events_is_not_asked_for_ever(wire: Wire) -> None:
    wire.subscribe(next_no=0)
    wire.event(3)
    wire.say(wire.one(m.EVENTS_SINCE), b"\x00")
    assert wire.sent() == []


def test_event_numbers_wrap(wire: Wire) -> None:
    wire.subscribe(next_no=0xFFFF)
    wire.event(0xFFFF)
    wire.event(0)
    assert wire.numbers() == [0xFFFF, 0]


def test_events_of_another_session_are_passed_over(wire: Wire) -> None:
    wire.subscribe()
    wire.event(0, session=0x1111)
    assert wire.items() == []


def test_after_a_lost_session_the_subscription_is_renewed_and_missed_events_fetched(wire: Wire) -> None:
    wire.subscribe(next_no=4)
    request = wire.submit(m.READ_DISPLAY)
    wire.say(wire.one(m.READ_DISPLAY), bytes([m.STALE_SESSION]))
    wire.hello(session=0x6666)
    frame = wire.one(m.SUBSCRIBE)
    assert frame.payload == bytes([m.MASK_ALL])
    wire.say(frame, m.pack_answer(m.SUBSCRIBE, m.MASK_ALL, 5))
    wire.say(wire.one(m.EVENTS_SINCE), records((4, m.EVENT_SAFE, b"\x02")))
    wire.say(wire.one(m.READ_DISPLAY), b"\x00")
    assert request.done
    assert wire.numbers() == [4]


def test_a_narrow_subscription_has_gaps_by_nature(wire: Wire) -> None:
    mask = 1 << m.EVENT_GLASS
    wire.submit(m.SUBSCRIBE, bytes([mask]))
    wire.say(wire.one(m.SUBSCRIBE), m.pack_answer(m.SUBSCRIBE, mask, 0))
    wire.event(3, m.EVENT_GLASS)
    wire.event(9, m.EVENT_GLASS)
    assert wire.numbers() == [3, 9]
    assert wire.sent() == []


# -- hostile input


_FRAMES = st.builds(
    lambda kind, seq, session, msg, payload, major: frames.encode(
        kind, seq, session, msg, payload, crc32, major
    ),
    st.integers(0, 2),
    st.integers(0, 4),
    st.sampled_from([0, 0x5E55, 0x6666]),
    st.sampled_from([row[0] for row in m.LAYOUTS] + [0x7F]),
    st.one_of(st.binary(max_size=40), st.binary(max_size=30).map(lambda tail: b"\x00" + tail)),
    st.sampled_from([1, 1, 1, 2]),
)


@settings(max_examples=400, deadline=None)
@given(st.lists(st.tuples(st.one_of(_FRAMES, st.binary(max_size=300)), st.integers(0, 700)), max_size=40))
def test_hostile_frames_raise_nothing_and_memory_stays_bounded(script: list[tuple[bytes, int]]) -> None:
    wire = Wire()
    wire.link.connect(wire.now_ms)
    wire.hello()
    wire.subscribe()
    for number, (data, wait_ms) in enumerate(script):
        wire.now_ms += wait_ms
        wire.link.poll(wire.now_ms)
        if number % 3 == 0 and wire.link.idle:
            wire.submit(m.RUN_KEYS, RUN_KEYS)
        wire.link.receive(data, wire.now_ms)
        wire.link.bytes_to_send()
        assert len(wire.link._decoder._pending) < frames.MAX_WIRE
        assert len(wire.link._queue) < 8
        assert len(wire.items()) < 40
