"""The three builds are wired as the firmware means them, and a drawing that would hurt somebody is refused."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from wiring import check, drawing
from wiring.drawing import BUILDS, FOLDER, Drawing

Check = Callable[[Drawing, Mapping[str, Any]], Iterator[str]]


def altered(folder: Path, build: str, *changes: tuple[str, str]) -> Drawing:
    """A build whose source says something else in one place."""
    text = (FOLDER / f"{build}.yml").read_text(encoding="utf-8")
    for old, new in changes:
        assert text.count(old) == 1, old
        text = text.replace(old, new)
    path = folder / f"{build}.yml"
    path.write_text(text, encoding="utf-8")
    return drawing.read(path)


@pytest.mark.parametrize("build", BUILDS)
def test_a_build_its_generated_files_and_its_board_file_agree(build: str) -> None:
    assert check.check_build(build) == []


@pytest.mark.parametrize(
    ("build", "old", "new"),
    [
        ("bench_matrix", "U4: OUT\n    - W13: 1\n    - KB: LED+", "U4: OUT\n    - W13: 1\n    - J1: R1"),
        ("bench_matrix", "- U5: [VCC1, GND1, TXIN, RXOUT]", "- U5: [VCC1, GND2, TXIN, RXOUT]"),
        ("bench_matrix", "- - X1: [L, N]", "- - H1: [USB, USB]"),
    ],
    ids=["supply to the keypad", "ground across the isolator", "mains to the computer"],
)
def test_a_wire_across_the_barrier_is_found(tmp_path: Path, build: str, old: str, new: str) -> None:
    problems = list(check.check_sides(altered(tmp_path, build, (old, new))))
    assert any("only a part marked as barrier may stand between them" in problem for problem in problems)


def test_a_part_that_nobody_put_on_a_side_is_found(tmp_path: Path) -> None:
    build = altered(tmp_path, "bench_matrix", ("L1, JP, JG]", "L1, JG]"))
    assert any(problem.startswith("JP:1 stands on no side") for problem in check.check_sides(build))


def test_one_cable_for_both_sides_is_found(tmp_path: Path) -> None:
    build = altered(tmp_path, "bench_matrix", ("    - WM6: [1, 2]", "    - W12: [1, 2]"))
    assert any("W12 has wires of both sides" in problem for problem in check.check_sides(build))


@pytest.mark.parametrize(
    ("check_of", "build", "old", "new", "said"),
    [
        (check.check_pins, "bench_matrix", "KEY_ENABLE, ESTOP_SENSE", "ESTOP_SENSE, KEY_ENABLE", "IO25 is"),
        (check.check_pins, "emulated_meter", "LIGHT (open)", "LIGHT", "a pin without a wire"),
        (check.check_keys, "bench_matrix", "[A1, R1], [A2, R2]", "[A1, R2], [A2, R1]", "'123'"),
        (check.check_keys, "bench_matrix", '["1 2 3", "4 5 6"', '["4 5 6", "1 2 3"', "'456'"),
        (check.check_keys, "sealed_fingers", "[[C0, T0], [C1, T1]", "[[C0, T1], [C1, T0]", "means '0'"),
        (check.check_keys, "sealed_fingers", "- - U2: [GPB3, GPB4,", "- - U2: [GPB4, GPB3,", "JG:1"),
        (check.check_supply, "bench_matrix", "    - W6: 1\n    - S1: 1", "    - W6: 1\n    - U4: IN", "S1"),
        (
            check.check_supply,
            "sealed_fingers",
            "    - W13: 1\n    - SF: V+",
            "    - W13: 1\n    - L1: A",
            "SF:V+",
        ),
        (check.check_supply, "sealed_fingers", "- - PS1: 12V", "- - U4: OUT", "not supplied"),
        (check.check_supply, "bench_matrix", "ONE_SHOT_MS of the board file: 500", "nothing", "ONE_SHOT_MS"),
    ],
)
def test_a_drawing_that_the_firmware_does_not_mean_is_found(
    tmp_path: Path, check_of: Check, build: str, old: str, new: str, said: str
) -> None:
    problems = list(check_of(altered(tmp_path, build, (old, new)), check.read_board(build)))
    assert any(said in problem for problem in problems), problems


def test_a_supply_that_bypasses_the_emergency_stop_is_found(tmp_path: Path) -> None:
    build = altered(tmp_path, "bench_matrix", ("    - W13: 1\n    - KB: LED+", "    - W13: 1\n    - S1: 1"))
    problems = list(check.check_supply(build, check.read_board("bench_matrix")))
    assert any("not supplied" in problem for problem in problems)
    beside = (
        "  - - U4: OUT\n    - W13: 1",
        "  - - S1: 1\n    - W16: 1\n    - KB: LED+\n  - - U4: OUT\n    - W13: 1",
    )
    cable = ("  W14: {", "  W16: {category: bundle, type: Wire, colors: [RD], length: 0.1}\n  W14: {")
    build = altered(tmp_path, "bench_matrix", beside, cable)
    problems = list(check.check_supply(build, check.read_board("bench_matrix")))
    assert any("although S1 is open" in problem for problem in problems)
    assert any("although U4 is open" in problem for problem in problems)


def test_a_board_file_with_a_strapping_pin_is_found() -> None:
    build = drawing.read(FOLDER / "bench_matrix.yml")
    board = {**check.read_board("bench_matrix"), "LIGHT": 12, "SAFE_LEVELS": ((25, 0), (12, 0))}
    problems = list(check.check_pins(build, board))
    assert any("12" in problem and "LIGHT" in problem for problem in problems)


@pytest.mark.parametrize("suffix", check.GENERATED)
def test_a_generated_file_that_was_changed_by_hand_is_found(tmp_path: Path, suffix: str) -> None:
    for name in (check.MANIFEST, *(f"emulated_meter{each}" for each in check.GENERATED)):
        shutil.copy(FOLDER / name, tmp_path)
    build = drawing.read(FOLDER / "emulated_meter.yml")
    assert list(check.check_generated(build, tmp_path)) == []
    with (tmp_path / f"emulated_meter{suffix}").open("ab") as file:
        file.write(b" ")
    problems = list(check.check_generated(build, tmp_path))
    assert any("changed by hand" in problem for problem in problems)
    (tmp_path / f"emulated_meter{suffix}").unlink()
    assert any("is missing" in problem for problem in check.check_generated(build, tmp_path))


def test_a_source_that_went_on_without_its_drawing_is_found(tmp_path: Path) -> None:
    build = altered(tmp_path, "emulated_meter", ("type: Computer", "type: Laptop"))
    assert any("does not fit emulated_meter.yml" in problem for problem in check.check_generated(build))
