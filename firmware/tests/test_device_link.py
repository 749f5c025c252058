"""The device's end of the link, by bytes and ticks alone."""

from __future__ import annotations

import binascii
import struct

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rigfw.events import MAX_DATA
from rigfw.server import MAX_OUTPUT, DeviceLink
from rigwire import frames, ticks
from rigwire import messages as m

BOOT_ID = 0xB0071D00
NONCE = 0x11223344


class Rig:
    """A handler that keeps what it was asked."""

    def __init__(self) -> None:
        self.asked: list[tuple[int, bytes]] = []
        self.lost_ms: list[int] = []
        self.byes = 0
        self.raises: Exception | None = None
        self.answer: bytes | None = None

    def request(self, msg: int, payload: bytes, now_ms: int) -> bytes:
        self.asked.append((msg, payload))
        if self.raises is not None:
            raise self.raises
        return b"\x00" + bytes([len(self.asked) & 0xFF]) if self.answer is None else self.answer

    def link_lost(self, now_ms: int) -> None:
        self.lost_ms.append(now_ms)

    def bye(self, now_ms: int) -> None:
        self.byes += 1

    def state(self) -> int:
        return m.STATE_IDLE


class Bench:
    """A device and the bytes to talk to it."""

    def __init__(self, sessions: tuple[int, ...] = (0x1234, 0x5678, 0x9ABC)) -> None:
        self.rig = Rig()
        draws = iter(sessions)
        self.link = DeviceLink(self.rig, binascii.crc32, lambda: next(draws), BOOT_ID, "bench 1")
        self.now_ms = ticks.PERIOD - 700  # the clock wraps in the middle of the tests
        self._decoder = frames.Decoder(binascii.crc32)

    def send(
        self, msg: int, payload: bytes = b"", *, seq: int, session: int = 0x1234, major: int = 1
    ) -> list[frames.Frame]:
        wire = frames.encode(frames.KIND_REQUEST, seq, session, msg, payload, binascii.crc32, major)
        self.link.receive(wire, self.now_ms)
        return self.take()

    def take(self) -> list[frames.Frame]:
        return self._decoder.feed(self.link.take_output())

    def hello(
        self, nonce: int = NONCE, versions: tuple[int, int] = (1, 1), major: int = 1
    ) -> list[frames.Frame]:
        return self.send(m.HELLO, m.pack_request(m.HELLO, *versions, nonce), seq=0, session=0, major=major)

    def wait(self, wait_ms: int) -> None:
        self.now_ms = ticks.add(self.now_ms, wait_ms)
        self.link.poll(self.now_ms)


@pytest.fixture
def bench() -> Bench:
    made = Bench()
    made.hello()
    return made


def status(answers: list[frames.Frame]) -> int:
    assert len(answers) == 1
    return answers[0].payload[0]


def test_hello_opens_a_session_drawn_by_the_device_and_echoes_the_nonce() -> None:
    bench = Bench()
    assert not bench.link.session_open
    (answer,) = bench.hello()
    fields = m.unpack_answer(m.HELLO, answer.payload)
    assert (answer.kind, answer.session, answer.seq) == (frames.KIND_RESPONSE, 0x1234, 0)
    assert fields == (
        1,
        NONCE,
        BOOT_ID,
        m.schema(binascii.crc32),
        frames.MAX_PAYLOAD,
        m.LINK_TIMEOUT_MS,
        m.KEY_MAX_MS,
        b"bench 1",
    )
    assert bench.link.session_open


def test_the_same_hello_again_gives_the_same_session() -> None:
    bench = Bench()
    assert bench.hello() == bench.hello()
    assert bench.link.duplicate == 1


def test_a_hello_that_comes_late_after_a_request_changes_nothing(bench: Bench) -> None:
    bench.send(m.READ_DISPLAY, seq=1)
    assert bench.hello() == []
    assert status(bench.send(m.READ_DISPLAY, seq=2)) == m.OK


