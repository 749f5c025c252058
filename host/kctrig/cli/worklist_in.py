"""`kctrig worklist checkin`: rows back from a bench, what came of them as its store proves it."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import click

from kctrig.cli import exits
from kctrig.cli.plain import plain_line
from kctrig.cli.stores import must_exist
from kctrig.cli.work import profile_of
from kctrig.cli.worklist_out import bench_name, counted, list_and_ledger, must_know, now_unix_ms
from kctrig.records.errors import StoreUnreadable
from kctrig.records.evidence import attempts_under_way
from kctrig.records.proved import Proof, Result, read_proofs
from kctrig.worklist.in_use import changing
from kctrig.worklist.ledger import BenchFile, Ledger, State, ledger_path
from kctrig.worklist.reader import read
from kctrig.worklist.rows import WorkListError
from kctrig.worklist.writer import write_list

EPILOG = """\b
Example:
  kctrig worklist checkin round.csv --bench meja-3 --store shift.db
  kctrig worklist checkin round.csv --bench meja-3 --store shift.db --unused --operator Budi
  kctrig worklist checkin round.csv --bench meja-3 --used --meter 00000000018 --operator Budi

\b
With --store, the rows that the store proves done or refused leave the bench's hands. What is in
doubt or half done stays with the bench whose store knows about it. --unused gives rows back that
were not begun: they are taken out of the bench's files first, then they are free; a store that
knows none of the bench's meters is no word for that, name them with --meter. --used is for
rows of which somebody only says that the tokens were entered: they are never handed out again.
Exit codes: 0 done; 1 some meter refused; 2 bad input, nothing was changed; 4 a row stays with
the bench because what was entered is not settled.
"""


_LOCKED = "LOCKED_OUT"


@dataclass(slots=True)
class _Sorted:
    """The rows in a bench's hands by what its store proves about them."""

    done: list[str] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)
    unsettled: dict[str, str] = field(default_factory=dict)
    unused: list[str] = field(default_factory=list)


@click.command(epilog=EPILOG)
@list_and_ledger
@click.option("--bench", metavar="NAME", type=plain_line, required=True, help="Whose rows.")
@click.option(
    "--store",
    "store_path",
    metavar="FILE",
    type=click.Path(path_type=Path),
    help="The bench's store: it says what was done.",
)
@click.option("--unused", is_flag=True, help="Give back the rows that were not begun; needs --operator.")
@click.option("--used", is_flag=True, help="These meters (--meter) are said to be entered; needs --operator.")
@click.option("--meter", "meters", metavar="NO", multiple=True, help="Only this meter; repeat for more.")
@click.option(
    "--gone", is_flag=True, help="Files of the bench that are not there were destroyed; with --unused."
)
@click.option(
    "--operator", metavar="NAME", type=plain_line, default="", help="Who says so; kept in the ledger."
)
@click.option("--json", "as_json", is_flag=True, help="One JSON line a meter on stdout.")
def checkin(
    list_path: Path,
    ledger_file: Path | None,
    bench: str,
    store_path: Path | None,
    unused: bool,
    used: bool,
    meters: tuple[str, ...],
    gone: bool,
    operator: str,
    as_json: bool,
) -> int:
    """Take rows of LIST back from a bench: finished by its store's word, or unused by a person's."""
    bench = bench_name(bench)
    _check(store_path, unused, used, meters, operator)
    path = ledger_file or ledger_path(list_path)
    if not path.is_file():
        raise click.UsageError(f"no ledger at {path}: nothing was checked out")
    with Ledger(path) as ledger, contextlib.ExitStack() as holds:
        must_know(ledger, bench)
        held = _held(ledger, bench, meters)
        # Held before the store is read: nobody begins a row between that and its being free.
        files = _hold_files(ledger.files(), bench, held, gone, holds) if unused else []
        found = _sort(held, store_path, unused and not meters) if store_path else _Sorted(unused=held)
        settle = {State.DONE: found.done, State.REFUSED: found.refused}
        if used:
            settle[State.SAID_USED], found.unused = found.unused, []
        for state, settled in settle.items():
            ledger.settle(settled, bench, state, operator=operator, now_unix_ms=now_unix_ms())
        free: list[str] = []
        if unused:
            said = {hand.meter_no for hand in ledger.hands() if hand.state == State.SAID_USED}
            free = [meter_no for meter_no in found.unused if meter_no not in said]
            _take_out_of_files(files, free)
            ledger.give_back(free, bench, operator=operator, now_unix_ms=now_unix_ms())
            found.unused = [meter_no for meter_no in found.unused if meter_no in said]
    lines = {state.value: settled for state, settled in settle.items()}
    _show(bench, {**lines, "free again": free}, found, as_json)
    if found.unsettled:
        return exits.IN_DOUBT
    return exits.NOT_PASSED if found.refused else exits.OK


