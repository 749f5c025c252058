"""The built wheel carries everything: host, profiles and firmware run from it alone."""

from __future__ import annotations

import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
from kctrig.sim.devices import find_micropython

ROOT = Path(__file__).resolve().parents[1]


@pytest.fixture(scope="session")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel, built from this checkout."""
    folder = tmp_path_factory.mktemp("wheel")
    build = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(folder), str(ROOT)]
    subprocess.run(build, check=True, capture_output=True, timeout=120)
    (built,) = folder.glob("kctrig-*.whl")
    return built


@pytest.fixture
def unpacked_wheel(wheel: Path, tmp_path: Path) -> Path:
    """A folder with the wheel's files, as an installer lays them out."""
    site = tmp_path / "site"
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(site)
    return site


def _run(site: Path, where: Path, *words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, *words],
        cwd=where,
        env={**os.environ, "PYTHONPATH": str(site)},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def test_the_wheel_runs_an_emulated_rig_from_its_own_files(unpacked_wheel: Path, tmp_path: Path) -> None:
    sources = _run(
        unpacked_wheel,
        tmp_path,
        "-c",
        "import kctrig, rigwire, rigfw, metersim; print(*(m.__file__ for m in (kctrig, rigwire, rigfw, metersim)))",
    )
    assert [Path(name).is_relative_to(unpacked_wheel) for name in sources.stdout.split()] == [True] * 4
    boards = ("", "?board=matrix") if find_micropython() is not None else ("",)
    for board in boards:
        probe = _run(unpacked_wheel, tmp_path, "-m", "kctrig", "probe", "--rig", f"sim:sanxing{board}")
        assert probe.returncode == 0, probe.stderr
        assert "KRN 1" in probe.stdout


def test_the_wheel_holds_the_four_packages_and_no_tests(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        names = archive.namelist()
    assert not [name for name in names if "tests" in Path(name).parts or "__pycache__" in name]
    packages = {Path(name).parts[0] for name in names if ".dist-info" not in name}
    assert packages == {"kctrig", "rigwire", "rigfw", "metersim"}
