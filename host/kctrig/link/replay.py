"""A recording played as a rig: what the rig said then is said again, and a host that asks something else is told so.

Numbers that a host draws anew in every run (nonce, job ids, the sequence) are carried over, PINGs may come at any
time, and everything else must be what was asked in the recording.
"""

from __future__ import annotations

import heapq
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from rigwire import frames
from rigwire import messages as m

from kctrig.link.crc import crc32
from kctrig.link.describe import describe
from kctrig.link.errors import LinkError, LinkLost
from kctrig.link.trace import FROM_RIG, TO_RIG, TraceError, passed, read_trace

_PING_NEXT_AT = 16  # in a PING answer: where the number of the next event stands
_WITH_JOB_ID = (m.RUN_KEYS, m.JOB_STATUS, m.ABORT)


class ReplayDeviation(LinkError):  # noqa: N818  the word of the trade
    """The host asked for something that the recording does not hold at this place; no meter was there."""


@dataclass(slots=True)
class _Step:
    """A request of the recording, its answer, and the events that came before the next request."""

    at_s: float
    request: frames.Frame
    answer: frames.Frame | None = None
    answer_after_s: float = 0.0
    events: list[tuple[float, frames.Frame]] = field(default_factory=list)


def _steps(path: Path | str) -> tuple[list[_Step], bytes]:
    """The requests in order, PINGs left out, and the payload of some PING answer."""
    steps: list[_Step] = []
    ping = bytes(_PING_NEXT_AT + 2)
    flying: frames.Frame | None = None
    for item in passed(read_trace(path)):
        frame = item.frame
        if frame is None:
            continue
        if item.direction == TO_RIG:
            if frame == flying:
                continue
            flying = frame
            if frame.msg != m.PING:
                steps.append(_Step(item.at_s, frame))
        elif item.direction == FROM_RIG and frame.kind == frames.KIND_RESPONSE:
            if frame.msg == m.PING and frame.payload[:1] == b"\x00":
                ping = frame.payload
            elif steps and steps[-1].answer is None and _answers(frame, steps[-1].request):
                steps[-1].answer = frame
                steps[-1].answer_after_s = item.at_s - steps[-1].at_s
        elif steps and frame.kind == frames.KIND_EVENT:
            steps[-1].events.append((item.at_s - steps[-1].at_s, frame))
    if not steps:
        raise TraceError(f"{path} holds no request: there is nothing to replay. Record with --trace FILE")
    return steps, ping


def _answers(answer: frames.Frame, request: frames.Frame) -> bool:
    return answer.msg == request.msg and answer.seq == request.seq


