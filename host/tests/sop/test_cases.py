"""Triage of a list of cases and by questions: one answer a row, unreadable cells named, nothing taken for something else."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from kctrig.sop import dialogue
from kctrig.sop.cases import ANSWER_HEADER, Answered, answer_all, answer_cells
from kctrig.sop.names import CASES
from kctrig.sop.said import Said
from kctrig.sop.table import read_content
from kctrig.sop.triage import Answer, Record, Step

HEAD = "NAMA;VKRN;LISTRIK;SISA KWH;TOKEN SESUAI;PETUGAS\n"


def answers(*lines: str) -> list[Answered]:
    return list(answer_all(read_content((HEAD + "\n".join(lines)).encode("cp1252"), CASES, "x")))


@pytest.mark.parametrize(
    ("line", "record"),
    [
        ("a;43;Menyala;9,5 kWh;ya;ya", Record.GANGGUAN),
        ("a;43;nyala;10;ya;ya", Record.GANGGUAN),
        ("a;43;Menyala;10,1;ya;ya", Record.KELUHAN),
        ("a;43;Menyala;Tidak Mengetahui;ya;ya", Record.KELUHAN),
        ('a;43;"Hampir Padam";50;ya;ya', Record.GANGGUAN),
        ("a;43;PADAM;;ya;ya", Record.GANGGUAN),
        ("a;43;padam;entah berapa;ya;ya", Record.GANGGUAN),
        ("a;41;padam;;;", Record.OUTSIDE),
        ("a;42;kabur;kabur;kabur;kabur", Record.OUTSIDE),
    ],
)
def test_a_row_is_answered_as_its_words_say(line: str, record: Record) -> None:
    (found,) = answers(line)
    assert found.answer is not None
    assert found.answer.record is record
    assert found.answer.is_ready


def test_an_empty_cell_was_not_asked() -> None:
    (found,) = answers("a;43;menyala;;;")
    assert found.answer is not None
    assert found.answer.first == (Step.CHECK_TOKEN, Step.ASK_VISIT, Step.ASK_KWH)


@pytest.mark.parametrize("power", ["", "tidak tahu", "?"])
def test_whether_the_power_is_on_is_asked_where_nobody_knows(power: str) -> None:
    (found,) = answers(f"a;43;{power};50;ya;ya")
    assert found.answer is not None
    assert found.answer.first == (Step.ASK_POWER,)


@pytest.mark.parametrize(
    ("line", "column"),
    [
        ("a;;padam;;;", "VKRN"),
        ("a;44;padam;;;", "VKRN"),
        ("a;43;kabur;9;;", "LISTRIK"),
        ("a;43;menyala;1.234;;", "SISA_KWH"),
        ("a;43;menyala;banyak;;", "SISA_KWH"),
        ("a;43;padam;;mungkin;", "TOKEN_DICEK"),
        ("a;43;padam;;;mungkin", "PETUGAS_DATANG"),
    ],
)
def test_a_cell_that_cannot_be_read_is_named_and_no_answer_is_given(line: str, column: str) -> None:
    (found,) = answers(line)
    assert found.answer is None
    assert str(found.unreadable[0]).startswith(column)


COMMAS = "VKRN,LISTRIK,SISA KWH,TOKEN SESUAI,PETUGAS\n"


def by_comma(line: str, head: str = COMMAS) -> Answered:
    (found,) = answer_all(read_content((head + line).encode(), CASES, "x"))
    return found


@pytest.mark.parametrize(
    "line", ["43,menyala,10,5,ya,ya", "43,menyala,10,1,ya", "43,menyala,10,1", "43,menyala,10,5 kWh,ya,"]
)
def test_a_decimal_comma_that_parted_a_cell_gives_no_answer(line: str) -> None:
    found = by_comma(line)
    assert found.answer is None
    assert "save the file with semicolons or as .xlsx" in str(found.unreadable[0])


def test_a_parted_cell_is_seen_also_under_a_column_that_is_not_read() -> None:
    found = by_comma("43,menyala,10,5,", "VKRN,LISTRIK,SISA KWH,ALAMAT\n")
    assert "SISA_KWH: may be 10,5" in str(found.unreadable[0])


def test_a_quoted_decimal_comma_and_whole_numbers_are_answered() -> None:
    for line in ('43,menyala,"10,5",ya,ya', "43,menyala,11,ya,ya"):
        found = by_comma(line)
        assert found.answer is not None
        assert found.answer.record is Record.KELUHAN


def test_cells_beyond_the_header_are_unreadable_whatever_parts_the_cells() -> None:
    (found,) = answers("a;43;menyala;9;ya;ya;lebih")
    assert found.answer is None
    assert "cells right of the last column, has a column shifted? 'lebih'" in str(found.unreadable[0])


def test_an_answer_stands_beside_its_row_in_both_languages() -> None:
    (found,) = answers("a;43;padam;;;tidak")
    by_name = dict(zip(ANSWER_HEADER, answer_cells(found), strict=True))
    assert by_name["APKT"] == "GANGGUAN"
    assert by_name["PASAL_SOP"] == "7.c.5.a"
    assert "PADAM" in by_name["KALIMAT_SOP"]
    assert "OFF" in by_name["SOP_SENTENCE"]
    assert "5.b" in by_name["LAKUKAN_DULU"]


CELL = st.one_of(
    st.text(st.characters(blacklist_characters=';"\r\n\0', blacklist_categories=["Cs"]), max_size=6),
    st.sampled_from(["43", "41", "menyala", "padam", "9,5", "ya", "tidak", "tidak tahu"]),
)


@given(st.lists(st.lists(CELL, min_size=6, max_size=6), max_size=5))
def test_every_row_has_one_answer_or_says_what_it_lacks(lines: list[list[str]]) -> None:
    content = (HEAD + "".join(";".join(cells) + "\n" for cells in lines)).encode()
    found = list(answer_all(read_content(content, CASES, "x")))
    assert len(found) == sum(any(cell.strip() for cell in cells) for cells in lines)
    for one in found:
        assert (one.answer is None) == bool(one.unreadable)


def converse(*lines: str) -> tuple[list[Said], Answer]:
    questions = dialogue.ask()
    asked = [next(questions), *map(questions.send, lines[:-1])]
    with pytest.raises(StopIteration) as end:
        questions.send(lines[-1])
    assert isinstance(end.value.value, Answer)
    return asked, end.value.value


def test_the_questions_come_in_the_order_of_section_7() -> None:
    asked, answer = converse("43", "ya", "ya", "menyala", "9,5")
    assert asked == [dialogue.VKRN, dialogue.TOKEN, dialogue.OFFICER, dialogue.POWER, dialogue.KWH]
    assert answer.record is Record.GANGGUAN


@pytest.mark.parametrize("vkrn", ["41", "42"])
def test_nothing_more_is_asked_where_the_sop_does_not_reach(vkrn: str) -> None:
    asked, answer = converse(vkrn)
    assert len(asked) == 1
    assert answer.record is Record.OUTSIDE


@pytest.mark.parametrize("power", ["padam", "hampir padam"])
def test_the_kwh_are_not_asked_when_they_decide_nothing(power: str) -> None:
    asked, answer = converse("43", "ya", "ya", power)
    assert dialogue.KWH not in asked
    assert answer.record is Record.GANGGUAN


def test_an_answer_that_is_none_is_asked_again_with_the_reason() -> None:
    asked, answer = converse("43", "entah", "ya", "ya", "nyala", "1.234", "tidak tahu")
    assert "ya" in asked[2].into("id")
    assert "thousands or decimals" in asked[6].into("en")
    assert answer.record is Record.KELUHAN


@pytest.mark.parametrize("menu", ["Info Pelanggan > Info DIL > APP/Meter > kWh", "Info DIL > kWh"])
def test_the_first_question_names_both_menus_of_ap2t(menu: str) -> None:
    assert menu in dialogue.VKRN.into("id")
