"""The two ways in which an ESP32 is interrupted by a byte: a UART's handler is called, and Ctrl-C ends a program."""

from __future__ import annotations

import sys
import time
from pathlib import Path

import pytest
from kctrig.link.connection import Connection
from kctrig.link.errors import LinkError
from kctrig.link.port import open_port
from kctrig.sim.devices import find_micropython
from kctrig.sim.firmware_tree import stage_board
from kctrig.sim.processes import EmulatedRig
from kctrig.sim.urls import BOARDS
from rigwire import messages as m

pytestmark = [
    pytest.mark.vm,
    pytest.mark.skipif(sys.platform == "win32", reason="pseudo-terminals"),
    pytest.mark.skipif(find_micropython() is None, reason="no micropython program on this computer"),
]
CTRL_C = b"\x03" * 4


def changed(folder: Path, file: str, before: str, after: str) -> Path:
    """A board's files with one of them changed."""
    tree = stage_board(folder / "tree", BOARDS["uart"])
    path = tree / file
    text = path.read_text(encoding="utf-8")
    assert text.count(before) == 1
    path.unlink()
    path.write_text(text.replace(before, after), encoding="utf-8")
    return tree


def answers_ctrl_c(tree: Path) -> bool:
    """Whether a request with 0x03 in it is answered on an unkind chip."""
    with EmulatedRig("sim:hexing?board=uart&unkind=on", tree=tree) as emulated:
        try:
            with Connection(open_port(emulated.port_path)) as connection:
                connection.hello()
                connection.request(m.PING, CTRL_C)
        except LinkError:
            return False
        return True


def test_a_byte_of_three_is_data_on_the_usb_line_of_an_unkind_chip(tmp_path: Path) -> None:
    assert answers_ctrl_c(stage_board(tmp_path / "tree", BOARDS["uart"]))


def test_a_rig_that_leaves_ctrl_c_on_is_ended_by_a_frame(tmp_path: Path) -> None:
    tree = changed(tmp_path, "usbline.py", "micropython.kbd_intr(_NO_INTERRUPT)", "pass")
    assert not answers_ctrl_c(tree)


def test_the_handler_of_the_meter_port_is_called_when_the_meter_has_sent(tmp_path: Path) -> None:
    words = '    """Nothing to do: being called is what wakes the VM."""\n'
    called = tmp_path / "called.txt"
    tree = changed(tmp_path, "main.py", words, f'    open("{called}", "w").close()\n')
    with (
        EmulatedRig("sim:hexing?board=uart", tree=tree) as emulated,
        Connection(open_port(emulated.port_path)) as connection,
    ):
        connection.hello()
        end_s = time.monotonic() + 5.0
        while not called.exists() and time.monotonic() < end_s:
            time.sleep(0.1)
    assert called.exists()
