"""A list and benches' files for the tests of checkout and checkin, and processes that are killed."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from kctrig.cli.work import profile_of
from kctrig.worklist.reader import read
from kctrig.worklist.writer import BENCH, extra

_RUN = "import sys; from kctrig.cli.app import run; "
KILL = "lambda *a, **k: os.kill(os.getpid(), signal.SIGKILL)"


def make_list(path: Path, rows: int) -> None:
    """A list with a street, in the order of a round."""
    lines = ["NO_METER;MERK_TYPE;TOKEN_1;TOKEN_2;ALAMAT"]
    for number in range(rows):
        tokens = [f"{(1 << 60) + (2 << 27) + (number << 32) + part:020d}" for part in (1, 3)]
        lines.append(
            ";".join([with_check_digit(number), "HEXING/HXE116-KP", *tokens, f"Jl. Melati No. {number + 1}"])
        )
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")


def with_check_digit(serial: int) -> str:
    """A meter number whose last digit fits."""
    body = f"{serial:010d}"
    doubled = [int(digit) * (2 if at % 2 == 0 else 1) for at, digit in enumerate(reversed(body))]
    return body + str(-sum(value - 9 if value > 9 else value for value in doubled) % 10)


def in_files(folder: Path) -> dict[str, set[str]]:
    """For every bench, the tokens that its files in this folder hold."""
    found: dict[str, set[str]] = {}
    for path in [*folder.glob("*.csv"), *folder.glob("*.xlsx")]:
        if path.stat().st_size:
            for row in read(path, profile_of).rows:
                if bench := extra(row, BENCH):
                    found.setdefault(bench, set()).update(row.tokens)
    return found


def start(code: str, *arguments: str) -> subprocess.Popen[str]:
    """A Python process with `run`, the command line of kctrig."""
    return subprocess.Popen(
        [sys.executable, "-c", _RUN + code, *arguments],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )


def killed_at(what: str, *command: str) -> None:
    """Run a command in a process that is killed when it comes to `what` ("module.name")."""
    module, _, name = what.rpartition(".")
    code = (
        f"import os, signal, {module.partition(':')[0]}; "
        f"setattr({module.replace(':', '.')}, {name!r}, {KILL}); run(sys.argv[1:])"
    )
    process = start(code, *command)
    _, said = process.communicate(timeout=60)
    assert process.returncode == -9, said
