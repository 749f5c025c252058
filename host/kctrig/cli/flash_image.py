"""`kctrig flash --image`: the file system as a file, and where in a flash it belongs."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from kctrig.flash.espimage import MicroPythonFile
    from kctrig.flash.files import BoardFile
    from kctrig.flash.partitions import Partition

SIZES = {f"{mb}MB": mb << 20 for mb in (2, 4, 8, 16, 32, 64, 128)}
"""Sizes of flash as esptool writes them."""

_HOW_TO_FIND = (
    "where it belongs depends on the MicroPython and the chip: add --micropython FILE.bin, or --partition OFFSET:SIZE "
    "as kctrig flash PORT --port-info shows it. One of another size is not mounted, at another place it destroys MicroPython"
)


class PartitionType(click.ParamType[object]):
    """OFFSET:SIZE in bytes, decimal or 0x…, both in whole sectors."""

    name = "OFFSET:SIZE"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> Partition:
        """The partition. Fails with one line on anything else."""
        from kctrig.flash import partitions

        offset, _, size = str(value).partition(":")
        try:
            place = partitions.Partition(
                partitions.FILE_SYSTEM, partitions.DATA, partitions.FAT, int(offset, 0), int(size, 0)
            )
        except ValueError:
            self.fail(f"{value!r} is not OFFSET:SIZE in bytes, such as 0x210000:0x1f0000", param, ctx)
        if place.offset % partitions.SECTOR or place.size % partitions.SECTOR:
            self.fail(f"{value!r}: offset and size are multiples of {partitions.SECTOR:#x}", param, ctx)
        if place.offset <= partitions.FIRST_PROGRAM or place.size <= 0:
            self.fail(
                f"{value!r}: files are behind the program at {partitions.FIRST_PROGRAM:#x}, and not empty",
                param,
                ctx,
            )
        return place


@dataclass(frozen=True, slots=True)
class Wanted:
    """What the person said of an image.

    Attributes:
        target: the file to write.
        bin_path: the MicroPython it goes with, when there is one.
        flash_size: of the chip, a key of SIZES.
        partition: where the board has its files, instead of a MicroPython that says it.
    """

    target: Path
    bin_path: Path | None
    flash_size: str | None
    partition: Partition | None


def build_image(board: BoardFile, wanted: Wanted, *, as_json: bool) -> int:
    """Build the file, and say how to write it when that is known for sure."""
    import hashlib

    from kctrig.flash import files, image, writing

    if wanted.bin_path is not None and wanted.partition is not None:
        raise click.UsageError("--micropython tells the partition itself: give it or --partition, not both")
    if wanted.bin_path is None and wanted.flash_size is not None:
        raise click.UsageError(
            "--flash-size goes with --micropython FILE.bin: the chip's size alone is no place"
        )
    brought = writing.brought_file(wanted.bin_path) if wanted.bin_path is not None else None
    place, notes = wanted.partition, []
    if brought is not None:
        place, said = _place(board, brought, wanted.flash_size)
        notes += [said] if said else []
    size = place.size if place is not None else image.DEFAULT_BYTES
    data, count, note = writing.build_image(board, brought.version if brought else None, size)
    notes += [note] if note else []
    try:
        wanted.target.write_bytes(data)
    except OSError as error:
        raise click.UsageError(f"{wanted.target}: {error.strerror or error}") from None
    digest = hashlib.sha256(data).hexdigest()
    offset = place.offset if place is not None else None
    if as_json:
        row = {
            "image": str(wanted.target),
            "board": board.name,
            "firmware": files.firmware_version(),
            "files": count,
        }
        numbers = {"bytes": len(data), "used_bytes": image.used_bytes(data), "offset": offset}
        click.echo(json.dumps({**row, **numbers, "sha256": digest, "notes": notes}))
        return 0
    click.echo(f"{wanted.target}: firmware {files.firmware_version()} for {board.name}, {count} files, "
               f"{image.used_bytes(data) // 1024} kB used of {len(data) // 1024} kB")  # fmt: skip
    click.echo(f"sha256 {digest}")
    for text in notes:
        click.echo(f"note: {text}")
    if offset is None:
        click.echo(_HOW_TO_FIND)
    else:
        click.echo(f"write it with: esptool --chip {board.chip} write-flash {offset:#x} {wanted.target}")
    return 0


def _place(
    board: BoardFile, brought: MicroPythonFile, flash_size: str | None
) -> tuple[Partition, str | None]:
    """Where that MicroPython has its files, and what a person should know of it."""
    from kctrig.flash import partitions
    from kctrig.flash.errors import FlashError

    if brought.chip != board.chip:
        raise FlashError(
            f"{brought.path} is for an {brought.chip}, the board file {board.name} for an {board.chip}"
        )
    size = SIZES[flash_size] if flash_size is not None else 0
    if not partitions.registered(brought.table):
        return brought.files(size), None
    place = brought.files(size or brought.flash_bytes)
    if size:
        return place, None
    return place, (
        f"for a chip with {brought.flash_bytes >> 20} MB of flash, as that file's header says; esptool flash-id tells "
        "how much yours has, and --flash-size builds for it: with another size MicroPython does not mount the image"
    )
