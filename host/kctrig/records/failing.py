"""What a store says when its disk does not do what was asked: one line with what to do next."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from kctrig.records.errors import StoreError

_KIND = 0xFF  # the rest of SQLite's error number says in which part of it
_NO_WRITING = frozenset({sqlite3.SQLITE_READONLY, sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_PERM})
_NO_TURN = frozenset({sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED})
_NO_SPACE = frozenset({sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR})


def is_of_the_disk(error: sqlite3.Error) -> bool:
    """Whether the disk, its rights or another program are the reason, and not what the file holds."""
    return _kind(error) in _NO_WRITING | _NO_TURN | _NO_SPACE


def next_step(error: Exception) -> str:
    """What a person does about it."""
    kind = _kind(error)
    if kind in _NO_WRITING:
        return "make the file and its folder writable, then start again"
    if kind in _NO_TURN:
        return "another program holds the file; end that, then start again"
    return "free some space or mend the disk, then start again"


@contextmanager
def written(what: str, path: Path, so: str) -> Iterator[None]:
    """Turn what a write died of into a StoreError. `so` says what did not happen because of it."""
    try:
        yield
    except UnicodeEncodeError as error:
        bad = ascii(error.object[error.start : error.end])
        raise StoreError(f"{what} cannot be written to {path}: {bad} in it is no text. {so}") from error
    except (sqlite3.Error, OSError) as error:
        raise StoreError(
            f"{what} could not be written to {path}: {error}. {so}; {next_step(error)}"
        ) from error


def _kind(error: Exception) -> int:
    return int(getattr(error, "sqlite_errorcode", sqlite3.SQLITE_OK)) & _KIND
