"""The board as one circuit: pads of the chip and I2C transactions in, closed keys out. Pure; time is `now_us`.

KEY_ENABLE --+-- nRESET of the expander -- outputs -- drivers -- PhotoMOS or solenoids -- keypad
             +-- one-shot --+                                        |
load supply -- e-stop ------+--------------- supply of the channels -+
"""

from __future__ import annotations

from kctrig.sim.hardware.faults import ChainFaults
from kctrig.sim.hardware.keying import Channels, jig_levels
from kctrig.sim.hardware.mcp23017 import Mcp23017
from kctrig.sim.hardware.parts import NEVER, OneShot
from kctrig.sim.hardware.plan import NO_PIN, UART, Plan

IN, OUT, OPEN_DRAIN = 1, 3, 7  # machine.Pin's numbers
PULL_DOWN, PULL_UP = 1, 2
_PADS = (*range(20), 21, 22, 23, 25, 26, 27, *range(32, 40))
_FIRST_INPUT_ONLY = 34

# A fault "in the middle of a press" comes this long after the contact closed: shorter than any press that a meter
# takes, longer than the firmware needs to believe that the key is down.
MID_PRESS_US = 30_000

SPRING_BACK_US = 8_000
_CLOCKS_OF_A_BYTE = 9

RESET_CPU, HANG_CPU = "reset", "hang"


class _Pad:
    def __init__(self) -> None:
        self.mode = IN
        self.pull = 0
        self.level = 0

    def drives(self) -> int | None:
        """The level that the chip puts out, None when it leaves the pad alone."""
        if self.mode == OUT:
            return self.level
        return 0 if self.mode == OPEN_DRAIN and not self.level else None


