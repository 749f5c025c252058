"""Files as they should not be: one clear line each, nothing dropped silently, nothing but WorkListError."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path

import openpyxl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from kctrig.worklist import table, workbook
from kctrig.worklist.reader import read, read_each
from kctrig.worklist.rows import WorkList, WorkListError

HEADER = ["NO_METER", "MERK_TYPE", "VKRN", "TOKEN_1", "TOKEN_2", "ALAMAT"]
ROW = ["00000000018", "HEXING", "41", "65652931283250951756", "40338491193860092817", "Jl. Melati 2"]
SPACE = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
STRICT = "http://purl.oclc.org/ooxml/spreadsheetml/main"


def brand_of(merk_type: str) -> str | None:
    return "hexing" if merk_type.startswith("HEXING") else None


def found_in(tmp_path: Path, content: bytes) -> WorkList:
    path = tmp_path / "list"
    path.write_bytes(content)
    return read(path, brand_of)


def failure(tmp_path: Path, content: bytes) -> str:
    with pytest.raises(WorkListError) as caught:
        found_in(tmp_path, content)
    assert "\n" not in str(caught.value)
    return str(caught.value)


def csv_of(*rows: list[str]) -> bytes:
    return "".join(";".join(row) + "\r\n" for row in rows).encode()


def xlsx_of(sheet: str, *, shared: str = "", styles: str = "", space: str = SPACE) -> bytes:
    """A workbook whose sheet data is written out, as no library would write it."""
    relations = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
    packages = "http://schemas.openxmlformats.org/package/2006/relationships"
    parts = {
        "xl/workbook.xml": f'<workbook xmlns="{space}" xmlns:r="{relations}"><sheets>'
        '<sheet name="KCT" sheetId="1" r:id="rId1"/></sheets></workbook>',
        "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{packages}">'
        f'<Relationship Id="rId1" Type="{relations}/worksheet" Target="/xl/worksheets/sheet1.xml"/></Relationships>',
        "xl/worksheets/sheet1.xml": f'<worksheet xmlns="{space}"><sheetData>{sheet}</sheetData></worksheet>',
    }
    if shared:
        parts["xl/sharedStrings.xml"] = f'<sst xmlns="{space}">{shared}</sst>'
    if styles:
        parts["xl/styles.xml"] = f'<styleSheet xmlns="{space}">{styles}</styleSheet>'
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w") as book:
        for name, text in parts.items():
            book.writestr(name, text)
    return target.getvalue()


def texts(row_no: int, cells: list[str]) -> str:
    inner = "".join(f'<c t="inlineStr"><is><t>{cell}</t></is></c>' for cell in cells)
    return f'<row r="{row_no}">{inner}</row>'


def test_strings_shared_by_a_workbook_are_read_without_their_furigana(tmp_path: Path) -> None:
    words = [*HEADER, *ROW]
    shared = "".join(f"<si><r><t>{word[:3]}</t></r><r><t>{word[3:]}</t></r></si>" for word in words[:-1])
    shared += "<si><t>Jl. Melati 2</t><rPh><t>never</t></rPh></si>"
    rows = [range(6), range(6, 12)]
    sheet = "".join(
        f'<row r="{at}">' + "".join(f'<c t="s"><v>{number}</v></c>' for number in numbers) + "</row>"
        for at, numbers in enumerate(rows, start=1)
    )
    (row,) = found_in(tmp_path, xlsx_of(sheet, shared=shared)).rows
    assert (row.meter_no, row.tokens, row.address) == (ROW[0], (ROW[3], ROW[4]), "Jl. Melati 2")


def test_a_workbook_in_the_strict_form_is_read_too(tmp_path: Path) -> None:
    content = xlsx_of(texts(1, HEADER) + texts(2, ROW), space=STRICT)
    assert found_in(tmp_path, content).rows[0].tokens == (ROW[3], ROW[4])


def test_cells_stand_where_their_references_say_and_rows_where_their_numbers_say(tmp_path: Path) -> None:
    sheet = (
        texts(1, HEADER)
        + '<row r="900000"><c r="F900000" t="str"><v>far</v></c><c r="A900000"><v>18</v></c></row>'
    )
    found = found_in(tmp_path, xlsx_of(sheet))
    assert found.defects[0].row_no == 900_000
    assert "NO_METER: 18 has 2 digits" in str(found.defects[0])


def test_a_lone_cell_at_the_far_end_of_a_sheet_costs_nothing(tmp_path: Path) -> None:
    sheet = texts(1, HEADER) + texts(2, ROW) + '<row r="1048576"><c r="XFD1048576"><v>1</v></c></row>'
    found = found_in(tmp_path, xlsx_of(sheet))
    assert len(found.rows) == len(found.defects) == 1


def test_a_formula_without_a_stored_result_and_an_error_are_no_empty_cells(tmp_path: Path) -> None:
    bare = '<c r="E2"><f>A1</f></c>'
    broken = '<c r="E3" t="e"><v>#REF!</v></c>'
    sheet = texts(1, HEADER)
    sheet += texts(2, ROW[:4]).replace("</row>", bare + "</row>")
    sheet += texts(3, ["00000000026", *ROW[1:4]]).replace("</row>", broken + "</row>")
    found = found_in(tmp_path, xlsx_of(sheet))
    assert [str(defect).split(";")[0] for defect in found.defects] == [
        "row 2, TOKEN_2: #NO_VALUE! is an error of the spreadsheet, not a value",
        "row 3, TOKEN_2: #REF! is an error of the spreadsheet, not a value",
    ]


def test_dates_numbers_and_truths_of_a_workbook_are_texts_as_a_person_reads_them(tmp_path: Path) -> None:
    header = [*HEADER[:5], "TGL_TERBIT", "ALAMAT", "X"]
    cells = texts(2, ROW[:5]).replace(
        "</row>", '<c s="1"><v>44222</v></c><c><v>1.5</v></c><c t="b"><v>1</v></c></row>'
    )
    styles = '<cellXfs><xf numFmtId="0"/><xf numFmtId="14"/></cellXfs>'
    (row,) = found_in(tmp_path, xlsx_of(texts(1, header) + cells, styles=styles)).rows
    assert (row.issued, row.address, row.extra) == ("2021-01-26", "1.5", (("X", "TRUE"),))


def test_rows_out_of_order_are_a_damaged_workbook(tmp_path: Path) -> None:
    assert "not a readable .xlsx" in failure(
        tmp_path, xlsx_of(texts(1, HEADER) + texts(3, ROW) + texts(2, ROW))
    )


def test_a_sheet_of_another_office_is_said_to_be_one(tmp_path: Path) -> None:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w") as book:
        book.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")
    assert "OpenDocument" in failure(tmp_path, target.getvalue())


def test_a_web_page_named_as_a_workbook_is_said_to_be_one(tmp_path: Path) -> None:
    page = b"\r\n<HTML><body><table><tr><td>NO_METER</td></tr></table>"
    assert "a web page, whatever its name says" in failure(tmp_path, page)


@pytest.mark.parametrize(
    ("header", "words"),
    [
        (
            ["NO_METER", "MERK_TYPE", "TOKEN", "", "", ""],
            "'TOKEN' stands over several columns (merged cells?)",
        ),
        (["NO_METER", "MERK_TYPE", "KCT", "", ""], "'KCT' stands over several columns"),
        (["NO_METER", "", "TOKEN_1", "TOKEN_2"], "no column MERK_TYPE"),
        (["MERK_TYPE", "TOKEN_1", "TOKEN_2"], "no column NO_METER"),
        (["NO_METER", "TOKEN_1", "no. meter", "MERK_TYPE"], "two columns are both NO_METER"),
        (["METER", "MEREK", "A", "B"], "no header row"),
    ],
)
def test_a_header_that_cannot_be_used_is_one_line(tmp_path: Path, header: list[str], words: str) -> None:
    line = failure(tmp_path, csv_of(header, ROW))
    assert words in line


def test_a_token_under_merged_header_cells_is_not_dropped(tmp_path: Path) -> None:
    header = ["NO_METER", "MERK_TYPE", "VKRN", "TOKEN_1", "TOKEN_2", "", "ALAMAT"]
    row = [*ROW[:5], "7172-8297-5148-8625-8691", ROW[5]]
    (defect,) = found_in(tmp_path, csv_of(header, row)).defects
    assert "column without a name: what looks like a token stands where no column is named" in str(defect)


def test_other_cells_under_no_name_are_said(tmp_path: Path) -> None:
    header = ["", *HEADER]
    found = found_in(tmp_path, csv_of(header, ["1", *ROW]))
    assert "column without a name: 1 cell not read" in str(found.notes[0])


def test_rows_that_are_too_long_or_too_short_are_judged_by_what_they_have(tmp_path: Path) -> None:
    content = csv_of(HEADER, [*ROW, "lost"], ["00000000026"], [])
    found = found_in(tmp_path, content)
    assert "1 cell right of the last named column not read" in str(found.notes[0])
    assert "row 3, MERK_TYPE: is empty; " in str(found.defects[0])


def test_a_token_beyond_the_last_column_is_a_defect(tmp_path: Path) -> None:
    (defect,) = found_in(tmp_path, csv_of(HEADER, [*ROW, "71728297514886258691"])).defects
    assert "what looks like a token" in str(defect)
    assert "71728297514886258691" not in str(defect)


def test_a_zero_byte_is_damage_in_its_cell_and_not_utf_16(tmp_path: Path) -> None:
    content = csv_of(HEADER, ROW, ["000000000\x0026", *ROW[1:]])
    found = found_in(tmp_path, content)
    assert len(found.rows) == 1
    assert "row 3, NO_METER: '000000000\\x0026' has '\\x00' where a digit must be" in str(found.defects[0])


@pytest.mark.parametrize(
    "token", ["6,5652931283E+19", "6.5652931283E+19", "65652931283250951756,00", "65652931283250951756.0"]
)
def test_decimal_commas_and_points_make_no_token(tmp_path: Path, token: str) -> None:
    (defect,) = found_in(tmp_path, csv_of(HEADER, [*ROW[:3], token, *ROW[4:]])).defects
    assert "TOKEN_1" in str(defect)
    assert "65652931283250951756" not in str(defect)


def test_a_token_in_the_column_of_meter_numbers_is_masked(tmp_path: Path) -> None:
    shifted = [ROW[3], "6565-2931-2832-5095-1756", "65652931283250951756", *ROW[3:]]
    (defect,) = found_in(tmp_path, csv_of(HEADER, shifted)).defects
    assert "NO_METER: 6565…1756 has 20 digits" in str(defect)
    assert "no brand profile for '6565…1756'" in str(defect)


def test_windows_1252_is_read_and_bytes_that_are_none_of_it_are_one_line(tmp_path: Path) -> None:
    row = [*ROW[:5], "Jl. Caf\u00e9 \u201e1\u201c"]
    content = "\r\n".join([";".join(HEADER), ";".join(row)]).encode("cp1252")
    assert found_in(tmp_path, content).rows[0].address == row[5]
    assert "not valid cp1252" in failure(tmp_path, content + b"\x81\x8d")


def test_a_workbook_that_unpacks_to_more_than_anybody_needs_is_not_unpacked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(workbook, "_UNPACKED_MAX", 1000)
    assert "unpacks to over 1 GiB" in failure(tmp_path, xlsx_of(texts(1, HEADER) + texts(2, ROW)))


def a_workbook() -> bytes:
    book = openpyxl.Workbook()
    sheet = book.worksheets[0]
    for row in (HEADER, ROW):
        sheet.append(row)
    target = io.BytesIO()
    book.save(target)
    return target.getvalue()


WORKBOOK = a_workbook()
PIECES = st.sampled_from(
    [
        *(word.encode() for word in (*HEADER, *ROW)),
        b";",
        b",",
        b"\t",
        b"\r\n",
        b"\n",
        b"\r",
        b'"',
        b"\0",
        b"\xff\xfe",
    ]
    + [
        b"\xef\xbb\xbf",
        b"sep=;",
        b"sep=",
        b"=",
        b"'",
        b"\x81",
        b"7,1E+19",
        b"1e999",
        b"\xe2\x80\x94",
        b"#REF!",
    ]
)


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(PIECES | st.binary(max_size=6), max_size=40).map(b"".join))
def test_any_bytes_are_a_list_or_one_line(tmp_path: Path, content: bytes) -> None:
    is_read_or_one_line(tmp_path, content)


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(st.lists(PIECES | st.binary(max_size=4), max_size=9).map(b";".join), max_size=5).map(b"\n".join)
)
def test_any_rows_below_a_good_header_are_all_accounted_for(tmp_path: Path, body: bytes) -> None:
    is_read_or_one_line(tmp_path, ";".join(HEADER).encode() + b"\n" + body)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    places=st.lists(
        st.tuples(st.integers(0, len(WORKBOOK) - 1), st.integers(0, 255)), min_size=1, max_size=6
    ),
    cut=st.none() | st.integers(4, len(WORKBOOK)),
)
def test_a_damaged_workbook_is_a_list_or_one_line(
    tmp_path: Path, places: list[tuple[int, int]], cut: int | None
) -> None:
    content = bytearray(WORKBOOK)
    for at, byte in places:
        content[at] = byte
    is_read_or_one_line(tmp_path, bytes(content[:cut]))


XML = st.text(alphabet='<>/="rcvtfs1A2 n', max_size=60) | st.lists(
    st.sampled_from(
        [
            '<row r="2">',
            "<row>",
            "</row>",
            '<c r="A2">',
            '<c t="s">',
            '<c t="n" s="1">',
            "</c>",
            "<v>",
            "</v>",
        ]
        + [
            "7",
            "-1",
            "1e999",
            "nan",
            "text",
            "<f>",
            "</f>",
            '<c r="ZZZZ9">',
            '<c r="a1">',
            '<row r="x">',
            "<t>",
            "</t>",
        ]
    ),
    max_size=14,
).map("".join)


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(XML, st.sampled_from(["", "<si><t>x</t></si>", "<si>"]), st.sampled_from(["", "<cellXfs><xf/><xf numFmtId='14'/></cellXfs>", "<cellXfs><xf numFmtId='x'/></cellXfs>"]))  # fmt: skip
def test_a_workbook_of_any_xml_is_a_list_or_one_line(
    tmp_path: Path, xml: str, shared: str, styles: str
) -> None:
    is_read_or_one_line(tmp_path, xlsx_of(texts(1, HEADER) + xml, shared=shared, styles=styles))


def is_read_or_one_line(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "list"
    path.write_bytes(content)
    try:
        each, whole = read_each(path, brand_of), read(path, brand_of)
    except WorkListError as error:
        is_one_line(error)
        return
    assert len(whole.rows) + len(whole.defects) == len(each.rows) + len(each.defects)
    for report in (*whole.defects, *whole.notes):
        is_one_line(report)
    table.write(tmp_path / "back.csv", ["A"], [[row.address] for row in whole.rows])


def is_one_line(said: object) -> None:
    assert str(said)
    assert len(str(said).splitlines()) == 1


def test_a_row_whose_vkrn_a_comma_has_shifted_is_left_out(tmp_path: Path) -> None:
    header = ["NO_METER", "MERK_TYPE", "TOKEN_1", "TOKEN_2", "ALAMAT", "VKRN"]
    row = [ROW[0], ROW[1], ROW[3], ROW[4], "Jl. Melati, No. 5", "42"]
    content = "\n".join(",".join(line) for line in (header, row)).encode()
    (defect,) = found_in(tmp_path, content).defects
    assert "VKRN: 'No. 5' is no VKRN, and cells stand right of the last column" in str(defect)
