"""An ESP32's file system in the MicroPython VM, with a `machine` and a console that keep a diary."""

import json
import os
import subprocess
import zlib
from pathlib import Path
from typing import Any

from kctrig.sim import firmware_tree
from kctrig.sim.devices import find_micropython
from rigwire import frames

MICROPYTHON = find_micropython()
RESET_EXIT = 42

FAKE_MACHINE = """
import builtins, io, json, os, sys
from binascii import hexlify
RESET_EXIT = 42
GET_FILENO = 10
FAIL_AT = int(os.getenv("FAKE_FAIL_AT") or "0")
FAIL_WITH = {"KeyboardInterrupt": KeyboardInterrupt, "SystemExit": SystemExit}
diary = []
def note(*what):
    diary.append(what)
SDA, SCL = 21, 22
held = [int(os.getenv("FAKE_SDA_HELD") or "0")]
class Pin:
    IN, OUT, PULL_UP, OPEN_DRAIN, IRQ_FALLING = 0, 1, 2, 7, 2
    def __init__(self, number, mode, pull=None, value=None):
        if number == int(os.getenv("FAKE_NO_PIN") or "-1"):
            raise ValueError("invalid pin")
        self.number = number
        note("pin", number, mode, value)
    def irq(self, handler, trigger):
        note("pin irq", self.number, trigger)
    def value(self, level=None):
        if level is not None:
            note("pin", self.number, "=", level)
            if self.number == SCL and level and held[0]:
                held[0] -= 1
            return None
        if self.number == SDA:
            return 0 if held[0] else 1
        return 0 if os.getenv("FAKE_STRAP") == str(self.number) else 1
class UART(io.IOBase):
    IRQ_RX = 1
    def __init__(self, number, baud, **options):
        self.number = number
        self.reads = 0
        self.handler = None
        note("uart", number, baud, sorted(options.items()))
    def irq(self, handler, trigger):
        self.handler = handler
        note("irq", self.number, trigger)
    def readinto(self, buf):
        self.reads += 1
        self.byte_came()
        if self.number == 2 and self.reads == FAIL_AT:
            raise FAIL_WITH.get(os.getenv("FAKE_FAIL_WITH"), ValueError)("planted")
        return None
    def byte_came(self):
        if self.handler is not None:
            before = len(diary)
            self.handler(self)
            if len(diary) != before:
                note("done by the interrupt", diary[before:])
    def write(self, data):
        note("write", self.number, hexlify(data).decode())
        return len(data)
    def ioctl(self, request, argument):
        return 0
class I2C:
    def __init__(self, number, scl, sda, freq, timeout):
        note("i2c", number, scl.number, sda.number, freq, held[0])
    def writeto_mem(self, address, register, data):
        raise OSError(19)
    readfrom_mem_into = writeto_mem
class WDT:
    def __init__(self, timeout):
        note("wdt", timeout)
    def feed(self):
        note("feed")
def freq(hz):
    note("freq", hz)
def reset_cause():
    return 3
def unique_id():
    return b"\\x24\\x6f\\x28\\x01\\x02\\x03"
class Micropython:
    # Ctrl-C on the USB line ends a program until kbd_intr(-1) was called; a pipe has no such key of its own.
    interrupt_char = 3
    def kbd_intr(self, char):
        self.interrupt_char = char
        note("kbd_intr", char)
keyboard = sys.modules["micropython"] = Micropython()
class Stdin(io.IOBase):
    def __init__(self):
        self.buffer = self
    def ioctl(self, request, argument):
        return 0 if request == GET_FILENO else -22
    def readinto(self, buf):
        count = sys.stdin.buffer.readinto(buf)
        if count and buf[0] == keyboard.interrupt_char:
            raise KeyboardInterrupt
        return count
class Console:
    stdin = Stdin()
    stdout = sys.stdout
plain_open = open
def noted_open(name, mode="r"):
    if "w" in mode:
        note("write file", name)
    return plain_open(name, mode)
builtins.open = noted_open
def reset():
    print()
    print(json.dumps(diary))
    sys.exit(RESET_EXIT)
"""
RUN = """
import os, sys
if os.getenv("FAKE_VERSION"):
    class Older:
        class implementation:
            version = tuple(int(n) for n in os.getenv("FAKE_VERSION").split("."))
        def __getattr__(self, name):
            return getattr(sys, name)
    REAL, sys.modules["sys"] = sys, Older()
import boot
import machine
import usbline
usbline.sys = machine.Console
try:
    import main
except Exception:
    print()
    print(machine.json.dumps(machine.diary))
    raise
print("REPL")
"""


class Board:
    """A board's file system, with what its board.py is to say."""

    def __init__(self, folder: Path, host_uart: int = 1, name: str = "emulated_meter") -> None:
        self.folder = firmware_tree.stage(folder / "board", port="esp32", board=name)
        (self.folder / "machine.py").write_text(FAKE_MACHINE)
        (self.folder / "run.py").write_text(RUN)
        text = (self.folder / "board.py").read_text()
        (self.folder / "board.py").unlink()
        assert "HOST_UART = USB" in text
        (self.folder / "board.py").write_text(text.replace("HOST_UART = USB", f"HOST_UART = {host_uart}"))

    def change(self, before: str, after: str, file: str = "board.py") -> None:
        """Change a line of the board file, or of another one."""
        path = self.folder / file
        text = path.read_text()
        assert before in text
        path.unlink()  # it may be a link to the source
        path.write_text(text.replace(before, after))

    def run(self, stdin: bytes = b"", **env: str) -> tuple[int, list[list[Any]], str]:
        """(exit code, diary, everything printed as Latin-1)."""
        assert MICROPYTHON is not None
        done = subprocess.run(
            [MICROPYTHON, "-X", "heapsize=160k", "run.py"],
            cwd=self.folder,
            env={**os.environ, "MICROPYPATH": f"{self.folder}:.frozen", **env},
            input=stdin,
            capture_output=True,
            timeout=30,
            check=False,
        )
        text = done.stdout.decode("latin-1") + done.stderr.decode("latin-1")
        lines = [line for line in text.splitlines() if line.startswith('[["pin"')]
        return done.returncode, json.loads(lines[-1]) if lines else [], text


def written(diary: list[list[Any]], uart: int) -> list[frames.Frame]:
    data = b"".join(bytes.fromhex(row[2]) for row in diary if row[0] == "write" and row[1] == uart)
    return frames.Decoder(zlib.crc32).feed(data)
