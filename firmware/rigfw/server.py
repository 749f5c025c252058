"""The device's end of the link: bytes and `now_ms` in, bytes and one call per request out.

What it promises (facts/protocol.md section 8): a request is handed to the handler at most once however often its
frame arrives, because the last answer is kept and sent again; a frame of another session is answered and never
executed; two seconds without a valid frame of the session close it and tell the handler to make everything safe.

Runs unchanged under CPython and MicroPython. Opens nothing, reads no clock.
"""

from rigwire import frames, messages, ticks

from rigfw.events import EventRing

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Callable, Protocol

    class Handler(Protocol):
        """What stands behind the link: the rig itself."""

        def request(self, msg: int, payload: bytes, now_ms: int) -> bytes:
            """Do one request; the answer, status byte first. ValueError: bad payload, nothing was done."""

        def link_lost(self, now_ms: int) -> None:
            """No host any more: make everything safe."""

        def bye(self, now_ms: int) -> None:
            """The host takes its leave: release every key."""

        def state(self) -> int:
            """One of messages.STATE_*."""


MAX_OUTPUT = 1024
MAX_VERSION_BYTES = 140

_FOR_HANDLER = (
    messages.RUN_KEYS,
    messages.JOB_STATUS,
    messages.ABORT,
    messages.RELEASE_ALL,
    messages.ALLOW_CODES,
    messages.SELFTEST,
    messages.LIGHT,
    messages.READ_DISPLAY,
)
_NO_SESSION = 0
_U16 = 0xFFFF


