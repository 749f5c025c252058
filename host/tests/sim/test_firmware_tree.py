"""The folder a VM is shown: from a checkout and from an installed wheel."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from kctrig.sim import firmware_tree
from kctrig.sim.devices import find_micropython
from kctrig.sim.hardware.plan import constants


def test_the_tree_holds_the_firmware_and_one_port_and_nothing_else(tmp_path: Path) -> None:
    tree = firmware_tree.stage(tmp_path / "tree")
    names = {path.name for path in tree.iterdir()}
    assert {"rigwire", "rigfw", "metersim", "machine.py", "rig_main.py", "meter_main.py"} <= names
    assert not names & {"kctrig", "boot.py", "board.py"}
    assert (tree / "rigfw" / "app.py").is_file()


def test_the_tree_of_the_board_has_its_boot_file(tmp_path: Path) -> None:
    tree = firmware_tree.stage(tmp_path / "tree", port="esp32")
    assert (tree / "boot.py").is_file()
    assert not (tree / "rig_main.py").exists()


@pytest.mark.parametrize(("board", "keypad"), [("emulated_meter", "uart"), ("sealed_fingers", "direct")])
def test_the_tree_of_an_emulated_board_has_the_port_its_board_file_and_a_machine(
    tmp_path: Path, board: str, keypad: str
) -> None:
    tree = firmware_tree.stage_board(tmp_path / "tree", board)
    assert {"boot.py", "main.py", "board.py", "machine.py", "start.py"} <= {
        path.name for path in tree.iterdir()
    }
    assert constants(tree / "board.py")["KEYPAD"] == keypad


def install_like_a_wheel(site: Path) -> None:
    """Lay the packages out as a wheel of kctrig has them: everything in one folder, ports inside kctrig."""
    for name in (*firmware_tree.PACKAGES, "kctrig"):
        shutil.copytree(
            firmware_tree.package_folder(name), site / name, ignore=shutil.ignore_patterns("__pycache__")
        )
    shutil.copytree(firmware_tree.ports_folder(), site / "kctrig" / "_ports", dirs_exist_ok=True)


@pytest.mark.vm
@pytest.mark.skipif(find_micropython() is None, reason="no micropython program on this computer")
def test_an_installed_wheel_runs_an_emulated_rig_from_its_own_files(tmp_path: Path) -> None:
    site = tmp_path / "site"
    install_like_a_wheel(site)
    program = (
        "import kctrig, kctrig.sim, kctrig.sim.firmware_tree as t\n"
        "rig = kctrig.sim.open_any('sim:hexing')\n"
        "print(kctrig.__file__, t.ports_folder(), rig.info.version)\n"
        "rig.close()\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program],
        env={**os.environ, "PYTHONPATH": str(site)},
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    package, ports, version = done.stdout.split(maxsplit=2)
    assert Path(package).is_relative_to(site)
    assert Path(ports).is_relative_to(site)
    assert "micropython" in version


def test_host_and_firmware_carry_the_same_version() -> None:
    import kctrig
    from rigfw.version import VERSION

    assert kctrig.__version__ == VERSION
