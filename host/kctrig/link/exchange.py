"""One request in flight: its number and session, its repetitions, its time-out."""

from __future__ import annotations

from collections.abc import Callable

from rigwire import frames

from kctrig.link.items import HostCounters, Request
from kctrig.link.rtt import RttEstimator

MAX_TRIES = 6
BEFORE_THE_FIRST = 0xFF  # HELLO has number 0, the first request after it 1


class Exchange:
    """Sends a request, byte for byte again until `finish` or `drop`; decides nothing about what an answer means.

    Attributes:
        flying: the request that waits for its answer, or None.
        deadline_ms: when it is due to be sent again.
        session: the session in force; 0 while greeting.
        sent_ms: when this end last sent anything, None before.
        rtt: round-trip estimate.
    """

    def __init__(self, crc32: Callable[[bytes], int], counters: HostCounters) -> None:
        self._crc32 = crc32
        self._counters = counters
        self.rtt = RttEstimator()
        self.flying: Request | None = None
        self.deadline_ms = 0.0
        self.session = 0
        self.sent_ms: float | None = None
        self._seq = BEFORE_THE_FIRST
        self._out = b""

    def begin_session(self) -> None:
        """The next request is a HELLO."""
        self.session = 0
        self._seq = BEFORE_THE_FIRST

    def start(self, request: Request, now_ms: float) -> None:
        """Give the request the next number and send it."""
        self._seq = (self._seq + 1) & 0xFF
        request.seq = self._seq
        request.session = self.session
        request.tries = 0
        request.was_sent = True
        request.first_sent_ms = now_ms
        request.wire = frames.encode(
            frames.KIND_REQUEST, request.seq, request.session, request.msg, request.payload, self._crc32
        )
        self.flying = request
        self.transmit(now_ms)

    def transmit(self, now_ms: float) -> None:
        """Send what flies, once more or for the first time."""
        request = self.flying
        assert request is not None
        request.tries += 1
        if request.tries > 1:
            self._counters.retransmitted += 1
        wire = request.wire
        if (
            request.tries > 1
            or self.sent_ms is None
            or now_ms - self.sent_ms > frames.IDLE_BEFORE_DELIMITER_MS
        ):
            wire = b"\x00" + wire  # ends whatever junk came before
        self._out += wire
        self.sent_ms = now_ms
        self.deadline_ms = now_ms + self.rtt.after_try_ms(request.tries)
        self._counters.sent += 1

    def is_answered_by(self, frame: frames.Frame) -> bool:
        """Whether a response belongs to what flies; HELLO's answer brings a session of its own."""
        request = self.flying
        return (
            request is not None
            and frame.seq == request.seq
            and frame.msg == request.msg
            and len(frame.payload) > 0
            and (frame.session == request.session or request.session == 0)
        )

    def finish(self, now_ms: float) -> None:
        """What flies was answered; its round trip counts when it was sent once."""
        request = self.flying
        if request is not None and request.tries == 1:
            self.rtt.sample(now_ms - request.first_sent_ms)
        self.flying = None

    def drop(self) -> None:
        """What flies is not waited for any more."""
        self.flying = None

    def take_output(self) -> bytes:
        """What is to be written now."""
        out, self._out = self._out, b""
        return out
