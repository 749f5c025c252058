"""The blocking edge of the link: the only place with a clock and a thread.

The thread that waits for something reads the port itself, so that an answer costs no hand-over. While nobody
waits, a keeper thread takes in what comes and sends the PINGs that keep the rig from going safe.
"""

from __future__ import annotations

import os
import threading
import time
from collections import deque
from types import TracebackType
from typing import Protocol

from rigwire import messages

from kctrig.link import words
from kctrig.link.client import OPEN, HostLink
from kctrig.link.crc import crc32
from kctrig.link.errors import LinkError, LinkLost, LinkTimeout
from kctrig.link.items import DeviceEvent, Hello, Request
from kctrig.link.line import Line

# Longer than everything the link itself tries: six transmissions, then six HELLOs.
DEFAULT_TIMEOUT_S = 12.0
# The keeper leaves the port alone this long after a caller used it.
_CALLER_REST_S = 0.05
_KEEPER_WAIT_S = 0.25


class Trace(Protocol):
    """Takes every byte both ways; see kctrig.link.trace."""

    def sent(self, data: bytes, at_s: float) -> None:
        """Bytes to the rig."""

    def received(self, data: bytes, at_s: float) -> None:
        """Bytes from the rig."""

    def close(self) -> None:
        """The line is closed."""


def _now_ms() -> float:
    return time.monotonic() * 1000


def _random_u32() -> int:
    return int.from_bytes(os.urandom(4), "little")


