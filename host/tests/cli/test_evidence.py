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


def test_an_empty_shift_is_not_signed(kctrig: Kctrig, store: Path) -> None:
    words = ("shift", "close", "--store", store, "--operator", "Sari")
    assert kctrig(*words).code == 4
    again = kctrig(*words)
    assert (again.code, again.out, again.err.count("\n")) == (2, "", 1)
    assert "nothing happened since the last close of a shift; nothing was signed" in again.err
    assert json.loads(kctrig("verify", store, "--json").out)["shifts"] == 1
    with Store(store) as opened:
        open_again(opened, "00000000018", reason="seen", operator="Budi")
    kctrig(*words)
    assert json.loads(kctrig("verify", store, "--json").out)["shifts"] == 2


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


@pytest.mark.parametrize("words", [("verify",), ("export", "--out", "b.zip"), ("report", "--csv", "t.csv")])
def test_a_store_may_be_named_as_other_commands_have_it_but_once(
    kctrig: Kctrig, store: Path, tmp_path: Path, words: tuple[str, ...]
) -> None:
    by_option = kctrig(words[0], "--store", store, *words[1:])
    (tmp_path / "b.zip").unlink(missing_ok=True)
    assert by_option.code == kctrig(words[0], store, *words[1:]).code != 2
    (tmp_path / "b.zip").unlink(missing_ok=True)
    for named in ((store, "--store", store), ()):
        ran = kctrig(words[0], *named, *words[1:])
        assert (ran.code, ran.err.count("\n")) == (2, 1)
        assert "name one STORE" in ran.err


def test_a_file_that_is_no_key_is_one_plain_line(kctrig: Kctrig, store: Path, tmp_path: Path) -> None:
    (tmp_path / "no.pem").write_text("a;b;c")
    ran = kctrig("verify", store, "--key", "no.pem")
    assert ran.code == 2
    assert "no.pem is no Ed25519 public key in PEM; make one with kctrig shift key" in ran.err
    assert "http" not in ran.err
    assert "No such file" in kctrig("verify", store, "--key", "none.pem").err


def test_a_store_is_not_overwritten_by_its_own_bundle(kctrig: Kctrig, store: Path) -> None:
    assert kctrig("export", store, "--out", store).code == 2
    assert kctrig("verify", store).code == 0


def test_an_older_bundle_is_a_witness_and_is_not_overwritten(
    kctrig: Kctrig, store: Path, tmp_path: Path
) -> None:
    assert kctrig("export", store, "--out", "b.zip").code == 0
    before = (tmp_path / "b.zip").read_bytes()
    kctrig("shift", "close", "--store", store, "--operator", "Sari")
    ran = kctrig("export", store, "--out", "b.zip")
    assert (ran.code, ran.err.count("\n")) == (2, 1)
    assert ran.err.startswith("kctrig: b.zip is there already; name a new file")
    assert (tmp_path / "b.zip").read_bytes() == before


BENT_BY_HAND = (
    "body = '{'",
    "body = '[]'",
    "body = '{}'",
    "body = x'00ff'",
    "body = CAST(x'00ff' AS TEXT)",
    "at_unix_ms = 'yesterday'",
    "hash = x'00'",
    "point = x'00'",
)


@pytest.mark.parametrize("change", BENT_BY_HAND)
def test_whatever_was_written_into_an_event_by_hand_verify_names_it_and_report_and_export_still_write(
    kctrig: Kctrig, store: Path, change: str
) -> None:
    with closing(sqlite3.connect(store)) as db:
        db.executescript(f"DROP TRIGGER events_are_not_changed; UPDATE events SET {change} WHERE seq = 2")
    assert json.loads(kctrig("verify", store, "--json").out)["first_bent"] == 2
    exported = kctrig("export", store, "--out", "b.zip")
    assert (exported.code, "it was bent" in exported.err) == (1, True)
    assert kctrig("verify", "b.zip").code == 1
    written = kctrig("report", store, "--html", "page.html", "--jsonl", "all.jsonl")
    assert (written.code, "the record was bent" in written.err) == (1, True)


@pytest.mark.parametrize("change", BENT_BY_HAND)
def test_status_of_a_bent_event_is_a_state_or_one_line_and_never_a_fault(
    kctrig: Kctrig, store: Path, change: str
) -> None:
    with closing(sqlite3.connect(store)) as db:
        db.executescript(f"DROP TRIGGER events_are_not_changed; UPDATE events SET {change} WHERE seq = 2")
    ran = kctrig("status", "--store", store)
    assert "fault inside" not in ran.err
    assert ran.err.count("\n") == 1
    assert "was bent" in ran.err or "cannot be read" in ran.err
    if ran.code == 2:
        assert "Keep the file as it is" in ran.err
    else:
        assert ran.code == 1
        assert "00000000018" in ran.out


