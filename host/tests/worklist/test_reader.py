"""Files as they come: encodings, delimiters, workbooks, and files that are no work lists."""

import codecs
import io
import subprocess
import sys
import zipfile
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from pathlib import Path

import openpyxl
import pytest
from kctrig.worklist.reader import read
from kctrig.worklist.rows import WorkList, WorkListError

SHARED = Path(__file__).parents[4] / "shared" / "worklists"
BRANDS = {"HEXING": "hexing", "ITRON": "itron_ace9000", "SANXING": "sanxing", "STAR": "star"}
HEADER = ["IDPEL", "NO_METER", "MERK_TYPE", "VKRN", "TOKEN_1", "TOKEN_2", "TGL_TERBIT", "ALAMAT"]
ROW = [
    "535070000001",
    "00000000018",
    "HEXING/HXE116-KP",
    "41",
    "65652931283250951756",
    "40338491193860092817",
    "2021-01-26",
    "Jl. Ca\u00f1on 1",
]


def brand_of(merk_type: str) -> str | None:
    return BRANDS.get(merk_type.split("/")[0])


def lines(*rows: list[str], delimiter: str = ";", end: str = "\r\n") -> str:
    return end.join(delimiter.join(row) for row in rows) + end


def read_bytes(tmp_path: Path, content: bytes) -> WorkList:
    path = tmp_path / "list.csv"
    path.write_bytes(content)
    return read(path, brand_of)


def failure(tmp_path: Path, content: bytes) -> str:
    with pytest.raises(WorkListError) as caught:
        read_bytes(tmp_path, content)
    message = str(caught.value)
    assert "\n" not in message
    assert caught.value.effect == "nothing"
    return message


@pytest.mark.parametrize(
    "encode",
    [
        lambda text: codecs.BOM_UTF8 + text.encode("utf-8"),
        lambda text: text.encode("utf-8"),
        lambda text: codecs.BOM_UTF16_LE + text.encode("utf-16-le"),
        lambda text: codecs.BOM_UTF16_BE + text.encode("utf-16-be"),
        lambda text: text.encode("utf-16-le"),
        lambda text: text.encode("utf-16-be"),
        lambda text: text.encode("cp1252"),
    ],
    ids=[
        "utf-8 with mark",
        "utf-8",
        "utf-16-le with mark",
        "utf-16-be with mark",
        "utf-16-le",
        "utf-16-be",
        "cp1252",
    ],
)
@pytest.mark.parametrize("delimiter", [";", ",", "\t"])
def test_every_encoding_and_delimiter_gives_the_same_row(
    tmp_path: Path, encode: Callable[[str], bytes], delimiter: str
) -> None:
    found = read_bytes(tmp_path, encode(lines(HEADER, ROW, delimiter=delimiter)))
    (row,) = found.rows
    assert (row.row_no, row.meter_no, row.profile_name) == (2, "00000000018", "hexing")
    assert row.tokens == (ROW[4], ROW[5])
    assert (row.idpel, row.vkrn, row.issued, row.address) == (ROW[0], "41", "2021-01-26", ROW[7])
    assert not found.defects
    assert not found.notes


def test_dashes_spaces_and_text_marks_in_cells_are_not_digits(tmp_path: Path) -> None:
    row = [*ROW]
    row[1] = "'00000000018"
    row[4] = "6565-2931-2832-5095-1756"
    row[5] = "4033 8491\u00a01938\u20136009 2817"
    assert read_bytes(tmp_path, lines(HEADER, row).encode()).rows[0].tokens == (ROW[4], ROW[5])


def test_a_text_formula_of_a_spreadsheet_is_its_text(tmp_path: Path) -> None:
    row = [*ROW]
    row[1] = '"=""00000000018"""'
    assert read_bytes(tmp_path, lines(HEADER, row).encode()).rows[0].meter_no == "00000000018"


def test_the_excel_separator_line_is_no_row(tmp_path: Path) -> None:
    found = read_bytes(tmp_path, ("sep=;\r\n" + lines(HEADER, ROW)).encode())
    assert found.rows[0].row_no == 2


def test_row_numbers_count_title_rows_blank_rows_and_cells_of_several_lines(tmp_path: Path) -> None:
    title = ["Daftar KCT"]
    several = [*ROW]
    several[7] = '"Jl. Contoh\r\nNo. 1"'
    bad = [*ROW]
    bad[1] = "00000000026X"
    found = read_bytes(tmp_path, lines(title, HEADER, [""], several, bad).encode())
    assert found.rows[0].row_no == 4
    assert found.rows[0].address == "Jl. Contoh\r\nNo. 1"
    assert found.defects[0].row_no == 5


