"""Options whose text goes into a record or onto a page: one plain line, refused before anything else happens."""

from __future__ import annotations

import click

from kctrig.records.names import unfit


def plain_line(value: str) -> str:
    """The `type` of an option that takes a name or a reason.

    Control characters, line breaks and bytes that are no text are a usage error.
    """
    wrong = unfit(value)
    if wrong:
        raise click.BadParameter(f"{value!a} cannot be recorded: {wrong}")
    return value
