"""The host's end of the link, pure: bytes and `now_ms` in; bytes, answers, events and the next deadline out.

One request is in flight at a time and is sent again byte for byte until it is answered. What a lost session, a
silent rig or a restarted rig means for the request in flight is decided here (facts/protocol.md section 8, rule 5):

    CLOSED --HELLO--> GREETING --answer--> OPEN --STALE_SESSION, BAD_SEQ or six tries--> GREETING
    GREETING --six tries--> CLOSED: the request fails with NoAnswer or LinkLost
    back in OPEN, same boot_id: the rig's job table decides about a RUN_KEYS; anything else is sent again
    back in OPEN, new boot_id:  OutcomeUnknown for an open key job, RigRestarted for the rest; nothing is sent again
"""

from __future__ import annotations

import struct
from collections import deque
from collections.abc import Callable

from rigwire import frames, messages

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
from kctrig.link.event_order import EventOrder
from kctrig.link.items import DeviceEvent, DeviceStatus, Hello, HostCounters, Request
from kctrig.link.rtt import RttEstimator

MAX_TRIES = 6
MAX_RECOVERIES = 6
REMEMBERED_JOBS = 256
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
        rtt: round-trip estimate.
        open_job: id of a RUN_KEYS that was sent and of which no end has been seen, or None.
    """

    def __init__(
        self, crc32: Callable[[bytes], int], random_u32: Callable[[], int], name: str = "the port"
    ) -> None:
        self._crc32 = crc32
        self._random_u32 = random_u32
        self._name = name
        self._decoder = frames.Decoder(crc32)
        self.state = CLOSED
        self.hello: Hello | None = None
        self.status: DeviceStatus | None = None
        self.counters = HostCounters()
        self.rtt = RttEstimator()
        self.open_job: int | None = None
        self._order = EventOrder()
        self._queue: deque[Request] = deque()
        self._flying: Request | None = None
        self._deadline_ms = 0.0
        self._session = 0
        self._seq = 0
        self._nonce = 0
        self._restart_welcome = False
        self._refetching = False
        self._out = bytearray()
        self._sent_ms: float | None = None
        self._items: deque[DeviceEvent | LinkError] = deque()
        self._clock: tuple[float, int] | None = None
        self._given: dict[int, int] = {}  # job id: boot_id of the start of the rig it was sent to

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
        return self._flying is None and not self._queue

    def connect(self, now_ms: float) -> Request:
        """Say HELLO; the handle is done when the session is open. A restarted rig is welcome here."""
        if self._flying is not None and self._flying.msg == messages.HELLO:
            return self._flying
        self._restart_welcome = True
        if self._flying is not None:
            if not self._flying.own:
                self._queue.appendleft(self._flying)
            self._flying = None
        self._queue = deque(r for r in self._queue if not r.own)
        return self._greet(now_ms)

    def submit(self, msg: int, payload: bytes, now_ms: float) -> Request:
        """Queue a request and send it as soon as it is its turn; the handle tells how it ended.

        Raises RequestTooLong before anything is sent.
        """
        if len(payload) > frames.MAX_PAYLOAD:
            raise RequestTooLong(
                f"{messages.NAMES.get(msg, msg)} with {len(payload)} bytes: a frame holds {frames.MAX_PAYLOAD}. "
                "Nothing was sent; split it"
            )
        request = Request(msg, payload)
        self._queue.append(request)
        self._advance(now_ms)
        return request

    def abandon(self, request: Request) -> None:
        """Nobody waits for this request any more. If it was sent, the session begins anew with the next one."""
        if request is self._flying:
            self._flying = None
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
        flying = self._flying
        if flying is not None:
            if now_ms >= self._deadline_ms:
                if flying.tries < MAX_TRIES:
                    self.counters.retransmitted += 1
                    self._transmit(flying, now_ms)
                else:
                    self._exhausted(flying, now_ms)
        elif self.state == OPEN and now_ms >= self._ping_due_ms():
            self._start(Request(messages.PING, self._ping_payload(now_ms), own=True), now_ms)

    def next_deadline_ms(self) -> float | None:
        """When `poll` has something to do; None = never by itself."""
        if self._flying is not None:
            return self._deadline_ms
        return self._ping_due_ms() if self.state == OPEN else None

    def bytes_to_send(self) -> bytes:
        """What is to be written to the rig now."""
        if not self._out:
            return b""
        out = bytes(self._out)
        self._out.clear()
        return out

    def next_item(self) -> DeviceEvent | LinkError | None:
        """The next event in order, or an error that no waiting request could carry."""
        return self._items.popleft() if self._items else None

    def host_ms(self, device_ms: int) -> float | None:
        """A rig's time on the host's clock, by the midpoint of the last PING that was sent once; None before one."""
        if self._clock is None:
            return None
        host_ms, then_ms = self._clock
        return host_ms + ((device_ms - then_ms + (1 << 29)) & ((1 << 30) - 1)) - (1 << 29)

    # -- sending

    def _ping_due_ms(self) -> float:
        return (self._sent_ms or 0.0) + messages.PING_AFTER_MS

    @staticmethod
    def _ping_payload(now_ms: float) -> bytes:
        return messages.pack_request(messages.PING, int(now_ms) & 0xFFFFFFFF)

    def _advance(self, now_ms: float) -> None:
        if self._flying is not None:
            return
        if (
            self.state == OPEN
            and self._order.missing
            and not self._refetching
            and self._order.expected is not None
        ):
            self._refetching = True
            payload = messages.pack_request(messages.EVENTS_SINCE, self._order.expected)
            self._queue.appendleft(
                Request(messages.EVENTS_SINCE, payload, own=True, on_answer=self._on_refetched)
            )
        if not self._queue:
            return
        if self.state != OPEN:
            self._greet(now_ms)
            return
        request = self._queue.popleft()
        if request.job_id is not None and not self._belongs_to_this_start(request.job_id):
            request.error = OutcomeUnknown(request.job_id)
            self._advance(now_ms)
            return
        self._start(request, now_ms)

    def _greet(self, now_ms: float) -> Request:
        self.state = GREETING
        self._refetching = False
        self._session = 0
        self._seq = 0xFF  # HELLO has number 0, the first request after it 1
        self._nonce = self._random_u32() & 0xFFFFFFFF
        version = messages.PROTOCOL_VERSION
        hello = Request(
            messages.HELLO, messages.pack_request(messages.HELLO, version, version, self._nonce), own=True
        )
        self._start(hello, now_ms)
        return hello

    def _start(self, request: Request, now_ms: float) -> None:
        self._seq = (self._seq + 1) & 0xFF
        request.seq = self._seq
        request.session = self._session
        request.tries = 0
        request.was_sent = True
        request.first_sent_ms = now_ms
        request.wire = frames.encode(
            frames.KIND_REQUEST, request.seq, request.session, request.msg, request.payload, self._crc32
        )
        if request.job_id is not None:
            self.open_job = request.job_id
        self._flying = request
        self._transmit(request, now_ms)

    def _transmit(self, request: Request, now_ms: float) -> None:
        request.tries += 1
        idle = self._sent_ms is None or now_ms - self._sent_ms > frames.IDLE_BEFORE_DELIMITER_MS
        if idle or request.tries > 1:
            self._out.append(0)
        self._out += request.wire
        self._sent_ms = now_ms
        self._deadline_ms = now_ms + self.rtt.after_try_ms(request.tries)
        self.counters.sent += 1

    # -- receiving

    def _on_response(self, frame: frames.Frame, now_ms: float) -> None:
        request = self._flying
        if (
            request is None
            or frame.seq != request.seq
            or frame.msg != request.msg
            or not frame.payload
            or (request.msg != messages.HELLO and frame.session != request.session)
        ):
            self.counters.unexpected += 1
            return
        if request.msg == messages.HELLO:
            self._on_hello(request, frame, now_ms)
            return
        if frame.major != frames.MAJOR_VERSION:
            self._flying = None
            self._give_up(request, VersionMismatch(messages.PROTOCOL_VERSION, frame.major))
            return
        status = frame.payload[0]
        if status in (messages.STALE_SESSION, messages.BAD_SEQ) and request.msg != messages.BYE:
            self._recover(request, "the rig keeps refusing the session", now_ms)
            return
        self._flying = None
        if request.tries == 1:
            self.rtt.sample(now_ms - request.first_sent_ms)
        if status in (messages.OK, messages.STALE_SESSION, messages.BAD_SEQ):
            self._settle(request, frame.payload, now_ms)
        else:
            detail = frame.payload[1:].decode("utf-8", "replace")
            request.error = RequestRefused(request.msg, status, detail)
            if request.job_id is not None and status != messages.FAULT:
                self.open_job = None

    def _settle(self, request: Request, payload: bytes, now_ms: float) -> None:
        """An answer with status OK: keep what the link itself learns from it, then hand it over."""
        msg = request.msg
        try:
            if msg == messages.PING:
                self.status = DeviceStatus(*messages.unpack_answer(msg, payload)[:8])
                self._order.rig_is_at(self.status.next_event_no)
                if request.tries == 1:
                    self._clock = ((request.first_sent_ms + now_ms) / 2, self.status.device_ms)
            elif msg == messages.SUBSCRIBE:
                self._order.subscribed(*messages.unpack_answer(msg, payload)[:2])
            elif msg == messages.RUN_KEYS:
                self._see_job(request.job_id, payload[1] if len(payload) > 1 else messages.JOB_RUNNING)
            elif msg == messages.JOB_STATUS and not request.own:
                self._see_job(
                    int.from_bytes(request.payload[:4], "little"), messages.unpack_answer(msg, payload)[0]
                )
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
        self._flying = None
        if hello.protocol != messages.PROTOCOL_VERSION or not frame.session:
            mismatch = VersionMismatch(messages.PROTOCOL_VERSION, hello.protocol, hello.version_text)
            self._give_up(request, mismatch)
            return
        if request.tries == 1:
            self.rtt.sample(now_ms - request.first_sent_ms)
        before, self.hello = self.hello, hello
        self._session = frame.session
        self.state = OPEN
        request.answer = frame.payload[1:]
        if before is not None:
            self.counters.reconnects += 1
            if before.boot_id != hello.boot_id:
                self._restarted()
        self._restart_welcome = False
        self._resume()

    def _resume(self) -> None:
        """A session is open again: what must come before the waiting requests."""
        first = []
        if self._order.mask:
            first.append(Request(messages.SUBSCRIBE, bytes([self._order.mask]), own=True))
        if self.open_job is not None:
            first.append(self._ask_for_job(self.open_job))
        self._queue.extendleft(reversed(first))

    def _restarted(self) -> None:
        """Another boot_id: nothing that was sent before is sent again."""
        self._order.forget_numbers()
        job_id, self.open_job = self.open_job, None
        waiting, self._queue = self._queue, deque()
        for request in waiting:
            if request.job_id is not None and request.was_sent:
                request.error = OutcomeUnknown(request.job_id)
            elif job_id is not None:
                request.error = OutcomeUnknown(job_id)
            else:
                request.error = RigRestarted("the rig restarted")
        if waiting:
            return
        if job_id is not None:
            self._items.append(OutcomeUnknown(job_id))
        elif not self._restart_welcome:
            self._items.append(RigRestarted("the rig restarted"))

    # -- key jobs

    def _belongs_to_this_start(self, job_id: int) -> bool:
        """A job id that an earlier start of the rig was given is never given to a later one: its table is empty."""
        assert self.hello is not None
        boot_id = self._given.setdefault(job_id, self.hello.boot_id)
        if len(self._given) > REMEMBERED_JOBS:
            del self._given[next(iter(self._given))]
        return boot_id == self.hello.boot_id

    def _ask_for_job(self, job_id: int) -> Request:
        payload = messages.pack_request(messages.JOB_STATUS, job_id)
        return Request(
            messages.JOB_STATUS,
            payload,
            own=True,
            on_answer=lambda answer: self._on_job_asked(job_id, answer),
        )

    def _on_job_asked(self, job_id: int, answer: bytes) -> None:
        """The table has spoken about a job that was open when the link went."""
        state, keys_done, _, end_ms, reason = messages.unpack_answer(messages.JOB_STATUS, b"\0" + answer)[:5]
        waiting = [r for r in self._queue if r.job_id == job_id]
        if state == messages.JOB_UNKNOWN:
            if not waiting and self.open_job == job_id:
                self.open_job = None  # it never reached the rig, and nobody wants it any more
            return  # a RUN_KEYS that waits is sent again with the same id
        self._answer_from_table(job_id, state, keys_done)
        if state != messages.JOB_RUNNING and self.open_job == job_id:
            data = struct.pack(messages.EVENT_JOB_LAYOUT, job_id, state, keys_done, reason)
            self._hand_out([DeviceEvent(-1, end_ms, messages.EVENT_JOB, data)])

    def _answer_from_table(self, job_id: int, state: int, keys_done: int) -> None:
        """The rig has this job: a RUN_KEYS of it that still waits or flies has its answer."""
        answer = messages.pack_answer(messages.RUN_KEYS, state, keys_done)[1:]
        for request in [r for r in self._queue if r.job_id == job_id]:
            self._queue.remove(request)
            request.answer = answer
        if self._flying is not None and self._flying.job_id == job_id:
            self._flying.answer = answer
            self._flying = None

    def _see_job(self, job_id: int | None, state: int) -> None:
        if job_id == self.open_job and state != messages.JOB_RUNNING:
            self.open_job = None  # ended, or never reached this start of the rig

    # -- events

    def _on_event(self, frame: frames.Frame) -> None:
        if frame.session != self._session or self.state != OPEN:
            self.counters.unexpected += 1
            return
        try:
            no, device_ms, kind, data = messages.unpack_request(messages.EVENT, frame.payload)
        except ValueError:
            self.counters.unexpected += 1
            return
        self._hand_out(self._order.take(DeviceEvent(no, device_ms, kind, data)))

    def _on_refetched(self, answer: bytes) -> None:
        self._refetching = False
        self._hand_out(self._order.take_refetched(answer))

    def _hand_out(self, events: list[DeviceEvent]) -> None:
        for event in events:
            self.counters.events += 1
            if event.kind == messages.EVENT_LOST:
                self.counters.events_lost += int.from_bytes(event.data[:2], "little")
                if self.open_job is not None:
                    self._queue.appendleft(self._ask_for_job(self.open_job))
            elif event.kind == messages.EVENT_JOB and len(event.data) >= 7:
                job_id, state, keys_done, _ = struct.unpack_from(messages.EVENT_JOB_LAYOUT, event.data)
                self._see_job(job_id, state)
                # Its end came before the answer that says it was taken; that answer was lost.
                self._answer_from_table(job_id, state, keys_done)
            self._items.append(event)

    # -- trouble

    def _exhausted(self, request: Request, now_ms: float) -> None:
        if request.msg != messages.HELLO:
            self._recover(request, "no answer", now_ms)
            return
        self._flying = None
        if self.hello is None:
            self._give_up(request, NoAnswer(self._name))
        else:
            self._give_up(request, LinkLost(f"the rig on {self._name} is silent", job_id=self.open_job))

    def _recover(self, request: Request, why: str, now_ms: float) -> None:
        """Begin a new session; what was in flight waits in front of the queue, the link's own requests are made anew."""
        self._flying = None
        self._queue = deque(r for r in self._queue if not r.own)
        request.recoveries += 1
        if request.recoveries > MAX_RECOVERIES:
            self._give_up(request, LinkLost(why, job_id=self.open_job))
            return
        if not request.own:
            self._queue.appendleft(request)
        self._greet(now_ms)

    def _give_up(self, request: Request, error: LinkError) -> None:
        self.state = CLOSED
        waiting = [r for r in self._queue if not r.own]
        self._queue.clear()
        request.error = error
        for each in waiting:
            each.error = error
        if request.own and not waiting and not self._restart_welcome:
            self._items.append(error)
        self._restart_welcome = False
