"""Opens a store's file for reading only, also on a medium that cannot be written."""

from __future__ import annotations

import shutil
import sqlite3
import tempfile
from contextlib import closing
from pathlib import Path

_TRIES = 3


def connect(path: Path) -> sqlite3.Connection:
    """A connection that changes nothing; the caller closes it.

    SQLite wants to write beside a store in WAL mode, even to read it. Where that cannot be done, a store whose last
    events lie in its `-wal` file is read from a copy in a temporary folder, which goes away with the connection.

    Raises:
        sqlite3.Error: no such file, or no database, or it can be neither read in its place nor copied.
    """
    real = path.resolve()
    uri = f"{real.as_uri()}?mode=ro"
    db = sqlite3.connect(uri, uri=True, isolation_level=None)
    try:
        db.execute("SELECT count(*) FROM sqlite_master")
    except sqlite3.OperationalError:
        db.close()
        if not real.is_file():
            raise
        if _size(_wal_of(real)):
            return _copied(real)
        return sqlite3.connect(f"{uri}&immutable=1", uri=True, isolation_level=None)
    except sqlite3.Error:
        db.close()
        raise
    return db


class _Copy(sqlite3.Connection):
    """A connection to a copy, which is removed when the connection is closed."""

    folder: tempfile.TemporaryDirectory[str] | None = None

    def close(self) -> None:
        """Close, and remove the copy."""
        super().close()
        if self.folder is not None:
            self.folder.cleanup()


def _copied(path: Path) -> sqlite3.Connection:
    """A store and its `-wal` read from a copy of one moment: `immutable` would leave out what lies in the `-wal`."""
    folder = tempfile.TemporaryDirectory(prefix="kctrig-read-", ignore_cleanup_errors=True)
    copy = Path(folder.name) / "store.db"
    try:
        _copy_of_one_moment(path, copy)
        with closing(sqlite3.connect(copy)) as db:
            db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        found = sqlite3.connect(f"{copy.as_uri()}?mode=ro", uri=True, isolation_level=None, factory=_Copy)
    except OSError as error:
        folder.cleanup()
        raise sqlite3.OperationalError(
            f"its last events lie in {_wal_of(path).name}, and a copy to read them could not be made: {error}"
        ) from error
    except sqlite3.Error:
        folder.cleanup()
        raise
    found.folder = folder
    return found


def _copy_of_one_moment(path: Path, copy: Path) -> None:
    for _ in range(_TRIES):
        before = _stamps(path)
        shutil.copyfile(_wal_of(path), _wal_of(copy))
        shutil.copyfile(path, copy)
        if _stamps(path) == before:
            return
    raise sqlite3.OperationalError("it is being written from elsewhere right now; try again")


def _stamps(path: Path) -> list[tuple[int, int]]:
    stats = [one.stat() for one in (path, _wal_of(path))]
    return [(stat.st_size, stat.st_mtime_ns) for stat in stats]


def _wal_of(path: Path) -> Path:
    return path.with_name(path.name + "-wal")


def _size(path: Path) -> int:
    """Bytes in a file; 0 for none."""
    try:
        return path.stat().st_size
    except FileNotFoundError:
        return 0
