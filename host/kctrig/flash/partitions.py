"""The partition table of an ESP32's flash (ESP-IDF documentation, "Partition Tables") and where MicroPython keeps files.

To MicroPython 1.25 the table names the partition `vfs`. Since 1.26 (pull request 17337) most tables end with the program,
and the port registers `vfs` at each boot: from the end of the last partition to the end of the flash chip that is really
there, nothing rounded (`boardctrl_startup` in ports/esp32/main.c).
"""

from __future__ import annotations

import hashlib
import struct
from dataclasses import dataclass

from kctrig.flash.errors import FlashError

TABLE_OFFSET = 0x8000
TABLE_BYTES = 0xC00
FILE_SYSTEM, TINY_UF2 = "vfs", "ffat"
APP, DATA, FAT = 0, 1, 0x81
SECTOR = 0x1000
# In every table of MicroPython's the first program begins here.
FIRST_PROGRAM = 0x10000
# The first MicroPython that registers the partition itself.
REGISTERS = (1, 26)
_ENTRY = struct.Struct("<2sBBII16sI")
_MAGIC, _DIGEST_MAGIC = b"\xaa\x50", b"\xeb\xeb" + b"\xff" * 14


@dataclass(frozen=True, slots=True)
class Partition:
    """One entry; `offset` and `size` in bytes of flash."""

    label: str
    kind: int
    subtype: int
    offset: int
    size: int


def parse(data: bytes) -> tuple[Partition, ...]:
    """The entries of a table, none when there is no table."""
    found = []
    for at in range(0, len(data) - _ENTRY.size + 1, _ENTRY.size):
        magic, kind, subtype, offset, size, label, _ = _ENTRY.unpack_from(data, at)
        if magic != _MAGIC:
            break
        name = label.partition(b"\0")[0].decode("ascii", "replace")
        found.append(Partition(name, kind, subtype, offset, size))
    return tuple(found)


def intact(data: bytes) -> bool:
    """Whether a table's own MD5 fits, as the bootloader asks; a table without one is taken as it is."""
    end = len(parse(data)) * _ENTRY.size
    digest = data[end : end + _ENTRY.size]
    return not digest.startswith(_DIGEST_MAGIC) or digest[16:] == hashlib.md5(data[:end]).digest()


def registered(table: tuple[Partition, ...]) -> bool:
    """Whether the file system's partition is none of the table's, so that only a booting MicroPython makes it."""
    return not any(part.kind == DATA and part.label in (FILE_SYSTEM, TINY_UF2) for part in table)


def file_system(
    table: tuple[Partition, ...], flash_bytes: int, micropython: tuple[int, int] | None
) -> Partition:
    """Where MicroPython's files are.

    Args:
        table: of the board or of the file that is going to be written.
        flash_bytes: size of the flash chip, 0 when nobody knows it.
        micropython: major and minor; None is taken for the newest.

    Raises FlashError when there is no place for files, or none that kctrig can fill.
    """
    for partition in table:
        if partition.kind == DATA and partition.label == FILE_SYSTEM:
            return _usable(partition, flash_bytes)
    there = ", ".join(partition.label for partition in table) or "none"
    if not registered(table):
        raise FlashError(
            f"this MicroPython keeps FAT in the partition {TINY_UF2!r} (there: {there}), kctrig writes littlefs. "
            "Next: take the .bin of your board from micropython.org"
        )
    if not table or (micropython is not None and micropython < REGISTERS):
        raise FlashError(
            f"the flash has no partition {FILE_SYSTEM!r} for MicroPython's files (there: {there}). "
            "Next: bring the .bin of your board (--micropython FILE.bin)"
        )
    if not flash_bytes:
        raise FlashError(
            "MicroPython's files take the flash behind the last partition, and the size of this flash is not known. "
            "Next: kctrig flash --image with --flash-size, which says how to write it"
        )
    start = max(partition.offset + partition.size for partition in table)
    return _usable(Partition(FILE_SYSTEM, DATA, FAT, start, max(0, flash_bytes - start)), flash_bytes)


def _usable(place: Partition, flash_bytes: int) -> Partition:
    """The same, when erasing it in whole sectors touches nothing else and the flash is that large."""
    if place.offset % SECTOR:
        raise FlashError(
            f"the file system would begin at {place.offset:#x}, in the middle of a sector of {SECTOR} bytes. "
            "Next: take the .bin of your board from micropython.org"
        )
    end = place.offset + max(place.size, SECTOR)
    if flash_bytes and end > flash_bytes:
        need_mb = (1 << (end - 1).bit_length()) >> 20  # chips come in powers of two
        raise FlashError(
            f"the flash has {flash_bytes >> 20} MB, this MicroPython wants {need_mb} MB. "
            "Next: take the MicroPython build for this board"
        )
    return place


def app(table: tuple[Partition, ...]) -> Partition | None:
    """The first partition of a program, None when there is none."""
    return next((partition for partition in table if partition.kind == APP), None)
