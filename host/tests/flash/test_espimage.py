"""The MicroPython file that a user brings."""

from __future__ import annotations

from pathlib import Path

import pytest
from kctrig.flash import espimage, partitions
from kctrig.flash.chiptool import check_file
from kctrig.flash.errors import FlashError
from kctrig.flash.writing import brought_file
from tests.flash.micropython_bin import (
    ROWS_1_26,
    ROWS_LATER,
    ROWS_OTA,
    ROWS_ROMFS,
    Row,
    app,
    micropython_bin,
    table,
)


def put(folder: Path, data: bytes) -> Path:
    path = folder / "ESP32_GENERIC.bin"
    path.write_bytes(data)
    return path


def test_a_file_says_its_chip_its_version_and_where_its_files_go(tmp_path: Path) -> None:
    found = brought_file(put(tmp_path, micropython_bin(version="v1.27.0")))
    assert (found.chip, found.version, found.offset) == ("esp32", (1, 27), 0x1000)
    assert found.flash_bytes == 4 << 20
    for flash_bytes in (0, 4 << 20, 16 << 20):  # the table names the place
        place = found.files(flash_bytes)
        assert (place.label, place.offset, place.size) == ("vfs", 0x200000, 0x200000)


@pytest.mark.parametrize("flash_mb", [4, 16])
@pytest.mark.parametrize(
    ("rows", "offset"), [(ROWS_1_26, 0x200000), (ROWS_LATER, 0x220000), (ROWS_ROMFS, 0x200000)]
)
def test_without_vfs_in_the_table_the_files_go_behind_the_last_partition_to_the_end_of_the_chip(
    tmp_path: Path, rows: tuple[Row, ...], offset: int, flash_mb: int
) -> None:
    place = brought_file(put(tmp_path, micropython_bin(rows=rows))).files(flash_mb << 20)
    assert (place.label, place.offset, place.size) == ("vfs", offset, (flash_mb << 20) - offset)


def test_the_files_of_an_ota_layout_are_behind_its_second_program(tmp_path: Path) -> None:
    found = brought_file(put(tmp_path, micropython_bin(rows=ROWS_OTA)))
    place = found.files(8 << 20)
    assert (place.offset, place.size) == (0x570000, 0x290000)
    with pytest.raises(FlashError, match="the flash has 4 MB, this MicroPython wants 8 MB"):
        found.files(4 << 20)


def test_a_flash_of_unknown_size_has_no_end_to_count_to(tmp_path: Path) -> None:
    with pytest.raises(FlashError, match="the size of this flash is not known"):
        brought_file(put(tmp_path, micropython_bin(rows=ROWS_LATER))).files(0)


def test_a_place_that_begins_inside_a_sector_would_erase_its_neighbour() -> None:
    crooked = (partitions.Partition("factory", 0, 0, 0x10000, 0x1FF800),)
    with pytest.raises(FlashError, match="begin at 0x20f800, in the middle of a sector"):
        partitions.file_system(crooked, 4 << 20, (1, 29))


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
        (micropython_bin(name="circuitpyth", banner=False), "does not say that it is MicroPython"),
        (micropython_bin(label="ffat"), "keeps FAT in the partition 'ffat'"),
        (micropython_bin(vfs_offset=0x11000), "reaches into the file system"),
        (micropython_bin(version="v1.25.0", rows=ROWS_LATER), "no partition 'vfs'"),
        (micropython_bin(rows=ROWS_LATER[:2]), "its partition table names no program"),
    ],
    ids=["zip", "update", "other", "ffat", "overlap", "old", "no program"],
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
        check_file(put(tmp_path, bytes(data)))


def test_a_table_ends_at_its_digest_and_an_empty_flash_has_none() -> None:
    assert [part.label for part in partitions.parse(table())] == ["nvs", "phy_init", "factory", "vfs"]
    assert partitions.parse(b"\xff" * 0xC00) == ()
    with pytest.raises(FlashError, match="there: none"):
        partitions.file_system((), 4 << 20, None)
