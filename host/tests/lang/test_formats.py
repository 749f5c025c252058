"""Numbers, dates and durations as each country writes them."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from kctrig.lang.formats import Formats

JAKARTA = ZoneInfo("Asia/Jakarta")
AT_MS = int(datetime(2021, 1, 26, 13, 0, 5, tzinfo=JAKARTA).timestamp() * 1000)
ID, EN = Formats("id", JAKARTA), Formats("en", JAKARTA)


def plain(text: str) -> str:
    return text.replace("\N{NO-BREAK SPACE}", " ")


def test_numbers_have_the_comma_of_each_country() -> None:
    assert (ID.decimal(12345.678, 2), EN.decimal(12345.678, 2)) == ("12.345,68", "12,345.68")
    assert (ID.decimal(Decimal("10"), 1), EN.decimal(Decimal("10"), 1)) == ("10,0", "10.0")
    assert (ID.integer(12345), EN.integer(12345)) == ("12.345", "12,345")
    assert (ID.decimal(2.4, 0), EN.percent(0.25)) == ("2", "25%")


def test_a_moment_is_written_in_the_zone_that_was_asked_for() -> None:
    assert (ID.moment(AT_MS), EN.moment(AT_MS)) == ("26 Jan 2021 13.00.05", "26 Jan 2021, 13:00:05")
    assert Formats("en", ZoneInfo("Asia/Jayapura")).clock(AT_MS) == "15:00:05"
    assert ID.clock(AT_MS) == "13.00.05"


def test_the_day_of_a_moment_is_that_of_the_zone() -> None:
    late_ms = AT_MS + 12 * 3_600_000
    assert ID.day_of(late_ms) == "Rabu, 27 Januari 2021"
    assert "26 January 2021" in Formats("en", ZoneInfo("UTC")).day_of(late_ms)


def test_a_time_as_it_was_written_down_is_not_moved() -> None:
    assert ID.minute(datetime(2021, 1, 26, 6, 19)) == "26 Jan 2021 06.19"
    assert EN.minute(datetime(2021, 1, 26, 6, 19)) == "26 Jan 2021, 06:19"
    assert ID.day(date(2021, 8, 17)) == "17 Agu 2021"


@pytest.mark.parametrize(
    ("zone", "name"),
    [
        (JAKARTA, "WIB"),
        (ZoneInfo("Asia/Makassar"), "WITA"),
        (ZoneInfo("Asia/Jayapura"), "WIT"),
        (timezone(timedelta(hours=7)), "UTC+7"),
        (timezone(timedelta(hours=-3, minutes=-30)), "UTC-3:30"),
        (UTC, "UTC"),
    ],
)
def test_a_zone_has_a_name_or_its_distance_from_utc(zone: ZoneInfo, name: str) -> None:
    assert Formats("id", zone).zone_name(AT_MS) == name


def test_without_a_zone_the_machine_has_one() -> None:
    assert Formats("id").zone_name(AT_MS)
    assert "2021" in Formats("en").moment(AT_MS)


@pytest.mark.parametrize(
    ("seconds", "places", "indonesian", "english"),
    [
        (0, 0, "0 dtk", "0 s"),
        (23.44, 1, "23,4 dtk", "23.4 s"),
        (59.96, 1, "1 mnt", "1 min"),
        (60, 0, "1 mnt", "1 min"),
        (84.2, 1, "1 mnt 24,2 dtk", "1 min 24.2 s"),
        (3723, 0, "1 jam 2 mnt 3 dtk", "1 h 2 min 3 s"),
        (3600 * 1500, 0, "1.500 jam", "1,500 h"),
    ],
)
def test_a_duration_is_hours_minutes_and_seconds(
    seconds: float, places: int, indonesian: str, english: str
) -> None:
    assert plain(ID.duration(seconds, places)) == indonesian
    assert plain(EN.duration(seconds, places)) == english


def test_a_negative_duration_is_an_error() -> None:
    with pytest.raises(ValueError, match="-1"):
        ID.duration(-1)


@given(st.floats(min_value=0, max_value=1e7), st.integers(min_value=0, max_value=3))
def test_no_duration_shows_sixty_seconds_or_minutes(seconds: float, places: int) -> None:
    words = plain(EN.duration(seconds, places)).split()
    counts = dict(zip(words[1::2], words[::2], strict=True))
    assert float(counts.get("s", "0")) < 60
    assert int(counts.get("min", "0")) < 60


def test_another_language_is_refused_by_name() -> None:
    with pytest.raises(ValueError, match="'fr'"):
        Formats("fr")
