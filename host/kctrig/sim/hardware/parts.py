"""The parts between expander and keypad that need time: one-shot, PhotoMOS, relay or solenoid. Times in microseconds."""

from __future__ import annotations

from dataclasses import dataclass

NEVER = -1


@dataclass(frozen=True, slots=True)
class Swing:
    """How long a contact takes to follow its drive.

    Attributes:
        close_us: from drive on to contact closed.
        open_us: from drive off to contact open.
    """

    close_us: int
    open_us: int


# Panasonic AQY21xEH: turn-on typically 0.5 ms, turn-off 0.08 to 0.1 ms (facts/keypad_display.md 2.2).
PHOTOMOS = Swing(500, 100)


class OneShot:
    """Retriggerable monostable with clear: on from an edge until `period_us` after the last one, or until cleared.

    Args:
        period_us: by its resistor and capacitor.
        stuck_on: it (or the transistor behind it) never switches off.
    """

    def __init__(self, period_us: int, *, stuck_on: bool = False) -> None:
        self._period_us = period_us
        self._stuck_on = stuck_on
        self._until_us: int | None = None

    def trigger(self, now_us: int) -> None:
        """An edge."""
        self._until_us = now_us + self._period_us

    def clear(self) -> None:
        """Off at once."""
        self._until_us = None

    def on(self, now_us: int) -> bool:
        """Whether the supply behind it is on."""
        return self._stuck_on or (self._until_us is not None and now_us < self._until_us)

    def next_us(self, now_us: int) -> int:
        """When it switches off; NEVER when it is off."""
        if self._stuck_on or self._until_us is None or now_us >= self._until_us:
            return NEVER
        return self._until_us


class Contact:
    """One contact that follows its drive after its swing; a drive shorter than the swing moves nothing.

    Args:
        swing: its times.
        stuck: None, or the position it keeps for ever (True: closed).
    """

    def __init__(self, swing: Swing, stuck: bool | None = None) -> None:
        self._swing = swing
        self._stuck = stuck
        self._driven = False
        self._closed = False
        self._due_us: int | None = None

    @property
    def closed(self) -> bool:
        """Whether it conducts, as of the last `advance`."""
        return self._closed if self._stuck is None else self._stuck

    def drive(self, on: bool, now_us: int) -> None:
        """LED or coil current on or off from now."""
        if on == self._driven:
            return
        self._driven = on
        if on == self._closed:
            self._due_us = None  # it had not moved yet
        else:
            self._due_us = now_us + (self._swing.close_us if on else self._swing.open_us)

    def advance(self, now_us: int) -> None:
        """Let the time pass."""
        if self._due_us is not None and now_us >= self._due_us:
            self._closed = self._driven
            self._due_us = None

    def next_us(self) -> int:
        """When it moves; NEVER when it rests."""
        return NEVER if self._due_us is None or self._stuck is not None else self._due_us
