"""A line between two ends in virtual time that loses, damages, doubles and delays frames; seeded."""

from __future__ import annotations

import random
from dataclasses import dataclass


@dataclass(frozen=True)
class Rates:
    """Probabilities per frame and direction; `host_restart` per job."""

    loss: float = 0.05
    damage: float = 0.03
    double: float = 0.01
    late: float = 0.01
    late_ms: int = 900
    reset: float = 0.002
    host_stall: float = 0.002
    host_restart: float = 0.01


class FaultyLine:
    """One direction: frames in, (arrival time, bytes) out."""

    def __init__(self, rates: Rates, rng: random.Random) -> None:
        self._rates = rates
        self._rng = rng
        self.frames = 0

    def carry(self, data: bytes, now_ms: float) -> list[tuple[float, bytes]]:
        """What arrives of these bytes, and when."""
        arrivals = []
        rates, rng = self._rates, self._rng
        for block in data.split(b"\x00"):
            if not block:
                continue
            self.frames += 1
            draw = rng.random()
            if draw < rates.loss:
                continue
            wire = block + b"\x00"
            draw -= rates.loss
            if draw < rates.damage:
                wire = damaged(wire, rng)
            draw -= rates.damage
            at_ms = now_ms + 1 + 3 * rng.random()
            if 0 <= draw < rates.late:
                at_ms += rates.late_ms * rng.random()
            draw -= rates.late
            arrivals.append((at_ms, wire))
            if 0 <= draw < rates.double:
                arrivals.append((at_ms + rates.late_ms * rng.random(), wire))
        return arrivals


def damaged(wire: bytes, rng: random.Random) -> bytes:
    """The bytes with a few bits turned, a piece lost, or noise put in."""
    bent = bytearray(wire)
    kind = rng.randrange(3)
    if kind == 0:
        for _ in range(rng.randint(1, 4)):
            bent[rng.randrange(len(bent))] ^= 1 << rng.randrange(8)
    elif kind == 1:
        start = rng.randrange(len(bent))
        del bent[start : start + rng.randint(1, 16)]
    else:
        at = rng.randrange(len(bent))
        bent[at:at] = rng.randbytes(rng.randint(1, 16))
    return bytes(bent)
