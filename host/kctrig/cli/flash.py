"""`kctrig flash`: the rig firmware onto an ESP32."""

from __future__ import annotations

import contextlib
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

import click

from kctrig.cli.flash_image import SIZES, PartitionType, Wanted, build_image

if TYPE_CHECKING:
    from kctrig.finding import Found
    from kctrig.flash.chiptool import Progress
    from kctrig.flash.files import BoardFile
    from kctrig.flash.partitions import Partition
    from kctrig.flash.writing import Plan, Survey
    from kctrig.link.identity import Identity

_OK = 0
_EXAMPLE = """\b
Example:
  kctrig flash /dev/ttyUSB0 --board bench_matrix --micropython ESP32_GENERIC-v1.29.0.bin
  kctrig flash /dev/ttyUSB0                     (the same rig again, newer firmware)
  kctrig flash /dev/ttyUSB1 --meter hexing --micropython ESP32_GENERIC-v1.29.0.bin     (a second board as the meter)
  kctrig flash --board bench_matrix --image rigfs.bin --micropython ESP32_GENERIC-v1.29.0.bin --flash-size 4MB
  kctrig flash /dev/ttyUSB0 --port-info

\b
Nothing is downloaded: MicroPython is a file that you bring from micropython.org/download/ESP32_GENERIC.
Exit codes: 0 written and checked; 2 files or versions do not fit, nothing was written; 3 trouble with port or chip.
"""
_BEFORE = """\
While the chip is written no firmware watches the keys: its pins float, and only the wiring keeps every key open.
Unplug the meter from the rig, or be sure that it is off."""
_AFTER = "The keys: boot.py puts every output to its safe level first thing after each reset, before anything else runs."


@click.command(epilog=_EXAMPLE)
@click.argument("port", required=False)
@click.option(
    "--board", "board_name", metavar="NAME", help="Build of the rig; the rig's own when it answers."
)
@click.option(
    "--meter",
    "meter_brand",
    metavar="BRAND",
    help="Not a rig: an emulated meter of this brand, for the meter port of a rig.",
)
@click.option(
    "--micropython",
    "bin_path",
    metavar="FILE.bin",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Write this MicroPython too.",
)
@click.option(
    "--image",
    "image_path",
    metavar="OUT",
    type=click.Path(path_type=Path, dir_okay=False, writable=True),
    help="Only build the file system image; needs no board.",
)
@click.option(
    "--flash-size",
    type=click.Choice(list(SIZES)),
    help="With --image --micropython: of the chip, when it is not what the file says.",
)
@click.option(
    "--partition",
    type=PartitionType(),
    help="With --image: where the board has its files, as --port-info says.",
)
@click.option("--port-info", is_flag=True, help="Only say what is there. Resets the chip.")
@click.option("--baud", type=int, default=460800, show_default=True, help="Speed of reading and writing.")
@click.option("--yes", is_flag=True, help="The meter is unplugged; do not ask.")
@click.option("--json", "as_json", is_flag=True, help="One JSON line on stdout.")
def flash(
    port: str | None,
    board_name: str | None,
    meter_brand: str | None,
    bin_path: Path | None,
    image_path: Path | None,
    flash_size: str | None,
    partition: Partition | None,
    port_info: bool,
    baud: int,
    yes: bool,
    as_json: bool,
) -> int:
    """Put the rig firmware on the ESP32 on PORT, and check that it answers; with --meter, an emulated meter.

    PORT is a serial port or rig:ID of a rig that runs (kctrig rigs). Everything in the board's file system is replaced.
    """
    if board_name is not None and meter_brand is not None:
        raise click.UsageError("--board is for a rig, --meter for an emulated meter: give one of them")
    build = _build(board_name, meter_brand)
    if image_path is not None:
        return build_image(
            build or _nameless(), Wanted(image_path, bin_path, flash_size, partition), as_json=as_json
        )
    if flash_size is not None or partition is not None:
        raise click.UsageError("--flash-size and --partition are for --image: a chip on a PORT is asked")
    if port is None:
        raise click.UsageError(
            "name the PORT of the board (kctrig rigs lists them), or --image OUT to build only"
        )
    port = _real_port(port)
    if port_info:
        return _info(port, baud, as_json)
    yes = yes or meter_brand is not None  # an emulated meter has no keys to press
    if not yes and not sys.stdin.isatty():
        raise click.UsageError("nobody to ask whether the meter is unplugged: see to it and give --yes")
    return _write(port, build, bin_path, baud, yes, as_json)


def _real_port(port: str) -> str:
    from kctrig import finding

    if port.startswith(finding.SCHEME):
        return finding.port_of(port)
    if port.startswith("/") and not Path(port).exists():
        from kctrig.link.errors import NoSuchPort
        from kctrig.link.port import known_ports

        raise NoSuchPort(port, known_ports())
    return port


def _build(board_name: str | None, meter_brand: str | None) -> BoardFile | None:
    from kctrig.flash import files

    if meter_brand is not None:
        return files.meter_build(meter_brand)
    return files.board_file(board_name) if board_name is not None else None


def _nameless() -> NoReturn:
    from kctrig.flash import files

    lines = "; ".join(f"{board.name}: {board.title.rstrip('.')}" for board in files.boards().values())
    raise click.UsageError(f"name the build with --board. {lines}")


