"""SIGKILL of the real `kctrig upgrade` at every journal point and at random moments; then resume; 0 violations."""

from __future__ import annotations

import random
import sys
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from tests.kill.killing import POINTS, BrokenPromiseError, Kill, Scene, judge, kill_after, kill_at_point

pytestmark = [
    pytest.mark.vm,
    pytest.mark.skipif(sys.platform == "win32", reason="SIGKILL and pseudo-terminals"),
]
SIDE_BY_SIDE = 4
LONGEST_S = 9.0  # a little more than an undisturbed upgrade takes, start of Python included


def test_killed_at_every_journal_point_and_resumed_nothing_is_false(tmp_path: Path) -> None:
    def one(number: int) -> Kill:
        return kill_at_point(tmp_path / str(number), 800000001 + number, number)

    with ThreadPoolExecutor(SIDE_BY_SIDE) as pool:
        kills = list(pool.map(one, range(1, len(POINTS) + 1)))
    for number, kill in enumerate(kills, 1):
        assert kill.points[:number] == list(POINTS[:number])
        assert len(kill.points) <= number + 1  # killed at that point, not long after
    # With nothing open after the kill, a look and the rest of the tokens end it well.
    assert all(kill.state != "IN_DOUBT" for kill in kills if kill.points[-1] != "enter-intent")


def test_killed_at_random_moments_and_resumed_nothing_is_false(
    tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    runs = 200 if request.config.getoption("--long", default=False) else 20
    chance = random.Random(5)
    moments = [chance.uniform(0.3, LONGEST_S) for _ in range(runs)]

    def one(number: int) -> Kill:
        return kill_after(tmp_path / str(number), 810000001 + number, moments[number])

    with ThreadPoolExecutor(SIDE_BY_SIDE) as pool:
        kills = list(pool.map(one, range(runs)))
    request.node.user_properties += [
        ("last point before the kill", dict(Counter((kill.points or ["none"])[-1] for kill in kills))),
        ("after resume", dict(Counter(kill.state for kill in kills))),
    ]
    assert len(kills) == runs
    assert len({len(kill.points) for kill in kills}) > 3  # the moments were spread over the attempt


def test_the_judge_catches_a_pass_that_the_meter_does_not_know_of(tmp_path: Path) -> None:
    scene = Scene(tmp_path / "scene", 820000001)
    try:
        for state, kept in (("PASS_VERIFIED", "on a meter that has"), ("READY", "a good meter ended as")):
            with pytest.raises(BrokenPromiseError, match=kept):
                judge(scene, Kill(state=state, krn_kt=(1, 2)))
        with pytest.raises(BrokenPromiseError, match="in doubt although"):
            judge(scene, Kill(points=["claim"], state="IN_DOUBT", krn_kt=(1, 2)))
    finally:
        scene.close()