class Circuit:
    """One board.

    Args:
        plan: its wiring.
        faults: what is wrong with it.
        jig: the loop-back jig is on the keypad connector, and no keypad.

    Attributes:
        chip: the expander.
        estop: the emergency stop is pressed.
        presses: how often a key went from open to closed.
        transactions: I2C transactions so far.
    """

    def __init__(self, plan: Plan, faults: ChainFaults | None = None, *, jig: bool = False) -> None:
        self._plan = plan
        self._faults = faults or ChainFaults()
        self._jig = jig
        self._pads = {number: _Pad() for number in _PADS}
        self._channels = Channels(plan, self._faults)
        self._one_shot = OneShot(plan.one_shot_us, stuck_on=self._faults.one_shot_stuck)
        self._enabled = False
        self.chip = Mcp23017(plan.expander, self._jig_levels)
        self.chip.hold(not self._faults.reset_open)
        self.estop = False
        self._estop_fell = False
        self.presses = 0
        self.transactions = 0
        self._keys = self._channels.keys()
        self._clocks_owed = 0  # until a device lets go of SDA
        self._planted: list[tuple[int, str]] = []
        self._orders: list[str] = []
        self._settle(0)

    # --- the chip's side

    def configure(self, number: int, mode: int, pull: int, level: int | None, now_us: int) -> int | None:
        """A pad's direction, pull and level; gives its level, None for what the chip's pad cannot be."""
        pad = self._pads.get(number)
        if pad is None or (mode in (OUT, OPEN_DRAIN) and number >= _FIRST_INPUT_ONLY):
            return None
        if number == self._plan.scl and level and pad.mode == OPEN_DRAIN and not pad.level:
            self._clocks_owed = max(0, self._clocks_owed - 1)
        if level is not None:
            pad.level = level
        if mode:
            pad.mode, pad.pull = mode, pull
        self._settle(now_us)
        return self.level(number)

    def put(self, number: int, level: int, now_us: int) -> int | None:
        """Set the level of an output."""
        return self.configure(number, 0, 0, level, now_us)

    def level(self, number: int) -> int | None:
        """What stands at a pad."""
        pad = self._pads.get(number)
        if pad is None:
            return None
        own = pad.drives()
        if own is not None:
            return own
        if number == self._plan.estop_sense:
            return 0 if self.estop else 1
        if number == self._plan.enable:
            return 0  # its pull-down
        if self._plan.kind != UART and number in (self._plan.scl, self._plan.sda):
            return 0 if self.bus_stuck and number == self._plan.sda else 1  # pull-ups of its own
        return 1 if pad.pull == PULL_UP else 0

    def write(self, address: int, data: bytes, now_us: int) -> int:
        """An I2C write; gives how many bytes were acknowledged, -1 when not even the address was."""
        if not self._answers(address, now_us):
            return -1
        count = self.chip.write(self._flipped(data))
        self._settle(now_us)
        return count

    def read(self, address: int, count: int, now_us: int) -> bytes | None:
        """An I2C read; None when the address was not acknowledged."""
        if not self._answers(address, now_us):
            return None
        return self._flipped(self.chip.read(count))

    @property
    def bus_stuck(self) -> bool:
        """Whether a device holds SDA low."""
        return self._clocks_owed > 0

    def chip_reset(self, now_us: int) -> None:
        """The ESP32 is reset: every pad is an input again, and the pull-downs decide."""
        kept = self._pads.get(self._plan.enable) if self._faults.latch_kept else None
        self._pads = {number: _Pad() for number in _PADS}
        if kept is not None:
            self._pads[self._plan.enable] = kept
        self._settle(now_us)

    # --- the world's side

    def set_estop(self, pressed: bool, now_us: int) -> None:
        """Somebody presses or turns out the mushroom."""
        self._turn_estop(pressed)
        self._settle(now_us)

    def take_fall(self, number: int) -> bool:
        """Whether a pad fell since this was last asked; known of ESTOP_SENSE only."""
        fell = self._estop_fell and number == self._plan.estop_sense
        if fell:
            self._estop_fell = False
        return fell

    def poll(self, now_us: int) -> None:
        """Let the time pass."""
        while self._planted and self._planted[0][0] <= now_us:
            at_us, what = self._planted.pop(0)
            self._settle(at_us)
            self._happen(what, at_us)
        self._settle(now_us)

    def next_us(self, now_us: int) -> int:
        """When something moves by itself; NEVER when nothing will."""
        times = [self._channels.next_us(), self._one_shot.next_us(now_us)]
        times += [at_us for at_us, _ in self._planted]
        return min((at_us for at_us in times if at_us != NEVER), default=NEVER)

    def keys(self) -> int:
        """The keys closed at the meter, as a CONTACTS mask; none while the jig is plugged instead."""
        return 0 if self._jig else self._keys

    def take_orders(self) -> list[str]:
        """What the faults do to the CPU now: RESET_CPU, HANG_CPU."""
        orders, self._orders = self._orders, []
        return orders

    # --- inside

    def _answers(self, address: int, now_us: int) -> bool:
        self._settle(now_us)
        self.transactions += 1
        faults = self._faults
        if self.transactions == faults.sda_stuck:
            self._clocks_owed = _CLOCKS_OF_A_BYTE
        if self.bus_stuck:
            return False
        if self.transactions in faults.i2c_nak or 0 < faults.i2c_dead <= self.transactions:
            return False
        return self._plan.kind != UART and address == self.chip.address and not self.chip.held

    def _flipped(self, data: bytes) -> bytes:
        """The bytes as they arrive."""
        at = self._faults.i2c_flip
        if self.transactions != at or not data:
            return data
        wrong = bytearray(data)
        wrong[at // 8 % len(wrong)] ^= 1 << at % 8
        return bytes(wrong)

    def _settle(self, now_us: int) -> None:
        """Bring every part up to now, in the order in which the signal runs."""
        plan = self._plan
        if plan.kind == UART:
            return
        enabled = plan.enable != NO_PIN and self.level(plan.enable) == 1
        self.chip.hold(not enabled and not self._faults.reset_open)
        if enabled and not self._enabled:
            self._one_shot.trigger(now_us)
        if not enabled:
            self._one_shot.clear()
        self._enabled = enabled
        # What was due before now happened before what is driven from now on.
        self._pass_time(now_us)
        supply = not self.estop and not self._faults.no_supply and self._one_shot.on(now_us)
        self._channels.drive(self.chip.high, supply, now_us)
        self._pass_time(now_us)
        self.chip.inputs_changed()

    def _pass_time(self, now_us: int) -> None:
        self._channels.advance(now_us)
        keys = self._channels.keys()
        if keys & ~self._keys:
            self.presses += 1
            self._plant(now_us)
        self._keys = keys

    def _plant(self, now_us: int) -> None:
        faults = self._faults
        for at, what in (
            (faults.chip_glitch, "glitch"),
            (faults.cpu_reset, RESET_CPU),
            (faults.cpu_hang, HANG_CPU),
            (faults.estop, "estop"),
            (faults.estop_blip, "estop"),
        ):
            if at and at == self.presses:
                self._planted.append((now_us + MID_PRESS_US, what))
        if faults.estop_blip and faults.estop_blip == self.presses:
            self._planted.append((now_us + MID_PRESS_US + SPRING_BACK_US, "estop out"))

    def _turn_estop(self, pressed: bool) -> None:
        self._estop_fell = self._estop_fell or (pressed and not self.estop)
        self.estop = pressed

    def _happen(self, what: str, now_us: int) -> None:
        if what == "glitch":
            self.chip.reset()
        elif what in ("estop", "estop out"):
            self._turn_estop(what == "estop")
        else:
            self._orders.append(what)
        self._settle(now_us)

    def _jig_levels(self) -> tuple[int, int]:
        if not self._jig:
            return 0, 0
        return jig_levels(self._plan, self._channels.closed(), self.chip.outputs, self.chip.high)
