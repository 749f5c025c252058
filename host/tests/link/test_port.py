"""Serial ports: who may open them, and what an open one does."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from kctrig.link import lock
from kctrig.link.errors import LinkLost, NoSuchPort, PortTaken
from kctrig.link.port import PosixLine, SerialLine, open_port
from kctrig.link.trace import TraceError

pytestmark = pytest.mark.skipif(os.name != "posix", reason="ptys")


class Pty:
    """A pty pair whose slave a port opens."""

    def __init__(self) -> None:
        import tty

        self.master, self.slave = os.openpty()
        tty.setraw(self.slave)
        self.path = os.ttyname(self.slave)

    def close(self) -> None:
        for descriptor in (self.master, self.slave):
            if descriptor >= 0:
                os.close(descriptor)
        self.master = self.slave = -1


@pytest.fixture
def pty() -> Iterator[Pty]:
    made = Pty()
    yield made
    made.close()


def test_a_port_that_is_not_there_lists_those_that_are(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("kctrig.link.port.known_ports", lambda: ["/dev/ttyUSB3", "/dev/ttyUSB7"])
    with pytest.raises(NoSuchPort) as caught:
        open_port("/dev/ttyNOTHERE")
    assert caught.value.known_ports == ("/dev/ttyUSB3", "/dev/ttyUSB7")
    assert caught.value.effect == "nothing"
    assert "/dev/ttyUSB3, /dev/ttyUSB7" in str(caught.value)
    assert "\n" not in str(caught.value)


def test_an_address_that_pyserial_does_not_know_is_no_such_port() -> None:
    with pytest.raises(NoSuchPort):
        open_port("nonsense://x")


def test_bytes_go_both_ways(pty: Pty) -> None:
    line = open_port(pty.path)
    assert isinstance(line, PosixLine)
    assert line.read(0) == b""
    line.write(bytes(range(256)))
    assert os.read(pty.master, 1000) == bytes(range(256))
    os.write(pty.master, b"\x00\x11\x13\x03")
    assert line.wait(5)
    assert line.read(5) == b"\x00\x11\x13\x03"
    line.close()
    line.close()


def test_a_read_that_waits_can_be_woken(pty: Pty) -> None:
    line = open_port(pty.path)
    threading.Timer(0.05, line.wake).start()
    assert line.read(30) == b""
    line.close()


def test_a_line_whose_other_end_closes_is_lost(pty: Pty) -> None:
    line = open_port(pty.path)
    os.close(pty.master)
    pty.master = -1
    with pytest.raises(LinkLost):
        line.read(5)
    with pytest.raises(LinkLost):
        line.write(b"x")
    line.close()


def test_a_second_process_is_refused_with_the_name_and_number_of_the_first(pty: Pty) -> None:
    program = (
        "import sys; sys.argv = ['kctrig', 'upgrade', '12345678901234567890']\n"
        "from kctrig.link.port import open_port\n"
        f"line = open_port({pty.path!r})\n"
        "print('open', flush=True); sys.stdin.read()\n"
    )
    first = subprocess.Popen(
        [sys.executable, "-c", program], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert first.stdout is not None
    assert first.stdin is not None
    try:
        assert first.stdout.readline() == "open\n"
        with pytest.raises(PortTaken) as caught:
            open_port(pty.path)
        assert caught.value.holder == f"kctrig upgrade (process {first.pid})"
        first.kill()
        first.wait()
        open_port(pty.path).close()  # the lock died with its holder
    finally:
        first.kill()
        first.wait()
        first.stdin.close()
        first.stdout.close()


def test_a_port_that_another_program_holds_is_taken(pty: Pty) -> None:
    import fcntl
    import termios

    other = os.open(pty.path, os.O_RDWR | os.O_NOCTTY)
    fcntl.flock(other, fcntl.LOCK_EX | fcntl.LOCK_NB)  # as pyserial and others do
    try:
        with pytest.raises(PortTaken, match="another program"):
            open_port(pty.path)
    finally:
        os.close(other)
    assert termios.tcgetattr(pty.slave)
    open_port(pty.path).close()


def test_lock_files_are_the_users_own(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))
    held = lock.RigLock("socket://127.0.0.1:7777")
    (file,) = (tmp_path / "kctrig").iterdir()
    assert (tmp_path / "kctrig").stat().st_mode & 0o077 == 0
    with pytest.raises(PortTaken):
        lock.RigLock("socket://127.0.0.1:7777")
    lock.RigLock("socket://127.0.0.1:7778").close()
    held.close()
    held.close()
    assert file.read_text() == ""


def test_two_names_of_one_port_are_one_port(pty: Pty, tmp_path: Path) -> None:
    alias = tmp_path / "by-id"
    alias.symlink_to(pty.path)
    line = open_port(pty.path)
    with pytest.raises(PortTaken):
        open_port(str(alias))
    line.close()


def test_a_port_without_a_descriptor_works_by_looking() -> None:
    line = open_port("loop://")
    assert type(line) is SerialLine
    assert not line.wait(0)
    threading.Timer(0.05, line.write, [b"abc"]).start()
    assert line.wait(5)
    assert line.read(5) == b"abc"
    line.wake()
    assert line.read(30) == b""
    line.close()


def test_a_recording_that_is_none_is_said() -> None:
    with pytest.raises(TraceError, match="no recording"):
        open_port(f"replay:{__file__}")
    with pytest.raises(TraceError, match="No such file"):
        open_port("replay:/nowhere/x.trace")
