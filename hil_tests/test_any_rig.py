"""What holds on any rig, emulated or real (`pytest hil_tests --rig URL --rig-profile NAME`); no token is entered."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from hil_tests.conftest import Kctrig


@pytest.fixture
def any_rig(request: pytest.FixtureRequest) -> tuple[str, str]:
    """URL and profile of the rig."""
    url = request.config.getoption("--rig")
    if url is None:
        return "sim:hexing", "hexing"
    profile = request.config.getoption("--rig-profile")
    if profile is None:
        pytest.fail("with --rig name the meter's brand too: --rig-profile NAME")
    return url, profile


def test_the_meter_on_the_rig_says_its_number_and_key_revision(
    kctrig: Kctrig, any_rig: tuple[str, str]
) -> None:
    url, profile = any_rig
    ran = kctrig("probe", "--rig", url, "--profile", profile, "--json")
    assert ran.code == 0, ran.err
    assert ran.line["meter_no"].isdigit()
    assert ran.line["krn"] in range(1, 10)


def test_a_second_look_shows_the_same(kctrig: Kctrig, any_rig: tuple[str, str]) -> None:
    url, profile = any_rig
    first, second = (kctrig("probe", "--rig", url, "--profile", profile, "--json").line for _ in range(2))
    assert (first["krn"], first["kt"]) == (second["krn"], second["kt"])
    if not url.startswith("sim:"):
        assert first["meter_no"] == second["meter_no"]


def test_a_row_for_another_meter_is_blocked_before_any_key_of_a_token(
    kctrig: Kctrig, any_rig: tuple[str, str], tmp_path: Path
) -> None:
    url, profile = any_rig
    merk_type = {"itron_ace9000": "ITRON/ACE 9000"}.get(profile, profile.upper())
    (tmp_path / "list.csv").write_text(
        f"NO_METER;MERK_TYPE;TOKEN_1;TOKEN_2\n99999999990;{merk_type};65652931283250951756;40338491193860092817\n"
    )
    ran = kctrig("upgrade", "list.csv", "--rig", url, "--store", "s.db", "--json")
    assert (ran.code, ran.line["verdict"], ran.line["enters"]) == (1, "BLOCKED", 0), ran


def test_the_line_to_the_rig_passes_its_own_test(kctrig: Kctrig, any_rig: tuple[str, str]) -> None:
    ran = kctrig("selftest", "--rig", any_rig[0])
    assert ran.code == 0, ran
