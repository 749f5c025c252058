"""The rig firmware on an ESP32: the same app as everywhere, inside a net that logs, makes safe and resets.

The way back to the REPL: the REPL pin held to ground at reset. A board file or a MicroPython that this firmware
refuses leaves the board at the REPL too, with one line that says why: a reset would not change it.
"""

import binascii
import gc
import io
import os
import select
import sys
import time

import board
import machine
import rigfw
from rigfw.version import VERSION
from rigwire import ticks

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from rigfw.app import RigApp

RUNNING = tuple(sys.implementation.version[:2])
OLDEST = (1, 24)  # IRQ_RX appears
BUFFERS_FROM = (1, 26)  # before it, buffer arguments and irq() together reset the chip
RECOMMENDED = (1, 27)  # timeout_char is mended
RESETS = ("unknown", "power-on", "hard", "watchdog", "deep sleep", "soft")
_BUFFER_BYTES = 1024
_CRASH_FILE = "crash.txt"
_LAST_WORDS_MS = 100


def open_uart(number: int, baud: int, tx: int, rx: int) -> machine.UART:
    """A UART whose data wakes select.poll at once (facts/micropython.md section 6, points 3 and 4)."""
    if RUNNING >= BUFFERS_FROM:
        uart = machine.UART(number, baud, tx=tx, rx=rx, txbuf=_BUFFER_BYTES, rxbuf=_BUFFER_BYTES)
    else:
        uart = machine.UART(number, baud, tx=tx, rx=rx)
    uart.irq(_woken, machine.UART.IRQ_RX)
    return uart


def _woken(_uart: "Any") -> None:
    """Nothing to do: being called is what wakes the VM."""


def random_u16() -> int:
    """A random number of 16 bits, from the hardware."""
    two = os.urandom(2)
    return two[0] << 8 | two[1]


def ticks_ms() -> int:
    """The board's tick; its period is the one of rigwire.ticks."""
    tick_ms: "Any" = time.ticks_ms()
    wrapped: int = tick_ms & (ticks.PERIOD - 1)
    return wrapped


def go_safe() -> None:
    """Outputs to their safe levels once more."""
    for number, level in board.SAFE_LEVELS:
        machine.Pin(number, machine.Pin.OUT, value=level)


def identity() -> str:
    """Who this is, as HELLO tells it: firmware, board, MicroPython, the chip's number, why it started."""
    cause = machine.reset_cause()
    text = "kctrig-rig %s %s, micropython %d.%d on %s, id %s, reset %s" % (
        VERSION,
        board.NAME,
        RUNNING[0],
        RUNNING[1],
        sys.platform,
        binascii.hexlify(machine.unique_id()).decode(),
        RESETS[cause if 0 < cause < len(RESETS) else 0],
    )
    return text if RUNNING >= RECOMMENDED else text + ", better with micropython %d.%d" % RECOMMENDED


def make_app(now_ms: int) -> "RigApp":
    """The rig with this board's keypad and light."""
    from rigfw.app import RigApp

    keypad: "Any" = None
    selftest: "Any" = None
    light: "Any" = None
    if board.KEYPAD != "uart":
        import keys

        keypad, selftest = keys.make(now_ms)
    if board.LIGHT != -1:
        light = machine.Pin(board.LIGHT, machine.Pin.OUT, value=0).value
    boot_id = random_u16() << 16 | random_u16()
    return RigApp(
        binascii.crc32, random_u16, boot_id, identity(), now_ms, keypad=keypad, selftest=selftest, light=light
    )


def run() -> None:
    """Run the rig; comes back only by an exception."""
    from rigfw import loop

    gc.collect()
    machine.freq(board.CPU_HZ)
    poller: "Any" = select.poll()
    host: "Any"
    if board.HOST_UART == board.USB:
        from usbline import UsbLine

        host = UsbLine()
        poller.register(host.stream, select.POLLIN)
    else:
        host = open_uart(board.HOST_UART, board.HOST_BAUD, board.HOST_TX, board.HOST_RX)
        poller.register(host, select.POLLIN)
    meter: "Any" = open_uart(board.METER_UART, board.METER_BAUD, board.METER_TX, board.METER_RX)
    poller.register(meter, select.POLLIN)

    def wait(timeout_ms: int) -> int:
        ready = 0
        for stream, _ in poller.ipoll(timeout_ms):
            ready |= loop.METER_READY if stream is meter else loop.HOST_READY
        return ready

    app = make_app(ticks_ms())
    gc.collect()
    watchdog = machine.WDT(timeout=board.WATCHDOG_MS)
    loop.run(app, host, meter, wait, ticks_ms, watchdog.feed, board.WAKE_QUANTUM_MS)


def in_words(error: Exception) -> str:
    """The error as MicroPython prints it."""
    text: "Any" = io.StringIO()
    sys.print_exception(error, text)
    words: str = text.getvalue()
    return words


def check_board() -> None:
    """Refuse a board file that breaks a rule; what checks it gives its memory back, 8 kB on a 64-bit VM."""
    from rigfw import boardcheck

    boardcheck.check(board)
    package: "Any" = rigfw
    del package.boardcheck, sys.modules["rigfw.boardcheck"]
    gc.collect()  # now, so that what stays is not laid around what goes


def main() -> None:
    """Run inside the net, unless the REPL pin is held to ground or this build can never run."""
    if RUNNING < OLDEST:
        raise RuntimeError(
            "the rig needs MicroPython %d.%d or newer, best %d.%d; flash it" % (OLDEST + RECOMMENDED)
        )
    check_board()
    if machine.Pin(board.REPL_PIN, machine.Pin.IN, machine.Pin.PULL_UP).value() == 0:
        return
    try:
        try:
            run()
        finally:
            go_safe()  # however it ended, and before the flash is written, which takes up to a second
    except Exception as error:
        # Not in the loop any more: this one write costs nobody a key edge. The same crash again costs the flash nothing.
        told = in_words(error)
        kept = ""
        try:
            with open(_CRASH_FILE) as crash:
                kept = crash.read()
        except OSError:
            kept = ""
        if kept != told:
            with open(_CRASH_FILE, "w") as crash:
                crash.write(told)
    finally:
        # Ctrl-C stays off: a 0x03 in the host's last frame would keep the board from its reset.
        time.sleep_ms(_LAST_WORDS_MS)  # the last frames leave the UART
        machine.reset()


main()
