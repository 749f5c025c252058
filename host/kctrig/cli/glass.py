"""`kctrig glass`: what stood on a meter's glass, from a logic analyser's capture of its LCD driver's bus."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from collections.abc import Iterator

    from kctrig.display.lcd_trace.capture import Sample
    from kctrig.display.lcd_trace.segmap import SegmentMap
    from kctrig.display.lcd_trace.trace import Reading, Stand, Trace

_CHUNK = 1 << 16
_NS = 1_000_000_000
_UNKNOWN_NIBBLE = "?"

_EXAMPLE = """\b
Example:
  kctrig glass capture.csv --map my_meter.toml
  kctrig glass capture.csv --map example_ht1621 --channels cs=D0,wr=D1,data=D2 --svg pictures
  kctrig glass capture.csv --chip HT1621        (the bare memory, to find out which bit is which segment)

\b
Exit codes: 0 read; 1 nothing on the glass could be told for sure; 2 the file or the map cannot be used.
"""


@click.command(epilog=_EXAMPLE)
@click.argument("file", type=click.Path(dir_okay=False, exists=True, path_type=Path))
@click.option("--map", "map_name", metavar="MAP", help="Segment map of the glass: a .toml file or example_….")
@click.option(
    "--chip", type=click.Choice(["HT1621", "HT1622"]), help="Without --map: show the chip's memory."
)
@click.option(
    "--channels", metavar="NAMES", help="cs=NAME,wr=NAME,data=NAME[,rd=NAME]: the file's own names."
)
@click.option(
    "--samplerate", type=click.IntRange(min=1), metavar="HERTZ", help="For a file that says no times."
)
@click.option("--glitch-ns", type=click.IntRange(min=0), metavar="NS", help="Shorter pulses are no levels.")
@click.option(
    "--settle-ms", type=click.IntRange(min=0), metavar="MS", help="What stands shorter is not told."
)
@click.option(
    "--svg", "folder", type=click.Path(file_okay=False, path_type=Path), help="A picture a reading goes here."
)
@click.option("--json", "as_json", is_flag=True, help="One JSON object a reading, then one with the counts.")
def glass(
    file: Path,
    map_name: str | None,
    chip: str | None,
    channels: str | None,
    samplerate: int | None,
    glitch_ns: int | None,
    settle_ms: int | None,
    folder: Path | None,
    as_json: bool,
) -> int:
    """Read a display from a capture of the HT1621 or HT1622 bus behind it, with times.

    FILE is CSV: edges (time,CS,WR,DATA[,RD]), a Saleae export or a sigrok/PulseView export.
    """
    from kctrig.display.lcd_trace import capture, memory, segmap, trace

    if (map_name is None) == (chip is None):
        raise click.UsageError("write either --map MAP or --chip CHIP")
    if folder is not None and map_name is None:
        raise click.UsageError("--svg needs --map: without it nobody knows what the glass looks like")
    try:
        segments = _segments(map_name) if map_name is not None else None
        reader = trace.Trace(
            segments.chip if segments is not None else memory.CHIPS[str(chip)],
            trace.GLITCH_NS if glitch_ns is None else glitch_ns,
            trace.SETTLE_NS if settle_ms is None else settle_ms * 1_000_000,
        )
        samples = capture.read(_chunks(file), _channels(channels), samplerate)
        sure = (
            _stands(reader, samples, as_json)
            if segments is None
            else _readings(reader, samples, segments, folder, as_json)
        )
    except (capture.CaptureError, segmap.MapError) as error:
        raise click.UsageError(str(error)) from error
    except UnicodeDecodeError as error:
        raise click.UsageError(f"{file} is no text: export the capture as CSV") from error
    _tell_counts(reader, as_json)
    return 0 if sure else 1


def _segments(name: str) -> SegmentMap:
    from kctrig.display.lcd_trace import segmap

    path = Path(name)
    if not path.suffix and not path.exists():
        return segmap.built_in(name)
    try:
        return segmap.parse(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise segmap.MapError(f"{name}: {error.strerror or error}") from error
    except ValueError as error:
        raise segmap.MapError(f"{name}: {error}") from error


def _channels(text: str | None) -> dict[str, str]:
    pairs = [part.partition("=") for part in text.split(",")] if text else []
    if not all(line.strip() and name.strip() for line, _, name in pairs):
        raise click.UsageError("--channels is written cs=NAME,wr=NAME,data=NAME")
    return {line.strip().lower(): name.strip() for line, _, name in pairs}


def _chunks(file: Path) -> Iterator[str]:
    with file.open(encoding="utf-8-sig") as text:
        while chunk := text.read(_CHUNK):
            yield chunk


def _readings(
    reader: Trace, samples: Iterator[Sample], segments: SegmentMap, folder: Path | None, as_json: bool
) -> bool:
    from kctrig.display.draw import svg

    if folder is not None:
        folder.mkdir(parents=True, exist_ok=True)
    sure = False
    for number, reading in enumerate(reader.readings(samples, segments), 1):
        sure = sure or reading.known
        if folder is not None:
            picture = folder / f"{number:04d}_{reading.since_ns / _NS:.6f}s.svg"
            picture.write_text(svg(reading.screen), encoding="utf-8")
        click.echo(json.dumps(_as_row(reading)) if as_json else _as_line(reading))
    return sure


def _as_row(reading: Reading) -> dict[str, object]:
    screen = reading.screen
    return {
        "time_s": reading.since_ns / _NS,
        "text": screen.text,
        "counter": screen.counter,
        "icons": list(screen.icon_names),
        "known": reading.known,
        "settled": reading.settled,
        "image": reading.image.hex(),
    }


def _as_line(reading: Reading) -> str:
    from kctrig.display.draw import caption

    screen = reading.screen
    said = ["not all of it is told in the capture"] if not reading.known else [caption(screen)]
    if screen.blank and reading.known:
        said.append("dark")
    if not reading.settled:
        said.append("the capture ends here")
    notes = ", ".join(part for part in said if part)
    return f"{reading.since_ns / _NS:12.6f} s  [{screen.text}]" + (f"  {notes}" if notes else "")


def _stands(reader: Trace, samples: Iterator[Sample], as_json: bool) -> bool:
    sure = False
    for stand in reader.stands(samples):
        sure = sure or _is_sure(stand)
        text = "".join(_UNKNOWN_NIBBLE if value is None else f"{value:X}" for value in stand.content.nibbles)
        row = {"time_s": stand.since_ns / _NS, "on": stand.content.on, "nibbles": text}
        state = "on " if stand.content.on else "off"
        click.echo(json.dumps(row) if as_json else f"{stand.since_ns / _NS:12.6f} s  {state}  {text}")
    return sure


def _is_sure(stand: Stand) -> bool:
    return stand.content.on_sure and any(value is not None for value in stand.content.nibbles)


def _tell_counts(reader: Trace, as_json: bool) -> None:
    counts = reader.summary()
    if as_json:
        click.echo(json.dumps({"counts": counts}))
    else:
        click.echo(
            ", ".join(f"{name}: {count}" for name, count in counts.items()) or "nothing on the bus", err=True
        )
