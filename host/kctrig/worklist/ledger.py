"""Who has which row of the lists of a folder: a ledger beside them, so that no token is ever in two hands.

A row is written into the ledger before it is written into the file of a bench, and out of that file before it is
written out of the ledger: whatever breaks off in between, a row is in one hand or in none.
"""

from __future__ import annotations

import contextlib
import hmac
import secrets
import sqlite3
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from kctrig.worklist.rows import WorkListError, WorkRow
from kctrig.worklist.writer import BENCH, extra

LEDGER_NAME = "kctrig.ledger"

_APPLICATION_ID = 0x6B63_6C67
_VERSION = 1
_BUSY_TIMEOUT_S = 20.0

_TABLES = (
    "CREATE TABLE secret (fingerprint BLOB NOT NULL)",
    """CREATE TABLE hands (
        meter_no TEXT PRIMARY KEY, bench TEXT NOT NULL, state TEXT NOT NULL, at_unix_ms INTEGER NOT NULL
    ) WITHOUT ROWID""",
    """CREATE TABLE tokens (fingerprint BLOB PRIMARY KEY, meter_no TEXT NOT NULL) WITHOUT ROWID""",
    """CREATE TABLE files (
        id INTEGER PRIMARY KEY, path TEXT NOT NULL, bench TEXT NOT NULL, at_unix_ms INTEGER NOT NULL,
        written INTEGER NOT NULL DEFAULT 0
    )""",
    "CREATE TABLE copies (file INTEGER NOT NULL, meter_no TEXT NOT NULL, PRIMARY KEY (meter_no, file)) WITHOUT ROWID",
    """CREATE TABLE history (
        id INTEGER PRIMARY KEY, at_unix_ms INTEGER NOT NULL, meter_no TEXT NOT NULL, bench TEXT NOT NULL,
        what TEXT NOT NULL, operator TEXT NOT NULL
    )""",
)


class State(StrEnum):
    """How a row that left the list stands; a row without a state is free."""

    OUT = "out"
    """In the hands of a bench."""
    DONE = "done"
    """A store proved the meter upgraded."""
    REFUSED = "refused"
    """A store proved that the meter refused; only other tokens of the bank are handed out for it again."""
    SAID_USED = "said used"
    """Somebody said that its tokens were entered; no store proves it."""


@dataclass(frozen=True, slots=True)
class Hand:
    """A row that left the list."""

    meter_no: str
    bench: str
    state: State
    at_unix_ms: int


@dataclass(frozen=True, slots=True)
class BenchFile:
    """A file written for a bench, or meant to be: `written` is False when the command broke off before."""

    id: int
    path: Path
    bench: str
    at_unix_ms: int
    written: bool
    meters: tuple[str, ...]

    @property
    def is_lost(self) -> bool:
        """Whether it holds nothing that anybody could use."""
        return not self.written or not self.path.exists()


