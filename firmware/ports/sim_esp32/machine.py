"""`machine` of an ESP32 whose pins, I2C bus, watchdog and reset line end in kctrig's emulated board.

Only what the rig firmware uses, so that little of the heap is the chip's, with the ESP32's own numbers and errors;
every other argument is accepted and means nothing here. A UART is a descriptor, everything else goes over `bus`.
"""

import io
import os
import time

import bus

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

_KEEP = 2
_GET_FILENO = 10  # MP_STREAM_GET_FILENO: select.poll waits for the descriptor itself
_CLOSE = 4
_INVALID = -22
# The watchdog's hardware needs no message per feeding: one in 20 ms tells as much.
_FEED_EVERY_MS = 20
_frequency_hz = 160_000_000


class Pin:
    """A pad of the chip."""

    IN = 1
    OUT = 3
    OPEN_DRAIN = 7
    PULL_UP = 2
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

    def irq(self, handler: "Any" = None, trigger: int = 0) -> None:
        """Call `handler` after a falling edge. Nothing interrupts here: it is called when the pad is next read."""
        self._handler = handler if trigger & self.IRQ_FALLING else None


class I2C:
    """A bus whose devices are the emulated board's."""

    def __init__(
        self, id: int = 0, *, scl: "Any" = None, sda: "Any" = None, freq: int = 400000, timeout: int = 50000
    ) -> None:
        self._bus = id

    def writeto_mem(
        self, addr: int, memaddr: int, buf: "bytes | bytearray | memoryview", *, addrsize: int = 8
    ) -> None:
        """Send a register number and bytes."""
        status = bus.write(self._bus, addr, 1, memaddr, buf)
        if status != bus.OK:
            raise OSError(status)

    def readfrom_mem_into(
        self, addr: int, memaddr: int, buf: "bytearray | memoryview", *, addrsize: int = 8
    ) -> None:
        """Fill `buf` from a register on: register number, repeated start, bytes."""
        status = bus.write(self._bus, addr, 0, memaddr, b"")
        if status == bus.OK:
            status = bus.read(self._bus, addr, buf)
        if status != bus.OK:
            raise OSError(status)


class UART(io.IOBase):  # select.poll takes nothing else
    """A UART; its line is the descriptor that the environment names in SIM_UART<n>, raw and non-blocking."""

    IRQ_RX = 1

    def __init__(self, id: int, baudrate: int = 115200, **options: "Any") -> None:
        fd = os.getenv("SIM_UART%d" % id)
        if fd is None:
            raise ValueError("UART(%d) does not exist" % id)
        self._file: "Any" = open(int(fd), "r+b")  # noqa: SIM115
        self.wakes: "Any" = None

    def irq(self, handler: "Any" = None, trigger: int = 0, hard: bool = False) -> None:
        """Call `handler` when data is read. It wakes select.poll by itself here; on an unkind chip only with a handler."""
        self.wakes = handler if trigger & self.IRQ_RX else None

    def readinto(self, buf: bytearray, nbytes: int = -1) -> "int | None":
        """Fill `buf` with what is there; None when nothing is. SystemExit when the other end is gone for good."""
        try:
            got: "int | None" = self._file.readinto(buf) if nbytes < 0 else self._file.readinto(buf, nbytes)
        except OSError:
            got = 0
        if got == 0:
            raise SystemExit(0)
        if got and self.wakes:
            self.wakes(self)
        return got

    def write(self, buf: "bytes | bytearray") -> int:
        """Send bytes; what does not fit into the line's buffer is lost, as on a line nobody listens to."""
        try:
            count: "int | None" = self._file.write(buf)
        except OSError:
            raise SystemExit(0) from None
        return count or 0

    def ioctl(self, request: int, argument: int) -> int:
        """What select.poll asks of a stream."""
        if request == _GET_FILENO:
            fd: int = self._file.fileno()
            return fd
        if request == _CLOSE:
            self._file.close()
            return 0
        return _INVALID


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
    """Why the chip started: 1 power-on, 2 hard, 3 watchdog (facts/micropython.md section 6, point 10)."""
    return int(os.getenv("SIM_RESET_CAUSE") or "1")


def unique_id() -> bytes:
    """The chip's own number."""
    return b"\x02sim32"


def reset() -> None:
    """Reset the chip; does not come back."""
    bus.tell(bus.RESET)
    while True:
        time.sleep_ms(1000)  # the emulated board ends this process
