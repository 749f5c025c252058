"""Exports of other systems: headers in any spelling and storey, any usual encoding; one line for what cannot be read."""

from __future__ import annotations

import io
from pathlib import Path

import openpyxl
import pytest
from kctrig.sop.names import AP2T, HISTORY
from kctrig.sop.table import Row, Table, TableError, read_content, read_table


def rows(content: bytes) -> list[Row]:
    return list(read_content(content, AP2T, "x").rows)


def cells(content: bytes, name: str) -> list[str]:
    return [row.text(name) for row in rows(content)]


def workbook(*lines: list[object], merge: tuple[str, ...] = ()) -> bytes:
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    for line in lines:
        sheet.append(line)
    for area in merge:
        sheet.merge_cells(area)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


@pytest.mark.parametrize(
    "header",
    [
        "NO METER;VKRN",
        "No. Meter;vkrn",
        "NOMOR_METER;Vkrn Meter",
        "No KWH Meter;KODE VKRN",
        '"NO  METER";"VKRN"',
    ],
)
def test_columns_are_known_in_usual_spellings(header: str) -> None:
    assert cells(f"{header}\n00000000018;43\n".encode(), "VKRN") == ["43"]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "cp1252"])
@pytest.mark.parametrize("delimiter", [";", ",", "\t"])
def test_encodings_and_delimiters_are_found_out(encoding: str, delimiter: str) -> None:
    text = f"NAMA{delimiter}NO METER{delimiter}VKRN\nRené{delimiter}00000000018{delimiter}43\n"
    found = rows(text.encode(encoding))
    assert [(row.text("NO_METER"), row.text("VKRN"), row.all_cells[0]) for row in found] == [
        ("00000000018", "43", "René")
    ]


def test_titles_above_and_blank_rows_are_passed_over_and_row_numbers_kept() -> None:
    content = b"DATA PELANGGAN;;\n;;\nIDPEL;NO METER;VKRN\n;;\n1;00000000018;43\n"
    assert [row.row_no for row in rows(content)] == [5]
    assert "row 1 stands above the header" in str(read_content(content, AP2T, "x").notes[0])


def test_a_header_that_a_page_break_repeats_is_no_row() -> None:
    content = b"NO METER;VKRN\n00000000018;43\nNO METER;VKRN\n00000000026;41\n"
    assert cells(content, "VKRN") == ["43", "41"]


def test_a_merged_header_of_two_storeys_is_read_as_one() -> None:
    content = workbook(
        ["IDPEL", "APP/METER", None, "VKRN", None, "UPDATE", None],
        [None, "NO METER", "MERK", "LAMA", "BARU", "TGL", "JAM"],
        ["1", "00000000018", "HEXING", 41, 43, "26-01-2021", "13:00"],
        merge=("A1:A2", "B1:C1", "D1:E1", "F1:G1"),
    )
    table = read_content(content, AP2T, "x")
    assert "rows 1 and 2 are read as one header" in str(table.notes[0])
    assert "VKRN LAMA = VKRN_LAMA" in str(table.notes[0])
    row = next(table.rows)
    names = ("IDPEL", "NO_METER", "VKRN_LAMA", "VKRN", "TGL_UPDATE", "JAM_UPDATE")
    assert [row.text(name) for name in names] == ["1", "00000000018", "41", "43", "26-01-2021", "13:00"]


def test_the_two_storeys_of_a_history_are_read() -> None:
    content = b";TGL;JAM\nIDPEL;BAYAR;BAYAR\n1;26-01-2021;06:19:44\n"
    row = next(read_content(content, HISTORY, "x").rows)
    assert (row.text("TGL_BAYAR"), row.text("JAM_BAYAR")) == ("26-01-2021", "06:19:44")


def test_a_header_is_not_joined_with_the_first_meter() -> None:
    assert cells(b"IDPEL;NO METER;VKRN\n;00000000018;43\n", "NO_METER") == ["00000000018"]


def test_columns_that_are_not_read_are_named() -> None:
    table = read_content(b"NO METER;VKRN;GARDU\n1;43;G\n", AP2T, "x")
    assert "GARDU" in str(table.unread[0])


def test_cells_beyond_the_header_are_kept_when_a_row_is_handed_through() -> None:
    row = rows(b"NO METER;VKRN\n00000000018;43;lebih\n")[0]
    assert row.padded(2) == ("00000000018", "43 lebih")


def test_confirmation_may_stand_for_vkrn() -> None:
    assert cells(b"NO METER;KONFIRMASI\n00000000018;Gagal\n", "KONFIRMASI") == ["Gagal"]


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "empty"),
        (b"\xff\xfe", "empty"),
        (b"a;b\n1;2\n", "no row with the column names"),
        (b"NO METER;GARDU\n1;2\n", "needs a column VKRN / KONFIRMASI"),
        (b"VKRN;GARDU\n1;2\n", "needs a column NO_METER"),
        (b"NO METER;VKRN;VKRN METER\n1;2;3\n", "two columns are both VKRN"),
        (b'NO METER;VKRN\n"1;43\n', "quotation mark"),
        (b"\xd0\xcf\x11\xe0 old", "old .xls workbook"),
        (b"PK\x03\x04 damaged", "not a readable .xlsx"),
        (workbook(["a", "b"], [1, 2]), "no row with the column names"),
        (workbook(["NO METER", "b"], [1, 2]), "needs a column VKRN"),
    ],
)
def test_each_defect_of_a_file_is_one_line(content: bytes, said: str) -> None:
    with pytest.raises(TableError) as caught:
        rows(content)
    assert said in str(caught.value)
    assert "\n" not in caught.value.said.into("id")


def test_a_file_that_is_not_there_is_said_with_its_name(tmp_path: Path) -> None:
    with pytest.raises(TableError, match=r"nix\.csv: there is no such file"):
        read_table(tmp_path / "nix.csv", AP2T)


def test_reading_gives_a_table_with_its_header() -> None:
    table = read_content(b"No. Meter;VKRN\n", AP2T, "x")
    assert isinstance(table, Table)
    assert table.header == ("No. Meter", "VKRN")
    assert list(table.rows) == []


def test_a_title_right_above_the_header_is_no_storey_of_it() -> None:
    table = read_content(b"Laporan AP2T unit Depok;;\nNO METER;VKRN;GARDU\n00000000018;43;D1\n", AP2T, "x")
    assert table.header == ("NO METER", "VKRN", "GARDU")
    assert ["stands above the header" in str(note) for note in table.notes] == [True]
    assert [row.text("VKRN") for row in table.rows] == ["43"]
