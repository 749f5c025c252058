"""The meter's memory on disk: JSON, replaced as a whole, so that a cut at any byte leaves the old or the new state.

A file holds one meter, or `{"meters": [...]}`; several meter processes may share such a list, so it is read, changed
and replaced under a lock folder beside it.

This file runs unchanged under CPython and MicroPython.
"""

import json
import os
import time

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

_STALE_LOCK_S = 2  # a lock folder older than this belongs to a process that is gone
_LOCK_TRY_MS = 5
_MTIME = 8  # of os.stat's tuple


class StateFileError(ValueError):
    """The state file cannot be used. Nothing was written; the text says what to do."""


def load(path: str, drn: "str | None" = None) -> "dict[str, Any]":
    """The state of the meter in this file, of meter `drn` where the file is a list.

    Raises StateFileError.
    """
    whole = _read(path)
    return _rows(whole, path)[_place(whole, path, drn)]


def save(path: str, state: "dict[str, Any]", in_list: bool) -> None:
    """Replace this meter's state. With `in_list` the other meters of the file are kept as they are now.

    Raises StateFileError, OSError when the disk does not take it; the old state is then still there.
    """
    if not in_list:
        _replace(path, json.dumps(state))
        return
    lock = path + ".lock"
    _lock(lock)
    try:
        whole = _read(path)
        _rows(whole, path)[_place(whole, path, str(state["drn"]))] = state
        _replace(path, json.dumps(whole))
    finally:
        os.rmdir(lock)


def is_list(path: str) -> bool:
    """Whether the file holds a list of meters. Raises StateFileError."""
    return "meters" in _read(path)


def _read(path: str) -> "dict[str, Any]":
    try:
        with open(path) as file:
            whole = json.loads(file.read())
    except OSError as error:
        raise StateFileError(
            "state file %s cannot be read (%s): name one that exists" % (path, error)
        ) from error
    except ValueError as error:
        raise StateFileError("state file %s is not JSON (%s)" % (path, error)) from error
    if not isinstance(whole, dict):
        raise StateFileError("state file %s must hold a meter or a list of meters" % path)
    return whole


def _rows(whole: "dict[str, Any]", path: str) -> "list[dict[str, Any]]":
    rows = whole.get("meters", [whole])
    if not isinstance(rows, list) or not all([isinstance(row, dict) for row in rows]):
        raise StateFileError("state file %s: meters must be a list of meters" % path)
    return rows


def _place(whole: "dict[str, Any]", path: str, drn: "str | None") -> int:
    numbers = [str(row.get("drn")) for row in _rows(whole, path)]
    if not drn and len(numbers) == 1:
        return 0
    if drn not in numbers:
        raise StateFileError("state file %s has no meter %s: it has %s" % (path, drn, ", ".join(numbers)))
    return numbers.index(drn)


def _replace(path: str, text: str) -> None:
    """Write beside the file, then put it in its place in one step."""
    beside = path + ".new"
    with open(beside, "w") as file:
        file.write(text)
        file.flush()
        if hasattr(os, "fsync"):
            os.fsync(file.fileno())
    if hasattr(os, "replace"):
        os.replace(beside, path)
    else:
        os.rename(beside, path)


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
