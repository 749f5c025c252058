"""Which files a board of each build carries, and under which names; the emulated meter on a board of its own is one too.

boot.py, main.py and board.py are there as source: MicroPython starts only `.py` files by itself, and what makes
the outputs safe (boot.py with board.py) must run on any MicroPython, one that refuses our .mpy files too. They are
small, so compiling them on the board costs little. Everything else is .mpy: nothing to compile, no peak of memory.
"""

from __future__ import annotations

import json
import runpy
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace

from rigfw import boardcheck

from kctrig.firmware_files import package_folder, ports_folder
from kctrig.flash.compiler import Compiler
from kctrig.flash.errors import FlashError

PACKAGES = ("rigwire", "rigfw")
METER_PACKAGES = ("rigwire", "metersim")
PORT = "esp32"
METER_PORT = "esp32_meter"
METER_BOARD = "meterboard.py"
STARTER = b'"""Started by MicroPython; the rig is in rigmain.mpy."""\n\nimport rigmain  # noqa: F401\n'
METER_STARTER = (
    b'"""Started by MicroPython; the meter is in metermain.mpy."""\n\nimport metermain  # noqa: F401\n'
)


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
        meter: brand of the emulated meter that this build is; "" for a rig.
    """

    name: str
    chip: str
    path: Path
    on_usb: bool
    keypad: str
    one_shot_ms: int
    title: str
    meter: str = ""


def boards() -> dict[str, BoardFile]:
    """Every build there is, by name. Raises FlashError when a rig's board file breaks a rule of the firmware."""
    found = {}
    for path in sorted((ports_folder() / PORT / "boards").glob("*.py")):
        says = runpy.run_path(str(path))
        try:
            boardcheck.check(SimpleNamespace(**says))
        except boardcheck.BoardError as error:
            raise FlashError(f"{path}: {error}. Nothing was written") from error
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


def meter_build(brand: str) -> BoardFile:
    """The build of an emulated meter of this brand, on a second ESP32. Raises FlashError that lists the brands."""
    from metersim.brands import names

    if brand not in names():
        raise FlashError(f"there is no emulated meter {brand!r}; known are {', '.join(names())}")
    path = ports_folder() / METER_PORT / METER_BOARD
    title = f"An emulated meter, {brand}, for the meter port of a rig."
    return BoardFile(f"meter {brand}", "esp32", path, False, "", 0, title, brand)


def firmware_files(board: BoardFile, compiler: Compiler) -> dict[str, bytes]:
    """Path on the board and content of every file. Raises FlashError when one does not compile."""
    port = board.path.parent if board.meter else ports_folder() / PORT
    main = "metermain" if board.meter else "rigmain"
    files = {
        "boot.py": (port / "boot.py").read_bytes(),
        METER_BOARD if board.meter else "board.py": board.path.read_bytes(),
        "main.py": METER_STARTER if board.meter else STARTER,
        f"{main}.mpy": compiler.compile(port / "main.py", f"{main}.py"),
    }
    for source in sorted(port.glob("*.py")):
        if source.name not in ("main.py", *files):
            files[f"{source.stem}.mpy"] = compiler.compile(source, source.name)
    for package in METER_PACKAGES if board.meter else PACKAGES:
        folder = package_folder(package)
        for source in sorted(folder.rglob("*.py")):
            name = f"{package}/{source.relative_to(folder).as_posix()}"
            files[name.removesuffix(".py") + ".mpy"] = compiler.compile(source, name)
    if board.meter:
        from metersim.defaults import default_state

        files["meter.json"] = json.dumps(default_state(board.meter)).encode()
    return files


def firmware_version() -> str:
    """The version that this firmware tells in HELLO."""
    for line in (package_folder("rigfw") / "version.py").read_text(encoding="utf-8").splitlines():
        if line.startswith("VERSION = "):
            return line.removeprefix("VERSION = ").strip("'\"")
    raise FlashError("the firmware does not say its version; install kctrig again")
