"""The board's file system as one flashable image, and back.

littlefs with the parameters that MicroPython's ESP32 port mounts (facts/micropython.md section 4). Nothing in it
depends on the clock or the machine: the same files give the same bytes.
"""

from __future__ import annotations

import io
from collections.abc import Mapping
from typing import Any

from kctrig.flash.errors import FlashError, ToolMissing

BLOCK_BYTES = 4096
DEFAULT_BYTES = 0x200000
_NO_SPACE = -28
_GEOMETRY: dict[str, Any] = {
    "block_size": BLOCK_BYTES,
    "prog_size": 32,
    "read_size": 32,
    "cache_size": 128,
    "lookahead_size": 32,
    "disk_version": 0x00020000,
}


def _littlefs(size: int, data: bytes | None = None) -> Any:
    try:
        from littlefs import LittleFS
    except ImportError:
        raise ToolMissing("littlefs-python") from None
    if data is None:
        return LittleFS(block_count=size // BLOCK_BYTES, **_GEOMETRY)
    system = LittleFS(block_count=size // BLOCK_BYTES, mount=False, **_GEOMETRY)
    system.context.buffer = bytearray(data)
    system.mount()
    return system


def build(files: Mapping[str, bytes], size: int = DEFAULT_BYTES) -> bytes:
    """An image of `size` bytes that holds these files (path with slashes, content).

    Raises:
        FlashError: they do not fit.
        ToolMissing: littlefs-python is not installed.
    """
    system = _littlefs(size)
    from littlefs import LittleFSError

    try:
        for folder in sorted({path.rpartition("/")[0] for path in files} - {""}):
            system.makedirs(folder, exist_ok=True)
        for path in sorted(files):
            with system.open(path, "wb") as file:
                file.write(files[path])
    except LittleFSError as error:
        if error.code != _NO_SPACE:
            raise
        need = sum(map(len, files.values()))
        raise FlashError(
            f"the firmware ({need} bytes in {len(files)} files) does not fit into a file system of {size} bytes. "
            "Next: take a MicroPython build for 4 MB of flash or more"
        ) from None
    return bytes(system.context.buffer)


def read(image: bytes) -> dict[str, bytes]:
    """Every file of an image. Raises FlashError when it is no such image."""
    from littlefs import LittleFSError

    try:
        system = _littlefs(len(image), image)
    except LittleFSError as error:
        raise FlashError(f"this is no littlefs image ({error})") from None
    files = {}
    for folder, _, names in system.walk("/"):
        for name in names:
            path = f"{folder.rstrip('/')}/{name}"
            stream: io.RawIOBase
            with system.open(path, "rb") as stream:
                files[path.lstrip("/")] = stream.read() or b""
    return files


def used_bytes(image: bytes) -> int:
    """Bytes in blocks that are not empty."""
    blank = b"\xff" * BLOCK_BYTES
    return sum(
        BLOCK_BYTES for at in range(0, len(image), BLOCK_BYTES) if image[at : at + BLOCK_BYTES] != blank
    )
