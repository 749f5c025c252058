"""The rules a board file must keep; a file that breaks one never gets to drive a pin.

Pins: facts/keypad_display.md 2.4 and facts/micropython.md 6, point 14 (classic ESP32). Every refusal is one line
that names the board, what is wrong and what to do. Runs unchanged under CPython and MicroPython.
"""

from rigwire.meterport import KEYS

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

MOST_KEY_MS = 400
MOST_ONE_SHOT_MS = 500
# A one-shot is a resistor and a capacitor: it must outlast the longest press although it is short by a fifth.
ONE_SHOT_RESERVE_PERCENT = 125

GOOD_OUTPUTS = "4 13 18 19 21 22 23 25 26 27 32 33"
_FLASH = (6, 7, 8, 9, 10, 11)
_CONSOLE = (1, 3)
_PSRAM = (16, 17)
_STRAPPING = (0, 2, 5, 12, 15)
_ABSENT = (20, 24, 28, 29, 30, 31)
_LAST_PIN = 39
_FIRST_INPUT_ONLY = 34
_GLITCHES = 14
# The newer MCP23017 can only drive these two (GPA7, GPB7).
_NO_INPUT_BITS = (7, 15)

# Numbers every board has: name, least, most
_NUMBERS = (
    ("HOST_UART", 0, 2),
    ("HOST_BAUD", 9600, 921600),
    ("METER_UART", 1, 2),
    ("METER_BAUD", 9600, 921600),
    ("WATCHDOG_MS", 1000, 5000),
    ("CPU_HZ", 80_000_000, 240_000_000),
    ("WAKE_QUANTUM_MS", 0, 50),
)
_SWITCHED_NUMBERS = (
    ("I2C_ID", 0, 1),
    ("I2C_HZ", 10_000, 400_000),
    ("EXPANDER", 0x20, 0x27),
    ("KEY_MAX_MS", 50, MOST_KEY_MS),
    ("ONE_SHOT_MS", 50, MOST_ONE_SHOT_MS),
    ("TRAVEL_MS", 0, 200),
    ("DUTY_PERMILLE", 1, 1000),
    ("DUTY_WINDOW_MS", 1000, 500_000),
)


class BoardError(ValueError):
    """The board file breaks a rule; no pin may be driven by it."""


def check(board: "Any") -> None:
    """Pass over a board file that keeps every rule.

    Args:
        board: the module, or anything that has its names.

    Raises BoardError with one line for the first rule that is broken.
    """
    name = getattr(board, "NAME", None)
    if not isinstance(name, str) or not name:
        raise BoardError("board file: NAME is missing; give it the name of the file")
    keypad = _text(board, "KEYPAD")
    if _text(board, "CHIP") != "esp32":
        _refuse(board, "CHIP is %s; this firmware knows the pins of esp32 only" % board.CHIP)
    if keypad not in ("uart", "matrix", "direct"):
        _refuse(board, "KEYPAD is %s; it must be uart, matrix or direct" % keypad)
    for number in _NUMBERS:
        _number(board, *number)
    _pins(board, keypad != "uart")
    if keypad != "uart":
        _switched(board, keypad)


def _refuse(board: "Any", text: str) -> None:
    raise BoardError("board %s: %s" % (board.NAME, text))


def _value(board: "Any", name: str) -> "Any":
    value = getattr(board, name, None)
    if value is None:
        _refuse(board, "%s is missing; see board.pyi for what it says" % name)
    return value


def _text(board: "Any", name: str) -> str:
    value = _value(board, name)
    if not isinstance(value, str):
        _refuse(board, "%s must be text" % name)
    text: str = value
    return text


def _number(board: "Any", name: str, least: int, most: int) -> int:
    value: int = _value(board, name)
    if type(value) is not int or not least <= value <= most:
        _refuse(board, "%s is %s; it must be %d to %d" % (name, value, least, most))
    return value


# --- pins ----------------------------------------------------------------------------------------


def _pins(board: "Any", switched: bool) -> None:
    used: "dict[int, str]" = {}
    if board.HOST_UART:
        if board.HOST_UART == board.METER_UART:
            _refuse(board, "HOST_UART and METER_UART are both %d; use 1 and 2" % board.HOST_UART)
        _pin(board, "HOST_TX", True, used)
        _pin(board, "HOST_RX", False, used)
    _pin(board, "METER_TX", True, used)
    _pin(board, "METER_RX", False, used)
    _pin(board, "REPL_PIN", True, used)  # an input, but one that needs its own pull-up
    if _value(board, "LIGHT") != -1:
        _pin(board, "LIGHT", True, used)
    if _value(board, "ESTOP_SENSE") != -1:
        _pin(board, "ESTOP_SENSE", False, used)
    if switched:
        for name in ("KEY_ENABLE", "I2C_SCL", "I2C_SDA"):
            _pin(board, name, True, used)
    _safe_levels(board, used, switched)


