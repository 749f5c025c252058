"""Whether a file that is there already is an earlier report, so that a newer one may take its place."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import islice
from pathlib import Path
from types import MappingProxyType
from typing import Final

from kctrig.report.table import COLUMNS
from kctrig.worklist import xlsx
from kctrig.worklist.rows import WorkListError

_HEAD = 4096
_MARKS: Final[Mapping[str, tuple[bytes, ...]]] = MappingProxyType(
    {
        "html": (b"<!doctype html>", b'name="generator" content="kctrig"'),
        "svg": (b"<svg", b'class="chart"'),
        "junit": (b"<testsuites", b'name="kctrig"'),
        "csv": (";".join(COLUMNS[:3]).encode(),),
        "jsonl": (b'{"kind": "store"',),
    }
)
"""What stands in the beginning of a report of each kind."""


def may_replace(kind: str, path: Path) -> bool:
    """Whether a report of this kind may be written there: nothing is there, nothing in it, or one of the same kind.

    Raises:
        OSError: the file cannot be read.
    """
    if not path.is_file():  # a device or a pipe holds nothing; a folder is refused when it is written to
        return True
    with path.open("rb") as file:
        head = file.read(_HEAD)
    if not head.strip():
        return True
    if kind == "xlsx":
        return _is_our_workbook(path)
    start = head.removeprefix(b"\xef\xbb\xbf").lstrip()
    first, *others = _MARKS[kind]
    is_begun = start.startswith(first) or (start.startswith(b"<?xml") and first in start)
    return is_begun and all(mark in start for mark in others)


def _is_our_workbook(path: Path) -> bool:
    try:
        _, cells = next(islice(xlsx.records(path.read_bytes(), any), 1), (0, []))
    except WorkListError:
        return False
    return tuple(map(str, cells)) == COLUMNS
