"""Cells of CSV files that a spreadsheet must not run."""

from __future__ import annotations

import csv
import io

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from kctrig.worklist.cells import clean
from kctrig.worklist.safe import cell, text_of

HARMLESS = (
    "",
    "Jl. Melati No. 2",
    "00000000018",
    "7172-8297-5148-8625-8691",
    "a=b",
    "0+1",
    "é@",
    " x",
    "½",
    "x\t=1",
)
RUN = (
    "=1+1",
    "+6281234567",
    "-1",
    "@SUM(A1)",
    "\t=1",
    "\r=1",
    "\n=1",
    "\tx",
    "\rx",
    "  =cmd|' /C calc'!A0",
    "\u00a0=1",
    "\ufeff=1",
    "\u200b@x",
    "\0=1",
    "＝1+1",
    "＋1",
    "－1",
    "＠x",
    "﹦1",
    "\u22121",
)


@pytest.mark.parametrize("text", HARMLESS)
def test_a_text_that_no_spreadsheet_runs_is_left_as_it_is(text: str) -> None:
    assert cell(text) == text


@pytest.mark.parametrize("text", RUN)
def test_a_text_that_a_spreadsheet_would_run_gets_an_apostrophe(text: str) -> None:
    assert cell(text) == "'" + text


@settings(deadline=None)
@given(st.text())
@example("'")
@example("''=1")
@example("'018")
def test_every_text_comes_back_as_it_was(text: str) -> None:
    assert text_of(cell(text)) == text


@settings(deadline=None)
@given(st.text(alphabet="=+-@'\t\r\n ＝＋－＠a1\"\u00a0\ufeff"))
def test_no_cell_begins_as_a_formula_does(text: str) -> None:
    bare = cell(text).lstrip(" \t\r\n\u00a0\ufeff")
    assert not bare.startswith(tuple("=+-@＝＋－＠"))


@settings(deadline=None)
@given(st.text(alphabet=st.characters(exclude_characters="\0"), min_size=1))
def test_a_cell_of_a_file_is_read_back_as_the_reader_understood_it_before(text: str) -> None:
    understood = clean(text)
    out = io.StringIO(newline="")
    csv.writer(out).writerow([cell(understood), "end"])
    (row,) = csv.reader(io.StringIO(out.getvalue(), newline=""))
    assert clean(row[0]) == understood
