"""Temporary folders of emulated rigs do not pile up."""

import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import pytest
from kctrig.sim.workfolder import WorkFolder, sweep

pytestmark = pytest.mark.skipif(os.name != "posix", reason="file locks that end with their process")
LATER_S = 3600.0


@pytest.fixture(autouse=True)
def own_temporary_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))


def test_a_folder_goes_with_its_owner() -> None:
    folder = WorkFolder()
    (folder.path / "x").write_text("x")
    folder.close()
    assert not folder.path.exists()


def test_a_folder_in_use_is_never_swept() -> None:
    folder = WorkFolder()
    assert sweep(time.time() + LATER_S) == 0
    assert folder.path.exists()
    folder.close()


def left_by_a_killed_process(tmp_path: Path) -> Path:
    program = (
        "import os, signal\n"
        "from kctrig.sim.workfolder import WorkFolder\n"
        "print(WorkFolder().path, flush=True)\n"
        "os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program],
        env={**os.environ, "TMPDIR": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )
    return Path(done.stdout.strip())


def test_what_a_killed_process_left_is_swept_later_but_not_while_it_is_young(tmp_path: Path) -> None:
    folder = left_by_a_killed_process(tmp_path)
    assert folder.parent == tmp_path
    assert sweep(time.time()) == 0
    assert folder.exists()
    assert sweep(time.time() + LATER_S) == 1
    assert not folder.exists()
