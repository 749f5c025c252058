"""Tables for people on stdout: boxes on a terminal, aligned columns in a pipe."""

from __future__ import annotations

import sys
from collections.abc import Sequence

import click

_COLOURS = {
    "PASS_VERIFIED": "green",
    "ALREADY_DONE": "green",
    "READY": "yellow",
    "HALF": "yellow",
    "RUNNING": "yellow",
}


def show(headings: Sequence[str], rows: Sequence[Sequence[str]], verdict_column: int | None = None) -> None:
    """Print a table; on a terminal the verdict is coloured."""
    if sys.stdout.isatty():
        _show_rich(headings, rows, verdict_column)
        return
    widths = [max(len(cell) for cell in column) for column in zip(headings, *rows, strict=True)]
    for row in (headings, *rows):
        cells = (cell.ljust(width) for cell, width in zip(row, widths, strict=True))
        click.echo("  ".join(cells).rstrip())


def _show_rich(headings: Sequence[str], rows: Sequence[Sequence[str]], verdict_column: int | None) -> None:
    from rich.box import SIMPLE_HEAD
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(box=SIMPLE_HEAD, pad_edge=False)
    for heading in headings:
        table.add_column(heading, overflow="fold")
    for row in rows:
        cells = [Text(cell) for cell in row]
        if verdict_column is not None:
            cells[verdict_column].stylize(_COLOURS.get(row[verdict_column], "red"))
        table.add_row(*cells)
    Console().print(table)
