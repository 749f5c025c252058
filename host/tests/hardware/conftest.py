"""Shared by the tests of the emulated board."""

import pytest
from kctrig.firmware_files import ports_folder
from kctrig.sim.hardware import plan
from kctrig.sim.hardware.plan import Plan
from kctrig.sim.urls import BOARDS


@pytest.fixture
def matrix() -> Plan:
    return plan.read(ports_folder() / "esp32" / "boards" / f"{BOARDS['matrix']}.py")


@pytest.fixture
def direct() -> Plan:
    return plan.read(ports_folder() / "esp32" / "boards" / f"{BOARDS['direct']}.py")
