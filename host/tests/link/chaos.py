"""Host link, wire and device link with the real job table, in one process and in virtual time.

The judge is the keypad: each job types its own five digits, and what went down on the contacts is compared
with what the host reported. Nothing the rig says about itself counts.
"""

from __future__ import annotations

import binascii
import heapq
import random
from dataclasses import dataclass

from kctrig.link import words
from kctrig.link.client import HostLink
from kctrig.link.crc import crc32
from kctrig.link.errors import LinkError, LinkLost, NoAnswer, OutcomeUnknown, RequestRefused
from kctrig.link.items import DeviceEvent, Request
from rigfw.jobs import JobRefusedError, KeyJobs
from rigfw.keypad import FakeKeypad
from rigfw.server import DeviceLink
from rigwire import messages as m
from rigwire import ticks
from tests.link.faulty_line import FaultyLine, Rates

DIGITS = 5
PRESS_MS = GAP_MS = 1
BOOT_MS = 40
# Presses of one script are 2 ms apart; two scripts are at least a trip over the line apart.
SAME_SCRIPT_MS = PRESS_MS + GAP_MS
STALL_MS = 2500
TICK_WRAPS_AT_MS = 60_000
# The host's process dies at most that long after it began a job.
HOST_DIES_WITHIN_MS = 60
# A job of five keys that has not ended by then never will.
NEVER_MS = 60_000


class HostDiedError(Exception):
    """The host's process ended; its journal is all that is left of it."""


class Device:
    """One start of a rig: link server, job table, keypad."""

    def __init__(
        self,
        rng: random.Random,
        link_class: type[DeviceLink],
        jobs_class: type[KeyJobs],
        presses: list[tuple[int, int]],
    ) -> None:
        self.link = link_class(
            self, binascii.crc32, lambda: rng.getrandbits(16), rng.getrandbits(32), "chaos rig"
        )
        self.jobs = jobs_class(JudgedKeypad(presses), self.link.emit)
        self.handled: dict[bytes, int] = {}
        self.handled_twice = 0

    def request(self, msg: int, payload: bytes, now_ms: int) -> bytes:
        if msg == m.RUN_KEYS:
            job_id, press_ms, gap_ms, flags, keys = m.unpack_request(msg, payload)
            try:
                return m.pack_answer(msg, *self.jobs.start(job_id, keys, press_ms, gap_ms, flags, now_ms))
            except JobRefusedError as refused:
                return bytes([refused.status]) + refused.text.encode()
        if msg == m.JOB_STATUS:
            return m.pack_answer(msg, *self.jobs.status(m.unpack_request(msg, payload)[0]))
        # Any other request: each of the host's carries its own number.
        session = self.link._session
        if self.handled.get(payload) == session:
            self.handled_twice += 1
        self.handled[payload] = session
        return m.pack_answer(msg)

    def link_lost(self, now_ms: int) -> None:
        self.jobs.abort(m.REASON_SILENCE, now_ms)

    def bye(self, now_ms: int) -> None:
        self.jobs.abort(m.REASON_BYE, now_ms)

    def state(self) -> int:
        return m.STATE_TYPING if self.jobs.running else m.STATE_IDLE


class JudgedKeypad(FakeKeypad):
    """Writes every press down where a reset of the device does not reach it."""

    def __init__(self, presses: list[tuple[int, int]]) -> None:
        super().__init__()
        self._presses = presses

    def set_contacts(self, mask: int, now_ms: int) -> None:
        if mask:
            self._presses.append((now_ms, mask.bit_length() - 1))


@dataclass
class Verdict:
    """How a run ended."""

    jobs: int = 0
    done: int = 0
    aborted: int = 0
    unknown: int = 0
    never_ended: int = 0
    resets: int = 0
    frames: int = 0
    reconnects: int = 0
    host_restarts: int = 0
    retransmitted: int = 0
    executed_twice: int = 0
    done_but_not_executed: int = 0
    handled_twice: int = 0
    virtual_s: int = 0

    @property
    def clean(self) -> bool:
        wrong = self.executed_twice + self.done_but_not_executed + self.handled_twice + self.never_ended
        return wrong == 0 and self.unknown <= self.resets


