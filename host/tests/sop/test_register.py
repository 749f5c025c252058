"""Rows of AP2T and P2APST: what is registered, what is wrong with the row, and that none is lost."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st
from kctrig.sop.moments import Moment
from kctrig.sop.names import AP2T, P2APST
from kctrig.sop.register import Confirmation, Footer, Registered, read_register
from kctrig.sop.table import read_content
from kctrig.sop.vkrn import Vkrn

HEAD = "IDPEL;NO METER;VKRN;KONFIRMASI;TGL UPDATE;JAM UPDATE\n"


def read(*lines: str) -> list[Registered | Footer]:
    content = (HEAD + "\n".join(lines) + "\n").encode()
    return list(read_register(read_content(content, AP2T, "x")))


def one(line: str) -> Registered:
    (row,) = read(line)
    assert isinstance(row, Registered)
    return row


def wrong(row: Registered) -> str:
    return "; ".join(map(str, row.problems))


def test_a_whole_row_is_read() -> None:
    row = one("535070000001;00000000018;43;Berhasil;26-01-2021;13.00")
    assert (row.meter_no, row.vkrn, row.confirmation) == ("00000000018", Vkrn.KRN2, Confirmation.BERHASIL)
    assert row.update == Moment(date(2021, 1, 26), 780)
    assert row.updated is True
    assert not row.problems


@pytest.mark.parametrize(("confirmed", "updated"), [("Berhasil", True), ("GAGAL", False), ('"Gagal"', False)])
def test_where_vkrn_is_missing_the_confirmation_counts(confirmed: str, updated: bool) -> None:
    assert one(f"1;00000000018;;{confirmed};;").updated is updated


def test_a_confirmation_that_the_vkrn_contradicts_is_remarked_and_the_vkrn_counts() -> None:
    row = one("1;00000000018;41;Berhasil;;")
    assert row.updated is False
    assert "confirmed Berhasil, yet VKRN 41" in str(row.remarks[0])


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("1;18;43;;;", "not 11 or 13 digits"),
        ("1;1,8E+10;43;;;", "rounded by a spreadsheet"),
        ("12345;;43;;;", "is empty"),
        ("1;00000000018;44;;;", "not 41, 42 or 43"),
        ("1;00000000018;;;;", "VKRN is empty"),
    ],
)
def test_a_row_that_cannot_be_compared_is_kept_with_its_defect(line: str, said: str) -> None:
    assert said in wrong(one(line))


@pytest.mark.parametrize("when", ["31-02-2021;", "kemarin;", "26-01-2021;siang"])
def test_a_time_that_cannot_be_read_is_remarked_and_the_row_still_compared(when: str) -> None:
    row = one(f"1;00000000018;43;;{when}")
    assert not row.problems
    assert "time of update" in str(row.remarks[0])


def test_a_confirmation_nobody_knows_is_remarked() -> None:
    assert "neither Berhasil nor Gagal" in str(one("1;00000000018;43;Entah;;").remarks[0])


def test_cells_right_of_the_header_are_remarked() -> None:
    assert "has a column shifted? 'lebih'" in str(one("1;00000000018;43;;;;lebih").remarks[0])


def test_where_commas_part_cells_a_row_with_one_too_many_cannot_be_compared() -> None:
    content = b"NO_METER,ALAMAT,VKRN_LAMA,VKRN\n00000000018,Jl. Melati, No. 5,41,43\n"
    (row,) = read_register(read_content(content, AP2T, "x"))
    assert isinstance(row, Registered)
    assert "has a column shifted? '43'" in str(row.problems[0])


def test_a_sum_at_the_end_is_no_meter_and_is_said() -> None:
    (row,) = read("Jumlah: 4 pelanggan;;;;;")
    assert isinstance(row, Footer)
    assert "Jumlah" in str(row.said)


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("5,35E+11;43;26-01-2021", "IDPEL 5,35E+11 was rounded by a spreadsheet"),
        (";43;26-01-2021", "neither a meter number nor an IDPEL"),
    ],
)
def test_a_row_of_p2apst_that_names_nobody_is_a_row_with_a_problem(line: str, said: str) -> None:
    content = f"IDPEL;VKRN;TGL UPDATE\n{line}\n".encode()
    (row,) = read_register(read_content(content, P2APST, "x"), needs_meter=False)
    assert isinstance(row, Registered)
    assert said in wrong(row)
    assert not row.is_named


def test_a_rounded_idpel_beside_a_meter_number_is_a_remark() -> None:
    content = b"IDPEL;NO METER;VKRN\n5,35E+11;00000000018;43\n"
    (row,) = read_register(read_content(content, P2APST, "x"), needs_meter=False)
    assert isinstance(row, Registered)
    assert (row.problems, row.is_named) == ((), True)
    assert "rounded" in str(row.remarks[0])


def test_a_sum_of_p2apst_is_no_meter() -> None:
    content = b"IDPEL;VKRN;TGL UPDATE\nJumlah;4;\n"
    (row,) = read_register(read_content(content, P2APST, "x"), needs_meter=False)
    assert isinstance(row, Footer)


def test_the_page_code_of_p2apst_carries_the_time_of_update() -> None:
    content = b"IDPEL;KODESTATUS/KIRIM/TGUPDATE\n535070000001;1/ 1 / 26-01-2021/13:00:00 A\n"
    (row,) = read_register(read_content(content, P2APST, "x"), needs_meter=False)
    assert isinstance(row, Registered)
    assert row.update == Moment(date(2021, 1, 26), 780, 0)
    assert not row.problems


CELL = st.text(st.characters(blacklist_characters=';"\r\n\0', blacklist_categories=["Cs"]), max_size=8)
LINE = st.lists(CELL, min_size=6, max_size=6)


@given(st.lists(LINE, max_size=6))
def test_every_row_with_anything_in_it_comes_out_once(lines: list[list[str]]) -> None:
    found = read(*(";".join(cells) for cells in lines))
    filled = [number for number, cells in enumerate(lines, start=2) if any(cell.strip() for cell in cells)]
    assert [row.row_no for row in found] == filled
