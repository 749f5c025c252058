"""Whole entry sequences, typed with real key contacts and judged by the truth log, under CPython and MicroPython."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from tests.meter import sequence_checks

FIRMWARE = Path(__file__).parents[2]
OWN = FIRMWARE / "tests" / "vectors" / "own_sequences.json"
SHARED = FIRMWARE.parent.parent / "shared"
THEIRS = SHARED / "vectors" / "meters.json"
THEIR_METERS = SHARED / "worklists" / "meters_before.json"
FILES = [
    pytest.param(OWN, OWN, 47, id="own"),
    pytest.param(
        THEIRS,
        THEIR_METERS,
        4,
        id="others",
        marks=pytest.mark.skipif(
            not (THEIRS.exists() and THEIR_METERS.exists()),
            reason="others' sequences (../shared) are not here",
        ),
    ),
]


@pytest.mark.parametrize(("sequences", "meters", "count"), FILES)
def test_every_sequence_goes_as_expected_under_cpython(sequences: Path, meters: Path, count: int) -> None:
    assert sequence_checks.check(str(sequences), str(meters)) == (count, [])


@pytest.mark.vm
@pytest.mark.parametrize(("sequences", "meters", "count"), FILES)
def test_every_sequence_goes_as_expected_under_micropython(sequences: Path, meters: Path, count: int) -> None:
    run = subprocess.run(
        [
            micropython(),
            "-X",
            "heapsize=4m",
            str(Path(sequence_checks.__file__)),
            str(sequences),
            str(meters),
        ],
        env={**os.environ, "MICROPYPATH": f"{FIRMWARE}:{Path(__file__).parent}:.frozen"},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert run.stdout + run.stderr == f"{count} sequences\n"
    assert run.returncode == 0


def test_a_sequence_that_goes_otherwise_is_complained_about(tmp_path: Path) -> None:
    path = tmp_path / "bent.json"
    path.write_text(OWN.read_text().replace('"expect": "Used"', '"expect": "Old"', 1))
    _, complaints = sequence_checks.check(str(path), str(OWN))
    assert complaints == ["own01 step 3: Used, expected Old"]


def micropython() -> str:
    """The `micropython` program; skips the test where there is none."""
    vm = shutil.which(
        "micropython", path=os.pathsep.join((str(Path(sys.executable).parent), os.environ["PATH"]))
    )
    if vm is None:
        pytest.skip("no `micropython` command here (the PyPI package has no wheel for this machine)")
    return vm
