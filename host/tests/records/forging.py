"""What somebody can do to a store or a bundle who has the files, the tools and this project, and not the key."""

from __future__ import annotations

import hashlib
import json
import sqlite3
import zipfile
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

from kctrig.records import points
from kctrig.records.bundle import MANIFEST
from kctrig.records.chain import link
from kctrig.records.store import Store

METER = "00000000018"
TOKEN = "65652931283250951756"


def work(store: Store, meters: int = 1) -> None:
    for number in range(meters):
        attempt = store.claim(f"{number:011d}", "hexing", {"tokens": [{"token": store.fingerprint(TOKEN)}]})
        attempt.record(points.PROBE, {"krn": 1, "kt": 2, "shown": "KRN 01 KT 02", "ratio": 0.1})
        attempt.record(points.VERDICT, {"verdict": "PASS_VERIFIED", "reason": "für alle"})
        attempt.close()


def bend(path: Path, *statements: str) -> None:
    with closing(sqlite3.connect(path)) as db:
        db.executescript(
            "DROP TRIGGER IF EXISTS events_are_not_changed; DROP TRIGGER IF EXISTS events_are_not_deleted;"
        )
        db.executescript(";".join(statements))


def rechain(path: Path, store_id: str, first: int) -> None:
    """What a forger does who knows how the chain is made: hash everything again from `first` on."""
    with closing(sqlite3.connect(path, isolation_level=None)) as db:
        rows = db.execute("SELECT * FROM events ORDER BY seq").fetchall()
        prev = rows[first - 2][7]
        for seq, attempt, meter_no, point, at_unix_ms, body, _, _ in rows[first - 1 :]:
            new = link(seq, attempt, meter_no, point, at_unix_ms, body, prev)
            db.execute("UPDATE events SET prev = ?, hash = ? WHERE seq = ?", (prev, new, seq))
            prev = new
        db.execute("UPDATE head SET hash = ?", (prev,))


def rewrite(out: Path, change: Callable[[dict[str, bytes]], None]) -> None:
    with zipfile.ZipFile(out) as bundle:
        files = {name: bundle.read(name) for name in bundle.namelist()}
    change(files)
    with zipfile.ZipFile(out, "w") as bundle:
        for name, data in files.items():
            bundle.writestr(name, data)


def manifest_to_match(files: dict[str, bytes]) -> None:
    """Write the manifest anew for the files as they are; nobody without the key can sign it."""
    manifest = json.loads(files[MANIFEST])
    manifest["files"] = {
        name: hashlib.sha256(data).hexdigest()
        for name, data in files.items()
        if name not in (MANIFEST, "manifest.sig")
    }
    files[MANIFEST] = json.dumps(manifest).encode()
