"""The whole record as JSON lines: one for the store, then one a meter with all its attempts; the same in every language."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from dataclasses import asdict

from kctrig.report.record import MeterLine, Report

FORMAT = 1


def lines(report: Report) -> Iterator[str]:
    """Lines of JSON, each with its end."""
    yield _line(
        {
            "kind": "store",
            "format": FORMAT,
            "store_id": report.store_id,
            "name": report.name,
            "shift": report.shift,
            "made_unix_ms": report.made_unix_ms,
            "last_event": report.last_event,
            "meters": len(report.meters),
            "unreadable_events": report.unreadable,
            "chain": {**asdict(report.chain), "ok": report.chain.ok},
            "shifts": [asdict(shift) for shift in report.shifts],
        }
    )
    for meter in report.meters:
        yield _line(_meter(meter))


def _meter(meter: MeterLine) -> dict[str, object]:
    fields = asdict(meter)
    return {"kind": "meter", **fields, "proof": meter.proof, "seconds": round(meter.seconds, 3)}


def _line(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, default=_plain) + "\n"


def _plain(value: object) -> object:
    """Segment memory in base64, which unlike hex never looks like a token."""
    if isinstance(value, bytes):
        return base64.b64encode(value).decode()
    raise TypeError(f"{type(value).__name__} has no place in a report")
