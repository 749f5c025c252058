"""`kctrig flash --image`: an offset is said only when it is known."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from kctrig.cli import exits
from kctrig.cli.app import run
from kctrig.flash import image
from tests.flash.micropython_bin import ROWS_LATER, ROWS_OTA, micropython_bin

BUILD = ["flash", "--board", "bench_matrix", "--image"]


@pytest.fixture
def target(tmp_path: Path) -> Path:
    return tmp_path / "rigfs.bin"


def put(folder: Path, data: bytes) -> str:
    path = folder / "ESP32_GENERIC.bin"
    path.write_bytes(data)
    return str(path)


def test_without_a_micropython_no_place_is_claimed_and_one_line_says_how_to_find_it(
    target: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run([*BUILD, str(target)]) == exits.OK
    said = capsys.readouterr().out
    assert "write-flash" not in said
    assert "0x" not in said
    last = said.strip().splitlines()[-1]
    assert "--micropython FILE.bin" in last
    assert "--partition OFFSET:SIZE" in last
    assert len(image.read(target.read_bytes())) > 20


def test_json_without_a_micropython_has_no_offset(target: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run([*BUILD, str(target), "--json"]) == exits.OK
    assert json.loads(capsys.readouterr().out)["offset"] is None


def test_with_a_table_that_names_vfs_the_command_is_that_of_the_table(
    tmp_path: Path, target: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    brought = put(tmp_path, micropython_bin(version="v1.25.0"))
    assert run([*BUILD, str(target), "--micropython", brought]) == exits.OK
    assert f"esptool --chip esp32 write-flash 0x200000 {target}" in capsys.readouterr().out
    assert target.stat().st_size == 0x200000
    assert run([*BUILD, str(target), "--micropython", brought, "--flash-size", "2MB"]) == exits.USAGE
    assert "the flash has 2 MB, this MicroPython wants 4 MB" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("words", "size", "noted"), [([], 0x1E0000, True), (["--flash-size", "16MB"], 0xDE0000, False)]
)
def test_without_vfs_in_the_table_the_flash_size_counts_and_the_files_own_is_said(
    tmp_path: Path,
    target: Path,
    capsys: pytest.CaptureFixture[str],
    words: list[str],
    size: int,
    noted: bool,
) -> None:
    brought = put(tmp_path, micropython_bin(rows=ROWS_LATER))
    assert run([*BUILD, str(target), "--micropython", brought, *words]) == exits.OK
    said = capsys.readouterr().out
    assert f"esptool --chip esp32 write-flash 0x220000 {target}" in said
    assert ("note: for a chip with 4 MB of flash, as that file's header says" in said) == noted
    assert target.stat().st_size == size


def test_a_header_that_tells_too_little_flash_asks_for_more(
    tmp_path: Path, target: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    brought = put(tmp_path, micropython_bin(rows=ROWS_OTA))
    assert run([*BUILD, str(target), "--micropython", brought]) == exits.USAGE
    assert "the flash has 4 MB, this MicroPython wants 8 MB" in capsys.readouterr().err
    assert not target.exists()
    assert run([*BUILD, str(target), "--micropython", brought, "--flash-size", "8MB"]) == exits.OK
    assert "write-flash 0x570000" in capsys.readouterr().out


def test_a_partition_that_the_person_names_is_filled(
    target: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run([*BUILD, str(target), "--partition", "0x220000:0x1e0000"]) == exits.OK
    assert f"write-flash 0x220000 {target}" in capsys.readouterr().out
    assert target.stat().st_size == 0x1E0000


@pytest.mark.parametrize(
    ("words", "line"),
    [
        (["--partition", "0x220000"], "'0x220000' is not OFFSET:SIZE in bytes"),
        (["--partition", "vfs:2MB"], "is not OFFSET:SIZE in bytes"),
        (["--partition", "0x220800:0x1000"], "are multiples of 0x1000"),
        (["--partition", "0x9000:0x6000"], "files are behind the program at 0x10000"),
        (["--partition", "0x220000:0"], "and not empty"),
        (["--partition", "0x220000:0x2000"], "does not fit into a file system of 8192 bytes"),
        (["--flash-size", "16MB"], "--flash-size goes with --micropython"),
        (["--flash-size", "3MB"], "'3MB' is not one of"),
    ],
)
def test_a_place_that_cannot_be_is_one_line_and_no_file(
    target: Path, capsys: pytest.CaptureFixture[str], words: list[str], line: str
) -> None:
    assert run([*BUILD, str(target), *words]) == exits.USAGE
    (said,) = capsys.readouterr().err.strip().splitlines()
    assert line in said
    assert not target.exists()


def test_a_micropython_for_another_chip_or_beside_a_partition_is_refused(
    tmp_path: Path, target: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    other = put(tmp_path, micropython_bin(chip_id=9, start=0))
    assert run([*BUILD, str(target), "--micropython", other]) == exits.USAGE
    assert "is for an esp32s3, the board file bench_matrix for an esp32" in capsys.readouterr().err
    words = ["--micropython", other, "--partition", "0x220000:0x1e0000"]
    assert run([*BUILD, str(target), *words]) == exits.USAGE
    assert "give it or --partition, not both" in capsys.readouterr().err


@pytest.mark.parametrize("words", [["--flash-size", "4MB"], ["--partition", "0x220000:0x1e0000"]])
def test_a_chip_on_a_port_is_asked_and_not_told(capsys: pytest.CaptureFixture[str], words: list[str]) -> None:
    assert run(["flash", "/dev/ttyUSB9", "--board", "bench_matrix", *words]) == exits.USAGE
    assert "--flash-size and --partition are for --image" in capsys.readouterr().err
