"""`machine` of an ESP32 whose pins, I2C bus, watchdog and reset line end in kctrig's emulated board.

The parts that the rig firmware uses, with the ESP32's own numbers and errors; every other argument is accepted and
means nothing here. Streams come from `lines`, everything else goes over `bus`.
"""

import io
import os
import time

import bus
import lines

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

# As MicroPython's ESP32 port numbers them (facts/micropython.md section 6, point 10).
PWRON_RESET = 1
HARD_RESET = 2
WDT_RESET = 3
DEEPSLEEP_RESET = 4
SOFT_RESET = 5

_KEEP = 2
# The watchdog's hardware needs no message per feeding: one in 20 ms tells as much.
_FEED_EVERY_MS = 20
_frequency_hz = 160_000_000


class Pin:
    """A pad of the chip."""

    IN = 1
    OUT = 3
    OPEN_DRAIN = 7
    PULL_DOWN = 1
    PULL_UP = 2
    IRQ_RISING = 1
    IRQ_FALLING = 2

    def __init__(self, id: int, mode: int = -1, pull: "int | None" = -1, *, value: "Any" = None) -> None:
        self._number = id
        self._handler: "Any" = None
        if mode >= 0 or value is not None:
            self.init(mode, pull, value=value)

    def init(self, mode: int = -1, pull: "int | None" = -1, *, value: "Any" = None) -> None:
        """Set direction, pull and level."""
        level = _KEEP if value is None else 1 if value else 0
        status = bus.ask(bus.PIN, self._number, max(0, mode), 0 if pull is None or pull < 0 else pull, level)
        if status != bus.OK:
            raise ValueError("invalid pin")

    def value(self, level: "Any" = None) -> "int | None":
        """The level of the pad; with an argument, set it."""
        if level is None:
            bus.ask(bus.GET, self._number)
            return self._level(bus.value())
        bus.ask(bus.SET, self._number, 1 if level else 0)
        return None

    __call__ = value

    def _level(self, answer: int) -> int:
        if answer & bus.FELL and self._handler is not None:
            self._handler(self)
        return answer & 1

    def on(self) -> None:
        """High."""
        bus.ask(bus.SET, self._number, 1)

    def off(self) -> None:
        """Low."""
        bus.ask(bus.SET, self._number, 0)

    def irq(self, handler: "Any" = None, trigger: int = 0) -> None:
        """Call `handler` after a falling edge. Nothing interrupts here: it is called when the pad is next read."""
        self._handler = handler if trigger & self.IRQ_FALLING else None


class I2C:
    """A bus whose devices are the emulated board's."""

    def __init__(
        self, id: int = 0, *, scl: "Any" = None, sda: "Any" = None, freq: int = 400000, timeout: int = 50000
    ) -> None:
        self._bus = id

    def writeto(self, addr: int, buf: "bytes | bytearray | memoryview", stop: bool = True) -> int:
        """Send bytes; gives how many were acknowledged. Raises OSError ENODEV when nobody is there."""
        status = bus.write(self._bus, addr, 1 if stop else 0, -1, buf)
        if status != bus.OK:
            raise OSError(status)
        acknowledged: int = bus.value()
        return acknowledged

    def writeto_mem(
        self, addr: int, memaddr: int, buf: "bytes | bytearray | memoryview", *, addrsize: int = 8
    ) -> None:
        """Send a register number and bytes."""
        status = bus.write(self._bus, addr, 1, memaddr, buf)
        if status != bus.OK:
            raise OSError(status)

    def readfrom_into(self, addr: int, buf: "bytearray | memoryview", stop: bool = True) -> None:
        """Fill `buf`."""
        status = bus.read(self._bus, addr, buf)
        if status != bus.OK:
            raise OSError(status)

    def readfrom(self, addr: int, nbytes: int, stop: bool = True) -> bytes:
        """Read bytes."""
        buf = bytearray(nbytes)
        self.readfrom_into(addr, buf)
        return bytes(buf)

    def readfrom_mem_into(
        self, addr: int, memaddr: int, buf: "bytearray | memoryview", *, addrsize: int = 8
    ) -> None:
        """Fill `buf` from a register on: register number, repeated start, bytes."""
        status = bus.write(self._bus, addr, 0, memaddr, b"")
        if status == bus.OK:
            status = bus.read(self._bus, addr, buf)
        if status != bus.OK:
            raise OSError(status)

    def readfrom_mem(self, addr: int, memaddr: int, nbytes: int, *, addrsize: int = 8) -> bytes:
        """Read bytes from a register on."""
        buf = bytearray(nbytes)
        self.readfrom_mem_into(addr, memaddr, buf)
        return bytes(buf)

    def scan(self) -> "list[int]":
        """Addresses that acknowledge."""
        return [
            address for address in range(0x08, 0x78) if bus.write(self._bus, address, 1, -1, b"") == bus.OK
        ]


