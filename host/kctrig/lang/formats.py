"""Numbers, dates and durations as people in Indonesia, or readers of English, write them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, tzinfo
from decimal import Decimal
from types import MappingProxyType
from typing import Final

from babel import Locale
from babel.dates import format_date, format_datetime, format_time
from babel.numbers import format_decimal, format_percent

from kctrig.lang import LANGS

# English with the day before the month and a clock of 24 hours, as it is written in Indonesia.
_LOCALES: Final[Mapping[str, str]] = MappingProxyType({"id": "id_ID", "en": "en_GB"})
_HOUR_MINUTE_SECOND: Final[Mapping[str, tuple[str, str, str]]] = MappingProxyType(
    {"id": ("jam", "mnt", "dtk"), "en": ("h", "min", "s")}
)
_NO_BREAK = "\N{NO-BREAK SPACE}"


class Formats:
    """One language and one time zone.

    Attributes:
        lang: `id` or `en`.
        zone: of every time that is written; None is the zone of this machine.
    """

    def __init__(self, lang: str, zone: tzinfo | None = None) -> None:
        if lang not in LANGS:
            raise ValueError(f"there is no language {lang!r} here, only {' and '.join(LANGS)}")
        self.lang = lang
        self.zone = zone
        self._locale = Locale.parse(_LOCALES[lang])

    def integer(self, value: int) -> str:
        """1.234 or 1,234."""
        return format_decimal(value, locale=self._locale)

    def decimal(self, value: float | Decimal, places: int = 1) -> str:
        """1.234,5 or 1,234.5, with exactly so many places."""
        return format_decimal(
            value, format=f"#,##0.{'0' * places}" if places else "#,##0", locale=self._locale
        )

    def percent(self, part: float) -> str:
        """25% of 0.25, in whole percent."""
        return format_percent(part, locale=self._locale)

    def day(self, value: date) -> str:
        """26 Jan 2021."""
        return format_date(value, "medium", locale=self._locale)

    def minute(self, value: datetime) -> str:
        """26 Jan 2021 13.00 or 26 Jan 2021, 13:00, of a time as it was written down; no zone is applied."""
        clock = format_time(value.time(), "short", locale=self._locale)
        return f"{self.day(value)}{',' if self.lang == 'en' else ''} {clock}"

    def moment(self, unix_ms: int) -> str:
        """26 Jan 2021 13.00.05 or 26 Jan 2021, 13:00:05."""
        return format_datetime(self._local(unix_ms), "medium", locale=self._locale)

    def clock(self, unix_ms: int) -> str:
        """13.00.05 or 13:00:05."""
        return format_time(self._local(unix_ms).timetz(), "medium", locale=self._locale)

    def day_of(self, unix_ms: int) -> str:
        """The day of a moment: Selasa, 26 Januari 2021 or Tuesday 26 January 2021."""
        return format_date(self._local(unix_ms).date(), "full", locale=self._locale)

    def zone_name(self, unix_ms: int) -> str:
        """WIB, WITA or WIT where the zone has a name, else its distance from UTC as UTC+7."""
        local = self._local(unix_ms)
        name = local.tzname() or ""
        if name.isalpha():
            return name
        offset = local.utcoffset()
        minutes = int(offset.total_seconds()) // 60 if offset else 0
        hours, rest = divmod(abs(minutes), 60)
        return f"UTC{'-' if minutes < 0 else '+'}{hours}" + (f":{rest:02}" if rest else "")

    def duration(self, seconds: float, places: int = 0) -> str:
        """Like "1 jam 2 mnt 3 dtk" or "2 min 3.4 s"; parts that are nought are left out. Negative is an error."""
        if seconds < 0:
            raise ValueError(f"a duration of {seconds} s")
        whole = Decimal(f"{seconds:.{places}f}")
        hours, minutes = divmod(int(whole // 60), 60)
        rest = whole % 60
        hour, minute, second = _HOUR_MINUTE_SECOND[self.lang]
        parts = []
        if hours:
            parts.append(f"{self.integer(hours)}{_NO_BREAK}{hour}")
        if minutes:
            parts.append(f"{minutes}{_NO_BREAK}{minute}")
        if rest or not parts:
            parts.append(f"{self.decimal(rest, places)}{_NO_BREAK}{second}")
        return _NO_BREAK.join(parts)

    def _local(self, unix_ms: int) -> datetime:
        if self.zone is None:
            return datetime.fromtimestamp(unix_ms / 1000).astimezone()
        return datetime.fromtimestamp(unix_ms / 1000, self.zone)
