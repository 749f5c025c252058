"""`kctrig emulate meter --show` as a person meets it: a terminal, key presses, the glass, the power cord."""

import fcntl
import json
import os
import pty
import re
import select
import signal
import subprocess
import sys
import termios
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from kctrig.sim.devices import find_micropython
from metersim.defaults import default_state

pytestmark = [
    pytest.mark.vm,
    pytest.mark.skipif(find_micropython() is None, reason="no micropython program on this computer"),
]

PATIENCE_S = 20.0
DIGIT_S = 3.0
KCTS = ("65277168349440569722", "16997700646709094145")  # KRN 2 for the default hexing meter


class Terminal:
    """A pseudo-terminal with the command in it, and everything it ever wrote."""

    def __init__(self, *words: str) -> None:
        self.master, self.slave = pty.openpty()
        self.before = termios.tcgetattr(self.slave)
        self.written = ""
        self.process = subprocess.Popen(
            [sys.executable, "-m", "kctrig", "emulate", "meter", *words, "--show"],
            stdin=self.slave,
            stdout=self.slave,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
            preexec_fn=self._own,  # else Ctrl-C on it would be nobody's signal
        )

    @staticmethod
    def _own() -> None:
        """Make it the controlling terminal of the new session."""
        fcntl.ioctl(0, termios.TIOCSCTTY, 0)

    @property
    def screen(self) -> str:
        """The last whole picture, without the control sequences."""
        return re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", self.written.rpartition("\x1b[H")[2])

    def type(self, text: str) -> None:
        os.write(self.master, text.encode())

    def type_token(self, digits: str) -> None:
        """As a person does on a busy computer: a digit that the meter did not take is typed again."""
        for count, digit in enumerate(digits, 1):
            for _ in range(5):
                self.type(digit)
                if self.until(f"counter {count}", DIGIT_S):
                    break
            else:
                raise AssertionError(self.screen)
        self.type("\r")

    def until(self, shown: str, patience_s: float = PATIENCE_S) -> bool:
        """Whether the picture comes to hold this text."""
        end_s = time.monotonic() + patience_s
        while shown not in self.screen:
            if time.monotonic() > end_s or self.process.poll() is not None:
                return False
            self._read(0.1)
        return True

    def end(self) -> tuple[int, str]:
        """(exit code, standard error) once it has ended."""
        end_s = time.monotonic() + PATIENCE_S
        while self.process.poll() is None:
            assert time.monotonic() < end_s, self.screen
            self._read(0.05)
        self._read(0.0)
        assert self.process.stderr is not None
        return self.process.returncode, self.process.stderr.read()

    def _read(self, timeout_s: float) -> None:
        if select.select([self.master], [], [], timeout_s)[0]:
            self.written += os.read(self.master, 65536).decode()

    def close(self) -> None:
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        assert self.process.stderr is not None
        self.process.stderr.close()
        os.close(self.master)
        os.close(self.slave)


@pytest.fixture
def state(tmp_path: Path) -> Path:
    path = tmp_path / "meter.json"
    path.write_text(json.dumps(default_state("hexing")), encoding="utf-8")
    return path


@pytest.fixture
def terminal(state: Path) -> Iterator[Terminal]:
    opened = Terminal(f"sim:hexing?state={state}")
    yield opened
    opened.close()


def test_a_person_upgrades_a_meter_by_hand(terminal: Terminal, state: Path) -> None:
    assert terminal.until("reads: 0.0")
    terminal.type("04\r")
    assert terminal.until("KRN 01 KT 02")
    for digits in KCTS:
        terminal.type_token(digits)
        assert terminal.until("BENAR")
        assert terminal.until("reads: 0.0")
    terminal.type("04#")
    assert terminal.until("KRN 02 KT 02")
    terminal.type("q")
    assert terminal.end() == (0, "")
    assert json.loads(state.read_text(encoding="utf-8"))["krn"] == 2


def test_the_power_cord_takes_the_entry_and_keeps_the_section(terminal: Terminal, state: Path) -> None:
    assert terminal.until("reads: 0.0")
    terminal.type_token(KCTS[0])
    assert terminal.until("BENAR")
    terminal.type("123")
    assert terminal.until("counter 3")
    terminal.type("p")
    assert terminal.until("no power")
    terminal.type("p")
    assert terminal.until("reads: 0.0")
    terminal.type_token(KCTS[1])
    assert terminal.until("BENAR")
    terminal.type("04\r")
    assert terminal.until("KRN 02 KT 02")


def test_the_keypad_shows_the_key_that_is_down_and_l_holds_it(terminal: Terminal) -> None:
    assert terminal.until("[*] [0] [#]")
    terminal.type("l")
    assert terminal.until("the next key is held")
    terminal.type("5")
    assert terminal.until("counter 1")
    assert "\x1b[7m[5]\x1b[0m" in terminal.written
    assert "\x1b[7m[5]\x1b[0m" in terminal.written.rpartition("\x1b[H")[2]


@pytest.mark.parametrize("ending", ["q", "\x03", signal.SIGTERM])
def test_the_terminal_is_as_it_was_afterwards(terminal: Terminal, ending: str | signal.Signals) -> None:
    assert terminal.until("light o")
    assert termios.tcgetattr(terminal.slave) != terminal.before
    if isinstance(ending, str):
        terminal.type(ending)
    else:
        terminal.process.send_signal(ending)
    assert terminal.end() == (0, "")
    assert termios.tcgetattr(terminal.slave) == terminal.before
    assert terminal.written.endswith("\x1b[?7h\x1b[?25h\x1b[?1049l")


def test_without_a_terminal_it_is_one_line_and_exit_2() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "kctrig", "emulate", "meter", "star", "--show"],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )
    assert (done.returncode, done.stdout) == (2, "")
    assert "needs a terminal" in done.stderr
    assert done.stderr.count("\n") == 1


def test_a_brand_that_does_not_exist_leaves_the_terminal_alone() -> None:
    opened = Terminal("hexling")
    try:
        code, errors = opened.end()
        assert (code, opened.written) == (2, "")
        assert "unknown brand" in errors
    finally:
        opened.close()
