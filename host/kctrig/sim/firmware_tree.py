"""A folder that holds the firmware and nothing else, so that a MicroPython VM finds only what a board would have."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

from kctrig.firmware_files import FirmwareMissingError, package_folder, ports_folder

__all__ = ["PACKAGES", "FirmwareMissingError", "package_folder", "ports_folder", "stage", "stage_board"]

PACKAGES = ("rigwire", "rigfw", "metersim")


def stage(folder: Path, port: str = "unix", board: str = "emulated_meter") -> Path:
    """Fill `folder` (made here) with the firmware packages and the files of one port; gives `folder` back.

    A port that has board files gets `boards/<board>.py` as its board.py. Links where the system has them, copies
    elsewhere. Raises FirmwareMissingError.
    """
    folder.mkdir(parents=True)
    for name in PACKAGES:
        _put(package_folder(name), folder / name)
    for file in sorted((ports_folder() / port).glob("*.py")):
        _put(file, folder / file.name)
    boards = ports_folder() / port / "boards"
    if boards.is_dir():
        _put(boards / f"{board}.py", folder / "board.py")
    return folder


def stage_board(folder: Path, board: str) -> Path:
    """Fill `folder` with an ESP32's files for the board file `board`, and a simulated `machine` under them.

    The VM starts `start.py`, as a board starts its boot.py and main.py. Raises FirmwareMissingError.
    """
    stage(folder, "esp32", board)
    for file in sorted((ports_folder() / "sim_esp32").glob("*.py")):
        _put(file, folder / file.name)
    return folder


def _put(source: Path, target: Path) -> None:
    if os.name == "posix":
        target.symlink_to(source.resolve())
    elif source.is_dir():
        shutil.copytree(source, target, ignore=shutil.ignore_patterns("__pycache__"))
    else:
        shutil.copyfile(source, target)
