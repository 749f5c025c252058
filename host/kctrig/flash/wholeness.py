"""Whether a program for an ESP32 is whole: its segments, its checksum, its SHA-256.

The format: ESP-IDF documentation, "App Image Format" (esp_image_header_t and what follows the segments); esptool
documentation, "Firmware Image Format". The bootloader on the chip asks the same before it starts a program.
"""

from __future__ import annotations

import hashlib
import struct
from collections.abc import Sequence

from kctrig.flash.errors import FlashError
from kctrig.flash.partitions import APP, Partition

MAGIC = 0xE9
HEAD = struct.Struct("<BBBBI16s")
_SEGMENT = struct.Struct("<II")
_MOST_SEGMENTS = 16
_CHECKSUM_START = 0xEF
_DIGEST_BYTES = 32
_AGAIN = "Next: download it again"


def check(data: bytes, at: int, what: str, room: int | None = None) -> int:
    """Judge the image that begins at `at` of a file; the offset behind it.

    Args:
        data: the whole file.
        at: where in it the image begins.
        what: the file and the image in it, for people.
        room: bytes that the image may have, None for no limit.

    Raises FlashError with one line.
    """
    if at + HEAD.size > len(data):
        raise FlashError(f"{what} is cut off: the file ends before it begins. {_AGAIN}")
    magic, count, _, _, _, extended = HEAD.unpack_from(data, at)
    if magic != MAGIC or not 1 <= count <= _MOST_SEGMENTS:
        raise FlashError(f"{what} is damaged: no program begins at {at:#x} of the file. {_AGAIN}")
    position = at + HEAD.size
    checksum = _CHECKSUM_START
    for number in range(1, count + 1):
        body = position + _SEGMENT.size
        size = _SEGMENT.unpack_from(data, position)[1] if body <= len(data) else 0
        if body > len(data) or body + size > len(data):
            raise FlashError(
                f"{what} is cut off or damaged: the file ends in its segment {number} of {count}. {_AGAIN}"
            )
        checksum ^= _xor(data[body : body + size])
        position = body + size
    end = (position - at + 16) // 16 * 16 + at  # padded so that the checksum is the last byte of 16
    digest_end = end + (_DIGEST_BYTES if extended[-1] else 0)
    if digest_end > len(data):
        raise FlashError(f"{what} is cut off: its checksum is missing. {_AGAIN}")
    if data[end - 1] != checksum:
        raise FlashError(f"{what} is damaged: its checksum is wrong. {_AGAIN}")
    if digest_end > end and hashlib.sha256(data[at:end]).digest() != data[end:digest_end]:
        raise FlashError(f"{what} is damaged: its SHA-256 is wrong. {_AGAIN}")
    if room is not None and digest_end - at > room:
        raise FlashError(f"{what} has {digest_end - at} bytes, its partition {room}. {_AGAIN}")
    return digest_end


def check_programs(data: bytes, start: int, table: Sequence[Partition], name: str) -> None:
    """Judge every program that the table names and the file carries; the first one must be there.

    Args:
        data: a combined file: bootloader, table, programs.
        start: where in the flash it begins.
        table: its partitions.
        name: of the file.

    Raises FlashError with one line.
    """
    programs = sorted((part for part in table if part.kind == APP), key=lambda part: part.offset)
    if not programs:
        raise FlashError(
            f"{name}: its partition table names no program. Next: take a .bin from micropython.org"
        )
    for number, part in enumerate(programs):
        at = part.offset - start
        carried = data[at : at + part.size]
        if number and not carried.strip(b"\xff"):
            continue  # the second place of an OTA layout, empty or behind the end of the file
        check(data, at, f"{name}: the program in partition {part.label!r}", part.size)


def _xor(data: bytes) -> int:
    """All bytes exclusive-or'ed, halving what is left each time."""
    size = 1 << max(0, len(data) - 1).bit_length()
    number = int.from_bytes(data, "little")
    while size > 1:
        size //= 2
        number = (number >> 8 * size) ^ (number & ((1 << 8 * size) - 1))
    return number
