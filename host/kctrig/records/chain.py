"""The chain of events: each carries the SHA-256 of the one before, so that none can be bent, dropped or put in."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass


def canonical(body: Mapping[str, object]) -> str:
    """The one text of a body that is hashed and stored."""
    return json.dumps(body, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)


def first_link(store_id: str) -> str:
    """What the first event of a store carries as the hash before it."""
    return hashlib.sha256(f"kctrig store {store_id}".encode()).hexdigest()


def link(seq: int, attempt: int, meter_no: str, point: str, at_unix_ms: int, body: str, prev: str) -> str:
    """Hash of an event whose body is the canonical text `body`."""
    text = json.dumps([seq, attempt, meter_no, point, at_unix_ms, body, prev], ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class RawEvent:
    """An event as it lies in the store, its body not parsed."""

    seq: int
    attempt: int
    meter_no: str
    point: str
    at_unix_ms: int
    body: str
    prev: str
    hash: str


def as_it_lies(row: Sequence[object]) -> RawEvent:
    """The event of a store's row (seq to hash), also of one that was bent by hand to values of other types.

    Such a value becomes another of the right type. The hash was made of what was written, so it does not fit either way.
    """
    seq, attempt, meter_no, point, at_unix_ms, body, prev, own = row
    return RawEvent(
        _number(seq),
        _number(attempt),
        _text(meter_no),
        _text(point),
        _number(at_unix_ms),
        _text(body),
        _text(prev),
        _text(own),
    )


def _number(value: object) -> int:
    return value if isinstance(value, int) else -1


def _text(value: object) -> str:
    return value if isinstance(value, str) else repr(value)


@dataclass(frozen=True, slots=True)
class ChainReport:
    """What a check of the chain found.

    Attributes:
        events: how many fit.
        first_bent: number of the first event that does not fit, None when all do.
        wrong: what is wrong with it, in words; empty when nothing is.
    """

    events: int
    first_bent: int | None = None
    wrong: str = ""

    @property
    def ok(self) -> bool:
        """Whether every event fits."""
        return self.first_bent is None


def check_chain(
    store_id: str, events: Iterable[RawEvent], head: tuple[int, str] | None = None
) -> ChainReport:
    """Walk the events in order and stop at the first that does not fit.

    `head` is the (number, hash) that the store says is its last; events cut off at the end are found by it.
    """
    prev = first_link(store_id)
    seq = 0
    for event in events:
        seq += 1
        if event.seq != seq:
            return ChainReport(seq - 1, seq, f"event {seq} is missing (next is {event.seq})")
        if event.prev != prev:
            return ChainReport(seq - 1, seq, f"event {seq} does not follow event {seq - 1}: one was replaced")
        wanted = link(
            event.seq, event.attempt, event.meter_no, event.point, event.at_unix_ms, event.body, event.prev
        )
        if event.hash != wanted:
            return ChainReport(seq - 1, seq, f"event {seq} ({event.point}) was changed after it was written")
        prev = event.hash
    if head is not None and head != (seq, prev):
        return ChainReport(
            seq, seq + 1, f"the store ends at event {seq}, its head says {head[0]}: events were cut off"
        )
    return ChainReport(seq)
