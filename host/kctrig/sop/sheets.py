"""Tables for the units that correct the registers: CSV and XLSX that no spreadsheet runs, and JSON."""

from __future__ import annotations

import csv
import json
import os
import re
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from kctrig.lang import N_
from kctrig.sop.file_trouble import of_system
from kctrig.sop.said import say
from kctrig.sop.table import TableError
from kctrig.sop.workbook import write_workbook
from kctrig.worklist.safe import cell

SUFFIXES = (".csv", ".xlsx", ".json")
_PLAIN = re.compile(r"[0-9A-Za-z]").match


def check_suffix(path: Path) -> None:
    """Raises TableError when `write` has no form for this name, before any work is done."""
    if path.suffix.lower() not in SUFFIXES:
        raise TableError(
            say(
                N_("{file}: the name must end in .csv, .xlsx or .json, which says what is written"), file=path
            )
        )


def write(
    path: Path,
    header: Sequence[str],
    rows: Iterable[Sequence[str]],
    about: Mapping[str, object],
) -> None:
    """Write a table in the form that its name asks for; a file of that name is replaced once the new one is whole.

    `about` goes into the JSON beside the rows. CSV has semicolons and a byte-order mark, as Excel in Indonesia opens it.

    Raises:
        TableError: the file cannot be written.
    """
    check_suffix(path)
    part = path.with_name(path.name + ".part")
    try:
        {".csv": _csv, ".xlsx": _xlsx, ".json": _json}[path.suffix.lower()](part, header, rows, about)
        os.replace(part, path)
    except OSError as error:
        raise TableError(
            say(N_("{file} cannot be written: {wrong}"), file=path, wrong=of_system(error))
        ) from error
    finally:
        part.unlink(missing_ok=True)


def _csv(
    path: Path, header: Sequence[str], rows: Iterable[Sequence[str]], about: Mapping[str, object]
) -> None:
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.writer(file, delimiter=";")
        writer.writerow([cell(name) for name in header])
        # what begins with a letter or a digit needs no mark, and is nearly all of it
        writer.writerows([text if not text or _PLAIN(text) else cell(text) for text in row] for row in rows)


def _json(
    path: Path, header: Sequence[str], rows: Iterable[Sequence[str]], about: Mapping[str, object]
) -> None:
    with path.open("w", encoding="utf-8") as file:
        file.write(json.dumps(about, ensure_ascii=False)[:-1] + (", " if about else "") + '"rows": [')
        for number, row in enumerate(rows):
            file.write(",\n" if number else "\n")
            file.write(json.dumps(dict(zip(header, row, strict=True)), ensure_ascii=False))
        file.write("\n]}\n")


def _xlsx(
    path: Path, header: Sequence[str], rows: Iterable[Sequence[str]], about: Mapping[str, object]
) -> None:
    write_workbook(path, header, rows)
