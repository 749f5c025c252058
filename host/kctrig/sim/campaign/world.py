"""The bench of a campaign: one slot, one rig, one host line and the time that passes for them.

Time goes from one moment at which something is due to the next one. Everything random comes from the seed, so the
same plan gives the same run, down to the millisecond.
"""

from __future__ import annotations

import binascii
import random
from collections.abc import Callable
from heapq import heappop, heappush

from rigfw.app import RigApp
from rigwire import ticks

from kctrig.link.client import HostLink
from kctrig.sim.campaign.lines import CampaignLine
from kctrig.sim.campaign.meters import BenchMeter
from kctrig.sim.campaign.plan import Plan, Rates

START_UNIX_MS = 1_611_619_200_000
"""26 January 2021, the day of the SOP's example."""
ATTEMPT_LIMIT_MS = 20 * 60_000
"""An attempt that goes on for longer will never end."""
LONG_REST_MS = 60_000
"""When nobody does anything for so long, the rig is switched off meanwhile."""
_COOL_DOWN_MS = 5_000
_NEVER_MS = 1 << 60
_BOOT_TEXT = b"ets Jul 29 2019 12:21:46\r\nrst:0x1 (POWERON_RESET)\r\n"


class HostCrash(BaseException):
    """The host process is killed here."""


class Endless(BaseException):
    """An attempt did not end in any sensible time."""


