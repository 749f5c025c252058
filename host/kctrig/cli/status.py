"""`kctrig status`: what the store knows of every meter, the urgent ones first."""

from __future__ import annotations

import json
import time
from dataclasses import asdict
from pathlib import Path

import click

from kctrig.cli import exits, tables
from kctrig.cli.stores import store_option
from kctrig.procedure.verdicts import Verdict
from kctrig.records.store import StatusRow, Store

EPILOG = """\b
Example:
  kctrig status --store shift.db
  kctrig status --store shift.db --json

\b
Exit codes: 0 nothing needs a person; 1 the store was bent, whatever it says of the meters;
2 no such store; 4 a meter is in doubt or half done.
"""


@click.command(epilog=EPILOG)
@store_option
@click.option("--json", "as_json", is_flag=True, help="One JSON line a meter on stdout.")
def status(store_path: Path, as_json: bool) -> int:
    """Show what happened to which meter: in doubt first, then half done, then the newest; and whether the store was bent."""
    from kctrig.records.evidence import check, read_store

    if not store_path.is_file():
        raise click.UsageError(f"no store at {store_path}; name the file that upgrade wrote with --store")
    with Store(store_path, reading=True) as store:
        rows = store.status()
    if as_json:
        for row in rows:
            click.echo(json.dumps(asdict(row), ensure_ascii=False))
    elif rows:
        headings = ("meter", "brand", "state", "attempt", "KRN", "glass", "when", "reason")
        tables.show(headings, [_cells(row) for row in rows], verdict_column=2)
    else:
        click.echo(f"{store_path} has no meter in it yet")
    chain = check(read_store(store_path)).chain
    if not chain.ok:
        click.echo(
            f"kctrig: {store_path} was bent: {chain.wrong}. Believe none of its rows (kctrig verify {store_path})",
            err=True,
        )
        return exits.NOT_PASSED
    return exits.of_states([row.state for row in rows])


def _cells(row: StatusRow) -> tuple[str, ...]:
    when = time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(row.at_unix_ms / 1000))
    krn = "" if row.krn_after is None else str(row.krn_after)
    return (
        row.meter_no,
        row.profile,
        row.state,
        str(row.attempt),
        krn,
        row.shown_after.strip(),
        when,
        row.reason + _deadline(row),
    )


def _deadline(row: StatusRow) -> str:
    if row.half_until_unix_ms is None:
        return ""
    until = time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(row.half_until_unix_ms / 1000))
    if row.half_until_unix_ms < time.time() * 1000:
        return f". It has forgotten that part since {until}; kctrig resume begins with the first token"
    if row.state == Verdict.REJECTED:
        return f". It forgets the part that it took at {until}"
    return f". It forgets that part at {until}; kctrig resume enters the rest"
