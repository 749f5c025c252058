"""What a store proves about each meter's key change: done, refused, or neither. A projection of its events."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from kctrig.records import points, readonly
from kctrig.records.chain import RawEvent, check_chain
from kctrig.records.errors import StoreUnreadable

NEW_KRN = 2
NEW_KT = 2

NEVER_BEGUN = "never begun"
NOT_FINISHED = "begun and not finished"
NO_VERDICT = "a token was entered and no verdict came after it"
OPENED_AGAIN = "opened again by a person"

_COLUMNS = "seq, attempt, meter_no, point, at_unix_ms, body, prev, hash"
_DONE = frozenset({"PASS_VERIFIED", "ALREADY_DONE"})
_REFUSED = frozenset({"REJECTED", "LOCKED_OUT"})
_BY_HAND = frozenset({"by_hand", "number"})
# Ended before anything was submitted: they say nothing about what an earlier attempt proved.
_SAYS_NOTHING = frozenset({"INFRA_ERROR", "BLOCKED", points.READY})
_NEEDED = frozenset(
    {
        points.CLAIM,
        points.PROBE,
        points.INTENT,
        points.ENTER_INTENT,
        points.VERIFY,
        points.VERDICT,
        points.OVERRIDE,
    }
)


class Result(StrEnum):
    """What is proved about a meter."""

    DONE = "done"
    """Its own glass showed the new key: `PASS_VERIFIED` or `ALREADY_DONE` was the verdict."""
    REFUSED = "refused"
    """It refused the tokens of the list, or takes none: `REJECTED` or `LOCKED_OUT`, and 04 never showed the new key."""
    NOT_PROVED = "not proved"
    """Anything else."""


@dataclass(frozen=True, slots=True)
class Reading:
    """One reading of 04 that could be read; `kt` is None where the brand does not show it."""

    krn: int
    kt: int | None
    shown: str
    at_unix_ms: int
    seq: int

    @property
    def is_new_key(self) -> bool:
        """Whether it is the key to which the tokens lead: KRN 2, and KT 2 where that is shown."""
        return self.krn == NEW_KRN and self.kt in (None, NEW_KT)

    def __str__(self) -> str:
        return f"KRN {self.krn}" + (f" KT {self.kt}" if self.krn == NEW_KRN and self.kt is not None else "")


@dataclass(slots=True)
class Proof:
    """What a store proves about one meter; takes its events one by one, oldest first.

    Only the verdict of an attempt makes a result, and it lasts until something happens that may have changed the meter
    or contradicts it: an Enter, a reading of 04, an override.

    Attributes:
        verdict, code, why: of the last attempt that had a verdict; `why` is what stands against a result, when there is none.
        reading: the last of 04 that could be read.
        against_done, against_refused: the last one that contradicts a result of this kind, also one of another store.
        old_at_unix_ms: when 04 first showed an older key revision; None when it never did.
        at_unix_ms, seq: of the event that gave the result; of the last event where there is none.
        entered: whether any Enter of a token was ever intended.
        attempt: the last attempt, as the `seq` of its claim.
    """

    meter_no: str
    profile: str = ""
    result: Result = Result.NOT_PROVED
    verdict: str = ""
    code: str = ""
    why: str = NEVER_BEGUN
    reading: Reading | None = None
    against_done: Reading | None = None
    against_refused: Reading | None = None
    old_at_unix_ms: int | None = None
    at_unix_ms: int = 0
    seq: int = 0
    operator: str = ""
    entered: bool = False
    attempt: int = 0
    _operator: str = ""
    _by_hand: bool = False
    _reason: str = ""

    def take(self, point: str, seq: int, at_unix_ms: int, body: Mapping[str, object]) -> None:
        """One event of this meter."""
        if point == points.CLAIM:
            self.profile = str(body.get("profile", "")) or self.profile
            self._operator = str(body.get("operator", ""))
            self._by_hand = False
            self.attempt = seq
            if self.result is Result.NOT_PROVED and not self.entered:
                self.why = NOT_FINISHED
        elif point in (points.PROBE, points.VERIFY):
            self._take_reading(body.get("krn"), body.get("kt"), body.get("shown", ""), at_unix_ms, seq)
        elif point == points.INTENT:
            self._by_hand = self._by_hand or body.get("role") in _BY_HAND
        elif point == points.ENTER_INTENT:
            self.entered = True
            self._nothing(NO_VERDICT)
        elif point == points.OVERRIDE:
            self._nothing(OPENED_AGAIN)
        elif point == points.VERDICT:
            self._take_verdict(body, at_unix_ms, seq)
        if self.result is Result.NOT_PROVED or point == points.VERDICT:
            self.at_unix_ms, self.seq, self.operator = at_unix_ms, seq, self._operator

    @property
    def is_reason_of_attempt(self) -> bool:
        """Whether `why` is what the record says of the last attempt, in its own words."""
        return self.result is Result.NOT_PROVED and self._reason != "" and self.why == self._reason

    def _take_reading(self, krn: object, kt: object, shown: object, at_unix_ms: int, seq: int) -> None:
        if not isinstance(krn, int):
            return
        text = str(shown or "").strip()
        reading = Reading(krn, kt if isinstance(kt, int) else None, text, at_unix_ms, seq)
        self.reading = reading
        if not reading.is_new_key:
            self.against_done = reading
        if krn >= NEW_KRN:
            self.against_refused = reading
        elif self.old_at_unix_ms is None:
            self.old_at_unix_ms = at_unix_ms
        self._compare()

    def contradiction(self, reading: Reading | None) -> str:
        """Why the result does not hold against a reading of 04; empty when it does."""
        if reading is None or self.result is Result.NOT_PROVED:
            return ""
        holds = reading.is_new_key if self.result is Result.DONE else reading.krn < NEW_KRN
        return "" if holds else f"{self.verdict}, but 04 shows {reading}"

    def _take_verdict(self, body: Mapping[str, object], at_unix_ms: int, seq: int) -> None:
        verdict = str(body.get("verdict", ""))
        if verdict in _SAYS_NOTHING and (self.result is not Result.NOT_PROVED or self.entered):
            return
        self.verdict, self.code = verdict, str(body.get("code", ""))
        if verdict in _DONE:
            self.result, self.why = Result.DONE, ""
        elif verdict in _REFUSED and not self._by_hand:
            self.result, self.why = Result.REFUSED, ""
        else:
            self._reason = str(body.get("reason", "")) or verdict
            self._nothing(self._reason)
        after = (body.get("krn_after"), body.get("kt_after"), body.get("shown_after"))
        self._take_reading(*after, at_unix_ms, seq)
        self._compare()

    def _compare(self) -> None:
        """A result that the last reading of 04 contradicts is none."""
        if why := self.contradiction(self.reading):
            self._nothing(why)

    def _nothing(self, why: str) -> None:
        self.result, self.why = Result.NOT_PROVED, why


@dataclass(frozen=True, slots=True)
class Proofs:
    """What a store proves, by meter number, and whether its chain of events is as it was written.

    Attributes:
        bent: what is wrong with the chain, in words; empty when nothing is.
    """

    store_id: str
    of: Mapping[str, Proof]
    bent: str = ""


def read_proofs(path: Path) -> Proofs:
    """Read what a store proves, in one pass that checks the chain too; the file is opened for reading only.

    Raises:
        StoreUnreadable: it is no store.
    """
    try:
        return _read(path)
    except (sqlite3.Error, ValueError, TypeError, AttributeError) as error:
        raise StoreUnreadable(f"{path} cannot be read as a kctrig store: {error}") from error


def _read(path: Path) -> Proofs:
    proofs: dict[str, Proof] = {}

    def projected(events: Iterator[RawEvent]) -> Iterator[RawEvent]:
        for event in events:
            yield event  # the next is asked for only when this one fits
            if event.point in _NEEDED:
                proof = proofs.get(event.meter_no)
                if proof is None:
                    proof = proofs[event.meter_no] = Proof(event.meter_no)
                proof.take(event.point, event.seq, event.at_unix_ms, json.loads(event.body))

    with closing(readonly.connect(path)) as db:
        db.execute("BEGIN")
        store_id = str(db.execute("SELECT value FROM meta WHERE key = 'store_id'").fetchone()[0])
        head = db.execute("SELECT seq, hash FROM head").fetchone()
        rows = db.execute(f"SELECT {_COLUMNS} FROM events ORDER BY seq")
        events = (RawEvent(*row) for row in rows)
        chain = check_chain(store_id, projected(events), (head[0], head[1]) if head else None)
    return Proofs(store_id, proofs, chain.wrong)
