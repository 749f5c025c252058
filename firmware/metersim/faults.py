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

    def __init__(self, names: "tuple[str, ...] | list[str]" = (), seed: int = 0) -> None:
        self.chance = Chance(seed)
        self.key_drop_ppm = 0
        self.bounce_ms = 0
        self.stuck_mask = 0
        self.echo_off = False
        self.half_lost = False
        self.lies_benar = False
        self.power_cut = ""
        self.power_off_ms = 2000
        self.tamper = False
        self.locked_s = 0
        self.wrong_drn = ""
        self.wrong_key = False
        self.overload = False
        self.slow_answer_ms = 0
        self.slow_glass_ms = 0
        self.frozen_glass_changes = -1
        self.dark_glass = False
        self.no_glass = False
        self.dead_segments: "list[str]" = []
        self.stuck_segments: "list[str]" = []
        self.line_noise_ppm = 0
        if names:
            # Imported only here: a meter without faults needs no table of them, and on a board memory is short.
            from .faulttable import add

            for text in names:
                add(self, text)
