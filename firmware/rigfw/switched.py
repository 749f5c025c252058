"""Keypad drivers with hardware of their own: rows and columns, or one output a key, behind an MCP23017.

    matrix   seven PhotoMOS, four rows and three columns to one node: a key is one row and one column, so that no
             single channel that sticks presses a key
    direct   twelve outputs, one a key: contacts, relays or solenoid fingers

Every press: expander reset and armed, everything read back, one row and one column (one output) written and read
back. Every release: read back once more, because a press that was cut short may not have been seen, then one pin.
The emergency stop breaks the supply by itself; here it is only sensed, so that the job ends and the host is told.

Runs unchanged under CPython and MicroPython.
"""

from rigwire import messages as m
from rigwire import ticks

from rigfw.duty import DutyBook
from rigfw.expander import Expander
from rigfw.keyfault import KeypadFaultError, check_one_hot

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Callable, Protocol

    from rigfw.expander import Bus, OutputPin

    class InputPin(Protocol):
        """The part of machine.Pin that is used."""

        def value(self) -> "int | None":
            """The level of the pin."""
            ...


# PhotoMOS and drivers switch within a millisecond; a key opens before the next one closes.
MIN_GAP_MS = 5
# A script's press ends this long before the ceiling, so that an edge that is a little late is no fault.
CEILING_RESERVE_MS = 20
ESTOP_LOOK_MS = 50

_PRESSED = "the emergency stop is pressed; release it, then tell the rig (RELEASE_ALL)"
_NOT_TOLD = "the emergency stop was pressed; look at the meter, then tell the rig (RELEASE_ALL)"


def mask_of(bits: "tuple[int, ...]") -> int:
    """The mask of a list of bit numbers."""
    mask = 0
    for bit in bits:
        mask |= 1 << bit
    return mask


def matrix_patterns(board: "Any") -> "tuple[int, ...]":
    """What the expander drives for each key of KEYS: its row's and its column's bit."""
    patterns = [0] * len(m.KEYS)
    for row in range(len(board.KEY_ROWS)):
        keys = board.KEY_ROWS[row]
        for column in range(len(keys)):
            patterns[m.KEYS.index(keys[column])] = 1 << board.ROW_BITS[row] | 1 << board.COLUMN_BITS[column]
    return tuple(patterns)


