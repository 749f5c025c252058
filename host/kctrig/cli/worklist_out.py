"""`kctrig worklist checkout|status`: rows into the hands of benches, and who has what."""

from __future__ import annotations

import json
import time
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import click

from kctrig.cli import exits, tables
from kctrig.cli.plain import plain_line
from kctrig.cli.work import profile_of
from kctrig.worklist import table
from kctrig.worklist.address import starts_with
from kctrig.worklist.in_use import changing
from kctrig.worklist.ledger import BenchFile, Hand, Ledger, State, ledger_path
from kctrig.worklist.reader import read
from kctrig.worklist.rows import WorkListError, WorkRow
from kctrig.worklist.writer import BENCH, extra, with_extra, write_list

F = Callable[..., Any]

_WAIT_S = 120.0

_CHECKOUT = """\b
Example:
  kctrig worklist checkout round.csv --bench meja-3 --count 50 --out meja-3.csv
  kctrig worklist checkout round.csv --bench meja-3 --address "Jl. Melati" --out melati.xlsx
  kctrig worklist checkout round.csv --bench meja-3 --again --out meja-3-again.csv

\b
The ledger (kctrig.ledger, one for all lists of the folder) says which row is with which bench.
A row with a bench is not given to another, whatever breaks off when: it stands in the ledger
before it stands in FILE. If FILE was lost, --again writes what the bench has in its hands.
Exit codes: 0 rows handed out; 1 no free row; 2 bad input, nothing was handed out.
"""
_STATUS = """\b
Example:
  kctrig worklist status round.csv
  kctrig worklist status round.csv --bench meja-3
  kctrig worklist status round.csv --json

\b
Exit codes: 0 nothing to mend; 1 a file of a bench was lost (checkout --again); 2 bad input.
"""


def list_and_ledger(command: F) -> F:
    """The list and its ledger."""
    for option in (
        click.option(
            "--ledger",
            "ledger_file",
            metavar="FILE",
            type=click.Path(path_type=Path, dir_okay=False),
            help="Who has which row.  [default: kctrig.ledger beside LIST]",
        ),
        click.argument("list_path", metavar="LIST", type=click.Path(path_type=Path)),
    ):
        command = option(command)
    return command


def bench_name(name: str) -> str:
    """The name of a bench; a usage error for one that is none."""
    if not name.strip():
        raise click.UsageError("--bench needs a name")
    return name.strip()


def now_unix_ms() -> int:
    """Wall clock, for people who read the ledger."""
    return time.time_ns() // 1_000_000


@click.command(epilog=_CHECKOUT)
@list_and_ledger
@click.option("--bench", metavar="NAME", type=plain_line, required=True, help="Who gets the rows.")
@click.option("--count", metavar="N", type=click.IntRange(min=1), help="At most this many rows.")
@click.option(
    "--address", metavar="BEGINNING", default="", help="Only rows whose address begins with these words."
)
@click.option("--again", is_flag=True, help="Write the rows that the bench has in its hands once more.")
@click.option(
    "--out",
    metavar="FILE",
    required=True,
    type=click.Path(path_type=Path, dir_okay=False),
    help="The bench's own list, .csv or .xlsx.",
)
@click.option("--json", "as_json", is_flag=True, help="One JSON line on stdout.")
def checkout(
    list_path: Path,
    ledger_file: Path | None,
    bench: str,
    count: int | None,
    address: str,
    again: bool,
    out: Path,
    as_json: bool,
) -> int:
    """Hand rows of LIST out to a bench: no row, and no token, to two benches."""
    bench = bench_name(bench)
    if again and (count or address):
        raise click.UsageError("--again writes everything the bench has: no --count, no --address")
    if not (again or count or address):
        raise click.UsageError("say how much: --count N, --address BEGINNING or both")
    table.check_format(out)
    with changing(list_path, wait_s=_WAIT_S):
        found = read(list_path, profile_of)
        rows = [row for row in found.rows if starts_with(row.address, address)]
        _reserve(out)
        try:
            with Ledger(ledger_file or ledger_path(list_path)) as ledger:
                now = now_unix_ms()
                if again:
                    file, taken = ledger.take_again(rows, bench, out, now_unix_ms=now)
                else:
                    file, taken = ledger.take(rows, bench, out, count=count, now_unix_ms=now)
                if taken:
                    _write(out, taken, bench, list_path)
                    ledger.mark_written(file)
        finally:
            _let_go(out)
    if found.defects:
        unusable = f"{counted(len(found.defects))} of {list_path} cannot be used"
        click.echo(f"{unusable} (kctrig worklist check {list_path})", err=True)
    if not taken:
        where = "with this beginning of the address " if address else ""
        what = f"{bench} has no row in its hands" if again else f"no free row {where}is left in {list_path}"
        click.echo(f"kctrig: {what} (kctrig worklist status {list_path})", err=True)
        return exits.NOT_PASSED
    if as_json:
        line = {"out": str(out), "bench": bench, "meters": [row.meter_no for row in taken]}
        click.echo(json.dumps(line, ensure_ascii=False))
    else:
        click.echo(f"{out}: {counted(len(taken))} for {bench}")
    return exits.OK


