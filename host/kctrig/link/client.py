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
from kctrig.link.exchange import MAX_TRIES, Exchange
from kctrig.link.items import DeviceEvent, DeviceStatus, Hello, HostCounters, Request
from kctrig.link.job_watch import JobWatch
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
        self.jobs = JobWatch()
        self._exchange = Exchange(crc32, self.counters)
        self._order = EventOrder()
        self._queue: deque[Request] = deque()
        self._nonce = 0
        self._restart_welcome = False
        self._refetching = False
        self._items: deque[DeviceEvent | LinkError] = deque()
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
        return self._items.popleft() if self._items else None

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
        if self.state == OPEN and self._order.missing and not self._refetching:
            self._refetch()
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
        self._refetching = False
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
                self._order.rig_is_at(self.status.next_event_no)
                if request.tries == 1:
                    self._clock = ((request.first_sent_ms + now_ms) / 2, self.status.device_ms)
            elif msg == messages.SUBSCRIBE:
                self._order.subscribed(*messages.unpack_answer(msg, payload)[:2])
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
        self._resume()

    def _resume(self) -> None:
        """A session is open again: what must come before the waiting requests."""
        first = []
        if self._order.mask:
            first.append(Request(messages.SUBSCRIBE, bytes([self._order.mask]), own=True))
        first += [self._ask_for_job(job_id) for job_id in self.jobs.open_jobs]
        self._queue.extendleft(reversed(first))

    def _restarted(self) -> None:
        """Another boot_id: nothing that was sent before is sent again."""
        self._order.forget_numbers()
        unknown = self.jobs.forget_open()
        waiting, self._queue = self._queue, deque()
        for request in waiting:
            if request.job_id is not None and request.was_sent:
                request.error = OutcomeUnknown(request.job_id)
            elif unknown:
                request.error = OutcomeUnknown(unknown[0])
            else:
                request.error = RigRestarted("the rig restarted")
        told = {request.error.job_id for request in waiting if isinstance(request.error, OutcomeUnknown)}
        self._items += [OutcomeUnknown(job_id) for job_id in unknown if job_id not in told]
        if not waiting and not unknown and not self._restart_welcome:
            self._items.append(RigRestarted("the rig restarted"))

    # -- key jobs

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
        if state == messages.JOB_UNKNOWN:
            # A RUN_KEYS that waits is sent again with the same id; without one, it never reached the rig.
            if not any(request.job_id == job_id for request in self._queue):
                self.jobs.seen(job_id, state)
            return
        self._answer_from_table(job_id, state, keys_done)
        if state != messages.JOB_RUNNING and job_id in self.jobs.open_jobs:
            data = struct.pack(messages.EVENT_JOB_LAYOUT, job_id, state, keys_done, reason)
            self._hand_out([DeviceEvent(-1, end_ms, messages.EVENT_JOB, data)])

    def _answer_from_table(self, job_id: int, state: int, keys_done: int) -> None:
        """The rig has this job: a RUN_KEYS of it that still waits or flies has its answer."""
        answer = messages.pack_answer(messages.RUN_KEYS, state, keys_done)[1:]
        for request in [r for r in self._queue if r.job_id == job_id]:
            self._queue.remove(request)
            request.answer = answer
        flying = self._exchange.flying
        if flying is not None and flying.job_id == job_id:
            flying.answer = answer
            self._exchange.drop()

    # -- events

    def _on_event(self, frame: frames.Frame) -> None:
        if frame.session != self._exchange.session or self.state != OPEN:
            self.counters.unexpected += 1
            return
        try:
            no, device_ms, kind, data = messages.unpack_request(messages.EVENT, frame.payload)
        except ValueError:
            self.counters.unexpected += 1
            return
        self._hand_out(self._order.take(DeviceEvent(no, device_ms, kind, data)))

    def _refetch(self) -> None:
        assert self._order.expected is not None
        self._refetching = True
        payload = messages.pack_request(messages.EVENTS_SINCE, self._order.expected)
        request = Request(messages.EVENTS_SINCE, payload, own=True, on_answer=self._on_refetched)
        self._queue.appendleft(request)

    def _on_refetched(self, answer: bytes) -> None:
        self._refetching = False
        self._hand_out(self._order.take_refetched(answer))

    def _hand_out(self, events: list[DeviceEvent]) -> None:
        for event in events:
            self.counters.events += 1
            if event.kind == messages.EVENT_LOST:
                self.counters.events_lost += int.from_bytes(event.data[:2], "little")
                self._queue.extendleft([self._ask_for_job(job_id) for job_id in self.jobs.open_jobs])
            elif event.kind == messages.EVENT_JOB and len(event.data) >= 7:
                job_id, state, keys_done, _ = struct.unpack_from(messages.EVENT_JOB_LAYOUT, event.data)
                self.jobs.seen(job_id, state)
                # Its end came before the answer that says it was taken; that answer was lost.
                self._answer_from_table(job_id, state, keys_done)
            self._items.append(event)

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
