"""The partition table of an ESP32's flash (ESP-IDF documentation, "Partition Tables") and where MicroPython keeps files."""

from __future__ import annotations

import struct
from dataclasses import dataclass

from kctrig.flash.errors import FlashError

TABLE_OFFSET = 0x8000
TABLE_BYTES = 0xC00
FILE_SYSTEM = "vfs"
APP, DATA = 0, 1
_ENTRY = struct.Struct("<2sBBII16sI")
_MAGIC = b"\xaa\x50"


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


def file_system(table: tuple[Partition, ...]) -> Partition:
    """Where MicroPython's files are. Raises FlashError when the table has no such partition."""
    for partition in table:
        if partition.kind == DATA and partition.label == FILE_SYSTEM:
            return partition
    there = ", ".join(partition.label for partition in table) or "none"
    raise FlashError(f"the flash has no partition {FILE_SYSTEM!r} for MicroPython's files (there: {there})")


def app(table: tuple[Partition, ...]) -> Partition | None:
    """The first partition of a program, None when there is none."""
    return next((partition for partition in table if partition.kind == APP), None)
