"""Signatures, verification and bundles: whatever was bent is named by its first event, without the private key."""

from __future__ import annotations

import hashlib
import json
import sqlite3
import stat
import subprocess
import sys
import zipfile
from contextlib import closing
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from kctrig.records import points, signing
from kctrig.records.bundle import EVENTS, MANIFEST, check_bundle, write_bundle
from kctrig.records.chain import canonical
from kctrig.records.errors import StoreError, StoreUnreadable
from kctrig.records.evidence import Evidence, check, read_store
from kctrig.records.shift import close_shift
from kctrig.records.store import Store
from tests.records.forging import METER, TOKEN, bend, rechain, rewrite, work
from tests.records.opened import open_again


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A store of two signed shifts and two events after them."""
    path = tmp_path / "shift.db"
    with Store(path) as store:
        work(store, 2)
        close_shift(store, "Sari")
        work(store)
        close_shift(store, "Budi")
        open_again(store, METER, reason="new keys", operator="Sari")
        open_again(store, METER, reason="once more", operator="Sari")
    return path


EVENTS_THERE = 6 + 1 + 3 + 1 + 2


def test_an_untouched_store_fits_and_says_up_to_where_it_is_signed(path: Path) -> None:
    found = check(read_store(path))
    assert (found.ok, found.chain.events, found.shifts, found.signed_to) == (True, EVENTS_THERE, 2, 10)


def test_the_key_is_made_once_and_only_its_owner_may_read_it(path: Path) -> None:
    key = signing.key_path(path)
    assert check(read_store(path)).public == signing.ShiftKey(path).public
    if sys.platform != "win32":
        assert stat.S_IMODE(key.stat().st_mode) == 0o600


def test_checking_needs_no_private_key_and_changes_nothing(path: Path) -> None:
    signing.key_path(path).unlink()
    before = hashlib.sha256(path.read_bytes()).hexdigest()
    assert check(read_store(path)).ok
    assert hashlib.sha256(path.read_bytes()).hexdigest() == before


@pytest.mark.parametrize("seq", range(1, EVENTS_THERE + 1))
def test_the_first_changed_event_is_named(path: Path, seq: int) -> None:
    bend(path, f"UPDATE events SET at_unix_ms = at_unix_ms + 1 WHERE seq >= {seq}")
    assert check(read_store(path)).chain.first_bent == seq


@pytest.mark.parametrize("seq", range(1, EVENTS_THERE + 1))
def test_the_first_missing_event_is_named(path: Path, seq: int) -> None:
    bend(path, f"DELETE FROM events WHERE seq = {seq}")
    assert check(read_store(path)).chain.first_bent == seq


def test_a_forger_who_chains_everything_anew_is_stopped_by_the_signature(path: Path) -> None:
    evidence = read_store(path)
    bend(path, "UPDATE events SET body = replace(body, 'KT 02', 'KT 01') WHERE seq = 2")
    rechain(path, evidence.store_id, 2)
    found = check(read_store(path))
    assert found.chain.first_bent == 7
    assert "closes a shift over another event" in found.chain.wrong


def test_a_forger_who_writes_the_shift_anew_cannot_sign_it(path: Path) -> None:
    evidence = read_store(path)
    bend(path, "UPDATE events SET body = replace(body, 'KT 02', 'KT 01') WHERE seq = 2")
    rechain(path, evidence.store_id, 2)
    head = read_store(path).events[5].hash
    body = {**json.loads(evidence.events[6].body), "head_hash": head}
    bend(path, f"UPDATE events SET body = '{canonical(body)}' WHERE seq = 7")
    rechain(path, evidence.store_id, 7)
    found = check(read_store(path))
    assert (found.chain.first_bent, "signature of event 7" in found.chain.wrong) == (7, True)


def test_a_shift_signed_by_another_key_does_not_fit(path: Path) -> None:
    signing.key_path(path).unlink()
    with Store(path) as store:
        close_shift(store, "Mallory")
    found = check(read_store(path))
    assert (found.chain.first_bent, "another key" in found.chain.wrong) == (EVENTS_THERE + 1, True)


def test_the_key_that_must_have_signed_may_be_named(path: Path, tmp_path: Path) -> None:
    ours = signing.ShiftKey(path).public
    assert check(read_store(path), ours).ok
    assert check(read_store(path), signing.ShiftKey(tmp_path / "other").public).chain.first_bent == 7


CUT = "DELETE FROM events WHERE seq > {0}"
NEW_HEAD = "UPDATE head SET seq = {0}, hash = (SELECT hash FROM events WHERE seq = {0})"


def test_a_tail_that_was_cut_off_is_found_by_the_head(path: Path) -> None:
    bend(path, CUT.format(12))
    assert check(read_store(path)).chain.first_bent == 13


def test_a_tail_and_a_head_that_were_cut_off_are_found_by_the_receipt(path: Path) -> None:
    bend(path, CUT.format(9), NEW_HEAD.format(9))
    found = check(read_store(path))
    assert (found.chain.first_bent, "were cut off" in found.chain.wrong) == (10, True)


def test_a_store_without_a_head_does_not_fit(path: Path) -> None:
    bend(path, "DELETE FROM head")
    assert not check(read_store(path)).ok


def test_a_bent_store_is_not_signed(path: Path) -> None:
    bend(path, "UPDATE events SET meter_no = '1' WHERE seq = 3")
    with Store(path) as store, pytest.raises(StoreError, match="was bent and is not signed"):
        close_shift(store, "Sari")


def test_a_claim_says_in_which_shift_it_was_made(path: Path) -> None:
    with Store(path) as store:
        shifts = [event.body["shift"] for event in store.events() if event.point == points.CLAIM]
    assert shifts == [1, 1, 2]


@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_no_single_event_can_be_changed_unnoticed(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    path = tmp_path_factory.mktemp("bend") / "s.db"
    with Store(path) as store:
        work(store)
        close_shift(store, "Sari")
    evidence = read_store(path)
    at = data.draw(st.integers(0, len(evidence.events) - 1))
    name = data.draw(st.sampled_from(["attempt", "meter_no", "point", "at_unix_ms", "body", "prev", "hash"]))
    event = evidence.events[at]
    old = getattr(event, name)
    new = data.draw(st.integers() if isinstance(old, int) else st.text())
    fields = {slot: getattr(event, slot) for slot in event.__slots__}
    bent = [*evidence.events]
    bent[at] = type(event)(**{**fields, name: new})
    found = check(Evidence(evidence.store_id, bent, evidence.head))
    assert found.ok == (new == old)
    if new != old:
        assert found.chain.first_bent in (at + 1, at + 2)


# -- bundles


def test_a_bundle_checks_by_itself_and_names_the_same_events(path: Path, tmp_path: Path) -> None:
    out = tmp_path / "bundle.zip"
    write_bundle(path, out)
    found = check_bundle(out)
    assert (found.ok, found.chain.events, found.shifts) == (True, EVENTS_THERE, 2)


def test_a_bundle_holds_no_token_no_secret_and_no_private_key(path: Path, tmp_path: Path) -> None:
    out = tmp_path / "bundle.zip"
    write_bundle(path, out)
    with closing(sqlite3.connect(path)) as db:
        secret = bytes(db.execute("SELECT value FROM secret").fetchone()[0])
    private = signing.key_path(path).read_bytes().splitlines()[1]
    with zipfile.ZipFile(out) as bundle:
        assert bundle.testzip() is None
        everything = b"".join(bundle.read(name) for name in bundle.namelist())
    for hidden in (TOKEN.encode(), secret, secret.hex().encode(), private):
        assert hidden not in everything


def test_a_bundle_needs_nothing_of_ours_to_be_checked(path: Path, tmp_path: Path) -> None:
    """With zip, SHA-256 and JSON of the standard library alone, in another process."""
    out = tmp_path / "bundle.zip"
    write_bundle(path, out)
    program = """
