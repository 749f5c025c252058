"""A keypad driver on a small register fake: MCP23017, KEY_ENABLE, one-shot, emergency stop, jig; time by the test."""

import runpy
from types import SimpleNamespace
from typing import Any

from kctrig.firmware_files import ports_folder
from rigfw.selftest import SelfTest
from rigfw.switched import SwitchedKeypad
from rigwire import messages as m
from rigwire import ticks

BOARDS = ports_folder() / "esp32" / "boards"
IODIR, GPPU, GPIO, OLAT = 0x00, 0x0C, 0x12, 0x14
NEVER = 1 << 40


def board(name: str, **changes: Any) -> SimpleNamespace:
    """A board file with some of its names changed."""
    names = {key: value for key, value in runpy.run_path(str(BOARDS / f"{name}.py")).items() if key.isupper()}
    return SimpleNamespace(**{**names, **changes})


class Hardware:
    """Everything outside the chip, as bus, KEY_ENABLE pin and emergency stop at once.

    Attributes:
        now_ms: moved by the test.
        nak: numbers of the transactions (from 0) that nobody acknowledges.
        shorted: output bits that are high whatever is driven; dead: bits that are low.
        reset_wire: nRESET hangs on KEY_ENABLE.
        closed_taps: matrix, channels that conduct always; open_taps: never; bridges: pairs of channel numbers.
        crossed: channel number that another one's contact answers for.
    """

    def __init__(self, names: SimpleNamespace) -> None:
        self.board = names
        self.matrix = names.KEYPAD == "matrix"
        self.now_ms = 0
        self.registers = bytearray(22)
        self.enabled = False
        self.triggered_ms = -NEVER
        self.one_shot_ms: int = names.ONE_SHOT_MS
        self.transactions = 0
        self.nak: set[int] = set()
        self.opened = 0
        self.shorted = 0
        self.dead = 0
        self.reset_wire = True
        self.estop_pressed = False
        self.jig = False
        self.closed: set[int] = set()
        self.open: set[int] = set()
        self.bridges: dict[int, int] = {}
        self.crossed: dict[int, int] = {}
        self.log: list[tuple[int, int]] = []
        self._reset()

    # --- what the driver is given

    def open_bus(self) -> "Hardware":
        self.opened += 1
        return self

    def value(self, level: int | None = None) -> int | None:
        """KEY_ENABLE when written, ESTOP_SENSE when read."""
        if level is None:
            return 0 if self.estop_pressed else 1
        if not level and self.reset_wire:
            self._reset()
        if level and not self.enabled:
            self.triggered_ms = self.now_ms
        self.enabled = bool(level)
        self._note()
        return None

    def writeto_mem(self, addr: int, memaddr: int, buf: bytearray) -> None:
        self._transact(addr)
        self.registers[memaddr : memaddr + len(buf)] = buf
        self._note()

    def readfrom_mem_into(self, addr: int, memaddr: int, buf: bytearray) -> None:
        self._transact(addr)
        self.registers[GPIO : GPIO + 2] = self._pins().to_bytes(2, "little")
        buf[:] = self.registers[memaddr : memaddr + len(buf)]

    # --- what a meter or a judge sees

    def word(self, register: int) -> int:
        return self.registers[register] | self.registers[register + 1] << 8

    def driven(self) -> int:
        """Bits that are high."""
        return (self.word(OLAT) & ~self.word(IODIR) | self.shorted) & ~self.dead & 0xFFFF

    def channels(self) -> set[int]:
        """Numbers of the channels that conduct: rows then columns, or keys."""
        supply = (
            self.enabled and not self.estop_pressed and self.now_ms - self.triggered_ms < self.one_shot_ms
        )
        bits = self.board.ROW_BITS + self.board.COLUMN_BITS if self.matrix else self.board.OUTPUT_BITS
        on = {i for i, bit in enumerate(bits) if supply and self.driven() >> bit & 1}
        on |= {self.bridges[i] for i in on if i in self.bridges}
        on = {self.crossed.get(i, i) for i in on}
        return (on | self.closed) - self.open

    def keys(self) -> int:
        """Closed keys as a CONTACTS mask."""
        on = self.channels()
        if not self.matrix:
            return sum(1 << i for i in on)
        mask = 0
        for row, keys in enumerate(self.board.KEY_ROWS):
            for column, key in enumerate(keys):
                if row in on and column + 4 in on:
                    mask |= 1 << m.KEYS.index(key)
        return mask

    def reset_chip(self) -> None:
        """A glitch on the expander's supply."""
        self._reset()
        self._note()

    def _reset(self) -> None:
        self.registers[:] = bytes(22)
        self.registers[IODIR] = self.registers[IODIR + 1] = 0xFF

    def _note(self) -> None:
        keys = self.keys()
        if not self.log or self.log[-1][1] != keys:
            self.log.append((self.now_ms, keys))

    def _transact(self, addr: int) -> None:
        number = self.transactions
        self.transactions += 1
        if number in self.nak or addr != self.board.EXPANDER or (self.reset_wire and not self.enabled):
            raise OSError(19)

    def _pins(self) -> int:
        inputs = self.word(IODIR)
        pins = self.driven() | inputs & self.word(GPPU)
        if not self.jig:
            return pins
        low = set()
        on = self.channels()
        if self.matrix:
            for tap, bit in enumerate(self.board.JIG_BITS):
                if not inputs >> bit & 1:  # driven low by the self-test
                    low |= on if tap in on else set()
                    low.add(tap)
        else:
            low = {i for i in range(4) for key in on if key + 1 >> i & 1}
        for tap in low:
            pins &= ~(1 << self.board.JIG_BITS[tap])
        return pins


class Bench:
    """A driver and its self-test on that hardware."""

    def __init__(self, name: str, **changes: Any) -> None:
        self.board = board(name, **changes)
        self.hardware = Hardware(self.board)
        self.keypad = SwitchedKeypad(
            self.board, self.hardware.open_bus, self.hardware, self.hardware, self.hardware.now_ms
        )
        self.selftest = SelfTest(self.keypad, self.board)

    @property
    def now_ms(self) -> int:
        """The driver's tick."""
        return ticks.add(0, self.hardware.now_ms)

    def press(self, key: str) -> None:
        self.keypad.set_contacts(1 << m.KEYS.index(key), self.now_ms)

    def let_go(self) -> None:
        self.keypad.set_contacts(0, self.now_ms)

    def down(self) -> str:
        """Keys that are closed now."""
        mask = self.hardware.keys()
        return "".join(key for i, key in enumerate(m.KEYS) if mask >> i & 1)

    def run_selftest(self) -> list[tuple[int, int]]:
        """(result, other) of each channel, after a whole run."""
        self.selftest.start(self.now_ms)
        while self.selftest.running:
            self.selftest.poll(self.now_ms)
            self.hardware.now_ms += max(1, self.selftest.next_deadline_ms(self.now_ms))
        return [(result & 15, result >> 4) for result in self.selftest.results]
