"""esptool as a program: what kctrig asks of it, and what its words mean.

A process of its own: what it does to the port ends with it, and its text is its interface (version 5 spellings).
"""

from __future__ import annotations

import importlib.util
import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from kctrig.flash.errors import BoardError, FlashError, ToolMissing

DEFAULT_BAUD = 460800
Progress = Callable[[str, float], None]

_CHIP = re.compile(r"^Chip type:\s+(.+)$", re.MULTILINE)
_FAMILY = re.compile(r"^Connected to (\S+)", re.MULTILINE)
_MAC = re.compile(r"^MAC:\s+([0-9a-f:]{17})", re.MULTILINE)
_FLASH = re.compile(r"^Detected flash size: (\d+)(KB|MB)", re.MULTILINE)
_PERCENT = re.compile(r"^Writing at (0x[0-9a-f]+) .*?([\d.]+)%")
_IMAGE = re.compile(r"^Detected image type: (\S+)", re.MULTILINE)
_FATAL = re.compile(r"(?:A fatal error occurred: |ERROR: )(.+)")


@dataclass(frozen=True, slots=True)
class Chip:
    """What esptool found on a port.

    Attributes:
        family: as `--chip` takes it, e.g. "esp32".
        description: e.g. "ESP32-D0WD (revision v1.0)".
        mac: in hex without colons; MicroPython's machine.unique_id().
        flash_bytes: size of the flash chip, 0 when it does not answer.
    """

    family: str
    description: str
    mac: str
    flash_bytes: int


class ChipTool:
    """esptool on one port. Every call resets the chip, into its loader and back into its program.

    Args:
        port: as pyserial opens it.
        baud: for reading and writing, after the first contact.
        progress: called with what is written and the share of it, 0 to 1.
        before: how the chip is brought into its loader, esptool's --before.
    """

    def __init__(
        self,
        port: str,
        *,
        baud: int = DEFAULT_BAUD,
        progress: Progress | None = None,
        before: str = "default-reset",
    ) -> None:
        self.port = port
        self._baud = baud
        self._progress = progress
        self._before = before

    def command(self, chip: str, *words: str) -> list[str]:
        """The command line for an action on the chip."""
        return [
            *_program(),
            "--chip",
            chip,
            "--port",
            self.port,
            "--baud",
            str(self._baud),
            "--before",
            self._before,
            "--after",
            "hard-reset",
            *words,
        ]

    def identify(self) -> Chip:
        """Which chip is there. Raises BoardError."""
        said = _run(self.command("auto", "flash-id"), self.port)
        family, description, mac = _FAMILY.search(said), _CHIP.search(said), _MAC.search(said)
        flash = _FLASH.search(said)
        if family is None:
            raise BoardError(f"esptool does not say which chip is on {self.port}; run it by hand to see why")
        size = int(flash[1]) << (20 if flash[2] == "MB" else 10) if flash else 0
        return Chip(
            family[1].lower().replace("-", ""),
            description[1].strip() if description else family[1],
            mac[1].replace(":", "") if mac else "",
            size,
        )

    def read(self, chip: str, offset: int, size: int) -> bytes:
        """Bytes of the flash. Raises BoardError."""
        with tempfile.TemporaryDirectory(prefix="kctrig-flash-") as folder:
            target = Path(folder) / "read.bin"
            _run(self.command(chip, "read-flash", hex(offset), hex(size), str(target)), self.port)
            return target.read_bytes()

    def write(self, chip: str, pieces: Sequence[tuple[int, Path]]) -> None:
        """Write files to their offsets; esptool compares a digest of what the flash then holds. Raises BoardError."""
        words = [word for offset, path in pieces for word in (hex(offset), str(path))]
        _run(self.command(chip, "write-flash", *words), self.port, self._progress)


def check_file(path: Path) -> str:
    """Let esptool judge an image file; the chip it is for. Raises FlashError when esptool refuses it."""
    try:
        said = _run([*_program(), "image-info", str(path)], str(path))
    except BoardError as error:
        raise FlashError(f"{path} is no whole image: {error}") from None
    if "(invalid" in said:
        raise FlashError(f"{path} is damaged (its checksum is wrong). Next: download it again")
    kind = _IMAGE.search(said)
    return kind[1].lower().replace("-", "") if kind else ""


def _program() -> list[str]:
    if importlib.util.find_spec("esptool") is None:
        raise ToolMissing("esptool")
    return [sys.executable, "-m", "esptool"]


def _run(command: Sequence[str], port: str, progress: Progress | None = None) -> str:
    """Everything esptool wrote. Raises BoardError with one line when it failed."""
    env = {**os.environ, "NO_COLOR": "1", "TERM": "dumb", "COLUMNS": "200", "PYTHONUNBUFFERED": "1"}
    said = []
    with subprocess.Popen(
        command,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        encoding="utf-8",
        errors="replace",
        env=env,
    ) as process:
        assert process.stdout is not None
        for line in process.stdout:
            said.append(line)
            share = _PERCENT.search(line)
            if share is not None and progress is not None:
                progress(f"writing {share[1]}", float(share[2]) / 100)
    text = "".join(said)
    if process.returncode != 0:
        raise BoardError(_one_line(text, port))
    return text


def _one_line(said: str, port: str) -> str:
    """What a failure of esptool means to a person."""
    fatal = _FATAL.findall(said)
    reason = fatal[-1].strip() if fatal else (said.strip().splitlines() or ["no reason given"])[-1]
    low = said.lower()
    if "busy or doesn't exist" in low or "could not open" in low:
        return f"{port} cannot be opened by esptool. Next: close other programs that use it, check the cable"
    if "failed to connect" in low or "no serial data received" in low:
        return (
            f"no ESP chip answers on {port}. Next: hold the board's BOOT button while you start again; "
            "use a USB cable that carries data"
        )
    return f"esptool: {reason}"
