"""The emulated meter on an ESP32 of its own: the same meter as everywhere, its state on the board's file system.

The truth log has no place on a board of 4 MB of flash: judge by the rig's glass and by `meter.json`.
"""

import json
import os
import select
import sys
import time

import machine
import meterboard
from metersim import loop, statefile

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

OLDEST = (1, 24)  # IRQ_RX appears
BUFFERS_FROM = (1, 26)  # before it, buffer arguments and irq() together reset the chip
_BUFFER_BYTES = 512
_CRASH_FILE = "crash.txt"
_LAST_WORDS_MS = 100


def open_uart() -> machine.UART:
    """The meter port; its data wakes select.poll at once (facts/micropython.md section 6, points 3 and 4)."""
    options = {"tx": meterboard.METER_TX, "rx": meterboard.METER_RX}
    if tuple(sys.implementation.version[:2]) >= BUFFERS_FROM:
        options["txbuf"] = options["rxbuf"] = _BUFFER_BYTES
    uart = machine.UART(meterboard.METER_UART, meterboard.METER_BAUD, **options)
    uart.irq(_woken, machine.UART.IRQ_RX)
    return uart


def _woken(_uart: "Any") -> None:
    """Nothing to do: being called is what wakes the VM."""


def make_meter() -> None:
    """Write the brand's default meter where there is no state file, and restart, to have the memory back."""
    if meterboard.STATE_FILE in os.listdir():
        return
    from metersim.defaults import default_state

    statefile.replace(meterboard.STATE_FILE, json.dumps(default_state(meterboard.BRAND)))
    machine.reset()


def run() -> None:
    """Be the meter; comes back only by an exception."""
    machine.freq(meterboard.CPU_HZ)
    make_meter()
    brand: str = statefile.load(meterboard.STATE_FILE).get("profile") or meterboard.BRAND
    uart: "Any" = open_uart()
    poller: "Any" = select.poll()
    poller.register(uart, select.POLLIN)
    watchdog = machine.WDT(timeout=meterboard.WATCHDOG_MS)

    def wait(timeout_ms: int) -> None:
        watchdog.feed()
        for _ in poller.ipoll(timeout_ms):
            return

    loop.run(uart, brand, meterboard.STATE_FILE, None, None, meterboard.FAULTS, meterboard.SEED, wait)


def main() -> None:
    """Run inside a net that logs and resets, unless the REPL pin is held to ground."""
    if tuple(sys.implementation.version[:2]) < OLDEST:
        raise RuntimeError("the meter needs MicroPython %d.%d or newer, best 1.27 or newer" % OLDEST)
    if machine.Pin(meterboard.REPL_PIN, machine.Pin.IN, machine.Pin.PULL_UP).value() == 0:
        return
    try:
        run()
    except Exception as error:
        with open(_CRASH_FILE, "w") as crash:
            sys.print_exception(error, crash)
        time.sleep_ms(_LAST_WORDS_MS)  # the last frames leave the UART
        machine.reset()


main()
