"""The store: one SQLite file that says what was intended and what came of it, whatever happened in between.

WAL with synchronous=FULL: when `record` returns, the point survives a power cut. Several processes may share a
file on one machine; a meter is claimed by one of them at a time.
"""

from __future__ import annotations

import hmac
import json
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from types import TracebackType

from kctrig.records import points
from kctrig.records.alive import SignOfLife, is_alive
from kctrig.records.attempt import Attempt
from kctrig.records.chain import ChainReport, RawEvent, as_it_lies, canonical, check_chain, link
from kctrig.records.errors import MeterBusy, StoreError
from kctrig.records.failing import written
from kctrig.records.opening import bent, open_database, open_to_read, real_path, transaction
from kctrig.records.points import Event, MeterPast
from kctrig.records.status import StatusRow, status_of, urgency

__all__ = ["Attempt", "StatusRow", "Store"]

_COLUMNS = "seq, attempt, meter_no, point, at_unix_ms, body, prev, hash"


def _unix_ms() -> int:
    return time.time_ns() // 1_000_000


class Store:
    """The journal of all meters worked on; safe from several threads and several processes of one machine.

    What lies beside the file (owners, key, receipts) lies beside the file itself, whatever link it was named by.

    Args:
        path: made when there is none.
        unix_ms: the clock of the events.
        reading: only look; the file must be a store already and is not written.

    Raises:
        StoreUnreadable: the file is something else, or was made by a newer kctrig.
        StoreError: the file cannot be opened or written.
    """

    def __init__(
        self, path: str | Path, *, unix_ms: Callable[[], int] = _unix_ms, reading: bool = False
    ) -> None:
        self.path = real_path(Path(path))
        self._unix_ms = unix_ms
        self._lock = threading.RLock()
        self._life: SignOfLife | None = None
        self._let_go_unwritten = set[tuple[str, int]]()
        opened = open_to_read(self.path) if reading else open_database(self.path)
        self._db = opened.db
        self._store_id = opened.store_id
        self._fingerprint_key = opened.fingerprint_key

    def __enter__(self) -> Store:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the file. Attempts of this store that have no verdict count as broken off from now on."""
        with self._lock:
            if self._life is not None:
                self._life.close()
                self._life = None
            self._db.close()

    # -- writing

    def claim(self, meter_no: str, profile_name: str, body: Mapping[str, object]) -> Attempt:
        """Take a meter for one attempt; durable when this returns.

        Raises:
            MeterBusy: a living process, or another slot of this one, has it.
            StoreError: it could not be written.
        """
        with self._writing(f"the claim of meter {meter_no}", "No key of a token was pressed"):
            if self._life is None:
                self._life = SignOfLife(self.path)
            with transaction(self._db):
                row = self._db.execute(
                    "SELECT owner, attempt FROM working WHERE meter_no = ?", (meter_no,)
                ).fetchone()
                if row is not None and self._is_held(meter_no, row[1], row[0]):
                    raise MeterBusy(meter_no)
                past = self._past_of(meter_no)
                number = 1 + self._claims(meter_no)
                seq = self._insert(
                    0,
                    meter_no,
                    points.CLAIM,
                    {**body, "profile": profile_name, "number": number, "shift": self._shift()},
                )
                self._db.execute("REPLACE INTO working VALUES (?, ?, ?)", (meter_no, seq, self._life.name))
            return Attempt(
                number,
                past,
                append=partial(self._append, seq, meter_no),
                let_go=partial(self._let_go, meter_no, seq),
            )

    def fingerprint(self, token: str) -> str:
        """What stands for a token here: HMAC-SHA-256 under a key that never leaves this file."""
        return hmac.new(self._fingerprint_key, token.encode(), "sha256").hexdigest()[:32]

    def close_shift(
        self, operator: str, seal: Callable[[str, int, int, str], Mapping[str, object]]
    ) -> tuple[int, int, str]:
        """End the shift with a signature over everything so far; gives (shift, number of its event, its hash).

        `seal` gets store id, shift, and number and hash of the last event, and gives what the event carries of it.
        """
        with self._writing("the close of the shift", "Nothing was signed"), transaction(self._db):
            seq, head = self._db.execute("SELECT seq, hash FROM head").fetchone()
            shift = self._shift()
            body = {"operator": operator, "shift": shift, "head_seq": seq, "head_hash": head}
            new = self._insert(0, "", points.SHIFT_CLOSE, {**body, **seal(self._store_id, shift, seq, head)})
            return shift, new, str(self._db.execute("SELECT hash FROM head").fetchone()[0])

    def closed_last(self) -> bool:
        """Whether the last event is the close of a shift, so that another one would sign nothing new."""
        with self._lock:
            row = self._db.execute("SELECT point FROM events ORDER BY seq DESC LIMIT 1").fetchone()
        return row is not None and row[0] == points.SHIFT_CLOSE

    def remember(
        self, name: str, change: Callable[[Mapping[str, object] | None], Mapping[str, object]]
    ) -> None:
        """Replace what is kept under a name by what `change` makes of it. No evidence: may be lost without harm.

        Raises StoreError when it could not be written.
        """
        with self._writing(f"{name!r}", "What was kept before stays"), transaction(self._db):
            body = canonical(change(self.recall(name)))
            self._db.execute("REPLACE INTO memory VALUES (?, ?)", (name, body))

    # -- reading

    def recall(self, name: str) -> Mapping[str, object] | None:
        """What `remember` kept under this name."""
        with self._lock:
            row = self._db.execute("SELECT body FROM memory WHERE name = ?", (name,)).fetchone()
        return None if row is None else dict(json.loads(row[0]))

    def events(self, *, meter_no: str | None = None, attempt: int | None = None) -> Iterator[Event]:
        """The events, oldest first; of one meter, or of one attempt (the `seq` of its claim)."""
        for raw in self._raw(meter_no, attempt):
            yield Event(
                raw.seq,
                raw.attempt,
                raw.meter_no,
                raw.point,
                raw.at_unix_ms,
                self._body_of(raw),
                raw.prev,
                raw.hash,
            )

    def history(self, meter_no: str) -> MeterPast:
        """What a new attempt on this meter must mind."""
        with self._lock:
            return self._past_of(meter_no)

    def refusals(self, meter_no: str) -> int:
        """Tokens this meter refused since its last pass or override."""
        return self.history(meter_no).refusals

    def verify(self) -> ChainReport:
        """Check the chain of events from the first to the last."""
        with self._lock:
            head = self._db.execute("SELECT seq, hash FROM head").fetchone()
            return check_chain(self._store_id, self._raw(None, None), (head[0], head[1]))

    def status(self) -> list[StatusRow]:
        """One row a meter, what needs a person first: IN_DOUBT, HALF, then the others, the newest first."""
        with self._lock:
            meters = [str(row[0]) for row in self._db.execute("SELECT DISTINCT meter_no FROM events")]
            rows = [row for row in map(self._status_of, meters) if row is not None]
        return sorted(rows, key=urgency)

    # -- inside

    @contextmanager
    def _writing(self, what: str, so: str) -> Iterator[None]:
        with self._lock, written(what, self.path, so):
            yield

    def _append(self, attempt: int, meter_no: str, point: str, body: Mapping[str, object]) -> int:
        what, so = f"the journal point {point!r}", "Nothing was pressed after it"
        with self._writing(what, so), transaction(self._db):
            return self._insert(attempt, meter_no, point, body)

    def _insert(self, attempt: int, meter_no: str, point: str, body: Mapping[str, object]) -> int:
        last_seq, prev = self._db.execute("SELECT seq, hash FROM head").fetchone()
        seq = int(last_seq) + 1
        text = canonical(body)
        at_unix_ms = self._unix_ms()
        attempt = attempt or (seq if point == points.CLAIM else 0)
        new = link(seq, attempt, meter_no, point, at_unix_ms, text, prev)
        self._db.execute(
            f"INSERT INTO events ({_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            (seq, attempt, meter_no, point, at_unix_ms, text, prev, new),
        )
        self._db.execute("UPDATE head SET seq = ?, hash = ?", (seq, new))
        return seq

    def _let_go(self, meter_no: str, attempt: int) -> None:
        """Never fails: what came of the attempt is known by now. Where it cannot be written this store remembers it.

        Other processes then see the meter as worked on until this one ends.
        """
        with self._lock:
            try:
                with transaction(self._db):
                    self._db.execute(
                        "DELETE FROM working WHERE meter_no = ? AND attempt = ?", (meter_no, attempt)
                    )
            except sqlite3.Error:
                self._let_go_unwritten.add((meter_no, attempt))

    def _shift(self) -> int:
        """Number of the shift that is open: 1 until the first is closed."""
        sql = "SELECT count(*) FROM events WHERE point = ? AND meter_no = ''"
        return 1 + int(self._db.execute(sql, (points.SHIFT_CLOSE,)).fetchone()[0])

    def _claims(self, meter_no: str) -> int:
        sql = "SELECT count(*) FROM events WHERE meter_no = ? AND point = ?"
        return int(self._db.execute(sql, (meter_no, points.CLAIM)).fetchone()[0])

    def _raw(self, meter_no: str | None, attempt: int | None) -> list[RawEvent]:
        where, values = "", list[object]()
        if meter_no is not None:
            where, values = "WHERE meter_no = ?", [meter_no]
        elif attempt is not None:
            where, values = "WHERE attempt = ?", [attempt]
        with self._lock:
            sql = f"SELECT {_COLUMNS} FROM events {where} ORDER BY seq"
            try:
                return [as_it_lies(row) for row in self._db.execute(sql, values)]
            except sqlite3.Error as error:  # also a text that is no UTF-8 any more
                raise StoreError(f"{self.path} cannot be read: {error}. Keep the file as it is") from error

    def _body_of(self, raw: RawEvent) -> Mapping[str, object]:
        try:
            body = json.loads(raw.body)
        except ValueError as error:
            raise bent(self.path, f"event {raw.seq} cannot be read") from error
        if not isinstance(body, dict):
            raise bent(self.path, f"event {raw.seq} cannot be read")
        return body

    def _status_of(self, meter_no: str) -> StatusRow | None:
        events = list(self.events(meter_no=meter_no))
        with self._trusted():
            return status_of(events, lambda attempt: self._is_worked_on(meter_no, attempt))

    def _past_of(self, meter_no: str) -> MeterPast:
        events = list(self.events(meter_no=meter_no))
        with self._trusted():
            return points.past_of(events)

    @contextmanager
    def _trusted(self) -> Iterator[None]:
        """Events that lack what kctrig always writes were bent by hand: one line, nothing is concluded from them."""
        try:
            yield
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise bent(self.path, "an event lacks what kctrig writes") from error

    def _is_worked_on(self, meter_no: str, attempt: int) -> bool:
        sql = "SELECT owner FROM working WHERE meter_no = ? AND attempt = ?"
        row = self._db.execute(sql, (meter_no, attempt)).fetchone()
        return row is not None and self._is_held(meter_no, attempt, str(row[0]))

    def _is_held(self, meter_no: str, attempt: int, owner: str) -> bool:
        """Whether the owner of a claim still works on it, in this process or another."""
        if self._life is not None and owner == self._life.name:
            return (meter_no, attempt) not in self._let_go_unwritten
        return is_alive(self.path, owner)
