"""The option `--zone`: Indonesia's three zones by their letters, any other by its name."""

from __future__ import annotations

from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import click

from kctrig.cli.stores import F

_LETTERS = {"WIB": "Asia/Jakarta", "WITA": "Asia/Makassar", "WIT": "Asia/Jayapura"}


class Zone(click.ParamType[ZoneInfo]):
    """A time zone: WIB, WITA, WIT, or a name such as Asia/Jakarta."""

    name = "zone"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> ZoneInfo:
        """The zone; a usage error when there is none of that name."""
        name = str(value)
        try:
            return ZoneInfo(_LETTERS.get(name.upper(), name))
        except (ZoneInfoNotFoundError, ValueError, OSError):
            self.fail(f"no time zone {value!r}; name WIB, WITA, WIT or one such as Asia/Jakarta", param, ctx)


def zone_option(what: str) -> F:
    """The option `--zone` of a command that writes times; None is the zone of this machine."""
    return click.option(
        "--zone",
        type=Zone(),
        metavar="WIB|WITA|WIT",
        envvar="KCTRIG_ZONE",
        help=f"{what}; this machine's without.",
    )
