"""The rig firmware fits a board: heap measured in the MicroPython VM, whose words are twice an ESP32's."""

import importlib.util
from pathlib import Path

import pytest
from kctrig.sim.devices import find_micropython

BUDGET_BYTES = 60_000
HEAP_PY = Path(__file__).parents[2] / "host" / "benchmarks" / "heap.py"


@pytest.mark.vm
@pytest.mark.skipif(find_micropython() is None, reason="no micropython program on this computer")
def test_the_longest_job_with_the_largest_glass_stays_under_the_budget() -> None:
    spec = importlib.util.spec_from_file_location("heap_benchmark", HEAP_PY)
    assert spec is not None
    assert spec.loader is not None
    heap = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(heap)
    figures = heap.measure()
    assert 10_000 < figures["modules"] < figures["after_start"] < figures["in_the_longest_job"]
    assert figures["in_the_longest_job"] < BUDGET_BYTES
