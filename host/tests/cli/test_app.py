"""The command as a whole: help, exit codes, one line for each failure."""

from __future__ import annotations

import subprocess
import sys
import time
from typing import TYPE_CHECKING

import click
import pytest
from kctrig.cli import exits
from kctrig.cli.app import COMMANDS, LazyGroup, cli
from kctrig.link.errors import LinkLost, NoSuchPort, OutcomeUnknown, PortTaken, VersionMismatch
from kctrig.records.errors import MeterBusy
from kctrig.worklist.rows import WorkListError

if TYPE_CHECKING:
    from tests.cli.conftest import Kctrig, Procedure


def test_help_names_every_command_and_every_exit_code(kctrig: Kctrig) -> None:
    ran = kctrig("--help")
    assert ran.code == 0
    assert all(name in ran.out for name in COMMANDS)
    assert "in doubt: a person must look" in ran.out


def test_help_imports_no_command() -> None:
    script = (
        "import sys; from kctrig.cli.app import run; run(['--help']);"
        "print(sorted(name for name in sys.modules if name.startswith(('kctrig.cli.', 'kctrig.procedure', 'rich', 'serial'))))"
    )
    out = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True).stdout
    assert out.splitlines()[-1] == "['kctrig.cli.app', 'kctrig.cli.exits']"


@pytest.mark.timing
def test_help_is_there_in_a_quarter_of_a_second() -> None:
    seconds = []
    for _ in range(5):
        began = time.perf_counter()
        subprocess.run([sys.executable, "-m", "kctrig", "--help"], capture_output=True, check=True)
        seconds.append(time.perf_counter() - began)
    assert min(seconds) < 0.25


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_is_there_and_its_help_shows_how_to_call_it(kctrig: Kctrig, name: str) -> None:
    ran = kctrig(name, "--help")
    assert ran.code == 0
    group = LazyGroup.get_command(cli, click.Context(cli), name)
    if not isinstance(group, click.Group):
        assert f"kctrig {name}" in ran.out.partition("Example")[2]


def test_an_unknown_command_is_one_line_and_code_2(kctrig: Kctrig) -> None:
    ran = kctrig("upgrad")
    assert (ran.code, ran.out) == (2, "")
    assert ran.err.count("\n") == 1
    assert "upgrad" in ran.err


def test_a_missing_option_is_one_line_and_code_2(kctrig: Kctrig) -> None:
    ran = kctrig("upgrade", "list.csv")
    assert ran.code == 2
    assert ran.err.count("\n") == 1
    assert "--rig" in ran.err


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (NoSuchPort("COM9", []), 3),
        (PortTaken("COM9", "kctrig (process 7)"), 3),
        (VersionMismatch(1, 2), 3),
        (LinkLost("unplugged"), 3),
        (LinkLost("unplugged", job_id=7), 4),
        (OutcomeUnknown(7), 4),
        (WorkListError("list.csv: the file is empty"), 2),
        (MeterBusy("00000000018"), 2),
        (click.UsageError("no"), 2),
        (KeyboardInterrupt(), 130),
        (click.Abort(), 130),
        (ZeroDivisionError("x"), 4),
    ],
)
def test_every_failure_is_one_line_and_the_code_says_what_it_means(error: BaseException, code: int) -> None:
    line, found = exits.explain(error)
    assert found == code
    assert "\n" not in line
    assert line.startswith("kctrig: ")


def test_the_gravest_verdict_makes_the_exit_code() -> None:
    assert exits.of_verdicts([]) == 0
    assert exits.of_verdicts(["PASS_VERIFIED", "ALREADY_DONE"]) == 0
    assert exits.of_verdicts(["PASS_VERIFIED", "REJECTED"]) == 1
    assert exits.of_verdicts(["PASS_VERIFIED", "READY"]) == 1
    assert exits.of_verdicts(["REJECTED", "INFRA_ERROR"]) == 3
    assert exits.of_verdicts(["INFRA_ERROR", "HALF"]) == 4
    assert exits.of_verdicts(["IN_DOUBT", "PASS_VERIFIED"]) == 4


def test_debug_shows_where_an_error_arose(procedure: Procedure, kctrig: Kctrig) -> None:
    procedure.open_errors["COM9"] = NoSuchPort("COM9", [])
    with pytest.raises(NoSuchPort):
        kctrig("--debug", "probe", "--rig", "COM9", "--profile", "hexing")


def test_a_reader_that_went_away_is_no_error() -> None:
    script = f"{sys.executable} -m kctrig --help | true; exit ${{PIPESTATUS[0]}}"
    ran = subprocess.run(["bash", "-c", script], capture_output=True, text=True)
    assert ran.stderr == ""


@pytest.mark.parametrize("command", ["upgrade", "resume", "enter", "probe", "selftest"])
def test_every_rig_option_says_that_a_rig_goes_by_port_by_name_or_emulated(
    kctrig: Kctrig, command: str
) -> None:
    said = " ".join(kctrig(command, "--help").out.split())
    assert "rig:ID" in said
    assert "sim:BRAND" in said
