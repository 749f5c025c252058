"""What kctrig asks of esptool, word by word, and what it makes of its answers."""

from __future__ import annotations

import importlib.util
import json
import sys
from pathlib import Path

import pytest
from kctrig.flash import chiptool
from kctrig.flash.errors import BoardError, ToolMissing

FLASH_ID = """\
esptool v5.6.0
Connected to ESP32 on /dev/ttyUSB9:
Chip type:          ESP32-D0WD-V3 (revision v3.1)
MAC:                24:0a:c4:a1:b2:c3
Detected flash size: 4MB
"""
TOOL = """
import json, sys
open({log!r}, "a").write(json.dumps(sys.argv[1:]) + "\\n")
if "read-flash" in sys.argv:
    open(sys.argv[-1], "wb").write(b"flash")
print({says!r})
sys.exit({code})
"""


class FakeTool:
    """An esptool that writes down its arguments and says what it is told to say."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self._log = folder / "argv.jsonl"
        self._program = folder / "esptool_fake.py"
        monkeypatch.setattr(chiptool, "_program", lambda: [sys.executable, str(self._program)])
        self.says(FLASH_ID)

    def says(self, text: str, code: int = 0) -> None:
        self._program.write_text(TOOL.format(log=str(self._log), says=text, code=code))

    def calls(self) -> list[list[str]]:
        return [json.loads(line) for line in self._log.read_text().splitlines()]


@pytest.fixture
def fake(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> FakeTool:
    return FakeTool(tmp_path, monkeypatch)


def test_the_command_lines_are_those_of_esptool_5(fake: FakeTool, tmp_path: Path) -> None:
    tool = chiptool.ChipTool("/dev/ttyUSB9", baud=921600)
    tool.identify()
    assert tool.read("esp32", 0x8000, 0x9000) == b"flash"
    tool.write("esp32", [(0x1000, tmp_path / "mp.bin"), (0x200000, tmp_path / "fs.bin")])
    common = [
        "--port",
        "/dev/ttyUSB9",
        "--baud",
        "921600",
        "--before",
        "default-reset",
        "--after",
        "hard-reset",
    ]
    identify, read, write = fake.calls()
    assert identify == ["--chip", "auto", *common, "flash-id"]
    assert read[:-1] == ["--chip", "esp32", *common, "read-flash", "0x8000", "0x9000"]
    assert write == [
        "--chip", "esp32", *common, "write-flash",
        "0x1000", str(tmp_path / "mp.bin"), "0x200000", str(tmp_path / "fs.bin"),
    ]  # fmt: skip


def test_the_chip_is_read_out_of_esptools_words(fake: FakeTool) -> None:
    chip = chiptool.ChipTool("/dev/ttyUSB9").identify()
    assert chip == chiptool.Chip("esp32", "ESP32-D0WD-V3 (revision v3.1)", "240ac4a1b2c3", 4 << 20)


def test_a_chip_of_another_family_is_named_as_esptool_wants_it(fake: FakeTool) -> None:
    fake.says(FLASH_ID.replace("Connected to ESP32", "Connected to ESP32-S3").replace("4MB", "512KB"))
    chip = chiptool.ChipTool("/dev/ttyUSB9").identify()
    assert (chip.family, chip.flash_bytes) == ("esp32s3", 512 << 10)


@pytest.mark.parametrize(
    ("said", "line"),
    [
        (
            "\nA fatal error occurred: Could not open /dev/ttyUSB9, the port is busy or doesn't exist.\n(…)\n",
            "cannot be opened by esptool",
        ),
        ("A fatal error occurred: Failed to connect to ESP32: No serial data received.\nFor troubleshooting…", "no ESP chip answers"),
        ("ERROR: A fatal error occurred: This chip is ESP32-S3, not ESP32. Wrong chip argument?", "This chip is ESP32-S3"),
        ("Traceback …\nValueError: something new", "ValueError: something new"),
    ],
    ids=["busy", "silent", "chip", "unheard of"],
)  # fmt: skip
def test_a_failure_of_esptool_is_one_line_that_says_what_to_do(fake: FakeTool, said: str, line: str) -> None:
    fake.says(said, code=2)
    with pytest.raises(BoardError, match=line) as caught:
        chiptool.ChipTool("/dev/ttyUSB9").identify()
    assert "\n" not in str(caught.value)


def test_progress_is_told_while_esptool_writes(fake: FakeTool, tmp_path: Path) -> None:
    fake.says("Writing at 0x00204000 ━━━   12.5% 32/256\nWriting at 0x00400000 ━━━━━━━ 100.0% 256/256")
    told: list[tuple[str, float]] = []
    tool = chiptool.ChipTool("/dev/ttyUSB9", progress=lambda what, share: told.append((what, share)))
    tool.write("esp32", [(0x200000, tmp_path / "fs.bin")])
    assert told == [("writing 0x00204000", 0.125), ("writing 0x00400000", 1.0)]


def test_a_missing_esptool_names_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with pytest.raises(ToolMissing, match=r"kctrig\[flash\]"):
        chiptool.ChipTool("/dev/ttyUSB9").identify()
