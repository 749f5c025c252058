"""An ESP32's bad manners on its lines, as a pure core: bytes and microseconds in, bytes and the next moment out.

Bytes take their time by the baud rate; the chip's input ring drops what does not fit; a reset loses what is on its
way and puts text on the line; the chip hears nothing while it boots (facts/micropython.md section 6, point 5).
The manners inside the chip (ticks, wake-ups, writes that block) are in firmware/ports/sim_esp32/unkind.py.
"""

from __future__ import annotations

from dataclasses import dataclass

from kctrig.link.errors import KctrigError

BAUD = 115200
USB_RING_BYTES = 259
UART_RING_BYTES = 1024
BOOT_US = 300_000
NEVER = -1
_BITS_A_BYTE = 10
_WRAP_MS = 20_000
_MOST_WRAP_MS = 1 << 29
_WATCHDOG_CAUSE = 3

# What the ROM and the boot loader say, about 430 bytes; a board with another crystal says it in another baud rate,
# which reads as bytes like the first line's.
BOOT_TEXT = (
    b"\xff\x00\xfe\x80\x1c\x00\xe0\r\n"
    b"ets Jul 29 2019 12:21:46\r\n\r\n"
    b"rst:0x%x (%s),boot:0x13 (SPI_FAST_FLASH_BOOT)\r\n"
    b"configsip: 0, SPIWP:0xee\r\n"
    b"clk_drv:0x00,q_drv:0x00,d_drv:0x00,cs0_drv:0x00,hd_drv:0x00,wp_drv:0x00\r\n"
    b"mode:DIO, clock div:2\r\n"
    b"load:0x3fff0030,len:4892\r\nho 0 tail 12 room 4\r\nload:0x40078000,len:14896\r\n"
    b"load:0x40080400,len:4\r\nload:0x40080404,len:3372\r\nentry 0x400805b0\r\n"
)
PANIC_TEXT = (
    b"E (%d) task_wdt: Task watchdog got triggered. The following tasks/users did not reset the watchdog in time:\r\n"
    b"E (%d) task_wdt:  - mp_task (CPU 1)\r\n"
    b"Guru Meditation Error: Core  1 panic'ed (Interrupt wdt timeout on CPU1).\r\n\r\n"
    b"Core  1 register dump:\r\n"
    b"PC      : 0x400d1f3a  PS      : 0x00060d34  A0      : 0x800d2c11  A1      : 0x3ffb5e30\r\n"
    b"A2      : 0x3ffc1a60  A3      : 0x00000000  A4      : 0x00000001  A5      : 0x3ffb9c70\r\n"
    b"EXCVADDR: 0x00000000  LBEG    : 0x4000c2e0  LEND    : 0x4000c2f6  LCOUNT  : 0xffffffff\r\n\r\n"
    b"Backtrace: 0x400d1f37:0x3ffb5e30 0x400d2c0e:0x3ffb5e60 0x400e11a5:0x3ffb5e90\r\n\r\nRebooting...\r\n"
)
_REASONS = {1: (0x1, b"POWERON_RESET"), 2: (0xC, b"SW_CPU_RESET"), 3: (0x8, b"TG1WDT_SYS_RESET")}


class UnkindError(KctrigError):
    """The option unkind= cannot be understood; nothing was started."""

    effect = "nothing"


@dataclass(frozen=True, slots=True)
class Manners:
    """How unkind the chip is to be.

    Attributes:
        wrap_ms: its tick wraps so long after every start.
        reset_at: it is reset once, when so many bytes have passed on the host line; 0 for never.
    """

    wrap_ms: int = _WRAP_MS
    reset_at: int = 0

    def text(self) -> str:
        """As `parse` takes it."""
        return f"wrap:{self.wrap_ms},reset:{self.reset_at}"


