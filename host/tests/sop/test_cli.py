"""`kctrig sop` as a CSO and a unit use it: what is on the screen, in the files, in the exit code."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import openpyxl
import pytest
from kctrig.cli.app import run
from kctrig.records.store import Store
from tests.sop.journals import CUT, PASSED, REFUSED, write
from tests.sop.pages import AS_IN_THE_SOP


@dataclass(frozen=True)
class Ran:
    code: int
    out: str
    err: str


Sop = Callable[..., Ran]


@pytest.fixture
def sop(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Sop:
    monkeypatch.chdir(tmp_path)

    def command(*words: str) -> Ran:
        code = run(["sop", *words])
        captured = capsys.readouterr()
        return Ran(code, captured.out, captured.err)

    return command


@pytest.fixture
def shift(tmp_path: Path) -> Path:
    path = tmp_path / "shift.db"
    with Store(path) as store:
        write(store, "00000000018", PASSED)
        write(store, "00000000026", REFUSED)
        write(store, "00000000034", CUT)
        write(store, "00000000042", PASSED)
    return path


AP2T = """IDPEL;NAMA;NO METER;VKRN
535070000001;=Siti;00000000018;41
535070000002;Budi;00000000026;43
535070000003;Ani;00000000034;43
535070000004;Adi;00000000059;43
535070000005;Eka;18;43
Jumlah 5;;;
"""


# -- triage


def test_triage_by_options_says_record_sentence_and_what_the_customer_is_told(sop: Sop) -> None:
    ran = sop(
        "triage",
        "--vkrn",
        "43",
        "--power",
        "on",
        "--kwh",
        "10",
        "--token-checked",
        "ya",
        "--officer-visited",
        "ya",
    )
    assert ran.code == 0
    assert ran.out.splitlines()[0] == "APKT GANGGUAN"
    assert "s.d 10 kWh" in ran.out
    assert "Unit terkait" in ran.out


def test_triage_says_first_what_comes_first(sop: Sop) -> None:
    ran = sop("triage", "--vkrn", "43", "--power", "off", "--token-checked", "no", "--lang", "en")
    assert ran.out.startswith("First: make sure that the customer enters the right token number")
    assert "Then, if the token is still refused: APKT GANGGUAN" in ran.out


def test_triage_as_json_has_the_sentence_in_both_languages(sop: Sop) -> None:
    line = json.loads(sop("triage", "--vkrn", "42", "--json").out)
    assert line["record"] == "OUTSIDE"
    assert "di luar" in line["sentence_id"]
    assert "outside" in line["sentence_en"]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--power", "on"), "--vkrn is needed"),
        (("--vkrn", "43"), "--power is needed"),
        (("--vkrn", "44"), "--vkrn: VKRN '44'"),
        (("--vkrn", "43", "--power", "kabur"), "--power: 'kabur'"),
        (("--vkrn", "43", "--power", "on", "--kwh", "1.234"), "--kwh: '1.234'"),
        (("--vkrn", "43", "--power", "on", "--token-checked", "x"), "--token-checked: 'x'"),
        (("cases.csv", "--vkrn", "43"), "exclude each other"),
        (("--vkrn", "43", "--out", "x.csv"), "--out goes with a file"),
        (("nix.csv",), "nix.csv"),
    ],
)
def test_triage_refuses_what_it_cannot_read_in_one_line(sop: Sop, words: tuple[str, ...], said: str) -> None:
    ran = sop("triage", *words, "--lang", "en")
    assert ran.code == 2
    assert said in ran.err
    assert ran.err.count("\n") == 1
    assert ran.out == ""


def test_triage_asks_when_nothing_is_given(sop: Sop, monkeypatch: pytest.MonkeyPatch) -> None:
    lines = iter(["43", "ya", "ya", "padam"])
    monkeypatch.setattr("kctrig.cli.sop_triage.read_line", lambda question, give_up: next(lines))
    assert sop("triage").out.splitlines()[0] == "APKT GANGGUAN"


def test_questions_that_are_broken_off_answer_nothing(sop: Sop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("kctrig.cli.sop_triage.read_line", lambda question, give_up: None)
    ran = sop("triage")
    assert ran.code == 2
    assert "tidak ada yang dijawab" in ran.err
    assert ran.out == ""


@pytest.mark.parametrize("ending", [".csv", ".xlsx"])
def test_a_file_of_cases_comes_back_with_its_answers(sop: Sop, ending: str) -> None:
    Path("cases.csv").write_text(
        "NAMA;VKRN;LISTRIK;SISA_KWH\n=Siti;43;menyala;9,5\nBudi;43;padam;\nAni;x;padam;\n", encoding="cp1252"
    )
    ran = sop("triage", "cases.csv", "--out", "answers" + ending)
    assert ran.code == 1
    assert "cases.csv: 4: VKRN" in ran.err
    assert "3 baris ditulis: APKT GANGGUAN 2, APKT KELUHAN 0, di luar SOP ini 0, tidak terbaca 1" in ran.out
    if ending == ".csv":
        text = Path("answers.csv").read_text(encoding="utf-8-sig")
        rows = list(csv.DictReader(io.StringIO(text), delimiter=";"))
        assert [row["NAMA"] for row in rows] == ["'=Siti", "Budi", "Ani"]
        assert [row["APKT"] for row in rows] == ["GANGGUAN", "GANGGUAN", ""]
        assert "VKRN" in rows[2]["TIDAK_TERBACA"]
    else:
        sheet = openpyxl.load_workbook("answers.xlsx").active
        assert sheet is not None
        assert [cell.value for cell in sheet["A"]] == ["NAMA", "=Siti", "Budi", "Ani"]
        assert sheet["A2"].data_type != "f"


@pytest.mark.parametrize("out", ["cases.csv", "./cases.csv", "link.csv"])
def test_the_file_of_cases_is_not_overwritten_by_its_answers(sop: Sop, out: str) -> None:
    Path("cases.csv").write_text("VKRN;LISTRIK\n43;menyala\n")
    Path("link.csv").symlink_to("cases.csv")
    ran = sop("triage", "cases.csv", "--out", out)
    assert (ran.code, ran.err) == (
        2,
        "kctrig: --out adalah cases.csv itu sendiri; sebutkan berkas lain (see kctrig sop triage --help)\n",
    )
    assert Path("cases.csv").read_text() == "VKRN;LISTRIK\n43;menyala\n"


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("triage", "--power", "on"), "--vkrn diperlukan"),
        (("triage", "--vkrn", "43"), "--power diperlukan"),
        (("triage", "cases.csv", "--vkrn", "43"), "pilih salah satu"),
        (("triage", "--vkrn", "43", "--out", "x.csv"), "--out dipakai bersama berkas kasus"),
        (("explain",), "berikan halaman Pelanggan P2APST"),
        (("explain", "--bought", "26-01-2021"), "--bought memerlukan --update"),
        (("explain", "--bought", "26-01-2021", "--zone", "Mars"), "tidak ada zona waktu 'Mars'"),
        (("reconcile", "--store", "nix.db", "--ap2t", "x.csv"), "tidak ada store di nix.db"),
    ],
)
def test_what_cannot_be_answered_is_said_in_the_language_asked_for(
    sop: Sop, words: tuple[str, ...], said: str
) -> None:
    ran = sop(*words, "--lang", "id")
    assert (ran.code, ran.err.count("\n")) == (2, 1)
    assert said in ran.err


def test_a_file_of_cases_without_out_is_answered_on_the_screen(sop: Sop) -> None:
    Path("cases.csv").write_text("VKRN;LISTRIK;SISA KWH\n43;menyala;11\n41;;\n")
    ran = sop("triage", "cases.csv")
    assert ran.code == 0
    assert [line.split(" (")[0] for line in ran.out.splitlines()] == ["2: APKT KELUHAN", "3: di luar SOP ini"]
    rows = [json.loads(line) for line in sop("triage", "cases.csv", "--json").out.splitlines()]
    assert [row["record"] for row in rows] == ["KELUHAN", "OUTSIDE"]


def test_a_row_that_cannot_be_read_says_why_in_its_own_answer(sop: Sop) -> None:
    Path("cases.csv").write_text("VKRN;LISTRIK;SISA KWH\n43;menyala;11\n44;kabur;\n;padam;\n")
    ran = sop("triage", "cases.csv")
    assert ran.code == 1
    assert ran.out.splitlines()[1:] == [
        "3: tidak ada jawaban, tidak terbaca: VKRN: VKRN '44' bukan 41, 42 atau 43; "
        "LISTRIK: 'kabur' bukan menyala, hampir padam, padam atau tidak tahu",
        "4: tidak ada jawaban, tidak terbaca: VKRN: VKRN kosong",
    ]
    assert "Info DIL" in ran.err


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("nix.csv",), "nix.csv: berkas atau folder itu tidak ada; periksa nama berkas"),
        ((".",), ".: itu folder, bukan berkas; periksa nama berkas"),
        (("bad.xlsx",), "bad.xlsx: bukan buku kerja .xlsx yang terbaca (BadZipFile); buka dan simpan lagi"),
        (
            ("cases.csv", "--out", "no/out.csv"),
            "no/out.csv tidak dapat ditulis: berkas atau folder itu tidak ada",
        ),
    ],
)
def test_what_is_wrong_with_a_file_is_said_in_one_language(
    sop: Sop, words: tuple[str, ...], said: str
) -> None:
    Path("cases.csv").write_text("VKRN;LISTRIK\n43;menyala\n")
    Path("bad.xlsx").write_bytes(b"PK\3\4 and no more")
    ran = sop("triage", *words, "--lang", "id")
    assert ran.code == 2
    assert ran.err.startswith(f"kctrig: {said}")


# -- explain


def test_explain_answers_the_first_worked_example(sop: Sop) -> None:
    ran = sop(
        "explain",
        "--update",
        "26-01-2021 13:00",
        "--bought",
        "26-01-2021 06:19",
        "--bought",
        "26-01-2021 08.21",
    )
    assert ran.code == 0
    assert "beli 26-01-2021 06:19, 26-01-2021 08:21: sudah tidak bisa di-entry -> APKT GANGGUAN" in ran.out


def test_explain_answers_the_second_worked_example(sop: Sop) -> None:
    ran = sop("explain", "--update", "27-01-2021", "--bought", "28-01-2021", "--lang", "en")
    assert ran.code == 0
    assert "bought 28-01-2021: must work" in ran.out
    assert "kctrig sop triage" in ran.out


def test_explain_reads_the_page_as_the_sop_pastes_it_and_names_what_it_cannot_read(sop: Sop) -> None:
    Path("page.txt").write_text(AS_IN_THE_SOP, encoding="utf-8")
    ran = sop("explain", "page.txt")
    assert ran.code == 1
    assert "26-01-2021 06:19, 26-01-2021 08:21: sudah tidak bisa di-entry" in ran.out
    assert "? pembelian tanpa tanggal" in ran.err


def test_explain_names_the_customer_whose_page_it_is(sop: Sop) -> None:
    Path("page.txt").write_text("IDPEL : 5350 7000 0001\nTGUPDATE: 27-01-2021\nTgl. Beli Token: 28-01-2021\n")
    ran = sop("explain", "page.txt", "--lang", "en")
    assert (ran.code, ran.out.splitlines()[0]) == (0, "IDPEL 535070000001")


def test_explain_reads_a_history_of_many_customers(sop: Sop) -> None:
    Path("history.csv").write_bytes(
        "IDPEL;TGL BAYAR;JAM BAYAR;TGUPDATE\n1;26-01-2021;06:19:44;26-01-2021 13:00\n"
        "2;27-01-2021;08.21;26-01-2021 13:00\n2;31-02-2021;1;\n3;26-01-2021;08:00;\n".encode("utf-16")
    )
    ran = sop("explain", "history.csv", "--json")
    rows = [json.loads(line) for line in ran.out.splitlines()]
    assert [(row["customer"], row["finding"]) for row in rows] == [
        ("1", "DEAD"),
        ("2", "MUST_WORK"),
        ("2", "UNDECIDABLE"),
        ("3", "UNDECIDABLE"),
    ]
    assert ran.code == 1
    assert "baris 4, pembelian" in ran.err


@pytest.mark.parametrize(
    ("update", "bought", "more", "finding"),
    [
        ("26-01-2021 13:00 WIT", "26-01-2021 12:00 WIB", (), "MUST_WORK"),
        ("26-01-2021 13:00 WIB", "26-01-2021 14:30 WIT", (), "DEAD"),
        ("26-01-2021 13:00 WIT", "26-01-2021 12:00", (), "UNDECIDABLE"),
        ("26-01-2021 13:00 WIT", "26-01-2021 12:00", ("--zone", "WIB"), "MUST_WORK"),
        ("26-01-2021 13:00 WIT", "26-01-2021 12:00", ("--zone", "wit"), "DEAD"),
    ],
)
def test_explain_compares_times_of_two_zones_as_instants(
    sop: Sop, update: str, bought: str, more: tuple[str, ...], finding: str
) -> None:
    ran = sop("explain", "--update", update, "--bought", bought, *more, "--json")
    row = json.loads(ran.out)
    assert row["finding"] == finding
    assert row["update"] == update


def test_explain_says_that_only_one_time_names_its_zone(sop: Sop) -> None:
    ran = sop("explain", "--update", "26-01-2021 13:00 WIT", "--bought", "26-01-2021 12:00")
    assert ran.code == 1
    assert "Hanya satu dari kedua waktu menyebut zona waktunya" in ran.out
    assert "--zone" in ran.out


def test_explain_says_in_one_line_what_is_missing(sop: Sop) -> None:
    for words, said in (
        ((), "give the customer's page"),
        (("--bought", "26-01-2021"), "--update is needed"),
        (("--update", "31-02-2021", "--bought", "26-01-2021"), "--update: '31-02-2021'"),
        (("nix.txt",), "nix.txt"),
    ):
        ran = sop("explain", *words, "--lang", "en")
        assert (ran.code, ran.err.count("\n")) == (2, 1)
        assert said in ran.err


# -- reconcile


def test_reconcile_counts_and_names_what_needs_a_person(sop: Sop, shift: Path) -> None:
    Path("ap2t.csv").write_text(AP2T, encoding="cp1252")
    ran = sop("reconcile", "--store", "shift.db", "--ap2t", "ap2t.csv", "--lang", "en")
    assert ran.code == 4
    assert "ap2t.csv: 5 rows; shift.db: 4 meters" in ran.out
    assert "00000000018 (IDPEL 535070000001): 04 shows KRN 02 KT 02; registered is VKRN 41" in ran.out
    assert "ap2t.csv: 6: meter number '18'" in ran.err
    assert "Jumlah 5" in ran.err


@pytest.mark.parametrize("ending", [".csv", ".xlsx", ".json"])
def test_reconcile_writes_every_meter_with_its_evidence(sop: Sop, shift: Path, ending: str) -> None:
    Path("ap2t.csv").write_text(AP2T, encoding="cp1252")
    out = "out" + ending
    sop("reconcile", "--store", "shift.db", "--ap2t", "ap2t.csv", "--out", out)
    if ending == ".csv":
        with Path(out).open(encoding="utf-8-sig", newline="") as file:
            rows = list(csv.DictReader(file, delimiter=";"))
    elif ending == ".json":
        rows = json.loads(Path(out).read_text(encoding="utf-8"))["rows"]
    else:
        sheet = openpyxl.load_workbook(out).active
        assert sheet is not None
        header, *lines = sheet.iter_rows(values_only=True)
        rows = [dict(zip(map(str, header), map(str, line), strict=True)) for line in lines]
    assert [row["KELAS"] for row in rows] == [
        "CHANGED_NOT_CONFIRMED",
        "CONFIRMED_NOT_CHANGED",
        "IN_DOUBT",
        "NEVER_LOOKED",
        "IN_DOUBT",
        "NOT_IN_AP2T",
    ]
    with Store(shift) as store:
        hashes = {str(event.seq): event.hash for event in store.events()}
    assert hashes[rows[0]["EVENT"]] == rows[0]["HASH"]


def test_a_register_full_of_defects_does_not_flood_the_screen(sop: Sop, shift: Path) -> None:
    Path("ap2t.csv").write_text("NO METER;VKRN\n" + "18;43\n" * 500)
    ran = sop("reconcile", "--store", "shift.db", "--ap2t", "ap2t.csv", "--lang", "en")
    assert ran.err.count("\n") == 21
    assert "480 more rows" in ran.err


def test_reconcile_as_json_is_one_line_a_meter(sop: Sop, shift: Path) -> None:
    Path("ap2t.csv").write_text(
        "NO METER;VKRN\n00000000018;43\n00000000042;43\n00000000026;41\n00000000034;41\n"
    )
    ran = sop("reconcile", "--store", "shift.db", "--ap2t", "ap2t.csv", "--json")
    rows = [json.loads(line) for line in ran.out.splitlines()]
    assert [row["KELAS"] for row in rows] == ["IN_ORDER", "IN_ORDER", "PENDING", "IN_DOUBT"]


@pytest.mark.parametrize(
    ("zone", "hour"), [("WIB", "07"), ("wita", "08"), ("WIT", "09"), ("Asia/Makassar", "08")]
)
def test_times_of_reading_are_in_the_registers_zone(sop: Sop, tmp_path: Path, zone: str, hour: str) -> None:
    with Store(tmp_path / "shift.db", unix_ms=lambda: 0) as store:
        write(store, "00000000018", PASSED)
    Path("ap2t.csv").write_text("NO METER;VKRN\n00000000018;43\n")
    ran = sop("reconcile", "--store", "shift.db", "--ap2t", "ap2t.csv", "--zone", zone, "--json")
    assert json.loads(ran.out)["WAKTU_BACA"] == f"1970-01-01 {hour}:00:00"


@pytest.mark.parametrize(
    ("zone", "said"),
    [("WIB", "07:00 WIB"), ("WITA", "08:00 WITA"), ("Asia/Jayapura", "09:00 WIT"), ("UTC", "00:00 UTC")],
)
def test_a_time_of_reading_on_the_screen_has_its_zone(sop: Sop, tmp_path: Path, zone: str, said: str) -> None:
    with Store(tmp_path / "shift.db", unix_ms=lambda: 0) as store:
        write(store, "00000000018", PASSED)
    Path("ap2t.csv").write_text("NO METER;VKRN\n00000000018;41\n")
    ran = sop("reconcile", "--store", "shift.db", "--ap2t", "ap2t.csv", "--zone", zone, "--lang", "en")
    assert f"read 01-01-1970 {said}, event" in ran.out


def test_the_stores_of_several_benches_are_compared_together(sop: Sop, shift: Path, tmp_path: Path) -> None:
    with Store(tmp_path / "bench2.db") as store:
        write(store, "00000000059", PASSED)
    Path("ap2t.csv").write_text("NO METER;VKRN\n00000000018;43\n00000000059;43\n")
    ran = sop("reconcile", "--store", "shift.db", "--store", "bench2.db", "--ap2t", "ap2t.csv", "--json")
    rows = [json.loads(line) for line in ran.out.splitlines()]
    assert [(row["KELAS"], row["STORE"]) for row in rows[:2]] == [
        ("IN_ORDER", "shift.db"),
        ("IN_ORDER", "bench2.db"),
    ]


def test_an_idpel_that_a_spreadsheet_rounded_is_remarked(sop: Sop, shift: Path) -> None:
    Path("ap2t.csv").write_text("IDPEL;NO METER;VKRN\n5,4E+11;00000000018;43\n535070000002;00000000042;43\n")
    ran = sop("reconcile", "--store", "shift.db", "--ap2t", "ap2t.csv", "--json")
    rows = [json.loads(line) for line in ran.out.splitlines()]
    assert rows[0]["CATATAN"] == "IDPEL 5,4E+11 dibulatkan oleh spreadsheet; ekspor kolomnya sebagai teks"
    assert not rows[1]["CATATAN"]


def test_a_row_of_p2apst_with_a_rounded_idpel_is_told_and_comes_out(sop: Sop, shift: Path) -> None:
    Path("ap2t.csv").write_text("IDPEL;NO METER;VKRN\n535070000001;00000000018;43\n")
    Path("p.csv").write_text("IDPEL;VKRN;TGL UPDATE\n5,35E+11;43;26-01-2021\n")
    files = ("--store", "shift.db", "--ap2t", "ap2t.csv", "--p2apst", "p.csv", "--lang", "en")
    ran = sop("reconcile", *files, "--out", "out.csv")
    assert "p.csv: 2: IDPEL 5,35E+11 was rounded by a spreadsheet" in ran.err
    with Path("out.csv").open(encoding="utf-8-sig") as file:
        (row,) = [row for row in csv.DictReader(file, delimiter=";") if row["IDPEL"] == "5,35E+11"]
    assert (row["KELAS"], row["VKRN_P2APST"]) == ("IN_DOUBT", "43")
    assert "row 2 of P2APST" in row["ALASAN"]


def test_reconcile_ends_well_when_registers_and_meters_agree(sop: Sop, tmp_path: Path) -> None:
    with Store(tmp_path / "shift.db") as store:
        write(store, "00000000018", PASSED)
    Path("ap2t.csv").write_text("NO METER;VKRN\n00000000018;43\n")
    assert sop("reconcile", "--store", "shift.db", "--ap2t", "ap2t.csv").code == 0
    Path("ap2t.csv").write_text("NO METER;VKRN\n00000000018;41\n")
    assert sop("reconcile", "--store", "shift.db", "--ap2t", "ap2t.csv").code == 1


def test_reconcile_compares_both_registers_in_the_zone_that_is_named(sop: Sop, shift: Path) -> None:
    Path("ap2t.csv").write_text("IDPEL;NO METER;VKRN\n5350700;00000000018;43\n")
    Path("p2apst.csv").write_text("IDPEL;TGUPDATE;VKRN\n5350700;26-01-2021 13:00;41\n")
    ran = sop(
        "reconcile",
        "--store",
        "shift.db",
        "--ap2t",
        "ap2t.csv",
        "--p2apst",
        "p2apst.csv",
        "--zone",
        "wit",
        "--json",
    )
    row = json.loads(ran.out.splitlines()[0])
    assert (row["VKRN_AP2T"], row["VKRN_P2APST"], row["KELAS"]) == ("43", "41", "CHANGED_NOT_CONFIRMED")
    assert row["TGL_UPDATE"] == "26-01-2021 13:00"


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--store", "nix.db", "--ap2t", "ap2t.csv"), "no store at nix.db"),
        (("--store", "ap2t.csv", "--ap2t", "ap2t.csv"), "cannot be read as a kctrig store"),
        (("--store", "shift.db", "--ap2t", "nix.csv"), "nix.csv"),
        (("--store", "shift.db", "--store", "nix.db", "--ap2t", "ap2t.csv"), "no store at nix.db"),
        (("--store", "shift.db", "--ap2t", "ap2t.csv", "--zone", "Mars"), "no time zone 'Mars'"),
        (("--store", "shift.db", "--ap2t", "bad.csv"), "VKRN / KONFIRMASI"),
        (("--store", "shift.db", "--ap2t", "ap2t.csv", "--out", "out.txt"), ".xlsx"),
        (("--store", "shift.db", "--ap2t", "ap2t.csv", "--out", "ap2t.csv"), "itself"),
        (("--store", "shift.db", "--ap2t", "ap2t.csv", "--out", "no/out.csv"), "out.csv"),
    ],
)
def test_reconcile_refuses_in_one_line_and_writes_nothing(
    sop: Sop, shift: Path, words: tuple[str, ...], said: str
) -> None:
    Path("ap2t.csv").write_text("NO METER;VKRN\n00000000018;43\n")
    Path("bad.csv").write_text("NO METER;GARDU\n00000000018;43\n")
    before = sorted(Path.cwd().glob("[!s]*"))
    ran = sop("reconcile", *words, "--lang", "en")
    assert ran.code == 2
    assert said in ran.err.splitlines()[-1]
    assert sorted(Path.cwd().glob("[!s]*")) == before  # SQLite keeps files of its own beside the store


@pytest.mark.parametrize("name", ["triage", "explain", "reconcile"])
def test_help_has_an_example_and_the_exit_codes(sop: Sop, name: str) -> None:
    ran = sop(name, "--help")
    assert f"kctrig sop {name}" in ran.out
    assert "Exit codes" in ran.out
