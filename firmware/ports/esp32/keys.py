"""The keypad driver of this board with its pins and its I2C bus; imported only where the board file asks for one."""

import time

import board
import machine
from rigfw.selftest import SelfTest
from rigfw.switched import SwitchedKeypad

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

_CLOCKS = 9  # a byte and its acknowledge: no device holds SDA for longer
_HALF_CLOCK_US = 5
_TIMEOUT_US = 5_000


def open_bus() -> "Any":
    """The I2C bus; a device that was left in the middle of a byte by a reset is clocked free first."""
    scl: "Any" = machine.Pin(board.I2C_SCL, machine.Pin.OPEN_DRAIN, value=1)
    sda: "Any" = machine.Pin(board.I2C_SDA, machine.Pin.OPEN_DRAIN, value=1)
    if not sda.value():
        for _ in range(_CLOCKS):
            scl.value(0)
            time.sleep_us(_HALF_CLOCK_US)
            scl.value(1)
            time.sleep_us(_HALF_CLOCK_US)
        # A stop: SDA rises while SCL is high.
        scl.value(0)
        sda.value(0)
        time.sleep_us(_HALF_CLOCK_US)
        scl.value(1)
        time.sleep_us(_HALF_CLOCK_US)
        sda.value(1)
    return machine.I2C(board.I2C_ID, scl=scl, sda=sda, freq=board.I2C_HZ, timeout=_TIMEOUT_US)


def make(now_ms: int) -> "tuple[SwitchedKeypad, SelfTest]":
    """The driver, every contact open, and its self-test."""
    enable: "Any" = machine.Pin(board.KEY_ENABLE, machine.Pin.OUT, value=0)
    estop: "Any" = None
    if board.ESTOP_SENSE != -1:
        estop = machine.Pin(board.ESTOP_SENSE, machine.Pin.IN)
    keypad = SwitchedKeypad(board, open_bus, enable, estop, now_ms)
    if estop is not None:
        estop.irq(keypad.stop_fell, machine.Pin.IRQ_FALLING)
    return keypad, SelfTest(keypad, board)
