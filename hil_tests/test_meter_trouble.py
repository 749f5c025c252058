"""Meters that are not as the list says, and glasses that say what no profile knows: never a false pass."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from kctrig.sim import firmware_tree
from kctrig.sim.processes import EmulatedRig
from kctrig.tokens import issue
from kctrig.tokens.meters import Meter, fresh_state, numbered

if TYPE_CHECKING:
    from hil_tests.conftest import Bench, Kctrig, MakeBench


@contextmanager
def patched_rig(bench: Bench, file: str, old: str, new: str) -> Iterator[EmulatedRig]:
    """A rig and meter whose firmware was changed in one place."""
    tree = firmware_tree.stage(bench.folder / "firmware")
    package = tree / Path(file).parts[0]
    source = package.resolve()
    package.unlink()
    shutil.copytree(source, package)
    text = (tree / file).read_text(encoding="utf-8")
    assert old in text
    (tree / file).write_text(text.replace(old, new), encoding="utf-8")
    with EmulatedRig(bench.url, tree=tree) as rig:
        yield rig


def test_a_wrong_meter_in_the_slot_gets_no_key_of_a_token(make_bench: MakeBench, kctrig: Kctrig) -> None:
    bench = make_bench("hexing")
    stranger = numbered(700000099)
    ran = kctrig(
        "upgrade", bench.write_list([(stranger, "HEXING", bench.tokens)]), "--rig", bench.url, "--json"
    )
    assert (ran.code, ran.line["verdict"], ran.line["code"]) == (1, "BLOCKED", "wrong_meter")
    assert bench.drn in ran.line["reason"]
    assert bench.no_token_key_was_pressed()


def test_a_meter_that_is_in_no_row_gets_no_key_of_a_token(make_bench: MakeBench, kctrig: Kctrig) -> None:
    bench = make_bench("hexing")
    rows = [
        (numbered(700000098), "HEXING", bench.tokens),
        (numbered(700000099), "STAR", ("65652931283250951756", "40338491193860092817")),
    ]
    ran = kctrig("upgrade", bench.write_list(rows), "--rig", bench.url, "--json")
    assert ran.code == 1
    assert [line["verdict"] for line in ran.lines] == ["READY", "READY"]
    assert f"meter {bench.drn} is not in the work list" in ran.lines[0]["reason"]
    assert bench.no_token_key_was_pressed()


@pytest.mark.parametrize("brand", ["hexing", "itron_ace9000"])
def test_a_meter_already_on_krn_2_gets_no_key_of_a_token(
    make_bench: MakeBench, kctrig: Kctrig, brand: str
) -> None:
    bench = make_bench(brand, krn=2)
    ran = kctrig("upgrade", bench.worklist, "--rig", bench.url, "--json")
    assert (ran.code, ran.line["verdict"], ran.line["krn_before"]) == (0, "ALREADY_DONE", 2)
    assert bench.no_token_key_was_pressed()


@pytest.mark.parametrize("brand", ["cannet", "itron", "sanxing"])
def test_a_refused_token_ends_it_and_is_not_tried_again(
    make_bench: MakeBench, kctrig: Kctrig, brand: str
) -> None:
    bench = make_bench(brand)
    other = Meter.from_state(fresh_state(brand, numbered(700000055)))
    tokens = issue.key_change(other, 2, rollover=True).tokens
    worklist = bench.write_list([(bench.drn, brand.upper(), tokens)])
    ran = kctrig("upgrade", worklist, "--rig", bench.url, "--store", "s.db", "--json")
    assert (ran.code, ran.line["verdict"]) == (1, "REJECTED")
    assert bench.submitted() == [tokens[0]]
    assert bench.results() == ["CRCError"]
    assert bench.state()["krn"] == 1


def test_a_meter_that_says_benar_and_changes_nothing_does_not_pass(
    make_bench: MakeBench, kctrig: Kctrig
) -> None:
    bench = make_bench("hexing", faults=("lies_benar",))
    ran = kctrig("upgrade", bench.worklist, "--rig", bench.url, "--json")
    assert ran.code != 0
    assert ran.line["verdict"] != "PASS_VERIFIED"
    assert bench.state()["krn"] == 1


def test_an_answer_that_no_profile_knows_leaves_the_meter_in_doubt(
    make_bench: MakeBench, kctrig: Kctrig
) -> None:
    bench = make_bench("hexing")
    with patched_rig(bench, "metersim/brands.py", "BENAR", "TERIMA") as rig:
        ran = kctrig("upgrade", bench.worklist, "--rig", rig.url, "--store", "s.db", "--json")
    assert ran.code == 4, ran
    assert ran.line["verdict"] in ("IN_DOUBT", "HALF")
    assert len(bench.submitted()) == 1
    status = kctrig("status", "--store", "s.db", "--json")
    assert (status.code, status.line["state"]) == (4, ran.line["verdict"])


def test_a_key_revision_that_no_profile_can_read_is_never_a_pass(
    make_bench: MakeBench, kctrig: Kctrig
) -> None:
    bench = make_bench(
        "star", faults=("dead_segment:6g", "dead_segment:7g", "dead_segment:11g", "dead_segment:3g")
    )
    ran = kctrig("upgrade", bench.worklist, "--rig", bench.url, "--json")
    assert ran.code != 0
    assert ran.line["verdict"] != "PASS_VERIFIED"


@pytest.mark.parametrize("fault", ["dark_glass", "no_glass", "echo_off"])
def test_a_glass_that_cannot_be_believed_gets_no_token(
    make_bench: MakeBench, kctrig: Kctrig, fault: str
) -> None:
    bench = make_bench("sanxing", faults=(fault,))
    ran = kctrig("upgrade", bench.worklist, "--rig", bench.url, "--json")
    assert ran.code in (1, 3, 4)
    assert ran.line["verdict"] != "PASS_VERIFIED"
    assert bench.submitted() == []


def test_a_tampered_meter_is_blocked(make_bench: MakeBench, kctrig: Kctrig) -> None:
    bench = make_bench("hexing", faults=("tamper",))
    ran = kctrig("upgrade", bench.worklist, "--rig", bench.url, "--json")
    assert (ran.code, ran.line["verdict"]) == (1, "BLOCKED")
    assert bench.results().count("Accept") == 0


def test_a_locked_meter_is_locked_out_after_one_token_at_most(make_bench: MakeBench, kctrig: Kctrig) -> None:
    bench = make_bench("sanxing", faults=("locked:300",))
    ran = kctrig("upgrade", bench.worklist, "--rig", bench.url, "--json")
    assert (ran.code, ran.line["verdict"]) == (1, "LOCKED_OUT")
    assert len(bench.submitted()) <= 1


def test_a_meter_that_drops_keys_is_upgraded_without_a_wrong_token(
    make_bench: MakeBench, kctrig: Kctrig
) -> None:
    bench = make_bench("hexing", faults=("key_drop:0.02",))
    ran = kctrig("upgrade", bench.worklist, "--rig", bench.url, "--json")
    assert (ran.code, ran.line["verdict"]) == (0, "PASS_VERIFIED")
    assert bench.submitted() == list(bench.tokens)