def _info(port: str, baud: int, as_json: bool) -> int:
    from kctrig import finding
    from kctrig.flash.chiptool import ChipTool
    from kctrig.flash.compiler import dotted
    from kctrig.flash.partitions import registered
    from kctrig.flash.writing import survey
    from kctrig.link.greet import greet
    from kctrig.link.lock import RigLock

    (place,) = finding.candidates([port])
    with contextlib.closing(RigLock(port)) as lock:
        identity = greet(port, lock=lock)
        found = survey(ChipTool(port, baud=baud))
    if as_json:
        click.echo(json.dumps(_info_json(place, identity, found)))
        return _OK
    usb = place.usb
    if usb is not None:
        numbers = f"{usb.vendor:04X}:{usb.product:04X}"
        click.echo(f"USB          {numbers} {place.adapter or usb.name} serial {usb.serial_number or '-'}")
    click.echo(f"chip         {found.chip.description}, MAC {found.chip.mac}")
    click.echo(f"flash        {found.chip.flash_bytes >> 20} MB")
    for part in found.table:
        click.echo(f"  {part.label:<10} {part.offset:#09x} {part.size // 1024:>6} kB")
    python = f"MicroPython {dotted(found.micropython)}" if found.micropython else None
    if found.files is not None:
        said = "as MicroPython makes it at boot" if registered(found.table) else "as the table says"
        click.echo(f"files        --partition {found.files.offset:#x}:{found.files.size:#x}, {said}")
    click.echo(f"program      {python or ' '.join(found.program or ('none that says its name',))}")
    click.echo(f"rig          {identity.text if identity else 'no kctrig firmware answers'}")
    return _OK


def _info_json(place: Found, identity: Identity | None, found: Survey) -> dict[str, object]:
    from kctrig.flash.partitions import registered

    usb = place.usb
    place_of = found.files
    return {
        "port": place.port,
        "usb": {"vendor": usb.vendor, "product": usb.product, "serial_number": usb.serial_number}
        if usb
        else None,
        "adapter": place.adapter,
        "chip": found.chip.family,
        "chip_description": found.chip.description,
        "mac": found.chip.mac,
        "flash_bytes": found.chip.flash_bytes,
        "partitions": [{"label": p.label, "offset": p.offset, "size": p.size} for p in found.table],
        "files": {"offset": place_of.offset, "size": place_of.size, "in_table": not registered(found.table)}
        if place_of
        else None,
        "program": found.program,
        "micropython": list(found.micropython) if found.micropython else None,
        "rig": identity.text if identity else None,
    }


def _write(
    port: str, board: BoardFile | None, bin_path: Path | None, baud: int, yes: bool, as_json: bool
) -> int:
    from kctrig.flash import files, writing
    from kctrig.flash.chiptool import ChipTool
    from kctrig.link.greet import greet
    from kctrig.link.lock import RigLock

    brought = writing.brought_file(bin_path) if bin_path is not None else None
    with contextlib.closing(RigLock(port)) as lock:
        if board is None:
            before = greet(port, lock=lock)
            board = files.board_file(before.board) if before is not None and before.board else _nameless()
        tool = ChipTool(port, baud=baud, progress=_progress())
        wanted = writing.plan(board, writing.survey(tool), brought)
        _say_plan(wanted)
        if not yes:
            click.echo(_BEFORE, err=True)
            click.confirm("Is the meter unplugged from the rig, or off?", abort=True, err=True)
        writing.write(tool, wanted)
        identity = writing.check(port, wanted, lock) if board.on_usb else None
    if as_json:
        click.echo(json.dumps(_done_json(port, wanted, identity)))
        return _OK
    if wanted.board.meter:
        click.echo("written; a meter answers on its meter port only: connect it to a rig, then kctrig probe")
        return _OK
    if identity is None:
        click.echo(
            f"written; board {board.name} talks to the host over its own UART, so nothing was asked here"
        )
    else:
        click.echo(f"the rig answers: {identity.text}")
        click.echo(f"its name: rig:{identity.chip_id or wanted.chip.mac}")
    click.echo(_AFTER)
    return _OK


def _say_plan(wanted: Plan) -> None:
    from kctrig.flash.compiler import dotted
    from kctrig.flash.files import firmware_version

    chip = wanted.chip
    click.echo(f"chip {chip.description}, MAC {chip.mac}, {chip.flash_bytes >> 20} MB of flash", err=True)
    if wanted.brought is not None:
        size_kb = wanted.brought.size // 1024
        click.echo(
            f"MicroPython {dotted(wanted.micropython)} from {wanted.brought.path}, {size_kb} kB", err=True
        )
    else:
        click.echo(f"MicroPython {dotted(wanted.micropython)} stays", err=True)
    click.echo(
        f"firmware {firmware_version()} for {wanted.board.name}: {wanted.file_count} files to {wanted.offset:#x}; "
        "what is in the board's file system now is lost",
        err=True,
    )
    for note in wanted.notes:
        click.echo(f"note: {note}", err=True)


def _done_json(port: str, wanted: Plan, identity: Identity | None) -> dict[str, object]:
    from kctrig.flash.files import firmware_version

    return {
        "port": port,
        "board": wanted.board.name,
        "chip": wanted.chip.family,
        "mac": wanted.chip.mac,
        "micropython": list(wanted.micropython),
        "micropython_written": wanted.brought is not None,
        "firmware": firmware_version(),
        "offset": wanted.offset,
        "sha256": wanted.digest,
        "rig": identity.text if identity else None,
        "notes": list(wanted.notes),
    }


def _progress() -> Progress:
    """One line on a terminal that is written over; elsewhere a line each quarter."""
    told = {"quarter": 0}

    def show(what: str, share: float) -> None:
        if sys.stderr.isatty():
            click.echo(f"\r{what} {share:4.0%} ", err=True, nl=share >= 1)
            return
        quarter = int(share * 4)
        if quarter != told["quarter"]:
            told["quarter"] = quarter
            if quarter:
                click.echo(f"{what} {share:.0%}", err=True)

    return show
