"""`kctrig emulate`: an emulated rig, or an emulated meter alone, for other programs to open."""

from __future__ import annotations

import json
import signal
import threading
from collections.abc import Callable
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

import click

if TYPE_CHECKING:
    from types import FrameType

    from kctrig.sim.processes import Emulated

_LOOK_S = 0.2


_GROUP_EXAMPLE = """\b
Example:
  kctrig emulate rig hexing --state meter.json
  kctrig probe --rig /dev/pts/7        (the port it prints)
  kctrig emulate rig generic --laws mylab.json
"""
_RIG_EXAMPLE = """\b
Example:
  kctrig emulate rig sanxing --state meter.json --log truth.jsonl
  kctrig emulate rig hexing --board matrix --fault chip_glitch:20
"""
_METER_EXAMPLE = """\b
Example:
  kctrig emulate meter star --seed 3
  kctrig emulate meter sanxing --show       (play with it in this terminal)
"""


@click.group(epilog=_GROUP_EXAMPLE)
def emulate() -> None:
    """An emulated meter or rig for other programs."""


def _options(command: Callable[..., None]) -> Callable[..., None]:
    for option in (
        click.option("--json", "as_json", is_flag=True, help="Print one line of JSON instead of words."),
        click.option(
            "--fault", "faults", multiple=True, help="A fault the meter is to have; may be repeated."
        ),
        click.option("--meter", help="Meter number: which one of a list, or of the new meter."),
        click.option(
            "--seed", type=click.IntRange(0, 999_999_999), help="Of all that is random in the meter."
        ),
        click.option("--vm", type=click.Choice(["micropython", "cpython"]), help="What runs the firmware."),
        click.option(
            "--log", type=click.Path(dir_okay=False), help="Append the meter's truth log to this file."
        ),
        click.option(
            "--state", type=click.Path(dir_okay=False), help="The meter's state file, read and written back."
        ),
        click.option(
            "--laws",
            type=click.Path(dir_okay=False),
            help="JSON file of parameters in which a new meter differs from its brand; generic has no others.",
        ),
        click.argument("brand", metavar="BRAND"),
    ):
        command = option(command)
    return command


@emulate.command(epilog=_RIG_EXAMPLE)
@click.option(
    "--board",
    type=click.Choice(["uart", "matrix", "direct"]),
    help="The ESP32's own firmware on an emulated board with this keypad (docs/emulated-board.md).",
)
@_options
def rig(brand: str, as_json: bool, **options: Any) -> None:
    """A whole emulated rig: rig firmware and a meter of BRAND behind it.

    BRAND is a name (hexing; generic for a meter of your own laws) or a URL (sim:hexing?seed=3). Prints the port and runs until Ctrl-C.
    """
    from kctrig.sim.processes import EmulatedRig

    _serve("rig", EmulatedRig(_url(brand, options)), as_json)


@emulate.command(epilog=_METER_EXAMPLE)
@click.option("--show", is_flag=True, help="Draw its glass and keypad here and take key presses.")
@_options
def meter(brand: str, as_json: bool, show: bool, **options: Any) -> None:
    """An emulated meter of BRAND alone; the port speaks the wire of the meter port.

    With --show it is drawn live in this terminal: keys 0-9 * # (Enter is #, Backspace is *), l and a key for a long
    press, p to cut the power and give it back, q to quit.
    """
    if show:
        if as_json:
            raise click.UsageError(
                "--show draws for a person and --json prints for a program: give one of them"
            )
        from kctrig.cli.play import play

        play(_url(brand, options))
        return
    from kctrig.sim.processes import EmulatedMeter

    _serve("meter", EmulatedMeter(_url(brand, options)), as_json)


def _url(brand: str, options: dict[str, Any]) -> str:
    given = [
        (name, str(options[name]))
        for name in ("state", "laws", "log", "vm", "seed", "meter", "board")
        if options.get(name) is not None
    ]
    given += [("fault", fault) for fault in options["faults"]]
    url = brand if brand.startswith("sim:") else f"sim:{brand}"
    if not given:
        return url
    return url + ("&" if "?" in url else "?") + urlencode(given)


def _serve(kind: str, emulated: Emulated, as_json: bool) -> None:
    """Run until a signal or until a process dies."""
    stop = threading.Event()

    def on_signal(_number: int, _frame: FrameType | None) -> None:
        stop.set()

    before = {number: signal.signal(number, on_signal) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        with emulated:
            _announce(kind, emulated, as_json)
            while not stop.wait(_LOOK_S):
                emulated.check()
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _announce(kind: str, emulated: Emulated, as_json: bool) -> None:
    if as_json:
        facts = {
            "kind": kind,
            "brand": emulated.spec.brand,
            "port": emulated.port_path,
            "vm": emulated.vm,
            "log": str(emulated.log_path),
            "state": str(emulated.state_path),
            "pids": emulated.pids,
        }
        click.echo(json.dumps(facts))
        return
    click.echo(f"{kind} of {emulated.name} on {emulated.port_path} ({emulated.vm}); Ctrl-C ends it")
    click.echo(f"truth log {emulated.log_path}, state {emulated.state_path}")
