"""The firmware in the image types on a meter: its .mpy files on an emulated board, expander, keypad and all."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import zlib
from pathlib import Path

import pytest
from kctrig.firmware_files import ports_folder
from kctrig.flash import files, image
from kctrig.flash.compiler import find_compiler
from kctrig.flash.errors import FlashError
from kctrig.link.identity import identify
from kctrig.rig import JobEnded, open_rig
from kctrig.sim.devices import find_micropython
from kctrig.sim.processes import EmulatedRig
from rigwire import frames, meterport
from tests.flash.fake_board import put

pytestmark = [
    pytest.mark.vm,
    pytest.mark.skipif(os.name != "posix", reason="ptys"),
    pytest.mark.skipif(find_micropython() is None, reason="no micropython program on this computer"),
]


def unpack(board: str, folder: Path) -> Path:
    """What a board has in its flash, and the emulated board's `machine` beside it."""
    content = files.firmware_files(files.board_file(board), find_compiler())
    for name, data in image.read(image.build(content)).items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    for file in (ports_folder() / "sim_esp32").glob("*.py"):
        shutil.copyfile(file, folder / file.name)
    assert not list(folder.rglob("rigfw/*.py"))
    assert not list(folder.rglob("rigwire/*.py"))
    return folder


@pytest.mark.parametrize(("keypad", "board"), [("matrix", "bench_matrix"), ("direct", "sealed_fingers")])
def test_the_images_own_bytecode_answers_and_types_through_the_expander(
    tmp_path: Path, keypad: str, board: str
) -> None:
    log = tmp_path / "truth.jsonl"
    with (
        EmulatedRig(
            f"sim:hexing?board={keypad}&log={log}", tree=unpack(board, tmp_path / "flash")
        ) as emulated,
        open_rig(emulated.port_path) as rig,
    ):
        assert identify(rig.info.version).board == board
        rig.start_keys(1, "1470", press_ms=150, gap_ms=150)
        while not isinstance(event := rig.next_event(5.0), JobEnded):
            assert event is not None
        assert (event.state, event.keys_done) == ("done", 4)
    events = [json.loads(line) for line in log.read_text().splitlines()]
    keys = [
        event["key"]
        for event in events
        if event["event"] == "key" and event["edge"] == "down" and event["seen"]
    ]
    assert keys == ["1", "4", "7", "0"]


def test_an_image_of_a_meter_shows_its_glass_on_the_meter_port(tmp_path: Path) -> None:
    content = files.firmware_files(files.meter_build("sanxing"), find_compiler())
    folder = put(image.read(image.build(content)), tmp_path / "flash")
    assert not list(folder.rglob("metersim/*.py"))
    program = find_micropython()
    assert program is not None
    with subprocess.Popen(
        [program, "-X", "heapsize=160k", "_start.py"],
        cwd=folder,
        env={**os.environ, "MICROPYPATH": f"{folder}:.frozen", "STANDIN_UART": "1"},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
    ) as meter:
        assert meter.stdout is not None
        decoder = frames.Decoder(zlib.crc32)
        shown: list[frames.Frame] = []
        while not shown:
            block = os.read(meter.stdout.fileno(), 4096)
            assert block, "the meter ended"
            shown = [frame for frame in decoder.feed(block) if frame.msg == meterport.GLASS]
        meter.kill()
    assert json.loads((folder / "meter.json").read_text())["profile"] == "sanxing"


def test_a_meter_of_a_brand_nobody_emulates_lists_those_there_are() -> None:
    with pytest.raises(FlashError, match=r"no emulated meter 'toaster'; known are cannet, .*star"):
        files.meter_build("toaster")
