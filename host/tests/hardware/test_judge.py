"""The judge sees what it is there for."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from kctrig.sim.hardware.judge import OPEN_END, Evidence, from_truth, judge
from rigwire.meterport import KEYS

TOKENS = ("11111111111111111111", "22222222222222222222")
GOOD = Evidence(
    pressed=[(0, 100, 2), (200, 300, 4)],
    truth=[{"event": "code", "digits": "04"}]
    + [{"event": "token", "digits": digits, "result": "1stKCT"} for digits in TOKENS],
    krn=2,
    tokens=TOKENS,
    codes=("04",),
    verdict="PASS_VERIFIED",
    ceiling_ms=500,
)


def token(digits: str, result: str = "1stKCT") -> dict[str, Any]:
    return {"event": "token", "digits": digits, "result": result}


def test_a_good_attempt_is_good() -> None:
    assert judge(GOOD) == []


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"pressed": [(0, 501, 2)]}, "ceiling"),
        ({"pressed": [(0, OPEN_END, 2)]}, "still closed"),
        ({"pressed": [(0, 100, 6)]}, "together"),
        ({"truth": [token(TOKENS[1])]}, "first of the list"),
        ({"truth": [token(TOKENS[0]), token(TOKENS[0])]}, "first of the list"),
        ({"truth": [token(TOKENS[0][:-1] + "2")]}, "first of the list"),
        ({"truth": [{"event": "code", "digits": "01"}]}, "code 01"),
        ({"krn": 1}, "PASS_VERIFIED, and the meter is on KRN 1"),
        ({"verdict": "REJECTED"}, "refused nothing"),
        ({"verdict": "INFRA_ERROR"}, "the meter answered"),
        ({"verdict": "HALF"}, "HALF"),
    ],
)
def test_what_is_wrong_is_said(change: dict[str, Any], words: str) -> None:
    assert words in "; ".join(judge(replace(GOOD, **change)))


def test_edges_that_the_meter_understood_later_are_put_at_their_time() -> None:
    truth: list[dict[str, Any]] = [
        {"event": "key", "key": "1", "edge": "down", "t_ms": 424, "seen": False, "after_ms": 100},
        {"event": "key", "key": "1", "edge": "up", "t_ms": 424, "seen": False},
        {"event": "key", "key": "7", "edge": "down", "t_ms": 424, "seen": False, "after_ms": 100},
        {"event": "key", "key": "7", "edge": "up", "t_ms": 424, "seen": False},
        {"event": "key", "key": "3", "edge": "down", "t_ms": 500, "seen": True, "ghost": True},
        {"event": "display", "text": "", "t_ms": 600},
        {"event": "key", "key": "0", "edge": "down", "t_ms": 700, "seen": True, "after_ms": 20},
    ]
    assert from_truth(truth, KEYS) == [(324, 424, 1 << 1 | 1 << 7), (680, OPEN_END, 1)]
