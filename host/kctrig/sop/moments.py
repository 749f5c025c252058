"""Dates and times as the systems and the people write them, and as exactly as they write them."""

from __future__ import annotations

import re
from dataclasses import dataclass
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
_DAY_FIRST = r"(?P<d>\d{1,2})(?P<s>[-/.])(?P<m>\d{1,2})(?P=s)(?P<y>20\d{2}|\d{2})"
_YEAR_FIRST = r"(?P<y2>20\d{2})-(?P<m2>\d{1,2})-(?P<d2>\d{1,2})"
_IN_WORDS = r"(?P<d3>\d{1,2})[ -](?P<m3>[A-Za-z]{3,10})\.?[ -](?P<y3>20\d{2})"
_CLOCK = r"(?P<h>\d{1,2})[:.](?P<min>\d{2})(?:[:.](?P<sec>\d{2})(?:[.,]\d+)?)?"
_MOMENT = re.compile(
    rf"(?:{_DAY_FIRST}|{_YEAR_FIRST}|{_IN_WORDS})"
    rf"(?:(?:\s*[,/T]\s*|\s+)(?:(?:pukul|jam|pkl\.?|at)\s*)?{_CLOCK})?(?:\s*(?:WIB|WITA|WIT|A))?\.?",
    re.IGNORECASE,
)
_CLOCK_ALONE = re.compile(rf"(?:(?:pukul|jam|pkl\.?)\s*)?{_CLOCK}(?:\s*(?:WIB|WITA|WIT))?", re.IGNORECASE)


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
    """

    day: date
    minute: int | None = None
    second: int | None = None

    def __str__(self) -> str:
        text = self.day.strftime("%d-%m-") + f"{self.day.year:04}"
        if self.minute is None:
            return text
        text += f" {self.minute // 60:02}:{self.minute % 60:02}"
        return text if self.second is None else f"{text}:{self.second:02}"

    def first_unix_ms(self, utc_offset_min: int) -> int:
        """The earliest instant that it may be, for a clock so far east of Greenwich."""
        clock = time(*divmod(self.minute or 0, 60), second=self.second or 0)
        zone = timezone(timedelta(minutes=utc_offset_min))
        return int(datetime.combine(self.day, clock, zone).timestamp()) * 1000


class Order(Enum):
    """How one moment lies to another."""

    BEFORE = "before"
    AFTER = "after"
    SAME_MINUTE = "same minute"
    SAME_DAY = "same day"
    """The day is the same and the time of at least one is not known."""


def order(one: Moment, other: Moment) -> Order:
    """Whether `one` lies before or after `other`, as far as both are known; seconds decide nothing.

    Two systems' clocks need not agree to the second, so within the same minute nothing is claimed.
    """
    if one.day != other.day:
        return Order.BEFORE if one.day < other.day else Order.AFTER
    if one.minute is None or other.minute is None:
        return Order.SAME_DAY
    if one.minute == other.minute:
        return Order.SAME_MINUTE
    return Order.BEFORE if one.minute < other.minute else Order.AFTER


def read_moment(text: str, clock: str = "") -> Moment:
    """A date with or without a time in a cell, and a time in a cell of its own.

    Day before month, as in Indonesia; years from 2000 to 2099; year first only as `2021-01-26`; months also by name.

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
        found.update(alone.groupdict())
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
    return _with_clock(whole_day, found["h"], found["min"], found["sec"])


def _with_clock(day: date, hour: str | None, minute: str | None, second: str | None) -> Moment | None:
    if hour is None or minute is None:
        return Moment(day)
    if int(hour) > 23 or int(minute) > 59 or int(second or 0) > 59:
        return None
    return Moment(day, int(hour) * 60 + int(minute), int(second) if second is not None else None)
