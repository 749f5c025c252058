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
        with self._enter():
            self._finish(self.link.connect(_now_ms()), timeout_s)
            assert self.link.hello is not None
            return self.link.hello

    def request(self, msg: int, payload: bytes = b"", timeout_s: float = DEFAULT_TIMEOUT_S) -> bytes:
        """Do one request; the answer without its status byte.

        Raises:
            RequestRefused: the rig said no; nothing was done (FAULT: unknown).
            OutcomeUnknown: the rig restarted while a key job was open.
            LinkLost, LinkTimeout: see their `effect`.
            RequestTooLong: nothing was sent.
        """
        with self._enter():
            request = self.link.submit(msg, payload, _now_ms())
            self._finish(request, timeout_s)
            assert request.answer is not None
            return request.answer

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
                    left_s = end_s - self._caller_s
                    if left_s <= 0:
                        return None
                    self._pump(left_s)
                    self._collect()
                self._caller_s = time.monotonic()
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

    def _enter(self) -> _Turn:
        return _Turn(self)

    def _finish(self, request: Request, timeout_s: float) -> None:
        """Pump until the request is done; the pump lock is held."""
        end_s = time.monotonic() + timeout_s
        try:
            self._flush()
            while not request.done:
                left_s = end_s - time.monotonic()
                if left_s <= 0:
                    job_id = self.link.open_job
                    if job_id is not None:
                        raise LinkLost(f"no answer within {timeout_s:g} s", job_id=job_id)
                    name = messages.NAMES.get(request.msg, str(request.msg))
                    raise LinkTimeout(f"no answer to {name} within {timeout_s:g} s. Next: connect again")
                self._pump(left_s)
        finally:
            if not request.done:
                self.link.abandon(request)
            self._caller_s = time.monotonic()
        if request.error is not None:
            raise request.error

    def _pump(self, limit_s: float) -> None:
        """Wait once for bytes or for what is due, and take care of it; the pump lock is held."""
        link = self.link
        due_ms = link.next_deadline_ms()
        wait_s = limit_s
        if due_ms is not None:
            wait_s = min(limit_s, max(0.0, due_ms / 1000 - time.monotonic()))
        self._take(wait_s)

    def _take(self, wait_s: float) -> None:
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


class _Turn:
    """Holds the pump lock for one caller; wakes another one that pumps for events."""

    __slots__ = ("_connection",)

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def __enter__(self) -> None:
        connection = self._connection
        lock = connection._pump_lock
        with connection._turnstile:
            if not lock.acquire(blocking=False):
                connection._port.wake()
                lock.acquire()
        if connection._line_error is not None:
            lock.release()
            raise connection._line_error

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, where: TracebackType | None
    ) -> None:
        self._connection._pump_lock.release()
