"""The first invariant: verdicts and what looks are said to have shown, against the meters' own logs."""

from __future__ import annotations

from collections.abc import Iterator

from kctrig.sim.campaign.evidence import Evidence, MeterLog, StoreEvent
from kctrig.sim.campaign.logs import TokenRow, events_of, finished_attempts, krn_kt, meter_of, token_rows
from kctrig.sim.campaign.violation import TARGET, Violation


def verdicts_are_true(evidence: Evidence) -> list[Violation]:
    """1. What a verdict says of the meter is so at that moment."""
    found = []
    for claim, event in finished_attempts(evidence):
        meter = meter_of(evidence, event.meter_no)
        if meter is None:
            continue
        found += [
            Violation(1, event.at_unix_ms, event.meter_no, f"{event.body['verdict']}: {wrong}")
            for wrong in _false(evidence, claim, event, meter)
        ]
    return found + _taken_by_look(evidence)


def _taken_by_look(evidence: Evidence) -> list[Violation]:
    """Where a look is said to have shown that a token was taken, the meter took it."""
    return [
        Violation(1, event.at_unix_ms, meter.meter_no, "a look is said to show a token taken, and it was not")
        for meter in evidence.meters
        for event in events_of(evidence, meter.meter_no, "answer")
        if event.body.get("by_look")
        and not any(
            token.taken and evidence.fingerprints.get(token.digits) == event.body.get("token")
            for token in token_rows(meter)
            if token.at_ms <= event.at_unix_ms
        )
    ]


def _false(evidence: Evidence, claim: StoreEvent, event: StoreEvent, meter: MeterLog) -> Iterator[str]:
    verdict = event.body["verdict"]
    during = [
        token
        for token in token_rows(meter)
        if token.at_ms <= event.at_unix_ms and _entered_by(evidence, meter, token) == claim.attempt
    ]
    if verdict in ("PASS_VERIFIED", "ALREADY_DONE"):
        really = krn_kt(meter, event.at_unix_ms)
        if really != TARGET:
            yield f"the meter is on {really[0]}/{really[1]}"
        if event.meter_no in evidence.old_base and meter.krn == TARGET[0]:
            yield "it was on that revision before, by the list too, and no look can tell that its key changed"
        if bool(event.body.get("weak_evidence")) == meter.shows_kt:
            yield "the strength of its evidence is said wrongly"
    if verdict == "REJECTED" and not any(token.refused or token.not_ready for token in during):
        yield "the meter refused nothing in this attempt"
    if verdict in ("READY", "INFRA_ERROR", "ALREADY_DONE"):
        untrue = [
            token.result
            for token in during
            if token.result.endswith("KCT")
            or token.refused
            or "nothing was submitted" in str(event.body.get("reason"))
        ]
        if untrue:
            yield f"it knows of no submitted section, and the meter answered {', '.join(untrue)} in this attempt"


def _entered_by(evidence: Evidence, meter: MeterLog, token: TokenRow) -> int | None:
    """The attempt that pressed Enter on it; a slow meter may answer in the next one."""
    stands_for = evidence.fingerprints.get(token.digits)
    intents = [
        event.attempt
        for event in events_of(evidence, meter.meter_no, "enter-intent")
        if event.at_unix_ms <= token.at_ms and event.body.get("token") == stands_for
    ]
    return intents[-1] if intents else None
