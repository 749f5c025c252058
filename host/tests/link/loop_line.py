"""A rig behind a line, in this process and in real time: for the blocking edge, recordings and replay."""

from __future__ import annotations

import binascii
import random
import threading
import time
from collections.abc import Callable

from kctrig.link.errors import LinkLost
from rigfw.jobs import KeyJobs
from rigfw.server import DeviceLink
from rigwire import frames
from rigwire import messages as m
from tests.link.chaos import Device


class LoopLine:
    """See `kctrig.link.line.Line`.

    Attributes:
        device: the rig at the other end.
        asked: message ids of the requests that went over the line.
        deaf: the rig hears nothing any more.
        gone: the line is dead.
        before_read: called in every `read`, to have something happen there.
    """

    def __init__(self, seed: int = 1) -> None:
        self.presses: list[tuple[int, int]] = []
        self._rng = random.Random(seed)
        self.device = self._new_device()
        self.asked: list[int] = []
        self.deaf = False
        self.gone = False
        self.closed = False
        self.before_read: Callable[[], None] = lambda: None
        self._spy = frames.Decoder(binascii.crc32)
        self._out = b""
        self._woken = {"read": False, "wait": False}
        self._ready = threading.Condition()

    @property
    def name(self) -> str:
        return "loop"

    def _new_device(self) -> Device:
        return Device(self._rng, DeviceLink, KeyJobs, self.presses)

    def restart(self) -> None:
        """A reset of the rig."""
        with self._ready:
            self.device = self._new_device()

    def _tick(self) -> int:
        return int(time.monotonic() * 1000) & 0x3FFFFFFF

    def _run(self) -> None:
        """Let the rig do what is due; the lock is held."""
        if not self.deaf:
            self.device.jobs.poll(self._tick())
            self.device.link.poll(self._tick())
        self._out += self.device.link.take_output()

    def _await(self, who: str, timeout_s: float) -> bool:
        end_s = time.monotonic() + timeout_s
        while True:
            if self.gone:
                raise LinkLost("loop is gone (unplugged)")
            self._run()
            if self._out:
                return True
            left_s = end_s - time.monotonic()
            if left_s <= 0 or self._woken[who]:
                self._woken[who] = False
                return False
            due_ms = self.device.jobs.next_deadline_ms(self._tick())
            self._ready.wait(left_s if due_ms < 0 else min(left_s, due_ms / 1000 + 0.0005))

    def read(self, timeout_s: float) -> bytes:
        self.before_read()
        with self._ready:
            self._await("read", timeout_s)
            out, self._out = self._out, b""
            return out

    def wait(self, timeout_s: float) -> bool:
        with self._ready:
            return self._await("wait", timeout_s)

    def wake(self) -> None:
        with self._ready:
            self._woken = {"read": True, "wait": True}
            self._ready.notify_all()

    def write(self, data: bytes) -> None:
        with self._ready:
            if self.gone:
                raise LinkLost("loop is gone (unplugged)")
            self.asked += [frame.msg for frame in self._spy.feed(data)]
            if not self.deaf:
                self.device.link.receive(data, self._tick())
            self._run()
            self._ready.notify_all()

    def close(self) -> None:
        self.closed = True


def run_keys(job_id: int, keys: bytes = b"123", press_ms: int = 5, gap_ms: int = 5) -> bytes:
    """Payload of a RUN_KEYS."""
    return m.pack_request(m.RUN_KEYS, job_id, press_ms, gap_ms, 0, tail=keys)
