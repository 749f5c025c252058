"""The file system image: what is in it, and that it depends on nothing but the sources."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from kctrig import firmware_files
from kctrig.flash import compiler, files, image
from kctrig.flash.errors import FlashError

BUILDS = sorted(files.boards())


@pytest.fixture(scope="module")
def content() -> dict[str, bytes]:
    return files.firmware_files(files.board_file("bench_matrix"), compiler.find_compiler())


def test_the_image_read_back_holds_every_file_byte_by_byte(content: dict[str, bytes]) -> None:
    assert image.read(image.build(content)) == content


def test_the_same_files_give_the_same_bytes_in_another_process(
    content: dict[str, bytes], tmp_path: Path
) -> None:
    target = tmp_path / "again.bin"
    program = f"from kctrig.cli.app import run; run(['flash', '--board', 'bench_matrix', '--image', {str(target)!r}])"
    subprocess.run([sys.executable, "-c", program], check=True, cwd=tmp_path, capture_output=True, timeout=60)
    assert target.read_bytes() == image.build(content)


def test_the_same_sources_in_another_folder_give_the_same_bytes(
    content: dict[str, bytes], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ports = shutil.copytree(firmware_files.ports_folder(), tmp_path / "elsewhere" / "ports")
    for package in files.PACKAGES:
        shutil.copytree(
            firmware_files.package_folder(package),
            tmp_path / "elsewhere" / package,
            ignore=shutil.ignore_patterns("__pycache__"),
        )
    monkeypatch.setattr(files, "ports_folder", lambda: ports)
    monkeypatch.setattr(files, "package_folder", lambda name: tmp_path / "elsewhere" / name)
    assert files.firmware_files(files.board_file("bench_matrix"), compiler.find_compiler()) == content


def test_only_what_micropython_starts_and_what_makes_safe_is_source(content: dict[str, bytes]) -> None:
    assert {name for name in content if name.endswith(".py")} == {"boot.py", "main.py", "board.py"}
    port = firmware_files.ports_folder() / "esp32"
    assert content["boot.py"] == (port / "boot.py").read_bytes()
    assert content["board.py"] == (port / "boards" / "bench_matrix.py").read_bytes()
    imported = re.findall(r"^(?:import|from) (\w+)", content["boot.py"].decode(), re.MULTILINE)
    assert set(imported) <= {"board", "machine", "micropython"}
    assert not re.findall(r"^(?:import|from) ", content["board.py"].decode(), re.MULTILINE)


def test_every_other_file_is_bytecode_that_micropython_from_1_19_on_reads(content: dict[str, bytes]) -> None:
    modules = {name: data for name, data in content.items() if name.endswith(".mpy")}
    assert {"rigmain.mpy", "usbline.mpy", "rigwire/frames.mpy", "rigfw/app.mpy", "rigfw/server.mpy"} <= set(
        modules
    )
    for name, data in modules.items():
        magic, version, native, small_int_bits = data[:4]
        assert (magic, version, native) == (ord("M"), 6, 0), name
        assert small_int_bits <= 31, name  # a board's small integers have 31 bits


@pytest.mark.parametrize("name", BUILDS)
def test_each_build_carries_its_own_board_file_and_fits_many_times(name: str) -> None:
    board = files.board_file(name)
    data = image.build(files.firmware_files(board, compiler.find_compiler()))
    assert f'NAME = "{name}"' in image.read(data)["board.py"].decode()
    assert len(data) == image.DEFAULT_BYTES
    assert image.used_bytes(data) < image.DEFAULT_BYTES // 8


def test_the_geometry_is_that_of_micropythons_esp32_port(content: dict[str, bytes]) -> None:
    data = image.build(content)
    at = data.index(b"littlefs")
    version, block_size, block_count = (
        int.from_bytes(data[at + 12 + 4 * i : at + 16 + 4 * i], "little") for i in range(3)
    )
    assert (version, block_size, block_count) == (0x00020000, 4096, 512)


def test_a_partition_that_is_too_small_is_said_in_one_line(content: dict[str, bytes]) -> None:
    with pytest.raises(FlashError, match=r"does not fit into a file system of 32768 bytes") as caught:
        image.build(content, 32768)
    assert "\n" not in str(caught.value)


def test_what_is_no_image_is_said() -> None:
    with pytest.raises(FlashError, match="no littlefs image"):
        image.read(b"\xff" * 65536)


def test_a_board_nobody_knows_lists_those_there_are() -> None:
    with pytest.raises(FlashError, match="bench_matrix, emulated_meter, sealed_fingers"):
        files.board_file("toaster")


def test_a_board_file_that_breaks_a_rule_of_the_firmware_is_never_built(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.copytree(firmware_files.ports_folder(), tmp_path / "ports")
    path = tmp_path / "ports" / "esp32" / "boards" / "bench_matrix.py"
    path.write_text(
        path.read_text(encoding="utf-8").replace("I2C_SCL = 22", "I2C_SCL = 12"), encoding="utf-8"
    )
    monkeypatch.setattr(files, "ports_folder", lambda: tmp_path / "ports")
    with pytest.raises(FlashError, match=r"I2C_SCL is pin 12, a strapping pin.*Nothing was written"):
        files.board_file("bench_matrix")


def test_the_oldest_micropython_is_the_firmwares_own() -> None:
    text = (firmware_files.ports_folder() / "esp32" / "main.py").read_text(encoding="utf-8")
    assert f"OLDEST = {compiler.OLDEST}" in text
