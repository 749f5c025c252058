"""docs/emulated-meter.md is true: the tests it names exist, and every fault is in its table."""

from __future__ import annotations

import json
import re
from pathlib import Path

from metersim import brands
from metersim.brandcheck import parameters
from metersim.faulttable import TABLE
from metersim.registers import OPTIONAL

PAGE = (Path(__file__).parents[3] / "docs" / "emulated-meter.md").read_text(encoding="utf-8")


def test_every_test_that_the_page_names_exists() -> None:
    code = "".join(path.read_text(encoding="utf-8") for path in Path(__file__).parent.glob("test_*.py"))
    named = set(re.findall(r"`(test_\w+)`", PAGE))
    assert len(named) > 60
    assert sorted(name for name in named if f"def {name}(" not in code) == []


def test_every_fault_and_its_argument_are_in_the_page() -> None:
    assert [row for row in TABLE if f"| `{row[0]}` | {row[1]} |" not in PAGE] == []


def test_every_optional_register_is_in_the_page() -> None:
    assert [name for name in OPTIONAL if name not in PAGE] == []


def test_every_parameter_is_in_the_page() -> None:
    brand = brands.load(brands.GENERIC)
    missing = [
        name
        for name in parameters(brand)
        if f"`{name}` `{json.dumps(getattr(brand, name))}`" not in PAGE.replace("\\|", "|")
    ]
    assert missing == []
