"""The keypad's contacts as copper: what is asked of them, and what they really do.

Between the closing that was asked for and what the scanner sees lie bounce, a contact that does not make,
a neighbour that leaks,
and a key that is stuck. The model turns one asked change into the edges that follow, in time order.

This file runs unchanged under CPython and MicroPython.
"""

from rigwire.meterport import KEYS
from rigwire.ticks import add, diff

TYPE_CHECKING = False
if TYPE_CHECKING:
    from .faults import Chance

_BOUNCE_EDGES = 4
_GHOST_STEP = 3  # the key below: the same column line


class Contacts:
    """Contacts with faults; `edges` holds the (at_ms, mask) changes still to come."""

    def __init__(
        self, chance: "Chance", bounce_ms: int = 0, drop_ppm: int = 0, stuck_mask: int = 0, ghost_ppm: int = 0
    ) -> None:
        self._chance = chance
        self._bounce_ms = bounce_ms
        self._drop_ppm = drop_ppm
        self._stuck_mask = stuck_mask
        self._ghost_ppm = ghost_ppm
        self._ghosts = 0
        self._asked = 0
        self._dead = 0
        self.edges: "list[tuple[int, int]]" = []

    def start(self, now_ms: int) -> None:
        """Power on: a stuck key is closed from the first moment."""
        self.edges = [(now_ms, self._made(self._asked))]

    def ask(self, mask: int, now_ms: int) -> "list[tuple[str, bool]]":
        """Close exactly the contacts of `mask` from `now_ms` on; edges before that must have been worked off.

        Returns one (key, went down) for each contact whose asked state changed.
        """
        changed = mask ^ self._asked
        if not changed:
            return []
        out: "list[tuple[str, bool]]" = []
        before = self._made(self._asked)
        for i in range(len(KEYS)):
            bit = 1 << i
            if not changed & bit:
                continue
            down = bool(mask & bit)
            self._dead &= ~bit
            if down and self._drop_ppm and self._chance.happens(self._drop_ppm):
                self._dead |= bit
            if down and self._ghost_ppm and self._chance.happens(self._ghost_ppm):
                self._ghosts |= 1 << (i + _GHOST_STEP) % len(KEYS)
            out.append((KEYS[i], down))
        self._asked = mask
        if not mask:
            self._ghosts = 0
        after = self._made(mask)
        self.edges = []
        if self._bounce_ms and before != after:
            self._bounce(before, after, now_ms)
        self.edges.append((add(now_ms, self._bounce_ms), after))
        return out

    def _made(self, mask: int) -> int:
        return (mask & ~self._dead) | self._stuck_mask | self._ghosts

    def _bounce(self, before: int, after: int, now_ms: int) -> None:
        at_ms = now_ms
        step_ms = max(1, self._bounce_ms // _BOUNCE_EDGES)
        mask = after
        while diff(add(now_ms, self._bounce_ms), at_ms) > 0:
            self.edges.append((at_ms, mask))
            mask = before if mask == after else after
            at_ms = add(at_ms, 1 + self._chance.below(step_ms))
