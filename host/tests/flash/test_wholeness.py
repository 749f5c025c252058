"""Every program in a MicroPython file is judged before anything is written, not only the bootloader at its head."""

from __future__ import annotations

from pathlib import Path

import pytest
from kctrig.flash import espimage, wholeness
from kctrig.flash.chiptool import check_file
from kctrig.flash.errors import FlashError
from kctrig.flash.writing import brought_file
from tests.flash.micropython_bin import ROWS_LATER, ROWS_OTA, app, esp_image, micropython_bin

APP_IN_FILE = 0x10000 - 0x1000
GOOD = micropython_bin(rows=ROWS_LATER)


def put(folder: Path, data: bytes) -> Path:
    path = folder / "ESP32_GENERIC.bin"
    path.write_bytes(data)
    return path


def flipped(at: int, data: bytes = GOOD) -> bytes:
    return data[:at] + bytes([data[at] ^ 0x10]) + data[at + 1 :]


def test_a_good_file_is_taken(tmp_path: Path) -> None:
    assert brought_file(put(tmp_path, GOOD)).size == len(GOOD)


@pytest.mark.parametrize(
    ("size", "words"),
    [
        (0x2000, "its first image is cut off or damaged: the file ends in its segment 1 of 1"),
        (0x6000, "holds no partition table.*or cut off"),
        (APP_IN_FILE, "the program in partition 'factory' is cut off: the file ends before it begins"),
        (APP_IN_FILE + 20, "the program in partition 'factory' is cut off: the file ends before it begins"),
        (APP_IN_FILE + 0x4000, "'factory' is cut off or damaged: the file ends in its segment 1 of 1"),
        (len(GOOD) - 40, "'factory' is cut off"),
        (len(GOOD) - 1, "'factory' is cut off: its checksum is missing"),
    ],
)
def test_a_file_that_was_cut_off_is_refused_in_one_line(tmp_path: Path, size: int, words: str) -> None:
    with pytest.raises(FlashError, match=words) as caught:
        brought_file(put(tmp_path, GOOD[:size]))
    assert "\n" not in str(caught.value)
    assert "Next: " in str(caught.value)


@pytest.mark.parametrize(
    ("at", "words"),
    [
        (0x100, "its first image is damaged: its checksum is wrong"),
        (0x7000 + 9, "its partition table is damaged"),
        (APP_IN_FILE, "no program begins at 0xf000"),
        (APP_IN_FILE + 4, "'factory' is damaged: its SHA-256 is wrong"),  # the entry address: in no checksum
        (APP_IN_FILE + 0x5000, "'factory' is damaged: its checksum is wrong"),
        (len(GOOD) - 1, "'factory' is damaged: its SHA-256 is wrong"),
    ],
)
def test_one_wrong_bit_anywhere_is_refused(tmp_path: Path, at: int, words: str) -> None:
    with pytest.raises(FlashError, match=words):
        brought_file(put(tmp_path, flipped(at)))


def test_esptool_alone_sees_nothing_of_it_because_it_judges_the_head_only(tmp_path: Path) -> None:
    assert check_file(put(tmp_path, flipped(APP_IN_FILE + 0x5000))) == "esp32"


def test_a_second_program_is_judged_when_the_file_carries_one(tmp_path: Path) -> None:
    one = micropython_bin(rows=ROWS_OTA)
    assert brought_file(put(tmp_path, one)).version == (1, 29)
    second = app()
    both = one.ljust(0x280000 - 0x1000, b"\xff") + second
    assert brought_file(put(tmp_path, both)).version == (1, 29)
    with pytest.raises(FlashError, match="'ota_1' is damaged: its checksum is wrong"):
        brought_file(put(tmp_path, flipped(len(both) - 0x1000, both)))


def test_a_program_larger_than_its_partition_is_refused(tmp_path: Path) -> None:
    rows = (*ROWS_LATER[:2], (0, 0, 0x10000, 0x8000, "factory"))
    with pytest.raises(FlashError, match=r"has \d+ bytes, its partition 32768"):
        espimage.read_file(put(tmp_path, micropython_bin(rows=rows)))


def test_a_program_without_a_digest_is_judged_by_its_checksum() -> None:
    image = bytearray(esp_image(0, b"some code" * 50))
    del image[-32:]
    image[23] = 0
    assert wholeness.check(bytes(image), 0, "it") == len(image)
    with pytest.raises(FlashError, match="checksum is wrong"):
        wholeness.check(flipped(100, bytes(image)), 0, "it")


def test_what_esptool_itself_writes_is_whole(tmp_path: Path) -> None:
    from esptool.bin_image import ESP32FirmwareImage, ImageSegment

    image = ESP32FirmwareImage()
    image.append_digest = True
    for address, size in ((0x3F400020, 0x9000), (0x3FFB0000, 1000), (0x40080000, 0x4004)):
        segment = ImageSegment(address, bytes(range(251)) * (size // 4))
        segment.name = f"at {address:#x}"
        image.segments.append(segment)
    path = tmp_path / "made.bin"
    image.save(str(path))
    data = path.read_bytes()
    assert wholeness.check(b"\xff" * 64 + data, 64, "it") == 64 + len(data)
    with pytest.raises(FlashError, match="damaged"):
        wholeness.check(flipped(len(data) // 2, data), 0, "it")
