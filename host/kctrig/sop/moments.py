"""Dates and times as the systems and the people write them, and as exactly as they write them."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta, timezone
from enum import Enum

from kctrig.lang import N_
from kctrig.sop.said import say

_MONTHS = {
    name: number
    for number, names in enumerate(
        (
            "januari january jan",
            "februari february feb pebruari",
            "maret march mar",
            "april apr",
            "mei may",
            "juni june jun",
            "juli july jul",
            "agustus august agt agu ags aug agust",
            "september sep sept",
            "oktober october okt oct",
            "november nov nopember nop",
            "desember december des dec",
        ),
        start=1,
    )
    for name in names.split()
}
ZONES = {"WIB": 7 * 60, "WITA": 8 * 60, "WIT": 9 * 60}
"""Indonesia's time zones, in minutes east of Greenwich."""
_ZONE_NAMES = {minutes: name for name, minutes in ZONES.items()}
_ANY_ZONE = (min(ZONES.values()), max(ZONES.values()))
_DAY_MIN = 24 * 60
_DAY_FIRST = r"(?P<d>\d{1,2})(?P<s>[-/.])(?P<m>\d{1,2})(?P=s)(?P<y>20\d{2}|\d{2})"
_YEAR_FIRST = r"(?P<y2>20\d{2})-(?P<m2>\d{1,2})-(?P<d2>\d{1,2})"
_IN_WORDS = r"(?P<d3>\d{1,2})[-/ ](?P<m3>[A-Za-z]{3,10})\.?[-/ ](?P<y3>20\d{2}|\d{2})"
_CLOCK = r"(?P<h>\d{1,2})[:.](?P<min>\d{2})(?:[:.](?P<sec>\d{2})(?:[.,]\d+)?)?"
_MOMENT = re.compile(
    rf"(?:{_DAY_FIRST}|{_YEAR_FIRST}|{_IN_WORDS})"
    rf"(?:(?:\s*[,/T]\s*|\s+)(?:(?:pukul|jam|pkl\.?|at)\s*)?{_CLOCK})?(?:\s*(?:(?P<z>WIB|WITA|WIT)|A))?\.?",
    re.IGNORECASE,
)
_CLOCK_ALONE = re.compile(rf"(?:(?:pukul|jam|pkl\.?)\s*)?{_CLOCK}(?:\s*(?P<z>WIB|WITA|WIT))?", re.IGNORECASE)


class UnreadableMoment(Exception):  # noqa: N818 - named for what happened
    """The text is no date, or one that no calendar has.

    Attributes:
        said: what is wrong and what to write, as a sentence.
    """

    effect = "nothing"

    def __init__(self, text: str) -> None:
        self.said = say(
            N_("{date} is no date and time; write them as in 26-01-2021 13:00"), date=repr(text.strip()[:40])
        )
        super().__init__(str(self.said))


@dataclass(frozen=True, slots=True)
class Moment:
    """A day, and the time of it as far as it is known.

    Attributes:
        minute: minute of the day; None when only the day is known.
        second: None when it is not known.
        zone_min: its clock's zone in minutes east of Greenwich; None where it names none.
    """

    day: date
    minute: int | None = None
    second: int | None = None
    zone_min: int | None = None

    def __str__(self) -> str:
        text = self.day.strftime("%d-%m-") + f"{self.day.year:04}"
        if self.minute is not None:
            text += f" {self.minute // 60:02}:{self.minute % 60:02}"
            text += "" if self.second is None else f":{self.second:02}"
        return text if self.zone_min is None else f"{text} {zone_name(self.zone_min)}"

    def in_zone(self, zone_min: int | None) -> Moment:
        """The moment of a clock in this zone, unless it names one itself."""
        return self if zone_min is None or self.zone_min is not None else replace(self, zone_min=zone_min)

    def first_unix_ms(self, utc_offset_min: int) -> int:
        """The earliest instant that it may be, for a clock so far east of Greenwich unless it names its zone itself."""
        clock = time(*divmod(self.minute or 0, 60), second=self.second or 0)
        zone = timezone(timedelta(minutes=utc_offset_min if self.zone_min is None else self.zone_min))
        return int(datetime.combine(self.day, clock, zone).timestamp()) * 1000

    def span_min(self, zones: tuple[int, int]) -> tuple[int, int]:
        """The first and the last minute that it may be, counted in Greenwich; `zones` from west to east where it names none."""
        west, east = zones if self.zone_min is None else (self.zone_min, self.zone_min)
        midnight = self.day.toordinal() * _DAY_MIN
        first, last = (0, _DAY_MIN - 1) if self.minute is None else (self.minute, self.minute)
        return midnight + first - east, midnight + last - west


