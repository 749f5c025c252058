#!/usr/bin/env python3
"""How long the reports of a large store take, and how large they are.

    .venv/bin/python host/benchmarks/report.py             # 10 000 meters
    .venv/bin/python host/benchmarks/report.py --meters 100000

The store is made of the sample shift's twenty emulated meters (host/tests/report/sample.py), copied under new numbers
with a chain of their own.
"""

from __future__ import annotations

import argparse
import contextlib
import importlib.util
import resource
import sqlite3
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from types import ModuleType

from kctrig.records.chain import RawEvent, first_link, link
from kctrig.records.evidence import read_store
from kctrig.records.store import Store
from kctrig.report.junit import junit
from kctrig.report.lines import lines
from kctrig.report.page import html
from kctrig.report.source import report_from
from kctrig.report.table import table

SAMPLE = Path(__file__).resolve().parents[1] / "tests" / "report" / "sample.py"


def sample() -> ModuleType:
    """The module that works through the sample shift."""
    spec = importlib.util.spec_from_file_location("sample", SAMPLE)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


def copied(events: list[RawEvent], meters: int) -> Iterator[RawEvent]:
    """The events again and again, each time under other meter numbers, until there are so many meters."""
    numbers = {event.meter_no: index for index, event in enumerate(events) if event.meter_no}
    own = len(numbers)
    seq = 0
    for copy in range(-(-meters // own)):
        left = dict(list(numbers.items())[: meters - copy * own])
        renamed = {number: f"{copy * own + index:011}" for index, number in enumerate(left)}
        claims: dict[int, int] = {}
        for event in events:
            if event.meter_no not in renamed:
                continue
            seq += 1
            if event.point == "claim":
                claims[event.seq] = seq
            yield replace(
                event, seq=seq, meter_no=renamed[event.meter_no], attempt=claims.get(event.attempt, 0)
            )


def make(folder: Path, meters: int) -> Path:
    """A store with so many meters."""
    small, path = folder / "small.db", folder / "large.db"
    sample().make(small, close=False)
    events = list(read_store(small).events)
    Store(path).close()
    with contextlib.closing(sqlite3.connect(path)) as db:
        store_id = db.execute("SELECT value FROM meta WHERE key = 'store_id'").fetchone()[0]
        prev, seq = first_link(store_id), 0
        for event in copied(events, meters):
            new = link(
                event.seq, event.attempt, event.meter_no, event.point, event.at_unix_ms, event.body, prev
            )
            seq = event.seq
            db.execute(
                "INSERT INTO events VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
                (seq, event.attempt, event.meter_no, event.point, event.at_unix_ms, event.body, prev, new),
            )
            prev = new
        db.execute("UPDATE head SET seq = ?, hash = ?", (seq, prev))
        db.commit()
    return path


def main() -> int:
    """Measure."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--meters", type=int, default=10_000)
    meters = parser.parse_args().meters
    with tempfile.TemporaryDirectory() as folder:
        path = make(Path(folder), meters)
        began = time.perf_counter()
        record = report_from(path, made_unix_ms=time.time_ns() // 1_000_000)
        print(f"record of {len(record.meters)} meters, {record.chain.events} events: {_since(began)}")
        for name, pieces in (
            ("html", html(record, "id")),
            ("jsonl", lines(record)),
            ("csv", table(record)),
        ):
            began = time.perf_counter()
            size = sum(len(piece.encode()) for piece in pieces)
            print(f"{name:6} {_since(began)}, {size / 1e6:.1f} MB")
        began = time.perf_counter()
        size = len(junit(record))
        print(f"{'junit':6} {_since(began)}, {size / 1e6:.1f} MB")
    print(f"most memory: {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.0f} MB")
    return 0


def _since(began: float) -> str:
    return f"{time.perf_counter() - began:.2f} s"


if __name__ == "__main__":
    raise SystemExit(main())
