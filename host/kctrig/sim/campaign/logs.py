"""Small questions to a campaign's evidence: what the meters logged, what the store says."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from kctrig.sim.campaign.evidence import Evidence, MeterLog, StoreEvent

_TOOK = frozenset({"Accept", "1stKCT", "2ndKCT", "3rdKCT", "4thKCT"})
_NOT_READY = "StatusNotReady"
_NO_REFUSAL = _TOOK | {"LockoutActive", _NOT_READY}


@dataclass(frozen=True, slots=True)
class TokenRow:
    """A token as the meter logged it; `krn` is the key revision after it."""

    at_ms: int
    digits: str
    result: str
    krn: int

    @property
    def refused(self) -> bool:
        """Whether the meter counted it as a refusal."""
        return self.result not in _NO_REFUSAL

    @property
    def taken(self) -> bool:
        """Whether the meter took it."""
        return self.result in _TOOK

    @property
    def not_ready(self) -> bool:
        """Whether the meter could not look at it (no mains); its glass says the word of a refusal to that, too."""
        return self.result == _NOT_READY


def token_rows(meter: MeterLog) -> list[TokenRow]:
    """Every token that was submitted to the meter."""
    return [
        TokenRow(at_ms, str(row["digits"]), str(row["result"]), int(row["krn"]))
        for at_ms, row in meter.rows
        if row["event"] == "token"
    ]


def submitted_ms(meter: MeterLog, token: TokenRow) -> int:
    """When the Enter of a token went down; its row is as late as the meter's answer."""
    return max(
        (
            at_ms
            for at_ms, row in meter.rows
            if at_ms <= token.at_ms and row["event"] == "key" and row["key"] == "#" and row["edge"] == "down"
        ),
        default=token.at_ms,
    )


def krn_kt(meter: MeterLog, at_ms: int) -> tuple[int, int]:
    """Key revision and type of the meter at a moment, by its own log."""
    krn, kt = meter.krn, meter.kt
    for row_ms, row in meter.rows:
        if row_ms > at_ms:
            break
        if row["event"] == "token":
            krn, kt = int(row["krn"]), int(row["kt"])
    return krn, kt


def events_of(evidence: Evidence, meter_no: str, *points: str) -> list[StoreEvent]:
    """Events of these points about one meter."""
    return [event for event in evidence.events if event.meter_no == meter_no and event.point in points]


def meter_of(evidence: Evidence, meter_no: str) -> MeterLog | None:
    """The log of the meter of this number."""
    return next((meter for meter in evidence.meters if meter.meter_no == meter_no), None)


def finished_attempts(evidence: Evidence) -> Iterator[tuple[StoreEvent, StoreEvent]]:
    """(claim, verdict) of each attempt that came to one."""
    claims = {event.attempt: event for event in evidence.events if event.point == "claim"}
    for event in evidence.events:
        if event.point == "verdict" and event.attempt in claims:
            yield claims[event.attempt], event
