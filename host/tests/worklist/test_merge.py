"""Several lists put together: every row of each is accounted for, and none is chosen between by guess."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from kctrig.worklist.columns import read_header
from kctrig.worklist.judge import JudgedRows, judge_each
from kctrig.worklist.merge import Fate, Merged, merge
from kctrig.worklist.reader import read
from kctrig.worklist.writer import SOURCE, extra, with_extra, write_list

HEADER = ["NO_METER", "MERK_TYPE", "VKRN", "TOKEN_1", "TOKEN_2", "ALAMAT"]
A = ("65652931283250951756", "40338491193860092817")
B = ("41706638898323908127", "30338887405846209666")
C = ("71728297514886258691", "65360593864553346192")
METERS = ("00000000018", "00000000026", "00000000034")


def brand_of(merk_type: str) -> str | None:
    return {"HEXING": "hexing", "STAR": "star"}.get(merk_type)


def judged(*rows: Sequence[str]) -> JudgedRows:
    return judge_each(read_header(HEADER, 1), enumerate(rows, start=2), brand_of)


def row(
    meter: str = METERS[0],
    tokens: Sequence[str] = A,
    merk: str = "HEXING",
    address: str = "",
    vkrn: str = "41",
) -> list[str]:
    return [meter, merk, vkrn, *tokens, address]


def fates(merged: Merged) -> list[tuple[str, int, Fate | None]]:
    return [(left.list_name, left.report.row_no, left.fate) for left in merged.left_out]


def test_the_same_row_in_two_lists_is_kept_once_and_noted_with_file_and_row_of_both() -> None:
    merged = merge([("a.csv", judged(row())), ("b.csv", judged(row(METERS[1], B), row()))])
    assert [(one.list_name, one.row.meter_no) for one in merged.rows] == [
        ("a.csv", METERS[0]),
        ("b.csv", METERS[1]),
    ]
    (left,) = merged.left_out
    assert str(left).startswith(
        "b.csv row 3, NO_METER: meter 00000000018 already stands in a.csv row 2 with the same tokens"
    )
    assert str(left).endswith("this row is left out, the first one is used")


def test_the_same_tokens_in_another_order_are_the_same_tokens() -> None:
    merged = merge([("a.csv", judged(row())), ("b.csv", judged(row(tokens=A[::-1])))])
    assert fates(merged) == [("b.csv", 2, Fate.DUPLICATE)]


def test_one_meter_with_other_tokens_in_another_list_is_left_out_of_both_and_both_places_are_named() -> None:
    merged = merge([("a.csv", judged(row())), ("b.csv", judged(row(tokens=B)))])
    assert not merged.rows
    assert fates(merged) == [("a.csv", 2, Fate.CONFLICT), ("b.csv", 2, Fate.CONFLICT)]
    assert "a.csv row 2, NO_METER: meter 00000000018 also stands in b.csv row 2 with other tokens" in str(
        merged.left_out[0]
    )
    assert "also stands in a.csv row 2" in str(merged.left_out[1])


def test_one_meter_under_two_brands_is_not_chosen_between() -> None:
    merged = merge([("a.csv", judged(row())), ("b.csv", judged(row(merk="STAR")))])
    assert not merged.rows
    assert "with another MERK_TYPE" in str(merged.left_out[0])


@pytest.mark.parametrize("empty_first", [True, False])
def test_of_the_same_rows_the_one_with_a_vkrn_is_kept_and_the_empty_one_is_noted(empty_first: bool) -> None:
    vkrns = ["", "42"] if empty_first else ["42", ""]
    merged = merge([(name, judged(row(vkrn=vkrn))) for name, vkrn in zip("ab", vkrns, strict=True)])
    (kept,) = merged.rows
    assert kept.row.vkrn == "42"
    (left,) = merged.left_out
    assert left.fate is Fate.DUPLICATE
    assert left.list_name == ("a" if empty_first else "b")
    if empty_first:
        assert "also stands in b row 2 with the same tokens and VKRN 42; this row is left out" in str(left)


def test_one_meter_with_two_different_vkrn_is_a_conflict_of_both_rows() -> None:
    merged = merge([("a.csv", judged(row())), ("b.csv", judged(row(vkrn="42"), row(vkrn="")))])
    assert not merged.rows
    assert {fate for _, _, fate in fates(merged)} == {Fate.CONFLICT}
    assert "with another VKRN (41 and 42); look the VKRN up in AP2T" in str(merged.left_out[0])


def test_one_vkrn_in_two_spellings_is_no_conflict() -> None:
    merged = merge([("a.csv", judged(row(vkrn="42"))), ("b.csv", judged(row(vkrn="VKRN 42")))])
    assert fates(merged) == [("b.csv", 2, Fate.DUPLICATE)]


def test_a_duplicate_does_not_win_over_a_conflict() -> None:
    merged = merge([("a.csv", judged(row(), row())), ("b.csv", judged(row(tokens=B)))])
    assert not merged.rows
    assert {fate for _, _, fate in fates(merged)} == {Fate.CONFLICT}


def test_one_token_for_two_meters_stays_with_the_first() -> None:
    merged = merge([("a.csv", judged(row())), ("b.csv", judged(row(METERS[1], (A[0], B[0]))))])
    assert [one.row.meter_no for one in merged.rows] == [METERS[0]]
    assert fates(merged) == [("b.csv", 2, Fate.CONFLICT)]
    (note,) = merged.notes
    assert str(note).startswith(
        "a.csv row 2, TOKEN_1: also listed for other meters in b.csv row 2 (left out)"
    )


def test_a_token_that_stands_in_a_bad_row_for_another_meter_is_said() -> None:
    merged = merge([("a.csv", judged(row())), ("b.csv", judged(row("0000000017X")))])
    assert [one.row.meter_no for one in merged.rows] == [METERS[0]]
    assert "also listed for other meters in b.csv row 2" in str(merged.notes[0])


def test_the_result_is_in_the_order_of_a_round() -> None:
    merged = merge(
        [
            ("a.csv", judged(row(address="Jl. Melati No. 10"), row(METERS[2], C, address=""))),
            ("b.csv", judged(row(METERS[1], B, address="Jalan Melati 2"))),
        ]
    )
    assert [one.row.address for one in merged.rows] == ["Jalan Melati 2", "Jl. Melati No. 10", ""]


@pytest.mark.parametrize("name", ["out.csv", "out.xlsx"])
def test_a_written_list_is_read_back_as_the_same_rows(tmp_path: Path, name: str) -> None:
    rows = [
        with_extra(one.row, SOURCE, "=a.csv:2")
        for one in merge([("a.csv", judged(row(address="+Jl. 'x'"), row(METERS[1], B)))]).rows
    ]
    write_list(tmp_path / name, rows)
    found = read(tmp_path / name, brand_of)
    assert not found.defects
    assert not found.notes
    assert [(one.meter_no, one.tokens, one.address) for one in found.rows] == [
        (one.meter_no, one.tokens, one.address) for one in rows
    ]
    assert {extra(one, SOURCE) for one in found.rows} == {"=a.csv:2"}


@pytest.mark.parametrize("name", ["out.csv", "out.xlsx"])
def test_a_written_list_keeps_the_tokens_that_are_no_sections_and_what_nobody_knows(
    tmp_path: Path, name: str
) -> None:
    first, second, third = (
        one.row for one in merge([("a", judged(row(), row(METERS[1], B), row(METERS[2], C)))]).rows
    )
    rows = [
        replace(first, new_credit="33445566779033218850"),
        replace(second, unspent_credit="72768609259868874629", credit_told=True),
        replace(third, credit_told=True),
    ]
    write_list(tmp_path / name, rows)
    found = read(tmp_path / name, brand_of)
    assert not found.defects
    kept = [(one.unspent_credit, one.credit_told, one.new_credit, one.clear_tamper) for one in found.rows]
    assert kept == [
        (None, False, "33445566779033218850", None),
        ("72768609259868874629", True, None, None),
        (None, True, None, None),
    ]


def test_a_source_that_stands_there_already_stays() -> None:
    (first,) = (one.row for one in merge([("a", judged(row()))]).rows)
    again = with_extra(with_extra(first, SOURCE, "a.csv:2"), SOURCE, "merged.csv:9")
    assert extra(again, SOURCE) == "a.csv:2"


ROWS = st.builds(
    row,
    st.sampled_from([*METERS, "0000000017X", "18"]),
    st.sampled_from([A, A[::-1], B, C, (A[0], B[0]), (A[0], ""), (A[0], A[0])]),
    st.sampled_from(["HEXING", "STAR", "NONE"]),
    st.sampled_from(["", "Jl. Melati No. 2", "Jl. Melati No. 10"]),
)
LISTS = st.lists(st.lists(ROWS, max_size=5), min_size=1, max_size=3)


@settings(max_examples=200, deadline=None)
@given(LISTS)
def test_every_row_of_every_list_is_kept_or_left_out_with_one_reason(lists: list[list[list[str]]]) -> None:
    named = [(f"{at}.csv", judged(*rows)) for at, rows in enumerate(lists)]
    merged = merge(named)
    places = [(one.list_name, one.row.row_no) for one in merged.rows]
    places += [(left.list_name, left.report.row_no) for left in merged.left_out]
    expected = [(f"{at}.csv", row_no) for at, rows in enumerate(lists) for row_no in range(2, 2 + len(rows))]
    assert sorted(places) == expected
    for counts, rows in zip(merged.counts, lists, strict=True):
        assert counts.rows_in == len(rows)
        assert counts.rows_in == counts.kept + counts.duplicates + counts.conflicts + counts.defects


@settings(max_examples=200, deadline=None)
@given(LISTS)
def test_no_meter_and_no_token_is_in_the_result_twice(lists: list[list[list[str]]]) -> None:
    merged = merge([(f"{at}.csv", judged(*rows)) for at, rows in enumerate(lists)])
    meters = [one.row.meter_no for one in merged.rows]
    tokens = [digits for one in merged.rows for digits in one.row.tokens]
    assert len(meters) == len(set(meters))
    assert len(tokens) == len(set(tokens))


@settings(max_examples=200, deadline=None)
@given(LISTS)
def test_a_meter_that_is_kept_has_one_set_of_tokens_in_all_lists(lists: list[list[list[str]]]) -> None:
    named = [(f"{at}.csv", judged(*rows)) for at, rows in enumerate(lists)]
    sets: dict[str, set[tuple[str, ...]]] = {}
    for _, found in named:
        for one in found.rows:
            sets.setdefault(one.meter_no, set()).add(tuple(sorted(one.tokens)))
    assert all(len(sets[one.row.meter_no]) == 1 for one in merge(named).rows)


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(LISTS)
def test_a_merged_list_merges_into_itself(tmp_path: Path, lists: list[list[list[str]]]) -> None:
    rows = [one.row for one in merge([(f"{at}.csv", judged(*own)) for at, own in enumerate(lists)]).rows]
    path = tmp_path / "merged.csv"
    write_list(path, rows)
    found = read(path, brand_of)
    assert [(one.meter_no, one.tokens) for one in found.rows] == [(one.meter_no, one.tokens) for one in rows]
    assert not found.defects
