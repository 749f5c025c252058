"""The sample shift, made once."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pytest
from kctrig.report.record import Report
from kctrig.report.source import report_from
from tests.report import sample


@dataclass(frozen=True)
class Sample:
    """A closed shift of emulated meters: its store, its record and every token that was used."""

    path: Path
    record: Report
    tokens: tuple[str, ...]


@pytest.fixture(scope="session")
def shift(tmp_path_factory: pytest.TempPathFactory) -> Sample:
    path = tmp_path_factory.mktemp("report") / "shift.db"
    tokens = sample.make(path)
    last_ms = report_from(path, made_unix_ms=0).meters[-1].last.ended_unix_ms
    return Sample(path, report_from(path, made_unix_ms=last_ms + 95_000), tuple(tokens))
