"""The port of the emulated meter to a second ESP32, run in the MicroPython VM with a `machine` that keeps a diary."""

import json
import os
import subprocess
import zlib
from pathlib import Path
from typing import Any

import pytest
from kctrig.sim import firmware_tree
from kctrig.sim.devices import find_micropython
from rigwire import frames, meterport

MICROPYTHON = find_micropython()
pytestmark = [
    pytest.mark.vm,
    pytest.mark.skipif(MICROPYTHON is None, reason="no micropython program on this computer"),
]

# Types FAKE_KEYS on the meter port, a contact change every 45 ms, waits for the answer and breaks
FAKE_MACHINE = """
import io, json, os, struct, sys, time
from binascii import crc32
RESET_EXIT = 42
STEP_MS = 45
ANSWER_MS = 1500
KEYS = os.getenv("FAKE_KEYS") or ""
diary = []
fed = [0]
def note(*what):
    diary.append(what)
class Pin:
    IN, OUT, PULL_UP = 0, 1, 2
    def __init__(self, number, mode, pull=None, value=None):
        self.number = number
    def value(self):
        return 0 if os.getenv("FAKE_STRAP") == str(self.number) else 1
class UART(io.IOBase):
    IRQ_RX = 1
    def __init__(self, number, baud, **options):
        self.start_ms = time.ticks_ms()
        self.changes = 0
        note("uart", number, baud, sorted(options.items()))
    def irq(self, handler, trigger):
        note("irq", trigger)
    def due(self):
        due_ms = self.changes * STEP_MS
        if self.changes == 2 * len(KEYS):
            due_ms += ANSWER_MS
        return time.ticks_diff(time.ticks_ms(), self.start_ms) >= due_ms
    def readinto(self, buf):
        from rigwire import frames, meterport
        if not self.due():
            return None
        if self.changes < 2 * len(KEYS):
            key = KEYS[self.changes // 2]
            mask = 0 if self.changes % 2 else 1 << meterport.KEYS.index(key)
            self.changes += 1
            payload = struct.pack("<H", mask)
            frame = frames.encode(frames.KIND_EVENT, 0, 0, meterport.CONTACTS, payload, crc32)
            buf[: len(frame)] = frame
            return len(frame)
        raise ValueError("planted")
    def write(self, data):
        with open("sent.bin", "ab") as sent:
            sent.write(data)
        return len(data)
    def ioctl(self, request, argument):
        if request == 3:
            return argument if self.due() else 0
        return -22
class WDT:
    def __init__(self, timeout):
        note("wdt", timeout)
    def feed(self):
        fed[0] += 1
def freq(hz):
    note("freq", hz)
def reset():
    note("fed", fed[0])
    print(json.dumps(diary))
    sys.exit(RESET_EXIT)
"""
CREDIT = "61041775512131532308"  # 50 kWh for the default hexing meter


class Board:
    """A board's file system."""

    def __init__(self, folder: Path) -> None:
        self.folder = firmware_tree.stage(folder / "board", port="esp32_meter")
        (self.folder / "machine.py").write_text(FAKE_MACHINE)
        (self.folder / "run.py").write_text("import boot\nimport main\nprint('REPL')\n")

    @property
    def state(self) -> dict[str, Any]:
        loaded: dict[str, Any] = json.loads((self.folder / "meter.json").read_text())
        return loaded

    def sent(self) -> list[frames.Frame]:
        """Every frame that left by the UART."""
        return frames.Decoder(zlib.crc32).feed((self.folder / "sent.bin").read_bytes())

    def run(self, keys: str = "", **env: str) -> tuple[int, list[list[Any]], str]:
        """(exit code, diary, everything printed) of one life between two resets, on a board's heap."""
        assert MICROPYTHON is not None
        done = subprocess.run(
            [MICROPYTHON, "-X", "heapsize=160k", "run.py"],
            cwd=self.folder,
            env={**os.environ, "MICROPYPATH": f"{self.folder}:.frozen", "FAKE_KEYS": keys, **env},
            capture_output=True,
            text=True,
            timeout=30,
            check=False,
        )
        lines = [line for line in done.stdout.splitlines() if line.startswith("[[")]
        return done.returncode, json.loads(lines[-1]) if lines else [], done.stdout + done.stderr


@pytest.fixture
def board(tmp_path: Path) -> Board:
    return Board(tmp_path)


def test_a_board_without_a_state_makes_its_brands_meter_and_restarts(board: Board) -> None:
    code, diary, text = board.run()
    assert code == 42, text
    assert (board.state["profile"], board.state["krn"]) == ("hexing", 1)
    assert diary == [["freq", 240_000_000], ["fed", 0]]


def test_a_token_typed_on_its_contacts_is_in_the_state_file_and_answered_on_the_port(board: Board) -> None:
    board.run()
    code, _, text = board.run(CREDIT + "#")
    assert code == 42, text
    assert board.state["credit_tenths"] == 500
    assert board.state["credit_tokens"] == [[CREDIT, 500]]
    glasses = {frame.payload for frame in board.sent()}
    assert len(glasses) > 20
    code, _, text = board.run(CREDIT + "#")
    assert (code, board.state["credit_tenths"]) == (42, 500), text
    assert board.state["refused"] == 1


def test_the_port_is_a_uart_that_wakes_the_vm_and_the_watchdog_is_fed_by_the_loop(board: Board) -> None:
    board.run()
    _, diary, text = board.run("04#")
    assert diary[:4] == [
        ["freq", 240_000_000],
        ["uart", 2, 115200, [["rx", 35], ["rxbuf", 512], ["tx", 33], ["txbuf", 512]]],
        ["irq", 1],
        ["wdt", 8000],
    ], text
    assert 5 < diary[-1][1] < 300


def test_an_exception_is_kept_in_a_file_and_resets_the_board(board: Board) -> None:
    board.run()
    code, _, text = board.run()
    assert code == 42, text
    assert "ValueError: planted" in (board.folder / "crash.txt").read_text()


def test_a_state_file_of_another_meter_makes_the_board_that_meter(board: Board) -> None:
    from metersim.defaults import default_state

    (board.folder / "meter.json").write_text(json.dumps(default_state("star")))
    _, _, text = board.run()
    frame = board.sent()[0]
    assert (frame.msg, frame.payload[:3]) == (meterport.GLASS, bytes((1, 8, 0))), text


def test_the_repl_pin_held_to_ground_leaves_the_board_at_the_repl(board: Board) -> None:
    code, _, text = board.run(FAKE_STRAP="27")
    assert code == 0
    assert "REPL" in text
    assert not (board.folder / "meter.json").exists()
