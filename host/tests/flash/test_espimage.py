"""The MicroPython file that a user brings."""

from __future__ import annotations

from pathlib import Path

import pytest
from kctrig.flash import espimage, partitions
from kctrig.flash.errors import FlashError
from kctrig.flash.writing import brought_file
from tests.flash.micropython_bin import app, micropython_bin, table


def put(folder: Path, data: bytes) -> Path:
    path = folder / "ESP32_GENERIC.bin"
    path.write_bytes(data)
    return path


def test_a_file_says_its_chip_its_version_and_where_its_files_go(tmp_path: Path) -> None:
    found = brought_file(put(tmp_path, micropython_bin(version="v1.27.0")))
    assert (found.chip, found.version, found.offset) == ("esp32", (1, 27), 0x1000)
    assert (found.files.offset, found.files.size) == (0x200000, 0x200000)


def test_a_file_for_another_chip_begins_elsewhere_and_is_told_apart(tmp_path: Path) -> None:
    found = espimage.read_file(put(tmp_path, micropython_bin(chip_id=9, start=0)))
    assert (found.chip, found.offset) == ("esp32s3", 0)


def test_a_file_without_the_greeting_is_known_by_its_description() -> None:
    assert espimage.version_in(app(version="v1.26.1", banner=False)) == (1, 26)
    assert espimage.version_in(app(name="blink", banner=False)) is None
    assert espimage.version_in(app(version="v1.28.0-preview.5.gabcdef")) == (1, 28)


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"PK\x03\x04 no image", "no program for an ESP32"),
        (app(), "holds no partition table: it is an update"),
        (micropython_bin().replace(b"MicroPython v", b"CircuitPy  v").replace(b"micropython", b"circuitpyth"), "does not say that it is MicroPython"),
        (micropython_bin(label="ffat"), "no partition 'vfs'"),
        (micropython_bin(vfs_offset=0x11000), "reaches into the file system"),
    ],
    ids=["zip", "update", "other", "ffat", "overlap"],
)  # fmt: skip
def test_a_file_that_is_something_else_is_refused_in_one_line(
    tmp_path: Path, data: bytes, words: str
) -> None:
    with pytest.raises(FlashError, match=words) as caught:
        espimage.read_file(put(tmp_path, data))
    assert "\n" not in str(caught.value)


def test_a_file_that_is_not_there_is_said(tmp_path: Path) -> None:
    with pytest.raises(FlashError, match="No such file"):
        espimage.read_file(tmp_path / "nothing.bin")


def test_esptool_finds_a_damaged_file(tmp_path: Path) -> None:
    data = bytearray(micropython_bin())
    data[0x40] ^= 1
    with pytest.raises(FlashError, match="damaged"):
        brought_file(put(tmp_path, bytes(data)))


def test_a_table_ends_at_its_digest_and_an_empty_flash_has_none() -> None:
    assert [part.label for part in partitions.parse(table())] == ["nvs", "phy_init", "factory", "vfs"]
    assert partitions.parse(b"\xff" * 0xC00) == ()
    with pytest.raises(FlashError, match="there: none"):
        partitions.file_system(())
