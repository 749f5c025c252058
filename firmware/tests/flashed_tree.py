"""The files of a flashed board, compiled as `kctrig flash` writes them, with the simulated chip beside them."""

from __future__ import annotations

from pathlib import Path

from kctrig.firmware_files import ports_folder
from kctrig.flash.compiler import find_compiler
from kctrig.flash.files import board_file, firmware_files

SIMULATED = "sim_esp32"
STARTED_BY_NAME = "start.py"


def stage_flashed(folder: Path, board: str) -> Path:
    """Fill `folder` with the board's own files and the simulated `machine`; nothing is left to compile but the few
    lines that a board compiles, too. Gives `folder` back.
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
