"""`kctrig report`: a store, or one shift of it, as files for people and for machines."""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import click

from kctrig.cli import exits
from kctrig.cli.stores import F, must_exist, source_argument
from kctrig.cli.zones import zone_option
from kctrig.lang import LANGS

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

    from kctrig.report.record import Report

EPILOG = """\b
Example:
  kctrig report shift.db --html shift.html --lang id --zone WIB
  kctrig report shift.db --shift 3 --junit shift3.xml --csv shift3.csv
  kctrig report bundle.zip --meter 07000001375 --jsonl -

\b
All files are projections of the same events; a FILE of - is stdout. HTML and SVG speak the language of
--lang and the time of --zone; JUnit, CSV and JSON lines are the same in every language, their times are UTC.
Exit codes: 0 written; 1 written, but the record was bent; 2 bad input;
4 written, and a meter is in doubt or half done.
"""
STDOUT = Path("-")


def _file(name: str, what: str) -> Callable[[F], F]:
    """An option that names the file of one report."""
    return click.option(
        f"--{name}",
        f"{name}_path",
        metavar="FILE",
        type=click.Path(path_type=Path, dir_okay=False, allow_dash=True),
        help=what,
    )


@click.command(epilog=EPILOG)
@source_argument("STORE|BUNDLE.zip")
@_file("html", "One page to read, print on A4 and sign.")
@_file("svg", "The chart of seconds per meter.")
@_file("junit", "A test case a meter, for CI.")
@_file("csv", "A row a meter, for a spreadsheet.")
@_file("xlsx", "A row a meter, as a workbook; FILE ends in .xlsx.")
@_file("jsonl", "Everything, as JSON lines.")
@click.option(
    "--lang",
    type=click.Choice(LANGS),
    default="en",
    envvar="KCTRIG_LANG",
    show_default=True,
    help="For people.",
)
@zone_option("Of every time for people")
@click.option(
    "--shift", type=click.IntRange(min=1), metavar="N", help="Only this shift, as it stood at its end."
)
@click.option("--meter", "meters", metavar="NO", multiple=True, help="Only this meter; may be repeated.")
@click.option("--json", "as_json", is_flag=True, help="One JSON line on stdout.")
def report(
    source: Path,
    lang: str,
    zone: ZoneInfo | None,
    shift: int | None,
    meters: tuple[str, ...],
    as_json: bool,
    **paths: Path | None,
) -> int:
    """Write what happened, from a store or an exported bundle: HTML to print, SVG, JUnit, CSV, XLSX, JSON lines."""
    from kctrig.report.build import NoSuchShift
    from kctrig.report.source import report_from
    from kctrig.report.summary import summary_of

    wanted = {name.removesuffix("_path"): path for name, path in paths.items() if path is not None}
    if not wanted:
        raise click.UsageError("name a file to write: --html, --svg, --junit, --csv, --xlsx or --jsonl FILE")
    must_exist(source)
    if list(wanted.values()).count(STDOUT) > 1:
        raise click.UsageError("only one report can go to stdout")
    files = [path.resolve() for path in wanted.values() if path != STDOUT]
    for path in files:
        if files.count(path) > 1:
            raise click.UsageError(f"{path.name} is named for two reports; name a file for each")
    for name, path in wanted.items():
        if path != STDOUT and path.exists() and path.samefile(source):
            raise click.UsageError(f"--{name} is the store itself; name another file")
    _must_be_free(wanted)
    try:
        record = report_from(source, made_unix_ms=time.time_ns() // 1_000_000, shift=shift, meters=meters)
    except NoSuchShift as error:
        raise click.UsageError(str(error)) from error
    for number in meters:
        if number not in {meter.meter_no for meter in record.meters}:
            raise click.UsageError(f"meter {number} is not in {source}{' in that shift' if shift else ''}")
    for name, path in wanted.items():
        if name == "xlsx":
            _write_workbook(path, record)
        else:
            _write(path, _projection(name, record, lang, zone))
    counted = summary_of(record)
    if as_json:
        line = {
            "files": {name: str(path) for name, path in wanted.items()},
            "meters": counted.meters,
            "passed": counted.passed,
            "states": counted.states,
            "events_fit": record.chain.ok,
        }
        click.echo(json.dumps(line, ensure_ascii=False), err=STDOUT in wanted.values())
    else:
        names = ", ".join(str(path) for path in wanted.values() if path != STDOUT)
        meters_said = "1 meter" if counted.meters == 1 else f"{counted.meters} meters"
        said = f"{names}: {meters_said}, {counted.passed} on the new key"
        click.echo(said if names else said.removeprefix(": "), err=True)
    if not record.chain.ok:
        click.echo(f"kctrig: the record was bent: {record.chain.wrong}", err=True)
        return exits.NOT_PASSED
    return exits.of_states(list(counted.states))


def _must_be_free(wanted: Mapping[str, Path]) -> None:
    """A usage error where a report would take the place of a file that is none."""
    from kctrig.report.ours import may_replace

    for name, path in wanted.items():
        try:
            if path != STDOUT and not may_replace(name, path):
                raise click.UsageError(
                    f"{path} is there already and is no {name} report; --{name} needs another name"
                )
        except OSError as error:
            raise click.UsageError(f"{path} cannot be written: {error.strerror}") from error


def _projection(name: str, record: Report, lang: str, zone: ZoneInfo | None) -> Iterable[str] | bytes:
    if name == "html":
        from kctrig.report.page import html

        return html(record, lang, zone)
    if name == "svg":
        from kctrig.report.page import chart_file

        return [chart_file(record, lang, zone)]
    if name == "junit":
        from kctrig.report.junit import junit

        return junit(record)
    if name == "csv":
        from kctrig.report.table import table

        return table(record)
    from kctrig.report.lines import lines

    return lines(record)


def _write(path: Path, pieces: Iterable[str] | bytes) -> None:
    """Write a file whole or not at all."""
    encoded: Iterable[bytes] = (
        [pieces] if isinstance(pieces, bytes) else (piece.encode("utf-8", "replace") for piece in pieces)
    )
    if path == STDOUT:
        out = sys.stdout.buffer
        out.writelines(encoded)
        out.flush()
        return
    part = path.with_name(path.name + ".part")
    try:
        with part.open("wb") as file:
            file.writelines(encoded)
        os.replace(part, path)
    except OSError as error:
        part.unlink(missing_ok=True)
        raise click.UsageError(f"{path} cannot be written: {error.strerror}") from error


def _write_workbook(path: Path, record: Report) -> None:
    from kctrig.report.table import COLUMNS, rows
    from kctrig.worklist.table import write

    if path.suffix.lower() != ".xlsx":
        raise click.UsageError(f"--xlsx {path}: name the file .xlsx")
    write(path, COLUMNS, rows(record), "kctrig")