def test_a_session_is_never_zero_and_never_the_one_before() -> None:
    bench = Bench(sessions=(0, 1, 0xFFFF, 0xFFFF))
    assert [bench.hello(nonce)[0].session for nonce in (1, 2, 3, 4)] == [1, 2, 0xFFFF, 1]


def test_hello_of_a_host_that_speaks_another_version_names_ours_and_opens_nothing(bench: Bench) -> None:
    (answer,) = bench.hello(nonce=9, versions=(2, 3), major=2)
    fields = m.unpack_answer(m.HELLO, answer.payload)
    assert (answer.session, fields[0], fields[1], fields[-1]) == (0, 1, 9, b"bench 1")
    # The session of the host that was there goes on.
    assert status(bench.send(m.READ_DISPLAY, seq=1)) == m.OK


def test_a_frame_of_another_major_version_is_answered_and_not_executed(bench: Bench) -> None:
    (answer,) = bench.send(m.READ_DISPLAY, seq=1, major=2)
    assert (answer.payload, answer.major) == (bytes([m.STALE_SESSION]), 1)
    assert bench.rig.asked == []


def test_a_request_that_comes_again_gets_the_kept_answer_and_is_not_executed_again(bench: Bench) -> None:
    first = bench.send(m.READ_DISPLAY, b"x", seq=1)
    assert bench.send(m.READ_DISPLAY, b"x", seq=1) == first
    assert bench.rig.asked == [(m.READ_DISPLAY, b"x")]
    assert bench.link.duplicate == 1


def test_another_request_under_the_last_number_is_refused(bench: Bench) -> None:
    bench.send(m.READ_DISPLAY, b"x", seq=1)
    assert status(bench.send(m.READ_DISPLAY, b"y", seq=1)) == m.BAD_SEQ
    assert status(bench.send(m.RELEASE_ALL, b"x", seq=1)) == m.BAD_SEQ
    assert len(bench.rig.asked) == 1


@pytest.mark.parametrize("seq", [0, 2, 128, 255])
def test_only_one_follows_hello(bench: Bench, seq: int) -> None:
    assert status(bench.send(m.READ_DISPLAY, seq=seq)) == m.BAD_SEQ
    assert bench.rig.asked == []


def test_the_number_wraps_from_255_to_0(bench: Bench) -> None:
    for count in range(1, 600):
        assert status(bench.send(m.READ_DISPLAY, seq=count & 0xFF)) == m.OK
    assert len(bench.rig.asked) == 599


def test_a_frame_of_another_session_is_answered_stale_and_the_kept_answer_stays(bench: Bench) -> None:
    first = bench.send(m.READ_DISPLAY, seq=1)
    (stale,) = bench.send(m.READ_DISPLAY, seq=1, session=0x4444)
    assert (stale.payload, stale.session, stale.seq) == (bytes([m.STALE_SESSION]), 0x4444, 1)
    assert bench.send(m.READ_DISPLAY, seq=1) == first
    assert (bench.link.stale, len(bench.rig.asked)) == (1, 1)


def test_before_hello_nothing_is_executed() -> None:
    bench = Bench()
    for session in (0, 0x1234):
        assert status(bench.send(m.RUN_KEYS, bytes(12), seq=1, session=session)) == m.STALE_SESSION
    assert bench.rig.asked == []


def test_a_message_nobody_knows_is_said_to_be_unknown(bench: Bench) -> None:
    for seq, msg in enumerate((0x7F, m.EVENT, m.CONTACTS, m.GLASS), start=1):
        assert status(bench.send(msg, seq=seq)) == m.UNKNOWN_MSG
    assert bench.rig.asked == []