def _show(bench: str, came_back: Mapping[str, Sequence[str]], found: _Sorted, as_json: bool) -> None:
    """What came back, then what stays with the bench."""
    if as_json:
        for what, meters in (*came_back.items(), ("not begun", found.unused)):
            for meter_no in meters:
                click.echo(json.dumps({"meter_no": meter_no, "what": what}))
        for meter_no, why in found.unsettled.items():
            line = {"meter_no": meter_no, "what": "not settled", "why": why}
            click.echo(json.dumps(line, ensure_ascii=False))
        return
    for what, meters in came_back.items():
        if meters:
            click.echo(f"{counted(len(meters))} {what}")
    if not (any(came_back.values()) or found.unused or found.unsettled):
        click.echo(f"{bench} has no row in its hands")
    if found.unused:
        click.echo(f"{counted(len(found.unused))} not begun, still with {bench} (--unused gives them back)")
    for meter_no, why in found.unsettled.items():
        click.echo(f"{meter_no} stays with {bench}: {why}", err=True)


def _check(store_path: Path | None, unused: bool, used: bool, meters: Sequence[str], operator: str) -> None:
    if unused and used:
        raise click.UsageError("--unused or --used, not both")
    if not (store_path or unused or used):
        raise click.UsageError("say what came of the rows: --store FILE, --unused or --used")
    if (unused or used) and not operator.strip():
        raise click.UsageError("--unused and --used need --operator NAME: it is a person's word")
    if used and not meters:
        raise click.UsageError("--used needs the meters: --meter NO")
    if unused and not (store_path or meters):
        raise click.UsageError("--unused needs the bench's --store, or the meters: --meter NO")
    if store_path:
        must_exist(store_path)


def _held(ledger: Ledger, bench: str, meters: Sequence[str]) -> list[str]:
    held = [
        hand.meter_no
        for hand in ledger.hands()
        if hand.bench == bench and hand.state in (State.OUT, State.SAID_USED)
    ]
    for meter_no in meters:
        if meter_no not in held:
            raise click.UsageError(f"meter {meter_no} is not in the hands of {bench}; nothing was changed")
    return [meter_no for meter_no in held if not meters or meter_no in meters]


def _sort(held: Sequence[str], store_path: Path, is_all_freed: bool) -> _Sorted:
    """What the store proves about the rows.

    Args:
        held: the meters.
        store_path: the bench's store.
        is_all_freed: whatever it does not know is to be free again, and nobody has named the meters.

    Raises:
        click.UsageError: they would be free by the word of a store that knows none of them.
        StoreUnreadable: it is no store, or its events are not as they were written.
    """
    proofs = read_proofs(store_path)
    if proofs.bent:
        raise StoreUnreadable(
            f"{store_path} was bent: {proofs.bent}. Nothing was checked in (kctrig verify {store_path})"
        )
    if held and not any(meter_no in proofs.of for meter_no in held):
        if is_all_freed:
            raise click.UsageError(
                f"{store_path} knows none of these meters, so it is no word for them: name the store of this bench, or each "
                "meter that was not begun with --meter NO; nothing was changed"
            )
        click.echo(f"note: {store_path} knows none of these meters; is it the store of this bench?", err=True)
    under_way = attempts_under_way(store_path)
    found = _Sorted()
    for meter_no in held:
        proof = proofs.of.get(meter_no, Proof(meter_no))
        if proof.attempt in under_way:
            found.unsettled[meter_no] = "it is being worked on now"
        elif proof.result is Result.DONE:
            found.done.append(meter_no)
        elif proof.verdict == _LOCKED:
            found.unsettled[meter_no] = "it takes no token while it is locked; the same bench tries again"
        elif proof.result is Result.REFUSED:
            found.refused.append(meter_no)
        elif proof.entered:
            found.unsettled[meter_no] = proof.why
        else:
            found.unused.append(meter_no)
    return found


def _hold_files(
    files: Sequence[BenchFile], bench: str, held: Sequence[str], gone: bool, holds: contextlib.ExitStack
) -> list[Path]:
    """The files of the bench that hold any of these rows, each held alone until `holds` ends.

    Raises:
        WorkListError: a file is not there, or is in use.
    """
    found = []
    for file in files:
        if file.bench != bench or not set(held) & set(file.meters):
            continue
        if file.path.exists() and file.path.stat().st_size:
            holds.enter_context(changing(file.path))
            found.append(file.path)
        elif file.written and not gone:
            raise WorkListError(
                f"{file.path} is not here: bring it back to its place, or say --gone if it was destroyed"
            )
    return found


def _take_out_of_files(files: Sequence[Path], back: Sequence[str]) -> None:
    """Write the files without these rows: none may hold them when they are free.

    Raises:
        WorkListError: a file was changed so that it cannot be read as a whole.
    """
    wanted = set(back)
    lists = [(path, read(path, profile_of)) for path in files]
    for path, found in lists:
        if found.defects:
            raise WorkListError(f"{path} was changed: {found.defects[0]}")
    for path, found in lists:
        if any(row.meter_no in wanted for row in found.rows):
            write_list(path, [row for row in found.rows if row.meter_no not in wanted])
