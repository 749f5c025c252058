"""What stands around the chip, as its board file says it (firmware/ports/esp32/boards)."""

from __future__ import annotations

import ast
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from rigwire.meterport import KEYS

from kctrig.link.errors import KctrigError

UART, MATRIX, DIRECT = KINDS = ("uart", "matrix", "direct")
NO_PIN = -1


class BoardFileError(KctrigError):
    """A board file cannot be used; nothing was started."""

    effect = "nothing"


@dataclass(frozen=True, slots=True)
class Plan:
    """The wiring of one build; see the board files for the meaning of each constant.

    Attributes:
        kind: "uart", "matrix" or "direct".
        host_uart: number of the UART that the host is on; 0 is the board's USB.
        meter_uart: number of the meter port's UART.
        estop_sense: pad that is high while the load supply is whole; NO_PIN without one.
        scl, sda: pads of the bus.
        expander: I2C address.
        enable: pad on the expander's nRESET and on trigger (rising edge) and clear (low) of the one-shot.
        one_shot_us: period of the one-shot.
        rows, columns: expander bits of the matrix channels.
        row_keys: keys of each row, columns in order.
        outputs: expander bits of the direct channels, in the order of KEYS.
        returns: expander bits that the loop-back jig answers on: matrix: one a tap, rows, then columns; direct: four.
    """

    kind: str
    host_uart: int = 0
    meter_uart: int = 2
    estop_sense: int = NO_PIN
    scl: int = NO_PIN
    sda: int = NO_PIN
    expander: int = 0x20
    enable: int = NO_PIN
    one_shot_us: int = 400_000
    rows: tuple[int, ...] = ()
    columns: tuple[int, ...] = ()
    row_keys: tuple[str, ...] = ()
    outputs: tuple[int, ...] = ()
    returns: tuple[int, ...] = ()


def constants(path: Path) -> dict[str, object]:
    """The constants of a board file, without running it. Raises BoardFileError."""
    found: dict[str, object] = {}
    try:
        tree = ast.parse(path.read_text(encoding="utf-8"))
        for node in tree.body:
            if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
                found[node.targets[0].id] = _value(node.value, found)
    except (OSError, SyntaxError, ValueError) as error:
        raise BoardFileError(f"board file {path}: {error}; write plain constants only") from error
    return found


def _value(node: ast.expr, found: Mapping[str, object]) -> object:
    if isinstance(node, ast.Name):
        return found[node.id]
    if isinstance(node, ast.Tuple):
        return tuple(_value(one, found) for one in node.elts)
    return ast.literal_eval(node)


def read(path: Path) -> Plan:
    """The plan of a board file. Raises BoardFileError."""
    return plan_of(constants(path), str(path))


def plan_of(board: Mapping[str, object], name: str = "board") -> Plan:
    """The plan in the constants of a board file. Raises BoardFileError for one that is missing or of no use."""

    def number(constant: str, default: int | None = None) -> int:
        value = board.get(constant, default)
        if not isinstance(value, int):
            raise BoardFileError(f"{name}: {constant} must be a whole number")
        return value

    def bits(constant: str, count: int) -> tuple[int, ...]:
        value = board.get(constant)
        if not isinstance(value, tuple) or len(value) != count or not set(value) <= set(range(16)):
            raise BoardFileError(f"{name}: {constant} must be {count} expander bits, each 0 to 15")
        return value

    kind = board.get("KEYPAD")
    if not isinstance(kind, str) or kind not in KINDS:
        raise BoardFileError(f"{name}: KEYPAD must be one of {', '.join(KINDS)}")
    on_uarts = Plan(
        kind,
        host_uart=number("HOST_UART"),
        meter_uart=number("METER_UART"),
        estop_sense=number("ESTOP_SENSE", NO_PIN),
    )
    if kind == UART:
        return on_uarts
    returns = board.get("JIG_BITS", ())
    wired = replace(
        on_uarts,
        scl=number("I2C_SCL"),
        sda=number("I2C_SDA"),
        expander=number("EXPANDER"),
        enable=number("KEY_ENABLE"),
        one_shot_us=1000 * number("ONE_SHOT_MS"),
        returns=returns if isinstance(returns, tuple) else (),
    )
    if kind == DIRECT:
        return replace(wired, outputs=bits("OUTPUT_BITS", len(KEYS)))
    row_keys = board.get("KEY_ROWS")
    if not isinstance(row_keys, tuple) or sorted("".join(row_keys)) != sorted(KEYS) or len(row_keys) != 4:
        raise BoardFileError(f"{name}: KEY_ROWS must hold the twelve keys in four rows")
    return replace(wired, rows=bits("ROW_BITS", 4), columns=bits("COLUMN_BITS", 3), row_keys=row_keys)
