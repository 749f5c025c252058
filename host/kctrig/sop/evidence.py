"""Reads the looks at all meters out of stores in one pass; opens them for reading only."""

from __future__ import annotations

import hashlib
import json
import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from heapq import merge
from json.encoder import encode_basestring
from operator import itemgetter
from pathlib import Path
from types import MappingProxyType

from kctrig.lang import N_
from kctrig.records import readonly
from kctrig.records.chain import first_link
from kctrig.sop.looks import POINTS, Meter, Shown
from kctrig.sop.said import say
from kctrig.sop.table import TableError

_SQL = f"""
SELECT seq, attempt, meter_no, point, at_unix_ms, CASE WHEN point IN ({", ".join("?" * len(POINTS))}) THEN body END, prev, hash
FROM events ORDER BY seq
"""
_NONE: Mapping[str, str] = MappingProxyType({})
_decode = json.JSONDecoder().raw_decode


def quick_link(
    seq: int, attempt: int, meter_no: str, point: str, at_unix_ms: int, body: str, prev: str
) -> str:
    """What `records.chain.link` gives, for values as SQLite keeps them; a third of the time, for stores of a million events."""
    quoted = encode_basestring
    text = f"[{seq}, {attempt}, {quoted(meter_no)}, {quoted(point)}, {at_unix_ms}, {quoted(body)}, {quoted(prev)}]"
    return hashlib.sha256(text.encode()).hexdigest()


def read_shown(paths: Sequence[Path], sentences: Mapping[str, str] = _NONE) -> dict[str, Shown]:
    """What the stores together know of every meter, by meter number; events of several stores count in the order of time.

    Events of a store must follow one another without a gap, and each that is used must carry its own hash. Signatures
    are the business of `kctrig verify`. `sentences` are as `Meter` takes them.

    Raises:
        TableError: one is no store, or an event was changed, dropped or moved after it was written.
    """
    meters: dict[str, Meter] = {}
    clash = len({path.name for path in paths}) < len(paths)
    streams = [_events(path, str(path) if clash else path.name) for path in paths]
    for at_unix_ms, point, seq, own_hash, meter_no, body, store in (
        streams[0] if len(streams) == 1 else merge(*streams, key=itemgetter(0))
    ):
        meter = meters.get(meter_no)
        if meter is None:
            meter = meters[meter_no] = Meter(meter_no, sentences)
        meter.take(point, seq, own_hash, at_unix_ms, _decode(body)[0], store)
    return {meter_no: meter.shown for meter_no, meter in meters.items()}


_Event = tuple[int, str, int, str, str, str, str]


def _events(path: Path, store: str) -> Iterator[_Event]:
    """The events of one store that are needed: time, point, number, hash, meter, body, name of the store."""
    try:
        with closing(readonly.connect(path)) as db:
            db.execute("BEGIN")  # one moment of a store that may be written meanwhile
            name = db.execute("SELECT value FROM meta WHERE key = 'store_id'").fetchone()
            head = db.execute("SELECT seq, hash FROM head").fetchone()
            if name is None or head is None:
                raise _no_store(path, say(N_("it has no name or no end")))
            last_seq, prev_hash = 0, first_link(str(name[0]))
            for seq, attempt, meter_no, point, at_unix_ms, body, prev, own_hash in db.execute(_SQL, POINTS):
                if seq != last_seq + 1 or prev != prev_hash:
                    raise _bent(path, last_seq + 1)
                last_seq, prev_hash = seq, own_hash
                if body is None:
                    continue
                if not _fits(seq, attempt, meter_no, point, at_unix_ms, body, prev, own_hash):
                    raise _bent(path, seq)
                yield at_unix_ms, point, seq, own_hash, meter_no, body, store
            if head != (last_seq, prev_hash):
                raise _bent(path, last_seq + 1)
    except sqlite3.Error as error:
        raise _no_store(path, error) from error


def _fits(
    seq: int, attempt: int, meter_no: str, point: str, at_unix_ms: int, body: str, prev: str, own_hash: str
) -> bool:
    try:
        return quick_link(seq, attempt, meter_no, point, at_unix_ms, body, prev) == own_hash
    except TypeError:  # another type than was written
        return False


def _no_store(path: Path, wrong: object) -> TableError:
    return TableError(say(N_("{file} cannot be read as a kctrig store: {wrong}"), file=path, wrong=wrong))


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
