"""Opening a meter again that refused tokens or stayed in doubt: a reason and a name, for the record."""

from __future__ import annotations

import click

from kctrig.cli.plain import plain_line
from kctrig.procedure.verdicts import Override

override_option = click.option(
    "--override",
    metavar="REASON",
    type=plain_line,
    default="",
    help="Open the meter again that refused tokens or stayed in doubt; needs --operator, is recorded.",
)
operator_option = click.option(
    "--operator", metavar="NAME", type=plain_line, default="", help="Who is at the rig; kept in the record."
)


def override_of(reason: str, operator: str) -> Override | None:
    """The override that was asked for, None without; a usage error for one that nobody answers for."""
    if not reason:
        return None
    if not reason.strip():
        raise click.UsageError("--override needs a reason in words")
    if not operator.strip():
        raise click.UsageError("--override needs --operator NAME: it is recorded under that name")
    return Override(reason.strip(), operator)
