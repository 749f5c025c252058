"""Key jobs: a whole key script, paced on the device, run at most once.

The host sends the script in one request; from then on only this clock counts. Key k goes down at
`start + k * (press + gap)` and up `press` later, both computed from the start of the script, so an edge that is a
millisecond late does not push the rest. Where a finger has to travel first, each press is longer by that time; the
events tell when the output was switched. The last jobs stay in a table: a job id that is known is never run
again (facts/protocol.md section 8, rule 4).

No clock, no port: `now_ms` is a wrapping tick (rigwire.ticks). Runs unchanged under CPython and MicroPython.
"""

import struct

from rigwire import messages as m
from rigwire import ticks

from rigfw.entry import EntryGuard

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Callable

    from rigfw.keypad import Keypad

MAX_PRESS_MS = 1000
MAX_GAP_MS = 5000
# An edge later than this is no jitter but a stall: the rest of the script moves with it, so that no later
# press or gap is squeezed below what the meter's debounce needs.
STALL_MS = 5

_KEY_CODES = m.KEYS.encode()


class JobRefusedError(Exception):
    """The job was not taken and no key was pressed; `status` and `text` go into the answer."""

    def __init__(self, status: int, text: str) -> None:
        super().__init__(text)
        self.status = status
        self.text = text


class _Job:
    """One row of the job table."""

    def __init__(self, job_id: int, start_ms: int) -> None:
        self.job_id = job_id
        self.state = m.JOB_RUNNING
        self.keys_done = 0
        self.start_ms = start_ms
        self.end_ms = 0
        self.reason = m.REASON_NONE


