"""What happened at the rig, handed out once and in order: events, ends of jobs, and what a restart made unknown."""

from __future__ import annotations

import struct
from collections import deque

from rigwire import frames, messages

from kctrig.link.errors import LinkError, OutcomeUnknown, RigRestarted
from kctrig.link.event_order import EventOrder
from kctrig.link.exchange import Exchange
from kctrig.link.items import DeviceEvent, HostCounters, Request
from kctrig.link.job_watch import JobWatch


class Happenings:
    """The link's memory of the rig across lost frames and lost sessions.

    Args:
        exchange: the request in flight; a job's end may answer it.
        queue: the requests that wait; what must be asked is put in front of them.
        counters: what this end saw.

    Attributes:
        jobs: the key jobs that are open.
        order: numbers of the events.
        items: what the user has not taken yet.
        refetching: an EVENTS_SINCE is under way.
    """

    def __init__(self, exchange: Exchange, queue: deque[Request], counters: HostCounters) -> None:
        self.jobs = JobWatch()
        self.order = EventOrder()
        self.items: deque[DeviceEvent | LinkError] = deque()
        self.refetching = False
        self._exchange = exchange
        self._queue = queue
        self._counters = counters

    def on_event(self, frame: frames.Frame) -> None:
        """An event frame of the open session. Raises ValueError when it is too short."""
        no, device_ms, kind, data = messages.unpack_request(messages.EVENT, frame.payload)
        self._hand_out(self.order.take(DeviceEvent(no, device_ms, kind, data)))

    def mend_gap(self) -> None:
        """Ask for what is missing, ahead of everything that waits."""
        if not self.order.missing or self.refetching:
            return
        assert self.order.expected is not None
        self.refetching = True
        payload = messages.pack_request(messages.EVENTS_SINCE, self.order.expected)
        self._queue.appendleft(
            Request(messages.EVENTS_SINCE, payload, own=True, on_answer=self._on_refetched)
        )

    def resume(self) -> None:
        """A session is open again: what must come before the waiting requests."""
        first = []
        if self.order.mask:
            first.append(Request(messages.SUBSCRIBE, bytes([self.order.mask]), own=True))
        first += [self._ask_for_job(job_id) for job_id in self.jobs.open_jobs]
        self._queue.extendleft(reversed(first))

    def restarted(self, welcome: bool) -> None:
        """Another boot_id: nothing that was sent before is sent again. `welcome`: the user has just asked to connect."""
        self.order.forget_numbers()
        unknown = self.jobs.forget_open()
        waiting = list(self._queue)
        self._queue.clear()
        for request in waiting:
            if request.job_id is not None and request.was_sent:
                request.error = OutcomeUnknown(request.job_id)
            elif unknown:
                request.error = OutcomeUnknown(unknown[0])
            else:
                request.error = RigRestarted("the rig restarted")
        told = {request.error.job_id for request in waiting if isinstance(request.error, OutcomeUnknown)}
        self.items += [OutcomeUnknown(job_id) for job_id in unknown if job_id not in told]
        if not waiting and not unknown and not welcome:
            self.items.append(RigRestarted("the rig restarted"))

    def _on_refetched(self, answer: bytes) -> None:
        self.refetching = False
        self._hand_out(self.order.take_refetched(answer))

    def _hand_out(self, events: list[DeviceEvent]) -> None:
        for event in events:
            self._counters.events += 1
            if event.kind == messages.EVENT_LOST:
                self._counters.events_lost += int.from_bytes(event.data[:2], "little")
                self._queue.extendleft([self._ask_for_job(job_id) for job_id in self.jobs.open_jobs])
            elif event.kind == messages.EVENT_JOB and len(event.data) >= 7:
                job_id, state, keys_done, _ = struct.unpack_from(messages.EVENT_JOB_LAYOUT, event.data)
                self.jobs.seen(job_id, state)
                # Its end came before the answer that says it was taken; that answer was lost.
                self._answer_from_table(job_id, state, keys_done)
            self.items.append(event)

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
