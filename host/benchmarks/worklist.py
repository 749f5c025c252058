#!/usr/bin/env python3
"""Work lists at scale: seconds and memory of reading, merging, handing out and sending back, each in its own process.

.venv/bin/python host/benchmarks/worklist.py [ROWS]
"""

from __future__ import annotations

import csv
import json
import random
import resource
import subprocess
import sys
import tempfile
import time
import zipfile
from collections.abc import Callable, Sequence
from pathlib import Path

HEADER = (
    "IDPEL",
    "NO_METER",
    "MERK_TYPE",
    "VKRN",
    "TOKEN_1",
    "TOKEN_2",
    "TOKEN_3",
    "TOKEN_4",
    "TGL_TERBIT",
    "ALAMAT",
)
BRANDS = ("HEXING/HXE116-KP", "ITRON/ACE 9000 IBS DS", "SANXING/SX1A1", "STAR/DDSY23S")
STREETS = ("Melati", "Kenanga II", "17 Agustus", "Raya Km 3", "Anggrek")
SPACE = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
PACKAGE = "http://schemas.openxmlformats.org/package/2006/relationships"


def make_rows(count: int, seed: int = 1) -> list[tuple[str, ...]]:
    """Good rows of different meters."""
    chance = random.Random(seed)
    return [
        (
            f"5350{number:08d}",
            meter_no(number),
            chance.choice(BRANDS),
            "41",
            token(chance),
            token(chance),
            "",
            "",
            "2021-01-26",
            f"Jl. {chance.choice(STREETS)} No. {chance.randrange(400)} RT {number % 13:03d}/RW {number % 7:03d}",
        )
        for number in range(count)
    ]


def meter_no(serial: int) -> str:
    """Eleven digits, the last one their check digit."""
    body = f"{serial:010d}"
    doubled = [int(digit) * (2 if at % 2 == 0 else 1) for at, digit in enumerate(reversed(body))]
    return body + str(-sum(value - 9 if value > 9 else value for value in doubled) % 10)


def token(chance: random.Random) -> str:
    """Twenty digits of class 2."""
    while True:
        number = chance.getrandbits(66) & ~(3 << 27) | 2 << 27
        if number % 100_000:
            return f"{number:020d}"


def write_csv(path: Path, rows: Sequence[Sequence[str]]) -> None:
    """As the bank of KCTs exports it."""
    with path.open("w", encoding="utf-8-sig", newline="") as out:
        lines = csv.writer(out, delimiter=";")
        lines.writerow(HEADER)
        lines.writerows(rows)


def write_xlsx(path: Path, rows: Sequence[Sequence[str]]) -> None:
    """As spreadsheets save it: the strings apart from the cells, each once."""
    numbers: dict[str, int] = {}

    def cell(text: str, at: int, row_no: int) -> str:
        return (
            f'<c r="{"ABCDEFGHIJ"[at]}{row_no}" t="s"><v>{numbers.setdefault(text, len(numbers))}</v></c>'
            if text
            else ""
        )

    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as book:
        book.writestr(
            "xl/workbook.xml",
            f'<workbook xmlns="{SPACE}" xmlns:r="{OFFICE}"><sheets><sheet name="KCT" sheetId="1" r:id="a"/></sheets></workbook>',
        )
        book.writestr(
            "xl/_rels/workbook.xml.rels",
            f'<Relationships xmlns="{PACKAGE}"><Relationship Id="a" Type="{OFFICE}/worksheet" '
            'Target="worksheets/sheet1.xml"/></Relationships>',
        )
        with book.open("xl/worksheets/sheet1.xml", "w") as sheet:
            sheet.write(f'<worksheet xmlns="{SPACE}"><sheetData>'.encode())
            for row_no, row in enumerate((HEADER, *rows), start=1):
                cells = "".join(cell(text, at, row_no) for at, text in enumerate(row))
                sheet.write(f'<row r="{row_no}">{cells}</row>'.encode())
            sheet.write(b"</sheetData></worksheet>")
        with book.open("xl/sharedStrings.xml", "w") as strings:
            strings.write(f'<sst xmlns="{SPACE}">'.encode())
            for text in numbers:
                strings.write(f"<si><t>{text}</t></si>".encode())
            strings.write(b"</sst>")


def read_list(name: str) -> int:
    """Rows of a list that can be used."""
    from kctrig.cli.work import profile_of
    from kctrig.worklist.reader import read

    return len(read(name, profile_of).rows)


def command(*words: str) -> int:
    """A command line of kctrig."""
    from kctrig.cli.app import run

    return run(words)


def measure(work: Callable[[], int]) -> dict[str, float]:
    """What it gives, how long it takes and how much memory the process has needed until then."""
    began, began_cpu = time.perf_counter(), time.process_time()
    result = work()
    return {
        "result": result,
        "seconds": time.perf_counter() - began,
        "cpu_s": time.process_time() - began_cpu,
        "mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
    }


def apart(folder: Path, *words: str) -> dict[str, float]:
    """Measure in a process of its own."""
    ran = subprocess.run(
        [sys.executable, __file__, "--one", *words], cwd=folder, capture_output=True, text=True, check=True
    )
    return dict(json.loads(ran.stdout.splitlines()[-1]))


def main(rows: int) -> None:
    """Print one table."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        made = make_rows(rows)
        write_csv(folder / "list.csv", made)
        write_xlsx(folder / "list.xlsx", made)
        write_csv(folder / "half.csv", made[rows // 2 :])
        jobs = {
            f"read {rows} rows, CSV": ("read", "list.csv"),
            f"read {rows} rows, XLSX": ("read", "list.xlsx"),
            f"merge {rows} and {rows // 2} rows into a CSV": (
                "merge",
                "list.csv",
                "half.csv",
                "--out",
                "m.csv",
            ),
            f"merge {rows} and {rows // 2} rows into an XLSX": (
                "merge",
                "list.csv",
                "half.csv",
                "--out",
                "m.xlsx",
            ),
            f"hand 50 of {rows} rows out": (
                "checkout",
                "list.csv",
                "--bench",
                "a",
                "--count",
                "50",
                "--out",
                "a.csv",
            ),
            "hand the other rows out": (
                "checkout",
                "list.csv",
                "--bench",
                "b",
                "--count",
                str(rows),
                "--out",
                "b.csv",
            ),
        }
        print(f"{'what':50} {'s':>6} {'CPU s':>6} {'MB':>5}")
        for what, words in jobs.items():
            found = apart(folder, *words)
            print(f"{what:50} {found['seconds']:6.1f} {found['cpu_s']:6.1f} {found['mb']:5.0f}")


if __name__ == "__main__":
    if sys.argv[1:2] == ["--one"]:
        if sys.argv[2] == "read":
            print(json.dumps(measure(lambda: read_list(sys.argv[3]))))
        else:
            print(json.dumps(measure(lambda: command("worklist", *sys.argv[2:]))))
    else:
        main(int(sys.argv[1]) if len(sys.argv) > 1 else 100_000)