def _reserve(out: Path) -> None:
    """Take the name of the file, so that nothing that another process writes is lost."""
    try:
        out.touch(exist_ok=False)
    except FileExistsError:
        raise click.UsageError(f"{out} is there already; name a new file") from None
    except OSError as error:
        raise click.UsageError(f"{out} cannot be written: {error.strerror or error}") from error


def _let_go(out: Path) -> None:
    """Remove the name again when nothing was written under it."""
    if out.is_file() and not out.stat().st_size:
        out.unlink()


def _write(out: Path, taken: Sequence[WorkRow], bench: str, list_path: Path) -> None:
    try:
        write_list(out, [with_extra(row, BENCH, bench) for row in taken])
    except WorkListError as error:
        raise WorkListError(
            f"{error}. {counted(len(taken))} of {list_path} are with {bench} and in no file: "
            f"write them with checkout --again"
        ) from error


@click.command(epilog=_STATUS)
@list_and_ledger
@click.option("--bench", metavar="NAME", default="", help="Every row of this bench.")
@click.option("--json", "as_json", is_flag=True, help="One JSON line a row and a file on stdout.")
def status(list_path: Path, ledger_file: Path | None, bench: str, as_json: bool) -> int:
    """Show which rows of LIST are with whom, what came of them, and which file was lost."""
    found = read(list_path, profile_of)
    path = ledger_file or ledger_path(list_path)
    hands: list[Hand] = []
    files: list[BenchFile] = []
    if path.is_file():
        with Ledger(path) as ledger:
            hands, files = ledger.hands(), ledger.files()
            if bench:
                bench = bench_name(bench)
                must_know(ledger, bench)
    elif ledger_file:
        raise click.UsageError(f"no ledger at {path}")
    of_meter = {hand.meter_no: hand for hand in hands}
    free = [row for row in found.rows if row.meter_no not in of_meter and not extra(row, BENCH)]
    strangers = len(of_meter.keys() - {row.meter_no for row in found.rows})
    lost = [file for file in _unreplaced(files) if file.is_lost]
    if as_json:
        _show_json(found.rows, of_meter, files, bench)
    elif bench:
        _show_bench(found.rows, of_meter, bench)
    else:
        _show_counts(hands)
        click.echo(f"{counted(len(free))} of {list_path} free, {len(found.defects)} left out as unusable")
        if strangers:
            click.echo(f"{counted(strangers)} of the ledger not in this list", err=True)
    for file in lost:
        click.echo(
            f"kctrig: {file.path} was lost or never written, {counted(len(file.meters))} of {file.bench}: "
            f"kctrig worklist checkout {list_path} --bench {file.bench} --again --out NEW",
            err=True,
        )
    return exits.NOT_PASSED if lost else exits.OK


def _unreplaced(files: Sequence[BenchFile]) -> list[BenchFile]:
    """The files without those of which every row stands in another one that is there."""
    there = {(file.bench, meter) for file in files if not file.is_lost for meter in file.meters}
    return [file for file in files if any((file.bench, meter) not in there for meter in file.meters)]


def _show_counts(hands: Sequence[Hand]) -> None:
    counts = Counter((hand.bench, hand.state) for hand in hands)
    benches = sorted({hand.bench for hand in hands})
    if benches:
        rows = [(bench, *(str(counts[bench, state]) for state in State)) for bench in benches]
        tables.show(("bench", *(state.value for state in State)), rows)


def _show_bench(rows: Sequence[WorkRow], of_meter: dict[str, Hand], bench: str) -> None:
    lines = []
    for row in rows:
        hand = of_meter.get(row.meter_no)
        if hand and hand.bench == bench:
            when = time.strftime("%Y-%m-%d %H:%M", time.localtime(hand.at_unix_ms / 1000))
            lines.append((str(row.row_no), row.meter_no, hand.state.value, when, row.address))
    tables.show(("row", "meter", "state", "since", "address"), lines)


def must_know(ledger: Ledger, bench: str) -> None:
    """A usage error for a bench that never got a row: its name is misspelt, and nothing is not all in order."""
    known = ledger.benches()
    if bench not in known:
        raise click.UsageError(f"no bench {bench} in the ledger; it knows {', '.join(known) or 'none'}")


def _show_json(
    rows: Sequence[WorkRow], of_meter: dict[str, Hand], files: Sequence[BenchFile], bench: str
) -> None:
    for row in rows:
        hand = of_meter.get(row.meter_no)
        line: dict[str, object] = {"row": row.row_no, "meter_no": row.meter_no, "state": "free", "bench": ""}
        if hand:
            line |= {"state": hand.state.value, "bench": hand.bench, "at_unix_ms": hand.at_unix_ms}
        elif extra(row, BENCH):
            line |= {"state": State.OUT.value, "bench": extra(row, BENCH)}
        if line["bench"] == bench or not bench:
            click.echo(json.dumps(line, ensure_ascii=False))
    for file in files:
        if bench not in ("", file.bench):
            continue
        line = {"file": str(file.path), "bench": file.bench, "rows": len(file.meters), "lost": file.is_lost}
        click.echo(json.dumps(line, ensure_ascii=False))


def counted(rows: int) -> str:
    """`1 row`, `7 rows`."""
    return "1 row" if rows == 1 else f"{rows} rows"
