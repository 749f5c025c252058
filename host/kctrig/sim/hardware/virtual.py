"""The whole chain in one process and in virtual time: host link, rig firmware with its keypad driver, board, meter.

    world = VirtualBoard("hexing", default_state("hexing"), board="matrix", chain_faults=["i2c_nak:90"])
    outcome = upgrade_meter(world.open_rig(), job, profile, store, clock=world)

The driver is the firmware's own; under it lie pads and a bus that end in the emulated circuit. A CPU that stands still
is not called any more until its watchdog bites; the circuit does not notice.
"""

from __future__ import annotations

import binascii
from collections.abc import Mapping, Sequence
from types import SimpleNamespace
from typing import Any

from rigfw import boardcheck
from rigfw.app import RigApp
from rigfw.switched import SwitchedKeypad

from kctrig.firmware_files import ports_folder
from kctrig.sim.hardware import plan
from kctrig.sim.hardware.bus import NO_DEVICE, Watchdog
from kctrig.sim.hardware.circuit import HANG_CPU, IN, OUT, RESET_CPU, Circuit
from kctrig.sim.hardware.faults import parse
from kctrig.sim.hardware.meterside import MeterSide
from kctrig.sim.hardware.parts import NEVER
from kctrig.sim.urls import BOARDS
from kctrig.sim.virtual import DEFAULT_LATENCY_MS, VirtualWorld

POWER_ON, HARD_RESET, WATCHDOG_RESET = 1, 2, 3
# From the reset of the chip to boot.py: an estimate for ROM, second stage and MicroPython on a board without PSRAM.
BOOT_MS = 350
_NEVER_MS = 1 << 60


class Pads:
    """The pads and the bus of one run of the chip, as the drivers want them."""

    def __init__(self, world: VirtualBoard) -> None:
        self._world = world

    def pin(self, number: int, mode: int) -> VirtualPin:
        """A pad as `machine.Pin` gives it."""
        self._world.circuit.configure(number, mode, 0, None, self._world.now_us())
        return VirtualPin(self._world, number)

    def open_bus(self) -> VirtualBus:
        """The bus as `machine.I2C` gives it."""
        return VirtualBus(self._world)


class VirtualPin:
    """A pad."""

    def __init__(self, world: VirtualBoard, number: int) -> None:
        self._world = world
        self._number = number

    def value(self, level: int | None = None) -> int | None:
        """Its level; with an argument, set it."""
        circuit = self._world.circuit
        if level is None:
            return circuit.level(self._number)
        circuit.put(self._number, 1 if level else 0, self._world.now_us())
        return None


class VirtualBus:
    """The I2C bus; OSError where nobody acknowledges."""

    def __init__(self, world: VirtualBoard) -> None:
        self._world = world

    def writeto_mem(self, addr: int, memaddr: int, buf: bytearray) -> None:
        """Registers from `memaddr` on."""
        if self._world.circuit.write(addr, bytes([memaddr]) + buf, self._world.now_us()) < 0:
            raise OSError(NO_DEVICE)

    def readfrom_mem_into(self, addr: int, memaddr: int, buf: bytearray) -> None:
        """Registers from `memaddr` on: the pointer is written, then they are read, as one transaction."""
        circuit, now_us = self._world.circuit, self._world.now_us()
        data = None
        if circuit.write(addr, bytes([memaddr]), now_us) == 1:
            data = circuit.read(addr, len(buf), now_us)
        if data is None:
            raise OSError(NO_DEVICE)
        buf[:] = data


