"""Self-test by a loop-back jig, plugged in the place of the meter: what each channel does, told one by one.

Matrix: the jig leads every tap (rows, then columns) to one spare expander bit. One bit is driven low; a tap that is
connected to it then reads low. Direct: contact i of KEYS pulls those of four bits low that are set in i + 1, by
diodes. Last the one-shot: a working contact is held until the hardware opens it, and the time is told.

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

    # Yields milliseconds to wait; gives what was read.
    Look = Generator[int, None, int]

SETTLE_MS = 5
_ROWS = 4
_COLUMNS = 3
_JOINS = ((0, 1), (2, 3), (4, 5), (5, 6))  # taps of one kind: no key, but the jig sees it
_UNANSWERED = 3  # digits that go to a meter at most when there is no jig
_ONE_SHOT_STEP_MS = 5
NEVER_OPENED = 0xFFFF


class SelfTest:
    """One run at a time on the driver's own expander.

    Attributes:
        state: JOB_UNKNOWN before the first run, then JOB_RUNNING, JOB_DONE or JOB_ABORTED.
        reason: why the last run was aborted.
        done: steps that are over.
        steps: steps of a whole run.
        one_shot_ms: after how long the hardware opened a contact; 0 not measured, NEVER_OPENED when it did not.
        results: one byte a channel: CHANNEL_* and the number of the other channel in the high half.
    """

    def __init__(self, keypad: "SwitchedKeypad", board: "Any") -> None:
        self._keypad = keypad
        self._expander = keypad.expander
        self._matrix = board.KEYPAD == "matrix"
        self._bits: "tuple[int, ...]" = (
            board.ROW_BITS + board.COLUMN_BITS if self._matrix else board.OUTPUT_BITS
        )
        self._jig: "tuple[int, ...]" = board.JIG_BITS
        self._one_shot_most_ms: int = board.ONE_SHOT_MS * 2
        self._settle_ms = SETTLE_MS + keypad.travel_ms
        self._run: "Generator[int, None, None] | None" = None
        self._due_ms = 0
        self._now_ms = 0
        self.state = m.JOB_UNKNOWN
        self.reason = m.REASON_NONE
        self.done = 0
        count = len(self._bits)
        self.steps = count + (len(_JOINS) + _ROWS * _COLUMNS if self._matrix else 1) + 1
        self.one_shot_ms = 0
        self.results = bytearray(count)

    @property
    def running(self) -> bool:
        """Whether channels are being switched."""
        return self._run is not None

    def refusal(self, now_ms: int) -> "str | None":
        """Why no channel may be switched now; None when all is well."""
        return self._keypad.not_ready(now_ms)

    def start(self, now_ms: int) -> None:
        """Begin anew; the first step is made by the next `poll`."""
        self.state = m.JOB_RUNNING
        self.reason = m.REASON_NONE
        self.done = 0
        self.one_shot_ms = 0
        self.results = bytearray(len(self._bits))
        self._due_ms = now_ms
        self._run = self._test_matrix() if self._matrix else self._test_direct()

    def poll(self, now_ms: int) -> None:
        """Make the step that is due. Raises KeypadFaultError."""
        if self._run is None or ticks.diff(now_ms, self._due_ms) < 0:
            return
        self._now_ms = now_ms
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

    # --- steps ---------------------------------------------------------------------------------------

    def _close(self, bits: int, tap: int) -> None:
        self._expander.arm()
        self._expander.drive(bits)
        if tap >= 0:
            self._expander.pull_low(1 << self._jig[tap])

    def _low(self) -> int:
        """Bit i is set when jig bit i reads low."""
        pins = self._expander.pins()
        low = 0
        for i in range(len(self._jig)):
            if not pins >> self._jig[i] & 1:
                low |= 1 << i
        return low

    def _look(self, bits: int, tap: int = -1) -> "Look":
        self._close(bits, tap)
        yield self._settle_ms
        low = self._low()
        self._expander.release()
        self.done += 1
        yield self._settle_ms
        return low

    def _measure_one_shot(self, bits: int, tap: int, expected: int) -> "Look":
        self._close(bits, tap)
        closed_ms = self._now_ms
        self.one_shot_ms = NEVER_OPENED
        yield self._settle_ms
        while ticks.diff(self._now_ms, closed_ms) < self._one_shot_most_ms:
            if self._low() & expected != expected:
                self.one_shot_ms = ticks.diff(self._now_ms, closed_ms)
                break
            yield _ONE_SHOT_STEP_MS
        self._expander.release()
        self.done += 1
        yield self._settle_ms
        return self.one_shot_ms

    # --- matrix --------------------------------------------------------------------------------------

    def _test_matrix(self) -> "Generator[int, None, None]":
        count = _ROWS + _COLUMNS
        near = [0] * count  # taps that hang together with tap i while channel i alone is on
        partners = [0] * count
        for i in range(count):
            low = yield from self._look(1 << self._bits[i], i)
            near[i] = low & ~(1 << i)
        jig = False
        for one, other in _JOINS:
            low = yield from self._look(1 << self._bits[one] | 1 << self._bits[other], one)
            jig = jig or bool(low >> other & 1)
        pair = (-1, -1)
        for row in range(_ROWS) if jig else ():
            for column in range(_ROWS, count):
                low = yield from self._look(1 << self._bits[row] | 1 << self._bits[column], row)
                if low >> column & 1:
                    partners[row] |= 1 << column
                    partners[column] |= 1 << row
                    pair = (row, column)
        for i in range(count):
            self.results[i] = _judge_tap(i, near, partners[i], jig)
        row, column = pair
        if row >= 0:
            bits = 1 << self._bits[row] | 1 << self._bits[column]
            yield from self._measure_one_shot(bits, row, 1 << column)

    # --- direct --------------------------------------------------------------------------------------

    def _test_direct(self) -> "Generator[int, None, None]":
        rest = yield from self._look(0)
        codes = []
        for bit in self._bits:
            code = yield from self._look(1 << bit)
            codes.append(code)
            if len(codes) == _UNANSWERED and not rest and not any(codes):
                break
        for i in range(len(codes)):
            self.results[i] = _judge_code(i, rest, codes)
        for i in range(len(codes)):
            if self.results[i] == m.CHANNEL_OK:
                yield from self._measure_one_shot(1 << self._bits[i], -1, i + 1)
                return


def _judge_tap(i: int, near: "list[int]", partners: int, jig: bool) -> int:
    others = [x for x in range(len(near)) if x != i and near[x] >> i & 1]
    if len(others) > 1:
        return m.CHANNEL_CLOSED
    if others:
        return m.CHANNEL_BRIDGED | others[0] << 4
    if not jig:
        return m.CHANNEL_UNTESTED
    return m.CHANNEL_OK if partners else m.CHANNEL_OPEN


def _judge_code(i: int, rest: int, codes: "list[int]") -> int:
    own = i + 1
    seen = codes[i]
    if rest == own:
        return m.CHANNEL_CLOSED
    if own | rest == rest:
        return m.CHANNEL_UNTESTED  # hidden behind the one that is stuck
    if seen == rest:
        return m.CHANNEL_OPEN
    for k in range(len(codes)):
        if k != i and codes[k] == seen and own | (k + 1) | rest == seen and (k + 1) | rest != rest:
            return m.CHANNEL_BRIDGED | k << 4
    if seen == own | rest:
        return m.CHANNEL_OK
    other = (seen & ~rest) - 1
    if other >= len(codes):
        other = m.CHANNEL_UNKNOWN
    return m.CHANNEL_CROSSED | other << 4
