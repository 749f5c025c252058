"""An override as stores of older builds have it: an event of no attempt."""

from __future__ import annotations

from kctrig.records import points
from kctrig.records.store import Store


def open_again(store: Store, meter_no: str, *, reason: str, operator: str) -> None:
    store._append(0, meter_no, points.OVERRIDE, {"reason": reason, "operator": operator})