def test_header_names_are_found_in_any_case_and_order_and_other_columns_are_kept(tmp_path: Path) -> None:
    header = ["Petugas", "token 2", "Token.1", "no meter", "merk-type"]
    row = ["Budi", ROW[5], ROW[4], ROW[1], ROW[2]]
    (found,) = read_bytes(tmp_path, lines(header, row).encode()).rows
    assert found.tokens == (ROW[4], ROW[5])
    assert found.extra == (("Petugas", "Budi"),)
    assert (found.vkrn, found.idpel) == ("", "")


def test_a_missing_file_is_one_line(tmp_path: Path) -> None:
    with pytest.raises(WorkListError, match=r"nowhere\.csv: No such file") as caught:
        read(tmp_path / "nowhere.csv", brand_of)
    assert "\n" not in str(caught.value)


def test_a_folder_is_no_work_list(tmp_path: Path) -> None:
    with pytest.raises(WorkListError, match="check the name"):
        read(tmp_path, brand_of)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "empty"),
        (b"\xef\xbb\xbf\r\n", "empty"),
        (lines(ROW).encode(), "no header row"),
        (lines(["IDPEL", "NO_METER", "MERK_TYPE"]).encode(), "no column TOKEN_1"),
        (lines(["MERK_TYPE", "TOKEN_1", "TOKEN_2"], ["x"]).encode(), "no column NO_METER"),
        (lines([*HEADER, "no meter"], ROW).encode(), "two columns are both NO_METER"),
        (b"\xd0\xcf\x11\xe0 and so on", "old .xls"),
        (b"PK\x03\x04 and so on", "not a readable .xlsx"),
        ((lines(HEADER) + '"never closed;1;2\r\n').encode(), "quotation mark"),
        (b"\xff\xfe" + lines(HEADER).encode("utf-16-le") + b"\x00\xd8\n\x00", "not valid utf-16"),
    ],
)
def test_a_file_that_is_no_work_list_is_one_line(tmp_path: Path, content: bytes, words: str) -> None:
    assert words in failure(tmp_path, content)


def test_a_header_without_rows_is_an_empty_list(tmp_path: Path) -> None:
    found = read_bytes(tmp_path, lines(HEADER).encode())
    assert (found.rows, found.defects) == ((), ())


def workbook(*rows: Sequence[object], sheets: tuple[str, ...] = ("Bank KCT",)) -> bytes:
    book = openpyxl.Workbook()
    book.remove(book.worksheets[0])
    for name in sheets:
        sheet = book.create_sheet(name)
        for row in rows:
            sheet.append(row)
    target = io.BytesIO()
    book.save(target)
    return target.getvalue()


def test_a_workbook_with_text_cells_reads_like_a_csv(tmp_path: Path) -> None:
    found = read_bytes(tmp_path, workbook(HEADER, [*ROW[:6], datetime(2021, 1, 26), ROW[7]]))
    assert found.rows == read_bytes(tmp_path, lines(HEADER, ROW).encode()).rows


@pytest.mark.parametrize("value", [65652931283250951756, 6.565293128325095e19])
def test_a_token_in_a_numeric_cell_is_lost(tmp_path: Path, value: float) -> None:
    row: list[object] = [*ROW]
    row[4] = value
    found = read_bytes(tmp_path, workbook(HEADER, row))
    assert not found.rows
    assert "row 2, TOKEN_1: 6.56529E+19" in str(found.defects[0])
    assert "lost" in str(found.defects[0])


def test_a_meter_number_in_a_numeric_cell_without_its_zeros_is_asked_about(tmp_path: Path) -> None:
    row: list[object] = [*ROW]
    row[1] = 18
    found = read_bytes(tmp_path, workbook(HEADER, row))
    assert "row 2, NO_METER: 18 has 2 digits, not 11" in str(found.defects[0])


def test_a_meter_number_in_a_numeric_cell_that_lost_nothing_is_read(tmp_path: Path) -> None:
    row: list[object] = [*ROW]
    row[1] = 14012345673.0
    assert read_bytes(tmp_path, workbook(HEADER, row)).rows[0].meter_no == "14012345673"


def test_blank_rows_of_a_workbook_count(tmp_path: Path) -> None:
    found = read_bytes(tmp_path, workbook(HEADER, [], [None] * 8, [*ROW]))
    assert found.rows[0].row_no == 4


