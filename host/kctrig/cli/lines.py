"""Reads a line that a person types, and can be told to give up waiting for it."""

from __future__ import annotations

import os
import select
import sys
from collections.abc import Callable

import click

_LOOK_S = 0.1


def read_line(question: str, give_up: Callable[[], bool]) -> str | None:
    """Ask on stderr and give the line typed, without its end; None at the end of input or when `give_up` says so.

    A plain `input()` sleeps through a Ctrl-C that comes just before it; a terminal is asked here whether a line is
    there, which it hands over as a whole. Where that cannot be asked (Windows), the line is waited for.
    """
    click.echo(question + ": ", nl=False, err=True)
    while os.name == "posix" and not select.select([sys.stdin], [], [], _LOOK_S)[0]:
        if give_up():
            click.echo(err=True)
            return None
    line = sys.stdin.readline()
    return line.strip() if line else None
