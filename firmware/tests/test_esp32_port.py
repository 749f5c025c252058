"""The ESP32 port's own files, run in the MicroPython VM with a `machine` that keeps a diary."""

import json
import os
import subprocess
import zlib
from pathlib import Path
from typing import Any

import pytest
from kctrig.sim import firmware_tree
from kctrig.sim.devices import find_micropython
from rigwire import frames
from rigwire import messages as m

MICROPYTHON = find_micropython()
pytestmark = [
    pytest.mark.vm,
    pytest.mark.skipif(MICROPYTHON is None, reason="no micropython program on this computer"),
]

FAKE_MACHINE = """
import io, json, os, sys
from binascii import hexlify
RESET_EXIT = 42
FAIL_AT = int(os.getenv("FAKE_FAIL_AT") or "0")
diary = []
def note(*what):
    diary.append(what)
class Pin:
    IN, OUT, PULL_UP = 0, 1, 2
    def __init__(self, number, mode, pull=None, value=None):
        self.number = number
        note("pin", number, mode, value)
    def value(self, level=None):
        if level is not None:
            note("pin", self.number, "=", level)
            return None
        return 0 if os.getenv("FAKE_STRAP") == str(self.number) else 1
class UART(io.IOBase):
    IRQ_RX = 1
    def __init__(self, number, baud, **options):
        self.number = number
        self.reads = 0
        note("uart", number, baud, sorted(options.items()))
    def irq(self, handler, trigger):
        note("irq", self.number, trigger)
    def readinto(self, buf):
        self.reads += 1
        if self.number == 2 and self.reads == FAIL_AT:
            raise ValueError("planted")
        return None
    def write(self, data):
        note("write", self.number, hexlify(data).decode())
        return len(data)
    def ioctl(self, request, argument):
        return 0
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
def reset():
    print()
    print(json.dumps(diary))
    sys.exit(RESET_EXIT)
"""
RUN = """
import boot
import main
print("REPL")
"""


class Board:
    """A board's file system, with what its board.py is to say."""

    def __init__(self, folder: Path, host_uart: int) -> None:
        self.folder = firmware_tree.stage(folder / "board", port="esp32")
        (self.folder / "machine.py").write_text(FAKE_MACHINE)
        (self.folder / "run.py").write_text(RUN)
        text = (self.folder / "board.py").read_text()
        (self.folder / "board.py").unlink()
        assert "HOST_UART = USB" in text
        (self.folder / "board.py").write_text(text.replace("HOST_UART = USB", f"HOST_UART = {host_uart}"))

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


@pytest.fixture(params=[1, 0], ids=["uart", "usb"])
def board(request: pytest.FixtureRequest, tmp_path: Path) -> Board:
    return Board(tmp_path, request.param)


def test_outputs_are_safe_before_anything_else_and_again_before_the_reset(board: Board) -> None:
    code, diary, text = board.run(FAKE_FAIL_AT="4")
    assert code == 42, text
    assert diary[0] == ["pin", 26, 1, 0]
    assert diary[-1] == ["pin", 26, 1, 0]


def test_an_exception_in_the_loop_is_kept_in_a_file_and_resets_the_board(board: Board) -> None:
    code, _, text = board.run(FAKE_FAIL_AT="4")
    assert code == 42, text
    assert "ValueError: planted" in (board.folder / "crash.txt").read_text()


def test_the_meter_port_is_told_that_every_contact_is_open(board: Board) -> None:
    _, diary, text = board.run(FAKE_FAIL_AT="4")
    contacts = [frame.payload for frame in written(diary, 2) if frame.msg == m.CONTACTS]
    assert contacts, text
    assert set(contacts) == {b"\0\0"}


def test_uart_data_wakes_the_vm_and_buffers_are_asked_for_on_a_version_that_bears_them(board: Board) -> None:
    _, diary, text = board.run(FAKE_FAIL_AT="4")
    assert ["irq", 2, 1] in diary, text
    options = dict(next(row for row in diary if row[:2] == ["uart", 2])[3])
    assert options == {"tx": 33, "rx": 35, "txbuf": 1024, "rxbuf": 1024}


def test_the_watchdog_is_fed_by_the_loop_alone(board: Board) -> None:
    _, diary, text = board.run(FAKE_FAIL_AT="4")
    assert [row for row in diary if row[0] == "feed"] == [["feed"]] * 4, text


def test_the_repl_pin_held_to_ground_leaves_the_board_at_the_repl(board: Board) -> None:
    code, _, text = board.run(FAKE_STRAP="27", FAKE_FAIL_AT="4")
    assert code == 0
    assert "REPL" in text
    assert not (board.folder / "crash.txt").exists()


def test_on_usb_frames_come_by_stdin_and_a_byte_of_three_is_data_and_not_ctrl_c(tmp_path: Path) -> None:
    nonce = 0x03030303
    payload = m.pack_request(m.HELLO, 1, 1, nonce)
    hello = frames.encode(frames.KIND_REQUEST, 0, 0, m.HELLO, payload, zlib.crc32)
    code, _, text = Board(tmp_path, 0).run(hello, FAKE_FAIL_AT="4")
    assert code == 42, text
    binary = text.partition("\n[[")[0].encode("latin-1")
    answers = [frame for frame in frames.Decoder(zlib.crc32).feed(binary) if frame.msg == m.HELLO]
    assert len(answers) == 1
    assert m.unpack_answer(m.HELLO, answers[0].payload)[1] == nonce
    assert b"kctrig-rig" in answers[0].payload
