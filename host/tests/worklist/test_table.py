"""Tables are read back as they were written, CSV and workbook, whatever stands in the cells."""

from __future__ import annotations

import csv
from pathlib import Path

import openpyxl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from kctrig.worklist import table
from kctrig.worklist.rows import WorkListError
from kctrig.worklist.safe import text_of
from kctrig.worklist.workbook import Workbook

CELLS = st.text(max_size=12) | st.text(alphabet="=+-@'\"#;,\t\r\n_x0041 \x00\x0b\ufffe", max_size=12)
WICKED = [
    "=1+1",
    "+1",
    "-1",
    "@x",
    "#REF!",
    "_x0041_",
    "a\rb",
    "a\r\nb",
    "\0",
    "'",
    "00000000018",
    "7E5",
    " x ",
    "\ufeff",
]


@pytest.mark.parametrize("name", ["t.csv", "t.xlsx"])
def test_wicked_cells_come_back_as_they_were(tmp_path: Path, name: str) -> None:
    rows = [[cell, "x"] for cell in WICKED]
    table.write(tmp_path / name, ["A", "=B"], rows)
    assert read_back(tmp_path / name) == [["A", "=B"], *rows]


def read_back(path: Path) -> list[list[str]]:
    if path.suffix == ".csv":
        with path.open(encoding="utf-8-sig", newline="") as file:
            return [[text_of(cell) for cell in line] for line in csv.reader(file, delimiter=";", strict=True)]
    book = Workbook(path.read_bytes())
    return [[str(cell) for cell in cells] for _, cells in book.rows(book.sheets[0])]


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60, deadline=None)
@given(rows=st.lists(st.tuples(CELLS, CELLS), max_size=5), name=st.sampled_from(["t.csv", "t.xlsx"]))
def test_any_text_comes_back_as_it_was(tmp_path: Path, rows: list[tuple[str, str]], name: str) -> None:
    path = tmp_path / name
    table.write(path, ["A", "B"], rows)
    padded = [[*row, *[""] * (2 - len(row))] for row in read_back(path)]
    assert padded == [["A", "B"], *([a, b] for a, b in rows)]


def test_no_cell_of_a_workbook_is_anything_but_text(tmp_path: Path) -> None:
    path = tmp_path / "t.xlsx"
    table.write(path, ["A"], [[cell] for cell in WICKED])
    sheet = openpyxl.load_workbook(path).worksheets[0]
    assert {row[0].data_type for row in sheet.iter_rows()} == {"s"}
    assert {row[0].number_format for row in sheet.iter_rows()} == {"@"}


def test_a_csv_opens_in_a_spreadsheet_of_the_country(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    table.write(path, ["A", "B"], [["1", "2"]])
    assert path.read_bytes() == b"\xef\xbb\xbfA;B\r\n1;2\r\n"


def test_a_failed_write_leaves_the_old_file_and_nothing_else(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_text("old")

    def rows() -> object:
        yield ["1"]
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        table.write(path, ["A"], rows())  # type: ignore[arg-type]
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_a_name_of_another_format_and_a_folder_that_is_not_there_are_one_line_each(tmp_path: Path) -> None:
    with pytest.raises(WorkListError, match=r"name the file \.csv or \.xlsx"):
        table.write(tmp_path / "t.xls", ["A"], [])
    with pytest.raises(WorkListError, match="cannot be written: No such file"):
        table.write(tmp_path / "no" / "t.csv", ["A"], [])
