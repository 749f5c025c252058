"""The customer's page as ragged text: what is needed is read or named, and nothing is read wrong."""

from __future__ import annotations

import time
from datetime import date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from kctrig.sop.history import Finding, explain
from kctrig.sop.moments import Moment
from kctrig.sop.screen import Page, read_page
from tests.sop.pages import (
    AS_IN_THE_SOP,
    BROKEN_TABLE,
    LABELS,
    OTHER_EXAMPLE,
    TABLE_HEAD,
    TABLE_ROW_WITHOUT_A_DATE,
)

DAY = date(2021, 1, 26)
UPDATE = Moment(DAY, 780, 0)


def times(page: Page) -> list[Moment | None]:
    return [purchase.at for purchase in page.purchases]


def named(page: Page) -> str:
    return "\n".join(said.into("en") for said in page.unreadable)


def test_the_update_is_read_although_tabs_part_its_label_and_its_digits() -> None:
    page = read_page(LABELS)
    assert page.update == UPDATE
    assert page.fields["KODESTATUS/KIRIM/TGUPDATE"] == "1/1/26-01-2021/13:00:00A"
    assert page.fields["MERK-TYPE METER"] == "HEXING/HXE116-KP"


def test_the_page_of_the_sop_gives_its_first_worked_example() -> None:
    page = read_page(AS_IN_THE_SOP)
    dated = [one for one in explain(page.update, page.purchases) if one.purchase.at]
    assert [str(one.purchase.at) for one in dated] == ["26-01-2021 06:19", "26-01-2021 08:21"]
    assert {one.finding for one in dated} == {Finding.DEAD}


def test_the_other_example_of_the_sop_is_read_from_its_sentences() -> None:
    page = read_page(OTHER_EXAMPLE)
    assert page.update == Moment(date(2021, 1, 27))
    assert [one.finding for one in explain(page.update, page.purchases)] == [Finding.MUST_WORK]


@pytest.mark.parametrize("label", ["Tanggal Update", "Waktu Update", "TGLUPDATE", "T G L . U P D A T E"])
@pytest.mark.parametrize("colon", [" : ", ":", " "])
def test_the_update_has_several_labels_and_may_lose_its_colon(label: str, colon: str) -> None:
    assert read_page(f"{label}{colon}26-01-2021, Pukul 13.00\n").update == Moment(DAY, 780)


@pytest.mark.parametrize("label", ["Tanggal Pembelian Token", "Tgl. Pembelian", "Waktu Beli Token"])
def test_the_purchase_has_several_labels(label: str) -> None:
    assert times(read_page(f"{label}: 26-01-2021, Pukul 06.19 dan 08.21\n")) == [
        Moment(DAY, 379),
        Moment(DAY, 501),
    ]


def test_labels_on_one_line_do_not_share_their_values() -> None:
    page = read_page("Tgl. Beli Token: 26-01-2021, Pukul 06.19 Tgl. Update: 27-01-2021\n")
    assert (page.update, times(page)) == (Moment(date(2021, 1, 27)), [Moment(DAY, 379)])


def test_a_year_of_another_age_is_no_year() -> None:
    page = read_page("TGUPDATE:1/1/26-01-\n0197\n")
    assert page.update is None
    assert "TGUPDATE: no date" in named(page)


def test_a_value_may_stand_on_the_line_after_its_label() -> None:
    page = read_page("TGUPDATE:\n26-01-2021/13:00:00\nTgl. Beli Token :\n25-01-2021\n")
    assert (page.update, times(page)) == (UPDATE, [Moment(date(2021, 1, 25))])


@pytest.mark.parametrize(
    "text",
    [
        "TG" + " " * 50_000,
        "T\t" * 20_000,
        "TGL. UPDATE" + "-" * 50_000,
        "26-01-" * 8_000,
        TABLE_HEAD + "SOLD " * 8_000,
        TABLE_HEAD + "1" * 50_000,
        "TGUPDATE:26-01-2021 " * 2_000,
        "\n \n" * 20_000,
        TABLE_HEAD + "26-01-2021 06:19:44 " * 2_000,
    ],
    ids=[f"{n}" for n in range(9)],
)
def test_no_text_takes_long(text: str) -> None:
    started = time.process_time()
    assert isinstance(read_page(text), Page)
    assert time.process_time() - started < 2


def test_sentences_about_updates_are_no_labels() -> None:
    page = read_page('Apabila Tanggal Update (A) "Lebih Cepat" dari pada tanggal Pembelian Token, maka 43\n')
    assert (page.update, page.purchases) == (None, ())
    assert "is not on this page" in named(page)


def test_a_purchase_whose_date_the_scan_lost_is_named_and_kept() -> None:
    page = read_page(LABELS + TABLE_HEAD + TABLE_ROW_WITHOUT_A_DATE)
    assert times(page) == [None]
    assert "purchase without a date" in named(page)
    assert "20197" in named(page)