class Chaos:
    """Runs jobs one after the other, as an application does, until each has an outcome."""

    def __init__(
        self,
        seed: int,
        rates: Rates | None = None,
        *,
        link_class: type[DeviceLink] = DeviceLink,
        jobs_class: type[KeyJobs] = KeyJobs,
        host_class: type[HostLink] = HostLink,
        subscribe: bool = True,
    ) -> None:
        self._rng = random.Random(seed)
        self._subscribe = subscribe
        self._rates = rates or Rates()
        self._classes = link_class, jobs_class
        self.now_ms = 0.0
        self._presses: list[tuple[int, int]] = []
        self._device = Device(self._rng, link_class, jobs_class, self._presses)
        self._booting_until_ms = 0.0
        self._host_class = host_class
        self._host = self._new_host()
        self._host_dies_at_ms: float | None = None
        self._down = FaultyLine(self._rates, self._rng)
        self._up = FaultyLine(self._rates, self._rng)
        self._arrivals: list[tuple[float, int, bool, bytes]] = []
        self._count = 0
        self._host_stalled_until_ms = 0.0
        self._number = 0
        self._ended: dict[int, str] = {}
        self.verdict = Verdict()

    def _new_host(self) -> HostLink:
        return self._host_class(crc32, lambda: self._rng.getrandbits(32), "chaos")

    # -- the line and the device

    def _step(self) -> None:
        """Go to the next moment at which something is due, and do it."""
        if self._host_dies_at_ms is not None and self.now_ms >= self._host_dies_at_ms:
            raise HostDiedError
        due_ms = self._host.next_deadline_ms()
        next_ms = self.now_ms + 1000 if due_ms is None else due_ms
        next_ms = max(next_ms, self._host_stalled_until_ms)
        device_ms = self._device_due_ms()
        if device_ms < next_ms:
            next_ms = device_ms
        arrivals = self._arrivals
        if arrivals and arrivals[0][0] < next_ms:
            next_ms = arrivals[0][0]
        if next_ms > self.now_ms:
            self.now_ms = next_ms
        now_ms = self.now_ms
        while arrivals and arrivals[0][0] <= now_ms:
            _, _, to_device, data = heapq.heappop(arrivals)
            if to_device:
                self._to_device(data)
            elif now_ms < self._host_stalled_until_ms:
                self._put(self._host_stalled_until_ms, False, data)
            else:
                self._host.receive(data, now_ms)
        tick = self._tick()
        self._device.jobs.poll(tick)
        self._device.link.poll(tick)
        if now_ms >= self._host_stalled_until_ms:
            self._host.poll(now_ms)
        self._collect()

    def _device_due_ms(self) -> float:
        tick = self._tick()
        nearest = 1 << 29
        for left_ms in (self._device.jobs.next_deadline_ms(tick), self._device.link.next_deadline_ms(tick)):
            if 0 <= left_ms < nearest:
                nearest = left_ms
        return int(self.now_ms) + nearest

    def _tick(self) -> int:
        """The device's clock; it wraps in the middle of a run."""
        return ticks.add(int(self.now_ms), ticks.PERIOD - TICK_WRAPS_AT_MS)

    def _to_device(self, data: bytes) -> None:
        if self.now_ms < self._booting_until_ms:
            return
        draw = self._rng.random()
        if draw < self._rates.reset / 2:
            self._reset()
            return
        self._device.link.receive(data, self._tick())
        if draw < self._rates.reset:
            self._device.jobs.poll(self._tick())
            if self._rng.random() < 0.5:
                self._collect()
            self._reset()

    def _reset(self) -> None:
        self.verdict.resets += 1
        self.verdict.handled_twice += self._device.handled_twice
        self._device = Device(self._rng, *self._classes, self._presses)
        self._booting_until_ms = self.now_ms + BOOT_MS
        self._put(self.now_ms + 1, False, b"ets Jul 29 2019 12:21:46\r\nrst:0x1 (POWERON_RESET)\r\n")

    def _put(self, at_ms: float, to_device: bool, data: bytes) -> None:
        self._count += 1
        heapq.heappush(self._arrivals, (at_ms, self._count, to_device, data))

    def _collect(self) -> None:
        out = self._host.bytes_to_send()
        if out:
            for at_ms, data in self._down.carry(out, self.now_ms):
                self._put(at_ms, True, data)
            if self._rng.random() < self._rates.host_stall:
                self._host_stalled_until_ms = self.now_ms + STALL_MS
        out = self._device.link.take_output()
        if out:
            for at_ms, data in self._up.carry(out, self.now_ms):
                self._put(at_ms, False, data)

    # -- the application

    def run(self, jobs: int) -> Verdict:
        """Have `jobs` jobs typed and judge them."""
        self._connect()
        for _ in range(jobs):
            self._one_job()
        verdict = self.verdict
        verdict.jobs += jobs
        verdict.frames = self._down.frames + self._up.frames
        verdict.reconnects += self._host.counters.reconnects
        verdict.retransmitted += self._host.counters.retransmitted
        verdict.handled_twice += self._device.handled_twice
        self._device.handled_twice = 0
        verdict.virtual_s = int(self.now_ms / 1000)
        return verdict

    def _one_job(self) -> None:
        number, self._number = self._number, self._number + 1
        self._presses.clear()
        if number % 3 == 0:
            self._ask(m.ALLOW_CODES, m.pack_request(m.ALLOW_CODES, 11, 10, tail=b"%d" % number))
        digits = b"%05d" % (number % 100000)
        outcome = self._type(self._rng.getrandbits(32), digits)
        self._judge(digits.decode(), outcome)

    def _type(self, job_id: int, digits: bytes) -> str:
        payload = m.pack_request(m.RUN_KEYS, job_id, PRESS_MS, GAP_MS, 0, tail=digits)
        assert self._host.hello is not None
        journaled_boot_id = self._host.hello.boot_id
        if self._rng.random() < self._rates.host_restart:
            self._host_dies_at_ms = self.now_ms + self._rng.random() * HOST_DIES_WITHIN_MS
        try:
            while True:
                try:
                    return self._try_to_type(job_id, payload)
                except HostDiedError:
                    self._restart_host()
                    # What the journal says decides: only the start of the rig that was given the job may be asked again.
                    if self._host.hello is None or self._host.hello.boot_id != journaled_boot_id:
                        return "unknown"
        except OutcomeUnknown:
            return "unknown"
        finally:
            self._host_dies_at_ms = None

    def _restart_host(self) -> None:
        self._host_dies_at_ms = None
        self._host_stalled_until_ms = 0.0
        self.verdict.host_restarts += 1
        self.verdict.reconnects += self._host.counters.reconnects
        self.verdict.retransmitted += self._host.counters.retransmitted
        self._host = self._new_host()
        self._ended.clear()
        self._connect()

    def _try_to_type(self, job_id: int, payload: bytes) -> str:
        while True:
            try:
                answer = self._wait(self._host.submit(m.RUN_KEYS, payload, self.now_ms))
                if answer[0] == m.JOB_DONE:
                    return "done"
                if answer[0] == m.JOB_ABORTED:
                    return "aborted"
                return self._wait_for_end(job_id)
            except RequestRefused as refused:
                # A job of before is still being typed (its outcome was lost with its link); wait for it.
                if refused.status != m.BUSY:
                    raise
                self._rest(20)
            except LinkLost:
                # The same job again, by its own id: on the same start of the rig the table decides.
                self._connect()
                if job_id in self._ended:
                    return self._ended[job_id]

    def _wait_for_end(self, job_id: int) -> str:
        never_ms = self.now_ms + NEVER_MS
        while self.now_ms < never_ms:
            if not self._subscribe:
                self._rest(20)
                state = self._wait(
                    self._host.submit(m.JOB_STATUS, m.pack_request(m.JOB_STATUS, job_id), self.now_ms)
                )[0]
                if state != m.JOB_RUNNING:
                    return words.JOB_STATE_NAMES[state] if state != m.JOB_UNKNOWN else "never_ended"
                continue
            item = self._host.next_item()
            if item is None:
                self._step()
            elif isinstance(item, LinkError):
                raise item
            elif item.kind == m.EVENT_JOB and int.from_bytes(item.data[:4], "little") == job_id:
                return words.JOB_STATE_NAMES[item.data[4]]
        return "never_ended"

    def _connect(self) -> None:
        """As a person does: again and again, until the rig answers."""
        while True:
            try:
                self._wait(self._host.connect(self.now_ms))
                if self._subscribe:
                    self._wait(self._host.submit(m.SUBSCRIBE, bytes([m.MASK_ALL]), self.now_ms))
                break
            except OutcomeUnknown:
                raise
            except (LinkLost, NoAnswer):
                continue
        self._raise_items()

    def _raise_items(self) -> None:
        item = self._host.next_item()
        while item is not None:
            if isinstance(item, OutcomeUnknown):
                raise item
            if isinstance(item, DeviceEvent) and item.kind == m.EVENT_JOB:
                self._ended = {int.from_bytes(item.data[:4], "little"): words.JOB_STATE_NAMES[item.data[4]]}
            item = self._host.next_item()

    def _ask(self, msg: int, payload: bytes) -> None:
        try:
            self._wait(self._host.submit(msg, payload, self.now_ms))
        except LinkLost:
            self._connect()

    def _wait(self, request: Request) -> bytes:
        self._collect()
        while not request.done:
            self._step()
        if request.error is not None:
            raise request.error
        assert request.answer is not None
        return request.answer

    def _rest(self, rest_ms: float) -> None:
        end_ms = self.now_ms + rest_ms
        while self.now_ms < end_ms:
            self._step()

    # -- the judge

    def _judge(self, digits: str, outcome: str) -> None:
        # A job whose outcome nobody could tell may still be typed; let it come to rest before it is judged.
        while self._device.jobs.running:
            self._step()
        verdict = self.verdict
        setattr(verdict, outcome, getattr(verdict, outcome) + 1)
        scripts = self._scripts()
        if len(scripts) > 1 or (scripts and not digits.startswith(scripts[0])):
            verdict.executed_twice += 1
        if outcome == "done" and digits not in scripts:
            verdict.done_but_not_executed += 1

    def _scripts(self) -> list[str]:
        """The presses since the last job, grouped into scripts."""
        scripts: list[str] = []
        before_ms = 0
        for at_ms, contact in self._presses:
            if not scripts or ticks.diff(at_ms, before_ms) > SAME_SCRIPT_MS or len(scripts[-1]) == DIGITS:
                scripts.append("")
            scripts[-1] += m.KEYS[contact]
            before_ms = at_ms
        return scripts


def events_of(host: HostLink) -> list[DeviceEvent]:
    """The events a client has ready; an error among them is a failure of the test."""
    events = []
    item = host.next_item()
    while item is not None:
        assert isinstance(item, DeviceEvent), item
        events.append(item)
        item = host.next_item()
    return events
