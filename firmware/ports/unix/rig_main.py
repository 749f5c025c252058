"""The rig firmware on MicroPython's unix port: UART 0 is the host line, UART 1 the meter port."""

import binascii
import os
import sys
import time

import machine
from fdline import LineClosedError, Waiter
from rigfw import loop
from rigfw.app import RigApp
from rigfw.version import VERSION
from rigwire import ticks

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

HOST_UART = 0
METER_UART = 1
LAST_WORDS_MS = 100


class MeterLine:
    """The meter port: a meter that is gone is a silent one, not the end of the rig."""

    def __init__(self, uart: "Any", waiter: Waiter) -> None:
        self._uart = uart
        self._waiter = waiter
        self._open = True

    def readinto(self, buf: bytearray) -> "int | None":
        """Bytes of the meter, None when there are none."""
        try:
            count: "int | None" = self._uart.readinto(buf)
        except LineClosedError:
            self._open = False
            self._waiter.forget(self._uart)
            return None
        return count

    def write(self, data: bytes) -> "int | None":
        """Send to the meter, if there is one."""
        if not self._open:
            return None
        try:
            count: "int | None" = self._uart.write(data)
        except LineClosedError:
            return None  # the waiter sees it too, and `readinto` then settles it
        return count


def random_u16() -> int:
    """A random number of 16 bits."""
    two = os.urandom(2)
    return two[0] << 8 | two[1]


def ticks_ms() -> int:
    """The tick of a 32-bit board: this port's own never wraps."""
    tick_ms: "Any" = time.ticks_ms()
    wrapped: int = tick_ms & (ticks.PERIOD - 1)
    return wrapped


def main() -> None:
    """Run until the launcher or the host line is gone."""
    host: "Any" = machine.UART(HOST_UART)
    meter_uart: "Any" = machine.UART(METER_UART)
    wait = Waiter(host, meter_uart)
    meter = MeterLine(meter_uart, wait)
    version = "kctrig-rig %s, %s on %s" % (VERSION, sys.implementation.name, sys.platform)
    app = RigApp(binascii.crc32, random_u16, random_u16() << 16 | random_u16(), version, ticks_ms())
    try:
        loop.run(app, host, meter, wait, ticks_ms)
    except LineClosedError:
        raise SystemExit(0) from None
    except Exception:
        time.sleep_ms(LAST_WORDS_MS)  # a pty forgets what was not read when its master closes
        raise


main()
