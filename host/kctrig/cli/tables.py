"""Tables for people on stdout: aligned columns, the verdict in colour on a terminal."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Sequence

import click

_COLOURS = {
    "PASS_VERIFIED": "green",
    "ALREADY_DONE": "green",
    "READY": "yellow",
    "HALF": "yellow",
    "RUNNING": "yellow",
}


def show(
    headings: Sequence[str],
    rows: Sequence[Sequence[str]],
    verdict_column: int | None = None,
    say: Callable[[str], str] = str,
) -> None:
    """Print a table; click leaves the colours out where stdout is no terminal. `say` puts a verdict into words."""
    colours = [None if verdict_column is None else _COLOURS.get(row[verdict_column], "red") for row in rows]
    rows = [[say(cell) if at == verdict_column else cell for at, cell in enumerate(row)] for row in rows]
    widths = [max(len(cell) for cell in column) for column in zip(headings, *rows, strict=True)]
    roomy = sum(widths) + 2 * len(widths) <= shutil.get_terminal_size().columns
    gap = "  " if roomy else " "
    click.echo(gap.join(cell.ljust(width) for cell, width in zip(headings, widths, strict=True)).rstrip())
    for row, colour in zip(rows, colours, strict=True):
        cells = [cell.ljust(width) for cell, width in zip(row, widths, strict=True)]
        if verdict_column is not None:
            cells[verdict_column] = click.style(cells[verdict_column], fg=colour)
        click.echo(gap.join(cells).rstrip())
