"""A logic analyser's CSV to the levels of the bus lines over time.

Three ways of writing are known, told apart by what stands in the file:

    edges       time,CS,WR,DATA[,RD]: a row where something changed, levels after the change
    Saleae      Time [s],Channel 0,Channel 1,...: the same; X is "no data"
    sigrok      ; Samplerate: 1 MHz, then a row a sample without a time (or with one)

Separators are comma, semicolon, tab or blanks. Sources of the two tools' formats: docs/lcd-trace.md.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

LINES = ("cs", "wr", "data", "rd")
NEEDED = LINES[:3]

Levels = tuple[int, int, int, int]
"""Levels of CS, WR, DATA and RD; an RD that was not captured stays high."""

_ALIASES = {
    "cs": ("cs", "ncs", "csn", "csb", "ss"),
    "wr": ("wr", "nwr", "wrn", "wrb"),
    "data": ("data", "dat", "dio"),
    "rd": ("rd", "nrd", "rdn", "rdb"),
}
_UNITS_NS = {
    "s": 1_000_000_000, "sec": 1_000_000_000, "second": 1_000_000_000, "seconds": 1_000_000_000,
    "ms": 1_000_000, "milliseconds": 1_000_000,
    "us": 1_000, "µs": 1_000, "μs": 1_000, "microseconds": 1_000,
    "ns": 1, "nanoseconds": 1,
}  # fmt: skip
_HERTZ = {"hz": 1, "khz": 1_000, "mhz": 1_000_000, "ghz": 1_000_000_000}
_TIME_WORDS = ("time", "t", "timestamp")
_SECOND_NS = 1_000_000_000
_NO_DATA = ("x", "z", "")


class CaptureError(ValueError):
    """A capture cannot be read; the text names the line and what to do."""


@dataclass(frozen=True, slots=True)
class Sample:
    """Levels from a moment on.

    Attributes:
        time_ns: since the start of the capture's own clock.
        levels: None where the analyser has no data.
    """

    time_ns: int
    levels: Levels | None


def read(
    chunks: Iterable[str], channels: Mapping[str, str] | None = None, samplerate_hz: int | None = None
) -> Iterator[Sample]:
    """The changes in a capture, in order, and last the moment of its last row.

    Args:
        chunks: the file's text, cut anywhere.
        channels: name of the channel in the file for "cs", "wr", "data", "rd"; where left out, names that are
            customary are looked for.
        samplerate_hz: samples a second, for a file that holds neither times nor a rate.

    Raises:
        CaptureError: a line has no such channel, no time can be told, or a row is no row.
    """
    layout = _Layout(channels or {}, samplerate_hz)
    before: Sample | None = None
    last: Sample | None = None
    row_before = ""
    number = 0
    index = 0
    for number, line in enumerate(_lines(chunks), 1):
        if layout.places is not None and line == row_before and layout.time_at is None:
            index += 1  # the usual row of a sampled capture: nothing changed
            continue
        if not layout.is_row(line, number):
            continue
        sample = layout.sample(line, number, index)
        index += 1
        row_before = line
        if last is not None and sample.time_ns < last.time_ns:
            raise CaptureError(
                f"line {number}: time goes back; export one capture, in order of time, into one file"
            )
        last = sample
        if before is None or sample.levels != before.levels:
            before = sample
            yield sample
    if last is None or before is None:
        raise CaptureError(f"no samples in {number} lines: is this the export of a logic analyser as CSV?")
    if layout.time_at is None:
        last = Sample(layout.time_of(index - 1), before.levels)
    if last.time_ns > before.time_ns:
        yield Sample(last.time_ns, before.levels)


def _lines(chunks: Iterable[str]) -> Iterator[str]:
    rest = ""
    for chunk in chunks:
        *whole, rest = (rest + chunk).split("\n")
        yield from (line.strip(" \r\ufeff") for line in whole)
    if rest.strip(" \r\ufeff"):
        yield rest.strip(" \r\ufeff")


class _Layout:
    """What the columns of one file mean, learned from its first lines.

    Attributes:
        places: column of each of LINES (-1: not captured); None before the header was seen.
        time_at: column of the time, None where rows are samples at a fixed rate.
    """

    def __init__(self, channels: Mapping[str, str], samplerate_hz: int | None) -> None:
        unknown = [name for name in channels if name not in LINES]
        if unknown:
            raise CaptureError(f"no such line {unknown[0]!r}: the bus has {', '.join(LINES)}")
        self._channels = channels
        self._samplerate_hz = samplerate_hz
        self._names: Sequence[str] = ()
        self._separator = ","
        self._unit_ns = _SECOND_NS
        self.places: tuple[int, ...] | None = None
        self.time_at: int | None = None

    def is_row(self, line: str, number: int) -> bool:
        """Take comments and the header; True when the line is a row of levels."""
        if not line or line.startswith("#") or line.startswith(";") or line.upper().startswith("FRAME"):
            self._comment(line, number)
            return False
        if self.places is not None:
            return True
        self._separator = next((mark for mark in ("\t", ";", ",") if mark in line), " ")
        header = [name.strip(' "') for name in self._split(line)]
        if all(_is_number(name) for name in header):
            self._header(self._names, number)  # no header row: the names stood in a comment
            return True
        if all(name.lower() in ("logic", *_UNITS_NS, *_TIME_WORDS) for name in header) and self._names:
            names = iter(self._names)
            header = [next(names, name) if name.lower() == "logic" else name for name in header]
        self._header(header, number)
        return False

    def sample(self, line: str, number: int, index: int) -> Sample:
        """The levels of a row."""
        assert self.places is not None
        fields = self._split(line)
        try:
            time_ns = (
                self.time_of(index) if self.time_at is None else self._time(fields[self.time_at], number)
            )
            levels = [1 if at < 0 else _level(fields[at]) for at in self.places]
        except CaptureError:  # a ValueError too, and it says more
            raise
        except (ValueError, IndexError):
            raise CaptureError(
                f"line {number}: {line[:60]!r} is no row of levels as the header has it"
            ) from None
        if None in levels:
            return Sample(time_ns, None)
        cs, wr, data, rd = levels
        assert cs is not None
        assert wr is not None
        assert data is not None
        assert rd is not None
        return Sample(time_ns, (cs, wr, data, rd))

    def time_of(self, index: int) -> int:
        """Moment of the sample of this number."""
        assert self._samplerate_hz is not None
        return index * _SECOND_NS // self._samplerate_hz

    def _split(self, line: str) -> list[str]:
        return line.split() if self._separator == " " else line.split(self._separator)

    def _time(self, text: str, number: int) -> int:
        decimal = text.strip(' "').replace(",", ".")
        time_ns = float(decimal) * self._unit_ns
        if not math.isfinite(time_ns):
            raise CaptureError(f"line {number}: {decimal[:40]!r} is no moment; export the capture again")
        return round(time_ns)

    def _comment(self, line: str, number: int) -> None:
        found = re.search(r"Sample\s?rate:?\s*([\d.]+)\s*([kMG]?Hz)", line, re.IGNORECASE)
        if found and self._samplerate_hz is None:
            rate_hz = _rate_hz(found[1]) * _HERTZ[found[2].lower()]
            if not 0.5 < rate_hz < math.inf:
                raise CaptureError(
                    f"line {number}: {found[0][:60]!r} is no sample rate; write the true one with --samplerate"
                )
            self._samplerate_hz = round(rate_hz)
        found = re.match(r"[;#]\s*Channels\s*\([^)]*\):\s*(.+)", line, re.IGNORECASE)
        if found:
            self._names = [name.strip(' "') for name in found[1].split(",")]

    def _header(self, names: Sequence[str], number: int) -> None:
        plain = [_plain(name) for name in names]
        for at, name in enumerate(names):
            unit = _time_unit(name)
            if unit is not None:
                self.time_at, self._unit_ns = at, unit
                break
        places = []
        for line in LINES:
            wanted = self._channels.get(line)
            known = (_plain(wanted),) if wanted is not None else _ALIASES[line]
            at = next((place for place, name in enumerate(plain) if name in known), -1)
            if at < 0 and (wanted is not None or line in NEEDED):
                said = ", ".join(repr(name) for name in names) or "no names"
                raise CaptureError(
                    f"line {number}: no channel {wanted or line.upper()!r} among {said}; "
                    "say which is which: --channels cs=NAME,wr=NAME,data=NAME"
                )
            places.append(at)
        if self.time_at is None and self._samplerate_hz is None:
            raise CaptureError(
                f"line {number}: neither a column of times nor a sample rate; write --samplerate HERTZ"
            )
        self.places = tuple(places)


def _rate_hz(text: str) -> float:
    """The number; 0 when it is none, as in `1.2.3`."""
    try:
        return float(text)
    except ValueError:
        return 0.0


def _plain(name: str) -> str:
    """A channel's name without case, bars and the marks of a low active line."""
    return re.sub(r"[^a-z0-9]", "", name.lower())


def _time_unit(name: str) -> int | None:
    """Nanoseconds of one unit when this heads a column of times: `Time [s]`, `time_us`, `Time(ms)`, `Nanoseconds`."""
    words = [word for word in re.split(r"[^a-zµμ]+", name.lower()) if word]
    if len(words) == 1 and len(words[0]) > 2 and words[0] in _UNITS_NS:
        return _UNITS_NS[words[0]]
    if not words or words[0] not in _TIME_WORDS:
        return None
    return _UNITS_NS.get(words[1]) if len(words) > 1 else _SECOND_NS


def _is_number(text: str) -> bool:
    return re.fullmatch(r"[+-]?[\d.,]+(e[+-]?\d+)?|[xXzZ]", text) is not None


def _level(text: str) -> int | None:
    """1, 0, or None for "no data". Raises ValueError."""
    plain = text.strip(' "').lower()
    if plain in ("1", "0"):
        return int(plain)
    if plain in _NO_DATA:
        return None
    return int(bool(float(plain))) if plain in ("1.0", "0.0") else int("not a level")
