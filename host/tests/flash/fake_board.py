"""An ESP32 board on a pty: esptool talks to its loader; anything else is heard by what its flash holds.

A pty has no DTR and RTS, so the resets are guessed: a SYNC of esptool puts the chip into its loader, and the first byte
that is no SLIP starts the program: the file system at `vfs` is read out of the flash and run by a MicroPython VM, boot.py
and then main.py, as a board does.
"""

from __future__ import annotations

import os
import select
import struct
import subprocess
import threading
from pathlib import Path
from types import TracebackType
from typing import Self

from kctrig.flash import image
from kctrig.flash.errors import FlashError
from kctrig.sim.devices import find_micropython
from tests.flash.esp_rom import EspRom
from tests.flash.standin import MACHINE

_STARTER = "import sys\nsys.path.insert(0, '.')\nimport boot\nimport main\n"
_SLIP_END = 0xC0
_SYNC = b"\xc0\x00\x08"
_CHUNK = 65536


def unpack(flash: bytes, folder: Path) -> Path:
    """The file system of a flash as files on disk, with a `machine` for the VM beside them."""
    start, end = files_of(flash)
    return put(image.read(flash[start:end]), folder)


def files_of(flash: bytes) -> tuple[int, int]:
    """Where a booting MicroPython has its files, as ports/esp32/main.c and flashbdev.py do it: 0, 0 for nowhere."""
    end = 0
    for entry in struct.iter_unpack("<2sBBII16sI", flash[0x8000:0x8C00]):
        magic, kind, _, offset, size, label, _ = entry
        if magic != b"\xaa\x50":
            break
        if kind == 1 and label.rstrip(b"\0") == b"vfs":
            return offset, offset + size
        end = max(end, offset + size)
    return (end, len(flash)) if 0 < end < len(flash) else (0, 0)


def put(files: dict[str, bytes], folder: Path) -> Path:
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    (folder / "machine.py").write_text(MACHINE)
    (folder / "_start.py").write_text(_STARTER)
    return folder


def start_program(folder: Path, mac: str, stdin: int, stdout: int) -> subprocess.Popen[bytes]:
    """Run a board's files in the VM, its USB line on these descriptors."""
    program = find_micropython()
    assert program is not None
    return subprocess.Popen(
        [program, "-X", "heapsize=160k", "_start.py"],
        cwd=folder,
        env={**os.environ, "MICROPYPATH": f"{folder}:.frozen", "STANDIN_MAC": mac},
        stdin=stdin,
        stdout=stdout,
        stderr=(folder / "stderr.txt").open("wb"),
    )


class FakeBoard:
    """Use as a context manager.

    Attributes:
        rom: its loader and its flash.
        path: the pty that is its serial port.
        starts: how often a program was started.
    """

    def __init__(self, folder: Path, rom: EspRom | None = None, mac: str = "240ac4a1b2c3") -> None:
        import tty

        self.rom = rom or EspRom(mac=mac)
        self.starts = 0
        self._mac = mac
        self._folder = folder
        self._master, self._slave = os.openpty()
        tty.setraw(self._slave)
        self.path = os.ttyname(self._slave)
        self._program: subprocess.Popen[bytes] | None = None
        self._lines: tuple[int, int] = (-1, -1)
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, where: TracebackType | None
    ) -> None:
        self._stop.set()
        self._thread.join()
        self._end_program()
        os.close(self._master)
        os.close(self._slave)

    def _run(self) -> None:
        while not self._stop.is_set():
            watched = [self._master] + ([self._lines[1]] if self._program else [])
            ready, _, _ = select.select(watched, [], [], 0.02)
            if self._master in ready:
                self._heard(os.read(self._master, _CHUNK))
            if self._program is not None and self._lines[1] in ready:
                said = os.read(self._lines[1], _CHUNK)
                if said:
                    self._write(said)
                else:
                    self._end_program()

    def _heard(self, data: bytes) -> None:
        if self._program is not None and data.startswith(_SYNC):
            self._end_program()  # reset into the loader
        if self._program is None and (self.rom.busy or data[0] == _SLIP_END):
            self._write(self.rom.receive(data))
            return
        if self._program is None:
            self._start_program()
        if self._program is not None:
            try:
                os.write(self._lines[0], data)
            except BrokenPipeError:  # it has ended by itself
                self._end_program()

    def _start_program(self) -> None:
        try:
            folder = unpack(bytes(self.rom.flash), self._folder / f"start{self.starts}")
        except FlashError:
            return  # an empty flash: nothing runs
        stdin, to_program = os.pipe()
        from_program, stdout = os.pipe()
        self._program = start_program(folder, self._mac, stdin, stdout)
        os.close(stdin)
        os.close(stdout)
        self._lines = (to_program, from_program)
        self.starts += 1

    def _end_program(self) -> None:
        if self._program is not None:
            self._program.kill()
            self._program.wait()
            self._program = None
            for descriptor in self._lines:
                os.close(descriptor)

    def _write(self, data: bytes) -> None:
        while data:
            data = data[os.write(self._master, data) :]
