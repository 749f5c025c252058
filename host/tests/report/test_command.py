"""`kctrig report` from the command line."""

from __future__ import annotations

import json
import shutil
import sqlite3
from pathlib import Path

import pytest
from kctrig.cli.app import run
from kctrig.records.bundle import write_bundle
from kctrig.records.store import Store
from tests.report.conftest import Sample

ALL = ("html", "svg", "junit", "csv", "xlsx", "jsonl")
Out = pytest.CaptureFixture[str]


def test_one_call_writes_every_report(shift: Sample, tmp_path: Path, capsys: Out) -> None:
    words = [word for name in ALL for word in (f"--{name}", str(tmp_path / f"shift.{name}"))]
    assert (
        run(["report", str(shift.path), *words[:8], "--xlsx", str(tmp_path / "shift.xlsx"), *words[10:]]) == 4
    )
    assert {file.name for file in tmp_path.iterdir()} == {f"shift.{name}" for name in ALL}
    assert "20 meters, 13 on the new key" in capsys.readouterr().err


def test_the_language_and_the_zone_are_those_of_the_page(shift: Sample, tmp_path: Path) -> None:
    path = tmp_path / "shift.html"
    run(["report", str(shift.path), "--html", str(path), "--lang", "id", "--zone", "WITA"])
    source = path.read_text(encoding="utf-8")
    assert "Laporan meter" in source
    assert "WITA" in source
    assert "08.30.00" in source


def test_json_says_what_was_written(shift: Sample, tmp_path: Path, capsys: Out) -> None:
    path = tmp_path / "shift.csv"
    run(["report", str(shift.path), "--csv", str(path), "--json"])
    line = json.loads(capsys.readouterr().out)
    assert line["files"] == {"csv": str(path)}
    assert (line["meters"], line["passed"], line["events_fit"]) == (20, 13, True)


def test_a_dash_is_stdout_and_nothing_else_is_written_there(shift: Sample, capsys: Out) -> None:
    meter = shift.record.meters[0].meter_no
    assert run(["report", str(shift.path), "--jsonl", "-", "--meter", meter]) == 0
    found = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [line["kind"] for line in found] == ["store", "meter"]
    assert found[1]["meter_no"] == meter


def test_a_bundle_is_reported_as_its_store_is(shift: Sample, tmp_path: Path) -> None:
    bundle = tmp_path / "shift.zip"
    write_bundle(shift.path, bundle)
    for source, name in ((shift.path, "a.csv"), (bundle, "b.csv")):
        assert run(["report", str(source), "--csv", str(tmp_path / name)]) == 4
    assert (tmp_path / "a.csv").read_bytes() == (tmp_path / "b.csv").read_bytes()


def test_one_shift_is_chosen_by_its_number(shift: Sample, tmp_path: Path) -> None:
    path = tmp_path / "s.html"
    run(["report", str(shift.path), "--html", str(path), "--shift", "1"])
    assert "Report of shift 1" in path.read_text(encoding="utf-8")


def test_a_store_without_doubts_ends_well_and_a_bent_one_does_not(
    shift: Sample, tmp_path: Path, capsys: Out
) -> None:
    good = shift.record.meters[0].meter_no
    out = str(tmp_path / "s.csv")
    assert run(["report", str(shift.path), "--csv", out, "--meter", good]) == 0
    bent = tmp_path / "bent.db"
    shutil.copy(shift.path, bent)
    with sqlite3.connect(bent) as db:
        db.execute("DROP TRIGGER events_are_not_changed")
        db.execute("UPDATE events SET body = replace(body, 'Sari', 'Rudi') WHERE seq = 1")
    assert run(["report", str(bent), "--csv", out, "--meter", good]) == 1
    assert "the record was bent: event 1" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ([], "name a file to write"),
        (["--html", "-", "--csv", "-"], "only one report can go to stdout"),
        (["--html", "x.html", "--shift", "9"], "no shift 9 in this store; shifts: 1"),
        (["--html", "x.html", "--meter", "123"], "meter 123 is not in"),
        (["--html", "x.html", "--zone", "Asia/Bandung"], "no time zone 'Asia/Bandung'"),
        (["--html", "x.html", "--lang", "fr"], "'fr' is not one of 'id', 'en'"),
        (["--html", "/nowhere/x.html"], "cannot be written"),
        (["--xlsx", "x.csv"], "name the file .xlsx"),
    ],
)
def test_bad_input_is_one_clear_line(
    shift: Sample, tmp_path: Path, capsys: Out, monkeypatch: pytest.MonkeyPatch, words: list[str], said: str
) -> None:
    monkeypatch.chdir(tmp_path)
    assert run(["report", str(shift.path), *words]) == 2
    err = capsys.readouterr().err
    assert said in err
    assert len(err.splitlines()) == 1
    assert list(tmp_path.iterdir()) == []


def test_what_is_no_store_is_refused_and_the_store_is_never_overwritten(
    shift: Sample, tmp_path: Path, capsys: Out
) -> None:
    other = tmp_path / "other.db"
    other.write_text("no store", encoding="utf-8")
    assert run(["report", str(other), "--html", str(tmp_path / "x.html")]) == 2
    assert run(["report", str(tmp_path / "none.db"), "--html", "-"]) == 2
    mine = tmp_path / "mine.db"
    Store(mine).close()
    before = mine.read_bytes()
    assert run(["report", str(mine), "--html", str(mine)]) == 2
    assert mine.read_bytes() == before
    assert "is the store itself" in capsys.readouterr().err


@pytest.mark.parametrize("name", ALL)
def test_a_file_that_is_no_report_of_this_kind_is_not_overwritten(
    shift: Sample, tmp_path: Path, capsys: Out, name: str
) -> None:
    path = tmp_path / f"wl.{name}"
    path.write_text("NO_METER;MERK_TYPE;TOKEN_1;TOKEN_2\n", encoding="utf-8")
    before = path.read_bytes()
    assert run(["report", str(shift.path), f"--{name}", str(path)]) == 2
    assert path.read_bytes() == before
    err = capsys.readouterr().err
    assert f"wl.{name} is there already and is no {name} report; --{name} needs another name" in err
    assert len(err.splitlines()) == 1
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("name", ALL)
def test_an_earlier_report_of_the_same_kind_is_replaced_and_one_of_another_kind_is_not(
    shift: Sample, tmp_path: Path, name: str
) -> None:
    path = tmp_path / "r.xlsx"  # the name that a workbook needs says nothing of what is in the file
    for _ in range(2):
        assert run(["report", str(shift.path), f"--{name}", str(path)]) == 4
    other = ALL[ALL.index(name) - 1]
    assert run(["report", str(shift.path), f"--{other}", str(path)]) == 2


def test_two_reports_are_not_written_into_one_file(shift: Sample, tmp_path: Path, capsys: Out) -> None:
    page = tmp_path / "page.html"
    assert run(["report", str(shift.path), "--html", str(page), "--csv", str(page)]) == 2
    assert "page.html is named for two reports" in capsys.readouterr().err
    assert not page.exists()


def test_help_has_an_example(capsys: Out) -> None:
    assert run(["report", "--help"]) == 0
    assert "kctrig report shift.db --html shift.html" in capsys.readouterr().out
