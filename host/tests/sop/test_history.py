"""SOP 7.d: the update against each purchase, with the SOP's two worked examples."""

from __future__ import annotations

from datetime import date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from kctrig.sop.history import Finding, Purchase, explain
from kctrig.sop.moments import Moment, read_moment
from kctrig.sop.triage import Record


def found(update: str, *bought: str) -> list[tuple[Finding, Record | None]]:
    purchases = [Purchase(read_moment(text)) for text in bought]
    return [(one.finding, one.record) for one in explain(read_moment(update), purchases)]


def test_first_worked_example_both_tokens_can_no_longer_be_entered() -> None:
    assert found("26-01-2021 13:00", "26-01-2021 06:19", "26-01-2021 08:21") == [
        (Finding.DEAD, Record.GANGGUAN),
        (Finding.DEAD, Record.GANGGUAN),
    ]


def test_second_worked_example_the_token_must_work() -> None:
    assert found("27-01-2021", "28-01-2021") == [(Finding.MUST_WORK, None)]


def test_a_token_that_must_work_and_does_not_leads_to_7c_and_to_04() -> None:
    one = explain(read_moment("27-01-2021"), [Purchase(read_moment("28-01-2021"))])[0]
    assert "7.c" in one.action.into("id")
    assert "04" in one.action.into("id")
    assert "human error" in one.sentence.into("id")


@pytest.mark.parametrize("bought", ["26-01-2021 13:00", "26-01-2021 13:00:59"])
def test_within_the_same_minute_nothing_is_decided_and_that_is_said(bought: str) -> None:
    one = explain(read_moment("26-01-2021 13:00:30"), [Purchase(read_moment(bought))])[0]
    assert (one.finding, one.record) == (Finding.UNDECIDABLE, None)
    assert "menit yang sama" in one.sentence.into("id")


def test_one_minute_apart_is_decided() -> None:
    assert found("26-01-2021 13:00", "26-01-2021 12:59", "26-01-2021 13:01") == [
        (Finding.DEAD, Record.GANGGUAN),
        (Finding.MUST_WORK, None),
    ]


def test_the_same_day_without_a_time_is_undecidable_and_asks_for_the_time() -> None:
    one = explain(read_moment("26-01-2021"), [Purchase(read_moment("26-01-2021 08:21"))])[0]
    assert one.finding is Finding.UNDECIDABLE
    assert "time" in one.action.into("en")


def test_without_a_time_of_update_or_purchase_nothing_is_decided() -> None:
    assert explain(None, [Purchase(Moment(date(2021, 1, 26)))])[0].finding is Finding.UNDECIDABLE
    assert explain(Moment(date(2021, 1, 26)), [Purchase(None, "x")])[0].finding is Finding.UNDECIDABLE


@given(st.datetimes(), st.datetimes())
def test_the_finding_is_that_of_the_clock(update: datetime, bought: datetime) -> None:
    ours = [Moment(one.date(), one.hour * 60 + one.minute) for one in (update, bought)]
    minutes = [one.replace(second=0, microsecond=0) for one in (update, bought)]
    wanted = (
        Finding.UNDECIDABLE
        if minutes[0] == minutes[1]
        else Finding.DEAD
        if minutes[1] < minutes[0]
        else Finding.MUST_WORK
    )
    assert explain(ours[0], [Purchase(ours[1])])[0].finding is wanted


def test_a_purchase_without_time_or_text_is_still_shown() -> None:
    assert "could not be read: -" in explain(None, [Purchase(None)])[0].sentence.into("en")


def test_for_a_dead_token_the_customer_is_told_and_gangguan_recorded() -> None:
    one = explain(read_moment("26-01-2021"), [Purchase(read_moment("25-01-2021"))])[0]
    assert one.paragraph == "7.d.2"
    assert "Informasikan kepada Pelanggan" in one.action.into("id")
    assert "APKT GANGGUAN" in one.action.into("id")
    assert "KRN-nya berbeda" in one.sentence.into("id")


def test_a_token_entered_before_the_update_needs_nothing() -> None:
    one = explain(read_moment("26-01-2021"), [Purchase(read_moment("25-01-2021"))])[0]
    assert "Token yang sudah diinput sebelum update tidak perlu apa-apa" in one.action.into("id")
