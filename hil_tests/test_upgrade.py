"""The main job from end to end: a work list in, a verdict out, and the meter's own memory agrees."""

from __future__ import annotations

import json
import shutil
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from kctrig.tokens import issue
from kctrig.tokens.meters import Meter

if TYPE_CHECKING:
    from hil_tests.conftest import Kctrig, MakeBench

BRANDS = ("cannet", "fujidharma", "hexing", "itron", "itron_ace9000", "melcoinda", "sanxing", "smart", "star")
ANSWERS = {
    "Accept": "accepted",
    "1stKCT": "half",
    "2ndKCT": "accepted",
    "CRCError": "refused",
    "Used": "used",
    "Old": "old",
}
FIELDS = {
    "meter_no",
    "profile",
    "verdict",
    "krn_before",
    "krn_after",
    "kt_after",
    "shown_after",
    "reason",
    "seconds",
    "keys_pressed",
    "enters",
    "attempt",
}

SUPERVISED = ("--override", "the sequence wants it", "--operator", "Sari")


@pytest.mark.parametrize("brand", BRANDS)
def test_every_brand_is_upgraded_and_the_meter_itself_says_so(
    make_bench: MakeBench, kctrig: Kctrig, brand: str
) -> None:
    bench = make_bench(brand)
    ran = kctrig("upgrade", bench.worklist, "--rig", bench.url, "--store", "s.db", "--json")
    assert ran.code == 0, ran.err
    assert ran.line.keys() >= FIELDS
    assert (ran.line["meter_no"], ran.line["profile"]) == (bench.drn, brand)
    assert (ran.line["verdict"], ran.line["krn_before"], ran.line["krn_after"]) == ("PASS_VERIFIED", 1, 2)
    assert ran.line["kt_after"] in (2, None)
    assert (bench.state()["krn"], bench.state()["kt"]) == (2, 2)
    assert bench.submitted() == list(bench.tokens)
    assert bench.results() == ["1stKCT", "2ndKCT"]
    assert bench.keys_down() == set()


def test_a_second_run_finds_the_meter_done_and_presses_no_token_key(
    make_bench: MakeBench, kctrig: Kctrig
) -> None:
    bench = make_bench("sanxing")
    kctrig("upgrade", bench.worklist, "--rig", bench.url, "--store", "s.db", "--json")
    submitted = bench.submitted()
    ran = kctrig("upgrade", bench.worklist, "--rig", bench.url, "--store", "s.db", "--json")
    assert (ran.code, ran.line["verdict"], ran.line["attempt"]) == (0, "ALREADY_DONE", 2)
    assert bench.submitted() == submitted


def test_after_the_upgrade_new_credit_is_taken_and_old_credit_is_not(
    make_bench: MakeBench, kctrig: Kctrig
) -> None:
    bench = make_bench("cannet")
    old = issue.credit(Meter.from_state(bench.state()), 139, at=datetime(2021, 1, 26, 6, 19), rnd=5)
    kctrig("upgrade", bench.worklist, "--rig", bench.url, "--json")
    new = issue.credit(Meter.from_state(bench.state()), 139, at=datetime(2021, 1, 28, 9, 0), rnd=5)
    ran = kctrig("enter", "--rig", bench.url, "--json", old, new)
    assert [line["answer"] for line in ran.lines] == ["refused", "accepted"]
    assert ran.code == 1
    again = kctrig("enter", "--rig", bench.url, "--json", new)
    assert (again.code, [line["answer"] for line in again.lines]) == (1, ["not_entered"])
    again = kctrig("enter", "--rig", bench.url, "--json", *SUPERVISED, new)
    assert [line["answer"] for line in again.lines] == ["used"]
    assert new not in ran.out + ran.err
    assert bench.state()["credit_tenths"] == 139
    assert bench.results()[2:] == ["CRCError", "Accept", "Used"]


def test_two_rigs_match_each_meter_to_its_row_by_the_number_it_shows(
    make_bench: MakeBench, kctrig: Kctrig
) -> None:
    first, second = make_bench("hexing", serial=700000001), make_bench("star", serial=700000002)
    rows = [
        (bench.drn, {"hexing": "HEXING/X", "star": "STAR/Y"}[bench.brand], bench.tokens)
        for bench in (second, first)
    ]
    worklist = first.write_list(rows)
    ran = kctrig("upgrade", worklist, "--rig", first.url, "--rig", second.url, "--json")
    assert ran.code == 0, ran.err
    assert [(line["meter_no"], line["profile"]) for line in ran.lines] == [
        (second.drn, "star"),
        (first.drn, "hexing"),
    ]
    assert (first.state()["krn"], second.state()["krn"]) == (2, 2)
    assert first.submitted() == list(first.tokens)


