"""Faults between the rig's chip and the meter's keypad: never a wrong token, no key down for long, an honest verdict."""

from __future__ import annotations

import random

import pytest
from kctrig import profiles
from kctrig.sim.hardware.faults import TABLE

from .chain import Attempt, attempt

BOARDS = ("matrix", "direct")
BRANDS = tuple(name for name in profiles.names() if name != "generic")


def verdict(done: Attempt) -> str:
    return str(done.outcome.verdict)


@pytest.mark.parametrize("board", BOARDS)
@pytest.mark.parametrize("brand", BRANDS)
def test_a_chain_without_a_fault_upgrades_every_brand(brand: str, board: str) -> None:
    done = attempt(brand, board)
    assert verdict(done) == "PASS_VERIFIED"
    assert done.wrong() == []
    assert len(done.evidence.truth) > 0
