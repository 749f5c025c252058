"""What commands that read a store share."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

F = Callable[..., Any]


def store_option(command: F) -> F:
    """The option `--store`."""
    return click.option(
        "--store",
        "store_path",
        metavar="FILE",
        type=click.Path(path_type=Path),
        default="kctrig.db",
        show_default=True,
        help="The store that `upgrade` wrote.",
    )(command)


def must_exist(path: Path) -> None:
    """A usage error when there is no such store."""
    if not path.is_file():
        raise click.UsageError(f"no store at {path}; name the file that upgrade wrote")
