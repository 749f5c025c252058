"""Where the firmware's own files lie, in an installed wheel and in a checkout."""

from __future__ import annotations

import importlib.util
from pathlib import Path


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
