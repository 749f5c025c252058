"""One direction of a line in virtual time: it loses, damages, doubles and delays frames."""

from __future__ import annotations

import random

from kctrig.sim.campaign.plan import Rates

_TRIP_SPREAD_MS = 3


class CampaignLine:
    """Bytes in, (arrival time, bytes) out. What happens to a frame never depends on what is in it."""

    def __init__(self, rates: Rates, latency_ms: int, rng: random.Random) -> None:
        self._rates = rates
        self._latency_ms = latency_ms
        self._rng = rng
        self._sound = not (rates.loss or rates.damage or rates.double or rates.late)
        self.frames = 0

    def carry(self, data: bytes, now_ms: int) -> list[tuple[int, bytes]]:
        """What arrives of these bytes, and when."""
        if self._sound:
            return [(now_ms + self._latency_ms, data)]
        arrivals = []
        rates, rng = self._rates, self._rng
        for block in data.split(b"\0"):
            if not block:
                continue
            self.frames += 1
            wire = block + b"\0"
            draw = rng.random()
            if draw < rates.loss:
                continue
            draw -= rates.loss
            if 0 <= draw < rates.damage:
                wire = self._damaged(wire)
            draw -= rates.damage
            at_ms = now_ms + self._latency_ms + rng.randrange(_TRIP_SPREAD_MS)
            if 0 <= draw < rates.late:
                at_ms += rng.randrange(rates.late_ms)
            draw -= rates.late
            arrivals.append((at_ms, wire))
            if 0 <= draw < rates.double:
                arrivals.append((at_ms + rng.randrange(rates.late_ms), wire))
        return arrivals

    def _damaged(self, wire: bytes) -> bytes:
        rng = self._rng
        bent = bytearray(wire)
        kind = rng.randrange(3)
        at = rng.randrange(len(bent))
        if kind == 0:
            bent[at] ^= 1 << rng.randrange(8)
        elif kind == 1:
            del bent[at : at + rng.randint(1, 16)]
        else:
            bent[at:at] = rng.randbytes(rng.randint(1, 16))
        return bytes(bent)
