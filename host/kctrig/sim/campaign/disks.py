"""Where a campaign's journal lies: the real store in SQLite, or a store in memory that keeps the same promises.

A disk outlives the host: `crash` leaves on it what a killed process would have left, `open` is what the next one finds.
"""

from __future__ import annotations

import random
import shutil
import tempfile
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Protocol

from kctrig.records import points
from kctrig.records.chain import ChainReport, RawEvent, canonical, check_chain, first_link, link
from kctrig.records.errors import MeterBusy
from kctrig.records.points import Event, MeterPast
from kctrig.records.store import Store


class AttemptLike(Protocol):
    """One claimed attempt."""

    @property
    def number(self) -> int:
        """1 for the first on this meter."""

    @property
    def history(self) -> MeterPast:
        """What was known before it."""

    def record(self, point: str, body: Mapping[str, object]) -> None:
        """Make a point durable."""

    def close(self) -> None:
        """Let go of the meter."""


class StoreLike(Protocol):
    """What a campaign needs of a store."""

    def claim(self, meter_no: str, profile_name: str, body: Mapping[str, object]) -> AttemptLike:
        """Take a meter for one attempt."""

    def fingerprint(self, token: str) -> str:
        """What stands for a token."""

    def events(self) -> Iterator[Event]:
        """Every event, oldest first."""

    def verify(self) -> ChainReport:
        """Check the chain."""

    def close(self) -> None:
        """Close it."""


class Disk(Protocol):
    """What outlives the host."""

    def open(self) -> StoreLike:
        """A new process opens the store."""

    def torn(self, write: Callable[[], None]) -> None:
        """The process is killed somewhere in the middle of this write."""

    def crash(self) -> None:
        """The process is killed between two writes."""

    def remove(self) -> None:
        """The campaign is over."""


class SqliteDisk:
    """The real store. After a crash its files are copied as they lie there, as a restart would find them."""

    def __init__(self, unix_ms: Callable[[], int], rng: random.Random) -> None:
        self._unix_ms = unix_ms
        self._rng = rng
        # In memory where the system has such a folder: whether fsync reaches the platter is not what is tried here.
        shm = Path("/dev/shm")
        self._folder = Path(tempfile.mkdtemp(prefix="kctrig-", dir=shm if shm.is_dir() else None))
        self._lives = 0
        self._store: Store | None = None

    @property
    def _path(self) -> Path:
        return self._folder / f"life{self._lives}.db"

    @property
    def _wal(self) -> Path:
        return self._folder / f"life{self._lives}.db-wal"

    def open(self) -> StoreLike:
        """A new process opens the store."""
        self._store = Store(self._path, unix_ms=self._unix_ms)
        return self._store

    def torn(self, write: Callable[[], None]) -> None:
        """The write-ahead log ends anywhere in what this write adds to it."""
        before = self._wal.stat().st_size
        write()
        after = self._wal.stat().st_size
        self._leave(self._rng.randint(before, after) if after > before else None)

    def crash(self) -> None:
        """The files stay as they are."""
        self._leave(None)

    def remove(self) -> None:
        """The campaign is over."""
        if self._store is not None:
            self._store.close()
        shutil.rmtree(self._folder, ignore_errors=True)

    def _leave(self, wal_size: int | None) -> None:
        path, wal = self._path, self._wal
        self._lives += 1
        shutil.copyfile(path, self._path)
        if wal.exists():
            shutil.copyfile(wal, self._wal)
            if wal_size is not None:
                with self._wal.open("r+b") as file:
                    file.truncate(wal_size)
        if self._store is not None:
            self._store.close()
            self._store = None


class MemoryDisk:
    """Events in a list; a write is there or not there."""

    def __init__(self, unix_ms: Callable[[], int], rng: random.Random) -> None:
        self._unix_ms = unix_ms
        self._rng = rng
        self._rows: list[RawEvent] = []
        self._bodies: list[Event] = []

    def open(self) -> StoreLike:
        """A new process opens the store."""
        return MemoryStore(self._rows, self._bodies, self._unix_ms)

    def torn(self, write: Callable[[], None]) -> None:
        """All or nothing."""
        if self._rng.random() < 0.5:
            write()

    def crash(self) -> None:
        """What was written is written."""

    def remove(self) -> None:
        """Nothing to do."""


class MemoryStore:
    """Behaves as `kctrig.records.store.Store` towards one process, without a file."""

    _STORE_ID = "memory"

    def __init__(self, rows: list[RawEvent], bodies: list[Event], unix_ms: Callable[[], int]) -> None:
        self._rows = rows
        self._bodies = bodies
        self._unix_ms = unix_ms
        self._working: set[str] = set()  # dies with the process, as a real claim's owner does

    def claim(self, meter_no: str, profile_name: str, body: Mapping[str, object]) -> AttemptLike:
        """Take a meter for one attempt. Raises MeterBusy."""
        if meter_no in self._working:
            raise MeterBusy(meter_no)
        own = [event for event in self._bodies if event.meter_no == meter_no]
        past = points.past_of(own)
        number = 1 + sum(event.point == points.CLAIM for event in own)
        claim = {**body, "profile": profile_name, "number": number, "shift": 1}  # no campaign closes a shift
        seq = self._append(0, meter_no, points.CLAIM, claim)
        self._working.add(meter_no)
        return _MemoryAttempt(self, seq, meter_no, number, past)

    def fingerprint(self, token: str) -> str:
        """The token turned round: nobody reads this store but the campaign that made it."""
        return token[::-1]

    def events(self) -> Iterator[Event]:
        """Every event, oldest first."""
        return iter(self._bodies)

    def verify(self) -> ChainReport:
        """Check the chain."""
        return check_chain(self._STORE_ID, self._rows)

    def close(self) -> None:
        """Claims of this process end."""
        self._working.clear()

    def let_go(self, meter_no: str) -> None:
        """An attempt was closed."""
        self._working.discard(meter_no)

    def _append(self, attempt: int, meter_no: str, point: str, body: Mapping[str, object]) -> int:
        seq = len(self._rows) + 1
        attempt = attempt or (seq if point == points.CLAIM else 0)
        prev = self._rows[-1].hash if self._rows else first_link(self._STORE_ID)
        at_unix_ms = self._unix_ms()
        text = canonical(body)
        digest = link(seq, attempt, meter_no, point, at_unix_ms, text, prev)
        self._rows.append(RawEvent(seq, attempt, meter_no, point, at_unix_ms, text, prev, digest))
        self._bodies.append(Event(seq, attempt, meter_no, point, at_unix_ms, dict(body), prev, digest))
        return seq


class _MemoryAttempt:
    """One claimed attempt."""

    def __init__(self, store: MemoryStore, seq: int, meter_no: str, number: int, history: MeterPast) -> None:
        self._store = store
        self._seq = seq
        self._meter_no = meter_no
        self.number = number
        self.history = history

    def record(self, point: str, body: Mapping[str, object]) -> None:
        """Make a point durable."""
        if point not in points.POINTS:
            raise ValueError(f"no journal point is called {point!r}")
        self._store._append(self._seq, self._meter_no, point, body)

    def close(self) -> None:
        """Let go of the meter."""
        self._store.let_go(self._meter_no)
