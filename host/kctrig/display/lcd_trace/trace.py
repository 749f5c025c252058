"""A whole capture to what stood in the memory, and what stood on the glass, and when."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from kctrig.display.lcd_trace.bus import BusDecoder, BusEvent, Command, Nibble, Trouble
from kctrig.display.lcd_trace.capture import Sample
from kctrig.display.lcd_trace.glitches import Filter
from kctrig.display.lcd_trace.memory import Chip, Content, Memory, command_name
from kctrig.display.lcd_trace.segmap import SegmentMap
from kctrig.display.screen import Screen, read_image

GLITCH_NS = 300
"""Pulses shorter than this are no levels. The datasheet asks for 1670 ns of WR at 5 V and 3340 ns at 3 V; controllers
that go below are common, and a filter at the limit would hide what they write."""
SETTLE_NS = 20_000_000
"""A memory that is written anew within this time was not yet what the meter meant to show."""
DATASHEET_WR_NS = 1670


@dataclass(frozen=True, slots=True)
class Stand:
    """A content of the memory that stood for the settling time.

    Attributes:
        since_ns: the moment of its last change.
        settled: False for the last one of a capture that ends before the settling time is over.
    """

    since_ns: int
    content: Content
    settled: bool = True


@dataclass(frozen=True, slots=True)
class Reading:
    """What stood on the glass from a moment on.

    Attributes:
        since_ns: by the capture's clock.
        image: layout of `rigwire.glass`, as a meter port sends it.
        screen: the image, read.
        known: every segment was told in the capture; else the screen is unreadable.
        settled: False when the capture ends so soon that the meter may not have been done.
    """

    since_ns: int
    image: bytes
    screen: Screen
    known: bool
    settled: bool


class Trace:
    """Reads one capture; `stands` and then `troubles`, `commands` and the counts.

    Attributes:
        troubles: how often each kind of trouble was met.
        commands: (time, name) of every command.
        nibbles: nibbles written.
    """

    def __init__(self, chip: Chip, glitch_ns: int = GLITCH_NS, settle_ns: int = SETTLE_NS) -> None:
        self._memory = Memory(chip)
        self._bus = BusDecoder(DATASHEET_WR_NS)
        self._filter = Filter(glitch_ns)
        self._settle_ns = settle_ns
        self.troubles: Counter[str] = Counter()
        self.commands: list[tuple[int, str]] = []
        self.nibbles = 0
        self._end_ns = 0

    def stands(self, samples: Iterable[Sample]) -> Iterator[Stand]:
        """The contents, one after the other; equal ones in a row are one."""
        told: Content | None = None
        now = self._memory.content()
        since_ns = 0
        for event in self._events(samples):
            self._take(event)
            content = self._memory.content()
            if content == now:
                continue
            if event.time_ns - since_ns >= self._settle_ns and _is_news(now, told):
                told = now
                yield Stand(since_ns, now)
            now, since_ns = content, event.time_ns
        if _is_news(now, told):
            yield Stand(since_ns, now, self._end_ns - since_ns >= self._settle_ns)

    def readings(self, samples: Iterable[Sample], segments: SegmentMap) -> Iterator[Reading]:
        """What stood on the glass; equal images in a row are one, whatever else the memory holds."""
        before = b""
        for stand in self.stands(samples):
            image, known = segments.image(stand.content)
            if image != before:
                before = image
                yield Reading(stand.since_ns, image, read_image(image), known, stand.settled)

    def summary(self) -> dict[str, int]:
        """Counts of what is worth a word, without those that are zero."""
        counts = {
            "nibbles written": self.nibbles,
            "commands": len(self.commands),
            "glitches taken out": self._filter.glitches,
            "past the last address": self._memory.overruns,
            "reads that contradict": self._memory.contradictions,
            **self.troubles,
        }
        return {name: count for name, count in counts.items() if count}

    def _events(self, samples: Iterable[Sample]) -> Iterator[BusEvent]:
        for sample in self._filter.run(self._watched(samples)):
            yield from self._bus.feed(sample)
        yield from self._bus.end(self._end_ns)

    def _watched(self, samples: Iterable[Sample]) -> Iterator[Sample]:
        for sample in samples:
            self._end_ns = sample.time_ns
            yield sample

    def _take(self, event: BusEvent) -> None:
        self._memory.apply(event)
        if isinstance(event, Trouble):
            self.troubles[event.kind] += 1
        elif isinstance(event, Nibble):
            self.nibbles += not event.by_chip
        elif isinstance(event, Command) and event.code is not None:
            self.commands.append((event.time_ns, command_name(event.code)))


def _is_news(content: Content, told: Content | None) -> bool:
    """Before the first write nothing is known, and there is nothing to tell; later, knowing nothing is news."""
    if told is None:
        return not content.on or any(nibble is not None for nibble in content.nibbles)
    return content != told
