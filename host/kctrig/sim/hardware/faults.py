"""Faults of the chain between the rig's chip and the meter's keypad, by name, as `fault=` of a `sim:` URL gives them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from rigwire.meterport import KEYS

CHANNELS = ("row1", "row2", "row3", "row4", "col1", "col2", "col3", *(f"key{key}" for key in KEYS))
"""Channels by name: rows and columns of a matrix, and the outputs of a direct board, key0 to key9, key*, key#."""

# name -> (its argument, what it does)
TABLE: dict[str, tuple[str, str]] = {
    "stuck_closed": ("CHANNEL", "this contact is closed for good"),
    "stuck_open": ("CHANNEL", "this contact never closes"),
    "i2c_nak": ("N", "the N-th I2C transaction is not acknowledged"),
    "i2c_dead": ("N", "no I2C transaction from the N-th on is acknowledged"),
    "i2c_flip": (
        "N",
        "one bit of the N-th I2C transaction arrives wrong: of the register number, or of a value",
    ),
    "sda_stuck": ("N", "at the N-th I2C transaction a device holds SDA low, until SCL is clocked nine times"),
    "reset_open": ("", "the wire to nRESET is broken, and the expander's own pull-up holds it high"),
    "no_supply": ("", "the supply of the channels is missing behind the emergency stop"),
    "chip_glitch": ("PRESS", "in the middle of that press the expander resets itself"),
    "latch_kept": ("", "nRESET stays high while the CPU is reset, so the expander keeps its outputs"),
    "cpu_reset": ("PRESS", "in the middle of that press the CPU is reset"),
    "cpu_hang": ("PRESS", "in the middle of that press the CPU stands still until its watchdog bites"),
    "slow_solenoid": ("MS", "every contact moves that much later, both ways"),
    "estop": ("PRESS", "in the middle of that press somebody hits the emergency stop"),
    "estop_blip": ("PRESS", "the same, and the switch springs back after 8 ms"),
    "one_shot_stuck": ("", "the one-shot never switches the supply off"),
}
_NUMBERED = ("N", "PRESS", "MS")
_LARGEST = 100_000


@dataclass
class ChainFaults:
    """What is wrong with one board.

    Presses are counted from 1, at the moment a contact first closes; nothing is wrong by default.
    """

    stuck_closed: set[str] = field(default_factory=set)
    stuck_open: set[str] = field(default_factory=set)
    i2c_nak: set[int] = field(default_factory=set)
    i2c_dead: int = 0
    i2c_flip: int = 0
    sda_stuck: int = 0
    reset_open: bool = False
    no_supply: bool = False
    chip_glitch: int = 0
    latch_kept: bool = False
    cpu_reset: int = 0
    cpu_hang: int = 0
    slow_solenoid_ms: int = 0
    estop: int = 0
    estop_blip: int = 0
    one_shot_stuck: bool = False

    def add(self, text: str) -> None:
        """Add the fault `name` or `name:argument`. Raises ValueError with one line that says what to write."""
        name, _, argument = text.partition(":")
        if name not in TABLE:
            raise ValueError(f"unknown board fault {name!r}: known are {', '.join(TABLE)}")
        wanted = TABLE[name][0]
        if not wanted:
            if argument:
                raise ValueError(f"fault {name} has no argument")
            setattr(self, name, True)
        elif wanted == "CHANNEL":
            if argument not in CHANNELS:
                raise ValueError(f"fault {name}:CHANNEL: a channel is one of {', '.join(CHANNELS)}")
            getattr(self, name).add(argument)
        else:
            if not (argument.isascii() and argument.isdigit() and 1 <= int(argument) <= _LARGEST):
                raise ValueError(f"fault {name}:{wanted}: a whole number from 1 to {_LARGEST}")
            if name == "i2c_nak":
                self.i2c_nak.add(int(argument))
            else:
                setattr(self, "slow_solenoid_ms" if name == "slow_solenoid" else name, int(argument))

    def stuck(self, channel: str) -> bool | None:
        """How a channel is stuck: True closed, False open, None not at all."""
        if channel in self.stuck_closed:
            return True
        return False if channel in self.stuck_open else None


def is_chain_fault(text: str) -> bool:
    """Whether a fault of a URL is one of the chain, not of the meter."""
    return text.partition(":")[0] in TABLE


def parse(names: Sequence[str]) -> ChainFaults:
    """The faults of these names. Raises ValueError."""
    faults = ChainFaults()
    for name in names:
        faults.add(name)
    return faults
