"""Host link, rig firmware and emulated meter in one process and in virtual time: no port, no thread, no sleep.

    world = VirtualWorld("hexing", default_state("hexing"))
    outcome = upgrade_meter(world.open_rig(), job, profile, store, clock=world)
    world.truth  # the meter's own log; judge by this

A wait of an hour takes as long as the few things that happen in it. The same seed gives the same run.
"""

from __future__ import annotations

import binascii
import random
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from heapq import heappop, heappush
from typing import Any

from metersim.app import MeterApp
from rigfw.app import RigApp
from rigwire import messages, ticks

from kctrig.link.client import HostLink
from kctrig.link.errors import LinkError, LinkLost, LinkTimeout
from kctrig.link.items import DeviceEvent
from kctrig.rig import Rig, RigInfo

DEFAULT_LATENCY_MS = 1
_REQUEST_LIMIT_MS = 12_000
_WALL_CLOCK_MS = 1_611_619_200_000  # 26 January 2021, the day of the SOP's example

Mangle = Callable[[bytes, int], bytes]
"""What a line does to bytes that pass at a time; returns what arrives."""


def _clean(data: bytes, _now_ms: int) -> bytes:
    return data


class VirtualWorld:
    """One meter behind one rig behind one host link, and the time that passes for them.

    Args:
        brand: of the emulated meter.
        state: its registers; copied.
        faults, seed: as of `metersim.app.MeterApp`.
        latency_ms: of each line, one way.
        rig_start_ms: the rig's clock at the start; choose it near the wrap to test that.

    Attributes:
        truth: rows of the meter's truth log so far.
        saved: the meter's state as last saved, None before the first change.
        to_rig, to_host: what the host line does to bytes; replace them for chaos.
    """

    def __init__(
        self,
        brand: str,
        state: Mapping[str, Any],
        *,
        faults: Sequence[str] = (),
        seed: int = 0,
        latency_ms: int = DEFAULT_LATENCY_MS,
        rig_start_ms: int = 0,
    ) -> None:
        self._random = random.Random(seed)
        self._now_ms = 0
        self._latency_ms = latency_ms
        self._rig_offset_ms = rig_start_ms
        self._due: list[tuple[int, int, Callable[[], None]]] = []
        self._order = 0
        self.truth: list[dict[str, Any]] = []
        self.saved: dict[str, Any] | None = None
        self.to_rig: Mangle = _clean
        self.to_host: Mangle = _clean
        self.link = HostLink(binascii.crc32, lambda: self._random.getrandbits(32), f"virtual {brand}")
        self.meter = MeterApp(brand, dict(state), binascii.crc32, 0, tuple(faults), seed)
        self.rig = self._boot()
        self.boots = 1

    # -- the clock, as the runner wants it

    def now_ms(self) -> int:
        """Virtual milliseconds since the start."""
        return self._now_ms

    def unix_ms(self) -> int:
        """Virtual wall-clock time."""
        return _WALL_CLOCK_MS + self._now_ms

    # -- what a test or a campaign does to this world

    def open_rig(self) -> Rig:
        """A rig as the procedure knows it, on this world's link; opened, events subscribed."""
        connection = VirtualConnection(self)
        connection.finish(self.link.connect(self._now_ms))
        connection.request(messages.SUBSCRIBE, messages.pack_request(messages.SUBSCRIBE, messages.MASK_ALL))
        hello = self.link.hello
        assert hello is not None
        info = RigInfo("virtual", hello.version_text, hello.boot_id, hello.protocol)
        return Rig(connection, info)  # type: ignore[arg-type]

    def at(self, at_ms: int, do: Callable[[], None]) -> None:
        """Do something when the time comes."""
        self._order += 1
        heappush(self._due, (max(at_ms, self._now_ms), self._order, do))

    def reset_rig(self) -> None:
        """The rig restarts: keys up, tables empty, a new boot id."""
        self.rig = self._boot()
        self.boots += 1

    def cut_link(self) -> None:
        """Nothing passes between host and rig any more."""
        self.to_rig = self.to_host = lambda data, now_ms: b""

    def mend_link(self) -> None:
        """Everything passes again."""
        self.to_rig = self.to_host = _clean

    def run(self, until_ms: int, done: Callable[[], bool] = lambda: False) -> None:
        """Let time pass until `done` says so or `until_ms` is reached."""
        while True:
            self._settle()
            if done() or self._now_ms >= until_ms:
                return
            self._now_ms = min(self._next_ms(until_ms), until_ms)

    # -- inside

    def _boot(self) -> RigApp:
        return RigApp(
            binascii.crc32,
            lambda: self._random.getrandbits(16),
            self._random.getrandbits(32),
            "kctrig-rig virtual",
            self._rig_ms(),
        )

    def _rig_ms(self) -> int:
        return ticks.add(self._rig_offset_ms, self._now_ms)

    def _settle(self) -> None:
        """Everything that is due now, until nobody has anything to say any more."""
        now_ms = self._now_ms
        while self._due and self._due[0][0] <= now_ms:
            heappop(self._due)[2]()
        self.link.poll(now_ms)
        self._poll_rig()
        self.meter.poll(now_ms)
        self._collect()

    def _collect(self) -> None:
        self.truth += self.meter.take_truth()
        saved = self.meter.take_state()
        if saved is not None:
            self.saved = saved
        self._carry(self.to_rig, self.link.bytes_to_send(), self._rig_hears)
        self._carry(self.to_host, self.rig.take_host(), self._host_hears)
        self._carry(_clean, self._rig_says(), self._meter_hears)
        self._carry(_clean, self.meter.take_output(), self._tap_hears)

    def _poll_rig(self) -> None:
        self.rig.poll(self._rig_ms())

    def _rig_says(self) -> bytes:
        return self.rig.take_meter()

    def _rig_due_ms(self) -> int:
        return self.rig.next_deadline_ms(self._rig_ms())

    def _carry(self, line: Mangle, data: bytes, hear: Callable[[bytes], None]) -> None:
        arriving = line(data, self._now_ms) if data else b""
        if arriving:
            self.at(self._now_ms + self._latency_ms, lambda: hear(arriving))

    def _rig_hears(self, data: bytes) -> None:
        self.rig.receive_host(data, self._rig_ms())

    def _host_hears(self, data: bytes) -> None:
        self.link.receive(data, self._now_ms)

    def _meter_hears(self, data: bytes) -> None:
        self.meter.receive(data, self._now_ms)

    def _tap_hears(self, data: bytes) -> None:
        self.rig.receive_meter(data, self._rig_ms())

    def _next_ms(self, until_ms: int) -> int:
        waits = [self._rig_due_ms(), self.meter.next_deadline_ms(self._now_ms)]
        times = [self._now_ms + wait for wait in waits if wait >= 0]
        if self._due:
            times.append(self._due[0][0])
        link_ms = self.link.next_deadline_ms()
        if link_ms is not None:
            times.append(-int(-link_ms // 1))
        return max(self._now_ms + 1, min(times, default=until_ms))


class VirtualConnection:
    """Stands where `kctrig.link.connection.Connection` stands, in virtual time."""

    def __init__(self, world: VirtualWorld) -> None:
        self._world = world
        self._items: deque[DeviceEvent | LinkError] = deque()
        self.link = world.link

    def request(self, msg: int, payload: bytes = b"", timeout_s: float = 0.0) -> bytes:
        """Do one request; see `Connection.request` for what it raises."""
        request = self.link.submit(msg, payload, self._world.now_ms())
        self.finish(request, round(timeout_s * 1000) or _REQUEST_LIMIT_MS)
        assert request.answer is not None
        return request.answer

    def finish(self, request: Any, limit_ms: int = _REQUEST_LIMIT_MS) -> None:
        """Let time pass until the request is done."""
        self._world.run(self._world.now_ms() + limit_ms, lambda: request.done)
        if not request.done:
            job_id = self.link.open_job
            self.link.abandon(request)
            if job_id is not None:
                raise LinkLost("no answer", job_id=job_id)
            raise LinkTimeout("no answer. Next: connect again")
        if request.error is not None:
            raise request.error

    def next_event(self, timeout_s: float) -> DeviceEvent | None:
        """The next event in order; None when none came in time."""
        self._world.run(self._world.now_ms() + round(timeout_s * 1000), self._collected)
        self._collected()
        if not self._items:
            return None
        item = self._items.popleft()
        if isinstance(item, LinkError):
            raise item
        return item

    def close(self) -> None:
        """Take leave of the rig, as far as it still listens."""
        try:
            self.request(messages.BYE, b"", 0.5)
        except LinkError:
            return  # the rig goes safe by itself after its silence

    def _collected(self) -> bool:
        item = self.link.next_item()
        while item is not None:
            self._items.append(item)
            item = self.link.next_item()
        return bool(self._items)
