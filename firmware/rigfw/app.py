"""The rig as one sans-IO machine: bytes of both lines and `now_ms` in, bytes and the next deadline out.

Composes link server, key jobs, keypad driver and glass tap, and holds the one rule that binds them: whenever the
rig no longer knows that somebody watches (start, host silence, meter port silence, exception), every key goes up.

Runs unchanged under CPython and MicroPython.
"""

import struct

from rigwire import messages as m

from rigfw.jobs import JobRefusedError, KeyJobs
from rigfw.keyfault import KeypadFaultError
from rigfw.server import DeviceLink
from rigfw.tap import GlassTap

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Callable, Protocol

    from rigfw.keypad import Keypad
    from rigfw.selftest import SelfTest

    class Timed(Protocol):
        """Something that is due at a time."""

        def next_deadline_ms(self, now_ms: int) -> int:
            """Milliseconds until it is; -1 for never."""
            ...


_METER_SILENT = "no meter answers on the meter port; check its cable and its power"
_METER_THERE = (
    "a meter answers on the meter port; the self-test is for the jig, plugged in the place of the meter"
)


class RigApp:
    """The rig firmware without its ports.

    Args:
        crc32: CRC-32 function of the platform.
        random_u16: gives a random number of 16 bits; sessions are drawn with it.
        boot_id: random number of 32 bits, new at every boot.
        version_text: firmware name and version for people, e.g. "kctrig-rig 0.1.0 esp32".
        now_ms: tick at start.
        keypad: the driver; the meter port's when left out.
        selftest: the driver's self-test by a jig, if it has one.
        light: switches the light for a camera, if there is one.
    """

    def __init__(
        self,
        crc32: "Callable[[bytes], int]",
        random_u16: "Callable[[], int]",
        boot_id: int,
        version_text: str,
        now_ms: int,
        keypad: "Keypad | None" = None,
        selftest: "SelfTest | None" = None,
        light: "Callable[[int], object] | None" = None,
    ) -> None:
        if keypad is None:
            from rigfw.uartkeys import UartKeypad

            keypad = UartKeypad(crc32, now_ms)
        self.keypad: "Keypad" = keypad
        self.selftest = selftest
        self.link = DeviceLink(self, crc32, random_u16, boot_id, version_text, self.keypad.key_max_ms)
        self.jobs = KeyJobs(self.keypad, self.link.emit)
        self.tap = GlassTap(crc32, self._glass_changed, now_ms)
        # Made once: nothing is allocated while a key is down and the lines are quiet.
        parts: "tuple[Timed, ...]" = (self.link, self.keypad, self.tap)
        self._parts = parts if selftest is None else parts + (selftest,)
        self._light = light
        self._safe = False
        self.go_safe(m.REASON_BOOT, now_ms)

    # --- the edge's side -------------------------------------------------------------------------

    def receive_host(self, data: "bytes | bytearray | memoryview", now_ms: int) -> None:
        """Take bytes of the host line."""
        self.link.receive(data, now_ms)

    def receive_meter(self, data: "bytes | bytearray | memoryview", now_ms: int) -> None:
        """Take bytes of the meter port."""
        self.tap.receive(data, now_ms)

    def poll(self, now_ms: int) -> None:
        """Do everything that is due; call after bytes came and when the deadline is reached."""
        # Who watches comes first: after a stall no key goes down that nobody is there to see.
        self.link.poll(now_ms)
        if self.tap.poll(now_ms):
            self.log("the meter port fell silent or its meter started anew", now_ms)
            self.go_safe(m.REASON_FAULT, now_ms)
        try:
            self.jobs.poll(now_ms)
            self.keypad.poll(now_ms)
            if self.selftest is not None:
                self.selftest.poll(now_ms)
        except KeypadFaultError as fault:
            self.log(fault.text, now_ms)
            self.go_safe(fault.reason, now_ms)

    def next_deadline_ms(self, now_ms: int) -> int:
        """Milliseconds until `poll` is due; -1 for never."""
        nearest_ms = self.jobs.next_deadline_ms(now_ms)
        if nearest_ms == 0:
            return 0
        for part in self._parts:
            part_ms = part.next_deadline_ms(now_ms)
            if part_ms >= 0 and (nearest_ms < 0 or part_ms < nearest_ms):
                nearest_ms = part_ms
        return nearest_ms

    def take_host(self) -> bytes:
        """Bytes to write to the host line now."""
        return self.link.take_output()

    def take_meter(self) -> bytes:
        """Bytes to write to the meter port now."""
        return self.keypad.take_output() + self.tap.take_output()

    def go_safe(self, reason: int, now_ms: int) -> None:
        """Every key up, the running job ended, and both said in events."""
        self._stop(reason, now_ms)
        self._safe = True
        self._dark()
        self.link.emit(m.EVENT_SAFE, struct.pack(m.EVENT_SAFE_LAYOUT, reason), now_ms)

    def log(self, text: str, now_ms: int) -> None:
        """Tell people something; never token digits."""
        self.link.emit(m.EVENT_LOG, text.encode()[:200], now_ms)

    # --- the link server's side ------------------------------------------------------------------

    def request(self, msg: int, payload: bytes, now_ms: int) -> bytes:
        """Execute one request of the host; the link server calls this once per request at most."""
        try:
            return self._execute(msg, payload, now_ms)
        except JobRefusedError as refused:
            return _refused(refused.status, refused.text)
        except ValueError as bad:
            return _refused(m.BAD_PAYLOAD, str(bad))

    def link_lost(self, now_ms: int) -> None:
        """The host fell silent: keys up, unless the running job asked to be finished."""
        if not self.jobs.survives_silence:
            self.go_safe(m.REASON_SILENCE, now_ms)

    def bye(self, now_ms: int) -> None:
        """The host says goodbye."""
        self._stop(m.REASON_BYE, now_ms)
        self._dark()

    def state(self) -> int:
        """What the rig is doing, for PING."""
        if self._busy():
            return m.STATE_TYPING
        return m.STATE_SAFE if self._safe else m.STATE_IDLE

    def _execute(self, msg: int, payload: bytes, now_ms: int) -> bytes:
        if msg == m.RUN_KEYS:
            return self._run_keys(payload, now_ms)
        if msg == m.JOB_STATUS:
            job_id, _ = m.unpack_request(msg, payload)
            return m.pack_answer(msg, *self.jobs.status(job_id))
        if msg == m.ABORT:
            job_id, _ = m.unpack_request(msg, payload)
            state, keys_done, _, _, _ = self.jobs.status(job_id)
            if state == m.JOB_RUNNING:
                self.jobs.abort(m.REASON_HOST, now_ms)
                state, keys_done, _, _, _ = self.jobs.status(job_id)
            return m.pack_answer(msg, state, keys_done)
        if msg == m.RELEASE_ALL:
            self._stop(m.REASON_HOST, now_ms)
            self.keypad.acknowledge(now_ms)
            return m.pack_answer(msg)
        if msg == m.ALLOW_CODES:
            enter, erase, codes = m.unpack_request(msg, payload)
            if self.jobs.running:
                return _refused(m.BUSY, "a job is running")
            refusal = self.jobs.guard.allow(enter, erase, codes)
            return m.pack_answer(msg) if refusal is None else _refused(m.REFUSED, refusal)
        if msg == m.SELFTEST:
            return self._selftest(payload, now_ms)
        if msg == m.LIGHT:
            level, _ = m.unpack_request(msg, payload)
            if self._light is None:
                return _refused(m.REFUSED, "this rig has no light")
            self._light(1 if level else 0)
            return m.pack_answer(msg)
        if msg == m.READ_DISPLAY:
            if self.tap.silent:
                return _refused(m.REFUSED, _METER_SILENT)
            return m.pack_answer(msg, self.tap.seen_ms, tail=self.tap.image)
        return bytes((m.UNKNOWN_MSG,))

    def _run_keys(self, payload: bytes, now_ms: int) -> bytes:
        job_id, press_ms, gap_ms, flags, keys = m.unpack_request(m.RUN_KEYS, payload)
        known = self.jobs.status(job_id)[0] != m.JOB_UNKNOWN
        if self.tap.silent and not known:
            return _refused(m.REFUSED, _METER_SILENT)
        if self.selftest is not None and self.selftest.running:
            return _refused(m.BUSY, "the self-test is running")
        state, keys_done = self.jobs.start(job_id, keys, press_ms, gap_ms, flags, now_ms)
        if not known:
            self._safe = False
        return m.pack_answer(m.RUN_KEYS, state, keys_done)

    def _selftest(self, payload: bytes, now_ms: int) -> bytes:
        begin, _ = m.unpack_request(m.SELFTEST, payload)
        test = self.selftest
        if test is None:
            return _refused(
                m.REFUSED, "contacts go over the meter port: there is nothing here for a jig to test"
            )
        if begin and not test.running:
            if self.jobs.running:
                return _refused(m.BUSY, "a job is running")
            no = _METER_THERE if not self.tap.silent else test.refusal(now_ms)
            if no is not None:
                return _refused(m.REFUSED, no)
            test.start(now_ms)
            self._safe = False
        return m.pack_answer(
            m.SELFTEST, test.state, test.done, test.steps, test.one_shot_ms, test.reason, tail=test.results
        )

    def _busy(self) -> bool:
        return self.jobs.running or (self.selftest is not None and self.selftest.running)

    def _stop(self, reason: int, now_ms: int) -> None:
        self.jobs.abort(reason, now_ms)
        if self.selftest is not None:
            self.selftest.abort(reason, now_ms)

    def _dark(self) -> None:
        if self._light is not None:
            self._light(0)

    def _glass_changed(self, image: bytes, now_ms: int) -> None:
        self.link.emit(m.EVENT_GLASS, image, now_ms)
        if self.selftest is not None and self.selftest.running:
            # A meter came to the jig's place.
            self.log(_METER_THERE, now_ms)
            self.go_safe(m.REASON_FAULT, now_ms)


def _refused(status: int, text: str) -> bytes:
    return bytes((status,)) + text.encode()
