"""`kctrig worklist back`: only what a meter proved goes back as a result."""

from __future__ import annotations

import csv
import json
import sqlite3
from pathlib import Path
from typing import TYPE_CHECKING

import openpyxl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from kctrig.cli.app import run
from kctrig.records import points
from kctrig.records.store import Store
from tests.worklist.hands import make_list, with_check_digit

if TYPE_CHECKING:
    from tests.cli.conftest import Kctrig

METERS = [with_check_digit(number) for number in range(6)]
VERDICTS = (
    *("PASS_VERIFIED", "ALREADY_DONE", "REJECTED", "LOCKED_OUT", "BLOCKED", "HALF"),
    *("IN_DOUBT", "INFRA_ERROR", "ENTERED", "READY"),
)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    make_list(tmp_path / "round.csv", len(METERS))
    return tmp_path


def attempt(store: Store, meter_no: str, verdict: str, *, enters: int = 1, operator: str = "Budi") -> None:
    claimed = store.claim(meter_no, "hexing", {"operator": operator})
    claimed.record(points.PROBE, {"krn": 1, "kt": 2, "shown": "KRN 01 KT 02"})
    for number in range(enters):
        claimed.record(points.INTENT, {"token": str(number), "role": "kct"})
        claimed.record(points.ENTER_INTENT, {"token": str(number), "job_id": 1})
    if verdict:
        krn = 2 if verdict in ("PASS_VERIFIED", "ALREADY_DONE") else 1
        body = {"verdict": verdict, "code": "refused", "krn_after": krn, "kt_after": 2, "reason": "because"}
        claimed.record(points.VERDICT, {**body, "shown_after": f"KRN 0{krn} KT 02"})
    claimed.close()


def table(path: Path) -> list[dict[str, str]]:
    if path.suffix == ".xlsx":
        lines = [
            [str(cell or "") for cell in row] for row in openpyxl.load_workbook(path).worksheets[0].values
        ]
    else:
        with path.open(encoding="utf-8-sig", newline="") as file:
            lines = list(csv.reader(file, delimiter=";"))
    return [dict(zip(lines[0], line, strict=True)) for line in lines[1:]]


@pytest.mark.parametrize("suffix", [".csv", ".xlsx"])
def test_proved_meters_are_in_one_file_and_the_others_in_another_without_a_result(
    kctrig: Kctrig, folder: Path, suffix: str
) -> None:
    with Store(folder / "s.db") as store:
        for meter_no, verdict in zip(
            METERS, ("PASS_VERIFIED", "ALREADY_DONE", "REJECTED", "IN_DOUBT", ""), strict=False
        ):
            attempt(store, meter_no, verdict)
    ran = kctrig("worklist", "back", "round.csv", "--store", "s.db", "--out", f"hasil{suffix}")
    assert ran.code == 4
    assert (
        ran.out
        == f"hasil{suffix}: 2 Berhasil, 1 Gagal\nhasil.belum-pasti{suffix}: 3 Belum pasti, not for import\n"
    )
    results = table(folder / f"hasil{suffix}")
    assert [(row["NO_METER"], row["HASIL"]) for row in results] == [
        (METERS[0], "Berhasil"),
        (METERS[1], "Berhasil"),
        (METERS[2], "Gagal"),
    ]
    assert results[1]["ALASAN"] == "KRN baru sudah terbaca di meter sebelum token dimasukkan"
    assert results[2]["ALASAN"] == "token ditolak meter"
    assert (results[0]["KRN"], results[0]["TAMPILAN"], results[0]["PETUGAS"]) == ("2", "KRN 02 KT 02", "Budi")
    assert results[0]["MERK_TYPE"] == "HEXING/HXE116-KP"
    doubts = table(folder / f"hasil.belum-pasti{suffix}")
    assert [row["NO_METER"] for row in doubts] == METERS[3:]
    assert doubts[2]["BELUM_PASTI"] == "belum dikerjakan"
    assert doubts[2]["KETERANGAN"] == "tidak ada di catatan mana pun"
    assert all(row["BELUM_PASTI"] for row in doubts)
    assert not {"HASIL", "ALASAN"} & doubts[0].keys()
    assert not any("Berhasil" in cell or "Gagal" in cell for row in doubts for cell in row.values())


