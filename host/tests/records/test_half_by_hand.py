"""What entry by hand leaves in a meter, as `status` tells it: a part of a key is never hidden behind "every token was taken"."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from kctrig.records import points
from kctrig.records.store import Store
from tests.records.opened import open_again

METER = "00000000018"


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with Store(tmp_path / "shift.db", unix_ms=lambda: 1_000) as opened:
        yield opened


def attempt(
    store: Store, verdict: str, tokens: str, answers: dict[str, str], role: str, krn: int | None = None
) -> None:
    body = {"tokens": [{"token": one, "role": role} for one in tokens], "section_timeout_s": 600}
    taken = store.claim(METER, "hexing", body)
    for position, (token, answer) in enumerate(answers.items()):
        about = {"position": position, "token": token}
        taken.record(points.ENTER_INTENT, about)
        taken.record(points.ANSWER, {**about, "answer": answer, "role": role})
    if krn is not None:
        taken.record(points.VERIFY, {"krn": krn})
    taken.record(points.VERDICT, {"verdict": verdict, "reason": "why"})
    taken.close()


def by_hand(store: Store, **answers: str) -> None:
    attempt(store, "ENTERED", "".join(answers), answers, "by_hand")


def upgrade(store: Store, verdict: str, *, krn: int | None = None, **answers: str) -> None:
    attempt(store, verdict, "AB", answers, "kct", krn)


def state(store: Store) -> str:
    (row,) = store.status()
    return row.state


def test_a_section_that_the_glass_called_half_leaves_the_meter_half_done_until_it_forgets(
    store: Store,
) -> None:
    by_hand(store, A="half")
    (row,) = store.status()
    assert (row.state, row.half_until_unix_ms) == ("HALF", 1_000 + 600_000)
    assert "has not shown the new key" in row.reason


def test_one_section_of_a_known_upgrade_entered_by_hand_leaves_the_meter_half_done(store: Store) -> None:
    upgrade(store, "INFRA_ERROR")
    by_hand(store, A="accepted")
    (row,) = store.status()
    assert (row.state, row.reason.startswith("1 of 2 sections entered")) == ("HALF", True)
    by_hand(store, C="accepted")  # a credit in between changes nothing about it
    assert state(store) == "HALF"
    by_hand(store, B="accepted")
    assert state(store) == "ENTERED"


def test_a_half_set_of_an_upgrade_is_completed_by_hand_or_stays_half(store: Store) -> None:
    upgrade(store, "HALF", A="half")
    by_hand(store, C="accepted")
    assert state(store) == "HALF"
    by_hand(store, B="accepted")
    assert state(store) == "ENTERED"


def test_a_doubt_is_not_settled_by_tokens_entered_by_hand(store: Store) -> None:
    upgrade(store, "IN_DOUBT", A="half", B="unreadable")
    by_hand(store, C="accepted")
    assert state(store) == "IN_DOUBT"


@pytest.mark.parametrize("how", ["04 showed it", "a pass", "already done", "a supervisor"])
def test_what_was_settled_since_counts_no_more(store: Store, how: str) -> None:
    upgrade(store, "HALF", A="half")
    if how == "a supervisor":
        open_again(store, METER, reason="new tokens", operator="Sari")
    elif how == "04 showed it":
        upgrade(store, "BLOCKED", krn=2)
    else:
        upgrade(store, "PASS_VERIFIED" if how == "a pass" else "ALREADY_DONE")
    by_hand(store, C="accepted")
    assert state(store) == "ENTERED"


def test_tokens_of_which_nothing_is_known_stay_entered(store: Store) -> None:
    by_hand(store, C="accepted")
    assert state(store) == "ENTERED"
    by_hand(store, A="half", B="accepted")
    assert state(store) == "ENTERED"
