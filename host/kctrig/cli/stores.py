"""What commands that read a store share."""

from __future__ import annotations

import functools
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


def source_argument(metavar: str) -> Callable[[F], F]:
    """The store that a command reads, as its argument or, as other commands have it, as `--store`; named `source`."""

    def decorated(command: F) -> F:
        @functools.wraps(command)
        def chosen(*, source: Path | None, store_path: Path | None, **rest: Any) -> Any:
            named = source or store_path
            if named is None or (source and store_path):
                raise click.UsageError(f"name one {metavar}")
            return command(source=named, **rest)

        option = click.option(
            "--store",
            "store_path",
            metavar="FILE",
            type=click.Path(path_type=Path),
            help=f"Instead of {metavar}.",
        )
        argument = click.argument(
            "source", metavar=f"[{metavar}]", required=False, type=click.Path(path_type=Path)
        )
        both: F = argument(option(chosen))
        return both

    return decorated


def must_exist(path: Path) -> None:
    """A usage error when there is no such store."""
    if not path.is_file():
        raise click.UsageError(f"no store at {path}; name the file that upgrade wrote")


def must_be_store(path: Path) -> None:
    """One line, and nothing is written, when what is at this path is no store: opening it for writing would make one.

    Raises:
        click.UsageError: there is no file.
        StoreUnreadable: it is empty, or something else.
    """
    from kctrig.records.store import Store

    must_exist(path)
    Store(path, reading=True).close()
