"""Opening a meter again that refused tokens or stayed in doubt: a reason, a name, and an event of its own."""

from __future__ import annotations

from collections.abc import Callable

import click

from kctrig.records.store import Store

override_option = click.option(
    "--override",
    metavar="REASON",
    default="",
    help="Open meters again that refused tokens or stayed in doubt; needs --operator, is recorded.",
)
operator_option = click.option(
    "--operator", metavar="NAME", default="", help="Who is at the rig; kept in the record."
)


def reason_of(override: str, operator: str) -> str:
    """The reason for an override, empty without; a usage error for one that nobody answers for."""
    if override and not override.strip():
        raise click.UsageError("--override needs a reason in words")
    if override and not operator.strip():
        raise click.UsageError("--override needs --operator NAME: it is recorded under that name")
    return override.strip()


def opener(store: Store, reason: str, operator: str) -> Callable[[str], None]:
    """What opens the meter of a number again, where it has a past that binds and there is a reason."""

    def open_again(meter_no: str) -> None:
        if reason and store.history(meter_no).binds:
            store.override(meter_no, reason=reason, operator=operator)

    return open_again
