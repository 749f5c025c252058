"""Names and reasons that go into a record: one plain line each."""

from __future__ import annotations

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


BAD_NAMES = (
    ("Sari\u2028B", "U+2028"),
    ("Sari\x85", "U+0085"),
    ("Sari\nB", "U+000A"),
    ("Sari\x1b[2J", "U+001B"),
    ("Sari\udcff", "the byte FF"),
    ("Sari\ud800", "U+D800"),
)


@pytest.mark.parametrize(("name", "said"), BAD_NAMES)
@pytest.mark.parametrize(
    "words",
    [
        ("shift", "close", "--store", "shift.db", "--operator"),
        ("upgrade", "list.csv", "--rig", "sim:hexing", "--store", "new.db", "--operator"),
        ("resume", "list.csv", "--rig", "sim:hexing", "--store", "shift.db", "--override"),
        ("enter", "--rig", "sim:hexing", "65652931283250951756", "--store", "new.db", "--operator"),
        ("selftest", "--rig", "sim:hexing", "--operator"),
        ("worklist", "checkin", "list.csv", "--bench", "meja-3", "--unused", "--operator"),
        ("worklist", "checkout", "list.csv", "--bench"),
    ],
    ids=" ".join,
)
def test_a_name_that_is_no_plain_line_is_refused_before_anything_happens(
    kctrig: Kctrig, store: Path, tmp_path: Path, words: tuple[str, ...], name: str, said: str
) -> None:
    before = store.read_bytes()
    ran = kctrig(*words, name)
    assert (ran.code, ran.out, ran.err.count("\n")) == (2, "", 1)
    assert f"Invalid value for '{words[-1]}'" in ran.err
    assert said in ran.err
    assert ran.err.isascii()
    assert [path.name for path in tmp_path.iterdir()] == ["shift.db"]
    assert store.read_bytes() == before
