"""Opens a work list to work on it: held against changes, and without the rows that are in other hands."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace
from pathlib import Path

import click

from kctrig.cli.work import profile_of, report_rows
from kctrig.worklist import columns
from kctrig.worklist.in_use import working_with
from kctrig.worklist.ledger import Hand, Ledger, State, ledger_path
from kctrig.worklist.reader import read
from kctrig.worklist.rows import Finding, RowReport, WorkList, WorkRow
from kctrig.worklist.writer import BENCH, extra


def open_list(path: Path) -> WorkList:
    """Read a list for a round and say what is left out; the list is held until the command ends.

    Where the folder has a ledger, only rows that it gave to the bench of this list are worked on.

    Raises:
        WorkListError: it cannot be read, or rows are being checked in from it.
        click.UsageError: the folder has a ledger, and the list was not checked out.
    """
    click.get_current_context().with_resource(working_with(path))
    found = read(path, profile_of)
    ledger_file = ledger_path(path)
    if ledger_file.is_file():
        if found.rows and not any(extra(row, BENCH) for row in found.rows):
            raise click.UsageError(
                f"the rows of this folder are handed out with {ledger_file.name}; take yours with "
                f"kctrig worklist checkout {path} --bench NAME --count N --out FILE"
            )
        with Ledger(ledger_file) as ledger:
            found = only_own(found, ledger.hands(), ledger.known())
    report_rows(found)
    return found


def only_own(found: WorkList, hands: Sequence[Hand], known: Collection[str]) -> WorkList:
    """The list without rows that the ledger gave to somebody else, or has as finished; each is a defect."""
    of_meter = {hand.meter_no: hand for hand in hands}
    defects = list(found.defects)
    rows = []
    for row in found.rows:
        why = _why_not(row, of_meter.get(row.meter_no), row.meter_no in known)
        if why:
            finding = Finding(
                (columns.NO_METER,), f"{row.meter_no} {why}", "kctrig worklist status shows who has it"
            )
            defects.append(RowReport(row.row_no, (finding,)))
        else:
            rows.append(row)
    defects.sort(key=lambda defect: defect.row_no)
    return replace(found, rows=tuple(rows), defects=tuple(defects))


def _why_not(row: WorkRow, hand: Hand | None, is_known: bool) -> str:
    bench = extra(row, BENCH)
    if hand is None and bench:
        # a ledger that never saw the meter is another one than that of the list: the row came from elsewhere
        return "was given back" if is_known else ""
    if hand is None:
        return "was not checked out"
    if hand.state is not State.OUT:
        return f"was checked in as {hand.state.value}"
    return "" if hand.bench == bench else f"is in the hands of {hand.bench}"
