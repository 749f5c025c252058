"""How long to wait for an answer: RFC 6298 with the bounds of this link."""

from __future__ import annotations

START_MS = 250.0
LOWEST_MS = 60.0
HIGHEST_MS = 1000.0


class RttEstimator:
    """Round-trip estimate and the retransmission time-out made of it.

    Samples come only from requests that were sent once (Karn): the caller sees to that.

    Attributes:
        smoothed_ms: smoothed round trip, None before the first sample.
        samples: how many samples went in.
        best_ms: the fastest round trip seen.
    """

    __slots__ = ("_variation_ms", "best_ms", "rto_ms", "samples", "smoothed_ms")

    def __init__(self) -> None:
        self.smoothed_ms: float | None = None
        self._variation_ms = 0.0
        self.best_ms: float | None = None
        self.samples = 0
        self.rto_ms = START_MS

    def sample(self, rtt_ms: float) -> None:
        """Take one measured round trip."""
        smoothed = self.smoothed_ms
        if smoothed is None:
            self.smoothed_ms = self.best_ms = smoothed = rtt_ms
            self._variation_ms = rtt_ms / 2
        else:
            self._variation_ms += (abs(smoothed - rtt_ms) - self._variation_ms) / 4
            self.smoothed_ms = smoothed = smoothed + (rtt_ms - smoothed) / 8
            if self.best_ms is None or rtt_ms < self.best_ms:
                self.best_ms = rtt_ms
        self.samples += 1
        rto_ms = smoothed + 4 * self._variation_ms
        self.rto_ms = LOWEST_MS if rto_ms < LOWEST_MS else HIGHEST_MS if rto_ms > HIGHEST_MS else rto_ms

    def after_try_ms(self, tries: int) -> float:
        """Wait after the `tries`-th transmission: doubled each time, never over the highest."""
        if tries == 1:
            return self.rto_ms
        return min(self.rto_ms * (1 << (tries - 1)), HIGHEST_MS)
