"""Reads the looks at all meters out of a store in one pass; opens it for reading only."""

from __future__ import annotations

import hashlib
import json
import sqlite3
from collections.abc import Iterable
from contextlib import closing
from json.encoder import encode_basestring
from pathlib import Path
from typing import Any

from kctrig.lang import N_
from kctrig.records.chain import first_link
from kctrig.records.errors import StoreUnreadable
from kctrig.sop.looks import POINTS, Meter, Shown
from kctrig.sop.said import say
from kctrig.sop.table import TableError

_SQL = f"""
SELECT seq, attempt, meter_no, point, at_unix_ms, CASE WHEN point IN ({", ".join("?" * len(POINTS))}) THEN body END, prev, hash
FROM events ORDER BY seq
"""
_decode = json.JSONDecoder().raw_decode


def quick_link(
    seq: int, attempt: int, meter_no: str, point: str, at_unix_ms: int, body: str, prev: str
) -> str:
    """What `records.chain.link` gives, for values as SQLite keeps them; a third of the time, for stores of a million events."""
    quoted = encode_basestring
    text = f"[{seq}, {attempt}, {quoted(meter_no)}, {quoted(point)}, {at_unix_ms}, {quoted(body)}, {quoted(prev)}]"
    return hashlib.sha256(text.encode()).hexdigest()


def read_shown(path: Path) -> dict[str, Shown]:
    """What the store knows of every meter that it has, by meter number.

    Events must follow one another without a gap, and each that is used must carry its own hash. Signatures are the
    business of `kctrig verify`.

    Raises:
        StoreUnreadable: it is no store.
        TableError: an event was changed, dropped or moved after it was written.
    """
    try:
        try:
            meters = _read(path, "mode=ro")
        except sqlite3.OperationalError:
            meters = _read(path, "mode=ro&immutable=1")  # on a medium that cannot be written
    except sqlite3.Error as error:
        raise StoreUnreadable(f"{path} cannot be read as a kctrig store: {error}") from error
    return {meter_no: meter.shown for meter_no, meter in meters.items()}


def _read(path: Path, how: str) -> dict[str, Meter]:
    uri = f"{path.resolve().as_uri()}?{how}"
    with closing(sqlite3.connect(uri, uri=True, isolation_level=None)) as db:
        db.execute("BEGIN")  # one moment of a store that may be written meanwhile
        try:
            store_id = db.execute("SELECT value FROM meta WHERE key = 'store_id'").fetchone()[0]
            head = db.execute("SELECT seq, hash FROM head").fetchone()
        except TypeError:
            raise sqlite3.DatabaseError("it has no name") from None
        meters, last = _fold(path, db.execute(_SQL, POINTS), first_link(str(store_id)))
        if head != last:
            raise _bent(path, last[0] + 1)
    return meters


def _fold(
    path: Path, rows: Iterable[tuple[Any, ...]], prev_hash: str
) -> tuple[dict[str, Meter], tuple[int, str]]:
    """The meters, and number and hash of the last event."""
    meters: dict[str, Meter] = {}
    last_seq = 0
    for seq, attempt, meter_no, point, at_unix_ms, body, prev, own_hash in rows:
        if seq != last_seq + 1 or prev != prev_hash:
            raise _bent(path, last_seq + 1)
        last_seq, prev_hash = seq, own_hash
        if body is None:
            continue
        try:
            if quick_link(seq, attempt, meter_no, point, at_unix_ms, body, prev) != own_hash:
                raise _bent(path, seq)
        except TypeError:  # another type than was written
            raise _bent(path, seq) from None
        meter = meters.get(meter_no)
        if meter is None:
            meter = meters[meter_no] = Meter(meter_no)
        meter.take(point, seq, own_hash, at_unix_ms, _decode(body)[0])
    return meters, (last_seq, prev_hash)


def _bent(path: Path, seq: int) -> TableError:
    return TableError(
        say(
            N_(
                "{file}: event {event} was changed, dropped or moved; nothing is compared. kctrig verify says more"
            ),
            file=path,
            event=seq,
        )
    )
