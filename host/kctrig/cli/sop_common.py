"""What the commands of `kctrig sop` share."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import click

from kctrig.lang import LANGS
from kctrig.sop import usage
from kctrig.sop.moments import ZONES
from kctrig.sop.said import Said
from kctrig.sop.table import TableError

F = Callable[..., Any]


def lang_option(command: F) -> F:
    """The option `--lang`."""
    return click.option(
        "--lang",
        type=click.Choice(LANGS),
        default="id",
        envvar="KCTRIG_LANG",
        show_default=True,
        help="Language of the answers.",
    )(command)


def bad_input(error: TableError, lang: str) -> click.UsageError:
    """The usage error for a file that cannot be read or written."""
    return click.UsageError(error.said.into(lang))


def refused(said: Said, lang: str) -> click.UsageError:
    """The usage error for a call that cannot be answered."""
    return click.UsageError(said.into(lang))


def must_not_be_input(out: Path, inputs: Iterable[Path], lang: str) -> None:
    """A usage error where a table would be written over what it is made of."""
    for path in inputs:
        if out.exists() and path.exists() and out.samefile(path):
            raise refused(usage.out_is_input(path), lang)


def utc_offset_min(zone: str, lang: str) -> int:
    """Minutes east of Greenwich of WIB, WITA, WIT or a zone such as Asia/Jakarta.

    Raises:
        click.UsageError: no such zone.
    """
    if zone.upper() in ZONES:
        return ZONES[zone.upper()]
    try:
        offset = datetime.now(ZoneInfo(zone)).utcoffset()
    except (ZoneInfoNotFoundError, ValueError, OSError):
        offset = None
    if offset is None:
        raise refused(usage.no_zone(zone), lang)
    return int(offset.total_seconds()) // 60


def note(lines: Iterable[Said], lang: str, before: str = "") -> None:
    """Remarks for the person, one line each, on stderr."""
    for line in lines:
        click.echo(before + line.into(lang), err=True)