class ReplayLine:
    """A line (see `kctrig.link.line.Line`) whose other end is a recording.

    Args:
        path: the recording.
        clock_s: seconds; events come as late after their request as they did then.

    Raises TraceError when the file is no recording.
    """

    def __init__(self, path: Path | str, clock_s: Callable[[], float] = time.monotonic) -> None:
        self._path = str(path)
        self._steps, self._ping = _steps(path)
        self._clock_s = clock_s
        self._decoder = frames.Decoder(crc32)
        self._at = 0
        self._last: tuple[frames.Frame, bytes] | None = None
        self._session = 0
        self._next_no: int | None = None
        self._jobs: dict[bytes, bytes] = {}
        self._due: list[tuple[float, int, bytes, int | None]] = []
        self._count = 0
        self._ready = threading.Condition()
        self._woken = {"read": False, "wait": False}
        self._closed = False

    @property
    def name(self) -> str:
        """As it is written on the command line."""
        return f"replay:{self._path}"

    def read(self, timeout_s: float) -> bytes:
        """See `Line.read`."""
        if not self._wait("read", timeout_s):
            return b""
        with self._ready:
            out = b""
            while self._due and self._due[0][0] <= self._clock_s():
                _, _, wire, next_no = heapq.heappop(self._due)
                out += wire
                self._next_no = self._next_no if next_no is None else next_no
            return out

    def wait(self, timeout_s: float) -> bool:
        """See `Line.wait`."""
        return self._wait("wait", timeout_s)

    def wake(self) -> None:
        """See `Line.wake`."""
        with self._ready:
            self._woken = {"read": True, "wait": True}
            self._ready.notify_all()

    def write(self, data: bytes) -> None:
        """See `Line.write`. Raises ReplayDeviation when the recording has something else here."""
        if self._closed:
            raise LinkLost(f"{self.name} is closed")
        for frame in self._decoder.feed(data):
            self._asked(frame)

    def close(self) -> None:
        """See `Line.close`."""
        self._closed = True
        self.wake()

    def _wait(self, who: str, timeout_s: float) -> bool:
        end_s = self._clock_s() + timeout_s
        with self._ready:
            while True:
                now_s = self._clock_s()
                if self._due and self._due[0][0] <= now_s:
                    return True
                if self._woken[who]:
                    self._woken[who] = False
                    return False
                if now_s >= end_s or self._closed:
                    return False
                next_s = min(end_s, self._due[0][0]) if self._due else end_s
                self._ready.wait(next_s - now_s)

    def _asked(self, frame: frames.Frame) -> None:
        if self._last is not None and frame == self._last[0]:
            self._say(0.0, self._last[1])  # asked again: said again
            return
        if frame.msg == m.PING:
            self._answer(frame, self._session, self._ping_payload(), 0.0)
            return
        step = self._steps[self._at] if self._at < len(self._steps) else None
        if frame.msg == m.BYE and (step is None or step.request.msg != m.BYE):
            self._answer(frame, self._session, b"\x00", 0.0)
            return
        if step is None:
            last_s = self._steps[-1].at_s
            raise ReplayDeviation(
                f"{self.name} ends after {last_s:.3f} s; the host went on with: {describe(frame)}. "
                "Record again, or end the run earlier"
            )
        self._must_match(frame, step)
        self._at += 1
        self._play(frame, step)

    def _must_match(self, frame: frames.Frame, step: _Step) -> None:
        wanted, came = step.request.payload, frame.payload
        if frame.msg in _WITH_JOB_ID and frame.msg == step.request.msg:
            if frame.msg == m.RUN_KEYS:
                self._jobs[wanted[:4]] = came[:4]
            wanted = self._jobs.get(wanted[:4], wanted[:4]) + wanted[4:]
        if frame.msg == m.HELLO:
            wanted, came = wanted[:2], came[:2]
        if frame.msg != step.request.msg or wanted != came:
            raise ReplayDeviation(
                f"{self.name} at {step.at_s:.3f} s: the recording has {describe(step.request)}; "
                f"the host sent {describe(frame)}. The program or its input changed since the recording"
            )

    def _play(self, frame: frames.Frame, step: _Step) -> None:
        if step.answer is not None:
            payload = step.answer.payload
            session = frame.session
            if frame.msg == m.HELLO:
                session = self._session = step.answer.session
                payload = payload[:2] + frame.payload[2:6] + payload[6:]  # status, version, nonce
            elif frame.msg == m.EVENTS_SINCE:
                payload = self._with_job_ids(payload)
            elif frame.msg == m.SUBSCRIBE and payload[:1] == b"\x00":
                self._next_no = m.unpack_answer(m.SUBSCRIBE, payload)[1]
            self._answer(frame, session, payload, step.answer_after_s)
        else:
            self._last = (frame, b"")
        for after_s, event in step.events:
            payload = self._with_job_ids(event.payload)
            next_no = (int.from_bytes(payload[:2], "little") + 1) & 0xFFFF
            wire = frames.encode(event.kind, event.seq, self._session, event.msg, payload, crc32)
            self._say(after_s, wire, next_no)

    def _with_job_ids(self, payload: bytes) -> bytes:
        for then, now in self._jobs.items():
            payload = payload.replace(then, now)
        return payload

    def _ping_payload(self) -> bytes:
        # The number of the next event must fit what has been played, not the moment of the recording.
        next_no = self._next_no or 0
        return self._ping[:_PING_NEXT_AT] + next_no.to_bytes(2, "little")

    def _answer(self, frame: frames.Frame, session: int, payload: bytes, after_s: float) -> None:
        wire = frames.encode(frames.KIND_RESPONSE, frame.seq, session, frame.msg, payload, crc32)
        self._last = (frame, wire)
        self._say(after_s, wire)

    def _say(self, after_s: float, wire: bytes, next_no: int | None = None) -> None:
        with self._ready:
            self._count += 1
            heapq.heappush(self._due, (self._clock_s() + after_s, self._count, wire, next_no))
            self._ready.notify_all()