class KeyJobs:
    """Runs one key script at a time on a keypad driver and remembers the last eight.

    Attributes:
        guard: what may be submitted with Enter.
    """

    def __init__(self, keypad: "Keypad", emit: "Callable[[int, bytes, int], None]") -> None:
        self.guard = EntryGuard()
        self._keypad = keypad
        self._emit = emit
        self._table: "list[_Job]" = []
        self._job: "_Job | None" = None  # the running one
        self._contacts = b""
        self._on_ms = 0
        self._period_ms = 0
        self._flags = 0
        self._origin_ms = 0
        self._due_ms = 0
        self._is_down = False
        self._down_ms = 0
        self._released_ms = 0
        self._pressed_before = False

    @property
    def running(self) -> bool:
        """Whether a script is being typed."""
        return self._job is not None

    @property
    def survives_silence(self) -> bool:
        """Whether the running script asked to be finished although the host fell silent."""
        return self._job is not None and bool(self._flags & m.FLAG_FINISH_ON_SILENCE)

    def start(
        self, job_id: int, keys: bytes, press_ms: int, gap_ms: int, flags: int, now_ms: int
    ) -> "tuple[int, int]":
        """Take a script; the answer (state, keys done) is that of the known job when the id is known.

        The first key goes down at the next `poll`, or `gap_ms` after the last key of the job before.

        Raises:
            JobRefusedError: BUSY, BAD_PAYLOAD or REFUSED; nothing was pressed and nothing will be.
        """
        known = self._find(job_id)
        if known is not None:
            return known.state, known.keys_done
        if self._job is not None:
            raise JobRefusedError(m.BUSY, "a job is running")
        if not 0 < press_ms <= MAX_PRESS_MS or not 0 <= gap_ms <= MAX_GAP_MS:
            raise JobRefusedError(
                m.BAD_PAYLOAD, "press must be 1 to %d ms and gap 0 to %d ms" % (MAX_PRESS_MS, MAX_GAP_MS)
            )
        contacts = bytearray(len(keys))
        for i in range(len(keys)):
            contact = _KEY_CODES.find(keys[i : i + 1])
            if contact < 0:
                raise JobRefusedError(m.BAD_PAYLOAD, "a key script is made of %s" % m.KEYS)
            contacts[i] = contact
        if not contacts:
            raise JobRefusedError(m.BAD_PAYLOAD, "the key script is empty")
        start_ms = now_ms
        if self._pressed_before:
            rested_ms = ticks.diff(now_ms, self._released_ms)
            if 0 <= rested_ms < gap_ms:
                start_ms = ticks.add(self._released_ms, gap_ms)
        fresh = bool(flags & m.FLAG_FRESH_ENTRY)
        on_ms = press_ms + self._keypad.travel_ms
        refusal = self.guard.refusal(contacts, start_ms, on_ms + gap_ms, fresh)
        if refusal is None:
            refusal = self._keypad.refusal(bytes(contacts), on_ms, on_ms + gap_ms, now_ms)
        if refusal is not None:
            raise JobRefusedError(m.REFUSED, refusal)
        if fresh:
            self.guard.clear()
        self._contacts = bytes(contacts)
        self._on_ms = on_ms
        self._period_ms = on_ms + gap_ms
        self._flags = flags
        self._origin_ms = self._due_ms = start_ms
        self._job = _Job(job_id, start_ms)
        self._table.append(self._job)
        if len(self._table) > m.JOB_TABLE_SIZE:
            self._table.pop(0)
        return m.JOB_RUNNING, 0

    def status(self, job_id: int) -> "tuple[int, int, int, int, int]":
        """(state, keys done, start ms, end ms, reason) of a job; state is JOB_UNKNOWN when the table has it not."""
        job = self._find(job_id)
        if job is None:
            return m.JOB_UNKNOWN, 0, 0, 0, 0
        return job.state, job.keys_done, job.start_ms, job.end_ms, job.reason

    def poll(self, now_ms: int) -> None:
        """Make the edges that are due.

        Raises KeypadFaultError of the driver; every contact is open then, and `abort` ends the job.
        """
        if self._is_down and ticks.diff(now_ms, self._down_ms) > self._keypad.key_max_ms:
            self.abort(m.REASON_KEY_MAX, now_ms)
        while self._job is not None:
            late_ms = ticks.diff(now_ms, self._due_ms)
            if late_ms < 0:
                return
            if late_ms > STALL_MS:
                self._origin_ms = ticks.add(self._origin_ms, late_ms)
            self._edge(self._job, now_ms)

    def next_deadline_ms(self, now_ms: int) -> int:
        """Milliseconds until `poll` has something to do; -1 when nothing is running."""
        if self._job is None:
            return -1
        return max(0, ticks.diff(self._due_ms, now_ms))

    def abort(self, reason: int, now_ms: int) -> None:
        """Open every contact and end the running job, if any. Safe to call at any time."""
        self._keypad.release(now_ms)
        self._released(now_ms)
        if self._job is not None:
            if reason in (m.REASON_ESTOP, m.REASON_KEYPAD):
                self.guard.doubt()  # nobody knows whether the meter saw the last key
            self._end(self._job, m.JOB_ABORTED, reason, now_ms)

    def _find(self, job_id: int) -> "_Job | None":
        for job in self._table:
            if job.job_id == job_id:
                return job
        return None

    def _edge(self, job: _Job, now_ms: int) -> None:
        if not self._is_down:
            contact = self._contacts[job.keys_done]
            self._keypad.set_contacts(1 << contact, now_ms)
            self._is_down = True
            self._down_ms = now_ms
            self.guard.press(contact, now_ms)
            self._emit(m.EVENT_KEY, struct.pack(m.EVENT_KEY_LAYOUT, contact, 1), now_ms)
            self._due_ms = ticks.add(self._origin_ms, job.keys_done * self._period_ms + self._on_ms)
            return
        self._keypad.set_contacts(0, now_ms)
        self._released(now_ms)
        job.keys_done += 1
        if job.keys_done == len(self._contacts):
            self._end(job, m.JOB_DONE, m.REASON_NONE, now_ms)
        else:
            self._due_ms = ticks.add(self._origin_ms, job.keys_done * self._period_ms)

    def _released(self, now_ms: int) -> None:
        if self._is_down:
            self._is_down = False
            self._released_ms = now_ms
            self._pressed_before = True
            job = self._job
            contact = self._contacts[job.keys_done] if job is not None else 0
            self._emit(m.EVENT_KEY, struct.pack(m.EVENT_KEY_LAYOUT, contact, 0), now_ms)

    def _end(self, job: _Job, state: int, reason: int, now_ms: int) -> None:
        job.state = state
        job.reason = reason
        job.end_ms = now_ms
        self._job = None
        data = struct.pack(m.EVENT_JOB_LAYOUT, job.job_id, state, job.keys_done, reason)
        self._emit(m.EVENT_JOB, data, now_ms)