class Ledger:
    """The ledger of a list. Safe from several processes, and on a shared folder whose locks work.

    Raises:
        WorkListError: the file is something else, or cannot be opened.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        try:
            self._db = sqlite3.connect(path, isolation_level=None, timeout=_BUSY_TIMEOUT_S)
            try:
                self._open()
            except BaseException:
                self._db.close()
                raise
        except sqlite3.Error as error:
            raise WorkListError(
                f"{path} cannot be used as a ledger: {error}; name another with --ledger"
            ) from error

    def __enter__(self) -> Ledger:
        return self

    def __exit__(self, *_: object) -> None:
        self._db.close()

    # -- handing out

    def take(
        self, rows: Sequence[WorkRow], bench: str, out: Path, *, count: int | None, now_unix_ms: int
    ) -> tuple[int, list[WorkRow]]:
        """Put free rows into the hands of a bench, durable when this returns; gives the file's number and the rows.

        The first `count` free rows, all with None. The file comes after this: `mark_written` says that it is there.
        """
        with self._transaction():
            taken: list[WorkRow] = []
            for row in rows:
                if len(taken) == count:
                    break
                if self._is_free(row):
                    self._put(row, bench, now_unix_ms)
                    taken.append(row)
            file = self._new_file(out, bench, [row.meter_no for row in taken], now_unix_ms) if taken else 0
        return file, taken

    def take_again(
        self, rows: Sequence[WorkRow], bench: str, out: Path, *, now_unix_ms: int
    ) -> tuple[int, list[WorkRow]]:
        """The rows that a bench has in its hands, for another file of the same bench; as `take`."""
        with self._transaction():
            held = {hand.meter_no for hand in self.hands() if hand.bench == bench and hand.state == State.OUT}
            same = [row for row in rows if row.meter_no in held and self._tokens_are_of(row)]
            file = self._new_file(out, bench, [row.meter_no for row in same], now_unix_ms) if same else 0
        return file, same

    def mark_written(self, file: int) -> None:
        """The file is there."""
        with self._transaction():
            self._db.execute("UPDATE files SET written = 1 WHERE id = ?", (file,))

    # -- taking back

    def settle(
        self, meters: Collection[str], bench: str, state: State, *, operator: str, now_unix_ms: int
    ) -> None:
        """What came of rows that the bench has: they leave its hands and are not handed out again."""
        with self._transaction():
            for meter_no in meters:
                self._must_hold(meter_no, bench)
                sql = "UPDATE hands SET state = ?, at_unix_ms = ? WHERE meter_no = ?"
                self._db.execute(sql, (state.value, now_unix_ms, meter_no))
                self._db.execute("DELETE FROM copies WHERE meter_no = ?", (meter_no,))
                self._tell(meter_no, bench, state.value, operator, now_unix_ms)

    def give_back(self, meters: Collection[str], bench: str, *, operator: str, now_unix_ms: int) -> None:
        """Rows that the bench has are free again. No file may hold them any more when this is called."""
        with self._transaction():
            for meter_no in meters:
                self._must_hold(meter_no, bench)
                for table in ("hands", "tokens", "copies"):
                    self._db.execute(f"DELETE FROM {table} WHERE meter_no = ?", (meter_no,))
                self._tell(meter_no, bench, "given back", operator, now_unix_ms)

    # -- looking

    def hands(self) -> list[Hand]:
        """Every row that left the list."""
        sql = "SELECT meter_no, bench, state, at_unix_ms FROM hands ORDER BY meter_no"
        return [Hand(row[0], row[1], State(row[2]), row[3]) for row in self._db.execute(sql)]

    def known(self) -> set[str]:
        """Every meter that was ever handed out, also where it was given back."""
        return {row[0] for row in self._db.execute("SELECT DISTINCT meter_no FROM history")}

    def benches(self) -> list[str]:
        """Every bench that ever got a row, by name."""
        return [row[0] for row in self._db.execute("SELECT DISTINCT bench FROM history ORDER BY bench")]

    def files(self) -> list[BenchFile]:
        """Every file that rows in somebody's hands were meant for, oldest first."""
        sql = "SELECT id, path, bench, at_unix_ms, written FROM files ORDER BY id"
        of_file = "SELECT meter_no FROM copies JOIN hands USING (meter_no) WHERE file = ? AND state = ?"
        found = []
        for number, path, bench, at_unix_ms, written in self._db.execute(sql).fetchall():
            meters = tuple(row[0] for row in self._db.execute(of_file, (number, State.OUT.value)))
            if meters:
                found.append(BenchFile(number, Path(path), bench, at_unix_ms, bool(written), meters))
        return found

    # -- inside

    def _open(self) -> None:
        db = self._db
        version = db.execute("PRAGMA user_version").fetchone()[0]
        kind = db.execute("PRAGMA application_id").fetchone()[0]
        if version > _VERSION or (version and kind != _APPLICATION_ID):
            raise sqlite3.DatabaseError("it was made by another program or a newer kctrig")
        # A rollback journal works on shared folders, where WAL does not; EXTRA makes a commit survive a power cut.
        db.execute("PRAGMA journal_mode = DELETE")
        db.execute("PRAGMA synchronous = EXTRA")
        if not version:
            self._create()
        self._key = bytes(db.execute("SELECT fingerprint FROM secret").fetchone()[0])

    def _create(self) -> None:
        db = self._db
        with self._transaction():
            if db.execute("PRAGMA user_version").fetchone()[0]:
                return  # another process was faster
            if db.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]:
                raise sqlite3.DatabaseError("it is a database of another program")
            for statement in _TABLES:
                db.execute(statement)
            db.execute("INSERT INTO secret VALUES (?)", (secrets.token_bytes(32),))
            db.execute(f"PRAGMA application_id = {_APPLICATION_ID}")
            db.execute(f"PRAGMA user_version = {_VERSION}")

    @contextlib.contextmanager
    def _transaction(self) -> Iterator[None]:
        try:
            self._db.execute("BEGIN IMMEDIATE")
            try:
                yield
            except BaseException:
                self._db.execute("ROLLBACK")
                raise
            self._db.execute("COMMIT")
        except sqlite3.Error as error:
            raise WorkListError(
                f"the ledger {self.path} could not be written: {error}; nothing was handed out"
            ) from error

    def _is_free(self, row: WorkRow) -> bool:
        if extra(row, BENCH):
            return False
        for digits in row.all_tokens:
            if self._db.execute(
                "SELECT 1 FROM tokens WHERE fingerprint = ?", (self._print(digits),)
            ).fetchone():
                return False
        held = self._db.execute("SELECT state FROM hands WHERE meter_no = ?", (row.meter_no,)).fetchone()
        return held is None or held[0] == State.REFUSED.value

    def _tokens_are_of(self, row: WorkRow) -> bool:
        """Whether the row has the tokens with which it was handed out."""
        sql = "SELECT fingerprint FROM tokens WHERE meter_no = ?"
        given = {bytes(one[0]) for one in self._db.execute(sql, (row.meter_no,))}
        return {self._print(digits) for digits in row.all_tokens} <= given

    def _put(self, row: WorkRow, bench: str, now_unix_ms: int) -> None:
        self._db.execute(
            "REPLACE INTO hands VALUES (?, ?, ?, ?)", (row.meter_no, bench, State.OUT.value, now_unix_ms)
        )
        prints = [(self._print(digits), row.meter_no) for digits in row.all_tokens]
        self._db.executemany("INSERT INTO tokens VALUES (?, ?)", prints)
        self._tell(row.meter_no, bench, "handed out", "", now_unix_ms)

    def _new_file(self, out: Path, bench: str, meters: Sequence[str], now_unix_ms: int) -> int:
        sql = "INSERT INTO files (path, bench, at_unix_ms) VALUES (?, ?, ?)"
        number = self._db.execute(sql, (str(out.resolve()), bench, now_unix_ms)).lastrowid
        assert number is not None
        self._db.executemany("INSERT INTO copies VALUES (?, ?)", [(number, meter_no) for meter_no in meters])
        return number

    def _must_hold(self, meter_no: str, bench: str) -> None:
        row = self._db.execute("SELECT bench, state FROM hands WHERE meter_no = ?", (meter_no,)).fetchone()
        if row is None or row[0] != bench or row[1] not in (State.OUT.value, State.SAID_USED.value):
            where = f"with {row[0]} ({row[1]})" if row else "free"
            raise WorkListError(
                f"meter {meter_no} is not in the hands of {bench} but {where}; nothing was changed"
            )

    def _tell(self, meter_no: str, bench: str, what: str, operator: str, now_unix_ms: int) -> None:
        sql = "INSERT INTO history (at_unix_ms, meter_no, bench, what, operator) VALUES (?, ?, ?, ?, ?)"
        self._db.execute(sql, (now_unix_ms, meter_no, bench, what, operator))

    def _print(self, digits: str) -> bytes:
        """What stands for a token here: the ledger keeps no digits."""
        return hmac.digest(self._key, digits.encode(), "sha256")


def ledger_path(list_path: Path) -> Path:
    """Where the ledger is when nothing else is said: one for all lists of a folder, since they share meters."""
    return list_path.resolve().with_name(LEDGER_NAME)