class VirtualBoard(VirtualWorld):
    """One meter under one emulated board.

    Args:
        brand, state, seed, latency_ms: as of `VirtualWorld`; `faults` are the meter's.
        board: "matrix" or "direct".
        chain_faults: names of `hardware.faults`.

    Attributes:
        circuit: what is around the chip.
        resets: cause of every start of the chip so far.
        pressed: (from ms, to ms, key mask) of everything that was closed at the keypad, the last one open-ended (-1).
    """

    def __init__(
        self,
        brand: str,
        state: Mapping[str, Any],
        *,
        board: str,
        chain_faults: Sequence[str] = (),
        faults: Sequence[str] = (),
        seed: int = 0,
        latency_ms: int = DEFAULT_LATENCY_MS,
    ) -> None:
        constants = plan.constants(ports_folder() / "esp32" / "boards" / f"{BOARDS[board]}.py")
        self._board = SimpleNamespace(**constants)
        boardcheck.check(self._board)
        self.circuit = Circuit(plan.plan_of(constants, board), parse(chain_faults))
        self._meter_side = MeterSide(board)
        self._watchdog = Watchdog()
        self._hung = False  # or in reset, or on its way to boot.py
        self._starts_ms = -1
        self._keys = 0
        self.resets: list[int] = [POWER_ON]
        self.pressed: list[tuple[int, int, int]] = []
        super().__init__(brand, state, faults=faults, seed=seed, latency_ms=latency_ms)

    @property
    def one_shot_ms(self) -> int:
        """Period of the board's one-shot."""
        period_ms: int = self._board.ONE_SHOT_MS
        return period_ms

    def now_us(self) -> int:
        """Virtual microseconds since the start."""
        return 1000 * self._now_ms

    def reset_rig(self, cause: int = HARD_RESET) -> None:
        """The chip is reset; its firmware starts BOOT_MS later."""
        self.circuit.chip_reset(self.now_us())
        self._hung = True
        self._starts_ms = self._now_ms + BOOT_MS
        self.resets.append(cause)

    def hang(self) -> None:
        """The CPU stands still from now on."""
        self._hung = True

    # -- inside

    def _boot(self) -> RigApp:
        board, pads = self._board, Pads(self)
        for number, level in board.SAFE_LEVELS:
            self.circuit.configure(number, OUT, 0, level, self.now_us())
        self._keypad = SwitchedKeypad(
            board,
            pads.open_bus,
            pads.pin(board.KEY_ENABLE, OUT),
            pads.pin(board.ESTOP_SENSE, IN),
            self._rig_ms(),
        )
        self._watchdog.start(board.WATCHDOG_MS, self.now_us())
        self._next_turn_ms = self._now_ms
        return RigApp(
            binascii.crc32,
            lambda: self._random.getrandbits(16),
            self._random.getrandbits(32),
            "kctrig-rig virtual board",
            self._rig_ms(),
            self._keypad,
        )

    def _settle(self) -> None:
        now_us = self.now_us()
        self._move(now_us)
        if not self._hung:
            self._watchdog.feed(now_us)
        elif self._starts_ms >= 0:
            if self._now_ms >= self._starts_ms:
                self._starts_ms = -1
                self._hung = False
                super().reset_rig()
        elif now_us >= self._watchdog.next_us():
            self.reset_rig(WATCHDOG_RESET)
        super()._settle()
        self._move(now_us)

    def _move(self, now_us: int) -> None:
        """Let the circuit move, do what its faults order, and tell the meter."""
        self.circuit.poll(now_us)
        if not self._hung and self.circuit.take_fall(self._board.ESTOP_SENSE):
            self._keypad.stop_fell(None)  # the interrupt of keys.py
            self.circuit.poll(now_us)
        for order in self.circuit.take_orders():
            if order == RESET_CPU:
                self.reset_rig()
            elif order == HANG_CPU:
                self.hang()
        keys = self.circuit.keys()
        if keys != self._keys:
            self._note(keys)
        self._meter_side.keys(keys, now_us)

    def _note(self, keys: int) -> None:
        if self._keys:
            start_ms, _, mask = self.pressed.pop()
            self.pressed.append((start_ms, self._now_ms, mask))
        if keys:
            self.pressed.append((self._now_ms, -1, keys))
        self._keys = keys

    def _poll_rig(self) -> None:
        """As the firmware's loop does: when something is due or has come, not whenever this world moves."""
        if self._hung or self._now_ms < self._next_turn_ms:
            return
        super()._poll_rig()
        own_ms = super()._rig_due_ms()
        self._next_turn_ms = self._now_ms + own_ms if own_ms >= 0 else _NEVER_MS

    def _rig_says(self) -> bytes:
        """What goes to the meter: the rig's bytes as the board lets them through, and the keypad."""
        if not self._hung:
            self._meter_side.from_rig(self.rig.take_meter())
        return self._meter_side.take()

    def _rig_hears(self, data: bytes) -> None:
        if not self._hung:
            super()._rig_hears(data)
            self._next_turn_ms = self._now_ms

    def _tap_hears(self, data: bytes) -> None:
        if not self._hung:
            super()._tap_hears(data)
            self._next_turn_ms = self._now_ms

    def _rig_due_ms(self) -> int:
        """Milliseconds until the rig or the circuit has something to do."""
        times_us = [self.circuit.next_us(self.now_us()), self._meter_side.next_us()]
        if self._hung:
            times_us.append(1000 * self._starts_ms if self._starts_ms >= 0 else self._watchdog.next_us())
        waits = [max(0, -(-(at_us - self.now_us()) // 1000)) for at_us in times_us if at_us != NEVER]
        own_ms = -1 if self._hung else super()._rig_due_ms()
        return min([*waits, own_ms] if own_ms >= 0 else waits)
