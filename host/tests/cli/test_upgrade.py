"""`kctrig upgrade` on a procedure that plays a part."""

from __future__ import annotations

import json
import os
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from kctrig.link.errors import NoAnswer
from kctrig.procedure.verdicts import CreditQuestion, Verdict
from kctrig.records.store import Store

if TYPE_CHECKING:
    from tests.cli.conftest import Kctrig, Procedure

A, B = "00000000018", "00000000026"
LIST = f"""NO_METER;MERK_TYPE;VKRN;TOKEN_1;TOKEN_2;TOKEN_KREDIT
{A};HEXING/HXE116-KP;41;65652931283250951756;40338491193860092817;72768609259868874629
{B};HEXING/HXE116-KP;41;41706638898323908127;30338887405846209666;
"""
KEYS = {
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


@pytest.fixture
def upgrade(kctrig: Kctrig, tmp_path: Path) -> Kctrig:
    (tmp_path / "list.csv").write_text(LIST)
    return lambda *words: kctrig("upgrade", "list.csv", *words)


def test_one_json_line_a_meter_in_the_order_of_the_list(procedure: Procedure, upgrade: Kctrig) -> None:
    procedure.meters = {"p1": B, "p2": A}
    ran = upgrade("--rig", "p1", "--rig", "p2", "--json")
    lines = [json.loads(line) for line in ran.out.splitlines()]
    assert ran.code == 0
    assert [line["meter_no"] for line in lines] == [A, B]
    assert all(line.keys() >= KEYS for line in lines)
    assert {line["verdict"] for line in lines} == {"PASS_VERIFIED"}
    assert [line["rig"] for line in lines] == ["p2", "p1"]


def test_the_table_shows_the_glass_before_and_after_and_where_the_evidence_is(
    procedure: Procedure, upgrade: Kctrig
) -> None:
    ran = upgrade("--rig", "p1", "--meter", A, "--store", "shift.db")
    assert ran.code == 0
    assert "KRN 01 KT 02  KRN 02 KT 02  PASS_VERIFIED" in ran.out
    assert "Evidence: shift.db" in ran.out


def test_an_unspent_credit_token_is_entered_before_the_key_change(
    procedure: Procedure, upgrade: Kctrig
) -> None:
    upgrade("--rig", "p1", "--meter", A)
    assert [step.role.value for step in procedure.jobs[0].steps] == ["credit", "kct", "kct"]


def test_with_no_terminal_a_list_without_a_credit_column_is_remarked(
    procedure: Procedure, kctrig: Kctrig, tmp_path: Path
) -> None:
    (tmp_path / "list.csv").write_text(LIST.replace(";TOKEN_KREDIT", "").replace(";72768609259868874629", ""))
    words = ("upgrade", "list.csv", "--rig", "p1", "--meter", A)
    assert "column TOKEN_KREDIT or --credit none says it" in kctrig(*words).err
    assert procedure.jobs[0].credit is CreditQuestion.UNKNOWN
    assert "TOKEN_KREDIT" not in kctrig(*words, "--credit", "none").err
    assert procedure.jobs[1].credit is CreditQuestion.NONE


def test_with_no_terminal_the_rows_that_no_rig_showed_stay_ready(
    procedure: Procedure, upgrade: Kctrig
) -> None:
    ran = upgrade("--rig", "p1", "--json")
    lines = [json.loads(line) for line in ran.out.splitlines()]
    assert ran.code == 1
    assert [line["verdict"] for line in lines] == ["PASS_VERIFIED", "READY"]
    assert "no rig showed this meter" in lines[1]["reason"]


@pytest.mark.parametrize(
    ("verdict", "code"),
    [
        (Verdict.REJECTED, 1),
        (Verdict.BLOCKED, 1),
        (Verdict.INFRA_ERROR, 3),
        (Verdict.IN_DOUBT, 4),
        (Verdict.HALF, 4),
    ],
)
def test_the_exit_code_follows_the_verdict(
    procedure: Procedure, upgrade: Kctrig, verdict: Verdict, code: int
) -> None:
    procedure.verdict = verdict
    procedure.reason = "the glass said so"
    ran = upgrade("--rig", "p1", "--meter", A)
    assert ran.code == code
    assert f"{A}: the glass said so" in ran.out


def test_a_rig_that_does_not_answer_is_one_line_and_code_3_and_the_other_rig_works(
    procedure: Procedure, upgrade: Kctrig
) -> None:
    procedure.open_errors["p1"] = NoAnswer("p1")
    procedure.meters = {"p2": B}
    ran = upgrade("--rig", "p1", "--rig", "p2", "--json")
    lines = [json.loads(line) for line in ran.out.splitlines()]
    assert ran.code == 3
    assert [line["verdict"] for line in lines] == ["READY", "PASS_VERIFIED"]
    assert "kctrig: p1: no rig answers on p1" in ran.err


def test_the_record_names_the_operator_and_the_rig(procedure: Procedure, upgrade: Kctrig) -> None:
    upgrade("--rig", "p1", "--meter", A, "--operator", "Sari", "--store", "shift.db")
    with Store("shift.db") as store:
        claim = next(store.events(meter_no=A))
    assert (claim.body["operator"], claim.body["rig"]) == ("Sari", "p1")


def test_bad_rows_are_reported_and_good_ones_done_but_the_whole_is_not_all_as_wanted(
    procedure: Procedure, kctrig: Kctrig, tmp_path: Path
) -> None:
    (tmp_path / "list.csv").write_text(LIST + "26;HEXING;41;1;2;\n")
    procedure.meters = {"p1": A, "p2": B}
    ran = kctrig("upgrade", "list.csv", "--rig", "p1", "--rig", "p2", "--json")
    assert ran.code == 1
    assert len(ran.out.splitlines()) == 2
    assert "left out: row 4, NO_METER: 26 has 2 digits" in ran.err


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--rig", "p1", "--meter", "00000000034"), "no usable row"),
        (("--rig", "p1", "--rig", "p1"), "named twice"),
        (("--rig", "sim:nobrand"), "unknown brand"),
        (("--rig", "sim:hexing?state=nowhere.json"), "nowhere.json"),
        (("--rig", "p1", "--store", "no/folder/x.db"), "store"),
    ],
)
def test_bad_input_is_one_line_and_code_2_and_no_rig_is_opened(
    procedure: Procedure, upgrade: Kctrig, words: tuple[str, ...], said: str
) -> None:
    ran = upgrade(*words)
    assert ran.code == 2
    assert ran.err.count("\n") == 1
    assert said in ran.err
    assert not procedure.rigs