def test_rows_broken_by_tabs_and_lines_are_put_together() -> None:
    page = read_page(BROKEN_TABLE)
    assert times(page) == [Moment(DAY, 379, 44), Moment(DAY, 501, 7)]
    broken = BROKEN_TABLE.replace("\t06:19", "\n06:19").replace("26-01\t", "26-01\n")
    assert read_page(broken).purchases == page.purchases


def test_a_bent_date_in_a_table_is_named_beside_the_good_ones() -> None:
    table = TABLE_HEAD + "26-01-2021 06:19:44 20,000\nZ6-O1-2021 08:21:07 20,000\n"
    page = read_page(LABELS + table)
    assert times(page) == [Moment(DAY, 379, 44), None]
    assert "Z6-O1-2021" in named(page)


def test_a_date_that_no_calendar_has_is_named() -> None:
    page = read_page(LABELS + TABLE_HEAD + "SOLD 31-02-2021 06:19:44\n")
    assert times(page) == [None]
    assert "31-02-2021" in named(page)


def test_amounts_are_not_taken_for_times() -> None:
    page = read_page(LABELS + TABLE_HEAD + "SOLD 26-01-2021 18.867 13.90 20,000\n")
    assert times(page) == [Moment(DAY)]


def test_several_times_of_update_are_no_time_of_update() -> None:
    page = read_page(LABELS + OTHER_EXAMPLE)
    assert page.update is None
    assert "several times of update" in named(page)


def test_a_page_without_update_and_purchases_says_so() -> None:
    page = read_page("IDPEL : 535070000001\n")
    assert page.update is None
    assert page.purchases == ()
    assert "TGUPDATE" in named(page)
    assert "no purchase" in named(page)


def test_names_and_addresses_are_not_kept_and_long_numbers_are_masked() -> None:
    page = read_page(
        "NAMA : SITI\nALAMAT : JL. CONTOH 1\n" + TABLE_HEAD + "SOLD 65652931283250951756 tanpa tanggal\n"
    )
    assert "NAMA" not in page.fields
    assert "ALAMAT" not in page.fields
    assert "6565…" in named(page)
    assert "65652931283250951756" not in named(page)


@pytest.mark.parametrize("text", [AS_IN_THE_SOP, BROKEN_TABLE])
@pytest.mark.parametrize("mark", ["\ufeff", "\0"])
def test_marks_of_encodings_change_nothing(text: str, mark: str) -> None:
    assert read_page(mark + text) == read_page(text)


PIECES = st.one_of(
    st.text(max_size=12),
    st.sampled_from(
        [
            *AS_IN_THE_SOP.splitlines(keepends=True),
            "TGUPDATE:",
            "SOLD",
            "26-01-2021",
            "31-02-2021",
            "13:00",
            "\t",
            "\n",
            "Tgl. Beli Token:",
        ]
    ),
)


@given(st.lists(PIECES, max_size=25).map("".join))
def test_no_text_crashes_it_and_what_is_missing_is_named(text: str) -> None:
    page = read_page(text)
    if page.update is None:
        assert page.unreadable
    if not page.purchases or None in times(page):
        assert page.unreadable
    assert len(explain(page.update, page.purchases)) == len(page.purchases)


@given(st.data())
def test_a_torn_page_is_never_read_as_another_time(data: st.DataObject) -> None:
    """Cut out any stretch: the update that is read is the one of the page, or its day, or none."""
    start = data.draw(st.integers(0, len(LABELS)))
    stop = data.draw(st.integers(start, min(len(LABELS), start + 200)))
    page = read_page(LABELS[:start] + "\n" + LABELS[stop:])
    if page.update is not None and start > LABELS.index("KODESTATUS"):
        assert page.update.day == DAY


@given(
    st.lists(
        st.tuples(
            st.datetimes(min_value=datetime(2000, 1, 1), max_value=datetime(2099, 1, 1)),
            st.sampled_from(["\t", " ", "  \t", "\n"]),
        ),
        max_size=6,
    )
)
def test_every_purchase_of_a_whole_table_is_read(rows: list[tuple[datetime, str]]) -> None:
    table, wanted = "", []
    for moment, gap in rows:
        table += (
            f"SOLD (masked){gap}R1MT{gap}900{gap}{moment:%d-%m-%Y}{gap}{moment:%H:%M:%S}{gap}18,867\t20,000\n"
        )
        wanted.append(Moment(moment.date(), moment.hour * 60 + moment.minute, moment.second))
    page = read_page(LABELS + TABLE_HEAD + table)
    assert times(page) == list(dict.fromkeys(wanted))


def test_the_zone_behind_a_time_is_kept_and_that_of_a_sentence_is_of_all_its_times() -> None:
    page = read_page(
        "TGUPDATE: 26-01-2021/13:00 WIT\nTgl. Beli Token: 26-01-2021, Pukul 06.19 dan 08.21 WIB\n"
    )
    assert page.update == Moment(DAY, 780, zone_min=540)
    assert times(page) == [Moment(DAY, 379, zone_min=420), Moment(DAY, 501, zone_min=420)]
