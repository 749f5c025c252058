"""Rows of a work list: what is kept, what is left out, and what is said about it."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from kctrig.bench.station import job_of
from kctrig.procedure.verdicts import CreditQuestion
from kctrig.worklist.cells import (
    CellError,
    check_digit_fits,
    meter_number,
    number_as_text,
    token,
    token_class,
)
from kctrig.worklist.columns import read_header
from kctrig.worklist.judge import Cell, judge, judge_each
from kctrig.worklist.rows import WorkList

HEADER = ["NO_METER", "MERK_TYPE", "VKRN", "TOKEN_1", "TOKEN_2", "TOKEN_3", "TOKEN_KREDIT"]
A1, A2 = "65652931283250951756", "40338491193860092817"
B1, B2 = "41706638898323908127", "30338887405846209666"
CREDIT = "72768609259868874629"
NEW = "33445566779033218850"


def judged(*rows: str) -> WorkList:
    """Rows of cells parted by spaces, `-` an empty cell; the first is row 2."""
    cells = [["" if cell == "-" else cell for cell in row.split()] for row in rows]
    return judge(read_header(HEADER, 1), enumerate(cells, start=2), brand_of)


def brand_of(merk_type: str) -> str | None:
    return {"HEXING": "hexing", "STAR": "star"}.get(merk_type)


def only_defect(*rows: str) -> str:
    found = judged(*rows)
    (defect,) = found.defects
    assert defect.row_no not in {row.row_no for row in found.rows}
    assert "\n" not in str(defect)
    return str(defect)


def test_a_good_row_is_kept_without_a_word() -> None:
    found = judged(f"00000000018 HEXING 41 {A1} {A2}")
    assert (len(found.rows), found.defects, found.notes) == (1, (), ())


@pytest.mark.parametrize(
    ("row", "words"),
    [
        (f"00000000018 HEXING 41 {A1[:19]} {A2}", "row 2, TOKEN_1: has 19 digits, a token has 20; fetch"),
        (f"00000000018 HEXING 41 {A1}7 {A2}", "TOKEN_1: has 21 digits"),
        (f"00000000018 HEXING 41 {A1} 99999999999999999999", "TOKEN_2: is above 2^66-1"),
        (f"00000000018 HEXING 41 {A1} 73786976294838206464", "TOKEN_2: is above 2^66-1"),
        (f"00000000018 HEXING 41 {A1} 7.17283E+19", "TOKEN_2: 7.17283E+19 is a token that a spreadsheet"),
        (f"00000000018 HEXING 41 {A1} 7,17283E+19", "digits are lost"),
        (f"00000000018 HEXING 41 {A1} 71728297514886200000", "ends in five zeros"),
        (f"00000000018 HEXING 41 {A1} 4033849119386009281O", "TOKEN_2: has 'O' where a digit must be"),
        (f"00000000018 HEXING 41 {A1} -", "TOKEN_1: is the only token; a key change needs at least two"),
        (f"00000000018 HEXING 41 {A1} - {A2}", "TOKEN_2: is empty but a later token is there"),
        ("00000000018 HEXING 41 - -", "TOKEN_1: no token in this row"),
        (f"00000000018 HEXING 41 {A1} {A1}", "TOKEN_1 and TOKEN_2: the same token stands there twice"),
        (f"00000000018 HEXING 41 {A1} {CREDIT}", "TOKEN_2: is a credit token, not a key change token"),
        (
            f"00000000018 HEXING 41 {A1} {A2} - {A1}",
            "TOKEN_KREDIT: is a management token, not a credit token",
        ),
        (f"00000000018 HEXING 41 {A1} {A2} - 123", "TOKEN_KREDIT: has 3 digits"),
        (f"0000000017X HEXING 41 {A1} {A2}", "NO_METER: '0000000017X' has 'X' where a digit must be"),
        (f"26 HEXING 41 {A1} {A2}", "NO_METER: 26 has 2 digits, not 11; a spreadsheet may have eaten"),
        (f"000000000018 HEXING 41 {A1} {A2}", "NO_METER: 000000000018 has 12 digits, not 11 or 13"),
        (f"1.4E+10 HEXING 41 {A1} {A2}", "NO_METER: 1.4E+10 is a number that a spreadsheet rounded"),
        (f"- HEXING 41 {A1} {A2}", "NO_METER: is empty"),
        (f"00000000018 UNKNOWN/BRAND-1 41 {A1} {A2}", "MERK_TYPE: no brand profile for 'UNKNOWN/BRAND-1'"),
        (f"00000000018 - 41 {A1} {A2}", "MERK_TYPE: is empty"),
    ],
)
def test_a_bad_row_gets_one_line_with_row_column_reason_and_advice(row: str, words: str) -> None:
    line = only_defect(row)
    assert line.startswith("row 2, ")
    assert words in line
    assert "; " in line


def test_the_tokens_are_not_shown_in_the_lines() -> None:
    line = only_defect(f"00000000018 HEXING 41 {A1}7 {A2}")
    assert A1 not in line
    assert A2 not in line


def test_several_defects_of_a_row_stand_in_its_one_line() -> None:
    line = only_defect(f"0000000017X STARR 41 {A1[:19]} {A2[:19]}")
    assert "NO_METER" in line
    assert "MERK_TYPE" in line
    assert "TOKEN_1 and TOKEN_2: has 19 digits" in line


def test_a_row_with_vkrn_43_is_kept_because_the_meter_decides() -> None:
    found = judged(f"00000000018 HEXING 43 {A1} {A2}")
    assert found.rows[0].vkrn == "43"
    assert "row 2, VKRN: 43 says" in str(found.notes[0])


@pytest.mark.parametrize("cell", ["42", "VKRN 42", "42.0", "42,0", "042", "vkrn=42", 42, 42.0])
def test_a_vkrn_is_the_same_code_however_the_cell_writes_it(cell: Cell) -> None:
    found = judge_each(read_header(HEADER, 1), [(2, ["00000000018", "HEXING", cell, A1, A2])], brand_of)
    assert [row.vkrn for row in found.rows] == ["42"]
    assert found.old_base == {"00000000018"}
    assert not found.notes


def test_that_a_meter_is_of_the_old_base_is_known_from_a_bad_row_too() -> None:
    row = ["00000000018", "HEXING", "VKRN 42", A1[:19], A2]
    found = judge_each(read_header(HEADER, 1), [(2, row)], brand_of)
    assert (found.rows, found.old_base) == ([], {"00000000018"})


def test_a_vkrn_that_no_sop_knows_is_kept_with_a_note() -> None:
    found = judged(f"00000000018 HEXING 44 {A1} {A2}")
    assert len(found.rows) == 1
    assert "'44' is not 41, 42 or 43" in str(found.notes[0])


def test_a_number_whose_check_digit_does_not_fit_is_kept_with_a_note() -> None:
    found = judged(f"00000000019 HEXING 41 {A1} {A2}")
    assert len(found.rows) == 1
    assert "check digit" in str(found.notes[0])


def test_the_same_meter_with_the_same_tokens_is_kept_once() -> None:
    found = judged(f"00000000018 HEXING 41 {A1} {A2}", f"00000000018 HEXING 41 {A1} {A2}")
    assert [row.row_no for row in found.rows] == [2]
    assert "row 3, NO_METER: meter 00000000018 already stands in row 2" in str(found.defects[0])


def test_the_same_meter_with_other_tokens_is_not_chosen_between() -> None:
    found = judged(f"00000000018 HEXING 41 {A1} {A2}", f"00000000018 HEXING 41 {B1} {B2}")
    assert not found.rows
    assert [defect.row_no for defect in found.defects] == [2, 3]
    assert "also stands in row 3 with other tokens" in str(found.defects[0])


def test_a_bad_row_does_not_take_a_good_row_of_the_same_meter_with_it() -> None:
    found = judged(f"00000000018 HEXING 41 {A1[:19]} {A2}", f"00000000018 HEXING 41 {A1} {A2}")
    assert [row.row_no for row in found.rows] == [3]
    assert not found.notes


def test_tokens_listed_for_two_meters_are_tried_in_the_first_only_and_said_in_both() -> None:
    found = judged(f"00000000018 HEXING 41 {A1} {A2}", f"00000000174 STAR 41 {A1} {A2}")
    assert [row.row_no for row in found.rows] == [2]
    assert "the same tokens stand in row 2 for meter 00000000018" in str(found.defects[0])
    assert "also listed for other meters in row 3" in str(found.notes[0])


def test_an_unspent_credit_token_is_handed_over() -> None:
    found = judged(f"00000000018 HEXING 41 {A1} {A2} - {CREDIT}")
    assert found.rows[0].unspent_credit == CREDIT


ALL = [*HEADER, "TOKEN_KREDIT_BARU", "TOKEN_TAMPER"]


def judged_all(row: str) -> WorkList:
    cells = ["" if cell == "-" else cell for cell in row.split()]
    return judge(read_header(ALL, 1), [(2, cells)], brand_of)


def test_tokens_that_are_no_sections_have_columns_of_their_own() -> None:
    (row,) = judged_all(f"00000000018 HEXING 41 {A1} {A2} - {CREDIT} {NEW} {B1}").rows
    assert (row.tokens, row.unspent_credit, row.new_credit, row.clear_tamper) == ((A1, A2), CREDIT, NEW, B1)
    assert row.all_tokens == (A1, A2, CREDIT, B1, NEW)
    roles = [step.role.value for step in job_of(row).steps]
    assert roles == ["clear_tamper", "credit", "kct", "kct", "new_credit"]


@pytest.mark.parametrize(
    ("row", "words"),
    [
        (
            f"00000000018 HEXING 41 {A1} {A2} - - {B1} -",
            "TOKEN_KREDIT_BARU: is a management token, not a credit",
        ),
        (f"00000000018 HEXING 41 {A1} {A2} - - - {NEW}", "TOKEN_TAMPER: is a credit token, not a management"),
        (
            f"00000000018 HEXING 41 {A1} {A2} - {NEW} {NEW} -",
            "TOKEN_KREDIT_BARU: is the token of another column",
        ),
        (f"00000000018 HEXING 41 {A1} {A2} - - - {A2}", "TOKEN_TAMPER: is the token of another column too"),
    ],
)
def test_a_token_in_the_wrong_column_leaves_the_row_out(row: str, words: str) -> None:
    found = judged_all(row)
    assert found.rows == ()
    assert words in str(found.defects[0])


def test_the_operator_is_asked_where_the_list_does_not_say_whether_a_credit_is_unspent() -> None:
    said, unknown = judged(f"00000000018 HEXING 41 {A1} {A2} - -", f"00000000174 STAR 41 {B1} {B2} - ?").rows
    assert job_of(said).credit is CreditQuestion.NONE
    assert job_of(unknown).credit is CreditQuestion.UNKNOWN
    assert job_of(unknown, no_credit=True).credit is CreditQuestion.NONE
    (silent,) = judge(
        read_header(HEADER[:6], 1), [(2, ["00000000018", "HEXING", "41", A1, A2])], brand_of
    ).rows
    assert job_of(silent).credit is CreditQuestion.UNKNOWN


def test_cells_right_of_the_last_column_are_said_to_be_unread() -> None:
    found = judged(f"00000000018 HEXING 41 {A1} {A2} - - stray cells")
    assert "2 cells right of the last named column" in str(found.notes[0])


def test_a_row_of_empty_cells_is_no_row() -> None:
    found = judged("- - -", "")
    assert (found.rows, found.defects) == ((), ())


def test_a_merk_type_is_looked_up_once() -> None:
    asked: list[str] = []

    def brand_of(merk_type: str) -> str:
        asked.append(merk_type)
        return "hexing"

    cells = [["00000000018", "HEXING", "41", A1, A2], ["00000000174", "HEXING", "41", B1, B2]]
    judge(read_header(HEADER, 1), enumerate(cells, start=2), brand_of)
    assert asked == ["HEXING"]


@settings(deadline=None)
@given(st.integers(0, 2**66 - 1))
def test_every_number_of_66_bits_is_read_back_or_reported_and_never_changed(number: int) -> None:
    digits = f"{number:020d}"
    if digits.endswith("00000"):
        with pytest.raises(CellError):
            token(digits)
    else:
        assert token("-".join(digits[at : at + 4] for at in range(0, 20, 4))) == digits
        assert token_class(digits) == number >> 27 & 3


@settings(deadline=None)
@given(st.text())
def test_any_text_is_a_token_of_20_digits_or_a_fault_of_one_line(text: str) -> None:
    said = None
    try:
        found = token(text)
    except CellError as fault:
        said = fault.wrong
    assert len(found) == 20 if said is None else "\n" not in said


@settings(deadline=None)
@given(st.floats(allow_nan=False, allow_infinity=False) | st.integers(0, 10**22))
def test_a_numeric_cell_of_more_than_15_digits_never_becomes_a_number_again(value: float) -> None:
    shown = number_as_text(value)
    if abs(value) >= 10**15:
        with pytest.raises(CellError):
            meter_number(shown)


@settings(deadline=None)
@given(st.integers(0, 10**10 - 1))
def test_exactly_one_check_digit_fits(number: int) -> None:
    assert sum(check_digit_fits(f"{number:010d}{check}") for check in range(10)) == 1


@settings(deadline=None)
@given(
    st.lists(
        st.tuples(st.integers(0, 9), st.sampled_from(["", "", "", " ", "-", ". ", "\u2013"])),
        min_size=20,
        max_size=20,
    ),
    st.sampled_from([0, 1, 2, 6]),
)
def test_a_token_in_a_wrong_column_is_never_shown_whole(digits: list[tuple[int, str]], at: int) -> None:
    cells = ["00000000018", "HEXING", "41", A1, A2, "", ""]
    cells[at] = "".join(f"{digit}{between}" for digit, between in digits)
    found = judge(read_header(HEADER, 1), [(2, cells)], {"HEXING": "hexing"}.get)
    lines = "".join(map(str, (*found.defects, *found.notes)))
    whole = "".join(str(digit) for digit, _ in digits)
    assert whole not in "".join(filter(str.isdigit, lines))
