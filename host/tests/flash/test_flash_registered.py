"""A MicroPython whose table has no `vfs`: it makes the partition when it boots, up to the end of the chip."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest
from kctrig.cli import exits
from kctrig.cli.app import run
from kctrig.flash import files, image
from kctrig.flash.errors import FlashError
from kctrig.sim.devices import find_micropython
from tests.flash.esp_rom import EspRom
from tests.flash.fake_board import FakeBoard, files_of
from tests.flash.micropython_bin import ROWS_1_26, ROWS_LATER, VFS_LATER, Row, micropython_bin

pytestmark = [
    pytest.mark.vm,
    pytest.mark.skipif(os.name != "posix", reason="ptys"),
    pytest.mark.skipif(find_micropython() is None, reason="no micropython program on this computer"),
]


@pytest.mark.parametrize("flash_mb", [4, 16])
@pytest.mark.parametrize(("rows", "offset"), [(ROWS_1_26, 0x200000), (ROWS_LATER, VFS_LATER)])
def test_an_empty_board_gets_both_and_answers_whatever_its_flash(
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    flash_mb: int,
    rows: tuple[Row, ...],
    offset: int,
) -> None:
    brought = tmp_path / "ESP32_GENERIC-v1.29.0.bin"
    brought.write_bytes(micropython_bin(rows=rows))
    with FakeBoard(tmp_path, EspRom(flash_mb=flash_mb)) as board:
        words = ["--board", "bench_matrix", "--micropython", str(brought), "--yes", "--json"]
        code = run(["flash", board.path, *words])
        out, err = capsys.readouterr()
        assert code == exits.OK, err
        assert json.loads(out)["rig"].startswith(f"kctrig-rig {files.firmware_version()} bench_matrix")
        room = (flash_mb << 20) - offset
        assert board.rom.writes == [(0x1000, brought.stat().st_size), (offset, room)]
        assert files_of(bytes(board.rom.flash)) == (offset, flash_mb << 20)
        assert bytes(board.rom.flash[0x1000 : 0x1000 + brought.stat().st_size]) == brought.read_bytes()


def test_a_board_that_has_it_already_keeps_it_and_says_where_its_files_are(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with FakeBoard(tmp_path) as board:
        content = micropython_bin(rows=ROWS_LATER)
        board.rom.flash[0x1000 : 0x1000 + len(content)] = content
        assert run(["flash", board.path, "--board", "bench_matrix", "--yes"]) == exits.OK
        assert board.rom.writes == [(VFS_LATER, 0x1E0000)]
        capsys.readouterr()
        assert run(["flash", board.path, "--port-info"]) == exits.OK
        assert "--partition 0x220000:0x1e0000, as MicroPython makes it at boot" in capsys.readouterr().out
        assert run(["flash", board.path, "--port-info", "--json"]) == exits.OK
        said = json.loads(capsys.readouterr().out)
        assert said["files"] == {"offset": VFS_LATER, "size": 0x1E0000, "in_table": False}


def test_a_chip_without_room_behind_the_program_is_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    brought = tmp_path / "ESP32_GENERIC-v1.29.0.bin"
    brought.write_bytes(micropython_bin(rows=ROWS_LATER))
    with FakeBoard(tmp_path, EspRom(flash_mb=2)) as board:
        words = ["--board", "bench_matrix", "--micropython", str(brought), "--yes"]
        assert run(["flash", board.path, *words]) == exits.USAGE
        assert "the flash has 2 MB, this MicroPython wants 4 MB" in capsys.readouterr().err
        assert board.rom.writes == []


@pytest.mark.parametrize("damage", ["cut", "bit"])
def test_a_file_whose_program_is_damaged_is_refused_before_anything_is_written(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], damage: str
) -> None:
    good = micropython_bin(rows=ROWS_LATER)
    bad = good[:-0x2000] if damage == "cut" else good[:-0x2000] + b"\x5a" + good[-0x1FFF:]
    brought = tmp_path / "ESP32_GENERIC-v1.29.0.bin"
    brought.write_bytes(bad)
    with FakeBoard(tmp_path) as board:
        words = ["--board", "bench_matrix", "--micropython", str(brought), "--yes"]
        assert run(["flash", board.path, *words]) == exits.USAGE
        (line,) = capsys.readouterr().err.strip().splitlines()
        assert line.startswith(f"kctrig: {brought}: the program in partition 'factory' is ")
        assert board.rom.writes == []


def test_an_image_for_another_size_of_flash_is_not_mounted() -> None:
    built = image.build({"boot.py": b""}, 0x1E0000)
    assert image.read(built) == {"boot.py": b""}
    with pytest.raises(FlashError, match="no littlefs image"):
        image.read(built + b"\xff" * 0x20000)
