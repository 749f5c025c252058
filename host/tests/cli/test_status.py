"""`kctrig status` of a meter that holds a part of a key."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from kctrig.records import points
from kctrig.records.store import Store

if TYPE_CHECKING:
    from tests.cli.conftest import Kctrig


@pytest.mark.parametrize(
    ("age_s", "said"),
    [
        (5, ("It forgets that part at 20", "kctrig resume enters the rest")),
        (3600, ("It has forgotten that part since 20", "kctrig resume begins with the first token")),
    ],
)
def test_a_half_set_says_until_when_it_is_held_and_what_resume_will_do(
    kctrig: Kctrig, tmp_path: Path, age_s: int, said: tuple[str, ...]
) -> None:
    then_ms = time.time_ns() // 1_000_000 - 1000 * age_s
    with Store(tmp_path / "shift.db", unix_ms=lambda: then_ms) as store:
        attempt = store.claim("00000000018", "hexing", {"tokens": [1, 2], "section_timeout_s": 600})
        attempt.record(points.ENTER_INTENT, {"position": 0, "token": "0", "job_id": 1})
        attempt.record(points.ANSWER, {"position": 0, "token": "0", "answer": "half"})
        attempt.close()
    ran = kctrig("status", "--store", "shift.db")
    assert ran.code == 4
    assert "HALF" in ran.out
    for words in said:
        assert words in ran.out
