"""`kctrig worklist check` and `merge` as people run them."""

from __future__ import annotations

import csv
import json
import re
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from kctrig.cli.work import profile_of
from kctrig.worklist.reader import read
from tests.worklist.hands import make_list

if TYPE_CHECKING:
    from tests.cli.conftest import Kctrig

GOOD = "00000000018;HEXING/HXE116-KP;65652931283250951756;40338491193860092817;Jl. Melati No. 10"
OTHER = "00000000026;STAR/DDSY23S;41706638898323908127;30338887405846209666;Jl. Melati No. 2"
CLASH = "00000000018;HEXING/HXE116-KP;71728297514886258691;65360593864553346192;"
SHORT = "18;HEXING/HXE116-KP;65652931283250951756;40338491193860092817;"


def write(path: Path, *rows: str) -> None:
    path.write_text("\n".join(["NO_METER;MERK_TYPE;TOKEN_1;TOKEN_2;ALAMAT", *rows]), encoding="utf-8")


def test_a_good_list_is_counted_and_the_code_is_0(kctrig: Kctrig, tmp_path: Path) -> None:
    write(tmp_path / "a.csv", GOOD, OTHER)
    ran = kctrig("worklist", "check", "a.csv")
    assert (ran.code, ran.err) == (0, "")
    assert re.search(r"a\.csv +2 +2 +0 +0 +0", ran.out)


def test_duplicates_alone_are_no_failure_and_every_line_names_file_and_row(
    kctrig: Kctrig, tmp_path: Path
) -> None:
    write(tmp_path / "a.csv", GOOD)
    write(tmp_path / "b.csv", OTHER, GOOD)
    ran = kctrig("worklist", "check", "a.csv", "b.csv")
    assert ran.code == 0
    assert ran.err.startswith(
        "duplicate: b.csv row 3, NO_METER: meter 00000000018 already stands in a.csv row 2"
    )


def test_conflicts_and_defects_give_1_and_no_token_is_shown(kctrig: Kctrig, tmp_path: Path) -> None:
    write(tmp_path / "a.csv", GOOD, SHORT)
    write(tmp_path / "b.csv", OTHER, CLASH)
    ran = kctrig("worklist", "check", "a.csv", "b.csv")
    assert ran.code == 1
    assert [line.split(",")[0] for line in ran.err.splitlines()] == [
        "conflict: a.csv row 2",
        "defect: a.csv row 3",
        "conflict: b.csv row 3",
    ]
    assert not re.search(r"\d{20}", ran.out + ran.err)


def test_json_has_a_line_for_every_finding_and_every_list(kctrig: Kctrig, tmp_path: Path) -> None:
    write(tmp_path / "a.csv", GOOD, CLASH, OTHER)
    lines = [json.loads(line) for line in kctrig("worklist", "check", "a.csv", "--json").out.splitlines()]
    assert [(line["row"], line["fate"]) for line in lines[:2]] == [(2, "conflict"), (3, "conflict")]
    assert lines[2] == {
        **{"list_name": "a.csv", "rows_in": 3, "kept": 1},
        **{"duplicates": 0, "conflicts": 2, "defects": 0},
    }


@pytest.mark.parametrize("out", ["round.csv", "round.xlsx"])
def test_a_merged_list_is_in_the_order_of_a_round_and_says_where_rows_come_from(
    kctrig: Kctrig, tmp_path: Path, out: str
) -> None:
    write(tmp_path / "a.csv", GOOD)
    write(tmp_path / "b.csv", OTHER)
    ran = kctrig("worklist", "merge", "a.csv", "b.csv", "--out", out)
    assert ran.code == 0
    assert f"{out}: 2 rows" in ran.out
    found = read(tmp_path / out, profile_of)
    assert [(row.address, row.extra) for row in found.rows] == [
        ("Jl. Melati No. 2", (("SUMBER", "b.csv:2"),)),
        ("Jl. Melati No. 10", (("SUMBER", "a.csv:2"),)),
    ]
    assert (found.defects, found.notes) == ((), ())


def test_tokens_of_a_merged_csv_stand_in_groups_that_a_spreadsheet_leaves_text(
    kctrig: Kctrig, tmp_path: Path
) -> None:
    write(tmp_path / "a.csv", GOOD)
    kctrig("worklist", "merge", "a.csv", "--out", "m.csv")
    with (tmp_path / "m.csv").open(encoding="utf-8-sig", newline="") as file:
        (row,) = csv.DictReader(file, delimiter=";")
    assert row["TOKEN_1"] == "6565-2931-2832-5095-1756"


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("check", "nowhere.csv"), "nowhere.csv: No such file or directory; check the name"),
        (("check", "a.csv", "./a.csv"), "a list is named twice"),
        (("merge", "a.csv", "--out", "a.csv"), "a.csv is there already"),
        (("merge", "a.csv", "--out", "m.ods"), "name the file .csv or .xlsx"),
        (("merge", "a.csv", "bad.csv", "--out", "m.csv"), "bad.csv: no header row"),
        (("merge", "a.csv", "--out", "no/m.csv"), "cannot be written"),
    ],
)
def test_bad_input_is_one_line_and_nothing_is_written(
    kctrig: Kctrig, tmp_path: Path, words: tuple[str, ...], said: str
) -> None:
    write(tmp_path / "a.csv", GOOD)
    (tmp_path / "bad.csv").write_text("nothing;of;ours\n")
    before = (tmp_path / "a.csv").read_bytes()
    ran = kctrig("worklist", *words)
    assert ran.code == 2
    assert said in ran.err
    assert ran.err.count("\n") == 1
    assert (tmp_path / "a.csv").read_bytes() == before
    assert not (tmp_path / "m.csv").exists()


@pytest.mark.parametrize("command", ["check", "merge", "checkout", "checkin", "status", "back"])
def test_every_command_has_an_example_and_its_exit_codes(kctrig: Kctrig, command: str) -> None:
    ran = kctrig("worklist", command, "--help")
    assert ran.code == 0
    assert "Example:" in ran.out
    assert "Exit codes:" in ran.out


def test_a_list_made_of_a_list_is_the_same_list(kctrig: Kctrig, tmp_path: Path) -> None:
    make_list(tmp_path / "a.csv", 30)
    kctrig("worklist", "merge", "a.csv", "--out", "b.xlsx")
    kctrig("worklist", "merge", "b.xlsx", "--out", "c.csv")
    rows = [read(tmp_path / name, profile_of).rows for name in ("a.csv", "b.xlsx", "c.csv")]
    assert len({tuple((row.meter_no, row.tokens, row.address) for row in own) for own in rows}) == 1
    assert rows[1] == rows[2]