class DeviceLink:
    """One host on one line.

    Args:
        handler: does the requests; see `Handler`.
        crc32: CRC-32/ISO-HDLC, `binascii.crc32` on the device.
        random_u16: a random number 0..65535 a call; sessions are drawn from it.
        boot_id: random 32-bit number of this start of the device.
        version_text: firmware name and version, for people.
        key_max_ms: no key of this rig is down for longer; told in HELLO.

    Attributes:
        duplicate: requests that came again and were answered from the cache.
        stale: frames of another session, sequence or major version: answered, not executed.
        overrun: events that found the output full (they stay in the ring); the port adds its lost input here.
    """

    def __init__(
        self,
        handler: "Handler",
        crc32: "Callable[[bytes], int]",
        random_u16: "Callable[[], int]",
        boot_id: int,
        version_text: str,
        key_max_ms: int = messages.KEY_MAX_MS,
    ) -> None:
        self._handler = handler
        self._crc32 = crc32
        self._random_u16 = random_u16
        self._boot_id = boot_id
        self._key_max_ms = key_max_ms
        self._version = version_text.encode()[:MAX_VERSION_BYTES]
        self._schema = messages.schema(crc32)
        self._decoder = frames.Decoder(crc32)
        self._session = _NO_SESSION
        self._previous_session = _NO_SESSION
        self._nonce = -1
        self._heard_ms = 0
        self._last_seq = 0
        self._last_msg = 0
        self._last_sum = 0
        self._answer = b""
        self._mask = 0
        self._events = EventRing()
        self._out = b""
        self._sent_ms = -1
        self.duplicate = 0
        self.stale = 0
        self.overrun = 0

    @property
    def session_open(self) -> bool:
        """A host has said HELLO and was heard within the link timeout."""
        return self._session != _NO_SESSION

    @property
    def bad_crc(self) -> int:
        """Damaged frames that came in."""
        return self._decoder.bad_crc

    @property
    def bad_frame(self) -> int:
        """Blocks of bytes that are no frame at all."""
        return self._decoder.bad_frame

    def receive(self, data: "bytes | bytearray | memoryview", now_ms: int) -> None:
        """Take bytes from the host.

        The silence is judged first: bytes that lay in a buffer while the device stood still prove nothing.
        An exception of the handler other than ValueError is answered FAULT and then passes through, so that
        the program around it goes safe.
        """
        self.poll(now_ms)
        for frame in self._decoder.feed(data):
            if frame.kind != frames.KIND_REQUEST:
                self._decoder.bad_frame += 1
            elif frame.msg == messages.HELLO and frame.session == _NO_SESSION:
                self._hello(frame, now_ms)
            elif not self._is_ours(frame):
                self.stale += 1
                self._refuse(frame, messages.STALE_SESSION, now_ms)
            else:
                self._heard_ms = now_ms
                self._in_session(frame, now_ms)

    def poll(self, now_ms: int) -> None:
        """Close the session after the link timeout and tell the handler, once."""
        if self._session != _NO_SESSION and ticks.diff(now_ms, self._heard_ms) >= messages.LINK_TIMEOUT_MS:
            self._close()
            self._handler.link_lost(now_ms)

    def next_deadline_ms(self, now_ms: int) -> int:
        """Milliseconds until `poll` has something to do; -1 when never."""
        if self._session == _NO_SESSION:
            return -1
        left_ms = messages.LINK_TIMEOUT_MS - ticks.diff(now_ms, self._heard_ms)
        return left_ms if left_ms > 0 else 0

    def emit(self, kind: int, data: bytes, now_ms: int) -> None:
        """Number an event and keep it in the ring; send it when the host wants this kind.

        Raises ValueError when `data` is over events.MAX_DATA bytes.
        """
        no = self._events.add(kind, data, now_ms)
        if self._session == _NO_SESSION or not self._mask >> kind & 1:
            return
        payload = messages.pack_request(messages.EVENT, no, now_ms, kind, tail=data)
        wire = frames.encode(
            frames.KIND_EVENT, no & 0xFF, self._session, messages.EVENT, payload, self._crc32
        )
        if not self._queue(wire, now_ms):
            self.overrun += 1

    def take_output(self) -> bytes:
        """Everything that is to be written to the host now."""
        out = self._out
        self._out = b""
        return out

    def _is_ours(self, frame: frames.Frame) -> bool:
        return (
            self._session != _NO_SESSION
            and frame.session == self._session
            and frame.major == frames.MAJOR_VERSION
        )

    def _queue(self, wire: bytes, now_ms: int) -> bool:
        out = self._out
        if out:
            if len(out) + len(wire) >= MAX_OUTPUT:
                return False
            wire = out + wire
        elif self._sent_ms < 0 or ticks.diff(now_ms, self._sent_ms) > frames.IDLE_BEFORE_DELIMITER_MS:
            wire = b"\x00" + wire
        self._out = wire
        self._sent_ms = now_ms
        return True

    def _respond(self, frame: frames.Frame, session: int, payload: bytes) -> bytes:
        return frames.encode(frames.KIND_RESPONSE, frame.seq, session, frame.msg, payload, self._crc32)

    def _refuse(self, frame: frames.Frame, status: int, now_ms: int) -> None:
        # Under the session of the frame, so that its sender can tell which request it was.
        self._queue(self._respond(frame, frame.session, bytes([status])), now_ms)

    def _remember(self, frame: frames.Frame, wire: bytes) -> None:
        self._last_seq = frame.seq
        self._last_msg = frame.msg
        self._last_sum = self._crc32(frame.payload)
        self._answer = wire

    def _close(self) -> None:
        self._session = _NO_SESSION
        self._mask = 0

    def _hello(self, frame: frames.Frame, now_ms: int) -> None:
        """HELLO is answered to a host of any version: this layout never changes."""
        try:
            proto_min, proto_max, nonce, _ = messages.unpack_request(messages.HELLO, frame.payload)
        except ValueError:
            self._decoder.bad_frame += 1
            return
        if nonce == self._nonce and self._session != _NO_SESSION:
            # Sent again, or late: never a second session for one HELLO.
            self.duplicate += 1
            if self._last_msg == messages.HELLO:
                self._queue(self._answer, now_ms)
            return
        session = _NO_SESSION
        if proto_min <= messages.PROTOCOL_VERSION <= proto_max:
            session = self._random_u16() & _U16
            while session == _NO_SESSION or session == self._previous_session:
                session = (session + 1) & _U16
        payload = messages.pack_answer(
            messages.HELLO,
            messages.PROTOCOL_VERSION,
            nonce,
            self._boot_id,
            self._schema,
            frames.MAX_PAYLOAD,
            messages.LINK_TIMEOUT_MS,
            self._key_max_ms,
            tail=self._version,
        )
        wire = self._respond(frame, session, payload)
        if session != _NO_SESSION:
            self._session = self._previous_session = session
            self._nonce = nonce
            self._heard_ms = now_ms
            self._mask = 0
            self._remember(frame, wire)
        self._queue(wire, now_ms)

    def _in_session(self, frame: frames.Frame, now_ms: int) -> None:
        if frame.seq == self._last_seq:
            # The sum tells a request sent again from one of 256 requests ago that comes late.
            if frame.msg == self._last_msg and self._crc32(frame.payload) == self._last_sum:
                self.duplicate += 1
                self._queue(self._answer, now_ms)
                return
        elif frame.seq == (self._last_seq + 1) & 0xFF:
            self._execute(frame, now_ms)
            return
        self.stale += 1
        self._refuse(frame, messages.BAD_SEQ, now_ms)

    def _execute(self, frame: frames.Frame, now_ms: int) -> None:
        session = self._session
        fault = None
        try:
            payload = self._answer_to(frame.msg, frame.payload, now_ms)
        except ValueError:
            payload = bytes([messages.BAD_PAYLOAD])
        except Exception as error:
            fault = error
        if fault is not None or len(payload) > frames.MAX_PAYLOAD:
            payload = bytes([messages.FAULT])
        wire = self._respond(frame, session, payload)
        self._remember(frame, wire)
        self._queue(wire, now_ms)
        if fault is not None:
            raise fault

    def _answer_to(self, msg: int, payload: bytes, now_ms: int) -> bytes:
        if msg in _FOR_HANDLER:
            return self._handler.request(msg, payload, now_ms)
        if msg == messages.PING:
            messages.unpack_request(msg, payload)
            return messages.pack_answer(
                msg,
                now_ms,
                self._handler.state(),
                self.bad_crc & _U16,
                self.bad_frame & _U16,
                self.duplicate & _U16,
                self.stale & _U16,
                self.overrun & _U16,
                self._events.next_no,
            )
        if msg == messages.SUBSCRIBE:
            self._mask = messages.unpack_request(msg, payload)[0] & messages.MASK_ALL
            return messages.pack_answer(msg, self._mask, self._events.next_no)
        if msg == messages.EVENTS_SINCE:
            no = messages.unpack_request(msg, payload)[0]
            return messages.pack_answer(msg, tail=self._events.since(no, now_ms))
        if msg == messages.BYE:
            self._close()
            self._handler.bye(now_ms)
            return messages.pack_answer(msg)
        return bytes([messages.UNKNOWN_MSG])
