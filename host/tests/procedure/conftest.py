"""The virtual bench as a fixture."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
from kctrig.records.store import Store
from kctrig.sim.virtual import VirtualWorld
from metersim.defaults import default_state
from tests.procedure.virtual_bench import Bench


@pytest.fixture
def make(tmp_path: Path) -> Callable[..., Bench]:
    def bench(brand: str, faults: Sequence[str] = (), seed: int = 0) -> Bench:
        world = VirtualWorld(brand, default_state(brand), faults=faults, seed=seed)
        return Bench(brand, world, Store(tmp_path / f"{brand}-{seed}-{len(faults)}.sqlite"))

    return bench
