"""Between key-down and key-up the rig allocates nothing on quiet lines, and lets go of a key without memory."""

import json
import os
import subprocess
from pathlib import Path

import pytest
from kctrig.sim import firmware_tree
from kctrig.sim.devices import find_micropython
from kctrig.sim.urls import BOARDS

MICROPYTHON = find_micropython()
PROBE = Path(__file__).with_name("allocation_probe.py")
pytestmark = [
    pytest.mark.vm,
    pytest.mark.skipif(MICROPYTHON is None, reason="no micropython program on this computer"),
]
KEYPADS = pytest.mark.parametrize("keypad", sorted(BOARDS))
SWITCHED = pytest.mark.parametrize("keypad", ["direct", "matrix"])
# 64-bit words; an ESP32 needs about 1 / 1.75 of it for objects.
MOST_BYTES = {
    "turn in which a key goes down": 2000,
    "turn in which a key goes up": 2000,
    "PING and its answer": 3000,
    "glass frame, changed, and its event": 4000,
    "glass frame, the same": 3000,
}


def probe(tmp_path: Path, keypad: str, mode: str) -> dict[str, int]:
    assert MICROPYTHON is not None
    tree = firmware_tree.stage(tmp_path / "firmware", "esp32", BOARDS[keypad])
    done = subprocess.run(
        [MICROPYTHON, "-X", "heapsize=256k", str(PROBE), keypad, mode],
        env={**os.environ, "MICROPYPATH": f"{tree}:.frozen"},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    figures: dict[str, int] = json.loads(done.stdout)
    return figures


@KEYPADS
def test_no_turn_of_the_loop_between_down_and_up_allocates(tmp_path: Path, keypad: str) -> None:
    figures = probe(tmp_path, keypad, "locked")
    assert figures["presses"] == 20
    assert figures["locked_turns"] >= 20 * 20


@KEYPADS
def test_a_turn_in_which_nothing_is_due_allocates_nothing_and_the_rest_is_bounded(
    tmp_path: Path, keypad: str
) -> None:
    figures = probe(tmp_path, keypad, "count")
    assert figures.pop("turn in which nothing is due") == 0
    assert figures.keys() == MOST_BYTES.keys()
    for name, most in MOST_BYTES.items():
        assert 0 < figures[name] < most, (name, figures)


@SWITCHED
def test_without_memory_from_the_press_on_the_key_is_let_go_all_the_same(tmp_path: Path, keypad: str) -> None:
    figures = probe(tmp_path, keypad, "exhausted")
    assert figures == {"raised": 1, "was_down": 1, "enabled": 0, "latch": 0}


def test_an_allocation_in_a_quiet_turn_is_found(tmp_path: Path) -> None:
    tree = tmp_path / "planted"
    tree.mkdir()
    source = PROBE.read_text(encoding="utf-8")
    planted = source.replace(
        'counts["locked_turns"] += 1\n', 'counts["locked_turns"] += 1\n            bytearray(20)\n'
    )
    assert planted != source
    (tree / "probe.py").write_text(planted, encoding="utf-8")
    assert MICROPYTHON is not None
    firmware = firmware_tree.stage(tmp_path / "firmware", "esp32", BOARDS["uart"])
    done = subprocess.run(
        [MICROPYTHON, "-X", "heapsize=256k", str(tree / "probe.py"), "uart", "locked"],
        env={**os.environ, "MICROPYPATH": f"{firmware}:.frozen"},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode != 0
    assert "MemoryError" in done.stdout + done.stderr
