"""Times as exact as they are written, and their order."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st
from kctrig.sop.moments import Moment, Order, UnreadableMoment, order, read_moment

DAY = date(2021, 1, 26)
MOMENTS = st.builds(
    Moment,
    st.dates(date(2020, 1, 1), date(2020, 1, 4)),
    st.one_of(st.none(), st.integers(0, 1439)),
    zone_min=st.sampled_from([None, 420, 480, 540]),
)


@pytest.mark.parametrize(
    ("text", "clock", "wanted"),
    [
        ("26-01-2021", "", Moment(DAY)),
        ("26/01/2021", "13:00", Moment(DAY, 780)),
        ("26-01-2021, Pukul 06.19", "", Moment(DAY, 379)),
        ("26-01-2021/13:00:00 A", "", Moment(DAY, 780, 0)),
        ("2021-01-26 13:00:07", "", Moment(DAY, 780, 7)),
        ("2021-01-26T13:00", "", Moment(DAY, 780)),
        ("26 Januari 2021 jam 8.21 WIB", "", Moment(DAY, 501, zone_min=420)),
        ("26-01-2021", "13:00 wita", Moment(DAY, 780, zone_min=480)),
        ("26-01-2021 WIT", "13:00", Moment(DAY, 780, zone_min=540)),
        ("26-Agustus-2021", "", Moment(date(2021, 8, 26))),
        ("26-1-21", "08:21", Moment(DAY, 501)),
        ("26-Jan-21", "", Moment(DAY)),
        ("26-Jan-21 13:00", "", Moment(DAY, 780)),
        ("26/Jan/2021", "08.21", Moment(DAY, 501)),
        ("17 Agu 21", "", Moment(date(2021, 8, 17))),
        ("17-Aug-21", "", Moment(date(2021, 8, 17))),
        ("1-Des-21", "", Moment(date(2021, 12, 1))),
        ("2021-01-26 00:00:00", "13:00:00", Moment(DAY, 780, 0)),
        ("26-01-2021", "pukul 08.21", Moment(DAY, 501)),
    ],
)
def test_dates_and_times_are_read_as_they_are_written_in_indonesia(
    text: str, clock: str, wanted: Moment
) -> None:
    assert read_moment(text, clock) == wanted


@pytest.mark.parametrize(
    ("text", "clock"),
    [
        ("", ""),
        ("31-02-2021", ""),
        ("2021", ""),
        ("26-01-2021", "25:00"),
        ("26-01-2021", "kemarin"),
        ("26-13-2021", ""),
        ("26-01/2021", ""),
        ("01-26-2021", ""),
        ("26-01-20197", ""),
        ("26-01-0197", ""),
        ("1921-01-26", ""),
        ("26-Jan-1921", ""),
        ("26-Jam-21", ""),
        ("26 Jan 13:00", ""),
    ],
)
def test_what_no_calendar_or_clock_has_is_refused_by_name(text: str, clock: str) -> None:
    with pytest.raises(UnreadableMoment, match="write them as in"):
        read_moment(text, clock)


def test_seconds_decide_nothing() -> None:
    assert order(Moment(DAY, 780, 59), Moment(DAY, 780, 0)) is Order.SAME_MINUTE


def test_a_day_without_a_time_decides_only_between_days() -> None:
    assert order(Moment(DAY), Moment(DAY, 780)) is Order.SAME_DAY
    assert order(Moment(DAY), Moment(date(2021, 1, 27), 0)) is Order.BEFORE


@pytest.mark.parametrize(
    ("one", "other", "wanted"),
    [
        ("26-01-2021 12:00 WIB", "26-01-2021 13:00 WIT", Order.AFTER),
        ("26-01-2021 12:00 WIB", "26-01-2021 13:00 WITA", Order.SAME_MINUTE),
        ("26-01-2021 23:30 WIB", "27-01-2021 01:00 WIT", Order.AFTER),
        ("26-01-2021 12:00 WIB", "26-01-2021 13:00", Order.ZONE_OPEN),
        ("26-01-2021 12:00 WIB", "26-01-2021 12:00", Order.ZONE_OPEN),
        ("26-01-2021 12:00 WIB", "26-01-2021 14:01", Order.BEFORE),
        ("26-01-2021 12:00 WIB", "26-01-2021 11:59", Order.AFTER),
        ("26-01-2021 12:00 WIB", "26-01-2021", Order.SAME_DAY),
        ("26-01-2021 WIB", "28-01-2021 WIT", Order.BEFORE),
    ],
)
def test_times_with_a_zone_are_compared_as_instants(one: str, other: str, wanted: Order) -> None:
    assert order(read_moment(one), read_moment(other)) is wanted


def test_the_zone_of_a_time_that_names_none_may_be_given() -> None:
    wib = read_moment("26-01-2021 12:00").in_zone(420)
    assert order(wib, read_moment("26-01-2021 13:00 WIT").in_zone(420)) is Order.AFTER


def test_a_time_that_names_its_zone_is_an_instant_whatever_the_register_has() -> None:
    moment = read_moment("26-01-2021 13:00 WIT")
    assert moment.first_unix_ms(420) == Moment(DAY, 780).first_unix_ms(540)


@given(MOMENTS, MOMENTS)
def test_order_is_mirrored(one: Moment, other: Moment) -> None:
    mirror = {Order.BEFORE: Order.AFTER, Order.AFTER: Order.BEFORE}
    forth = order(one, other)
    assert order(other, one) is mirror.get(forth, forth)


@given(MOMENTS)
def test_what_is_written_is_read_back(moment: Moment) -> None:
    assert read_moment(str(moment)) == moment


@given(st.text(max_size=30), st.text(max_size=10))
def test_every_text_is_a_moment_or_refused(text: str, clock: str) -> None:
    try:
        moment = read_moment(text, clock)
    except UnreadableMoment:
        moment = Moment(DAY)
    assert order(moment, moment) in (Order.SAME_DAY, Order.SAME_MINUTE)