def parse(text: str) -> Manners:
    """`on`, or `wrap:MILLISECONDS` and `reset:BYTES` with a comma between them. Raises UnkindError."""
    manners = {"wrap": _WRAP_MS, "reset": 0}
    for part in text.split(",") if text != "on" else []:
        name, _, value = part.partition(":")
        if name not in manners or not (value.isascii() and value.isdigit() and len(value) <= 9):
            raise UnkindError(
                f"unkind={text}: write unkind=on, or wrap:MILLISECONDS and reset:BYTES, as unkind=wrap:5000,reset:300"
            )
        manners[name] = int(value)
    if not 0 < manners["wrap"] < _MOST_WRAP_MS:
        raise UnkindError(f"unkind={text}: the tick wraps 1 to {_MOST_WRAP_MS - 1} ms after the start")
    return Manners(manners["wrap"], manners["reset"])


class Wire:
    """One direction of a serial line: a byte arrives when its ten bits have passed, one after the other."""

    def __init__(self, baud: int = BAUD) -> None:
        self._byte_ns = _BITS_A_BYTE * 1_000_000_000 // baud
        self._queue = bytearray()
        self._head_ns = 0

    def push(self, data: bytes, now_us: int) -> None:
        """Bytes are sent."""
        if data and not self._queue:
            self._head_ns = max(self._head_ns, now_us * 1000) + self._byte_ns
        self._queue += data

    def pull(self, now_us: int) -> bytes:
        """Bytes that have arrived since."""
        if not self._queue or now_us * 1000 < self._head_ns:
            return b""
        count = min(len(self._queue), (now_us * 1000 - self._head_ns) // self._byte_ns + 1)
        arrived = bytes(self._queue[:count])
        del self._queue[:count]
        self._head_ns += count * self._byte_ns
        if not self._queue:
            self._head_ns -= self._byte_ns  # the moment at which the line became free
        return arrived

    def cut(self) -> None:
        """What is on its way is lost."""
        self._queue.clear()

    def next_us(self) -> int:
        """When the next byte arrives; NEVER when none is on its way."""
        return -(-self._head_ns // 1000) if self._queue else NEVER


class HostLine:
    """The line between the host and the chip.

    Attributes:
        dropped: bytes that found the chip's input ring full, or the chip in its boot.
        passed: bytes that arrived, both ways together.
    """

    def __init__(self, manners: Manners, ring_bytes: int = USB_RING_BYTES) -> None:
        self._manners = manners
        self._ring_bytes = ring_bytes
        self._down = Wire()
        self._up = Wire()
        self._deaf_until_us = 0
        self._reset_done = manners.reset_at == 0
        self.dropped = 0
        self.passed = 0

    def from_host(self, data: bytes, now_us: int) -> None:
        """The host writes."""
        self._down.push(data, now_us)

    def from_chip(self, data: bytes, now_us: int) -> None:
        """The chip writes."""
        self._up.push(data, now_us)

    def to_host(self, now_us: int) -> bytes:
        """What arrives at the host now."""
        data = self._up.pull(now_us)
        self.passed += len(data)
        return data

    def to_chip(self, now_us: int, held: int) -> bytes:
        """What goes into the chip's ring now, in which `held` bytes wait to be read."""
        data = self._down.pull(now_us)
        self.passed += len(data)
        room = 0 if now_us < self._deaf_until_us else max(0, self._ring_bytes - held)
        self.dropped += max(0, len(data) - room)
        return data[:room]

    def next_us(self) -> int:
        """When the next byte arrives anywhere; NEVER when none is on its way."""
        times = [at_us for at_us in (self._down.next_us(), self._up.next_us()) if at_us != NEVER]
        return min(times, default=NEVER)

    def reset_is_due(self) -> bool:
        """Whether the planted reset happens now; True once."""
        if self._reset_done or self.passed < self._manners.reset_at:
            return False
        self._reset_done = True
        return True

    def chip_reset(self, cause: int, now_us: int) -> None:
        """The chip starts anew: what had not left it is lost, and its ROM talks before anybody asks."""
        self._up.cut()
        self._down.cut()
        self._deaf_until_us = now_us + BOOT_US
        if cause == _WATCHDOG_CAUSE:
            uptime_ms = now_us // 1000 % 1_000_000
            self._up.push(PANIC_TEXT % (uptime_ms, uptime_ms), now_us)
        self._up.push(BOOT_TEXT % _REASONS[cause], now_us)