class Connection:
    """A rig on an open line; any thread may call any method.

    Args:
        port: the open line; closed with the connection.
        trace: where every byte goes, or None.

    Attributes:
        link: the pure end, for its counters; do not send through it.
    """

    def __init__(self, port: Line, trace: Trace | None = None) -> None:
        self._port = port
        self._trace = trace
        self.link = HostLink(crc32, _random_u32, port.name)
        self._pump_lock = threading.Lock()
        # Who wants to pump stands here first, so that one who pumps long can let others pass.
        self._turnstile = threading.Lock()
        self._items: deque[DeviceEvent | LinkError] = deque()
        self._line_error: LinkError | None = None
        self._caller_s = 0.0
        self._closing = threading.Event()
        self._keeper = threading.Thread(target=self._keep, name=f"kctrig {port.name}", daemon=True)
        self._keeper.start()

    def __enter__(self) -> Connection:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, where: TracebackType | None
    ) -> None:
        self.close()

    def hello(self, timeout_s: float = DEFAULT_TIMEOUT_S) -> Hello:
        """Open a session.

        Raises NoAnswer, VersionMismatch, LinkLost.
        """
        self._enter()
        try:
            self._finish(self.link.connect(_now_ms()), timeout_s)
            assert self.link.hello is not None
            return self.link.hello
        finally:
            self._pump_lock.release()

    def request(self, msg: int, payload: bytes = b"", timeout_s: float = DEFAULT_TIMEOUT_S) -> bytes:
        """Do one request; the answer without its status byte.

        Raises:
            RequestRefused: the rig said no; nothing was done (FAULT: unknown).
            OutcomeUnknown: the rig restarted while a key job was open.
            LinkLost, LinkTimeout: see their `effect`.
            RequestTooLong: nothing was sent.
        """
        self._enter()
        try:
            request = self.link.submit(msg, payload, _now_ms())
            self._finish(request, timeout_s)
            assert request.answer is not None
            return request.answer
        finally:
            self._pump_lock.release()

    def next_event(self, timeout_s: float) -> DeviceEvent | None:
        """The next event in order; None when none came in time.

        Raises LinkLost, OutcomeUnknown, RigRestarted when that is what came next.
        """
        end_s = time.monotonic() + timeout_s
        while True:
            with self._turnstile:
                pass
            with self._pump_lock:
                self._caller_s = time.monotonic()
                self._collect()
                if not self._items:
                    if self._line_error is not None:
                        raise self._line_error
                    if self._caller_s >= end_s:
                        return None
                    self._caller_s = self._pump(self._caller_s, end_s)
                    self._collect()
                if self._items:
                    item = self._items.popleft()
                    if isinstance(item, LinkError):
                        raise item
                    return item

    def close(self) -> None:
        """Take leave of the rig, as far as it still listens, and close the line."""
        if self._closing.is_set():
            return
        if self._line_error is None and self.link.state == OPEN:
            try:
                self.request(messages.BYE, b"", timeout_s=0.5)
            except LinkError as error:
                # The rig goes safe by itself after its silence; the line is closed all the same.
                self._line_error = error
        self._closing.set()
        self._port.wake()
        self._keeper.join(timeout=2 * _KEEPER_WAIT_S)
        with self._turnstile, self._pump_lock:
            self._port.close()
            self._line_error = self._line_error or LinkLost("the connection is closed")
            if self._trace is not None:
                self._trace.close()

    # -- inside

    def _enter(self) -> None:
        """Take the pump lock for one caller; wakes another one that pumps for events."""
        lock = self._pump_lock
        with self._turnstile:
            if not lock.acquire(blocking=False):
                self._port.wake()
                lock.acquire()
        if self._line_error is not None:
            lock.release()
            raise self._line_error

    def _finish(self, request: Request, timeout_s: float) -> None:
        """Pump until the request is done; the pump lock is held."""
        now_s = time.monotonic()
        end_s = now_s + timeout_s
        try:
            self._flush()
            while request.answer is None and request.error is None:
                if now_s >= end_s:
                    raise self._too_late(request, timeout_s)
                now_s = self._pump(now_s, end_s)
        finally:
            if not request.done:
                self.link.abandon(request)
            self._caller_s = now_s
        if request.error is not None:
            raise request.error

    def _too_late(self, request: Request, timeout_s: float) -> LinkError:
        job_id = self.link.open_job
        if job_id is not None:
            return LinkLost(f"no answer within {timeout_s:g} s", job_id=job_id)
        name = words.NAMES.get(request.msg, str(request.msg))
        return LinkTimeout(f"no answer to {name} within {timeout_s:g} s. Next: connect again")

    def _pump(self, now_s: float, end_s: float) -> float:
        """Wait once, until `end_s` at most, for bytes or for what is due; the time then. The pump lock is held."""
        due_ms = self.link.next_deadline_ms()
        until_s = end_s if due_ms is None or due_ms > end_s * 1000 else due_ms / 1000
        return self._take(until_s - now_s if until_s > now_s else 0.0)

    def _take(self, wait_s: float) -> float:
        """Read once and let the link do what came and what is due; the time after the read."""
        try:
            data = self._port.read(wait_s)
        except LinkLost as error:
            raise self._line_gone(error) from error
        now_s = time.monotonic()
        if data:
            if self._trace is not None:
                self._trace.received(data, now_s)
            self.link.receive(data, now_s * 1000)
        self.link.poll(now_s * 1000)
        self._flush()
        return now_s

    def _flush(self) -> None:
        data = self.link.bytes_to_send()
        if not data:
            return
        if self._trace is not None:
            self._trace.sent(data, time.monotonic())
        try:
            self._port.write(data)
        except LinkLost as error:
            raise self._line_gone(error) from error

    def _line_gone(self, error: LinkLost) -> LinkLost:
        job_id = self.link.open_job
        detail = str(error).partition("lost: ")[2].partition(". Next")[0]
        gone = LinkLost(detail, job_id=job_id)
        self._line_error = gone
        return gone

    def _collect(self) -> None:
        item = self.link.next_item()
        while item is not None:
            self._items.append(item)
            item = self.link.next_item()

    def _keep(self) -> None:
        """The keeper thread: reads and PINGs while no caller does."""
        while not self._closing.is_set() and self._line_error is None:
            rest_s = self._caller_s + _CALLER_REST_S - time.monotonic()
            if rest_s > 0:
                self._closing.wait(rest_s)
                continue
            wait_s = _KEEPER_WAIT_S
            due_ms = self.link.next_deadline_ms()
            if due_ms is not None:
                wait_s = min(wait_s, max(0.0, due_ms / 1000 - time.monotonic()))
            try:
                self._port.wait(wait_s)
                if self._closing.is_set() or not self._pump_lock.acquire(blocking=False):
                    self._closing.wait(_CALLER_REST_S)
                    continue
                try:
                    self._take(0.0)
                    self._collect()
                finally:
                    self._pump_lock.release()
            except LinkError as error:
                # Kept for the next caller: `_line_error` is raised by whatever is asked next.
                self._line_error = self._line_error or error