def test_a_payload_too_short_is_bad_and_the_number_is_spent(bench: Bench) -> None:
    assert status(bench.send(m.PING, b"\x00", seq=1)) == m.BAD_PAYLOAD
    bench.rig.raises = ValueError("short")
    assert status(bench.send(m.RUN_KEYS, b"", seq=2)) == m.BAD_PAYLOAD
    assert status(bench.send(m.PING, bytes(4), seq=3)) == m.OK


def test_a_fault_inside_is_answered_kept_and_passed_on(bench: Bench) -> None:
    bench.rig.raises = OSError("keypad")
    with pytest.raises(OSError, match="keypad"):
        bench.send(m.RUN_KEYS, bytes(12), seq=1)
    assert status(bench.take()) == m.FAULT
    assert status(bench.send(m.RUN_KEYS, bytes(12), seq=1)) == m.FAULT
    assert len(bench.rig.asked) == 1


def test_an_answer_that_fits_no_frame_is_a_fault_and_not_executed_again(bench: Bench) -> None:
    bench.rig.answer = bytes(300)
    assert status(bench.send(m.READ_DISPLAY, seq=1)) == m.FAULT
    assert status(bench.send(m.READ_DISPLAY, seq=1)) == m.FAULT
    assert len(bench.rig.asked) == 1


def test_silence_closes_the_session_after_exactly_the_link_timeout_and_tells_once(bench: Bench) -> None:
    assert bench.link.next_deadline_ms(bench.now_ms) == m.LINK_TIMEOUT_MS
    bench.wait(m.LINK_TIMEOUT_MS - 1)
    assert (bench.rig.lost_ms, bench.link.next_deadline_ms(bench.now_ms)) == ([], 1)
    bench.wait(1)
    bench.wait(5000)
    assert len(bench.rig.lost_ms) == 1
    assert not bench.link.session_open
    assert bench.link.next_deadline_ms(bench.now_ms) == -1
    assert status(bench.send(m.PING, bytes(4), seq=1)) == m.STALE_SESSION


def test_only_a_valid_frame_of_the_session_counts_as_being_heard(bench: Bench) -> None:
    bench.wait(m.LINK_TIMEOUT_MS - 1)
    bench.send(m.PING, bytes(4), seq=1, session=0x7777)
    bench.link.receive(b"\x05noise\x00", bench.now_ms)
    bench.wait(1)
    assert len(bench.rig.lost_ms) == 1


def test_bytes_that_waited_while_the_device_stood_still_do_not_keep_the_session(bench: Bench) -> None:
    bench.now_ms = ticks.add(bench.now_ms, 5000)
    assert status(bench.send(m.PING, bytes(4), seq=1)) == m.STALE_SESSION
    assert len(bench.rig.lost_ms) == 1


def test_pings_keep_the_session(bench: Bench) -> None:
    for seq in range(1, 30):
        bench.wait(500)
        assert status(bench.send(m.PING, bytes(4), seq=seq)) == m.OK
    assert bench.rig.lost_ms == []


def test_bye_is_answered_and_closes(bench: Bench) -> None:
    assert status(bench.send(m.BYE, seq=1)) == m.OK
    assert (bench.rig.byes, bench.link.session_open) == (1, False)
    assert status(bench.send(m.BYE, seq=1)) == m.STALE_SESSION
    assert bench.rig.byes == 1


def test_ping_counts_what_the_device_saw(bench: Bench) -> None:
    good = frames.encode(0, 1, 0x1234, m.PING, b"abcd", binascii.crc32)
    bench.link.receive(good.replace(b"abcd", b"abCd"), bench.now_ms)
    bench.link.receive(b"boot text\x00", bench.now_ms)
    bench.send(m.READ_DISPLAY, seq=1)
    bench.send(m.READ_DISPLAY, seq=1)
    bench.send(m.READ_DISPLAY, seq=77)
    bench.link.overrun += 3
    bench.link.emit(m.EVENT_LOG, b"x", bench.now_ms)
    (answer,) = bench.send(m.PING, bytes(4), seq=2)
    fields = m.unpack_answer(m.PING, answer.payload)
    assert fields == (bench.now_ms, m.STATE_IDLE, 1, 1, 1, 1, 3, 1, b"")


