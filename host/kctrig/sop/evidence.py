"""Reads the looks at all meters out of a store in one pass; opens it for reading only."""

from __future__ import annotations

import hashlib
import json
import sqlite3
from contextlib import closing
from json.encoder import encode_basestring
from pathlib import Path

from kctrig.lang import N_
from kctrig.records.errors import StoreUnreadable
from kctrig.sop.looks import POINTS, Meter, Shown
from kctrig.sop.said import say
from kctrig.sop.table import TableError

_COLUMNS = "seq, attempt, meter_no, point, at_unix_ms, body, prev, hash"

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

    Every event that is used must carry its own hash; whether the chain as a whole is sound is `kctrig verify`'s question.

    Raises:
        StoreUnreadable: it is no store.
        TableError: an event was changed after it was written.
    """
    try:
        try:
            meters = _read(path, "mode=ro")
        except sqlite3.OperationalError:
            meters = _read(path, "mode=ro&immutable=1")  # on a medium that cannot be written
    except (sqlite3.Error, ValueError, TypeError, AttributeError) as error:
        raise StoreUnreadable(f"{path} cannot be read as a kctrig store: {error}") from error
    return {meter_no: meter.shown for meter_no, meter in meters.items()}


def _read(path: Path, how: str) -> dict[str, Meter]:
    meters: dict[str, Meter] = {}
    marks = ", ".join("?" * len(POINTS))
    sql = f"SELECT {_COLUMNS} FROM events WHERE point IN ({marks}) ORDER BY seq"
    uri = f"{path.resolve().as_uri()}?{how}"
    with closing(sqlite3.connect(uri, uri=True, isolation_level=None)) as db:
        for seq, attempt, meter_no, point, at_unix_ms, body, prev, hash_ in db.execute(sql, POINTS):
            if quick_link(seq, attempt, meter_no, point, at_unix_ms, body, prev) != hash_:
                raise TableError(
                    say(
                        N_(
                            "{file}: event {event} was changed after it was written; nothing is compared. See kctrig verify"
                        ),
                        file=path,
                        event=seq,
                    )
                )
            meter = meters.get(meter_no)
            if meter is None:
                meter = meters[meter_no] = Meter(meter_no)
            meter.take(point, seq, hash_, at_unix_ms, _decode(body)[0])
    return meters