def test_when_everything_is_proved_the_code_is_0_and_the_second_file_is_empty(
    kctrig: Kctrig, folder: Path
) -> None:
    with Store(folder / "s.db") as store:
        for meter_no in METERS:
            attempt(store, meter_no, "PASS_VERIFIED")
    assert kctrig("worklist", "back", "round.csv", "--store", "s.db", "--out", "h.csv").code == 0
    assert len(table(folder / "h.csv")) == len(METERS)
    assert table(folder / "h.belum-pasti.csv") == []


def test_meters_of_the_store_that_no_list_has_go_back_too(kctrig: Kctrig, folder: Path) -> None:
    with Store(folder / "s.db") as store:
        attempt(store, "00000000174", "PASS_VERIFIED")
    kctrig("worklist", "back", "--store", "s.db", "--out", "h.csv")
    (row,) = table(folder / "h.csv")
    assert (row["IDPEL"], row["NO_METER"], row["HASIL"]) == ("", "00000000174", "Berhasil")


def test_two_stores_that_contradict_each_other_prove_nothing(kctrig: Kctrig, folder: Path) -> None:
    verdicts = {"a.db": ("PASS_VERIFIED", "PASS_VERIFIED", ""), "b.db": ("REJECTED", "", "PASS_VERIFIED")}
    for name, own in verdicts.items():
        with Store(folder / name) as store:
            for meter_no, verdict in zip(METERS, own, strict=False):
                attempt(store, meter_no, verdict or "INFRA_ERROR", enters=1 if verdict else 0)
    ran = kctrig(
        "worklist", "back", "round.csv", "--store", "a.db", "--store", "b.db", "--out", "h.csv", "--json"
    )
    told = {line["meter_no"]: line for line in map(json.loads, ran.out.splitlines())}
    assert [told[meter]["result"] for meter in METERS[:3]] == ["Belum pasti", "Belum pasti", "Berhasil"]
    assert told[METERS[0]]["why"] == "the stores do not agree: PASS_VERIFIED, REJECTED"


def look(store: Store, meter_no: str, krn: int, kt: int = 2, verdict: str = "") -> None:
    """An attempt that only reads 04, with the verdict that came of it."""
    claimed = store.claim(meter_no, "hexing", {"operator": "Sari"})
    shown = f"KRN 0{krn} KT 0{kt}"
    claimed.record(points.PROBE, {"krn": krn, "kt": kt, "shown": shown})
    if verdict:
        after = {"krn_after": krn, "kt_after": kt, "shown_after": shown}
        claimed.record(points.VERDICT, {"verdict": verdict, "code": "", "reason": "because", **after})
    claimed.close()


@pytest.mark.parametrize(("krn", "kt", "said"), [(1, 2, "KRN 1"), (2, 1, "KRN 2 KT 1"), (3, 2, "KRN 3")])
def test_a_later_reading_in_any_store_that_says_otherwise_ends_a_berhasil(
    kctrig: Kctrig, folder: Path, krn: int, kt: int, said: str
) -> None:
    with Store(folder / "a.db", unix_ms=lambda: 1_611_640_805_000) as store:
        attempt(store, METERS[0], "PASS_VERIFIED")
    with Store(folder / "b.db", unix_ms=lambda: 1_611_644_405_000) as store:
        look(store, METERS[0], krn, kt, "BLOCKED")
    ran = kctrig(
        *("worklist", "back", "--store", "a.db", "--store", "b.db", "--out", "h.csv", "--zone", "WIB")
    )
    assert ran.code == 4
    (row,) = table(folder / "h.belum-pasti.csv")
    assert row["KETERANGAN"] == f"PASS_VERIFIED, tetapi 04 menunjukkan {said}"
    assert (row["KRN_TERBACA"], row["TAMPILAN"]) == (str(krn), f"KRN 0{krn} KT 0{kt}")
    assert row["WAKTU"] == "26-01-2021 14:00:05"
    assert len(row["BUKTI"].split()) == 2
    assert table(folder / "h.csv") == []


def test_stores_that_do_not_agree_say_what_each_of_them_has(kctrig: Kctrig, folder: Path) -> None:
    for name, verdicts in {"a.db": ["PASS_VERIFIED"], "b.db": ["PASS_VERIFIED", ""]}.items():
        with Store(folder / name) as store:
            for verdict in verdicts:
                attempt(store, METERS[0], verdict)
    kctrig("worklist", "back", "--store", "a.db", "--store", "b.db", "--out", "h.csv")
    (row,) = table(folder / "h.belum-pasti.csv")
    assert row["KETERANGAN"] == (
        "catatan tidak sepakat: PASS_VERIFIED, token dimasukkan dan tidak ada putusan sesudahnya"
    )


