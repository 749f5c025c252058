"""A file that looks like MicroPython for an ESP32: bootloader, partition table, program; nothing in it runs."""

from __future__ import annotations

import hashlib
import struct

VFS = 0x200000
_APP = 0x10000
Row = tuple[int, int, int, int, str]
_NVS: tuple[Row, ...] = ((1, 2, 0x9000, 0x6000, "nvs"), (1, 1, 0xF000, 0x1000, "phy_init"))
# partitions-4MiBplus.csv as it came with pull request 17337, and as it is since the program grew.
ROWS_1_26: tuple[Row, ...] = (*_NVS, (0, 0, _APP, 0x1F0000, "factory"))
ROWS_LATER: tuple[Row, ...] = (*_NVS, (0, 0, _APP, 0x210000, "factory"))
VFS_LATER = 0x220000
# partitions-8MiBplus-ota.csv with a file system behind the second program, and partitions-4MiB-romfs.csv.
ROWS_OTA: tuple[Row, ...] = (
    (1, 2, 0x9000, 0x4000, "nvs"),
    (1, 0, 0xD000, 0x2000, "otadata"),
    (1, 1, 0xF000, 0x1000, "phy_init"),
    (0, 0x10, _APP, 0x270000, "ota_0"),
    (0, 0x11, 0x280000, 0x2F0000, "ota_1"),
)
ROWS_ROMFS: tuple[Row, ...] = (
    *_NVS,
    (0, 0, _APP, 0x1D0000, "factory"),
    (1, 0x8F, 0x1E0000, 0x20000, "romfs"),
)


def esp_image(chip_id: int, segment: bytes, address: int = 0x3F400020) -> bytes:
    """One image with a checksum and a digest, as esptool checks them."""
    segment += b"\0" * (-len(segment) % 4)
    head = struct.pack("<BBBBI", 0xE9, 1, 2, 0x20, 0x40080000)
    head += struct.pack("<BBBBHBHHBBBBB", 0xEE, 0, 0, 0, chip_id, 0, 0, 0xFFFF, 0, 0, 0, 0, 1)
    body = head + struct.pack("<II", address, len(segment)) + segment
    body += b"\0" * (15 - len(body) % 16)
    checksum = 0xEF
    for byte in segment:
        checksum ^= byte
    body += bytes([checksum])
    return body + hashlib.sha256(body).digest()


def app(chip_id: int = 0, version: str = "v1.29.0", name: str = "micropython", banner: bool = True) -> bytes:
    """A program with its ESP-IDF description in front."""
    description = b"\x32\x54\xcd\xab" + bytes(12)
    for text in (version, name, "12:00:00", "Aug 29 2026"):
        description += text.encode().ljust(32 if text in (version, name) else 16, b"\0")
    description += b"v5.5.1".ljust(32, b"\0") + bytes(112)
    words = (
        f"MicroPython {version} on 2026-08-29; Generic ESP32 module with ESP32\r\n".encode()
        if banner
        else b""
    )
    return esp_image(chip_id, description + words + bytes(range(256)) * 200)


def table(
    vfs_offset: int = VFS, vfs_size: int = 0x200000, label: str = "vfs", rows: tuple[Row, ...] | None = None
) -> bytes:
    """The partition table of a MicroPython to 1.25 for 4 MB, or one of these rows."""
    if rows is None:
        rows = (*ROWS_1_26, (1, 0x81, vfs_offset, vfs_size, label))
    entries = [
        struct.pack("<2sBBII16sI", b"\xaa\x50", kind, sub, at, size, name.encode(), 0)
        for kind, sub, at, size, name in rows
    ]
    data = b"".join(entries)
    return (data + b"\xeb\xeb" + b"\xff" * 14 + hashlib.md5(data).digest()).ljust(0xC00, b"\xff")


def micropython_bin(
    chip_id: int = 0,
    version: str = "v1.29.0",
    start: int = 0x1000,
    vfs_offset: int = VFS,
    label: str = "vfs",
    rows: tuple[Row, ...] | None = None,
    name: str = "micropython",
    banner: bool = True,
) -> bytes:
    """The combined file as micropython.org has it; it begins at `start` of the flash."""
    parts = {
        start: esp_image(chip_id, bytes(range(256)) * 64),
        0x8000: table(vfs_offset, label=label, rows=rows),
        _APP: app(chip_id, version, name, banner),
    }
    out = bytearray(b"\xff" * (_APP - start))
    for offset, data in sorted(parts.items()):
        out[offset - start : offset - start + len(data)] = data
    return bytes(out)
