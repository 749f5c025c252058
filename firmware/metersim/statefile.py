"""The meter's memory on disk: JSON, replaced as a whole, so that a cut at any byte leaves the old or the new state.

A file holds one meter, or `{"meters": [...]}` (statelist.py).

This file runs unchanged under CPython and MicroPython.
"""

import json
import os

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


class StateFileError(ValueError):
    """The state file cannot be used. Nothing was written; the text says what to do."""


def load(path: str, drn: "str | None" = None) -> "dict[str, Any]":
    """The state of the meter in this file, of meter `drn` where the file is a list.

    Raises StateFileError.
    """
    whole = read(path)
    return rows(whole, path)[place(whole, path, drn)]


def save(path: str, state: "dict[str, Any]", in_list: bool) -> None:
    """Replace this meter's state. With `in_list` the other meters of the file are kept as they are now.

    Raises StateFileError, OSError when the disk does not take it; the old state is then still there.
    """
    if in_list:
        # Imported only here: a meter that is alone in its file, as on a board, needs no lock.
        from . import statelist

        statelist.save(path, state)
    else:
        replace(path, json.dumps(state))


def is_list(path: str) -> bool:
    """Whether the file holds a list of meters. Raises StateFileError."""
    return "meters" in read(path)


def read(path: str) -> "dict[str, Any]":
    """The whole file. Raises StateFileError."""
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


def rows(whole: "dict[str, Any]", path: str) -> "list[dict[str, Any]]":
    """The meters in it. Raises StateFileError."""
    found = whole.get("meters", [whole])
    if not isinstance(found, list) or not all([isinstance(row, dict) for row in found]):
        raise StateFileError("state file %s: meters must be a list of meters" % path)
    return found


def place(whole: "dict[str, Any]", path: str, drn: "str | None") -> int:
    """Where in `rows` meter `drn` stands, or the only meter. Raises StateFileError."""
    numbers = [str(row.get("drn")) for row in rows(whole, path)]
    if not drn and len(numbers) == 1:
        return 0
    if drn not in numbers:
        raise StateFileError("state file %s has no meter %s: it has %s" % (path, drn, ", ".join(numbers)))
    return numbers.index(drn)


def replace(path: str, text: str) -> None:
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
