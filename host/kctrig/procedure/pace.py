"""How fast keys are pressed, and how long the procedure waits for what."""

from __future__ import annotations

from dataclasses import dataclass

# The firmware's own ceilings (rigfw.jobs): a slower pace is of no use to it.
_MAX_PRESS_MS = 1000
_MAX_GAP_MS = 5000


@dataclass(frozen=True, slots=True)
class Pace:
    """A key is held `press_ms` and followed by `gap_ms` of nothing."""

    press_ms: int
    gap_ms: int

    @property
    def key_ms(self) -> int:
        """One key with its gap."""
        return self.press_ms + self.gap_ms

    def slower(self) -> Pace:
        """Half the speed, for typing again what the glass echoed wrongly."""
        return Pace(min(2 * self.press_ms, _MAX_PRESS_MS), min(2 * self.gap_ms, _MAX_GAP_MS))

    def resting(self, rest_ms: int) -> Pace:
        """Half the speed and a rest after each key, for a glass that proves some entries only so."""
        return Pace(min(2 * self.press_ms, _MAX_PRESS_MS), min(max(2 * self.gap_ms, rest_ms), _MAX_GAP_MS))


@dataclass(frozen=True, slots=True)
class Habits:
    """What one brand needs of the hand that types: taken from its profile.

    Attributes:
        clear_keys: empties the entry line.
        erase_pair_ms: presses of the erase key farther apart take one digit each.
        code_wait_ms, token_wait_ms: after Enter, longest time until the answer is on the glass.
        page_wait_ms: longest time until every page of a long number was shown.
        digit_timeout_ms: the meter loses an entry by itself after that.
        section_timeout_ms: the meter forgets key-change sections after that; None when it never does.
        settle_ms: an image must stay that long to be judged.
        equal_reads: and be the same in that many consecutive readings.
        echo_wait_ms: longest time from a key's release to its echo.
        rest_ms: after that long without a key, every key pressed so far must show in its echo.
        refusals_max: refused tokens after which this meter is left alone.
        type_tries: how often digits are typed when the echo is wrong; nothing is submitted by that. `code_tries`: codes.
    """

    enter_key: str = "#"
    clear_keys: str = "**"
    erase_pair_ms: int = 500
    krn_code: str = "04"
    number_code: str = "75"
    last_credit_code: str = "54"
    last_technical_code: str = "65"
    pace: Pace = Pace(120, 150)
    code_wait_ms: int = 2_000
    token_wait_ms: int = 5_000
    page_wait_ms: int = 12_000
    digit_timeout_ms: int = 20_000
    section_timeout_ms: int | None = 600_000
    settle_ms: int = 40
    equal_reads: int = 2
    echo_wait_ms: int = 250
    rest_ms: int = 200
    type_tries: int = 6
    refusals_max: int = 2
    code_tries: int = 5

    def pace_of(self, tries: int) -> Pace:
        """The pace of the first, second, … try; later ones are slower, then rest after each key."""
        if tries == 1:
            return self.pace
        return self.pace.slower() if tries == 2 else self.pace.resting(self.rest_ms)
