"""Levels of CS, WR, DATA and RD to what the controller told an HT1621 or HT1622.

While CS is low, DATA is taken at each rising edge of WR: three bits of mode, then

    101 write     A5..A0, then D0 D1 D2 D3 again and again, the address counting up
    100 command   C8..C0 again and again; C0 means nothing
    110 read      A5..A0 by WR, then D0 D1 D2 D3 by RD, driven by the chip

(HT1621 datasheet, command summary and timing diagrams; the sources are in docs/lcd-trace.md.)
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from kctrig.display.lcd_trace.capture import Levels, Sample

ADDRESS_BITS = 6
COMMAND_BITS = 9
NIBBLE_BITS = 4
MODE_BITS = 3
_WRITE, _COMMAND, _READ = 0b101, 0b100, 0b110

TroubleKind = Literal["cut start", "cut end", "gap", "unclear bit", "no mode", "short pulse"]

Bits = list[int | None]
"""Bits in the order of the wire; None where the capture does not tell."""


@dataclass(frozen=True, slots=True)
class Nibble:
    """Four bits of the display memory.

    Attributes:
        time_ns: when the last of them was taken.
        address: None when a bit of it was unclear: any nibble may have been written.
        value: D0 is bit 0; None when a bit of it was unclear.
        by_chip: told by the chip in a read, not by the controller in a write.
    """

    time_ns: int
    address: int | None
    value: int | None
    by_chip: bool = False


@dataclass(frozen=True, slots=True)
class Command:
    """A command: `code` is C8..C1, None when a bit of it was unclear."""

    time_ns: int
    code: int | None


@dataclass(frozen=True, slots=True)
class FrameEnd:
    """CS went high."""

    time_ns: int


@dataclass(frozen=True, slots=True)
class Trouble:
    """Something in the capture that is not as it should be."""

    time_ns: int
    kind: TroubleKind


BusEvent = Nibble | Command | FrameEnd | Trouble


class BusDecoder:
    """Samples in, bus events out; the first frame counts only when its beginning was seen.

    Args:
        shortest_wr_ns: what the datasheet asks of a WR pulse; a shorter one is told as a trouble and taken all
            the same, for the chip took it or not, and many meters drive theirs too fast.
    """

    def __init__(self, shortest_wr_ns: int = 0) -> None:
        self._shortest_wr_ns = shortest_wr_ns
        self._before: Levels | None = None
        self._fell_ns: int | None = None
        self._in_frame = False
        self._mode: int | None = None
        self._address: int | None = None
        self._addressed = False
        self._bits: Bits = []

    def feed(self, sample: Sample) -> list[BusEvent]:
        """Take the next sample; what it completes."""
        before, now = self._before, sample.levels
        self._before = now
        if now is None:
            return self._lose(sample.time_ns, "gap")
        if before is None:
            if not now[0]:
                return [Trouble(sample.time_ns, "cut start")]
            return []
        events: list[BusEvent] = []
        cs_rose = now[0] and not before[0]
        if before[0] and not now[0]:
            self._begin()
        elif self._in_frame:
            if now[1] and not before[1]:
                self._pulse(sample.time_ns, events)
                # A bit taken in the moment in which DATA or CS changes is one or the other.
                clear = now[2] == before[2] and not cs_rose
                self._take_written(sample.time_ns, now[2] if clear else None, events)
            elif now[3] and not before[3] and self._mode == _READ:
                self._take_read(sample.time_ns, now[2] if now[2] == before[2] else None, events)
        if before[1] and not now[1]:
            self._fell_ns = sample.time_ns
        if cs_rose:
            events += self._finish(sample.time_ns)
        return events

    def end(self, time_ns: int) -> list[BusEvent]:
        """The capture is over."""
        return self._lose(time_ns, "cut end") if self._in_frame else []

    def _begin(self) -> None:
        self._in_frame = True
        self._mode = None
        self._address = None
        self._addressed = False
        self._bits = []

    def _finish(self, time_ns: int) -> list[BusEvent]:
        if not self._in_frame:
            return []
        self._in_frame = False
        events: list[BusEvent] = []
        if self._bits or (self._mode in (_WRITE, _READ) and not self._addressed):
            events.append(Trouble(time_ns, "cut end"))
        if self._bits and self._mode == _WRITE and self._addressed:
            events.append(Nibble(time_ns, self._address, None))  # a part of it may stand in the memory
        return [*events, FrameEnd(time_ns)]

    def _lose(self, time_ns: int, kind: TroubleKind) -> list[BusEvent]:
        was = self._in_frame
        self._in_frame = False
        self._fell_ns = None
        return [Trouble(time_ns, kind), FrameEnd(time_ns)] if was else [Trouble(time_ns, kind)]

    def _pulse(self, time_ns: int, events: list[BusEvent]) -> None:
        if self._fell_ns is not None and time_ns - self._fell_ns < self._shortest_wr_ns:
            events.append(Trouble(time_ns, "short pulse"))

    def _take_written(self, time_ns: int, bit: int | None, events: list[BusEvent]) -> None:
        if bit is None:
            events.append(Trouble(time_ns, "unclear bit"))
        if self._mode == _READ and self._addressed:
            return  # only RD counts now
        self._bits.append(bit)
        if self._mode is None:
            if len(self._bits) == MODE_BITS:
                self._take_mode(time_ns, events)
        elif self._mode == _COMMAND:
            if len(self._bits) == COMMAND_BITS:
                events.append(Command(time_ns, number(self._bits[:-1])))
                self._bits = []
        elif not self._addressed:
            if len(self._bits) == ADDRESS_BITS:
                self._address = number(self._bits)
                self._addressed = True
                self._bits = []
        elif self._mode == _WRITE:
            self._nibble(time_ns, False, events)

    def _take_mode(self, time_ns: int, events: list[BusEvent]) -> None:
        unclear = None in self._bits
        self._mode = number(self._bits)
        self._bits = []
        if self._mode not in (_WRITE, _COMMAND, _READ):
            events.append(Trouble(time_ns, "no mode"))
            self._in_frame = False  # whatever it is, the rest of it means nothing here
            if unclear:
                events += [Nibble(time_ns, None, None), Command(time_ns, None), FrameEnd(time_ns)]

    def _take_read(self, time_ns: int, bit: int | None, events: list[BusEvent]) -> None:
        if self._addressed:
            self._bits.append(bit)
            self._nibble(time_ns, True, events)

    def _nibble(self, time_ns: int, by_chip: bool, events: list[BusEvent]) -> None:
        if len(self._bits) < NIBBLE_BITS:
            return
        events.append(Nibble(time_ns, self._address, number(self._bits[::-1]), by_chip))
        self._bits = []
        if self._address is not None:
            self._address += 1


def number(bits: Bits) -> int | None:
    """Bits as a number, the first one highest; None when one of them is unclear."""
    value = 0
    for bit in bits:
        if bit is None:
            return None
        value = value << 1 | bit
    return value