import hashlib, json, sys, zipfile
bundle = zipfile.ZipFile(sys.argv[1])
manifest = json.loads(bundle.read("manifest.json"))
for name, wanted in manifest["files"].items():
    assert hashlib.sha256(bundle.read(name)).hexdigest() == wanted
prev = hashlib.sha256(("kctrig store " + manifest["store_id"]).encode()).hexdigest()
for line in bundle.read("events.jsonl").decode().splitlines():
    e = json.loads(line)
    body = json.dumps(e["body"], sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    text = json.dumps([e["seq"], e["attempt"], e["meter_no"], e["point"], e["at_unix_ms"], body, prev], ensure_ascii=False)
    prev = hashlib.sha256(text.encode()).hexdigest()
    assert prev == e["hash"]
assert prev == manifest["head_hash"]
print("fits")
"""
    ran = subprocess.run([sys.executable, "-I", "-c", program, str(out)], capture_output=True, text=True)
    assert ran.stdout == "fits\n", ran.stderr


@pytest.mark.parametrize("seq", [1, 5, 7, EVENTS_THERE])
def test_the_first_bent_event_of_a_bundle_is_named(path: Path, tmp_path: Path, seq: int) -> None:
    out = tmp_path / "bundle.zip"
    write_bundle(path, out)

    def bent(files: dict[str, bytes]) -> None:
        lines = files[EVENTS].splitlines(keepends=True)
        lines[seq - 1] = lines[seq - 1].replace(b'"at_unix_ms": 1', b'"at_unix_ms": 2')
        files[EVENTS] = b"".join(lines)

    rewrite(out, bent)
    assert check_bundle(out).chain.first_bent == seq


def test_a_bundle_cut_short_with_a_manifest_to_match_is_found_by_its_signature(
    path: Path, tmp_path: Path
) -> None:
    out = tmp_path / "bundle.zip"
    write_bundle(path, out)

    def cut(files: dict[str, bytes]) -> None:
        lines = files[EVENTS].splitlines(keepends=True)[:12]
        files[EVENTS] = b"".join(lines)
        manifest = json.loads(files[MANIFEST])
        manifest["head_seq"], manifest["head_hash"] = 12, json.loads(lines[-1])["hash"]
        manifest["files"][EVENTS] = hashlib.sha256(files[EVENTS]).hexdigest()
        files[MANIFEST] = json.dumps(manifest).encode()

    rewrite(out, cut)
    found = check_bundle(out)
    assert (found.ok, found.chain.wrong) == (False, "the signature of manifest.json does not fit")


@pytest.mark.parametrize("content", [b"", b"PK nothing", b"SQLite format 3\0"])
def test_what_is_neither_store_nor_bundle_is_one_clear_error(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "thing"
    path.write_bytes(content)
    with pytest.raises(StoreUnreadable):
        check_bundle(path)
    with pytest.raises(StoreUnreadable):
        read_store(path)
