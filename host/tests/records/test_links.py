"""A store that is named by a link is the same store, with the same owners, key and receipts."""

from __future__ import annotations

import sys
import zipfile
from pathlib import Path

import pytest
from kctrig.records import signing
from kctrig.records.bundle import SIGNATURE, write_bundle
from kctrig.records.errors import MeterBusy, StoreError
from kctrig.records.evidence import read_store, receipts_path
from kctrig.records.shift import close_shift
from kctrig.records.store import Store

METER = "00000000018"


@pytest.mark.skipif(sys.platform == "win32", reason="links need rights there")
def test_a_meter_is_claimed_once_whatever_link_the_store_is_named_by(tmp_path: Path) -> None:
    (tmp_path / "bench").mkdir()
    (tmp_path / "desk").mkdir()
    real, link = tmp_path / "bench" / "shift.db", tmp_path / "desk" / "today.db"
    link.symlink_to(real)
    with Store(real) as one, Store(link) as other:
        one.claim(METER, "hexing", {})
        with pytest.raises(MeterBusy):
            other.claim(METER, "hexing", {})
        assert other.status()[0].state == "RUNNING"
        other.claim("00000000026", "hexing", {})
        with pytest.raises(MeterBusy):
            one.claim("00000000026", "hexing", {})
        assert [row.state for row in one.status()] == ["RUNNING", "RUNNING"]
    loop = tmp_path / "desk" / "loop.db"
    loop.symlink_to(loop)
    with pytest.raises(StoreError, match=r"loop\.db"):
        Store(loop)


@pytest.mark.skipif(sys.platform == "win32", reason="links need rights there")
def test_key_and_receipts_lie_beside_the_file_whatever_link_it_is_named_by(tmp_path: Path) -> None:
    (tmp_path / "bench").mkdir()
    (tmp_path / "desk").mkdir()
    real, link = tmp_path / "bench" / "shift.db", tmp_path / "desk" / "today.db"
    link.symlink_to(real)
    with Store(link) as store:
        store.claim(METER, "hexing", {}).close()
        close_shift(store, "Sari")
    assert [path.name for path in link.parent.iterdir()] == ["today.db"]
    assert receipts_path(link) == receipts_path(real)
    assert signing.ShiftKey(link).public == signing.ShiftKey(real).public
    assert len(read_store(link).receipts) == 1
    write_bundle(link, tmp_path / "b.zip")
    with zipfile.ZipFile(tmp_path / "b.zip") as bundle:
        assert SIGNATURE in bundle.namelist()
