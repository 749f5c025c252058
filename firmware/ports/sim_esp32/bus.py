"""What `machine` and the hardware outside the chip say to each other: one request, one answer, no allocation.

    request  length u8 | op u8 | up to 62 bytes         (length counts op and bytes)
    answer   status u8 | value u8 | data, of READ only  (RESET and FEED have none)

The host's end is kctrig/sim/hardware/bus.py; a test holds the two tables against each other.
"""

import os

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

PIN = 1  # number, mode, pull, value (2: as it is) -> value: level of the pad
SET = 2  # number, value -> value: level of the pad
GET = 3  # number -> value: level of the pad, and FELL when it fell since it was last read
WRITE = 4  # bus, address, stop, bytes... -> value: bytes acknowledged
READ = 5  # bus, address, count -> data when status is OK
WATCHDOG = 6  # time-out in ms, u32 -> nothing
FEED = 7  # nothing, and no answer
RESET = 8  # nothing, and no answer: the chip is reset

FELL = 2

OK = 0
NO_DEVICE = 19  # errno ENODEV: nobody acknowledged the address
IO_ERROR = 5  # errno EIO: a byte was not acknowledged

MAX_DATA = 60

_line: "Any" = None
_request = bytearray(64)
_answer = bytearray(2)


def _send(count: int) -> None:
    global _line
    if _line is None:
        fd = os.getenv("SIM_BUS")
        if fd is None:
            raise ValueError("SIM_BUS is not set: this port runs only under kctrig's emulated board")
        # Blocking, because a register access is not over before its answer.
        _line = open(int(fd), "r+b")  # noqa: SIM115
    _request[0] = count
    try:
        _line.write(_request, count + 1)
    except OSError:
        raise SystemExit(0) from None  # the hardware is gone: so is this chip


def ask(op: int, a: int = 0, b: int = 0, c: int = 0, d: int = 0) -> int:
    """Do `op` with up to four bytes; gives the status, `value()` is then the answer's second byte."""
    _request[1] = op
    _request[2] = a
    _request[3] = b
    _request[4] = c
    _request[5] = d
    _send(5)
    return _take()


def write(bus: int, address: int, stop: int, prefix: int, data: "bytes | bytearray | memoryview") -> int:
    """I2C write of `prefix` (a register number, -1: none) and `data`; gives the status."""
    at = 5
    _request[1] = WRITE
    _request[2] = bus
    _request[3] = address
    _request[4] = stop
    if prefix >= 0:
        _request[at] = prefix
        at += 1
    if at + len(data) > 64:
        raise ValueError("I2C write of %d bytes: at most %d here" % (len(data), MAX_DATA - 1))
    for byte in data:
        _request[at] = byte
        at += 1
    _send(at - 1)
    return _take()


def read(bus: int, address: int, buf: "bytearray | memoryview") -> int:
    """I2C read into `buf`; gives the status."""
    status = ask(READ, bus, address, len(buf))
    if status == OK and len(buf) and _line.readinto(buf, len(buf)) != len(buf):
        raise SystemExit(0)
    return status


def tell(op: int) -> None:
    """Say `op`, which has no answer."""
    _request[1] = op
    _send(1)


def value() -> int:
    """Second byte of the last answer."""
    return _answer[1]


def _take() -> int:
    try:
        count = _line.readinto(_answer, 2)
    except OSError:
        count = 0
    if count != 2:
        raise SystemExit(0)
    return _answer[0]
