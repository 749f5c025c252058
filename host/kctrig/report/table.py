"""The record as a table for spreadsheets and other programs: a row a meter; the same in every language."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime

from kctrig.report.record import Glass, MeterLine, Report
from kctrig.worklist.safe import cell

COLUMNS = (
    *("meter_no", "brand", "state", "code", "proof", "krn_before", "kt_before", "krn_after", "kt_after"),
    *("shown_before", "shown_after", "tokens", "answers", "attempts", "refusals", "began_utc", "ended_utc"),
    *("seconds", "keys_pressed", "enters", "operator", "bench", "rig", "shift", "half_until_utc"),
    *("events_fit", "first_event", "last_event", "event_hash", "reason"),
)


def table(report: Report) -> Iterator[str]:
    """Lines of CSV as a spreadsheet in Indonesia opens it: semicolons, UTF-8 with byte-order mark; no cell is run."""
    yield "\N{ZERO WIDTH NO-BREAK SPACE}" + _line(COLUMNS)
    for row in rows(report):
        yield _line([cell(value) for value in row])


def rows(report: Report) -> Iterator[list[str]]:
    """A row a meter, its cells in the order of `COLUMNS`."""
    for meter in report.meters:
        yield list(_row(meter))


def utc(unix_ms: int | None) -> str:
    """ISO 8601 in UTC with milliseconds; empty for None."""
    if unix_ms is None:
        return ""
    at = datetime.fromtimestamp(unix_ms / 1000, UTC)
    return at.strftime("%Y-%m-%dT%H:%M:%S.") + f"{unix_ms % 1000:03}Z"


def _row(meter: MeterLine) -> Iterator[str]:
    last = meter.last
    yield from (meter.meter_no, meter.profile, meter.state, meter.code, meter.proof)
    for glass in (last.before, last.after):
        yield from (_number(glass.krn if glass else None), _number(glass.kt if glass else None))
    yield from (_shown(last.before), _shown(last.after))
    yield " ".join(token.digits for token in last.tokens)
    yield " ".join(token.answer or "unknown" for token in last.tokens if token.entered)
    yield from (str(len(meter.attempts)), str(meter.refusals))
    yield from (utc(last.began_unix_ms), utc(last.ended_unix_ms), f"{last.seconds:.3f}")
    yield from (_number(last.keys_pressed), str(last.enters), last.operator, last.bench, last.rig)
    yield from (str(last.shift), utc(meter.half_until_unix_ms), "yes" if meter.fits else "no")
    yield from (str(last.first_event), str(last.last_event), last.hash, meter.reason)


def _shown(glass: Glass | None) -> str:
    return glass.text if glass else ""


def _number(value: int | None) -> str:
    return "" if value is None else str(value)


def _line(cells: Sequence[str]) -> str:
    out = io.StringIO()
    csv.writer(out, delimiter=";").writerow(cells)
    return out.getvalue()
