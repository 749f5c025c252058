"""What the commands of `kctrig sop` share."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import click

from kctrig.lang import LANGS
from kctrig.sop.said import Said
from kctrig.sop.table import TableError

F = Callable[..., Any]


def lang_option(command: F) -> F:
    """The option `--lang`."""
    return click.option(
        "--lang",
        type=click.Choice(LANGS),
        default="id",
        show_default=True,
        help="Language of the answers.",
    )(command)


def bad_input(error: TableError, lang: str) -> click.UsageError:
    """The usage error for a file that cannot be read or written."""
    return click.UsageError(error.said.into(lang))


def note(lines: Iterable[Said], lang: str, before: str = "") -> None:
    """Remarks for the person, one line each, on stderr."""
    for line in lines:
        click.echo(before + line.into(lang), err=True)
