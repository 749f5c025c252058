"""Opens a store's file for writing, makes its tables the first time, and refuses what is no store."""

from __future__ import annotations

import secrets
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from kctrig.records import schema
from kctrig.records.chain import first_link
from kctrig.records.errors import StoreError, StoreUnreadable

_BUSY_TIMEOUT_MS = 10_000


@dataclass(frozen=True, slots=True)
class Opened:
    """A store's database, durable at every commit, its name and the key of its fingerprints."""

    db: sqlite3.Connection
    store_id: str
    fingerprint_key: bytes


def open_database(path: Path) -> Opened:
    """The database of a store; the caller closes it.

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
    try:
        return _make_ready(db, path)
    except sqlite3.DatabaseError as error:
        db.close()
        raise StoreUnreadable(
            f"{path} cannot be read as a kctrig store: {error}. Name another file with --store"
        ) from error
    except StoreError:
        db.close()
        raise


@contextmanager
def transaction(db: sqlite3.Connection) -> Iterator[None]:
    """All of it or nothing; whoever else wants to write waits."""
    db.execute("BEGIN IMMEDIATE")
    try:
        yield
    except BaseException:
        db.execute("ROLLBACK")
        raise
    db.execute("COMMIT")


def bent(path: Path, what: str) -> StoreUnreadable:
    """The error for a store that somebody changed by hand."""
    return StoreUnreadable(
        f"{path} was bent: {what}. Keep the file as it is; kctrig verify {path} names the event"
    )


def _make_ready(db: sqlite3.Connection, path: Path) -> Opened:
    db.execute(f"PRAGMA busy_timeout = {_BUSY_TIMEOUT_MS}")
    version = db.execute("PRAGMA user_version").fetchone()[0]
    kind = db.execute("PRAGMA application_id").fetchone()[0]
    if version > schema.VERSION:
        raise StoreUnreadable(f"{path} was made by a newer kctrig (store version {version}); update kctrig")
    if version and kind != schema.APPLICATION_ID:
        raise _of_another_program(path)
    db.execute("PRAGMA journal_mode = WAL")
    db.execute("PRAGMA synchronous = FULL")
    with transaction(db):
        if db.execute("PRAGMA user_version").fetchone()[0] == 0:
            _create(db, path)
        db.execute(schema.MEMORY)
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
