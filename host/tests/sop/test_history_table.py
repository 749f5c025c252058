"""A history of P2APST as a table: customers, their purchases, their time of update; no row is lost."""

from __future__ import annotations

from datetime import date

from kctrig.sop.history import Finding, explain
from kctrig.sop.history_table import Customer, read_histories
from kctrig.sop.moments import Moment
from kctrig.sop.names import HISTORY
from kctrig.sop.table import read_content

HEAD = "IDPEL;NO METER;TGL BAYAR;JAM BAYAR;TGUPDATE\n"
DAY = date(2021, 1, 26)


def read(*lines: str) -> list[Customer]:
    return read_histories(read_content((HEAD + "\n".join(lines)).encode(), HISTORY, "x"))


def test_rows_of_a_customer_are_put_together_in_their_order() -> None:
    first, second = read(
        "1;;26-01-2021;06:19;26-01-2021 13:00", "2;;26-01-2021;08:00;", "1;;26-01-2021;08.21;"
    )
    assert (first.key, first.update) == ("1", Moment(DAY, 780))
    assert [purchase.at for purchase in first.purchases] == [Moment(DAY, 379), Moment(DAY, 501)]
    assert (second.key, second.update) == ("2", None)


def test_without_idpel_the_meter_number_parts_the_customers() -> None:
    assert [one.key for one in read(";00000000018;26-01-2021;06:19;", ";00000000026;26-01-2021;06:19;")] == [
        "00000000018",
        "00000000026",
    ]


def test_the_same_update_in_every_row_is_one_update_also_with_other_seconds() -> None:
    (customer,) = read("1;;26-01-2021;06:19;26-01-2021 13:00", "1;;26-01-2021;07:00;26-01-2021 13:00:09")
    assert customer.update == Moment(DAY, 780)
    assert not customer.unreadable


def test_different_updates_are_none_and_named() -> None:
    (customer,) = read("1;;26-01-2021;06:19;26-01-2021 13:00", "1;;26-01-2021;07:00;27-01-2021 13:00")
    assert customer.update is None
    assert "26-01-2021 13:00, 27-01-2021 13:00" in str(customer.unreadable[0])


def test_a_purchase_that_cannot_be_read_stays_and_shows_what_stands_there() -> None:
    (customer,) = read("1;;31-02-2021;06:19;26-01-2021 13:00")
    assert [purchase.at for purchase in customer.purchases] == [None]
    assert "row 2, purchase" in str(customer.unreadable[0])
    sentence = explain(customer.update, customer.purchases)[0].sentence.into("en")
    assert "'31-02-2021 06:19'" in sentence


def test_an_update_that_cannot_be_read_is_named() -> None:
    (customer,) = read("1;;26-01-2021;06:19;31-02-2021")
    assert customer.update is None
    assert "row 2, time of update" in str(customer.unreadable[0])


def test_a_row_with_an_update_only_is_no_purchase_and_no_defect() -> None:
    (customer,) = read("1;;;;26-01-2021 13:00", "1;;27-01-2021;06:19;")
    assert len(customer.purchases) == 1
    assert not customer.unreadable


def test_a_row_with_neither_is_named() -> None:
    (customer,) = read("1;00000000018;;;")
    assert "row 2 names no purchase and no update" in str(customer.unreadable[0])


def test_a_row_with_cells_beyond_the_header_is_undecidable_and_named() -> None:
    (customer,) = read_histories(
        read_content(b"IDPEL,RP,TGL BAYAR,TGUPDATE\n1,20,500,26-01-2021,27-01-2021\n", HISTORY, "x")
    )
    assert customer.update is None
    assert [purchase.at for purchase in customer.purchases] == [None]
    assert "row 2: cells right of the last column, has a column shifted?" in str(customer.unreadable[0])


def test_a_row_with_cells_beyond_the_header_decides_nothing_even_where_its_dates_can_be_read() -> None:
    (customer,) = read_histories(
        read_content(b"IDPEL,TGL BAYAR,TGUPDATE,RP\n1,26-01-2021,27-01-2021,20,500\n", HISTORY, "x")
    )
    assert [purchase.at for purchase in customer.purchases] == [None]


def test_the_zone_of_a_time_is_kept_and_one_instant_in_two_zones_is_one_update() -> None:
    (customer,) = read(
        "1;;26-01-2021;06:19 WIB;26-01-2021 13:00 WIB", "1;;26-01-2021;07:00 WIB;26-01-2021 14:00 WITA"
    )
    assert customer.update == Moment(DAY, 780, zone_min=420)
    assert [one.finding for one in explain(customer.update, customer.purchases)] == [Finding.DEAD] * 2


def test_a_zone_that_only_the_update_names_leaves_close_times_undecided_unless_it_is_given() -> None:
    content = (HEAD + "1;;26-01-2021;12:00;26-01-2021 13:00 WIT\n").encode()
    for zone_min, finding in ((None, Finding.UNDECIDABLE), (420, Finding.MUST_WORK), (540, Finding.DEAD)):
        (customer,) = read_histories(read_content(content, HISTORY, "x"), zone_min)
        assert [one.finding for one in explain(customer.update, customer.purchases)] == [finding]
