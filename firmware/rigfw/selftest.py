"""Self-test by a loop-back jig, plugged in the place of the meter: one run at a time; its steps are in `jig`.

Never with a meter. The caller sees to that where the glass is heard; where it is not, nothing is ever submitted to a
meter that stands in the jig's place: the matrix proves the jig by joining rows, or columns, which is no key; the
outputs stop after three digits that no jig answers to. Runs unchanged under CPython and MicroPython.
"""

from rigwire import messages as m
from rigwire import ticks

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Generator

    from rigfw.switched import SwitchedKeypad


SETTLE_MS = 5


class SelfTest:
    """One run at a time on the driver's own expander.

    Attributes:
        state: JOB_UNKNOWN before the first run, then JOB_RUNNING, JOB_DONE or JOB_ABORTED.
        reason: why the last run was aborted.
        done: steps that are over.
        steps: steps of a whole run; 0 before the first one.
        one_shot_ms: after how long the hardware opened a contact; 0 not measured, jig.NEVER_OPENED when it did not.
        results: one byte a channel: CHANNEL_* and the number of the other channel in the high half.
        expander, bits, jig_bits, settle_ms, one_shot_most_ms, now_ms: what the steps work on.
    """

    def __init__(self, keypad: "SwitchedKeypad", board: "Any") -> None:
        self._keypad = keypad
        self.expander = keypad.expander
        self._matrix = board.KEYPAD == "matrix"
        self.bits: "tuple[int, ...]" = (
            board.ROW_BITS + board.COLUMN_BITS if self._matrix else board.OUTPUT_BITS
        )
        self.jig_bits: "tuple[int, ...]" = board.JIG_BITS
        self.one_shot_most_ms: int = board.ONE_SHOT_MS * 2
        self.settle_ms = SETTLE_MS + keypad.travel_ms
        self._run: "Generator[int, None, None] | None" = None
        self._due_ms = 0
        self.now_ms = 0
        self.state = m.JOB_UNKNOWN
        self.reason = m.REASON_NONE
        self.done = 0
        self.steps = 0
        self.one_shot_ms = 0
        self.results = bytearray(len(self.bits))

    @property
    def running(self) -> bool:
        """Whether channels are being switched."""
        return self._run is not None

    def refusal(self, now_ms: int) -> "str | None":
        """Why no channel may be switched now; None when all is well."""
        return self._keypad.not_ready(now_ms)

    def start(self, now_ms: int) -> None:
        """Begin anew; the first step is made by the next `poll`."""
        from rigfw import jig  # 4 kB of heap that a rig without a jig never spends

        self.state = m.JOB_RUNNING
        self.reason = m.REASON_NONE
        self.done = 0
        self.one_shot_ms = 0
        self.results = bytearray(len(self.bits))
        self._due_ms = now_ms
        self.steps = jig.steps_of(len(self.bits), self._matrix)
        self._run = jig.matrix(self) if self._matrix else jig.direct(self)

    def poll(self, now_ms: int) -> None:
        """Make the step that is due. Raises KeypadFaultError."""
        if self._run is None or ticks.diff(now_ms, self._due_ms) < 0:
            return
        self.now_ms = now_ms
        try:
            self._due_ms = ticks.add(now_ms, next(self._run))
        except StopIteration:
            self._run = None
            self.state = m.JOB_DONE
            self._keypad.release(now_ms)

    def next_deadline_ms(self, now_ms: int) -> int:
        """Milliseconds until the next step; -1 when nothing runs."""
        if self._run is None:
            return -1
        return max(0, ticks.diff(self._due_ms, now_ms))

    def abort(self, reason: int, now_ms: int) -> None:
        """Open every contact and end the run, if any."""
        if self._run is not None:
            self._keypad.release(now_ms)
            self._run = None
            self.state = m.JOB_ABORTED
            self.reason = reason
