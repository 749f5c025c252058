"""Token identifiers: minutes since 1 January of a base date, 24 bits (facts/sts.md 2.5).

Integers only, because MicroPython has no datetime and an ESP32's floats are single. Dates are in the
token clock's own time zone (UTC since the 2018 edition of the standard, local time before).
"""

BASE_DATES = (1993, 2014, 2035)
MAX_TID = 0xFFFFFF
_DAY_MIN = 1440


class TokenTimeError(ValueError):
    """The moment is before the base date or after its last minute. Nothing was issued."""


def _days(year: int, month: int, day: int) -> int:
    """Days since 1 March of the year 0 (Gregorian), so that a leap day ends its year."""
    if month < 3:
        year -= 1
        month += 12
    return 365 * year + year // 4 - year // 100 + year // 400 + (153 * (month - 3) + 2) // 5 + day - 1


def tid_of(year: int, month: int, day: int, hour: int, minute: int, base_date: int) -> int:
    """The token identifier of a moment.

    Raises TokenTimeError when the moment lies outside the 31.9 years of this base date, ValueError when it is no moment.
    """
    days = _days(year, month, day)
    if not (0 <= hour < 24 and 0 <= minute < 60) or _date(days) != (year, month, day):
        raise ValueError("%04d-%02d-%02d %02d:%02d is no date and time" % (year, month, day, hour, minute))
    tid = (days - _days(base_date, 1, 1)) * _DAY_MIN + hour * 60 + minute
    if not 0 <= tid <= MAX_TID:
        raise TokenTimeError(
            "%04d-%02d-%02d %02d:%02d is outside the token clock of base date %d (%s)"
            % (year, month, day, hour, minute, base_date, _span(base_date))
        )
    return tid


def _span(base_date: int) -> str:
    """First and last minute of a base date, for messages."""
    return "%04d-%02d-%02d %02d:%02d to %04d-%02d-%02d %02d:%02d" % (
        date_of(0, base_date) + date_of(MAX_TID, base_date)
    )


def _date(days: int) -> "tuple[int, int, int]":
    """Year, month and day of a count of days as `_days` makes it."""
    era = days // 146097
    of_era = days - era * 146097
    year_of_era = (of_era - of_era // 1460 + of_era // 36524 - of_era // 146096) // 365
    of_year = of_era - (365 * year_of_era + year_of_era // 4 - year_of_era // 100)
    shifted = (5 * of_year + 2) // 153
    month = shifted + 3 if shifted < 10 else shifted - 9
    year = year_of_era + era * 400 + (1 if month < 3 else 0)
    return year, month, of_year - (153 * shifted + 2) // 5 + 1


def date_of(tid: int, base_date: int) -> "tuple[int, int, int, int, int]":
    """Year, month, day, hour and minute of a token identifier."""
    year, month, day = _date(_days(base_date, 1, 1) + tid // _DAY_MIN)
    return year, month, day, tid % _DAY_MIN // 60, tid % 60


def text_of(tid: int, base_date: int) -> str:
    """`2021-01-26T06:19` of a token identifier."""
    return "%04d-%02d-%02dT%02d:%02d" % date_of(tid, base_date)


def is_reserved(tid: int) -> bool:
    """Whether this is 00:01 of a day, which the standard keeps for special tokens."""
    return tid % _DAY_MIN == 1


def issuable(tid: int) -> int:
    """`tid`, or the next minute where it is the reserved one."""
    return tid + 1 if is_reserved(tid) else tid


def ken_needed(tid: int) -> int:
    """The smallest key expiry number (unit 2^16 minutes) with which a token of this identifier is not expired."""
    return tid >> 16
