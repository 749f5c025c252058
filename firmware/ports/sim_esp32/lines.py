"""The byte streams of a simulated ESP32: what is written arrives, at once and whole, unless the chip is to be unkind.

The launcher hands over descriptors and names them in the environment: SIM_UART<n> for the UARTs, SIM_BUS for the
hardware outside the chip; the USB line is standard input and output. Every stream of this port is made here; with
SIM_WRAP_MS in the environment the chip has an ESP32's bad manners (`unkind`).
"""

import io
import os
import sys

import unkind

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

_GET_FILENO = 10  # MP_STREAM_GET_FILENO: select.poll waits for the descriptor itself
_CLOSE = 4
_INVALID = -22


class Line(io.IOBase):
    """Descriptor `fd`, raw and non-blocking, as a stream that select.poll can wait for."""

    def __init__(self, fd: int) -> None:
        self._file: "Any" = open(fd, "r+b")  # noqa: SIM115

    def readinto(self, buf: bytearray, count: int = -1) -> "int | None":
        """Fill `buf` with what is there; None when nothing is. SystemExit when the other end is gone for good."""
        try:
            got: "int | None" = self._file.readinto(buf) if count < 0 else self._file.readinto(buf, count)
        except OSError:
            got = 0
        if got == 0:
            raise SystemExit(0)
        return got

    def write(self, data: "bytes | bytearray") -> int:
        """Send bytes; what does not fit into the line's buffer is lost, as on a line nobody listens to."""
        try:
            count: "int | None" = self._file.write(data)
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


class Console:
    """The board's USB line, as `sys` has it: `stdin` and `stdout`, each with its `buffer`."""

    def __init__(self) -> None:
        self.stdin: "Any" = sys.stdin
        self.stdout: "Any" = unkind.SlowOut() if unkind.wanted() else sys.stdout


def uart(number: int, baudrate: int, rxbuf: int, txbuf: int) -> Line:
    """The stream behind UART `number`. Raises ValueError when the board has nothing there."""
    fd = os.getenv("SIM_UART%d" % number)
    if fd is None:
        raise ValueError("UART(%d) does not exist" % number)
    return Line(int(fd))


def console() -> Console:
    """The stream behind the board's USB."""
    return Console()


def bus() -> "Any":
    """The line to the hardware outside the chip: blocking, because a register access is not over before its answer."""
    fd = os.getenv("SIM_BUS")
    if fd is None:
        raise ValueError("SIM_BUS is not set: this port runs only under kctrig's emulated board")
    return open(int(fd), "r+b")


if unkind.wanted():
    unkind.install()