# -- events


def event_numbers(answers: list[frames.Frame]) -> list[int]:
    return [m.unpack_request(m.EVENT, frame.payload)[0] for frame in answers]


def refetched(answer: frames.Frame) -> list[tuple[int, int, bytes]]:
    """(no, kind, data) of an EVENTS_SINCE answer."""
    tail, at, found = answer.payload[1:], 0, []
    size = struct.calcsize(m.EVENT_RECORD_LAYOUT)
    while at < len(tail):
        no, _, kind, length = struct.unpack_from(m.EVENT_RECORD_LAYOUT, tail, at)
        found.append((no, kind, tail[at + size : at + size + length]))
        at += size + length
    return found


def test_events_go_to_a_host_that_asked_for_their_kind(bench: Bench) -> None:
    bench.link.emit(m.EVENT_KEY, b"\x01\x01", bench.now_ms)
    assert bench.take() == []
    (answer,) = bench.send(m.SUBSCRIBE, bytes([1 << m.EVENT_KEY]), seq=1)
    assert m.unpack_answer(m.SUBSCRIBE, answer.payload)[:2] == (1 << m.EVENT_KEY, 1)
    bench.link.emit(m.EVENT_GLASS, b"image", bench.now_ms)
    bench.link.emit(m.EVENT_KEY, b"\x01\x00", bench.now_ms)
    (event,) = bench.take()
    assert m.unpack_request(m.EVENT, event.payload) == (2, bench.now_ms, m.EVENT_KEY, b"\x01\x00")


def test_a_new_session_has_asked_for_nothing_yet(bench: Bench) -> None:
    bench.send(m.SUBSCRIBE, bytes([m.MASK_ALL]), seq=1)
    bench.hello(nonce=7)
    bench.link.emit(m.EVENT_KEY, b"\x01\x01", bench.now_ms)
    assert bench.take() == []


def test_events_that_no_host_heard_can_be_fetched(bench: Bench) -> None:
    for count in range(5):
        bench.link.emit(m.EVENT_LOG, b"%d" % count, bench.now_ms)
    (answer,) = bench.send(m.EVENTS_SINCE, b"\x02\x00", seq=1)
    assert refetched(answer) == [(no, m.EVENT_LOG, b"%d" % no) for no in (2, 3, 4)]
    (answer,) = bench.send(m.EVENTS_SINCE, b"\x05\x00", seq=2)
    assert refetched(answer) == []


def test_the_ring_says_how_many_events_it_no_longer_holds(bench: Bench) -> None:
    for _ in range(m.EVENT_RING_SIZE + 8):
        bench.link.emit(m.EVENT_KEY, b"\x01\x01", bench.now_ms)
    (answer,) = bench.send(m.EVENTS_SINCE, b"\x03\x00", seq=1)
    found = refetched(answer)
    assert found[0] == (3, m.EVENT_LOST, struct.pack("<H", 5))
    assert [no for no, _, _ in found[1:]] == list(range(8, 8 + len(found) - 1))
    assert len(answer.payload) <= frames.MAX_PAYLOAD


def test_event_numbers_wrap_at_16_bits(bench: Bench) -> None:
    for _ in range(0x10000 + 3):
        bench.link.emit(m.EVENT_KEY, b"\x01\x01", bench.now_ms)
    (answer,) = bench.send(m.EVENTS_SINCE, struct.pack("<H", 0xFFFE), seq=1)
    assert [no for no, _, _ in refetched(answer)] == [0xFFFE, 0xFFFF, 0, 1, 2]


def test_a_number_from_the_future_fetches_nothing(bench: Bench) -> None:
    bench.link.emit(m.EVENT_KEY, b"\x01\x01", bench.now_ms)
    (answer,) = bench.send(m.EVENTS_SINCE, b"\x09\x00", seq=1)
    assert refetched(answer) == []


