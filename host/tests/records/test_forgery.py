"""Whoever has the files and not the key: what they make is told from what the bench wrote, by the bench's public key."""

from __future__ import annotations

import json
import sqlite3
import zipfile
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest
from kctrig.records import signing
from kctrig.records.bundle import (
    EVENTS,
    MANIFEST,
    PUBLIC_KEY,
    SIGNATURE,
    check_bundle,
    read_bundle,
    write_bundle,
)
from kctrig.records.chain import canonical
from kctrig.records.errors import StoreUnreadable
from kctrig.records.evidence import check, read_store, receipts_path
from kctrig.records.shift import close_shift
from kctrig.records.store import Store
from tests.records.forging import METER, bend, manifest_to_match, rechain, rewrite, work
from tests.records.opened import open_again


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A store of one signed shift and no event after it."""
    path = tmp_path / "shift.db"
    with Store(path) as store:
        work(store, 2)
        close_shift(store, "Sari")
    return path


@pytest.fixture
def public(path: Path) -> str:
    return signing.ShiftKey(path).public


@pytest.fixture
def bundle(path: Path, tmp_path: Path) -> Path:
    write_bundle(path, tmp_path / "bundle.zip")
    return tmp_path / "bundle.zip"


def unsign(path: Path) -> None:
    """Take the closes of shifts and the receipts away, make a verdict better, and chain everything anew."""
    evidence = read_store(path)
    bend(
        path,
        "DELETE FROM events WHERE point = 'shift-close'",
        "UPDATE events SET body = replace(body, 'PASS_VERIFIED', 'REJECTED') WHERE seq = 3",
        "UPDATE head SET seq = (SELECT max(seq) FROM events)",
    )
    rechain(path, evidence.store_id, 2)
    receipts_path(path).unlink()


def test_a_store_whose_signatures_were_taken_away_is_not_proved_by_a_key(path: Path, public: str) -> None:
    unsign(path)
    assert check(read_store(path)).ok  # it fits itself, which is all that can be said without a key
    found = check(read_store(path), public)
    assert (found.ok, found.chain.ok, found.shifts) == (False, True, 0)
    assert f"no shift in it was closed with key {signing.short_name(public)}" in found.wrong


def test_a_bundle_whose_signatures_were_taken_away_is_not_proved_by_a_key(
    path: Path, public: str, tmp_path: Path
) -> None:
    unsign(path)
    signing.key_path(path).unlink()
    write_bundle(path, tmp_path / "forged.zip")
    assert check_bundle(tmp_path / "forged.zip").ok
    other = signing.ShiftKey(tmp_path / "unrelated").public
    for key in (public, other):
        assert not check_bundle(tmp_path / "forged.zip", key).ok


def without_signature(files: dict[str, bytes]) -> None:
    del files[SIGNATURE]


def with_an_empty_list_of_files(files: dict[str, bytes]) -> None:
    files[MANIFEST] = json.dumps({**json.loads(files[MANIFEST]), "files": {}}).encode()
    del files[SIGNATURE]


def with_one_file_more(files: dict[str, bytes]) -> None:
    files["minutes.pdf"] = b"all meters passed"


def with_one_file_more_in_the_manifest(files: dict[str, bytes]) -> None:
    files["minutes.pdf"] = b"all meters passed"
    manifest_to_match(files)


def without_the_readme(files: dict[str, bytes]) -> None:
    del files["README.txt"]


def with_another_key_in_it(files: dict[str, bytes]) -> None:
    files[PUBLIC_KEY] = signing.pem_of(_STRANGER).encode()
    manifest_to_match(files)
    del files[SIGNATURE]


_STRANGER = "11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo="  # the public key of RFC 8032, 7.1, test 1

FORGERIES: dict[Callable[[dict[str, bytes]], None], str] = {
    without_signature: "manifest.sig is missing",
    with_an_empty_list_of_files: "is in the bundle and not in its manifest",
    with_one_file_more: "'minutes.pdf' is in the bundle and not in its manifest",
    with_one_file_more_in_the_manifest: "the signature of manifest.json does not fit",
    without_the_readme: "README.txt is not the file",
    with_another_key_in_it: "manifest.sig is missing",
}


@pytest.mark.parametrize("forge", FORGERIES, ids=lambda forge: forge.__name__)
def test_a_bundle_counts_with_a_key_only_as_it_left_the_bench(
    bundle: Path, public: str, forge: Callable[[dict[str, bytes]], None]
) -> None:
    assert check_bundle(bundle, public).ok
    rewrite(bundle, forge)
    found = check_bundle(bundle, public)
    assert not found.ok
    assert FORGERIES[forge] in found.wrong


@pytest.mark.parametrize("forge", [with_an_empty_list_of_files, with_one_file_more, without_the_readme])
def test_files_that_the_manifest_does_not_name_are_found_without_a_key_too(
    bundle: Path, forge: Callable[[dict[str, bytes]], None]
) -> None:
    rewrite(bundle, forge)
    assert not check_bundle(bundle).ok


def test_a_bundle_with_a_file_in_it_twice_is_no_bundle(bundle: Path) -> None:
    with zipfile.ZipFile(bundle, "a") as twice, pytest.warns(UserWarning, match="Duplicate name"):
        twice.writestr(EVENTS, b"")
    with pytest.raises(StoreUnreadable, match="in it twice"):
        check_bundle(bundle)


def test_events_after_the_last_close_are_nobodys_in_a_store_and_the_benchs_in_its_bundle(
    path: Path, public: str, tmp_path: Path
) -> None:
    with Store(path) as store:
        open_again(store, METER, reason="new keys", operator="Sari")
    found = check(read_store(path), public)
    assert (found.ok, found.unsigned, found.open_events) == (True, 1, 1)
    write_bundle(path, tmp_path / "open.zip")
    found = check_bundle(tmp_path / "open.zip", public)
    assert (found.ok, found.unsigned, found.open_events) == (True, 0, 1)
    rewrite(tmp_path / "open.zip", without_signature)
    found = check_bundle(tmp_path / "open.zip")
    assert (found.ok, found.unsigned) == (True, 1)


# -- what damaged or forged bytes may do to the reader: nothing but a plain no


def events_of(files: dict[str, bytes], change: Callable[[dict[str, object]], None], seq: int) -> None:
    lines = files[EVENTS].decode().split("\n")
    fields = json.loads(lines[seq - 1])
    change(fields)
    lines[seq - 1] = json.dumps(fields)
    files[EVENTS] = "\n".join(lines).encode()


CHANGES: dict[str, Callable[[dict[str, object]], None]] = {
    "half a surrogate as the meter": lambda fields: fields.update(meter_no="\ud800"),
    "half a surrogate in the body": lambda fields: fields.update(body={"reason": "\ud800"}),
    "a number as the meter": lambda fields: fields.update(meter_no=18),
    "a text as the number": lambda fields: fields.update(seq="3"),
    "one field more": lambda fields: fields.update(note="paid"),
}


@pytest.mark.parametrize("name", CHANGES)
def test_an_event_of_a_bundle_that_kctrig_cannot_have_written_is_named(bundle: Path, name: str) -> None:
    rewrite(bundle, lambda files: events_of(files, CHANGES[name], 3))
    assert check_bundle(bundle).chain.first_bent == 3
    assert len(read_bundle(bundle).events) == 6


def test_a_body_nested_a_hundred_thousand_deep_is_named(bundle: Path) -> None:
    deep = ("[" * 100_000 + "]" * 100_000).encode()
    rewrite(bundle, lambda files: files.update({EVENTS: b'{"seq": 1, "body": ' + deep + b"}\n"}))
    assert check_bundle(bundle).chain.first_bent == 1


@pytest.mark.parametrize("field", ["store_id", "head_hash", "kctrig"])
def test_half_a_surrogate_in_the_manifest_is_no_bundle(bundle: Path, field: str) -> None:
    def change(files: dict[str, bytes]) -> None:
        files[MANIFEST] = json.dumps({**json.loads(files[MANIFEST]), field: "\ud800"}).encode()

    rewrite(bundle, change)
    with pytest.raises(StoreUnreadable, match="cannot be read as a bundle"):
        check_bundle(bundle)


@pytest.mark.parametrize("own", ["no key", "\u00fc", ""])
def test_a_close_with_a_key_that_is_none_is_named_and_can_be_exported(
    path: Path, public: str, tmp_path: Path, own: str
) -> None:
    evidence = read_store(path)
    body = canonical({**json.loads(evidence.events[6].body), "public_key": own})
    with closing(sqlite3.connect(path)) as db:
        db.executescript("DROP TRIGGER events_are_not_changed")
        db.execute("UPDATE events SET body = ? WHERE seq = 7", (body,))
        db.commit()
    rechain(path, evidence.store_id, 7)
    signing.key_path(path).unlink()
    assert check(read_store(path), public).chain.first_bent == 7
    write_bundle(path, tmp_path / "forged.zip")
    assert check_bundle(tmp_path / "forged.zip").chain.first_bent == 7


def test_a_close_whose_head_is_no_number_is_named(path: Path) -> None:
    evidence = read_store(path)
    bend(path, "UPDATE events SET body = replace(body, '\"head_seq\":6', '\"head_seq\":1e999') WHERE seq = 7")
    rechain(path, evidence.store_id, 7)
    assert check(read_store(path)).chain.first_bent == 7


# -- genuine records


def as_older_kctrig_wrote(path: Path, operator: str) -> None:
    """Events and a receipt with a name that is refused today, as stores made before that have them."""
    with Store(path) as store:
        store._append(0, METER, "override", {"reason": "new keys", "operator": operator})
        key = signing.ShiftKey(path)

        def seal(store_id: str, shift: int, seq: int, head: str) -> dict[str, object]:
            signed = signing.statement(store_id, shift, seq, head, operator)
            return {"public_key": key.public, "signature": key.sign(signed)}

        _, seq, own_hash = store.close_shift(operator, seal)
    with receipts_path(path).open("a", encoding="utf-8") as file:
        file.write(
            json.dumps({"seq": seq, "hash": own_hash, "operator": operator}, ensure_ascii=False) + "\n"
        )


@pytest.mark.parametrize("separator", ["\u2028", "\u2029", "\x85", "\x1d", "\x0b", "\r"])
def test_a_separator_in_a_name_bends_neither_store_nor_bundle(
    path: Path, public: str, tmp_path: Path, separator: str
) -> None:
    as_older_kctrig_wrote(path, f"Sari{separator}B")
    assert check(read_store(path), public).ok
    write_bundle(path, tmp_path / "b.zip")
    assert check_bundle(tmp_path / "b.zip", public).ok

    def every_break_as_it_is(files: dict[str, bytes]) -> None:
        lines = [json.loads(line) for line in files[EVENTS].decode().split("\n")[:-1]]
        files[EVENTS] = "".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines).encode()
        manifest_to_match(files)
        del files[SIGNATURE]

    rewrite(tmp_path / "b.zip", every_break_as_it_is)  # as bundles of older kctrig have them
    assert check_bundle(tmp_path / "b.zip").ok


def test_the_lines_of_a_bundle_are_lines_to_every_reader(path: Path, tmp_path: Path) -> None:
    as_older_kctrig_wrote(path, "Sari\u2028\x85B")
    write_bundle(path, tmp_path / "b.zip")
    with zipfile.ZipFile(tmp_path / "b.zip") as bundle:
        text = bundle.read(EVENTS).decode()
    assert len(text.splitlines()) == text.count("\n") == len(read_store(path).events)
