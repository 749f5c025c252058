"""A disk that is full or cannot be written: one line that says what to do, and no verdict that nobody gave."""

from __future__ import annotations

import errno
import os
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from kctrig.records import points, signing
from kctrig.records.alive import SignOfLife
from kctrig.records.errors import MeterBusy, StoreError
from kctrig.records.evidence import check, read_store, receipts_path
from kctrig.records.shift import close_shift
from kctrig.records.store import Attempt, Store
from tests.records.opened import open_again

METER = "00000000018"
LONG: Mapping[str, object] = {"shown": "x" * 9_000}


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with Store(tmp_path / "shift.db") as opened:
        yield opened


def fill(store: Store) -> None:
    """From now on SQLite finds no page more for this store, as on a full disk."""
    pages = store._db.execute("PRAGMA page_count").fetchone()[0]
    store._db.execute(f"PRAGMA max_page_count = {pages}")


def free(store: Store) -> None:
    store._db.execute("PRAGMA max_page_count = 1000000")


def lock(store: Store) -> None:
    """From now on nothing at all can be written, as on a disk that was mounted anew for reading only."""
    store._db.execute("PRAGMA query_only = ON")


WRITES: dict[str, Callable[[Store, Attempt], object]] = {
    "a claim": lambda store, attempt: store.claim("00000000026", "hexing", LONG),
    "a point": lambda store, attempt: attempt.record(points.PROBE, LONG),
    "an override": lambda store, attempt: attempt.record(points.OVERRIDE, LONG),
    "a close of a shift": lambda store, attempt: store.close_shift("Sari", lambda *_: LONG),
    "a pace": lambda store, attempt: store.remember("pace hexing", lambda _: LONG),
}


@pytest.mark.parametrize("what", WRITES)
def test_a_full_disk_is_one_line_with_what_to_do_and_writing_goes_on_when_there_is_space(
    store: Store, what: str
) -> None:
    attempt = store.claim(METER, "hexing", {})
    fill(store)
    with pytest.raises(
        StoreError, match=r"shift\.db: database or disk is full\..*; free some space"
    ) as caught:
        WRITES[what](store, attempt)
    assert caught.value.effect == "nothing"
    assert "\n" not in str(caught.value)
    free(store)
    assert store.verify().events == 1
    WRITES[what](store, attempt)
    assert store.verify().ok


@pytest.mark.parametrize("what", WRITES)
def test_a_store_that_may_not_be_written_is_one_line_with_what_to_do(store: Store, what: str) -> None:
    attempt = store.claim(METER, "hexing", {})
    lock(store)
    with pytest.raises(StoreError, match=r"readonly database.*make the file and its folder writable"):
        WRITES[what](store, attempt)


def test_a_claim_that_could_not_be_written_holds_no_meter(store: Store) -> None:
    fill(store)
    with pytest.raises(StoreError, match=f"the claim of meter {METER}.*No key of a token was pressed"):
        store.claim(METER, "hexing", LONG)
    free(store)
    assert store.claim(METER, "hexing", {}).number == 1


def test_letting_go_of_a_meter_never_hides_what_came_of_it(store: Store, tmp_path: Path) -> None:
    attempt = store.claim(METER, "hexing", {})
    attempt.record(points.ENTER_INTENT, {"token": "0", "position": 0})
    lock(store)
    attempt.close()
    (row,) = store.status()
    assert (row.state, row.broken_off) == ("IN_DOUBT", True)
    with Store(tmp_path / "shift.db") as other, pytest.raises(MeterBusy):
        other.claim(METER, "hexing", {})  # cannot know it before this process ends
    store._db.execute("PRAGMA query_only = OFF")
    assert store.claim(METER, "hexing", {}).number == 2
    with pytest.raises(MeterBusy):
        store.claim(METER, "hexing", {})


def test_an_owner_file_that_cannot_be_made_is_one_line(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(SignOfLife, "__init__", full)
    with pytest.raises(StoreError, match=r"No space left on device.*free some space"):
        store.claim(METER, "hexing", {})


def test_a_text_that_is_none_is_refused_before_anything_is_written(store: Store) -> None:
    with pytest.raises(StoreError, match=r"'\\udcff' in it is no text"):
        store.claim(METER, "hexing", {"rig": "sim:hexing?state=\udcff"})
    assert store.verify().events == 0


def test_a_store_on_a_disk_that_is_full_from_the_start_is_said_as_that(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from kctrig.records import opening

    def full(db: Any, path: Path) -> None:
        db.execute("PRAGMA max_page_count = 1")
        db.executescript("CREATE TABLE one (n); CREATE TABLE two (n)")

    monkeypatch.setattr(opening, "_create", full)
    with pytest.raises(StoreError, match="cannot be used: database or disk is full; free some space"):
        Store(tmp_path / "new.db")


def full_disk(_: int) -> None:
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def test_a_receipt_that_could_not_be_written_is_said_and_leaves_the_others_whole(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store.claim(METER, "hexing", {}).close()
    close_shift(store, "Sari")
    before = receipts_path(store.path).read_bytes()
    signing.ShiftKey(store.path)
    open_again(store, METER, reason="new keys", operator="Sari")
    monkeypatch.setattr(os, "fsync", full_disk)
    with pytest.raises(
        StoreError, match="shift 2 is closed and signed, but its receipt could not be written"
    ):
        close_shift(store, "Budi")
    monkeypatch.undo()
    assert receipts_path(store.path).read_bytes() == before
    assert check(read_store(store.path)).shifts == 2


def test_half_a_key_is_not_left_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "fsync", full_disk)
    with pytest.raises(StoreError, match=r"the signing key could not be written.*free some space"):
        signing.ShiftKey(tmp_path / "shift.db")
    assert list(tmp_path.iterdir()) == []