def test_an_event_too_long_for_a_refetch_is_refused(bench: Bench) -> None:
    bench.link.emit(m.EVENT_GLASS, bytes(MAX_DATA), bench.now_ms)
    (answer,) = bench.send(m.EVENTS_SINCE, b"\x00\x00", seq=1)
    assert len(refetched(answer)) == 1
    with pytest.raises(ValueError, match="at most"):
        bench.link.emit(m.EVENT_GLASS, bytes(MAX_DATA + 1), bench.now_ms)


def test_a_host_that_does_not_read_fills_a_bounded_queue(bench: Bench) -> None:
    bench.send(m.SUBSCRIBE, bytes([m.MASK_ALL]), seq=1)
    for _ in range(200):
        bench.link.emit(m.EVENT_LOG, bytes(100), bench.now_ms)
    assert bench.link.overrun > 0
    out = bench.link.take_output()
    assert len(out) < MAX_OUTPUT
    assert event_numbers(frames.Decoder(binascii.crc32).feed(out)) == list(range(200 - bench.link.overrun))


def test_a_zero_goes_ahead_after_an_idle_line(bench: Bench) -> None:
    wire = frames.encode(0, 1, 0x1234, m.PING, bytes(4), binascii.crc32)
    bench.now_ms = ticks.add(bench.now_ms, 500)
    bench.link.receive(wire, bench.now_ms)
    assert bench.link.take_output()[0] == 0
    bench.now_ms = ticks.add(bench.now_ms, 50)
    bench.link.receive(wire, bench.now_ms)
    assert bench.link.take_output()[0] != 0


# -- hostile input

_REQUESTS = st.builds(
    lambda kind, seq, session, msg, payload, major: frames.encode(
        kind, seq, session, msg, payload, binascii.crc32, major
    ),
    st.integers(0, 2),
    st.integers(0, 6),
    st.sampled_from([0, 0x1234, 0x5678, 0xFFFF]),
    st.one_of(st.sampled_from([row[0] for row in m.LAYOUTS]), st.integers(0, 255)),
    st.binary(max_size=frames.MAX_PAYLOAD),
    st.sampled_from([1, 1, 1, 0, 2, 31]),
)
_HELLOS = st.integers(0, 3).map(
    lambda nonce: frames.encode(0, 0, 0, m.HELLO, m.pack_request(m.HELLO, 1, 1, nonce), binascii.crc32)
)


@settings(max_examples=400, deadline=None)
@given(
    st.lists(
        st.tuples(st.one_of(_HELLOS, _REQUESTS, st.binary(max_size=600)), st.integers(0, 3000)), max_size=30
    )
)
def test_hostile_frames_raise_nothing_and_memory_stays_bounded(script: list[tuple[bytes, int]]) -> None:
    bench = Bench()
    bench.link._random_u16 = lambda: 0x1234
    asked_before = 0
    for data, wait_ms in script:
        bench.wait(wait_ms)
        was_open = bench.link.session_open
        bench.link.receive(data, bench.now_ms)
        bench.link.emit(m.EVENT_LOG, b"x", bench.now_ms)
        assert len(bench.link._decoder._pending) < frames.MAX_WIRE
        assert len(bench.link._events._ring) == m.EVENT_RING_SIZE
        assert len(bench.link._answer) <= frames.MAX_WIRE
        out = bench.link.take_output()
        assert len(out) < MAX_OUTPUT
        decoder = frames.Decoder(binascii.crc32)
        decoder.feed(out)
        assert (decoder.bad_crc, decoder.bad_frame) == (0, 0)
        # Nothing is executed for a host that has not said HELLO.
        assert len(bench.rig.asked) == asked_before or was_open or bench.link.session_open
        asked_before = len(bench.rig.asked)
