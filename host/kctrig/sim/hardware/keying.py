"""From driven channels to closed keys: the seven-channel matrix and the twelve direct outputs, and the loop-back jig."""

from __future__ import annotations

from rigwire.meterport import KEYS

from kctrig.sim.hardware.faults import ChainFaults
from kctrig.sim.hardware.parts import NEVER, PHOTOMOS, Contact, Swing
from kctrig.sim.hardware.plan import DIRECT, MATRIX, Plan

# An estimate for a small 12 V push solenoid with a plastic tip on a rubber key, and for a signal relay about half of
# it: published rigs press once in 40 to 100 ms (facts/keypad_display.md 2.1).
SOLENOID = Swing(18_000, 12_000)


class Channels:
    """Contacts, each behind one expander bit, and what they do to the keypad.

    Attributes:
        names: of the channels, in the order of `bits`; see `faults.CHANNELS`.
        bits: their expander bits.
    """

    def __init__(self, plan: Plan, faults: ChainFaults) -> None:
        self._plan = plan
        slow_us = 1000 * faults.slow_solenoid_ms
        swing = SOLENOID if plan.kind == DIRECT else PHOTOMOS
        swing = Swing(swing.close_us + slow_us, swing.open_us + slow_us)
        self.names: tuple[str, ...] = ()
        self.bits: tuple[int, ...] = ()
        if plan.kind == MATRIX:
            self.names = ("row1", "row2", "row3", "row4", "col1", "col2", "col3")
            self.bits = plan.rows + plan.columns
        elif plan.kind == DIRECT:
            self.names = tuple(f"key{key}" for key in KEYS)
            self.bits = plan.outputs
        self._contacts = [Contact(swing, faults.stuck(name)) for name in self.names]

    def drive(self, high: int, supply: bool, now_us: int) -> None:
        """The expander's high outputs and the load supply from now on."""
        for bit, contact in zip(self.bits, self._contacts, strict=True):
            contact.drive(supply and bool(high >> bit & 1), now_us)

    def advance(self, now_us: int) -> None:
        """Let the time pass."""
        for contact in self._contacts:
            contact.advance(now_us)

    def next_us(self) -> int:
        """When the next contact moves; NEVER when all rest."""
        return min((at for at in (one.next_us() for one in self._contacts) if at != NEVER), default=NEVER)

    def closed(self) -> tuple[bool, ...]:
        """Which channels conduct."""
        return tuple(one.closed for one in self._contacts)

    def keys(self) -> int:
        """The closed keys as a CONTACTS mask.

        Rows and columns of the matrix end in one node, so every key at a closed row and a closed column is closed.
        """
        closed = self.closed()
        mask = 0
        if self._plan.kind == DIRECT:
            for at, one in enumerate(closed):
                mask |= one << at
        elif self._plan.kind == MATRIX:
            for row, keys in enumerate(self._plan.row_keys):
                for column, key in enumerate(keys):
                    if closed[row] and closed[4 + column]:
                        mask |= 1 << KEYS.index(key)
        return mask


def jig_levels(plan: Plan, closed: tuple[bool, ...], outputs: int, high: int) -> tuple[int, int]:
    """What the loop-back jig does to the expander's return pins: (pins driven, their levels).

    Matrix: the jig joins each tap to one return pin, and all closed channels meet in the board's node, so a return
    pin that the expander drives is seen on every other return pin whose channel is closed. Low wins over high.
    Direct: contact i of KEYS pulls low, through diodes, the return pins of the number i + 1.
    """
    low = 0
    if plan.kind == DIRECT:
        for at, one in enumerate(closed):
            if one:
                low |= sum(1 << bit for digit, bit in enumerate(plan.returns) if (at + 1) >> digit & 1)
        return low, 0
    on_node = [bit for bit, one in zip(plan.returns, closed, strict=False) if one]
    driving = [bit for bit in on_node if outputs >> bit & 1]
    if not driving:
        return 0, 0
    mask = sum(1 << bit for bit in on_node)
    return mask, mask if all(high >> bit & 1 for bit in driving) else 0
