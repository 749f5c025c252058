"""The folder of a demo: nine emulated meters on KRN 1 and the work list that upgrades them, made anew each time."""

from __future__ import annotations

import csv
import json
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlencode

import click

from kctrig.tokens import issue
from kctrig.tokens.meters import Meter, fresh_state, numbered

# Profile name and what AP2T calls the meter (sop/pln_krn2_sop.txt, Lampiran I)
BRANDS = (
    ("cannet", "CANNET"),
    ("fujidharma", "FUJIDHARMA"),
    ("hexing", "HEXING/HXE116-KP"),
    ("itron", "ITRON"),
    ("itron_ace9000", "ITRON/ACE 9000 IBS DS"),
    ("melcoinda", "MELCOINDA"),
    ("sanxing", "SANXING"),
    ("smart", "SMART"),
    ("star", "STAR/DDSY23S"),
)
_FIRST_SERIAL = 900000001
_MARK = ".kctrig-demo"
_HEADER = ("IDPEL", "NO_METER", "MERK_TYPE", "VKRN", "TOKEN_1", "TOKEN_2", "TGL_TERBIT", "ALAMAT")


@dataclass(frozen=True, slots=True)
class DemoMeter:
    """One emulated meter of the demo and its files."""

    drn: str
    profile: str
    merk_type: str
    tokens: tuple[str, ...]
    state_path: Path
    log_path: Path

    @property
    def url(self) -> str:
        """The emulated rig that holds it."""
        query = urlencode({"state": self.state_path, "log": self.log_path}, safe="/\\:")
        return f"sim:{self.profile}?{query}"

    def krn_kt(self) -> tuple[int, int]:
        """KRN and KT as the meter itself has them in its memory."""
        state = json.loads(self.state_path.read_text(encoding="utf-8"))
        return int(state["krn"]), int(state["kt"])

    def token_results(self) -> list[str]:
        """What the meter itself says it did with each token (names of facts/sts.md 4.1)."""
        return [entry["result"] for entry in self._truth() if entry["event"] == "token"]

    def _truth(self) -> Iterator[dict[str, str]]:
        if not self.log_path.exists():  # its rig was never started
            return
        with self.log_path.open(encoding="utf-8") as lines:
            for line in lines:
                yield json.loads(line)


@dataclass(frozen=True, slots=True)
class DemoBench:
    """Everything in the folder."""

    folder: Path
    worklist: Path
    store: Path
    meters: tuple[DemoMeter, ...]


def make_bench(folder: Path) -> DemoBench:
    """Make the folder, or make it anew when an earlier demo did.

    Raises:
        click.UsageError: something else is in it, or it cannot be written.
    """
    try:
        _clear(folder)
        for name in ("meters", "truth"):
            (folder / name).mkdir(parents=True)
        (folder / _MARK).touch()
        meters = tuple(
            _make_meter(folder, _FIRST_SERIAL + at, profile, merk_type)
            for at, (profile, merk_type) in enumerate(BRANDS)
        )
        worklist = folder / "worklist.csv"
        _write_worklist(worklist, meters)
    except OSError as error:
        raise click.UsageError(
            f"{folder}: {error.strerror or error}; name another folder with --out"
        ) from error
    return DemoBench(folder, worklist, folder / "kctrig.db", meters)


def _clear(folder: Path) -> None:
    if not folder.exists():
        return
    if any(folder.iterdir()) and not (folder / _MARK).exists():
        raise click.UsageError(f"{folder} holds other files; name another folder with --out")
    for name in ("meters", "truth"):
        shutil.rmtree(folder / name, ignore_errors=True)
    for name in ("worklist.csv", "kctrig.db", "kctrig.db-wal", "kctrig.db-shm"):
        (folder / name).unlink(missing_ok=True)


def _make_meter(folder: Path, serial: int, profile: str, merk_type: str) -> DemoMeter:
    drn = numbered(serial)
    state = fresh_state(profile, drn)
    tokens = issue.key_change(Meter.from_state(state), 2, rollover=True).tokens
    state_path = folder / "meters" / f"{drn}.json"
    state_path.write_text(json.dumps(state, indent=1) + "\n", encoding="utf-8")
    return DemoMeter(drn, profile, merk_type, tokens, state_path, folder / "truth" / f"{drn}.jsonl")


def _write_worklist(path: Path, meters: tuple[DemoMeter, ...]) -> None:
    """As the bank of KCTs exports it: semicolons, byte-order mark, tokens in groups of four."""
    with path.open("w", encoding="utf-8-sig", newline="") as out:
        rows = csv.writer(out, delimiter=";")
        rows.writerow(_HEADER)
        for at, meter in enumerate(meters, start=1):
            groups = ["-".join(token[i : i + 4] for i in range(0, len(token), 4)) for token in meter.tokens]
            rows.writerow(
                (
                    f"5350700001{at:02d}",
                    meter.drn,
                    meter.merk_type,
                    "41",
                    *groups,
                    "2021-01-26",
                    f"Jl. Contoh No. {at}",
                )
            )
