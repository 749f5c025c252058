"""A list that is being worked with is not changed under the hands of whoever works: a lock on the file itself."""

from __future__ import annotations

import contextlib
import os
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import IO

from kctrig.worklist.rows import WorkListError

_LOOK_S = 0.05

if sys.platform == "win32":

    def _lock(file: IO[bytes], alone: bool) -> bool:
        return True  # an open file cannot be replaced there, which is all that is needed

else:
    import fcntl

    def _lock(file: IO[bytes], alone: bool) -> bool:
        try:
            fcntl.flock(file.fileno(), (fcntl.LOCK_EX if alone else fcntl.LOCK_SH) | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        except OSError:
            return not alone  # a medium without locks: reading goes on, changing does not
        return True


@contextlib.contextmanager
def working_with(path: Path) -> Iterator[None]:
    """Hold a list while its rows are worked with; others may do the same, nobody may take rows out of it.

    Raises:
        WorkListError: somebody is taking rows out of it now.
    """
    with _held(path, False, "rows are being checked in from it; start again when that is done"):
        yield


@contextlib.contextmanager
def changing(path: Path, wait_s: float = 0.0) -> Iterator[None]:
    """Hold a list alone: to write it anew, or to hand its rows out.

    Args:
        path: the list.
        wait_s: how long others who hold it are waited for.

    Raises:
        WorkListError: somebody works with it.
    """
    with _held(path, True, "a kctrig works with it; end that first", wait_s):
        yield


@contextlib.contextmanager
def _held(path: Path, alone: bool, otherwise: str, wait_s: float = 0.0) -> Iterator[None]:
    until_s = time.monotonic() + wait_s
    while True:
        try:
            file = _open(path, alone)
        except OSError as error:
            raise WorkListError(
                f"{path}: {error.strerror or error}; check the name of the work list"
            ) from None
        with file:
            if not _lock(file, alone):
                if time.monotonic() >= until_s:
                    raise WorkListError(f"{path} is in use: {otherwise}")
            elif _is_still(path, file):
                yield
                return
        time.sleep(_LOOK_S)


def _open(path: Path, alone: bool) -> IO[bytes]:
    """Open for the lock; some shared folders lock alone only what may be written."""
    if alone:
        with contextlib.suppress(PermissionError):
            return path.open("r+b")
    return path.open("rb")


def _is_still(path: Path, file: IO[bytes]) -> bool:
    """Whether the file that was locked is the one of that name: it may have been replaced before the lock was had."""
    try:
        now, held = os.stat(path), os.fstat(file.fileno())
    except FileNotFoundError:
        return False
    return (now.st_ino, now.st_dev) == (held.st_ino, held.st_dev)
