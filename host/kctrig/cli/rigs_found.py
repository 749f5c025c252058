"""`kctrig rigs`: which rigs are attached to this computer."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from kctrig.finding import Found

_GOOD, _NONE = 0, 3
_EXAMPLE = """\b
Example:
  kctrig rigs
  kctrig upgrade bank_kct.csv --rig rig:a1b2c3 --store shift.db     (a rig by its name, on whatever port)
  kctrig rigs --port /dev/pts/5 --json

\b
A rig's name is the number of its chip; four digits of its beginning or its end are enough.
Exit codes: 0 at least one rig answers; 3 none does.
"""


@click.command(epilog=_EXAMPLE)
@click.option("--port", "ports", multiple=True, metavar="PORT", help="Ask only this port; may be repeated.")
@click.option("--all", "every", is_flag=True, help="Ask every USB serial port, known adapter or not.")
@click.option(
    "--timeout", "timeout_s", type=click.FloatRange(0.1, 60), default=4.0, show_default=True, metavar="SECONDS",
    help="How long a port may take to answer; a board that was just reset needs two seconds.",
)  # fmt: skip
@click.option("--json", "as_json", is_flag=True, help="One JSON line on stdout.")
def rigs(ports: tuple[str, ...], every: bool, timeout_s: float, as_json: bool) -> int:
    """List the rigs that answer, all ports asked at once. Ports in use are left alone; no key is pressed."""
    from kctrig import finding

    found = finding.find(finding.candidates(ports, every=every), timeout_s)
    answering = [place for place in found if place.is_rig]
    if as_json:
        click.echo(json.dumps([_as_json(place) for place in found], ensure_ascii=False))
        return _GOOD if answering else _NONE
    for place in found:
        click.echo(_line(place))
    if not found:
        click.echo("no USB adapter of an ESP32 board is attached; name a port with --port, or try --all")
    return _GOOD if answering else _NONE


def _line(place: Found) -> str:
    where = place.port
    if place.adapter:
        where += f" ({place.adapter})"
    if place.usb is not None and place.usb.location:
        where += f", USB {place.usb.location}"
    identity = place.identity
    if identity is None or not identity.is_rig:
        return f"{'-':<18} {place.trouble:<64} {where}"
    name = f"rig:{place.rig_id}" if place.rig_id else "no name of its own"
    parts = [f"firmware {identity.version}"]
    if identity.board:
        parts.append(identity.board)
    if identity.reset:
        parts.append(f"started by {identity.reset}")
    parts.append(f"start {identity.boot_id:08x}")
    return f"{name:<18} {', '.join(parts):<64} {where}"


def _as_json(place: Found) -> dict[str, object]:
    usb, identity = place.usb, place.identity
    return {
        "rig_id": place.rig_id or None,
        "port": place.port,
        "adapter": place.adapter or None,
        "usb": {
            "vendor": usb.vendor,
            "product": usb.product,
            "serial_number": usb.serial_number,
            "location": usb.location,
        }
        if usb is not None
        else None,
        "firmware": identity.version if identity else None,
        "board": identity.board if identity else None,
        "micropython": identity.micropython if identity else None,
        "reset": identity.reset if identity else None,
        "boot_id": f"{identity.boot_id:08x}" if identity else None,
        "text": identity.text if identity else None,
        "trouble": place.trouble or None,
    }
