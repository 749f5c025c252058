"""Which files a board of each build carries, and under which names.

boot.py, main.py and board.py are there as source: MicroPython starts only `.py` files by itself, and what makes
the outputs safe (boot.py with board.py) must run on any MicroPython, one that refuses our .mpy files too. They are
small, so compiling them on the board costs little. Everything else is .mpy: nothing to compile, no peak of memory.
"""

from __future__ import annotations

import runpy
from dataclasses import dataclass
from pathlib import Path

from kctrig.firmware_files import package_folder, ports_folder
from kctrig.flash.compiler import Compiler
from kctrig.flash.errors import FlashError

PACKAGES = ("rigwire", "rigfw")
PORT = "esp32"
STARTER = b'"""Started by MicroPython; the rig is in rigmain.mpy."""\n\nimport rigmain  # noqa: F401\n'


@dataclass(frozen=True, slots=True)
class BoardFile:
    """A build, as its board file names it.

    Attributes:
        name: the file's name without .py.
        chip: as esptool names it, e.g. "esp32".
        path: the file.
        on_usb: the host talks to the rig over the same USB by which it is flashed.
        keypad: "uart", "matrix" or "direct".
        one_shot_ms: nominal time after which the hardware opens a held key, 0 where there is none.
        title: first line of its docstring.
    """

    name: str
    chip: str
    path: Path
    on_usb: bool
    keypad: str
    one_shot_ms: int
    title: str


def boards() -> dict[str, BoardFile]:
    """Every build there is, by name."""
    found = {}
    for path in sorted((ports_folder() / PORT / "boards").glob("*.py")):
        says = runpy.run_path(str(path))
        title = str(says["__doc__"]).partition("\n")[0]
        on_usb = says["HOST_UART"] == says["USB"]
        keypad = str(says["KEYPAD"])
        one_shot_ms = int(says["ONE_SHOT_MS"]) if keypad != "uart" else 0
        found[path.stem] = BoardFile(path.stem, str(says["CHIP"]), path, on_usb, keypad, one_shot_ms, title)
    return found


def board_file(name: str) -> BoardFile:
    """The build of this name. Raises FlashError that lists those there are."""
    known = boards()
    if name not in known:
        raise FlashError(f"no board is called {name!r}; known are {', '.join(known)}")
    return known[name]


def firmware_files(board: BoardFile, compiler: Compiler) -> dict[str, bytes]:
    """Path on the board and content of every file. Raises FlashError when one does not compile."""
    port = ports_folder() / PORT
    files = {
        "boot.py": (port / "boot.py").read_bytes(),
        "board.py": board.path.read_bytes(),
        "main.py": STARTER,
        "rigmain.mpy": compiler.compile(port / "main.py", "rigmain.py"),
    }
    for source in sorted(port.glob("*.py")):
        if source.name not in ("boot.py", "main.py", "board.py"):
            files[f"{source.stem}.mpy"] = compiler.compile(source, source.name)
    for package in PACKAGES:
        folder = package_folder(package)
        for source in sorted(folder.rglob("*.py")):
            name = f"{package}/{source.relative_to(folder).as_posix()}"
            files[name.removesuffix(".py") + ".mpy"] = compiler.compile(source, name)
    return files


def firmware_version() -> str:
    """The version that this firmware tells in HELLO."""
    for line in (package_folder("rigfw") / "version.py").read_text(encoding="utf-8").splitlines():
        if line.startswith("VERSION = "):
            return line.removeprefix("VERSION = ").strip("'\"")
    raise FlashError("the firmware does not say its version; install kctrig again")
