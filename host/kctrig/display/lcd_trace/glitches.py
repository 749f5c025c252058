"""Pulses too short to be meant are taken out of a capture, line by line, before anything is read from it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from kctrig.display.lcd_trace.capture import Sample

_LINES = 4


class Filter:
    """Takes samples, gives the same without pulses shorter than `shortest_ns` on any line.

    A change counts once it has stood that long; it keeps the time at which it began, so nothing is delayed.

    Attributes:
        glitches: pulses taken out.
    """

    def __init__(self, shortest_ns: int) -> None:
        self._shortest_ns = shortest_ns
        self.glitches = 0

    def run(self, samples: Iterable[Sample]) -> Iterator[Sample]:
        """The cleaned samples; where the analyser had no data there is a gap in them, too."""
        settled: list[int] = []
        waiting: list[tuple[int, int]] = []  # (since, line), in order of time
        now_ns = 0
        for sample in samples:
            now_ns = sample.time_ns
            if sample.levels is None:
                yield from self._ripe(settled, waiting, now_ns)
                if settled:
                    yield sample
                settled, waiting = [], []
                continue
            if not settled:
                settled = list(sample.levels)
                yield sample
                continue
            yield from self._ripe(settled, waiting, now_ns)
            for line in range(_LINES):
                pending = next((item for item in waiting if item[1] == line), None)
                if pending is None:
                    if sample.levels[line] != settled[line]:
                        waiting.append((now_ns, line))
                elif sample.levels[line] == settled[line]:
                    waiting.remove(pending)
                    self.glitches += 1
        yield from self._ripe(settled, waiting, now_ns)

    def _ripe(self, settled: list[int], waiting: list[tuple[int, int]], now_ns: int) -> Iterator[Sample]:
        """Changes that have stood long enough; those of one moment in one sample."""
        while waiting and now_ns - waiting[0][0] >= self._shortest_ns:
            since_ns = waiting[0][0]
            while waiting and waiting[0][0] == since_ns:
                settled[waiting.pop(0)[1]] ^= 1
            cs, wr, data, rd = settled
            yield Sample(since_ns, (cs, wr, data, rd))
