"""What the `kctrig token` commands have in common: options, input in words, output."""

from __future__ import annotations

import json
import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any, TypeVar

import click

from kctrig.tokens import meters

F = TypeVar("F", bound=Callable[..., Any])


def examples(*lines: str) -> str:
    """The epilog of a command's help: examples, not rewrapped."""
    return "\b\nExamples:\n" + "\n".join("  " + line for line in lines)


class BadInput(click.ClickException):
    """Bad input: one line, exit code 2, nothing was issued."""

    exit_code = 2


@contextmanager
def one_line(subject: str = "") -> Iterator[None]:
    """Turn the errors of the token package into one line and exit code 2."""
    try:
        yield
    except ValueError as error:
        raise BadInput(f"{subject}{error}") from None


def meter_option(command: F) -> F:
    """The option that picks one meter out of a state file."""
    option = click.option("--meter", "drn", metavar="DRN", help="Which meter, when the file holds several.")
    return option(command)


def read_meter(path: Path, drn: str | None) -> meters.Meter:
    """The meter of a state file."""
    with one_line():
        return meters.Meter.from_state(meters.read_state(path, drn))


def target_options(command: F) -> F:
    """Options of every token that is made for one meter."""
    command = click.option("--json", "as_json", is_flag=True, help="Print JSON.")(command)
    command = meter_option(command)
    return click.option(
        "--state",
        "path",
        type=click.Path(path_type=Path),
        required=True,
        help="State file: one meter or a list.",
    )(command)


def _moment(context: click.Context, parameter: click.Parameter, value: str | None) -> datetime:
    """`--at` as a moment of the token clock."""
    if value is None:
        return datetime.now(UTC).replace(tzinfo=None, second=0, microsecond=0)
    try:
        moment = datetime.fromisoformat(value)
    except ValueError:
        raise BadInput(f"--at {value}: expected a moment such as 2021-01-26T10:00") from None
    return moment.astimezone(UTC).replace(tzinfo=None) if moment.tzinfo else moment


def timed_options(command: F) -> F:
    """Options of every token that carries a token identifier."""
    command = click.option(
        "--rnd",
        type=click.IntRange(0, 15),
        default=lambda: secrets.randbelow(16),
        help="Random number (default: drawn).",
    )(command)
    return click.option(
        "--at", callback=_moment, metavar="MOMENT", help="Moment on the token clock, UTC (default: now)."
    )(target_options(command))


def scaled(name: str, value: str, places: int) -> int:
    """A decimal number as a count of its smallest units."""
    try:
        number = Decimal(value).scaleb(places)
    except InvalidOperation:
        number = Decimal("NaN")
    if not number.is_finite() or number != number.to_integral_value():
        raise BadInput(f"{name} {value}: expected a number with at most {places} decimals")
    return int(number)


def print_tokens(tokens: tuple[str, ...], as_json: bool, **more: object) -> None:
    """The result: the tokens are what was asked for, so they are shown whole."""
    if as_json:
        click.echo(json.dumps({"tokens": tokens, **more}))
    else:
        for digits in tokens:
            click.echo(digits)
