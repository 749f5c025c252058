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
    group.addoption(
        "--rig-profile",
        metavar="NAME",
        help="brand profile of the meter on the rig that --rig names",
    )
    group.addoption(
        "--long",
        action="store_true",
        help="run the link's chaos and damage tests at full length (docs/link-figures.md); many minutes",
    )
