"""The host line on the board's own USB: UART 0, which MicroPython shares with its REPL.

The stock firmware cannot hand UART 0 over, so the line is stdin and stdout, byte by byte
(facts/micropython.md section 6, point 5). Its input ring holds 259 bytes; the link never has more outstanding.
"""

import select
import sys

import micropython

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

_NO_INTERRUPT = -1


class UsbLine:
    """stdin and stdout as a line that never blocks on reading."""

    def __init__(self) -> None:
        micropython.kbd_intr(_NO_INTERRUPT)  # 0x03 is a byte like any other
        self.stream: "Any" = sys.stdin
        self._input: "Any" = sys.stdin.buffer
        self._output: "Any" = sys.stdout.buffer
        self._poller: "Any" = select.poll()
        self._poller.register(sys.stdin, select.POLLIN)
        self._one = bytearray(1)

    def readinto(self, buf: bytearray) -> "int | None":
        """Fill `buf` with what is there; None when nothing is."""
        count = 0
        one = self._one
        while count < len(buf):
            ready = False
            for _ in self._poller.ipoll(0):
                ready = True
            if not ready or not self._input.readinto(one):
                break
            buf[count] = one[0]
            count += 1
        return count or None

    def write(self, data: "bytes | bytearray") -> int:
        """Send bytes as they are."""
        count: int = self._output.write(data)
        return count