class SwitchedKeypad:
    """Twelve keys on an expander.

    Args:
        board: a board file that `boardcheck` passed, KEYPAD "matrix" or "direct".
        open_bus: gives the I2C bus; see `Expander`.
        enable: the KEY_ENABLE pin.
        estop: the ESTOP_SENSE pin, None when the board has none.
        now_ms: tick at start.

    Attributes:
        expander: the chip; the self-test drives it while no key is down.
        key_max_ms: no output is on for longer.
        travel_ms: the contact closes so long after its output.
    """

    def __init__(
        self,
        board: "Any",
        open_bus: "Callable[[], Bus]",
        enable: "OutputPin",
        estop: "InputPin | None",
        now_ms: int,
    ) -> None:
        if board.KEYPAD == "matrix":
            self._patterns = matrix_patterns(board)
            self._groups: "tuple[int, ...]" = (mask_of(board.ROW_BITS), mask_of(board.COLUMN_BITS))
        else:
            self._patterns = tuple([1 << bit for bit in board.OUTPUT_BITS])
            self._groups = (mask_of(board.OUTPUT_BITS),)
        self._outputs = 0
        for group in self._groups:
            self._outputs |= group
        self.key_max_ms: int = board.KEY_MAX_MS
        self.travel_ms: int = board.TRAVEL_MS
        # Bits that are neither channel nor jig are driven low: an input left open is an aerial.
        spare = 0xFFFF & ~mask_of(board.JIG_BITS)
        self.expander = Expander(open_bus, enable, board.EXPANDER, self._outputs | spare)
        self._duty = DutyBook(board.DUTY_PERMILLE, board.DUTY_WINDOW_MS, now_ms)
        self._estop = estop
        self._stopped = False
        self._fell = False
        self._mask = 0
        self._key = 0
        self._bits = 0
        self._down_ms = now_ms
        self._looked_ms = now_ms

    def set_contacts(self, mask: int, now_ms: int) -> None:
        """Close exactly the contact of `mask` (0: none); what was closed opens first. Raises KeypadFaultError."""
        try:
            check_one_hot(mask)
        except ValueError:
            self.release(now_ms)
            raise
        if mask == self._mask:
            return
        if self._mask:
            self._let_go(now_ms)
        if mask:
            self._press(mask, now_ms)

    def release(self, now_ms: int) -> None:
        """Open every contact by the enable pin; never raises."""
        self.expander.release()
        if self._mask:
            self._mask = 0
            self._duty.note(self._key, max(0, ticks.diff(now_ms, self._down_ms)), now_ms)

    def refusal(self, contacts: bytes, on_ms: int, period_ms: int, now_ms: int) -> "str | None":
        """Why this script cannot be typed: emergency stop, ceilings, duty, or hardware that does not answer."""
        most_ms = self.key_max_ms - CEILING_RESERVE_MS
        if on_ms > most_ms:
            return "this rig holds a key for %d ms at most" % (most_ms - self.travel_ms)
        least_ms = max(MIN_GAP_MS, self.travel_ms)
        if period_ms - on_ms < least_ms:
            return (
                "this rig needs a gap of %d ms at least, so that one key is open before the next closes"
                % least_ms
            )
        no = self.not_ready(now_ms)
        return self._duty.refusal(contacts, on_ms, period_ms, now_ms) if no is None else no

    def not_ready(self, now_ms: int) -> "str | None":
        """Why no key may move now: emergency stop, or hardware that does not answer. None when all is well."""
        if self._estop is not None and not self._estop.value():
            return _PRESSED
        if self._stopped or self._fell:
            return _NOT_TOLD
        if self._mask:
            return "a key is down"
        try:
            self.expander.arm()
            self.expander.drive(0)
        except KeypadFaultError as fault:
            return fault.text
        self.expander.release()
        return None

    def acknowledge(self, now_ms: int) -> None:
        """The host knows about the emergency stop: type again, if it is released."""
        self._fell = False
        if not self._stop_pressed():
            self._stopped = False

    def stop_fell(self, _pin: object) -> None:
        """Handler of the falling edge of ESTOP_SENSE: a stop that is over before the next `poll` counts as well.

        Without it the supply would come back under a key that is still latched, and the meter would see it twice.
        """
        self._fell = True
        self.expander.release()

    def poll(self, now_ms: int) -> None:
        """Look at the emergency stop and at the key's ceiling. Raises KeypadFaultError."""
        self._looked_ms = now_ms
        if not self._stopped:
            self._stop_if_pressed(now_ms)
        if self._mask and ticks.diff(now_ms, self._down_ms) > self.key_max_ms:
            self.release(now_ms)
            raise KeypadFaultError(m.REASON_KEY_MAX, "a key was down for over %d ms" % self.key_max_ms)

    def next_deadline_ms(self, now_ms: int) -> int:
        """Milliseconds until the emergency stop or the ceiling is to be looked at; -1 for never."""
        nearest_ms = -1
        if self._mask:
            nearest_ms = max(0, self.key_max_ms + 1 - ticks.diff(now_ms, self._down_ms))
        if self._estop is not None:
            look_ms = max(0, ESTOP_LOOK_MS - ticks.diff(now_ms, self._looked_ms))
            if nearest_ms < 0 or look_ms < nearest_ms:
                nearest_ms = look_ms
        return nearest_ms

    def take_output(self) -> bytes:
        """Nothing: no line."""
        return b""

    def check_bits(self, bits: int) -> None:
        """Exactly one row and one column, or one output; nothing else. Raises KeypadFaultError."""
        good = not bits & ~self._outputs
        for group in self._groups:
            chosen = bits & group
            good = good and chosen != 0 and not chosen & (chosen - 1)
        if not good:
            self.expander.release()
            raise KeypadFaultError(m.REASON_KEYPAD, "the pattern %04x is not one key" % bits)

    def _press(self, mask: int, now_ms: int) -> None:
        key = 0
        while mask >> key != 1:
            key += 1
        bits = self._patterns[key]
        self.check_bits(bits)
        self._stop_if_pressed(now_ms)
        self.expander.arm()
        # From here on a key may be down, whatever comes back.
        self._key = key
        self._bits = bits
        self._down_ms = now_ms
        self._mask = mask
        try:
            self.expander.drive(bits)
        except KeypadFaultError:
            self._stop_if_pressed(now_ms)
            self.release(now_ms)
            raise
        self._stop_if_pressed(now_ms)

    def _let_go(self, now_ms: int) -> None:
        try:
            self._stop_if_pressed(now_ms)
            self.expander.verify(self._bits)
        finally:
            self.release(now_ms)

    def _stop_pressed(self) -> bool:
        return self._fell or (self._estop is not None and not self._estop.value())

    def _stop_if_pressed(self, now_ms: int) -> None:
        if self._stopped or self._stop_pressed():
            self._stopped = True
            self.release(now_ms)
            raise KeypadFaultError(m.REASON_ESTOP, "the emergency stop was pressed")
