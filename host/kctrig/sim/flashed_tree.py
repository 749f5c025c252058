"""The files of a flashed board, compiled as `kctrig flash` writes them, with the simulated chip beside them."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

from kctrig.firmware_files import ports_folder
from kctrig.flash.compiler import find_compiler
from kctrig.flash.files import board_file, firmware_files

# The chip around the firmware is no part of it: machine.py and what it stands on (bad manners are not loaded).
_WEIGH_CHIP = """
import gc
gc.collect()
before = gc.mem_alloc()
import bus, machine
gc.collect()
print(gc.mem_alloc() - before)
"""
SIMULATED = "sim_esp32"
STARTED_BY_NAME = "start.py"


def stage_flashed(folder: Path, board: str) -> Path:
    """Fill `folder` with the board's own files and the simulated `machine`; gives `folder` back.

    Nothing is left to compile but the few lines that a board compiles, too.

    Raises:
        FlashError: a source does not compile.
        ToolMissing: there is no mpy-cross.
    """
    compiler = find_compiler()
    content = firmware_files(board_file(board), compiler)
    for source in sorted((ports_folder() / SIMULATED).glob("*.py")):
        if source.name == STARTED_BY_NAME:
            content[source.name] = source.read_bytes()
        else:
            content[f"{source.stem}.mpy"] = compiler.compile(source, source.name)
    for name, data in content.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    return folder


def chip_bytes(tree: Path, micropython: str) -> int:
    """What the simulated chip's own modules take of the VM's heap."""
    done = subprocess.run(
        [micropython, "-X", "heapsize=256k", "-c", _WEIGH_CHIP],
        env={**os.environ, "MICROPYPATH": f"{tree}:.frozen"},
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    return int(done.stdout)