def test_two_sheets_with_work_lists_are_not_chosen_between(tmp_path: Path) -> None:
    assert "'A' and 'B'" in failure(tmp_path, workbook(HEADER, [*ROW], sheets=("A", "B")))


def test_a_workbook_without_a_header_says_so(tmp_path: Path) -> None:
    assert "no sheet has a header row" in failure(tmp_path, workbook([*ROW]))


@pytest.mark.skipif(not SHARED.is_dir(), reason="the folder ../shared with others' work lists is not here")
def test_the_bank_list_of_others_reads_whole() -> None:
    found = read(SHARED / "bank_kct.csv", brand_of)
    assert [row.meter_no for row in found.rows] == [
        "00000000018",
        "00000000026",
        "00000000034",
        "00000000174",
    ]
    assert [row.profile_name for row in found.rows] == ["hexing", "itron_ace9000", "sanxing", "star"]
    assert all(len(row.tokens) == 2 for row in found.rows)
    assert (found.defects, found.notes) == ((), ())


@pytest.mark.skipif(not SHARED.is_dir(), reason="the folder ../shared with others' work lists is not here")
def test_every_bad_row_of_the_defect_list_of_others_gets_one_line() -> None:
    found = read(SHARED / "bank_kct_defects.csv", brand_of)
    assert [row.row_no for row in found.rows] == [3, 6]
    assert [defect.row_no for defect in found.defects] == [2, 4, 5, 7, 8, 9, 10, 11, 12]
    assert [note.row_no for note in found.notes] == [6]


def long_list() -> Iterator[list[str]]:
    """A hundred thousand rows; one in a hundred ends in five zeros, as a rounded token does."""
    yield HEADER
    for number in range(100_000):
        token = (1 << 60) + (2 << 27) + (number << 32)
        yield [ROW[0], f"{number:011d}", *ROW[2:4], f"{token + 1:020d}", f"{token + 3:020d}", *ROW[6:]]


def long_csv(path: Path) -> None:
    with path.open("w", encoding="utf-8") as out:
        out.writelines(";".join(row) + "\r\n" for row in long_list())


def long_xlsx(path: Path) -> None:
    """As spreadsheets save it: strings apart from the cells."""
    space = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    office = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
    package = "http://schemas.openxmlformats.org/package/2006/relationships"
    strings: dict[str, int] = {}
    lines = []
    for at, row in enumerate(long_list(), start=1):
        numbers = [strings.setdefault(cell, len(strings)) for cell in row]
        cells = zip("ABCDEFGH", numbers, strict=True)
        inner = "".join(f'<c r="{name}{at}" t="s"><v>{number}</v></c>' for name, number in cells)
        lines.append(f'<row r="{at}">{inner}</row>')
    parts = {
        "xl/workbook.xml": f'<workbook xmlns="{space}" xmlns:r="{office}"><sheets>'
        '<sheet name="KCT" sheetId="1" r:id="a"/></sheets></workbook>',
        "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{package}"><Relationship Id="a" '
        f'Type="{office}/worksheet" Target="worksheets/sheet1.xml"/></Relationships>',
        "xl/worksheets/sheet1.xml": f'<worksheet xmlns="{space}"><sheetData>{"".join(lines)}</sheetData></worksheet>',
        "xl/sharedStrings.xml": f'<sst xmlns="{space}">{"".join(f"<si><t>{text}</t></si>" for text in strings)}</sst>',
    }
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as book:
        for name, text in parts.items():
            book.writestr(name, text)


# Processor time, start of Python included: what else runs on the machine does not count.
MEASURE = """
import resource, sys, time
from kctrig.worklist.reader import read
found = read(sys.argv[1], lambda merk_type: "hexing")
print(time.process_time(), resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)
print(len(found.rows), len(found.rows) + len(found.defects))
"""


@pytest.mark.timing
@pytest.mark.skipif(sys.platform != "linux", reason="memory is counted in other units elsewhere")
@pytest.mark.parametrize("make", [long_csv, long_xlsx])
def test_a_hundred_thousand_rows_are_read_in_ten_seconds_and_300_mb(
    tmp_path: Path, make: Callable[[Path], None]
) -> None:
    path = tmp_path / "long"
    make(path)
    ran = subprocess.run(
        [sys.executable, "-c", MEASURE, str(path)], capture_output=True, text=True, check=True
    )
    seconds, mb, rows, all_rows = map(float, ran.stdout.split())
    assert seconds < 10
    assert mb < 300
    assert rows > 98_000
    assert all_rows == 100_000
