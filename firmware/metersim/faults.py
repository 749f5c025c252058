"""The faults of one meter, as the parts that have them ask for them. All are deterministic: one seed, one run.

Names and arguments: faulttable.py. This file runs unchanged under CPython and MicroPython.
"""

_MILLION = 1000000


class Chance:
    """Random numbers from a seed, the same under CPython and MicroPython (a 31-bit linear congruence)."""

    def __init__(self, seed: int) -> None:
        self._state = (seed * 2 + 1) & 0x7FFFFFFF

    def below(self, n: int) -> int:
        """A number from 0 to n - 1, n up to a million."""
        self._state = (self._state * 1103515245 + 12345) & 0x7FFFFFFF
        return (self._state >> 8) % n

    def happens(self, ppm: int) -> bool:
        """True in `ppm` of a million cases."""
        return self.below(_MILLION) < ppm


class Faults:
    """The faults of one meter, from their names.

    Raises ValueError with one clear line for a fault that is not in the table or whose argument does not fit.
    """

    key_drop_ppm = 0
    ghost_key_ppm = 0
    bounce_ms = 0
    stuck_mask = 0
    echo_off = False
    hold_entry = False
    half_lost = False
    lies_benar = False
    power_cut = ""
    power_off_ms = 2000
    tamper = False
    locked_s = 0
    wrong_drn = ""
    wrong_key = False
    overload = False
    no_mains_s = 0
    slow_answer_ms = 0
    slow_glass_ms = 0
    frozen_glass_changes = -1
    dark_glass = False
    low_contrast = False
    no_glass = False
    line_noise_ppm = 0

    def __init__(self, names: "tuple[str, ...] | list[str]" = (), seed: int = 0) -> None:
        self.chance = Chance(seed)
        self.dead_segments: "list[str]" = []
        self.stuck_segments: "list[str]" = []
        if names:
            # Imported only here: a meter without faults needs no table of them, and on a board memory is short.
            from .faulttable import add

            for text in names:
                add(self, text)