def test_probe_reads_what_the_meter_has_in_its_memory(make_bench: MakeBench, kctrig: Kctrig) -> None:
    bench = make_bench("melcoinda")
    ran = kctrig("probe", "--rig", bench.url, "--json")
    assert ran.code == 0, ran.err
    assert (ran.line["meter_no"], ran.line["krn"], ran.line["kt"]) == (bench.drn, 1, 2)
    assert bench.no_token_key_was_pressed()


def test_status_shows_what_upgrade_did(make_bench: MakeBench, kctrig: Kctrig) -> None:
    bench = make_bench("smart")
    kctrig("upgrade", bench.worklist, "--rig", bench.url, "--store", "s.db", "--operator", "Sari")
    ran = kctrig("status", "--store", "s.db", "--json")
    assert ran.code == 0
    assert (ran.line["meter_no"], ran.line["state"], ran.line["krn_after"]) == (bench.drn, "PASS_VERIFIED", 2)
    assert not any(token in ran.out for token in bench.tokens)


def test_the_bank_list_of_others_upgrades_their_four_meters_and_their_credit_tokens_answer_as_they_expect(
    request: pytest.FixtureRequest, shared: Path, tmp_path: Path, kctrig: Kctrig
) -> None:
    if request.config.getoption("--rig"):
        pytest.skip("needs emulated meters")
    state = tmp_path / "meters.json"
    shutil.copy(shared / "worklists" / "meters_before.json", state)
    state.chmod(0o644)
    meters = json.loads(state.read_text())["meters"]
    urls = {
        one["drn"]: f"sim:{one['profile']}?state={state}&log={tmp_path / one['drn']}.jsonl&meter={one['drn']}"
        for one in meters
    }
    rigs = [word for url in urls.values() for word in ("--rig", url)]
    ran = kctrig("upgrade", shared / "worklists" / "bank_kct.csv", *rigs, "--store", "s.db", "--json")
    assert ran.code == 0, ran.err
    assert [line["meter_no"] for line in ran.lines] == list(urls)
    assert {line["verdict"] for line in ran.lines} == {"PASS_VERIFIED"}
    after = json.loads(state.read_text())["meters"]
    assert [(one["krn"], one["kt"]) for one in after] == [(2, 2)] * 4

    sequences = json.loads((shared / "vectors" / "meters.json").read_text())["entry_sequences"]
    asked = 0
    for sequence in sequences:
        steps = sequence["steps"]
        changed = next((at for at, step in enumerate(steps) if step["expect"] == "2ndKCT"), None)
        if changed is None:
            continue  # this sequence stops before the key change; these meters are behind it
        credit = 0
        for step in steps[changed + 1 :]:
            rig = ("--rig", urls[sequence["meter_drn"]])
            got = kctrig("enter", *rig, "--json", *SUPERVISED, step["enter"])
            assert got.line["answer"] == ANSWERS[step["expect"]], (sequence["id"], step, got)
            credit += 139 if step["expect"] == "Accept" else 0
            asked += 1
        (meter,) = (
            one for one in json.loads(state.read_text())["meters"] if one["drn"] == sequence["meter_drn"]
        )
        assert meter["credit_tenths"] == credit
    assert asked == 7


def test_the_bad_rows_of_others_are_reported_and_their_good_rows_upgraded(
    request: pytest.FixtureRequest, shared: Path, tmp_path: Path, kctrig: Kctrig
) -> None:
    if request.config.getoption("--rig"):
        pytest.skip("needs emulated meters")
    state = tmp_path / "meters.json"
    shutil.copy(shared / "worklists" / "meters_before.json", state)
    state.chmod(0o644)
    url = f"sim:hexing?state={state}&meter=00000000018"
    ran = kctrig(
        "upgrade",
        shared / "worklists" / "bank_kct_defects.csv",
        "--rig",
        url,
        "--meter",
        "00000000018",
        "--json",
    )
    assert ran.line["verdict"] == "PASS_VERIFIED"
    left_out = [line.split(",")[0] for line in ran.err.splitlines() if line.startswith("left out:")]
    assert left_out == [f"left out: row {row_no}" for row_no in (2, 4, 5, 7, 8, 9, 10, 11, 12)]
