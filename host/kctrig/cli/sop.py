"""`kctrig sop`: the utility's procedure on data from AP2T, P2APST and the store."""

from __future__ import annotations

import click

from kctrig.cli.sop_explain import explain
from kctrig.cli.sop_reconcile import reconcile
from kctrig.cli.sop_triage import triage

EPILOG = """\b
Example:
  kctrig sop triage
  kctrig sop triage --vkrn 43 --power on --kwh "9,5" --token-checked yes --officer-visited yes
  kctrig sop explain --update "26-01-2021 13:00" --bought "26-01-2021 06:19"
  kctrig sop reconcile --store shift.db --ap2t ap2t.csv --out reconciled.xlsx
"""


@click.group(epilog=EPILOG)
def sop() -> None:
    """The SOP of PLN 123 as commands: compare registers with meters, place a complaint, explain a token."""


sop.add_command(triage)
sop.add_command(explain)
sop.add_command(reconcile)
