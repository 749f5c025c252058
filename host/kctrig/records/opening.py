"""Opens a store's file for writing, makes its tables the first time, and refuses what is no store."""

from __future__ import annotations

import secrets
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from kctrig.records import readonly, schema
from kctrig.records.chain import first_link
from kctrig.records.errors import StoreError, StoreUnreadable
from kctrig.records.failing import is_of_the_disk, next_step

_BUSY_TIMEOUT_MS = 10_000


@dataclass(frozen=True, slots=True)
class Opened:
    """A store's database, durable at every commit, its name and the key of its fingerprints."""

    db: sqlite3.Connection
    store_id: str
    fingerprint_key: bytes


def open_database(path: Path) -> Opened:
    """The database of a store, made when there is none; the caller closes it.

    Raises:
        StoreUnreadable: the file is something else, was made by a newer kctrig, or has lost its head.
        StoreError: the file cannot be opened or written.
    """
    try:
        db = sqlite3.connect(
            path, isolation_level=None, check_same_thread=False, timeout=_BUSY_TIMEOUT_MS / 1000
        )
    except sqlite3.Error as error:
        raise StoreError(
            f"cannot open the store {path}: {error}. Is the folder there and writable?"
        ) from error
    with _closed_on_trouble(db, path):
        return _make_ready(db, path)


def real_path(path: Path) -> Path:
    """Where the file itself is, so that what belongs beside it is found there, whatever link it was named by.

    Raises StoreError for links that go round in a circle.
    """
    try:
        return path.resolve()
    except (OSError, RuntimeError) as error:
        raise StoreError(f"{path} cannot be used as a store: {error}") from error


def open_to_read(path: Path) -> Opened:
    """The database of a store that is there; nothing can be written through it. The caller closes it.

    Raises:
        StoreUnreadable: there is no store at this path, or one of a newer kctrig, or one without a head.
    """
    if not path.is_file():
        raise StoreUnreadable(f"no store at {path}; name the file that upgrade wrote")
    if not path.stat().st_size:
        raise StoreUnreadable(f"{path} is empty and no kctrig store; name the file that upgrade wrote")
    try:
        db = readonly.connect(path)
    except sqlite3.Error as error:
        raise _unreadable(path, error) from error
    with _closed_on_trouble(db, path):
        if _version(db, path) == 0:
            raise StoreUnreadable(f"{path} is no kctrig store; name the file that upgrade wrote")
        return _opened(db, path)


@contextmanager
def transaction(db: sqlite3.Connection) -> Iterator[None]:
    """All of it or nothing; whoever else wants to write waits."""
    db.execute("BEGIN IMMEDIATE")
    try:
        yield
        db.execute("COMMIT")
    except BaseException:
        if db.in_transaction:  # on a full disk SQLite itself has taken it back already
            db.execute("ROLLBACK")
        raise


def bent(path: Path, what: str) -> StoreUnreadable:
    """The error for a store that somebody changed by hand."""
    return StoreUnreadable(
        f"{path} was bent: {what}. Keep the file as it is; kctrig verify {path} names the event"
    )


@contextmanager
def _closed_on_trouble(db: sqlite3.Connection, path: Path) -> Iterator[None]:
    try:
        yield
    except sqlite3.Error as error:
        db.close()
        if is_of_the_disk(error):
            raise StoreError(f"the store {path} cannot be used: {error}; {next_step(error)}") from error
        raise _unreadable(path, error) from error
    except StoreError:
        db.close()
        raise


def _unreadable(path: Path, error: sqlite3.Error) -> StoreUnreadable:
    return StoreUnreadable(
        f"{path} cannot be read as a kctrig store: {error}. Name another file with --store"
    )


def _version(db: sqlite3.Connection, path: Path) -> int:
    """The version of the store in the file; 0 for a file that is none yet."""
    version = int(db.execute("PRAGMA user_version").fetchone()[0])
    kind = db.execute("PRAGMA application_id").fetchone()[0]
    if version and kind != schema.APPLICATION_ID:
        raise _of_another_program(path)
    if version > schema.VERSION:
        raise StoreUnreadable(f"{path} was made by a newer kctrig (store version {version}); update kctrig")
    return version


def _make_ready(db: sqlite3.Connection, path: Path) -> Opened:
    db.execute(f"PRAGMA busy_timeout = {_BUSY_TIMEOUT_MS}")
    _version(db, path)
    db.execute("PRAGMA journal_mode = WAL")
    db.execute("PRAGMA synchronous = FULL")
    with transaction(db):
        if db.execute("PRAGMA user_version").fetchone()[0] == 0:
            _create(db, path)
        db.execute(schema.MEMORY)
    return _opened(db, path)


def _opened(db: sqlite3.Connection, path: Path) -> Opened:
    name = db.execute("SELECT value FROM meta WHERE key = 'store_id'").fetchone()
    key = db.execute("SELECT value FROM secret WHERE key = 'fingerprint'").fetchone()
    if name is None or key is None:
        raise bent(path, "it has lost its name or its key")
    if db.execute("SELECT seq, hash FROM head").fetchone() is None:
        raise bent(path, "it has no head, so that nothing says where it ends")
    return Opened(db, str(name[0]), bytes(key[0]))


def _create(db: sqlite3.Connection, path: Path) -> None:
    if db.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]:
        raise _of_another_program(path)
    for statement in _statements(schema.TABLES):
        db.execute(statement)
    store_id = secrets.token_hex(16)
    db.execute("INSERT INTO meta VALUES ('store_id', ?)", (store_id,))
    db.execute("INSERT INTO secret VALUES ('fingerprint', ?)", (secrets.token_bytes(32),))
    db.execute("INSERT INTO head VALUES (1, 0, ?)", (first_link(store_id),))


def _of_another_program(path: Path) -> StoreUnreadable:
    return StoreUnreadable(f"{path} is a database of another program; name another file with --store")


def _statements(script: str) -> Iterator[str]:
    """The statements of a script one by one, so that all of them stay in one transaction."""
    pending = ""
    for line in script.splitlines():
        pending += line + "\n"
        if sqlite3.complete_statement(pending):
            yield pending
            pending = ""
