"""The device side of `link.py`, run by MicroPython: micropython link_device.py raw|link DESCRIPTOR.

`raw` sends back what comes; `link` is the rig's link server with a handler that sends back the payload.
"""

import binascii
import os
import select
import sys
import time

from rigfw.server import DeviceLink
from rigwire import messages, ticks


class Echo:
    """READ_DISPLAY answers with its own payload; nothing else is used."""

    def request(self, msg: int, payload: bytes, now_ms: int) -> bytes:
        """Give the payload back."""
        return b"\x00" + payload

    def link_lost(self, now_ms: int) -> None:
        """Nothing to make safe."""

    def bye(self, now_ms: int) -> None:
        """Nothing to release."""

    def state(self) -> int:
        """Always idle."""
        return messages.STATE_IDLE


def tick_ms() -> int:
    """The wrapping tick of a board."""
    return int(time.time() * 1000) & (ticks.PERIOD - 1)


def random_u16() -> int:
    """For sessions."""
    two = os.urandom(2)
    return two[0] << 8 | two[1]


def main(kind: str, descriptor: int) -> None:
    """Serve until the line is closed."""
    line = open(descriptor, "r+b", buffering=0)  # noqa: SIM115
    poll = select.poll()
    poll.register(line, select.POLLIN)
    link = DeviceLink(Echo(), binascii.crc32, random_u16, 1, "benchmark")
    buffer = bytearray(256)
    view = memoryview(buffer)
    while True:
        if not poll.poll(link.next_deadline_ms(tick_ms())):
            link.poll(tick_ms())
            continue
        count = line.readinto(buffer)
        if not count:
            continue
        if kind == "raw":
            line.write(view[:count])
            continue
        link.receive(view[:count], tick_ms())
        out = link.take_output()
        if out:
            line.write(out)


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