@pytest.mark.parametrize("json_option", [(), ("--json",)])
def test_status_says_in_one_line_that_a_verdict_was_bent_though_every_event_can_be_read(
    kctrig: Kctrig, store: Path, json_option: tuple[str, ...]
) -> None:
    with closing(sqlite3.connect(store)) as db:
        db.executescript(
            "DROP TRIGGER events_are_not_changed;"
            "UPDATE events SET body = replace(body, 'IN_DOUBT', 'PASS_VERIFIED') WHERE seq = 2"
        )
    ran = kctrig("status", "--store", store, *json_option)
    assert ran.code == kctrig("verify", store).code == 1
    assert "PASS_VERIFIED" in ran.out
    assert ran.err.count("\n") == 1
    assert "was bent: event 2 (verdict) was changed after it was written" in ran.err


def test_status_says_that_signed_events_were_cut_off(kctrig: Kctrig, store: Path) -> None:
    kctrig("shift", "close", "--store", store, "--operator", "Sari")
    with closing(sqlite3.connect(store)) as db:
        db.executescript(
            "DROP TRIGGER events_are_not_deleted; DELETE FROM events WHERE seq > 1;"
            "UPDATE head SET seq = 1, hash = (SELECT hash FROM events WHERE seq = 1)"
        )
    ran = kctrig("status", "--store", store)
    assert (ran.code, ran.err.count("\n")) == (1, 1)
    assert "events were cut off" in ran.err


def test_a_bent_close_of_a_shift_can_be_exported_and_verify_says_so(kctrig: Kctrig, store: Path) -> None:
    kctrig("shift", "close", "--store", store, "--operator", "Sari")
    with closing(sqlite3.connect(store)) as db:
        db.executescript("DROP TRIGGER events_are_not_changed; UPDATE events SET body = '{' WHERE seq = 3")
    exported = kctrig("export", store, "--out", "b.zip")
    assert (exported.code, exported.err.count("\n")) == (1, 1)
    assert kctrig("verify", store).code == 1


@pytest.mark.parametrize("change", ["DROP TABLE head", "DELETE FROM head"])
@pytest.mark.parametrize("words", [("status",), ("shift", "close", "--operator", "Sari")])
def test_a_store_that_lost_its_head_is_one_line_for_those_who_write_and_those_who_look(
    kctrig: Kctrig, store: Path, change: str, words: tuple[str, ...]
) -> None:
    with closing(sqlite3.connect(store)) as db:
        db.executescript(change)
    ran = kctrig(*words, "--store", store)
    assert (ran.code, ran.err.count("\n")) == (2, 1)
    assert "head" in ran.err


# -- files that are no store


@pytest.mark.parametrize(
    "words",
    [
        ("status",),
        ("shift", "close", "--operator", "Sari"),
        ("shift", "key"),
        ("resume", "list.csv", "--rig", "sim:hexing"),
    ],
    ids=" ".join,
)
@pytest.mark.parametrize(
    ("content", "said"), [(b"", "is empty and no kctrig store"), (b"IDPEL;NO\n" * 99, "cannot be read as")]
)
def test_a_file_that_is_no_store_is_one_line_and_stays_as_it_is(
    kctrig: Kctrig, tmp_path: Path, words: tuple[str, ...], content: bytes, said: str
) -> None:
    (tmp_path / "thing.db").write_bytes(content)
    ran = kctrig(*words, "--store", "thing.db")
    assert (ran.code, ran.out, ran.err.count("\n")) == (2, "", 1)
    assert said in ran.err
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == {"thing.db": content}


def test_status_looks_at_a_database_of_another_program_without_changing_it(
    kctrig: Kctrig, tmp_path: Path
) -> None:
    with closing(sqlite3.connect(tmp_path / "other.db")) as db:
        db.executescript("CREATE TABLE customers (name TEXT)")
    before = (tmp_path / "other.db").read_bytes()
    ran = kctrig("status", "--store", "other.db")
    assert (ran.code, "is no kctrig store" in ran.err) == (2, True)
    assert (tmp_path / "other.db").read_bytes() == before
