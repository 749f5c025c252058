"""What a rig's HELLO says about itself."""

from __future__ import annotations

import pytest
from kctrig.link.identity import identify


def test_a_board_says_build_chip_micropython_and_why_it_started() -> None:
    who = identify(
        "kctrig-rig 0.1.0 bench_matrix, micropython 1.29 on esp32, id 240ac4a1b2c3, reset power-on"
    )
    assert who.is_rig
    assert (who.version, who.board, who.chip_id) == ("0.1.0", "bench_matrix", "240ac4a1b2c3")
    assert (who.micropython, who.platform, who.reset) == ("1.29", "esp32", "power-on")


@pytest.mark.parametrize(
    ("text", "board", "micropython", "reset"),
    [
        ("kctrig-rig 0.1.0, micropython on linux", "", "", ""),
        ("kctrig-rig 0.2.0 sealed_fingers, micropython 1.24 on esp32, id 0011aabbccdd, reset deep sleep, better with micropython 1.27", "sealed_fingers", "1.24", "deep sleep"),
        ("kctrig-rig 0.1.0", "", "", ""),
    ],
)  # fmt: skip
def test_what_is_not_said_stays_empty(text: str, board: str, micropython: str, reset: str) -> None:
    who = identify(text)
    assert who.is_rig
    assert (who.board, who.micropython, who.reset) == (board, micropython, reset)


@pytest.mark.parametrize("text", ["", "toaster 1.0 kitchen, id 12", "\x00\xff", "kctrig-rig"])
def test_another_program_is_no_rig(text: str) -> None:
    who = identify(text)
    assert not who.is_rig
    assert who.chip_id == ""
