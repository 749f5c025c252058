"""Stores with one meter after the other, each as an attempt leaves it."""

from __future__ import annotations

from kctrig.records import points
from kctrig.records.store import Store
from kctrig.sop.looks import Meter, Shown

Event = tuple[str, dict[str, object]]


def look(krn: int | None, kt: int | None = 2, point: str = points.PROBE) -> Event:
    shown = "88888" if krn is None else f"KRN 0{krn} KT 0{kt}" if kt is not None else str(krn)
    return point, {"krn": krn, "kt": kt, "shown": shown}


def token(answer: str | None, name: str = "a", role: str = "kct") -> list[Event]:
    about: dict[str, object] = {"token": name}
    events: list[Event] = [(points.INTENT, {**about, "role": role}), (points.ENTER_INTENT, about)]
    return events if answer is None else [*events, (points.ANSWER, {**about, "answer": answer})]


def verdict(name: str, reason: str = "") -> Event:
    return points.VERDICT, {"verdict": name, "reason": reason}


PASSED = [
    look(1),
    *token("half"),
    *token("accepted", "b"),
    look(2, point=points.VERIFY),
    verdict("PASS_VERIFIED"),
]
REFUSED = [look(1), *token("refused"), look(1, point=points.VERIFY), verdict("REJECTED")]
CUT = [look(1), *token(None)]
DONE_BEFORE = [look(2), verdict("ALREADY_DONE")]
HALF = [look(1), *token("half"), look(1, point=points.VERIFY), verdict("HALF")]
DOUBT = [look(1), *token("accepted"), look(1, point=points.VERIFY), verdict("IN_DOUBT", "key_not_changed")]


def shown(events: list[Event], meter_no: str = "00000000018") -> Shown:
    """What the events come to, without a store."""
    meter = Meter(meter_no)
    for seq, (point, body) in enumerate(events, start=1):
        meter.take(point, seq, f"hash{seq}", 1_611_640_800_000 + seq, body)
    return meter.shown


def write(store: Store, meter_no: str, events: list[Event]) -> None:
    """The same events, through the store's own claim."""
    attempt = store.claim(meter_no, "hexing", {})
    for point, body in events:
        attempt.record(point, body)
    attempt.close()
