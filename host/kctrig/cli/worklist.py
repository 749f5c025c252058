"""`kctrig worklist`: lists checked, put together, handed out to benches, and what goes back to the utility."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

import click

from kctrig.cli import exits, tables
from kctrig.cli.work import profile_of
from kctrig.cli.worklist_back import back
from kctrig.cli.worklist_in import checkin
from kctrig.cli.worklist_out import checkout, counted, status
from kctrig.worklist import table
from kctrig.worklist.merge import Fate, Merged, merge
from kctrig.worklist.reader import read_each
from kctrig.worklist.writer import SOURCE, with_extra, write_list

_CHECK = """\b
Example:
  kctrig worklist check bank_kct.csv
  kctrig worklist check north.xlsx south.csv --json

\b
Exit codes: 0 every row can be used or is a duplicate; 1 some row cannot; 2 a file cannot be read.
"""
_MERGE = """\b
Example:
  kctrig worklist merge north.xlsx south.csv --out round.csv

\b
The same meter with the same tokens is kept once. With other tokens no row of it is kept:
ask the bank which set is valid. Rows are sorted by street, house number, RT and RW.
The column SUMBER says where a row comes from.
Exit codes: 0 every row is in the result or a duplicate; 1 some row was left out; 2 bad input,
nothing was written.
"""

lists_argument = click.argument("lists", metavar="LIST...", nargs=-1, required=True, type=click.Path())
json_option = click.option("--json", "as_json", is_flag=True, help="JSON lines on stdout.")


@click.group(name="worklist")
def worklist() -> None:
    """Check work lists, put them together, hand them out to benches, send results back."""


@worklist.command(epilog=_CHECK)
@lists_argument
@json_option
def check(lists: tuple[str, ...], as_json: bool) -> int:
    """Read lists (CSV or XLSX) and say what is wrong with which row; several as if merged."""
    merged = _merged(lists)
    _report(merged, as_json)
    return _code(merged)


@worklist.command(name="merge", epilog=_MERGE)
@lists_argument
@click.option(
    "--out",
    metavar="FILE",
    required=True,
    type=click.Path(path_type=Path, dir_okay=False),
    help="The merged list, .csv or .xlsx.",
)
@json_option
def merge_command(lists: tuple[str, ...], out: Path, as_json: bool) -> int:
    """Put lists together into one, sorted by address for a round."""
    table.check_format(out)
    if out.exists():
        raise click.UsageError(f"{out} is there already; name a new file")
    merged = _merged(lists)
    rows = [
        with_extra(listed.row, SOURCE, f"{Path(listed.list_name).name}:{listed.row.row_no}")
        for listed in merged.rows
    ]
    write_list(out, rows)
    _report(merged, as_json)
    click.echo(f"{out}: {counted(len(rows))}", err=as_json)
    return _code(merged)


def _merged(lists: Sequence[str]) -> Merged:
    if len({Path(name).resolve() for name in lists}) < len(lists):
        raise click.UsageError("a list is named twice; name each once")
    return merge([(name, read_each(name, profile_of)) for name in lists])


def _report(merged: Merged, as_json: bool) -> None:
    """One line for every row left out and every note, then the counts."""
    if as_json:
        for one in (*merged.left_out, *merged.notes):
            line = {
                "list": one.list_name,
                "row": one.report.row_no,
                "fate": one.fate or "note",
                "text": str(one.report),
            }
            click.echo(json.dumps(line, ensure_ascii=False))
        for counts in merged.counts:
            click.echo(json.dumps(asdict(counts), ensure_ascii=False))
        return
    for one in merged.left_out:
        click.echo(f"{one.fate}: {one}", err=True)
    for one in merged.notes:
        click.echo(f"note: {one}", err=True)
    headings = ("list", "rows", "usable", "duplicates", "conflicts", "defects")
    tables.show(headings, [tuple(map(str, asdict(counts).values())) for counts in merged.counts])


def _code(merged: Merged) -> int:
    lost = any(one.fate in (Fate.CONFLICT, Fate.DEFECT) for one in merged.left_out)
    return exits.NOT_PASSED if lost else exits.OK


worklist.add_command(checkout)
worklist.add_command(checkin)
worklist.add_command(status)
worklist.add_command(back)
