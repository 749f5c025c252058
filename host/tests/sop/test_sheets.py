"""Tables out: whole or not at all, and no spreadsheet runs what a file brought in."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator
from pathlib import Path

import openpyxl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from kctrig.sop import workbook
from kctrig.sop.sheets import write
from kctrig.sop.table import TableError
from kctrig.worklist.safe import text_of

HEADER = ("IDPEL", "NAMA", "KOSONG")
ROWS = [("535070000001", "=HYPERLINK(0)", ""), ("+62", "@a", "-1"), ("00000000018", "#N/A", "René <b>&")]


def read_csv(path: Path) -> list[list[str]]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.reader(file, delimiter=";"))


def read_xlsx(path: Path) -> list[tuple[str, ...]]:
    sheet = openpyxl.load_workbook(path).active
    assert sheet is not None
    return [
        tuple("" if value is None else str(value) for value in row)
        for row in sheet.iter_rows(values_only=True)
    ]


def test_cells_of_a_csv_are_marked_where_a_spreadsheet_would_run_them(tmp_path: Path) -> None:
    path = tmp_path / "out.csv"
    write(path, HEADER, ROWS, {})
    found = read_csv(path)
    assert found[1] == ["535070000001", "'=HYPERLINK(0)", ""]
    assert found[2] == ["'+62", "'@a", "'-1"]
    assert [tuple(map(text_of, row)) for row in found[1:]] == ROWS


def test_cells_of_a_workbook_are_texts_and_never_formulas_numbers_or_errors(tmp_path: Path) -> None:
    path = tmp_path / "out.xlsx"
    write(path, HEADER, ROWS, {})
    sheet = openpyxl.load_workbook(path).active
    assert sheet is not None
    assert {cell.data_type for row in sheet.iter_rows() for cell in row if cell.value is not None} <= {
        "s",
        "inlineStr",
    }
    assert read_xlsx(path) == [HEADER, *ROWS]
    assert sheet.freeze_panes == "A2"


def test_json_carries_rows_by_name_and_what_is_said_about_them(tmp_path: Path) -> None:
    path = tmp_path / "out.json"
    write(path, HEADER, ROWS, {"counts": {"IN_ORDER": 3}})
    found = json.loads(path.read_text(encoding="utf-8"))
    assert found["counts"] == {"IN_ORDER": 3}
    assert [tuple(row.values()) for row in found["rows"]] == ROWS
    write(path, HEADER, [], {})
    assert json.loads(path.read_text(encoding="utf-8")) == {"rows": []}


def test_another_ending_is_refused(tmp_path: Path) -> None:
    with pytest.raises(TableError, match=r"must end in \.csv, \.xlsx or \.json"):
        write(tmp_path / "out.txt", HEADER, ROWS, {})


@pytest.mark.parametrize("name", ["out.csv", "out.xlsx", "out.json"])
def test_a_table_that_breaks_off_leaves_the_old_file_and_no_part(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    path.write_text("old")

    def broken() -> Iterator[tuple[str, ...]]:
        yield from ROWS
        raise OSError(28, "No space left on device")

    with pytest.raises(TableError, match="the disk is full"):
        write(path, HEADER, broken(), {})
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_more_rows_than_a_sheet_has_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workbook, "ROWS_MAX", 3)
    with pytest.raises(TableError, match="3 rows at most"):
        write(tmp_path / "out.xlsx", HEADER, ROWS, {})


def test_columns_are_named_as_a_spreadsheet_names_them(tmp_path: Path) -> None:
    path = tmp_path / "out.xlsx"
    header = [f"K{number}" for number in range(60)]
    write(path, header, [header], {})
    sheet = openpyxl.load_workbook(path).active
    assert sheet is not None
    assert (sheet["Z2"].value, sheet["AA2"].value, sheet["BH2"].value) == ("K25", "K26", "K59")


TEXT = st.text(st.characters(blacklist_categories=["Cs", "Cc"]), max_size=12)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=40)
@given(st.lists(st.tuples(TEXT, TEXT, TEXT), max_size=5))
def test_what_is_written_is_read_back(tmp_path: Path, rows: list[tuple[str, str, str]]) -> None:
    for name in ("out.csv", "out.xlsx"):
        write(tmp_path / name, HEADER, rows, {})
    assert [tuple(map(text_of, row)) for row in read_csv(tmp_path / "out.csv")[1:]] == rows
    kept = [tuple(text.translate({0xFFFE: None, 0xFFFF: None}) for text in row) for row in rows]
    found = read_xlsx(tmp_path / "out.xlsx")[1:]
    assert [row for row in found if any(row)] == [row for row in kept if any(row)]
