"""`kctrig trace`: the wire for people."""

from __future__ import annotations

import click

_GOOD = 0

_TRACE_EXAMPLE = """\b
Example:
  kctrig selftest --rig /dev/ttyUSB0 --trace line.trace
  kctrig trace show line.trace
  kctrig selftest --rig replay:line.trace      (the same recording as a rig)
"""
_SHOW_EXAMPLE = """\b
Example:
  kctrig trace show line.trace
"""


@click.group(epilog=_TRACE_EXAMPLE)
def trace() -> None:
    """Recordings of the wire, made with --trace FILE."""


@trace.command(epilog=_SHOW_EXAMPLE)
@click.argument("file", type=click.Path(dir_okay=False))
def show(file: str) -> int:
    """Print a recording in words, one line a frame; token digits stay masked."""
    from kctrig.link.trace import read_trace
    from kctrig.link.trace import show as in_words

    for line in in_words(read_trace(file)):
        click.echo(line)
    return _GOOD
