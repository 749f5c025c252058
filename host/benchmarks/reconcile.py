"""How long a reconciliation takes: `python host/benchmarks/reconcile.py [--meters 100000] [--out .csv|.xlsx|.json]`.

Makes a store as `upgrade` leaves it (13 events a meter, chained), and an export of AP2T with one row a meter, both in a temporary
folder; runs `kctrig sop reconcile` on them as a process of its own, and checks that every kind came out as often as it was put in.
"""

from __future__ import annotations

import argparse
import csv
import json
import resource
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from kctrig.records import points
from kctrig.records.chain import canonical, link
from kctrig.records.store import Store

START_UNIX_MS = 1_611_640_800_000  # 26-01-2021 13:00 WIB
IMAGE = "0108000110000600000000000000"
KINDS = (
    ("IN_ORDER", 43, "pass"),
    ("IN_ORDER", 43, "pass"),
    ("IN_ORDER", 43, "pass"),
    ("CHANGED_NOT_CONFIRMED", 41, "pass"),
    ("CONFIRMED_NOT_CHANGED", 43, "rejected"),
    ("PENDING", 41, "rejected"),
    ("IN_DOUBT", 43, "cut"),
    ("NEVER_LOOKED", 43, ""),
    ("NOT_IN_AP2T", 0, "pass"),
)
"""What each ninth meter shall come to: kind, VKRN in AP2T, how its attempt ended."""

Point = tuple[str, dict[str, object]]


def meter_no(number: int) -> str:
    """Eleven digits with their check digit."""
    digits = f"{number:010}"
    total = 0
    for position, character in enumerate(reversed(digits)):
        digit = int(character) * (1 if position % 2 else 2)
        total += digit - 9 if digit > 9 else digit
    return digits + str(-total % 10)


def points_of(end: str) -> Iterator[Point]:
    """The journal of one attempt, as the runner writes it."""
    tokens = [{"token": f"{n:032x}", "digits": "1234…5678", "role": "kct"} for n in range(2)]
    yield points.CLAIM, {"tokens": tokens, "profile": "hexing", "number": 1, "shift": 1, "rig": "bench7"}
    yield points.PROBE, {"krn": 1, "kt": 2, "shown": "KRN 01 KT 02", "image": IMAGE, "number_images": [IMAGE]}
    for position in range(1 if end == "rejected" else 2):
        about = {"position": position, "token": f"{position:032x}", "digits": "1234…5678"}
        yield points.INTENT, {**about, "role": "kct"}
        yield points.TYPED, {**about, "tries": 1, "key_times_ms": [[n * 80, 40] for n in range(20)]}
        yield points.ENTER_INTENT, {**about, "job_id": position}
        if end == "cut" and position == 1:
            return
        answer = "refused" if end == "rejected" else "accepted"
        yield (
            points.ANSWER,
            {**about, "answer": answer, "shown": "BENAR", "frames": [[5, IMAGE], [400, IMAGE]]},
        )
    krn = 1 if end == "rejected" else 2
    shown = f"KRN 0{krn} KT 02"
    yield points.VERIFY, {"krn": krn, "kt": 2, "shown": shown, "image": IMAGE}
    verdict = "REJECTED" if end == "rejected" else "PASS_VERIFIED"
    yield (
        points.VERDICT,
        {"verdict": verdict, "reason": f"04 shows {shown}", "krn_after": krn, "answers": tokens},
    )


def make_store(path: Path, meters: int) -> int:
    """A store in which every meter was attempted once; gives the number of events."""
    Store(path).close()
    with sqlite3.connect(path, isolation_level=None) as db:
        db.execute("BEGIN")
        prev = db.execute("SELECT hash FROM head").fetchone()[0]
        seq = 0
        bodies = {
            end: [(point, canonical(body)) for point, body in points_of(end)]
            for end in ("pass", "rejected", "cut")
        }
        rows = []
        for number in range(meters):
            end = KINDS[number % len(KINDS)][2]
            attempt = seq + 1
            for point, body in bodies.get(end, ()):
                seq += 1
                at = START_UNIX_MS + seq * 100
                new = link(seq, attempt, meter_no(number), point, at, body, prev)
                rows.append((seq, attempt, meter_no(number), point, at, body, prev, new))
                prev = new
            if len(rows) > 20_000:
                db.executemany("INSERT INTO events VALUES (?, ?, ?, ?, ?, ?, ?, ?)", rows)
                rows.clear()
        db.executemany("INSERT INTO events VALUES (?, ?, ?, ?, ?, ?, ?, ?)", rows)
        db.execute("UPDATE head SET seq = ?, hash = ?", (seq, prev))
        db.execute("COMMIT")
    return seq


def make_ap2t(path: Path, meters: int) -> dict[str, int]:
    """The export that goes with it; gives how often each kind is in it."""
    wanted: Counter[str] = Counter()
    with path.open("w", encoding="cp1252", newline="") as file:
        writer = csv.writer(file, delimiter=";")
        writer.writerow(["IDPEL", "NAMA", "NO METER", "MERK TYPE", "VKRN", "TGL UPDATE"])
        for number in range(meters):
            kind, vkrn, end = KINDS[number % len(KINDS)]
            if end or vkrn:
                wanted[kind] += 1
            if vkrn:
                updated = "27-01-2021 08:00" if vkrn == 43 else ""
                row = [
                    f"{535_070_000_000 + number}",
                    "Contoh",
                    meter_no(number),
                    "HEXING/HXE116-KP",
                    vkrn,
                    updated,
                ]
                writer.writerow(row)
    return dict(wanted)


def measure(meters: int, suffix: str) -> dict[str, object]:
    """Run the command once; raises AssertionError when the kinds are not those that were put in."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        events = make_store(folder / "shift.db", meters)
        wanted = make_ap2t(folder / "ap2t.csv", meters)
        out = folder / f"reconciled{suffix}"
        words = ["sop", "reconcile", "--store", "shift.db", "--ap2t", "ap2t.csv", "--out", out.name]
        cpu_before, began = _cpu_s(), time.monotonic()
        ran = subprocess.run(
            [sys.executable, "-m", "kctrig", *words], cwd=folder, capture_output=True, text=True, check=False
        )
        seconds, cpu_s = time.monotonic() - began, _cpu_s() - cpu_before
        assert ran.returncode == 4, ran.stderr
        if suffix == ".json":
            counts = json.loads(out.read_text(encoding="utf-8"))["counts"]
            assert {kind: number for kind, number in counts.items() if number} == wanted, (counts, wanted)
        elif suffix == ".csv":
            with out.open(encoding="utf-8-sig", newline="") as file:
                found = Counter(row["KELAS"] for row in csv.DictReader(file, delimiter=";"))
            assert dict(found) == wanted, (found, wanted)
        peak_mb = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss // 1024
        return {
            "meters": meters,
            "events": events,
            "out": suffix,
            "seconds": round(seconds, 1),
            "cpu_s": round(cpu_s, 1),
            "peak_mb": peak_mb,
        }


def _cpu_s() -> float:
    """What the processes that this one started have computed so far."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--meters", type=int, default=100_000)
    parser.add_argument("--out", default=".csv", choices=[".csv", ".xlsx", ".json"])
    given = parser.parse_args()
    print(json.dumps(measure(given.meters, given.out)))
