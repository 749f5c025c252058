"""MCP23017, register by register: sixteen pins on I2C, its two register maps, its pointer, its interrupts, its reset.

Source: Microchip DS20001952 (registers 3.5, addressing 3.2, interrupts 3.6), and facts/keypad_display.md 2.3 for what
the rig relies on: after power-on or nRESET every pin is an input, and the latch outlives a reset of the host's CPU.
Not modelled: slew rate, the INT pins' drive (ODR, INTPOL are stored and mean nothing), the address pins beyond a number.
"""

from __future__ import annotations

from collections.abc import Callable

IODIR, IPOL, GPINTEN, DEFVAL, INTCON, IOCON, GPPU, INTF, INTCAP, GPIO, OLAT = range(11)
_REGISTERS = 11
_LAST = 2 * _REGISTERS - 1  # 0x15, the last address with BANK = 0
_LAST_BANKED = 0x10 + _REGISTERS - 1

BANK = 0x80
SEQOP = 0x20
_IOCON_BITS = 0xFE  # bit 0 reads as 0

Outside = Callable[[], tuple[int, int]]
"""What drives the pins from outside: a mask of the sixteen pins that are driven, and their levels."""


class Mcp23017:
    """The chip. Port A is bits 0 to 7 of every sixteen-bit number, port B bits 8 to 15.

    Args:
        address: its I2C address, 0x20 to 0x27.
        outside: asked for the levels at the pins whenever they matter.

    Attributes:
        held: nRESET is low: nothing is acknowledged and every pin is an input.
    """

    def __init__(self, address: int = 0x20, outside: Outside = lambda: (0, 0)) -> None:
        self.address = address
        self.held = False
        self._outside = outside
        self._port = [bytearray(_REGISTERS), bytearray(_REGISTERS)]
        self._seen = [0, 0]
        self._pointer = 0
        self.reset()

    def reset(self) -> None:
        """Power-on or nRESET: registers as in table 3-5, pointer at zero."""
        for port in self._port:
            port[:] = bytes(_REGISTERS)
            port[IODIR] = 0xFF
        self._pointer = 0
        self._seen = [0, 0]

    def hold(self, low: bool) -> None:
        """The level of nRESET: low resets and holds."""
        if low and not self.held:
            self.reset()
        self.held = low

    def register(self, number: int, port: int) -> int:
        """A register as the chip holds it, without the effects of reading it; port 0 is A."""
        return self._port[port][number]

    @property
    def outputs(self) -> int:
        """The pins that the chip drives."""
        return ~self._both(IODIR) & 0xFFFF

    @property
    def high(self) -> int:
        """The pins that the chip drives high."""
        return self._both(OLAT) & self.outputs

    @property
    def interrupts(self) -> int:
        """Pins whose change is waiting to be read (INTF)."""
        return self._both(INTF)

    def levels(self) -> int:
        """What stands at the sixteen pins: driven by the chip, from outside, pulled up, else low."""
        driven, level = self._outside()
        free = ~self.outputs & 0xFFFF
        return self.high | (level & driven & free) | (self._both(GPPU) & free & ~driven)

    def inputs_changed(self) -> None:
        """Look at the pins as the interrupt logic does; call when something outside changed."""
        for port in (0, 1):
            self._watch(port)

    def write(self, data: bytes) -> int:
        """The bytes of an I2C write after the address: register pointer, then values. Gives how many are acknowledged."""
        if self.held:
            return 0
        if data:
            self._pointer = data[0]
        for value in data[1:]:
            self._store(value)
            self._advance()
        return len(data)

    def read(self, count: int) -> bytes:
        """The bytes of an I2C read, from the pointer on."""
        out = bytearray()
        for _ in range(count):
            out.append(self._fetch())
            self._advance()
        return bytes(out)

    # --- inside

    def _both(self, number: int) -> int:
        return self._port[0][number] | self._port[1][number] << 8

    def _place(self) -> tuple[int, int] | None:
        """(port, register) of the pointer; None where the map has no register."""
        at = self._pointer
        if self._port[0][IOCON] & BANK:
            port, number = at >> 4, at & 0x0F
            return (port, number) if port < 2 and number < _REGISTERS else None
        return (at & 1, at >> 1) if at <= _LAST else None

    def _advance(self) -> None:
        control = self._port[0][IOCON]
        if control & SEQOP:
            if not control & BANK:
                self._pointer ^= 1  # byte mode: to and fro between the two ports (3.2.1)
            return
        last = _LAST_BANKED if control & BANK else _LAST
        self._pointer = 0 if self._pointer >= last else self._pointer + 1

    def _store(self, value: int) -> None:
        place = self._place()
        if place is None:
            return
        port, number = place
        if number in (INTF, INTCAP):
            return  # read only
        if number == IOCON:
            self._port[0][IOCON] = self._port[1][IOCON] = value & _IOCON_BITS  # one register, two addresses
            return
        self._port[port][OLAT if number == GPIO else number] = value
        self.inputs_changed()

    def _fetch(self) -> int:
        place = self._place()
        if place is None:
            return 0
        port, number = place
        registers = self._port[port]
        if number == GPIO:
            value = self._gpio(port)
            self._settle(port)
            return value
        value = registers[number]
        if number == INTCAP:
            self._settle(port)
        return value

    def _gpio(self, port: int) -> int:
        return (self.levels() >> (8 * port) & 0xFF) ^ self._port[port][IPOL]

    def _settle(self, port: int) -> None:
        """GPIO or INTCAP was read: the interrupt is over, and starts again where the level still differs."""
        self._port[port][INTF] = 0
        self._seen[port] = self.levels() >> (8 * port) & 0xFF
        self._watch(port)

    def _watch(self, port: int) -> None:
        registers = self._port[port]
        level = self.levels() >> (8 * port) & 0xFF
        against = (registers[DEFVAL] & registers[INTCON]) | (self._seen[port] & ~registers[INTCON])
        fired = (level ^ against) & registers[GPINTEN] & registers[IODIR]
        if fired and not registers[INTF]:
            registers[INTF] = fired
            registers[INTCAP] = self._gpio(port)
        if not registers[GPINTEN]:
            self._seen[port] = level