def _pin(board: "Any", name: str, output: bool, used: "dict[int, str]") -> None:
    pin: int = _value(board, name)
    why = _why_not(pin, output)
    if why:
        _refuse(board, "%s is pin %s, %s; use one of %s" % (name, pin, why, GOOD_OUTPUTS))
    if pin in used:
        _refuse(board, "%s and %s are both pin %d; give each its own" % (used[pin], name, pin))
    used[pin] = name


def _why_not(pin: int, output: bool) -> str:
    if type(pin) is not int or not 0 <= pin <= _LAST_PIN or pin in _ABSENT:
        return "which this chip has not"
    if pin in _FLASH:
        return "which belongs to the flash"
    if pin in _CONSOLE:
        return "which is the USB line"
    if pin in _PSRAM:
        return "which belongs to the PSRAM"
    if pin in _STRAPPING:
        return "a strapping pin"
    if output and pin == _GLITCHES:
        return "which is high for a moment at power-up"
    if output and pin >= _FIRST_INPUT_ONLY:
        return "an input only"
    return ""


def _safe_levels(board: "Any", used: "dict[int, str]", switched: bool) -> None:
    levels: "Any" = _value(board, "SAFE_LEVELS")
    if not isinstance(levels, tuple):
        _refuse(board, "SAFE_LEVELS must be a tuple of (pin, level)")
    safe: "dict[int, int]" = {}
    for row in levels:
        if not isinstance(row, tuple) or len(row) != 2 or row[1] not in (0, 1):
            _refuse(board, "SAFE_LEVELS must be a tuple of (pin, level)")
        pin, level = row
        why = _why_not(pin, True)
        if why:
            _refuse(board, "SAFE_LEVELS has pin %s, %s; use one of %s" % (pin, why, GOOD_OUTPUTS))
        if pin in safe:
            _refuse(board, "SAFE_LEVELS has pin %d twice; once is enough" % pin)
        if used.get(pin, "LIGHT") not in ("LIGHT", "KEY_ENABLE"):
            _refuse(board, "SAFE_LEVELS would drive pin %d, which is %s; take it out" % (pin, used[pin]))
        safe[pin] = level
    for name in ("KEY_ENABLE", "LIGHT") if switched else ("LIGHT",):
        pin = getattr(board, name)
        if pin != -1 and safe.get(pin) != 0:
            _refuse(board, "SAFE_LEVELS must hold %s low; add (%d, 0)" % (name, pin))


# --- switched keypads ----------------------------------------------------------------------------


def _switched(board: "Any", keypad: str) -> None:
    for number in _SWITCHED_NUMBERS:
        _number(board, *number)
    least_ms = board.KEY_MAX_MS * ONE_SHOT_RESERVE_PERCENT // 100
    if least_ms > board.ONE_SHOT_MS:
        _refuse(
            board,
            "ONE_SHOT_MS is %d; a one-shot may be short by a fifth, so KEY_MAX_MS %d needs at least %d"
            % (board.ONE_SHOT_MS, board.KEY_MAX_MS, least_ms),
        )
    if board.TRAVEL_MS > board.KEY_MAX_MS // 2:
        _refuse(
            board, "TRAVEL_MS is %d; no more than half of KEY_MAX_MS leaves time to press" % board.TRAVEL_MS
        )
    bits: "dict[int, str]" = {}
    if keypad == "matrix":
        _bits(board, "ROW_BITS", 4, bits)
        _bits(board, "COLUMN_BITS", 3, bits)
        _key_rows(board)
        _bits(board, "JIG_BITS", 7, bits)
    else:
        _bits(board, "OUTPUT_BITS", len(KEYS), bits)
        _bits(board, "JIG_BITS", 4, bits)


def _bits(board: "Any", name: str, count: int, used: "dict[int, str]") -> None:
    bits: "Any" = _value(board, name)
    if not isinstance(bits, tuple) or len(bits) != count:
        _refuse(board, "%s must be a tuple of %d expander bits" % (name, count))
    for bit in bits:
        if type(bit) is not int or not 0 <= bit <= 15:
            _refuse(board, "%s has bit %s; the expander has 0 to 15" % (name, bit))
        if bit in used:
            _refuse(board, "%s has bit %d, which %s has too; give each its own" % (name, bit, used[bit]))
        if name == "JIG_BITS" and bit in _NO_INPUT_BITS:
            _refuse(board, "JIG_BITS has bit %d, which is an output only; use one of 0 to 6, 8 to 14" % bit)
        used[bit] = name


def _key_rows(board: "Any") -> None:
    rows: "Any" = _value(board, "KEY_ROWS")
    good = isinstance(rows, tuple) and len(rows) == 4
    seen = ""
    for row in rows if good else ():
        good = good and isinstance(row, str) and len(row) == 3
        seen += str(row)
    for key in KEYS:
        good = good and seen.count(key) == 1
    if not good:
        _refuse(board, "KEY_ROWS must be four texts of three keys that hold each of %s once" % KEYS)
