"""The demo: nine brands side by side, within its time, and believed only because the meters say so."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from hil_tests.conftest import Kctrig


@pytest.fixture
def emulated(request: pytest.FixtureRequest) -> None:
    if request.config.getoption("--rig"):
        pytest.skip("the demo brings its own emulated meters")


@pytest.mark.timing
def test_the_demo_upgrades_nine_brands_in_half_a_minute_and_leaves_its_evidence(
    emulated: None, kctrig: Kctrig, tmp_path: Path
) -> None:
    began = time.monotonic()
    ran = kctrig("demo", "--out", "bench", "--json")
    seconds = time.monotonic() - began
    assert ran.code == 0, ran.err
    assert len({line["profile"] for line in ran.lines}) == 9
    assert {line["verdict"] for line in ran.lines} == {"PASS_VERIFIED"}
    for path in (tmp_path / "bench" / "meters").iterdir():
        state = json.loads(path.read_text())
        assert (state["krn"], state["kt"]) == (2, 2)
    assert "9 of 9 meters have KRN/KT 2/2 in their own memory" in ran.err
    assert "VM" in ran.err or "CPython" in ran.err
    status = kctrig("status", "--store", "bench/kctrig.db", "--json")
    assert [line["state"] for line in status.lines] == ["PASS_VERIFIED"] * 9
    assert seconds < 30


def test_the_demo_leaves_a_folder_of_somebody_else_alone(
    emulated: None, kctrig: Kctrig, tmp_path: Path
) -> None:
    (tmp_path / "kctrig-demo").mkdir()
    (tmp_path / "kctrig-demo" / "mine.txt").write_text("mine")
    ran = kctrig("demo")
    assert ran.code == 2
    assert ran.err.count("\n") == 1
    assert [path.name for path in (tmp_path / "kctrig-demo").iterdir()] == ["mine.txt"]
