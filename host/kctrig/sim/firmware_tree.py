"""A folder that holds the firmware and nothing else, so that a MicroPython VM finds only what a board would have."""

from __future__ import annotations

import importlib.util
import os
import shutil
from pathlib import Path

PACKAGES = ("rigwire", "rigfw", "metersim")


class FirmwareMissingError(RuntimeError):
    """The firmware's files are not where an installation of kctrig has them."""


def package_folder(name: str) -> Path:
    """Where the installed firmware package `name` lies. Raises FirmwareMissingError."""
    spec = importlib.util.find_spec(name)
    if spec is None or not spec.submodule_search_locations:
        raise FirmwareMissingError(f"firmware package {name} is not installed; install kctrig again")
    return Path(spec.submodule_search_locations[0])


def ports_folder() -> Path:
    """Where the ports lie: inside the wheel, or beside the firmware in a checkout. Raises FirmwareMissingError."""
    installed = package_folder("kctrig") / "_ports"
    checkout = package_folder("rigfw").parent / "ports"
    for folder in (installed, checkout):
        if (folder / "unix" / "rig_main.py").is_file():
            return folder
    raise FirmwareMissingError(f"no firmware ports in {installed} or {checkout}; install kctrig again")


def stage(folder: Path, port: str = "unix") -> Path:
    """Fill `folder` (made here) with the firmware packages and the files of one port; gives `folder` back.

    Links where the system has them, copies elsewhere. Raises FirmwareMissingError.
    """
    folder.mkdir(parents=True)
    for name in PACKAGES:
        _put(package_folder(name), folder / name)
    for file in sorted((ports_folder() / port).glob("*.py")):
        _put(file, folder / file.name)
    return folder


def _put(source: Path, target: Path) -> None:
    if os.name == "posix":
        target.symlink_to(source.resolve())
    elif source.is_dir():
        shutil.copytree(source, target, ignore=shutil.ignore_patterns("__pycache__"))
    else:
        shutil.copyfile(source, target)
