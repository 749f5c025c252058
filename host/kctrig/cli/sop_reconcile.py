"""`kctrig sop reconcile`: what AP2T and P2APST have registered against what the meters showed."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import click

from kctrig.cli import exits
from kctrig.cli.sop_common import bad_input, lang_option, must_not_be_input, note, refused, utc_offset_min
from kctrig.sop import lines as table
from kctrig.sop import sheets, summary, usage
from kctrig.sop.kinds import WRONG, Kind
from kctrig.sop.names import AP2T, P2APST
from kctrig.sop.reconcile import Line
from kctrig.sop.reconcile import reconcile as reconciled
from kctrig.sop.register import Footer, Registered, read_register
from kctrig.sop.table import Names, TableError, read_table

EPILOG = """\b
Example:
  kctrig sop reconcile --store shift.db --ap2t ap2t.csv
  kctrig sop reconcile --store shift.db --ap2t ap2t.xlsx --p2apst p2apst.csv --out reconciled.xlsx
  kctrig sop reconcile --store bench1.db --store bench2.db --ap2t ap2t.csv --zone WITA

\b
AP2T needs a column for the meter number and one for VKRN (or the officer's confirmation); CSV or .xlsx, in
any spelling or encoding that is usual. Every row comes out again, whatever is wrong with it.
Exit codes: 0 no register contradicts a meter; 1 a register has to be corrected; 2 bad input; 4 a person must look.
"""
_DEFECTS_MAX = 20
"""Lines about rows on stderr; every row is in the table all the same."""


@click.command(epilog=EPILOG, short_help="AP2T and P2APST against what the meters showed.")
@click.option(
    "--store",
    "store_paths",
    metavar="FILE",
    multiple=True,
    type=click.Path(path_type=Path),
    default=["kctrig.db"],
    show_default=True,
    help="A store that `upgrade` wrote; repeat for more benches.",
)
@click.option(
    "--ap2t", metavar="FILE", required=True, type=click.Path(path_type=Path), help="Export of AP2T."
)
@click.option("--p2apst", metavar="FILE", type=click.Path(path_type=Path), help="Export of P2APST.")
@click.option(
    "--out", metavar="FILE", type=click.Path(path_type=Path), help="All meters to FILE: .csv, .xlsx or .json."
)
@click.option(
    "--zone",
    metavar="WIB|WITA|WIT",
    default="WIB",
    envvar="KCTRIG_ZONE",
    show_default=True,
    help="Time zone of the registers.",
)
@lang_option
@click.option("--json", "as_json", is_flag=True, help="One JSON line a meter on stdout.")
def reconcile(
    store_paths: tuple[Path, ...],
    ap2t: Path,
    p2apst: Path | None,
    out: Path | None,
    zone: str,
    lang: str,
    as_json: bool,
) -> int:
    """Compare the registered VKRN with the KRN that each meter showed; say what the SOP has done about it."""
    from kctrig.report import words
    from kctrig.sop.evidence import read_shown

    for store_path in store_paths:
        if not store_path.is_file():
            raise refused(usage.no_store(store_path), lang)
    offset_min = utc_offset_min(zone, lang)
    try:
        if out is not None:
            sheets.check_suffix(out)
            must_not_be_input(out, (*store_paths, ap2t, *([p2apst] if p2apst else [])), lang)
        registered = _register(ap2t, AP2T, lang)
        others = _register(p2apst, P2APST, lang) if p2apst is not None else []
        shown = read_shown(list(dict.fromkeys(store_paths)), {**words.MEANINGS, **words.REASONS})
        found = reconciled(registered, shown, others, utc_offset_min=offset_min)
        if out is not None:
            counts = {kind.value: 0 for kind in Kind}
            for line in found:
                counts[line.kind.value] += 1
            sheets.write(out, table.HEADER, table.cells(found, lang, offset_min), {"counts": counts})
    except TableError as error:
        raise bad_input(error, lang) from None
    if as_json:
        for row in table.cells(found, lang, offset_min):
            click.echo(json.dumps(dict(zip(table.HEADER, row, strict=True)), ensure_ascii=False))
    else:
        click.echo(
            summary.title(str(ap2t), ", ".join(map(str, store_paths)), len(registered), len(shown)).into(lang)
        )
        _show(found, lang, offset_min)
    if out is not None:
        click.echo(summary.wrote(str(out), len(found)).into(lang), err=as_json)
    return _code(found)


def _register(path: Path, names: Names, lang: str) -> list[Registered]:
    """The rows of a register; what is no meter is said on stderr."""
    found = read_table(path, names)
    note((*found.notes, *found.unread), lang, f"{path}: ")
    rows: list[Registered] = []
    defects = 0
    for one in read_register(found, needs_meter=names is AP2T):
        lines = (one.said,) if isinstance(one, Footer) else one.problems
        if isinstance(one, Registered):
            rows.append(one)
        for line in lines:
            defects += 1
            if defects <= _DEFECTS_MAX:
                note([line], lang, f"{path}: " if isinstance(one, Footer) else f"{path}: {one.row_no}: ")
    if defects > _DEFECTS_MAX:
        note([summary.more_defects(defects - _DEFECTS_MAX)], lang, f"{path}: ")
    return rows


def _show(found: Sequence[Line], lang: str, utc_offset_min: int) -> None:
    rows = [summary.headings(lang), *summary.counts(found, lang)]
    widths = [max(len(cell) for cell in column) for column in zip(*rows, strict=True)]
    click.echo()
    for row in rows:
        cells = [cell.rjust(width) for cell, width in zip(row[1:], widths[1:], strict=True)]
        click.echo("  " + "  ".join([row[0].ljust(widths[0]), *cells]).rstrip())
    unseen = summary.unseen(found)
    if unseen is not None:
        click.echo("  " + unseen.into(lang))
    urgent = list(summary.urgent(found, lang, utc_offset_min))
    if urgent:
        click.echo()
    for line in urgent:
        click.echo(line)


def _code(found: Sequence[Line]) -> int:
    kinds = {line.kind for line in found}
    if Kind.IN_DOUBT in kinds:
        return exits.IN_DOUBT
    return exits.NOT_PASSED if kinds & WRONG else exits.OK
