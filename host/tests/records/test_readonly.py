"""Reading a store where nothing can be written beside it: all of its events, or a line that says why not."""

from __future__ import annotations

import shutil
import sqlite3
import sys
import tempfile
from contextlib import closing
from pathlib import Path

import pytest
from kctrig.records import points, readonly
from kctrig.records.errors import StoreUnreadable
from kctrig.records.evidence import check, read_store
from kctrig.records.store import Store

METER = "00000000018"


pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="links need rights there")


@pytest.fixture
def left(tmp_path: Path) -> Path:
    """A store as a killed process leaves it, the last events in its `-wal`, brought to a medium that cannot be written.

    A link to nowhere in the place of `-shm` is what keeps SQLite from writing beside it, whoever runs the test.
    """
    work, medium = tmp_path / "work", tmp_path / "medium"
    work.mkdir()
    medium.mkdir()
    with Store(work / "s.db") as store:
        attempt = store.claim(METER, "hexing", {"tokens": [1, 2]})
        store._db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        attempt.record(points.INTENT, {"token": "0", "position": 0})
        attempt.record(points.ENTER_INTENT, {"token": "0", "position": 0, "job_id": 7})
        for name in ("s.db", "s.db-wal"):
            shutil.copyfile(work / name, medium / name)
    (medium / "s.db-shm").symlink_to(tmp_path / "nowhere" / "shm")
    return medium / "s.db"


def test_what_lies_in_the_wal_is_read_on_a_medium_that_cannot_be_written(left: Path) -> None:
    before = {path.name: path.read_bytes() for path in left.parent.iterdir() if path.is_file()}
    evidence = read_store(left)
    assert [event.point for event in evidence.events] == ["claim", "intent", "enter-intent"]
    assert check(evidence).ok
    with Store(left, reading=True) as store:
        assert [row.state for row in store.status()] == ["IN_DOUBT"]
    assert {path.name: path.read_bytes() for path in left.parent.iterdir() if path.is_file()} == before


def test_the_copy_goes_away_with_the_connection(
    left: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "temporary").mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "temporary"))
    with closing(readonly.connect(left)) as db:
        assert db.execute("SELECT count(*) FROM events").fetchone()[0] == 3
        assert len(list((tmp_path / "temporary").iterdir())) == 1
        with pytest.raises(sqlite3.OperationalError, match="readonly"):
            db.execute("DELETE FROM head")
    assert list((tmp_path / "temporary").iterdir()) == []


def test_a_wal_that_cannot_be_copied_is_a_line_and_never_fewer_events(
    left: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(shutil, "copyfile", full)
    with pytest.raises(StoreUnreadable, match=r"last events lie in s\.db-wal, and a copy .* No space left"):
        read_store(left)


def test_a_store_that_changes_while_it_is_copied_is_not_read_half(
    left: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    copy = shutil.copyfile

    def and_grow(source: Path, target: Path) -> None:
        copy(source, target)
        with left.open("ab") as file:
            file.write(b"x")

    monkeypatch.setattr(shutil, "copyfile", and_grow)
    with pytest.raises(StoreUnreadable, match="is being written from elsewhere"):
        read_store(left)


def test_a_store_without_a_wal_is_read_in_its_place(
    left: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    left.with_name("s.db-wal").unlink()
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "nowhere"))
    assert [event.point for event in read_store(left).events] == ["claim"]
