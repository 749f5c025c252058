"""Reads what a report is made of: a store or an exported bundle, without changing anything."""

from __future__ import annotations

import zipfile
from collections.abc import Collection
from pathlib import Path

from kctrig.records.bundle import check_bundle, read_bundle
from kctrig.records.evidence import attempts_under_way, check, read_store
from kctrig.report.build import report_of
from kctrig.report.record import Report


def report_from(
    path: Path, *, made_unix_ms: int, shift: int | None = None, meters: Collection[str] = ()
) -> Report:
    """The record of a store, or of a bundle that was exported from one.

    Raises:
        StoreUnreadable: it is neither.
        NoSuchShift: it has no such shift.
    """
    bundled = zipfile.is_zipfile(path)
    # Before and after the events: an attempt that began or ended in between is in one of the two.
    under_way = frozenset[int]() if bundled else attempts_under_way(path)
    evidence = read_bundle(path) if bundled else read_store(path)
    return report_of(
        evidence,
        check_bundle(path) if bundled else check(evidence),
        name=path.name,
        made_unix_ms=made_unix_ms,
        shift=shift,
        meters=meters,
        under_way=under_way if bundled else under_way | attempts_under_way(path),
    )
