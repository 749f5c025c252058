#!/usr/bin/env python3
"""Set up kctrig in its own virtual environment and run it; needs Python 3.11 or newer and nothing else.

    python3 run.py demo     the nine emulated meters, upgraded side by side
    python3 run.py test     every check that CI runs
    python3 run.py kctrig …  any kctrig command
    python3 run.py figures  measure every figure of the README
    python3 run.py setup    only the virtual environment

The environment is `.venv` beside this file. Versions and hashes come from requirements/*.lock.
"""

from __future__ import annotations

import sys

if sys.version_info < (3, 11):  # before any import that an older Python does not have
    sys.exit("kctrig needs Python 3.11 or newer; this is " + sys.version.split()[0])

import hashlib
import os
import shutil
import subprocess
import tomllib
import venv
from pathlib import Path

ROOT = Path(__file__).resolve().parent
VENV = ROOT / ".venv"
BIN = VENV / ("Scripts" if os.name == "nt" else "bin")
PYTHON = BIN / ("python.exe" if os.name == "nt" else "python")
DEV_LOCK = ROOT / "requirements" / "dev.lock"
STUBS_LOCK = ROOT / "requirements" / "stubs.lock"
TYPINGS = VENV / "typings"


def pip_wheel() -> Path:
    """The pip that comes with the project, so that a Python without ensurepip (Debian's) needs nothing more."""
    wheels = sorted((ROOT / "tools" / "pip").glob("pip-*.whl"))
    if len(wheels) != 1:
        sys.exit("tools/pip must hold exactly one pip wheel; check out the project again")
    wanted = (ROOT / "tools" / "pip" / "SHA256").read_text(encoding="ascii").split()[0]
    if hashlib.sha256(wheels[0].read_bytes()).hexdigest() != wanted:
        sys.exit(f"{wheels[0]} is damaged (SHA-256 differs); check out the project again")
    return wheels[0]


def pip(*arguments: str) -> None:
    """Run the project's pip inside the virtual environment."""
    command = [str(PYTHON), str(pip_wheel() / "pip"), "--disable-pip-version-check", *arguments]
    if subprocess.run(command, cwd=ROOT).returncode:
        sys.exit("set-up stopped: pip could not install (its message is above); the next run starts over")


def fingerprint() -> str:
    """Changes when the environment must be made again."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    parts = [sys.version, str(ROOT), repr(project["project"]), repr(project["tool"]["hatch"])]
    parts.extend(path.read_text(encoding="utf-8") for path in (DEV_LOCK, STUBS_LOCK))
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()


def set_up() -> None:
    """Make or refresh `.venv`; does nothing when it is already as the lock files say."""
    stamp = VENV / "kctrig-setup"
    wanted = fingerprint()
    if stamp.exists() and stamp.read_text(encoding="ascii") == wanted and PYTHON.exists():
        return
    print("kctrig: setting up .venv (once; about a minute)", flush=True)
    shutil.rmtree(VENV, ignore_errors=True)
    venv.EnvBuilder(with_pip=False, symlinks=os.name != "nt").create(VENV)
    quiet = ["--quiet", "--require-virtualenv"]
    pip("install", *quiet, "--require-hashes", "-r", str(DEV_LOCK))
    pip("install", *quiet, "--no-deps", "--no-build-isolation", "--editable", str(ROOT))
    pip("install", *quiet, "--require-hashes", "--no-deps", "--target", str(TYPINGS), "-r", str(STUBS_LOCK))
    stamp.write_text(wanted, encoding="ascii")


FIRMWARE = [f"firmware/{part}" for part in ("rigwire", "rigfw", "metersim", "ports")]
CHECKS = {
    "lint": ["-m", "ruff", "check", "."],
    "format": ["-m", "ruff", "format", "--check", "."],
    "types, host and firmware": ["-m", "mypy", "host", "firmware", "hil_tests", "wiring", "run.py"],
    "types, firmware against MicroPython's stubs": [
        "-m",
        "mypy",
        "--config-file",
        "mypy-firmware.ini",
        *FIRMWARE,
    ],
    "import rules": [str(BIN / "lint-imports")],
}
# Most tests wait for emulated meters, so more of them run at once than there are cores.
TESTS = {
    "tests": ["-m", "pytest", "-q", "-n", "4", "--dist", "worksteal", "-m", "not timing"],
    "2 000 campaigns in virtual time": ["-m", "kctrig", "simulate", "--campaigns", "2000", "--seed", "1"],
    "tests that measure time, alone": ["-m", "pytest", "-q", "-m", "timing"],
}


def test(arguments: list[str]) -> int:
    """Every check of CI; with arguments, only pytest with them."""
    failed = []
    checks, tests = ({}, {"tests": ["-m", "pytest", *arguments]}) if arguments else (CHECKS, TESTS)
    for name, command in {**checks, **tests}.items():
        print(f"== {name}", flush=True)
        if subprocess.run([str(PYTHON), *command], cwd=ROOT).returncode:
            failed.append(name)
    if failed:
        print("kctrig: FAILED: " + ", ".join(failed), flush=True)
    return 1 if failed else 0


def main() -> int:
    """Dispatch on the first word."""
    words = sys.argv[1:]
    if not words or words[0] not in ("demo", "test", "kctrig", "figures", "setup"):
        print(__doc__)
        return 2
    set_up()
    if words[0] == "setup":
        return 0
    if words[0] == "test":
        return test(words[1:])
    if words[0] == "figures":
        return subprocess.run([str(PYTHON), str(ROOT / "host" / "benchmarks" / "figures.py")]).returncode
    rest = words if words[0] == "demo" else words[1:]
    return subprocess.run([str(PYTHON), "-m", "kctrig", *rest]).returncode


if __name__ == "__main__":
    raise SystemExit(main())