def zone_name(utc_offset_min: int) -> str:
    """WIB, WITA or WIT; for any other zone how far it is from UTC."""
    return _ZONE_NAMES.get(utc_offset_min) or str(timezone(timedelta(minutes=utc_offset_min)))


def same(moments: Iterable[Moment]) -> bool:
    """Whether these are one and the same, seconds aside; a zone that only some of them name makes them others."""
    return len({(one.span_min((0, 0)), one.zone_min is None) for one in moments}) <= 1


class Order(Enum):
    """How one moment lies to another."""

    BEFORE = "before"
    AFTER = "after"
    SAME_MINUTE = "same minute"
    SAME_DAY = "same day"
    """The day is the same and the time of at least one is not known."""
    ZONE_OPEN = "zone open"
    """Only one names its time zone, and the order depends on that of the other."""


def order(one: Moment, other: Moment) -> Order:
    """Whether `one` lies before or after `other`, as far as both are known; seconds decide nothing.

    Two systems' clocks need not agree to the second, so within the same minute nothing is claimed. Where neither names
    a time zone both are taken for the same; where only one does, the other may be of any zone of Indonesia.
    """
    neither = one.zone_min is None and other.zone_min is None
    zones = (0, 0) if neither else _ANY_ZONE
    (first, last), (other_first, other_last) = one.span_min(zones), other.span_min(zones)
    if last < other_first:
        return Order.BEFORE
    if first > other_last:
        return Order.AFTER
    if one.minute is None or other.minute is None:
        return Order.SAME_DAY
    return Order.SAME_MINUTE if first == last and other_first == other_last else Order.ZONE_OPEN


def read_moment(text: str, clock: str = "") -> Moment:
    """A date with or without a time in a cell, and a time in a cell of its own.

    Day before month, as in Indonesia; years from 2000 to 2099, also of two digits; year first only as `2021-01-26`; months also by name. WIB, WITA and WIT are its zone.

    Raises:
        UnreadableMoment: no date, no such date, or a time that cannot be read.
    """
    whole = " ".join(text.split())
    match = _MOMENT.fullmatch(whole)
    if match is None:
        raise UnreadableMoment(f"{text} {clock}")
    found = dict(match.groupdict())
    clock = " ".join(clock.split())
    # a spreadsheet keeps a date without a time as midnight; the time stands in the cell beside it
    if clock and (found["h"] is None or (found["h"], found["min"]) in (("0", "00"), ("00", "00"))):
        alone = _CLOCK_ALONE.fullmatch(re.sub(r"^(?:1899-12-3[01]|1900-01-0[01])[ T]", "", clock))
        if alone is None:
            raise UnreadableMoment(f"{text} {clock}")
        found.update(alone.groupdict(), z=alone["z"] or found["z"])
    moment = _moment(found)
    if moment is None:
        raise UnreadableMoment(f"{text} {clock}")
    return moment


def _moment(found: dict[str, str | None]) -> Moment | None:
    year = found["y"] or found["y2"] or found["y3"] or ""
    month = found["m"] or found["m2"] or found["m3"] or ""
    day = found["d"] or found["d2"] or found["d3"] or ""
    month_no = int(month) if month.isdigit() else _MONTHS.get(month.lower(), 0)
    try:
        whole_day = date(int(year) + (2000 if len(year) == 2 else 0), month_no, int(day))
    except ValueError:
        return None
    moment = _with_clock(whole_day, found["h"], found["min"], found["sec"])
    return moment and moment.in_zone(ZONES.get((found["z"] or "").upper()))


def _with_clock(day: date, hour: str | None, minute: str | None, second: str | None) -> Moment | None:
    if hour is None or minute is None:
        return Moment(day)
    if int(hour) > 23 or int(minute) > 59 or int(second or 0) > 59:
        return None
    return Moment(day, int(hour) * 60 + int(minute), int(second) if second is not None else None)