SoftI2C = I2C


class UART(io.IOBase):  # select.poll takes nothing else
    """A UART on a stream of `lines`."""

    IRQ_RX = 1
    IRQ_BREAK = 2
    IRQ_RXIDLE = 4096

    def __init__(self, id: int, baudrate: int = 115200, **options: "Any") -> None:
        self._line: "Any" = lines.uart(id, baudrate, options.get("rxbuf", 256), options.get("txbuf", 256))
        self.wakes = False

    def irq(self, handler: "Any" = None, trigger: int = 0, hard: bool = False) -> None:
        """Data wakes select.poll through its descriptor here; an unkind chip only where it was asked to."""
        self.wakes = handler is not None and bool(trigger & self.IRQ_RX)

    def readinto(self, buf: bytearray, nbytes: int = -1) -> "int | None":
        """Fill `buf` with what is there; None when nothing is."""
        count: "int | None" = self._line.readinto(buf, nbytes)
        return count

    def read(self, nbytes: int = 256) -> "bytes | None":
        """What is there, at most `nbytes`; None when nothing is."""
        buf = bytearray(nbytes)
        count = self._line.readinto(buf, nbytes)
        return bytes(buf[:count]) if count else None

    def write(self, buf: "bytes | bytearray") -> int:
        """Send bytes."""
        count: int = self._line.write(buf)
        return count

    def flush(self) -> None:
        """Everything is on its way already."""

    def txdone(self) -> bool:
        """Always."""
        return True

    def ioctl(self, request: int, argument: int) -> int:
        """What select.poll asks of a stream."""
        answer: int = self._line.ioctl(request, argument)
        return answer


class WDT:
    """The watchdog: once started it is never stopped, and only feeding keeps the chip running."""

    def __init__(self, id: int = 0, timeout: int = 5000) -> None:
        bus.ask(bus.WATCHDOG, timeout & 255, timeout >> 8 & 255, timeout >> 16 & 255, timeout >> 24 & 255)
        self._fed_ms = time.ticks_ms()

    def feed(self) -> None:
        """The firmware says that it is well."""
        now_ms = time.ticks_ms()
        if time.ticks_diff(now_ms, self._fed_ms) >= _FEED_EVERY_MS:
            self._fed_ms = now_ms
            bus.tell(bus.FEED)


def freq(hz: "int | None" = None) -> int:
    """The CPU's frequency in Hz; with an argument, set it."""
    global _frequency_hz
    if hz is not None:
        _frequency_hz = hz
    return _frequency_hz


def reset_cause() -> int:
    """Why the chip started, one of PWRON_RESET, HARD_RESET, WDT_RESET."""
    return int(os.getenv("SIM_RESET_CAUSE") or "1")


def unique_id() -> bytes:
    """The chip's own number."""
    return b"\x02sim32"


def idle() -> None:
    """Nothing to wait for."""


def reset() -> None:
    """Reset the chip; does not come back."""
    bus.tell(bus.RESET)
    while True:
        time.sleep_ms(1000)  # the emulated board ends this process