@pytest.mark.parametrize(("content", "said"), [(None, "No such file"), ("", "empty"), ("a;b\n", "no header")])
def test_a_list_that_cannot_be_read_is_one_line_and_code_2(
    procedure: Procedure, kctrig: Kctrig, tmp_path: Path, content: str | None, said: str
) -> None:
    if content is not None:
        (tmp_path / "list.csv").write_text(content)
    ran = kctrig("upgrade", "list.csv", "--rig", "p1")
    assert ran.code == 2
    assert ran.err.count("\n") == 1
    assert said in ran.err


@pytest.fixture
def interruptible() -> Iterator[None]:
    """Ctrl-C arrives, also where the tests were started in the background and inherit that it is ignored."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.mark.parametrize(
    ("verdict", "code"), [(Verdict.READY, 130), (Verdict.HALF, 4), (Verdict.IN_DOUBT, 4)]
)
def test_ctrl_c_begins_nothing_more_and_says_what_was_done_and_the_exit_code(
    procedure: Procedure, upgrade: Kctrig, interruptible: None, verdict: Verdict, code: int
) -> None:
    procedure.verdict = verdict
    procedure.on_upgrade = lambda: os.kill(os.getpid(), signal.SIGINT)
    ran = upgrade("--rig", "p1", "--json")
    assert ran.code == code
    assert len(procedure.jobs) == 1
    assert all(rig.closed for rig in procedure.rigs)
    assert "interrupted. Every key is up" in ran.err
    assert f"exit code {code}" in ran.err
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler
