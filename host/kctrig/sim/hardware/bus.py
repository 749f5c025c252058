"""What the simulated `machine` asks of the board, as bytes: the host's end of firmware/ports/sim_esp32/bus.py."""

from __future__ import annotations

from kctrig.sim.hardware.circuit import Circuit
from kctrig.sim.hardware.parts import NEVER

PIN, SET, GET, WRITE, READ, WATCHDOG, FEED, RESET = range(1, 9)
OK, IO_ERROR, NO_DEVICE, TIMED_OUT = 0, 5, 19, 116
FELL = 2
_INVALID_PIN = 22
_KEEP = 2


class Watchdog:
    """The chip's watchdog: never stopped once started."""

    def __init__(self) -> None:
        self._timeout_us = 0
        self._fed_us = 0

    def start(self, timeout_ms: int, now_us: int) -> None:
        """From now it must be fed within so long."""
        self._timeout_us = 1000 * timeout_ms
        self._fed_us = now_us

    def feed(self, now_us: int) -> None:
        """The firmware is well."""
        self._fed_us = now_us

    @property
    def running(self) -> bool:
        """Whether it was started."""
        return self._timeout_us > 0

    def next_us(self) -> int:
        """When it bites unless it is fed; NEVER when it was not started."""
        return self._fed_us + self._timeout_us if self._timeout_us else NEVER


class BusEnd:
    """One chip's requests on one circuit; a new one at every reset of the chip.

    Attributes:
        watchdog: the chip's.
        reset_asked: the firmware called `machine.reset()`.
    """

    def __init__(self, circuit: Circuit) -> None:
        self._circuit = circuit
        self._pending = bytearray()
        self.watchdog = Watchdog()
        self.reset_asked = False

    def receive(self, data: bytes, now_us: int) -> bytes:
        """Take bytes of the line; gives the answers to the requests that are whole."""
        self._pending += data
        out = bytearray()
        while self._pending and len(self._pending) > self._pending[0]:
            count = self._pending[0]
            request = bytes(self._pending[1 : count + 1])
            del self._pending[: count + 1]
            out += self._do(request[0], request[1:], now_us)
        return bytes(out)

    def _do(self, op: int, rest: bytes, now_us: int) -> bytes:
        circuit = self._circuit
        if op == FEED:
            self.watchdog.feed(now_us)
            return b""
        if op == RESET:
            self.reset_asked = True
            return b""
        if op == WATCHDOG:
            self.watchdog.start(int.from_bytes(rest[:4], "little"), now_us)
            return bytes((OK, 0))
        if op == WRITE:
            count = circuit.write(rest[1], rest[3:], now_us)
            if count < 0:
                return bytes((self._nobody(), 0))
            return bytes((OK if count == len(rest) - 3 else IO_ERROR, count))
        if op == READ:
            data = circuit.read(rest[1], rest[2], now_us)
            return bytes((self._nobody(), 0)) if data is None else bytes((OK, 0)) + data
        level = self._pin(op, rest, now_us)
        return bytes((_INVALID_PIN, 0)) if level is None else bytes((OK, level))

    def _nobody(self) -> int:
        return TIMED_OUT if self._circuit.bus_stuck else NO_DEVICE

    def _pin(self, op: int, rest: bytes, now_us: int) -> int | None:
        if op == PIN:
            level = None if rest[3] == _KEEP else rest[3]
            return self._circuit.configure(rest[0], rest[1], rest[2], level, now_us)
        if op == SET:
            return self._circuit.put(rest[0], rest[1], now_us)
        if op == GET:
            level = self._circuit.level(rest[0])
            return level if level is None else level | (FELL if self._circuit.take_fall(rest[0]) else 0)
        raise ValueError(f"unknown request {op} on the board's bus")