class BenchWorld:
    """One slot with a rig, and a host beside it that lives and dies.

    Attributes:
        slot: the meter whose port is in the rig, if any; `plugged` is False while its cable is out.
        host_up: False from a crash until `host_starts`.
        limit_ms: when an attempt counts as endless.
        told: what was done to this bench from outside, (time, words).
        boots, crashes: how often the rig and the host started anew.
    """

    def __init__(self, plan: Plan) -> None:
        self._rng = random.Random(f"kctrig world {plan.seed}")
        self._plan = plan
        self._now_ms = 0
        self._due: list[tuple[int, int, Callable[[], None]]] = []
        self._order = 0
        self._to_rig = CampaignLine(plan.line, plan.latency_ms, self._rng)
        self._to_host = CampaignLine(plan.line, plan.latency_ms, self._rng)
        self._to_meter = CampaignLine(plan.port, 1, self._rng)
        self._to_tap = CampaignLine(Rates(), 1, self._rng)
        self._rig: RigApp | None = None
        self._rig_due_ms = self._meter_due_ms = 0
        self._stalled_until_ms = 0
        self._crash_due = False
        self.link = self._new_link()
        self.slot: BenchMeter | None = None
        self.plugged = True
        self.host_up = True
        self.limit_ms = ATTEMPT_LIMIT_MS
        self.told: list[tuple[int, str]] = []
        self.boots = 0
        self.crashes = 0
        self.host_epoch = 0
        self._boot()

    # -- the clock, as the runner wants it

    def now_ms(self) -> int:
        """Virtual milliseconds since the start."""
        return self._now_ms

    def unix_ms(self) -> int:
        """Virtual wall-clock time."""
        return START_UNIX_MS + self._now_ms

    # -- the host

    def host_starts(self) -> None:
        """A new host process: it knows nothing of the one before."""
        self.host_epoch += 1
        self.host_up = True
        self._crash_due = False
        self._stalled_until_ms = 0
        self.link = self._new_link()

    def crash(self) -> None:
        """The host dies now; ends in HostCrash."""
        self.say("the host dies")
        self.crashes += 1
        self.host_up = False
        self.link = self._new_link()  # what it still had to send is not sent
        raise HostCrash

    # -- what happens from outside

    def say(self, what: str) -> None:
        """Note something for the trace."""
        self.told.append((self._now_ms, what))

    def at(self, at_ms: int, do: Callable[[], None]) -> None:
        """Do something when the time comes."""
        self._order += 1
        heappush(self._due, (max(at_ms, self._now_ms), self._order, do))

    def crash_soon(self) -> None:
        """The host dies in whatever it is doing at this moment."""
        self._crash_due = True

    def stall_host(self, span_ms: int) -> None:
        """The host gets no processor time."""
        self.say(f"the host stalls for {span_ms} ms")
        self._stalled_until_ms = self._now_ms + span_ms

    def reset_rig(self, span_ms: int) -> None:
        """The rig restarts and is away for that long."""
        self.say(f"the rig restarts, away for {span_ms} ms")
        self._rig = None
        self._send(self._to_host, _BOOT_TEXT, self._host_hears)
        self.at(self._now_ms + span_ms, self._boot)

    def take_out(self) -> None:
        """The slot is empty from now on; the meter that was in it has no power."""
        if self.slot is not None:
            self.say(f"meter {self.slot.meter_no} is taken out")
            self._collect_meter()
            self.slot.power_off(self._now_ms)
            self.slot = None

    def put_in(self, meter: BenchMeter) -> None:
        """Stand this meter in the slot, with power."""
        self.take_out()
        self.say(f"meter {meter.meter_no} is put in")
        self.slot = meter
        self.plugged = True
        self._power_on(meter)

    def cut_power(self, span_ms: int) -> None:
        """The meter in the slot has no power for that long."""
        meter = self.slot
        if meter is None or meter.app is None:
            return
        self.say(f"no mains for {span_ms} ms")
        meter.power_off(self._now_ms)

        def back() -> None:
            if self.slot is meter and meter.app is None:
                self._power_on(meter)

        self.at(self._now_ms + span_ms, back)

    def unplug(self, span_ms: int) -> None:
        """The cable of the meter port is out for that long; the meter goes on."""
        self.say(f"the meter port is unplugged for {span_ms} ms")
        self.plugged = False

        def plug() -> None:
            self.plugged = True

        self.at(self._now_ms + span_ms, plug)

    # -- time

    def run(self, until_ms: int, done: Callable[[], bool] = lambda: False) -> None:
        """Let time pass until `done` says so or `until_ms` is reached.

        Raises:
            HostCrash: the host was to die, and it was running.
            Endless: the attempt's limit was reached.
        """
        while True:
            self._settle()
            if self._crash_due and self.host_up:
                self._crash_due = False
                self.crash()
            stalled = self.host_up and self._now_ms < self._stalled_until_ms
            if not stalled and (done() or self._now_ms >= until_ms):
                return
            if self._now_ms > self.limit_ms:
                raise Endless
            end_ms = self._stalled_until_ms if stalled and self._stalled_until_ms > until_ms else until_ms
            self._now_ms = min(self._next_ms(end_ms, stalled), end_ms)

    def rest(self, span_ms: int) -> None:
        """Time passes with the host at rest, which has let go of the rig when it is long."""
        self.limit_ms = self._now_ms + span_ms + ATTEMPT_LIMIT_MS
        end_ms = self._now_ms + span_ms
        if span_ms >= LONG_REST_MS:
            self.run(self._now_ms + _COOL_DOWN_MS)
            self._switch_off_until(end_ms - _COOL_DOWN_MS)
        self.run(end_ms)

    # -- inside

    def _switch_off_until(self, until_ms: int) -> None:
        """The rig has no power and nobody watches: only what comes from outside and the meter's own time go on."""
        self._rig = None
        while self._due and self._due[0][0] <= until_ms:
            self._now_ms = max(self._now_ms, self._due[0][0])
            heappop(self._due)[2]()
        self._now_ms = until_ms
        if self._rig is None:
            self._boot()

    def _new_link(self) -> HostLink:
        return HostLink(binascii.crc32, lambda: self._rng.getrandbits(32), "campaign")

    def _boot(self) -> None:
        self.boots += 1
        self._rig = RigApp(
            binascii.crc32,
            lambda: self._rng.getrandbits(16),
            self._rng.getrandbits(32),
            "kctrig-rig campaign",
            self._rig_ms(),
        )

        self._rig_due_ms = self._now_ms

    def _power_on(self, meter: BenchMeter) -> None:
        meter.power_on(self._now_ms)
        self._meter_due_ms = self._now_ms

    def _rig_ms(self) -> int:
        return ticks.add(self._plan.rig_start_ms, self._now_ms)

    def _settle(self) -> None:
        now_ms, due = self._now_ms, self._due
        while due and due[0][0] <= now_ms:
            heappop(due)[2]()
        if self.host_up:
            if now_ms >= self._stalled_until_ms:
                self.link.poll(now_ms)
            self._send(self._to_rig, self.link.bytes_to_send(), self._rig_hears)
        rig, meter = self._rig, self.slot
        if rig is not None and now_ms >= self._rig_due_ms:
            rig.poll(self._rig_ms())
            self._send(self._to_host, rig.take_host(), self._host_hears)
            self._send(self._to_meter, rig.take_meter(), self._meter_hears)
            self._rig_due_ms = _due(now_ms, rig.next_deadline_ms(self._rig_ms()))
        if meter is not None and meter.app is not None and now_ms >= self._meter_due_ms:
            meter.app.poll(now_ms)
            self._collect_meter()
            self._meter_due_ms = _due(now_ms, meter.app.next_deadline_ms(now_ms))

    def _collect_meter(self) -> None:
        meter = self.slot
        if meter is None or meter.app is None:
            return
        meter.collect()
        out = meter.app.take_output()
        if self.plugged:
            self._send(self._to_tap, out, self._tap_hears)

    def _send(self, line: CampaignLine, data: bytes, hear: Callable[[bytes], None]) -> None:
        if not data:
            return
        for at_ms, arriving in line.carry(data, self._now_ms):
            self.at(at_ms, _Arrival(hear, arriving))

    def _rig_hears(self, data: bytes) -> None:
        if self._rig is not None:
            self._rig.receive_host(data, self._rig_ms())
            self._rig_due_ms = self._now_ms

    def _host_hears(self, data: bytes) -> None:
        if not self.host_up:
            return
        if self._now_ms < self._stalled_until_ms:
            self.at(self._stalled_until_ms, _Arrival(self._host_hears, data))
            return
        self.link.receive(data, self._now_ms)

    def _meter_hears(self, data: bytes) -> None:
        if self.slot is not None and self.slot.app is not None and self.plugged:
            self.slot.app.receive(data, self._now_ms)
            self._meter_due_ms = self._now_ms

    def _tap_hears(self, data: bytes) -> None:
        if self._rig is not None:
            self._rig.receive_meter(data, self._rig_ms())
            self._rig_due_ms = self._now_ms

    def _next_ms(self, end_ms: int, stalled: bool) -> int:
        now_ms = self._now_ms
        nearest_ms = end_ms
        if self._rig is not None and self._rig_due_ms < nearest_ms:
            nearest_ms = self._rig_due_ms
        if self.slot is not None and self.slot.app is not None and self._meter_due_ms < nearest_ms:
            nearest_ms = self._meter_due_ms
        if self._due and self._due[0][0] < nearest_ms:
            nearest_ms = self._due[0][0]
        if self.host_up and not stalled:
            link_ms = self.link.next_deadline_ms()
            if link_ms is not None and link_ms < nearest_ms:
                nearest_ms = -int(-link_ms // 1)
        return max(now_ms + 1, nearest_ms)


def _due(now_ms: int, wait_ms: int) -> int:
    return now_ms + wait_ms if wait_ms >= 0 else _NEVER_MS


class _Arrival:
    """Bytes on their way."""

    __slots__ = ("_data", "_hear")

    def __init__(self, hear: Callable[[bytes], None], data: bytes) -> None:
        self._hear = hear
        self._data = data

    def __call__(self) -> None:
        self._hear(self._data)