def test_an_earlier_reading_in_another_store_does_not_end_a_berhasil(kctrig: Kctrig, folder: Path) -> None:
    with Store(folder / "a.db", unix_ms=lambda: 1_611_640_805_000) as store:
        attempt(store, METERS[0], "PASS_VERIFIED")
    with Store(folder / "b.db", unix_ms=lambda: 1_611_637_205_000) as store:
        look(store, METERS[0], 1, verdict="BLOCKED")
    assert kctrig("worklist", "back", "--store", "a.db", "--store", "b.db", "--out", "h.csv").code == 0


def test_a_later_krn_2_in_another_store_ends_a_gagal(kctrig: Kctrig, folder: Path) -> None:
    with Store(folder / "a.db", unix_ms=lambda: 1_611_640_805_000) as store:
        attempt(store, METERS[0], "REJECTED")
    with Store(folder / "b.db", unix_ms=lambda: 1_611_644_405_000) as store:
        look(store, METERS[0], 2, verdict="BLOCKED")
    kctrig("worklist", "back", "--store", "a.db", "--store", "b.db", "--out", "h.csv")
    (row,) = table(folder / "h.belum-pasti.csv")
    assert row["KETERANGAN"] == "REJECTED, tetapi 04 menunjukkan KRN 2 KT 2"


@pytest.mark.parametrize("vkrn", ["42", "VKRN 42", "42,0"])
def test_under_vkrn_42_an_already_done_is_no_berhasil_unless_krn_1_was_seen_before(
    kctrig: Kctrig, folder: Path, vkrn: str
) -> None:
    head, *lines = (folder / "round.csv").read_text(encoding="utf-8").splitlines()
    text = "\n".join([f"VKRN;{head}", *(f"{vkrn};{line}" for line in lines)])
    (folder / "round.csv").write_text(text, encoding="utf-8")
    with Store(folder / "s.db") as store:
        look(store, METERS[0], 2, verdict="ALREADY_DONE")
        look(store, METERS[1], 1)
        look(store, METERS[1], 2, verdict="ALREADY_DONE")
        attempt(store, METERS[2], "PASS_VERIFIED")
    kctrig("worklist", "back", "round.csv", "--store", "s.db", "--out", "h.csv")
    assert [row["NO_METER"] for row in table(folder / "h.csv")] == METERS[1:3]
    doubt = table(folder / "h.belum-pasti.csv")[0]
    assert (doubt["NO_METER"], doubt["KRN_TERBACA"]) == (METERS[0], "2")
    assert doubt["BELUM_PASTI"].startswith("VKRN 42: perubahan tidak terlihat")
    assert doubt["KETERANGAN"].startswith("VKRN 42: 04 menunjukkan KRN 2 juga sebelum upgrade")


def test_without_vkrn_42_an_already_done_goes_back_as_berhasil(kctrig: Kctrig, folder: Path) -> None:
    with Store(folder / "s.db") as store:
        look(store, METERS[0], 2, verdict="ALREADY_DONE")
    kctrig("worklist", "back", "round.csv", "--store", "s.db", "--out", "h.csv")
    assert [row["HASIL"] for row in table(folder / "h.csv")] == ["Berhasil"]


def test_why_nothing_is_proved_is_said_in_indonesian_by_the_code_of_the_attempt(
    kctrig: Kctrig, folder: Path
) -> None:
    codes = {
        METERS[0]: ("IN_DOUBT", "link_lost"),
        METERS[1]: ("HALF", ""),
        METERS[2]: ("IN_DOUBT", "new_one"),
    }
    with Store(folder / "s.db") as store:
        for meter_no, (verdict, code) in codes.items():
            claimed = store.claim(meter_no, "hexing", {})
            claimed.record(points.ENTER_INTENT, {"token": "1", "job_id": 1})
            body = {"verdict": verdict, "code": code, "reason": "the line to the rig broke"}
            claimed.record(points.VERDICT, body)
            claimed.close()
    ran = kctrig("worklist", "back", "--store", "s.db", "--out", "h.csv", "--json")
    said = [row["KETERANGAN"] for row in table(folder / "h.belum-pasti.csv")]
    assert said[0] == "Sambungan ke alat terputus."
    assert "kunci baru" in said[1]
    assert "the line" not in "".join(said)
    assert json.loads(ran.out.splitlines()[0])["why"] == "the line to the rig broke"


