"""`kctrig flash` from the command line to a rig that answers, on a fake ESP32 to which the real esptool talks."""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from kctrig.cli import exits
from kctrig.cli.app import run
from kctrig.flash import files, image, writing
from kctrig.flash.chiptool import Chip
from kctrig.flash.compiler import find_compiler
from kctrig.flash.errors import BoardError
from kctrig.link.greet import greet
from kctrig.link.identity import identify
from kctrig.link.lock import RigLock
from kctrig.sim.devices import find_micropython
from tests.flash import esp_rom
from tests.flash.fake_board import FakeBoard
from tests.flash.micropython_bin import VFS, micropython_bin, table

pytestmark = [
    pytest.mark.vm,
    pytest.mark.skipif(os.name != "posix", reason="ptys"),
    pytest.mark.skipif(find_micropython() is None, reason="no micropython program on this computer"),
]

MAC = "240ac4a1b2c3"


@pytest.fixture
def board(tmp_path: Path) -> Iterator[FakeBoard]:
    with FakeBoard(tmp_path, mac=MAC) as made:
        yield made


def with_micropython(board: FakeBoard, data: bytes | None = None) -> None:
    """As if somebody had written MicroPython before; its file system is empty."""
    content = data or micropython_bin()
    board.rom.flash[0x1000 : 0x1000 + len(content)] = content


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where nobody answers, half a second shows it."""
    monkeypatch.setattr(greet, "__kwdefaults__", {**(greet.__kwdefaults__ or {}), "timeout_s": 0.5})


def one_line(capsys: pytest.CaptureFixture[str]) -> str:
    """The error line, behind what was said before."""
    lines = capsys.readouterr().err.strip().splitlines()
    assert lines[-1].startswith("kctrig: ")
    return lines[-1]


def test_an_empty_board_gets_micropython_and_firmware_and_then_answers(
    board: FakeBoard, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    brought = tmp_path / "ESP32_GENERIC-v1.29.0.bin"
    brought.write_bytes(micropython_bin())
    code = run(
        ["flash", board.path, "--board", "bench_matrix", "--micropython", str(brought), "--yes", "--json"]
    )
    out, err = capsys.readouterr()
    assert code == exits.OK, err
    said = json.loads(out)
    assert (said["board"], said["mac"], said["micropython"]) == ("bench_matrix", MAC, [1, 29])
    assert said["rig"].startswith(f"kctrig-rig {files.firmware_version()} bench_matrix, micropython")
    assert f"id {MAC}" in said["rig"]
    assert board.rom.writes == [(0x1000, brought.stat().st_size), (VFS, image.DEFAULT_BYTES)]
    assert bytes(board.rom.flash[0x1000 : 0x1000 + brought.stat().st_size]) == brought.read_bytes()
    written = image.read(bytes(board.rom.flash[VFS : VFS + image.DEFAULT_BYTES]))
    assert written["board.py"] == files.board_file("bench_matrix").path.read_bytes()
    assert board.starts == 1


def test_a_rig_that_answers_is_flashed_again_without_naming_its_build(
    board: FakeBoard, capsys: pytest.CaptureFixture[str]
) -> None:
    with_micropython(board)
    assert run(["flash", board.path, "--board", "sealed_fingers", "--yes"]) == exits.OK
    first = capsys.readouterr()
    assert f"its name: rig:{MAC}" in first.out
    assert "boot.py puts every output to its safe level" in first.out
    assert "MicroPython 1.29 stays" in first.err
    assert run(["flash", board.path, "--yes"]) == exits.OK
    assert "for sealed_fingers" in capsys.readouterr().err
    assert [offset for offset, _ in board.rom.writes] == [VFS, VFS]


@pytest.mark.usefixtures("impatient")
def test_port_info_of_an_empty_board_says_so(board: FakeBoard, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["flash", board.path, "--port-info"]) == exits.OK
    said = capsys.readouterr().out
    assert "no kctrig firmware answers" in said
    assert f"ESP32-D0WD (revision v1.0), MAC {MAC}" in said


def test_port_info_says_what_is_there_and_writes_nothing(
    board: FakeBoard, capsys: pytest.CaptureFixture[str]
) -> None:
    with_micropython(board)
    content = files.firmware_files(files.board_file("emulated_meter"), find_compiler())
    board.rom.flash[VFS : VFS + image.DEFAULT_BYTES] = image.build(content)
    assert run(["flash", board.path, "--port-info", "--json"]) == exits.OK
    said = json.loads(capsys.readouterr().out)
    assert (said["chip"], said["mac"], said["flash_bytes"]) == ("esp32", MAC, 4 << 20)
    assert said["micropython"] == [1, 29]
    assert [part["label"] for part in said["partitions"]] == ["nvs", "phy_init", "factory", "vfs"]
    assert said["files"] == {"offset": VFS, "size": image.DEFAULT_BYTES, "in_table": True}
    assert "emulated_meter" in said["rig"]
    assert board.rom.writes == []


def test_a_board_without_micropython_asks_for_the_file(
    board: FakeBoard, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["flash", board.path, "--board", "bench_matrix", "--yes"]) == exits.USAGE
    assert "no MicroPython on the board (nothing is on it). Next: bring its .bin" in one_line(capsys)
    assert board.rom.writes == []


def test_another_program_on_the_board_is_named(board: FakeBoard, capsys: pytest.CaptureFixture[str]) -> None:
    data = micropython_bin()
    with_micropython(board, data.replace(b"micropython".ljust(32, b"\0"), b"blink".ljust(32, b"\0")))
    assert run(["flash", board.path, "--board", "bench_matrix", "--yes"]) == exits.USAGE
    assert "another program is on it: blink v1.29.0" in one_line(capsys)


def test_a_micropython_that_is_too_old_is_left_alone(
    board: FakeBoard, capsys: pytest.CaptureFixture[str]
) -> None:
    with_micropython(board, micropython_bin(version="v1.22.2"))
    assert run(["flash", board.path, "--board", "bench_matrix", "--yes"]) == exits.USAGE
    assert "MicroPython 1.22 is too old" in one_line(capsys)
    assert board.rom.writes == []


def test_a_micropython_for_another_chip_is_refused(
    board: FakeBoard, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    brought = tmp_path / "ESP32_GENERIC_S3.bin"
    brought.write_bytes(micropython_bin(chip_id=9, start=0))
    words = ["flash", board.path, "--board", "bench_matrix", "--micropython", str(brought), "--yes"]
    assert run(words) == exits.USAGE
    assert "is for an esp32s3, the chip is an esp32" in one_line(capsys)
    assert board.rom.writes == []


def test_a_flash_that_is_too_small_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with FakeBoard(tmp_path, esp_rom.EspRom(flash_mb=2)) as board:
        with_micropython(board)
        assert run(["flash", board.path, "--board", "bench_matrix", "--yes"]) == exits.USAGE
        assert "the flash has 2 MB, this MicroPython wants 4 MB" in one_line(capsys)
        assert board.rom.writes == []


def test_a_partition_of_another_size_is_filled_and_one_too_small_is_refused(
    board: FakeBoard, capsys: pytest.CaptureFixture[str]
) -> None:
    with_micropython(board)
    board.rom.flash[0x8000:0x8C00] = table(vfs_offset=0x310000, vfs_size=0x40000)
    assert run(["flash", board.path, "--board", "bench_matrix", "--yes"]) == exits.OK
    assert board.rom.writes == [(0x310000, 0x40000)]
    board.rom.flash[0x8000:0x8C00] = table(vfs_offset=0x310000, vfs_size=0x8000)
    assert run(["flash", board.path, "--board", "bench_matrix", "--yes"]) == exits.USAGE
    assert "does not fit into a file system of 32768 bytes" in one_line(capsys)


def test_another_chip_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with FakeBoard(tmp_path, esp_rom.EspRom(magic=esp_rom.MAGIC_ESP32_S2)) as board:
        assert run(["flash", board.path, "--board", "bench_matrix", "--yes"]) == exits.USAGE
        assert "the chip is an esp32s2, the board file bench_matrix is for an esp32" in one_line(capsys)
        assert board.rom.writes == []


def test_a_rig_that_another_kctrig_works_with_is_not_touched(
    board: FakeBoard, capsys: pytest.CaptureFixture[str]
) -> None:
    program = (
        "import sys; sys.argv = ['kctrig', 'upgrade']\n"
        "from kctrig.link.lock import RigLock\n"
        f"lock = RigLock({board.path!r})\n"
        "print('held', flush=True); sys.stdin.read()\n"
    )
    with subprocess.Popen(
        [sys.executable, "-c", program], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as other:
        assert other.stdout is not None
        assert other.stdout.readline() == "held\n"
        for words in (["--port-info"], ["--board", "bench_matrix", "--yes"]):
            assert run(["flash", board.path, *words]) == exits.TROUBLE
            assert f"is taken by kctrig upgrade (process {other.pid})" in one_line(capsys)
        other.kill()
    assert board.rom.commands == []


def test_without_a_terminal_somebody_must_have_seen_to_the_meter(
    board: FakeBoard, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "stdin", open(os.devnull))  # noqa: SIM115
    assert run(["flash", board.path, "--board", "bench_matrix"]) == exits.USAGE
    assert "--yes" in one_line(capsys)
    assert board.rom.commands == []


@pytest.mark.usefixtures("impatient")
def test_firmware_that_does_not_start_is_no_success(
    board: FakeBoard, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    with_micropython(board)
    monkeypatch.setattr(files, "STARTER", b"raise SystemExit\n")
    monkeypatch.setattr(writing, "_GREETINGS", 1)
    assert run(["flash", board.path, "--board", "bench_matrix", "--yes"]) == exits.TROUBLE
    assert "written, but no rig answers" in one_line(capsys)


def test_a_write_that_breaks_off_says_how_to_go_on_and_the_next_one_mends_it(
    board: FakeBoard, capsys: pytest.CaptureFixture[str]
) -> None:
    with_micropython(board)
    board.rom.breaks_at = 1
    assert run(["flash", board.path, "--board", "bench_matrix", "--yes"]) == exits.TROUBLE
    assert "may be half written" in one_line(capsys)
    board.rom.breaks_at = -1
    assert run(["flash", board.path, "--board", "bench_matrix", "--yes"]) == exits.OK


def test_a_second_board_becomes_an_emulated_meter(
    board: FakeBoard, capsys: pytest.CaptureFixture[str]
) -> None:
    with_micropython(board)
    assert run(["flash", board.path, "--meter", "hexing"]) == exits.OK
    assert "kctrig probe" in capsys.readouterr().out
    written = image.read(bytes(board.rom.flash[VFS : VFS + image.DEFAULT_BYTES]))
    assert json.loads(written["meter.json"])["profile"] == "hexing"
    assert "rigmain.mpy" not in written
    assert run(["flash", board.path, "--meter", "hexing", "--board", "bench_matrix"]) == exits.USAGE


def test_an_image_that_cannot_be_written_is_one_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    target = tmp_path / "no" / "rigfs.bin"
    assert run(["flash", "--board", "bench_matrix", "--image", str(target)]) == exits.USAGE
    assert "No such file or directory" in one_line(capsys)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("kctrig-rig 0.0.9 bench_matrix, micropython 1.29 on esp32, id {mac}, reset hard", "firmware 'kctrig-rig 0.0.9'"),
        ("kctrig-rig {version} sealed_fingers, micropython 1.29 on esp32, id {mac}, reset hard", "board 'sealed_fingers'"),
        ("kctrig-rig {version} bench_matrix, micropython 1.29 on esp32, id 240ac4000000, reset hard", "chip '240ac4000000'"),
        ("toaster 1.0", "firmware 'toaster 1.0'"),
    ],
    ids=["version", "build", "chip", "program"],
)  # fmt: skip
def test_another_rig_than_the_one_that_was_written_is_no_success(
    monkeypatch: pytest.MonkeyPatch, text: str, words: str
) -> None:
    board = files.board_file("bench_matrix")
    chip = Chip("esp32", "ESP32-D0WD", MAC, 4 << 20)
    plan = writing.Plan(board, chip, (1, 29), None, VFS, b"", 0, ())
    said = text.format(version=files.firmware_version(), mac=MAC)
    monkeypatch.setattr(writing, "greet", lambda port, *, lock: identify(said))
    with contextlib.closing(RigLock("fake board")) as lock, pytest.raises(BoardError, match=words):
        writing.check("fake board", plan, lock)


@pytest.mark.skipif(os.name != "posix", reason="names of ports as paths")
@pytest.mark.parametrize("words", [("--board", "bench_matrix", "--yes"), ("--port-info",)])
def test_a_port_that_is_not_there_is_said_before_anything_is_built(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, words: tuple[str, ...]
) -> None:
    assert run(["flash", str(tmp_path / "ttyUSB9"), *words]) == exits.TROUBLE
    said = capsys.readouterr().err
    assert "no such port" in said
    assert "--rig" not in said  # flash has no such option


def test_an_image_without_a_build_names_the_builds(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["flash", "--image", "rigfs.bin"]) == exits.USAGE
    said = capsys.readouterr().err
    assert "bench_matrix: Build b" in said
    assert ".;" not in said
