"""A line that is an inherited file descriptor, raw and non-blocking: a pty's master or one end of a socket pair."""

import io
import os
import select

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

_GET_FILENO = 10  # MP_STREAM_GET_FILENO: select.poll waits for the descriptor itself
_CLOSE = 4
_INVALID = -22


class LineClosedError(OSError):
    """The other end of the line is gone for good."""


class Waiter:
    """Sleeps until one of the lines has bytes; ends the process when the launcher is gone.

    The launcher's pipe (SIM_CONTROL) is never written to, so its being readable means its end.
    """

    def __init__(self, *lines: "Any") -> None:
        self._lines = lines
        self._poller: "Any" = select.poll()
        for line in lines:
            self._poller.register(line, select.POLLIN)
        self._control: "Any" = None
        fd = os.getenv("SIM_CONTROL")
        if fd is not None:
            self._control = open(int(fd), "rb")  # noqa: SIM115
            self._poller.register(self._control, select.POLLIN)

    def __call__(self, timeout_ms: int) -> int:
        """Wait at most `timeout_ms` (-1: for ever); bit i is set when line i has bytes or is closed."""
        ready = 0
        for stream, _ in self._poller.ipoll(timeout_ms):
            if stream is self._control:
                raise SystemExit(0)
            ready |= 1 << self._lines.index(stream)
        return ready

    def forget(self, line: "Any") -> None:
        """Do not wait for this line any more: it is closed."""
        self._poller.unregister(line)


class FdLine(io.IOBase):
    """Descriptor `fd` as a stream that select.poll can wait for."""

    def __init__(self, fd: int) -> None:
        self._file: "Any" = open(fd, "r+b")  # noqa: SIM115

    def readinto(self, buf: bytearray) -> "int | None":
        """Fill `buf` with what is there; None when nothing is. Raises LineClosedError."""
        try:
            count: "int | None" = self._file.readinto(buf)
        except OSError as error:
            raise LineClosedError(error.args[0]) from error
        if count == 0:
            raise LineClosedError(0)
        return count

    def write(self, data: "bytes | bytearray") -> int:
        """Send bytes; what does not fit into the line's buffer is lost, as on a line nobody listens to.

        Raises LineClosedError.
        """
        try:
            count: "int | None" = self._file.write(data)
        except OSError as error:
            raise LineClosedError(error.args[0]) from error
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
