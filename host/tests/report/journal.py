"""A journal in memory: events with a chain that fits, for stores that no bench would write."""

from __future__ import annotations

from typing import Any

from kctrig.records.chain import RawEvent, canonical, first_link, link
from kctrig.records.evidence import Evidence, check
from kctrig.report.build import report_of
from kctrig.report.record import Report

STORE_ID = "5a" * 16
START_MS = 1_611_619_200_000


class Journal:
    """Events of a store, in order."""

    def __init__(self) -> None:
        self.events: list[RawEvent] = []
        self._prev = first_link(STORE_ID)

    def add(self, meter_no: str, point: str, attempt: int = 0, **body: Any) -> int:
        """Append an event; gives its number."""
        seq = len(self.events) + 1
        attempt = seq if point == "claim" else attempt
        at_unix_ms, text = START_MS + 1000 * seq, canonical(body)
        new = link(seq, attempt, meter_no, point, at_unix_ms, text, self._prev)
        self.events.append(RawEvent(seq, attempt, meter_no, point, at_unix_ms, text, self._prev, new))
        self._prev = new
        return seq

    def claim(self, meter_no: str, **body: Any) -> int:
        """Append a claim; gives the attempt's number."""
        usual: dict[str, Any] = {"profile": "hexing", "operator": "Sari", "bench": "meja 2", "shift": 1}
        tokens = [{"digits": "1234…7890", "role": "kct", "token": "a"}] * 2
        return self.add(
            meter_no, "claim", 0, **{**usual, "rig": "/dev/ttyUSB0", "number": 1, "tokens": tokens, **body}
        )

    def verdict(self, meter_no: str, attempt: int, verdict: str, **body: Any) -> int:
        """Append a verdict."""
        usual: dict[str, Any] = {
            "code": "",
            "reason": "04 shows KRN2",
            "seconds": 6.2,
            "keys_pressed": 51,
        }
        return self.add(meter_no, "verdict", attempt, **{**usual, "verdict": verdict, **body})

    @property
    def evidence(self) -> Evidence:
        """The store of these events."""
        head = (len(self.events), self._prev)
        return Evidence(STORE_ID, list(self.events), head)

    def report(self, **options: Any) -> Report:
        """The record of these events."""
        evidence = self.evidence
        usual: dict[str, Any] = {"name": "shift.db", "made_unix_ms": START_MS + 1_000_000}
        return report_of(evidence, check(evidence), **{**usual, **options})
