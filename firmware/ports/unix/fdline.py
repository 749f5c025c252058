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


def open_control() -> "Any":
    """The launcher's pipe (SIM_CONTROL), or None. It is never written to; readable means the launcher is gone."""
    fd = os.getenv("SIM_CONTROL")
    return None if fd is None else open(int(fd), "rb")


class FdLine(io.IOBase):
    """Descriptor `fd` as a stream that select.poll can wait for."""

    def __init__(self, fd: int) -> None:
        self._file: "Any" = open(fd, "r+b")  # noqa: SIM115
        self._control: "Any" = None
        control = open_control()
        if control is not None:
            self._control = select.poll()
            self._control.register(control, select.POLLIN)

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

        Ends the process when the launcher is gone. Raises LineClosedError.
        """
        if self._control is not None and self._control.poll(0):
            raise SystemExit(0)
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
