"""Credit for the new key in the record: it comes after the pass, and its refusals are the meter's own first ones."""

from __future__ import annotations

from pathlib import Path

import pytest
from kctrig.records import points
from kctrig.records.store import Attempt, Store

METER = "00000000018"
TOKENS = [
    {"token": "one", "role": "kct"},
    {"token": "two", "role": "kct"},
    {"token": "new", "role": "new_credit"},
]


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path / "s.db")


def enter(attempt: Attempt, token: str, role: str, answer: str | None) -> None:
    about = {"position": 0, "token": token, "role": role}
    attempt.record(points.ENTER_INTENT, {**about, "job_id": 1})
    if answer is not None:
        attempt.record(points.ANSWER, {**about, "answer": answer})


def changed(store: Store) -> Attempt:
    attempt = store.claim(METER, "hexing", {"tokens": TOKENS})
    enter(attempt, "one", "kct", "half")
    enter(attempt, "two", "kct", "accepted")
    return attempt


def test_a_refusal_after_the_change_counts_on(store: Store) -> None:
    attempt = changed(store)
    enter(attempt, "new", "new_credit", "refused")
    attempt.record(points.VERDICT, {"verdict": "PASS_VERIFIED"})
    attempt.close()
    assert store.refusals(METER) == 1


def test_an_attempt_that_broke_off_before_04_took_every_section(store: Store) -> None:
    changed(store).close()
    (row,) = store.status()
    assert (row.state, row.reason) == ("IN_DOUBT", "broke off after the last answer and before 04 was read")


def test_an_open_enter_of_the_new_credit_is_in_doubt(store: Store) -> None:
    attempt = changed(store)
    enter(attempt, "new", "new_credit", None)
    attempt.close()
    (row,) = store.status()
    assert row.state == "IN_DOUBT"
