"""`kctrig shift`, `verify` and `export`."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from kctrig.records import points
from kctrig.records.store import Store

if TYPE_CHECKING:
    from tests.cli.conftest import Kctrig


@pytest.fixture
def store(tmp_path: Path) -> Path:
    path = tmp_path / "shift.db"
    with Store(path) as opened:
        attempt = opened.claim("00000000018", "hexing", {"tokens": []})
        attempt.record(points.VERDICT, {"verdict": "IN_DOUBT", "reason": "a person must look"})
        attempt.close()
    return path


def test_a_shift_is_closed_exported_and_verified_with_the_public_key(
    kctrig: Kctrig, store: Path, tmp_path: Path
) -> None:
    closed = kctrig("shift", "close", "--store", store, "--operator", "Sari", "--json")
    assert closed.code == 4
    assert "in doubt or half done remain" in closed.err
    assert json.loads(closed.out)["shift"] == 1
    (tmp_path / "bench.pem").write_text(kctrig("shift", "key", "--store", store).out)
    assert kctrig("export", store, "--out", "b.zip").code == 0
    for path in (store, "b.zip"):
        ran = kctrig("verify", path, "--key", "bench.pem")
        assert ran.code == 0
        assert "3 events fit; 1 shift signed with key" in ran.out


def test_the_first_bent_event_is_named(kctrig: Kctrig, store: Path) -> None:
    with closing(sqlite3.connect(store)) as db:
        db.executescript("DROP TRIGGER events_are_not_changed; UPDATE events SET body = '{}' WHERE seq = 2")
    ran = kctrig("verify", store)
    assert ran.code == 1
    assert "event 2 (verdict) was changed after it was written" in ran.out
    assert json.loads(kctrig("verify", store, "--json").out)["first_bent"] == 2
    assert kctrig("export", store, "--out", "b.zip").code == 1


@pytest.mark.parametrize(
    "words",
    [
        ("verify", "nothing.db"),
        ("export", "nothing.db", "--out", "b.zip"),
        ("shift", "close", "--store", "nothing.db", "--operator", "Sari"),
        ("shift", "close"),
    ],
)
def test_what_is_not_there_is_a_usage_error(kctrig: Kctrig, words: tuple[str, ...]) -> None:
    assert kctrig(*words).code == 2


def test_a_store_is_not_overwritten_by_its_own_bundle(kctrig: Kctrig, store: Path) -> None:
    assert kctrig("export", store, "--out", store).code == 2
    assert kctrig("verify", store).code == 0
