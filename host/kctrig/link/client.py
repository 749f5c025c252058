"""The host's end of the link, pure: bytes and `now_ms` in; bytes, answers, events and the next deadline out.

One request is in flight at a time and is sent again byte for byte until it is answered. What a lost session, a
silent rig or a restarted rig means for the request in flight is decided here (facts/protocol.md section 8, rule 5):

    CLOSED --HELLO--> GREETING --answer--> OPEN --STALE_SESSION, BAD_SEQ or six tries--> GREETING
    GREETING --six tries--> CLOSED: the request fails with NoAnswer or LinkLost
    back in OPEN, same boot_id: the rig's job table decides about a RUN_KEYS; anything else is sent again
    back in OPEN, new boot_id:  OutcomeUnknown for an open key job, RigRestarted for the rest; nothing is sent again
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable

from rigwire import frames, messages

from kctrig.link import words
from kctrig.link.errors import (
    LinkError,
    LinkLost,
    NoAnswer,
    OutcomeUnknown,
    RequestRefused,
    RequestTooLong,
    VersionMismatch,
)
from kctrig.link.exchange import MAX_TRIES, Exchange
from kctrig.link.happenings import Happenings
from kctrig.link.items import DeviceEvent, DeviceStatus, Hello, HostCounters, Request
from kctrig.link.rtt import RttEstimator

MAX_RECOVERIES = 6
CLOSED, GREETING, OPEN = "closed", "greeting", "open"


class HostLink:
    """One rig on one line.

    Args:
        crc32: CRC-32/ISO-HDLC.
        random_u32: a random number 0..2**32-1 a call, for the nonce of HELLO.
        name: what to call the line in errors.

    Attributes:
        state: CLOSED, GREETING or OPEN.
        hello: what the rig said last, None before.
        status: the last PING answer, None before.
        counters: what this end saw.
        jobs: the key jobs that are open.
    """

    def __init__(
        self, crc32: Callable[[bytes], int], random_u32: Callable[[], int], name: str = "the port"
    ) -> None:
        self._random_u32 = random_u32
        self._name = name
        self._decoder = frames.Decoder(crc32)
        self.state = CLOSED
        self.hello: Hello | None = None
        self.status: DeviceStatus | None = None
        self.counters = HostCounters()
        self._exchange = Exchange(crc32, self.counters)
        self._queue: deque[Request] = deque()
        self._happenings = Happenings(self._exchange, self._queue, self.counters)
        self.jobs = self._happenings.jobs
        self._nonce = 0
        self._restart_welcome = False
        self._clock: tuple[float, int] | None = None

    @property
    def rtt(self) -> RttEstimator:
        """Round-trip estimate."""
        return self._exchange.rtt

    @property
    def open_job(self) -> int | None:
        """Id of a RUN_KEYS that was sent and of which no end has been seen, or None."""
        return self.jobs.oldest

    @property
    def bad_crc(self) -> int:
        """Damaged frames that came in."""
        return self._decoder.bad_crc

    @property
    def bad_frame(self) -> int:
        """Blocks of bytes that were no frame: boot text, noise."""
        return self._decoder.bad_frame

    @property
    def idle(self) -> bool:
        """Nothing is in flight and nothing waits."""
        return self._exchange.flying is None and not self._queue

    def connect(self, now_ms: float) -> Request:
        """Say HELLO; the handle is done when the session is open. A restarted rig is welcome here."""
        flying = self._exchange.flying
        if flying is not None and flying.msg == messages.HELLO:
            return flying
        self._restart_welcome = True
        if flying is not None and not flying.own:
            self._queue.appendleft(flying)
        self._forget_own()
        return self._greet(now_ms)

    def submit(self, msg: int, payload: bytes, now_ms: float) -> Request:
        """Queue a request and send it as soon as it is its turn; the handle tells how it ended.

        Raises RequestTooLong before anything is sent.
        """
        if len(payload) > frames.MAX_PAYLOAD:
            raise RequestTooLong(
                f"{words.NAMES.get(msg, msg)} with {len(payload)} bytes: a frame holds {frames.MAX_PAYLOAD}. "
                "Nothing was sent; split it"
            )
        request = Request(msg, payload)
        self._queue.append(request)
        self._advance(now_ms)
        return request

    def abandon(self, request: Request) -> None:
        """Nobody waits for this request any more. If it was sent, the session begins anew with the next one."""
        if request is self._exchange.flying:
            self._exchange.drop()
            self.state = CLOSED
        elif request in self._queue:
            self._queue.remove(request)

    def receive(self, data: bytes, now_ms: float) -> None:
        """Take bytes from the rig."""
        for frame in self._decoder.feed(data):
            self.counters.received += 1
            if frame.kind == frames.KIND_RESPONSE:
                self._on_response(frame, now_ms)
            elif frame.kind == frames.KIND_EVENT and frame.msg == messages.EVENT:
                self._on_event(frame)
            else:
                self.counters.unexpected += 1
        self._advance(now_ms)

    def poll(self, now_ms: float) -> None:
        """Do what is due: send again, give up, or PING an idle line."""
        flying = self._exchange.flying
        if flying is not None:
            if now_ms < self._exchange.deadline_ms:
                return
            if flying.tries < MAX_TRIES:
                self._exchange.transmit(now_ms)
            else:
                self._exhausted(flying, now_ms)
        elif self.state == OPEN and now_ms >= self._ping_due_ms():
            self._start(Request(messages.PING, self._ping_payload(now_ms), own=True), now_ms)

    def next_deadline_ms(self) -> float | None:
        """When `poll` has something to do; None = never by itself."""
        if self._exchange.flying is not None:
            return self._exchange.deadline_ms
        return self._ping_due_ms() if self.state == OPEN else None

    def bytes_to_send(self) -> bytes:
        """What is to be written to the rig now."""
        return self._exchange.take_output()

    def next_item(self) -> DeviceEvent | LinkError | None:
        """The next event in order, or an error that no waiting request could carry."""
        items = self._happenings.items
        return items.popleft() if items else None

    def host_ms(self, device_ms: int) -> float | None:
        """A rig's time on the host's clock, by the midpoint of the last PING that was sent once; None before one."""
        if self._clock is None:
            return None
        host_ms, then_ms = self._clock
        return host_ms + ((device_ms - then_ms + (1 << 29)) & ((1 << 30) - 1)) - (1 << 29)

    # -- sending

    def _ping_due_ms(self) -> float:
        return (self._exchange.sent_ms or 0.0) + messages.PING_AFTER_MS

    @staticmethod
    def _ping_payload(now_ms: float) -> bytes:
        return messages.pack_request(messages.PING, int(now_ms) & 0xFFFFFFFF)

    def _advance(self, now_ms: float) -> None:
        if self._exchange.flying is not None:
            return
        if self.state == OPEN:
            self._happenings.mend_gap()
        if not self._queue:
            return
        if self.state != OPEN:
            self._greet(now_ms)
            return
        request = self._queue.popleft()
        assert self.hello is not None
        if request.job_id is not None and not self.jobs.may_be_sent(request.job_id, self.hello.boot_id):
            request.error = OutcomeUnknown(request.job_id)
            self._advance(now_ms)
            return
        self._start(request, now_ms)

    def _greet(self, now_ms: float) -> Request:
        self.state = GREETING
        self._happenings.refetching = False
        self._exchange.begin_session()
        self._nonce = self._random_u32() & 0xFFFFFFFF
        version = messages.PROTOCOL_VERSION
        hello = Request(
            messages.HELLO, messages.pack_request(messages.HELLO, version, version, self._nonce), own=True
        )
        self._start(hello, now_ms)
        return hello

    def _start(self, request: Request, now_ms: float) -> None:
        if request.job_id is not None:
            self.jobs.sent(request.job_id)
        self._exchange.start(request, now_ms)

    # -- receiving

    def _on_response(self, frame: frames.Frame, now_ms: float) -> None:
        request = self._exchange.flying
        if request is None or not self._exchange.is_answered_by(frame):
            self.counters.unexpected += 1
            return
        if request.msg == messages.HELLO:
            self._on_hello(request, frame, now_ms)
            return
        if frame.major != frames.MAJOR_VERSION:
            self._exchange.drop()
            self._give_up(request, VersionMismatch(messages.PROTOCOL_VERSION, frame.major))
            return
        status = frame.payload[0]
        if status in (messages.STALE_SESSION, messages.BAD_SEQ) and request.msg != messages.BYE:
            self._recover(request, "the rig keeps refusing the session", now_ms)
            return
        self._exchange.finish(now_ms)
        if status in (messages.OK, messages.STALE_SESSION, messages.BAD_SEQ):
            self._settle(request, frame.payload, now_ms)
        else:
            detail = frame.payload[1:].decode("utf-8", "replace")
            request.error = RequestRefused(request.msg, status, detail)
            if request.job_id is not None and status != messages.FAULT:
                self.jobs.refused(request.job_id)

    def _settle(self, request: Request, payload: bytes, now_ms: float) -> None:
        """An answer with status OK: keep what the link itself learns from it, then hand it over."""
        msg = request.msg
        try:
            if msg == messages.PING:
                self.status = DeviceStatus(*messages.unpack_answer(msg, payload)[:8])
                self._happenings.order.rig_is_at(self.status.next_event_no)
                if request.tries == 1:
                    self._clock = ((request.first_sent_ms + now_ms) / 2, self.status.device_ms)
            elif msg == messages.SUBSCRIBE:
                self._happenings.order.subscribed(*messages.unpack_answer(msg, payload)[:2])
            elif msg == messages.RUN_KEYS and request.job_id is not None:
                self.jobs.seen(request.job_id, messages.unpack_answer(msg, payload)[0])
            elif msg == messages.JOB_STATUS and not request.own:
                job_id = int.from_bytes(request.payload[:4], "little")
                self.jobs.seen(job_id, messages.unpack_answer(msg, payload)[0])
            elif msg == messages.BYE:
                self.state = CLOSED
        except ValueError as error:
            request.error = LinkLost(f"an answer does not have its layout ({error})", job_id=self.open_job)
            return
        request.answer = payload[1:]
        if request.on_answer is not None:
            request.on_answer(request.answer)

    def _on_hello(self, request: Request, frame: frames.Frame, now_ms: float) -> None:
        try:
            hello = Hello.unpack(frame.payload)
        except ValueError:
            self.counters.unexpected += 1
            return
        if hello.nonce != self._nonce or frame.payload[0] != messages.OK:
            self.counters.unexpected += 1  # an answer to an earlier HELLO, late
            return
        if hello.protocol != messages.PROTOCOL_VERSION or not frame.session:
            self._exchange.drop()
            mismatch = VersionMismatch(messages.PROTOCOL_VERSION, hello.protocol, hello.version_text)
            self._give_up(request, mismatch)
            return
        self._exchange.finish(now_ms)
        before, self.hello = self.hello, hello
        self._exchange.session = frame.session
        self.state = OPEN
        request.answer = frame.payload[1:]
        if before is not None:
            self.counters.reconnects += 1
            if before.boot_id != hello.boot_id:
                self._restarted()
        self._restart_welcome = False
        self._happenings.resume()

    def _restarted(self) -> None:
        """Another boot_id: nothing that was sent before is sent again."""
        self._happenings.restarted(self._restart_welcome)

    def _on_event(self, frame: frames.Frame) -> None:
        if frame.session != self._exchange.session or self.state != OPEN:
            self.counters.unexpected += 1
            return
        try:
            self._happenings.on_event(frame)
        except ValueError:
            self.counters.unexpected += 1

    # -- trouble

    def _exhausted(self, request: Request, now_ms: float) -> None:
        if request.msg != messages.HELLO:
            self._recover(request, "no answer", now_ms)
            return
        self._exchange.drop()
        if self.hello is None:
            self._give_up(request, NoAnswer(self._name))
        else:
            self._give_up(request, LinkLost(f"the rig on {self._name} is silent", job_id=self.open_job))

    def _recover(self, request: Request, why: str, now_ms: float) -> None:
        """Begin a new session; what was in flight waits in front of the queue, the link's own requests are made anew."""
        self._exchange.drop()
        self._forget_own()
        request.recoveries += 1
        if request.recoveries > MAX_RECOVERIES:
            self._give_up(request, LinkLost(why, job_id=self.open_job))
            return
        if not request.own:
            self._queue.appendleft(request)
        self._greet(now_ms)

    def _forget_own(self) -> None:
        """The link's own requests are made anew when a session is open."""
        others = [r for r in self._queue if not r.own]
        self._queue.clear()
        self._queue.extend(others)

    def _give_up(self, request: Request, error: LinkError) -> None:
        self.state = CLOSED
        waiting = [r for r in self._queue if not r.own]
        self._queue.clear()
        request.error = error
        for each in waiting:
            each.error = error
        if request.own and not waiting and not self._restart_welcome:
            self._happenings.items.append(error)
        self._restart_welcome = False
