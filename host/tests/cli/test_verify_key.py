"""`kctrig verify` with the bench's public key, and what it says without one."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from kctrig.records import points
from kctrig.records.store import Store
from tests.records.forging import rewrite
from tests.records.opened import open_again

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


def signed(kctrig: Kctrig, store: Path, tmp_path: Path) -> Path:
    kctrig("shift", "close", "--store", store, "--operator", "Sari")
    (tmp_path / "bench.pem").write_text(kctrig("shift", "key", "--store", store).out)
    return tmp_path / "bench.pem"


def unsign(store: Path) -> None:
    """Take the signatures away and mend head and receipts: what is left fits itself."""
    with closing(sqlite3.connect(store)) as db:
        db.executescript(
            "DROP TRIGGER events_are_not_deleted; DELETE FROM events WHERE seq > 2;"
            "UPDATE head SET seq = 2, hash = (SELECT hash FROM events WHERE seq = 2)"
        )
    store.with_name(store.name + ".receipts").unlink()


def test_a_record_without_signatures_is_not_accepted_against_a_key(
    kctrig: Kctrig, store: Path, tmp_path: Path
) -> None:
    pem = signed(kctrig, store, tmp_path)
    unsign(store)
    ran = kctrig("verify", store, "--key", pem)
    assert (ran.code, ran.out.count("\n")) == (1, 1)
    assert "NOT PROVED: 2 events fit each other; no shift in it was closed with key" in ran.out
    line = json.loads(kctrig("verify", store, "--key", pem, "--json").out)
    assert (line["ok"], line["first_bent"], line["shifts"], line["unsigned"]) == (False, None, 0, 2)
    assert "no shift in it was closed with key" in line["wrong"]


def test_without_a_key_verify_says_that_who_wrote_the_record_is_open(
    kctrig: Kctrig, store: Path, tmp_path: Path
) -> None:
    assert "Checked against no key" in kctrig("verify", store).out
    pem = signed(kctrig, store, tmp_path)
    assert "Checked against no key" in kctrig("verify", store).out
    assert "Checked against no key" not in kctrig("verify", store, "--key", pem).out
    assert json.loads(kctrig("verify", store, "--json").out)["checked_against"] == ""
    line = json.loads(kctrig("verify", store, "--key", pem, "--json").out)
    assert line["checked_against"] == line["key"] != ""


def test_events_that_nobody_has_signed_yet_are_counted_and_warned_of(
    kctrig: Kctrig, store: Path, tmp_path: Path
) -> None:
    pem = signed(kctrig, store, tmp_path)
    with Store(store) as opened:
        open_again(opened, "00000000018", reason="seen", operator="Budi")
    ran = kctrig("verify", store, "--key", pem)
    assert (ran.code, ran.out.count("\n")) == (0, 1)
    assert "WARNING: 1 after the last signature, from event 4 on, signed by nobody" in ran.out
    line = json.loads(kctrig("verify", store, "--key", pem, "--json").out)
    assert (line["ok"], line["unsigned"], line["unsigned_from"]) == (True, 1, 4)
    kctrig("export", store, "--out", "b.zip")
    ran = kctrig("verify", "b.zip", "--key", pem)
    assert (ran.code, "from event 4 on, signed with the bundle only" in ran.out) == (0, True)
    line = json.loads(kctrig("verify", "b.zip", "--key", pem, "--json").out)
    assert (line["unsigned"], line["unsigned_from"]) == (0, None)


def without_signature(files: dict[str, bytes]) -> None:
    del files["manifest.sig"]


def test_a_bundle_without_its_signature_fails_against_a_key_only(
    kctrig: Kctrig, store: Path, tmp_path: Path
) -> None:
    pem = signed(kctrig, store, tmp_path)
    kctrig("export", store, "--out", "b.zip")
    rewrite(tmp_path / "b.zip", without_signature)
    ran = kctrig("verify", "b.zip", "--key", pem)
    assert (ran.code, "manifest.sig is missing" in ran.out) == (1, True)
    assert kctrig("verify", "b.zip").code == 0


def test_a_bundle_with_half_a_surrogate_in_it_is_a_bundle_that_does_not_fit(
    kctrig: Kctrig, store: Path, tmp_path: Path
) -> None:
    kctrig("export", store, "--out", "b.zip")

    def change(files: dict[str, bytes]) -> None:
        files["events.jsonl"] = files["events.jsonl"].replace(b'"a person', b'"\\ud800a person')

    rewrite(tmp_path / "b.zip", change)
    ran = kctrig("verify", "b.zip")
    assert (ran.code, ran.err) == (1, "")
    assert "the first that does not fit is event 2" in ran.out
