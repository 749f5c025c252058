"""`kctrig upgrade`: the meters of a work list, on one rig or several."""

from __future__ import annotations

import click

from kctrig.cli.own_rows import open_list
from kctrig.cli.work import RoundOrder, check_rigs, choose, round_options, work_on

EPILOG = """\b
Example:
  kctrig upgrade bank_kct.csv --rig /dev/ttyUSB0 --rig /dev/ttyUSB1 --store shift.db
  kctrig upgrade bank_kct.csv --rig sim:hexing --meter 00000000018 --json

\b
Rows that cannot be used are reported and left out. A meter is matched to its row by the
number that it shows itself; on any other meter no key of a token is pressed. Two refused
tokens, or one whose answer is not known, end a meter until --override REASON --operator NAME.
Exit codes: 0 every row passed; 1 some did not; 2 bad input; 3 rig or link trouble;
4 a meter is in doubt or half done; 130 interrupted, nothing in doubt.
"""


@click.command(epilog=EPILOG)
@round_options
def upgrade(order: RoundOrder) -> int:
    """Upgrade the meters of WORKLIST (CSV or XLSX) to key revision 2.

    A meter passes only when its own glass shows the new key revision after the last token.
    """
    found = open_list(order.worklist)
    rows = choose(found, order.meters, order.worklist)
    check_rigs(order.rigs)
    return work_on(rows, found, order)
