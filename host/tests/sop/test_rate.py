"""A reconciliation keeps up with a hundred thousand meters."""

from __future__ import annotations

import runpy
from pathlib import Path

import pytest

BENCHMARK = Path(__file__).resolve().parents[2] / "benchmarks" / "reconcile.py"
METERS = 9_000
CPU_S_MAX = 20 * METERS / 100_000 + 1
"""The share of the 20 s that 100 000 meters may take, and one for starting Python; computing time, so that others do not count."""


@pytest.mark.timing
def test_9000_meters_are_compared_at_the_rate_of_100000_in_20_s() -> None:
    measured = runpy.run_path(str(BENCHMARK), run_name="benchmark")["measure"](METERS, ".csv")
    assert measured["cpu_s"] < CPU_S_MAX
