"""An ESP32's bad manners inside the chip: ticks that wrap, a poll that wakes with the system tick, writes that block, Ctrl-C.

Put in the place of `time`, `select` and `micropython` by `install`, before anything else imports them (facts/micropython.md
section 6, points 4, 5 and 8). The manners of the lines themselves are the host's: kctrig/sim/unkind.py.
"""

import io
import select as select_module
import sys
import time as time_module

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Iterator

plain_time: "Any" = time_module
plain_select: "Any" = select_module

PERIOD = 1 << 30
_MASK = PERIOD - 1
_HALF = PERIOD >> 1
_TICK_MS = 10  # FreeRTOS at 100 Hz
_BYTE_US = 87  # 115200 baud
# UART 0's transmit FIFO; a write waits in whole system ticks until the rest fits.
_FIFO_BYTES = 128
_GET_FILENO = 10  # MP_STREAM_GET_FILENO
_INVALID = -22
_STDIN = 0


class Time:
    """The module `time` with ticks of 30 bits that wrap `wrap_ms` after the start."""

    def __init__(self, wrap_ms: int) -> None:
        now_us: int = plain_time.ticks_us()
        self._start_us = now_us
        self._offset_ms = PERIOD - wrap_ms
        self.sleep = plain_time.sleep
        self.sleep_ms = plain_time.sleep_ms
        self.sleep_us = plain_time.sleep_us

    def ticks_us(self) -> int:
        """Microseconds."""
        tick_us: int = (plain_time.ticks_us() - self._start_us) & _MASK
        return tick_us

    def ticks_ms(self) -> int:
        """Milliseconds."""
        tick_ms: int = ((plain_time.ticks_us() - self._start_us) // 1000 + self._offset_ms) & _MASK
        return tick_ms

    def ticks_add(self, tick: int, delta: int) -> int:
        """The tick `delta` after `tick`."""
        return (tick + delta) & _MASK

    def ticks_diff(self, later: int, earlier: int) -> int:
        """From `earlier` to `later`, over the wrap."""
        return ((later - earlier + _HALF) & _MASK) - _HALF


class Poll:
    """select.poll that looks at its streams with the system tick, unless a UART's interrupt wakes it."""

    def __init__(self) -> None:
        self._all: "Any" = plain_select.poll()
        self._waking: "Any" = plain_select.poll()

    def register(self, stream: "Any", mask: int = 1) -> None:
        """Wait for this stream, too."""
        self._all.register(stream, mask)
        if getattr(stream, "wakes", False):
            self._waking.register(stream, mask)

    def ipoll(self, timeout_ms: int = -1) -> "Iterator[Any]":
        """Streams that are ready, after at most `timeout_ms` and the rest of a system tick."""
        begun_us: int = plain_time.ticks_us()
        while True:
            found: "Any" = self._all.ipoll(0)
            if timeout_ms == 0:
                return iter(found)
            ready = [tuple(item) for item in found]
            now_us: int = plain_time.ticks_us()
            if ready or 0 < timeout_ms * 1000 <= now_us - begun_us:
                return iter(ready)
            left_ms = _TICK_MS - now_us // 1000 % _TICK_MS
            for _ in self._waking.ipoll(left_ms):
                break


class Select:
    """The module `select`."""

    POLLIN = 1
    POLLOUT = 4
    POLLERR = 8
    POLLHUP = 16
    poll = Poll


class Micropython:
    """The module `micropython`, as far as the firmware uses it."""

    def __init__(self) -> None:
        self.interrupt_char = 3

    def kbd_intr(self, char: int) -> None:
        """Which byte on UART 0 raises KeyboardInterrupt; -1: none."""
        self.interrupt_char = char


keyboard = Micropython()


class Input(io.IOBase):  # select.poll takes nothing else
    """Standard input over UART 0: a byte that is Ctrl-C ends the program instead of arriving, until kbd_intr(-1)."""

    def __init__(self) -> None:
        self.buffer = self
        self._in: "Any" = sys.stdin.buffer

    def readinto(self, buf: bytearray) -> int:
        """Fill `buf`, which holds one byte."""
        count: int = self._in.readinto(buf)
        if count and buf[0] == keyboard.interrupt_char:
            raise KeyboardInterrupt
        return count

    def ioctl(self, request: int, argument: int) -> int:
        """What select.poll asks of a stream."""
        return _STDIN if request == _GET_FILENO else _INVALID


class SlowOut:
    """Standard output over UART 0: it takes a FIFO's worth at once and blocks for the rest."""

    def __init__(self) -> None:
        self.buffer = self
        self._out: "Any" = sys.stdout.buffer
        self._empty_us: int = plain_time.ticks_us()  # when the last byte has left

    def write(self, data: "bytes | bytearray") -> int:
        """Send bytes; comes back when the last of them are in the FIFO."""
        count: int = self._out.write(data)
        now_us: int = plain_time.ticks_us()
        self._empty_us = max(self._empty_us, now_us) + len(data) * _BYTE_US
        over_us = self._empty_us - now_us - _FIFO_BYTES * _BYTE_US
        if over_us > 0:
            plain_time.sleep_ms((over_us // (1000 * _TICK_MS) + 1) * _TICK_MS)
        return count


class Console:
    """The board's USB line, in the place of `sys`: `stdin` and `stdout`, each with its `buffer`."""

    def __init__(self) -> None:
        self.stdin = Input()
        self.stdout: "Any" = SlowOut()


def install(wrap_ms: int) -> None:
    """Be `time`, `select` and `micropython` for everything that is imported from now on; the ticks wrap after `wrap_ms`."""
    modules: "Any" = sys.modules
    modules["time"] = Time(wrap_ms)
    modules["select"] = Select()
    modules["micropython"] = keyboard
