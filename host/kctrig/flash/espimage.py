"""What a MicroPython .bin file is: which chip, which version, where its partitions are.

Layout: ESP-IDF documentation, "App Image Format"; a combined file begins where the chip's bootloader begins.
"""

from __future__ import annotations

import re
import struct
from dataclasses import dataclass
from pathlib import Path

from kctrig.flash import partitions, wholeness
from kctrig.flash.compiler import Version
from kctrig.flash.errors import FlashError

# Extended header, bytes 12 and 13; names as esptool's --chip takes them.
CHIPS = {
    0: "esp32",
    2: "esp32s2",
    5: "esp32c3",
    9: "esp32s3",
    12: "esp32c2",
    13: "esp32c6",
    16: "esp32h2",
    18: "esp32p4",
    23: "esp32c5",
}
_STARTS_AT = {"esp32": 0x1000, "esp32s2": 0x1000, "esp32p4": 0x2000, "esp32c5": 0x2000}
_APP_DESCRIPTION = 0x20  # behind image and segment header
_APP_MAGIC = b"\x32\x54\xcd\xab"
HEAD_BYTES = 0x100
_BANNER = re.compile(rb"MicroPython v(\d+)\.(\d+)[\w.+-]* on \d{4}-\d\d-\d\d")
_TAG = re.compile(r"^v(\d+)\.(\d+)")
_FLASH_MOST = 128 << 20
_FLASH_SIZES = 8  # 1 MB to 128 MB: the high half of byte 3 of the header


@dataclass(frozen=True, slots=True)
class MicroPythonFile:
    """A MicroPython for one chip, as a file for `write-flash`.

    Attributes:
        path: the file.
        size: its bytes.
        chip: as esptool names it.
        version: of MicroPython, major and minor.
        offset: where in the flash it belongs.
        table: its partitions.
        flash_bytes: of flash that its header tells of; since 1.26 the least of several, 0 when it tells none.
    """

    path: Path
    size: int
    chip: str
    version: Version
    offset: int
    table: tuple[partitions.Partition, ...]
    flash_bytes: int

    def files(self, flash_bytes: int) -> partitions.Partition:
        """The partition of MicroPython's file system on a chip of that size (0: unknown).

        Raises FlashError when there is none, or when the file reaches into it.
        """
        place = partitions.file_system(self.table, flash_bytes, self.version)
        if self.offset + self.size > place.offset:
            raise FlashError(
                f"{self.path} reaches into the file system's partition at {place.offset:#x}. "
                "Next: take the .bin of your board from micropython.org"
            )
        return place


def chip_of(head: bytes) -> str | None:
    """The chip an image was built for; None when it is no image or of a chip nobody here knows."""
    if len(head) < 24 or head[0] != wholeness.MAGIC:
        return None
    return CHIPS.get(struct.unpack_from("<H", head, 12)[0])


def flash_bytes_of(head: bytes) -> int:
    """The size of flash an image was made for, by its header; 0 when that is none of the known sizes."""
    size = head[3] >> 4
    return 1 << (20 + size) if size < _FLASH_SIZES else 0


def version_in(data: bytes) -> Version | None:
    """The MicroPython version that an image tells: in its greeting, else in the description of the program."""
    banner = _BANNER.search(data)
    if banner is not None:
        return int(banner[1]), int(banner[2])
    return described_version(data)


def described(head: bytes) -> tuple[str, str] | None:
    """Name and version in the ESP-IDF description at the head of a program; None when there is none."""
    if head[_APP_DESCRIPTION : _APP_DESCRIPTION + 4] != _APP_MAGIC:
        return None
    version, name = (
        head[at : at + 32].partition(b"\0")[0].decode("ascii", "replace")
        for at in (_APP_DESCRIPTION + 16, _APP_DESCRIPTION + 48)
    )
    return name, version


def described_version(head: bytes) -> Version | None:
    """The version in that description, when the program is MicroPython."""
    name, version = described(head) or ("", "")
    tag = _TAG.search(version)
    return (int(tag[1]), int(tag[2])) if name == "micropython" and tag is not None else None


def read_file(path: Path) -> MicroPythonFile:
    """Look into a file that the user brought.

    Raises FlashError that says what it is instead of a MicroPython to write.
    """
    try:
        data = path.read_bytes()
    except OSError as error:
        raise FlashError(f"{path}: {error.strerror or error}") from None
    chip = chip_of(data)
    if chip is None:
        raise FlashError(
            f"{path} is no program for an ESP32. Next: take the .bin of your board from micropython.org"
        )
    wholeness.check(data, 0, f"{path}: its first image")
    start = _STARTS_AT.get(chip, 0)
    table = partitions.parse(data[partitions.TABLE_OFFSET - start :][: partitions.TABLE_BYTES])
    if not table:
        raise FlashError(
            f"{path} holds no partition table: it is an update (.app-bin), another program, or cut off. "
            "Next: take the .bin that is meant for the first installation, whole"
        )
    if not partitions.intact(data[partitions.TABLE_OFFSET - start :][: partitions.TABLE_BYTES]):
        raise FlashError(f"{path}: its partition table is damaged. Next: download it again")
    wholeness.check_programs(data, start, table, str(path))
    version = version_in(data)
    program = partitions.app(table)
    if version is None and program is not None:
        version = described_version(data[program.offset - start :][:HEAD_BYTES])
    if version is None:
        raise FlashError(
            f"{path} does not say that it is MicroPython. Next: take a .bin from micropython.org"
        )
    found = MicroPythonFile(path, len(data), chip, version, start, table, flash_bytes_of(data))
    found.files(_FLASH_MOST)  # on whatever chip: a place for files there must be
    return found
