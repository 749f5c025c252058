"""`kctrig resume`: go on with what was begun and not finished; every meter is looked at first."""

from __future__ import annotations

from collections.abc import Sequence

import click

from kctrig.cli import exits
from kctrig.cli.own_rows import open_list
from kctrig.cli.stores import must_be_store
from kctrig.cli.work import RoundOrder, check_rigs, choose, round_options, work_on
from kctrig.procedure.verdicts import RESTARTABLE, Verdict
from kctrig.records.status import StatusRow
from kctrig.records.store import Store

EPILOG = """\b
Example:
  kctrig resume bank_kct.csv --rig /dev/ttyUSB0 --store shift.db

\b
Takes the rows of WORKLIST whose meters are HALF, IN_DOUBT, READY, INFRA_ERROR or broken off in
the store. The list is needed because the store keeps no token digits. What is in doubt stays so
unless the glass resolves it: no token is entered whose first Enter may have counted.
Exit codes: 0 every row passed, or nothing was left to do; 1 some did not; 2 bad input;
3 rig or link trouble; 4 a meter is in doubt or half done; 130 interrupted, nothing in doubt.
"""

_OPEN = frozenset({Verdict.HALF, Verdict.IN_DOUBT}) | RESTARTABLE


@click.command(epilog=EPILOG)
@round_options
def resume(order: RoundOrder) -> int:
    """Finish the meters of WORKLIST that a store has as begun and not finished.

    Each is looked at first (75, 04); what was entered before, and what came of it, is known from the store.
    """
    if not order.store_path.is_file():
        raise click.UsageError(
            f"no store at {order.store_path}; name the file that upgrade wrote with --store"
        )
    must_be_store(order.store_path)
    found = open_list(order.worklist)
    rows = choose(found, order.meters, order.worklist)
    check_rigs(order.rigs)
    with Store(order.store_path) as store:
        unfinished = [row for row in store.status() if row.broken_off or row.state in _OPEN]
    _say_strangers(unfinished, [row.meter_no for row in found.rows])
    wanted = {row.meter_no for row in unfinished}
    rows = tuple(row for row in rows if row.meter_no in wanted)
    if not rows:
        click.echo(
            f"kctrig: nothing to resume: no row of {order.worklist} is open in {order.store_path}", err=True
        )
        return exits.OK
    return work_on(rows, found, order)


def _say_strangers(unfinished: Sequence[StatusRow], listed: Sequence[str]) -> None:
    """One line for every open meter whose tokens this list does not have."""
    for row in unfinished:
        if row.meter_no not in listed:
            click.echo(f"note: meter {row.meter_no} is {row.state} and not in this list", err=True)
