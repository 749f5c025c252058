"""A state file with many meters: read, changed and replaced under a lock folder, since several meters may share it.

This file runs unchanged under CPython and MicroPython.
"""

import json
import os
import time

from .statefile import place, read, replace, rows

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

_STALE_LOCK_S = 2  # a lock folder older than this belongs to a process that is gone
_LOCK_TRY_MS = 5
_MTIME = 8  # of os.stat's tuple


def save(path: str, state: "dict[str, Any]") -> None:
    """Replace one meter of the list; the others stay as they are now.

    Raises StateFileError, OSError when the disk does not take it; the old state is then still there.
    """
    lock = path + ".lock"
    _lock(lock)
    try:
        whole = read(path)
        rows(whole, path)[place(whole, path, str(state["drn"]))] = state
        replace(path, json.dumps(whole))
    finally:
        os.rmdir(lock)


def _lock(lock: str) -> None:
    while True:
        try:
            os.mkdir(lock)
            return
        except OSError:
            pass
        try:
            age_s = int(time.time()) - int(os.stat(lock)[_MTIME])
            if age_s > _STALE_LOCK_S:
                os.rmdir(lock)
                continue
        except OSError:
            continue  # it went away while we looked
        _sleep_ms(_LOCK_TRY_MS)


def _sleep_ms(ms: int) -> None:
    if hasattr(time, "sleep_ms"):
        time.sleep_ms(ms)
    else:
        time.sleep(ms / 1000)