def test_a_bent_store_exports_nothing(kctrig: Kctrig, folder: Path) -> None:
    with Store(folder / "s.db") as store:
        attempt(store, METERS[0], "REJECTED")
    with sqlite3.connect(folder / "s.db") as db:
        for (name,) in db.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
            db.execute(f"DROP TRIGGER {name}")
        db.execute("UPDATE events SET body = replace(body, 'REJECTED', 'PASS_VERIFIED')")
    ran = kctrig("worklist", "back", "round.csv", "--store", "s.db", "--out", "h.csv")
    assert ran.code == 2
    assert "was bent: event 5 (verdict) was changed after it was written. Nothing was exported" in ran.err
    assert not (folder / "h.csv").exists()


def test_an_earlier_export_is_not_overwritten(kctrig: Kctrig, folder: Path) -> None:
    with Store(folder / "s.db") as store:
        attempt(store, METERS[0], "REJECTED")
    (folder / "h.belum-pasti.csv").write_text("old")
    ran = kctrig("worklist", "back", "--store", "s.db", "--out", "h.csv")
    assert (ran.code, ran.err) == (2, "kctrig: h.belum-pasti.csv is there already; name a new file\n")


def test_what_files_and_people_brought_in_is_not_run_by_a_spreadsheet(kctrig: Kctrig, folder: Path) -> None:
    with Store(folder / "s.db") as store:
        attempt(store, METERS[0], "PASS_VERIFIED", operator="=cmd|' /C calc'!A0")
    kctrig("worklist", "back", "--store", "s.db", "--out", "h.csv")
    assert table(folder / "h.csv")[0]["PETUGAS"] == "'=cmd|' /C calc'!A0"
    kctrig("worklist", "back", "--store", "s.db", "--out", "h.xlsx")
    cells = [cell for row in openpyxl.load_workbook(folder / "h.xlsx").worksheets[0].rows for cell in row]
    assert not [cell for cell in cells if cell.data_type == "f"]


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    attempts=st.lists(
        st.tuples(st.sampled_from(METERS[:3]), st.sampled_from(["", *VERDICTS]), st.integers(0, 2)),
        max_size=6,
    )
)
def test_no_history_of_a_store_makes_a_berhasil_that_no_verdict_of_it_proves(
    tmp_path_factory: pytest.TempPathFactory, attempts: list[tuple[str, str, int]]
) -> None:
    folder = tmp_path_factory.mktemp("back")
    with Store(folder / "s.db") as store:
        for meter_no, verdict, enters in attempts:
            attempt(store, meter_no, verdict, enters=enters)
    code = run(["worklist", "back", "--store", str(folder / "s.db"), "--out", str(folder / "h.csv")])
    results = {row["NO_METER"]: row["HASIL"] for row in table(folder / "h.csv")}
    doubts = {row["NO_METER"] for row in table(folder / "h.belum-pasti.csv")}
    assert results.keys() | doubts == {meter_no for meter_no, _, _ in attempts}
    assert not results.keys() & doubts
    assert code == (4 if doubts else 0)
    proving = {"Berhasil": {"PASS_VERIFIED", "ALREADY_DONE"}, "Gagal": {"REJECTED", "LOCKED_OUT"}}
    for meter_no, result in results.items():
        own = [(verdict, enters) for meter, verdict, enters in attempts if meter == meter_no]
        last = max(at for at, (verdict, _) in enumerate(own) if verdict in proving[result])
        assert all(
            not enters and verdict in ("", "INFRA_ERROR", "BLOCKED", "READY")
            for verdict, enters in own[last + 1 :]
        )


@pytest.mark.parametrize(
    ("zone", "clock"), [("WIB", "13:00:05"), ("wita", "14:00:05"), ("Asia/Jayapura", "15:00:05")]
)
def test_times_go_back_in_the_zone_asked_for(kctrig: Kctrig, folder: Path, zone: str, clock: str) -> None:
    with Store(folder / "shift.db", unix_ms=lambda: 1611640805000) as store:
        attempt(store, METERS[0], "PASS_VERIFIED")
    ran = kctrig("worklist", "back", "round.csv", "--store", "shift.db", "--out", "hasil.csv", "--zone", zone)
    assert ran.code == 4
    assert table(folder / "hasil.csv")[0]["WAKTU"] == f"26-01-2021 {clock}"
