"""Bending the journal is noticed, and the first event that was bent is named."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest
from kctrig.records import points
from kctrig.records.store import Store


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "shift.sqlite"
    with Store(path) as store:
        for number in range(3):
            attempt = store.claim(f"{number:011d}", "hexing", {"tokens": []})
            attempt.record(points.PROBE, {"krn": 1})
            attempt.record(points.VERDICT, {"verdict": "REJECTED", "reason": "SALAH"})
            attempt.close()
    return path


def bend(path: Path, *statements: str) -> None:
    """Change the file as somebody with a database tool would."""
    with sqlite3.connect(path) as db:
        db.execute("DROP TRIGGER events_are_not_changed")
        db.execute("DROP TRIGGER events_are_not_deleted")
        for statement in statements:
            db.execute(statement)


def test_a_store_nobody_bent_verifies(path: Path) -> None:
    with Store(path) as store:
        report = store.verify()
    assert report.ok
    assert report.events == 9


BENDS: dict[str, tuple[tuple[str, ...], int, str]] = {
    "a verdict made better": (
        ("UPDATE events SET body = replace(body, '\"REJECTED\"', '\"PASS_VERIFIED\"') WHERE seq = 6",),
        6,
        "was changed",
    ),
    "a time moved": (("UPDATE events SET at_unix_ms = at_unix_ms + 1 WHERE seq = 4",), 4, "was changed"),
    "a meter number swapped": (("UPDATE events SET meter_no = '9' WHERE seq = 2",), 2, "was changed"),
    "an event taken out": (("DELETE FROM events WHERE seq = 5",), 5, "is missing"),
    "an event taken out and the rest moved up": (
        (
            "DELETE FROM events WHERE seq = 5",
            *(f"UPDATE events SET seq = {n - 1} WHERE seq = {n}" for n in range(6, 10)),
        ),
        5,
        "does not follow",
    ),
    "the last event cut off": (("DELETE FROM events WHERE seq = 9",), 9, "cut off"),
    "two events exchanged": (
        (
            "UPDATE events SET seq = 100 WHERE seq = 2",
            "UPDATE events SET seq = 2 WHERE seq = 3",
            "UPDATE events SET seq = 3 WHERE seq = 100",
        ),
        2,
        "does not follow",
    ),
}


@pytest.mark.parametrize("name", BENDS)
def test_the_first_bent_event_is_named(path: Path, name: str) -> None:
    statements, first, word = BENDS[name]
    bend(path, *statements)
    with Store(path) as store:
        report = store.verify()
    assert not report.ok
    assert report.first_bent == first
    assert word in report.wrong


@pytest.mark.parametrize("statement", ["UPDATE events SET meter_no = '9'", "DELETE FROM events"])
def test_the_file_itself_refuses_to_change_an_event(path: Path, statement: str) -> None:
    with sqlite3.connect(path) as db, pytest.raises(sqlite3.IntegrityError, match="append-only"):
        db.execute(statement)


def test_an_event_recomputed_with_its_hash_breaks_the_next(path: Path) -> None:
    from kctrig.records.chain import canonical, link

    with sqlite3.connect(path) as db:
        seq, attempt, meter_no, point, at_ms, prev = db.execute(
            "SELECT seq, attempt, meter_no, point, at_unix_ms, prev FROM events WHERE seq = 3"
        ).fetchone()
    body = canonical({"verdict": "PASS_VERIFIED"})
    forged = link(seq, attempt, meter_no, point, at_ms, body, prev)
    bend(path, f"UPDATE events SET body = '{body}', hash = '{forged}' WHERE seq = 3")
    with Store(path) as store:
        assert store.verify().first_bent == 4
