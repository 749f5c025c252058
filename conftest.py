"""Options of the test run that every test folder shares."""

import pytest


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the options; pytest takes them only from the conftest at the root."""
    group = parser.getgroup("kctrig")
    group.addoption(
        "--rig",
        metavar="URL",
        help="run hil_tests on this rig (as pyserial opens it) instead of emulated ones",
    )
