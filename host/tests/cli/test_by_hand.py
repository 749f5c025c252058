"""`kctrig enter`, `probe` and `status` on a procedure that plays a part."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from kctrig.procedure.runner import Probe
from kctrig.procedure.verdicts import Answer, Override, Verdict
from kctrig.records.store import Store

if TYPE_CHECKING:
    from tests.cli.conftest import Kctrig, Procedure

TOKEN = "72768609259868874629"


def test_enter_prints_one_json_line_a_token_with_the_digits_masked(
    procedure: Procedure, kctrig: Kctrig
) -> None:
    procedure.answers, procedure.verdict = [Answer.ACCEPTED, Answer.HALF], Verdict.ENTERED
    ran = kctrig("enter", "--rig", "sim:hexing", "--json", TOKEN, "6565-2931-2832-5095-1756")
    assert ran.code == 0
    lines = [json.loads(line) for line in ran.out.splitlines()]
    assert lines == [
        {"digits": "7276…4629", "answer": "accepted", "shown": "13.9"},
        {"digits": "6565…1756", "answer": "half", "shown": "13.9"},
    ]
    assert procedure.entered == [(TOKEN, "65652931283250951756")]
    assert TOKEN not in ran.out + ran.err


@pytest.mark.parametrize(
    ("answers", "verdict", "code"),
    [
        ([Answer.REFUSED], Verdict.REJECTED, 1),
        ([Answer.USED], Verdict.REJECTED, 1),
        ([Answer.LOCKED], Verdict.LOCKED_OUT, 1),
        ([Answer.UNREADABLE], Verdict.IN_DOUBT, 4),
        ([], Verdict.INFRA_ERROR, 3),
        ([], Verdict.BLOCKED, 1),
    ],
)
def test_the_exit_code_of_enter_follows_the_glass(
    procedure: Procedure, kctrig: Kctrig, answers: list[Answer], verdict: Verdict, code: int
) -> None:
    procedure.answers, procedure.verdict, procedure.reason = answers, verdict, "why it is so"
    ran = kctrig("enter", "--rig", "sim:hexing", TOKEN)
    assert ran.code == code
    assert "why it is so" in ran.err


def test_a_token_that_was_not_entered_has_its_line_too(procedure: Procedure, kctrig: Kctrig) -> None:
    procedure.answers, procedure.verdict = [Answer.REFUSED], Verdict.REJECTED
    ran = kctrig("enter", "--rig", "sim:hexing", "--json", TOKEN, "65652931283250951756")
    assert [json.loads(line)["answer"] for line in ran.out.splitlines()] == ["refused", "not_entered"]


def test_enter_hands_an_override_on_with_reason_and_name(procedure: Procedure, kctrig: Kctrig) -> None:
    procedure.answers, procedure.verdict = [Answer.ACCEPTED], Verdict.ENTERED
    words = ("enter", "--rig", "sim:hexing", "--override", "new token", "--operator", "Sari")
    assert kctrig(*words, TOKEN).code == 0
    assert procedure.overrides == [Override("new token", "Sari")]


def test_a_token_that_is_given_twice_presses_nothing(procedure: Procedure, kctrig: Kctrig) -> None:
    ran = kctrig("enter", "--rig", "sim:hexing", TOKEN, "7276-8609-2598-6887-4629")
    assert ran.code == 2
    assert "'7276…4629' is given twice" in ran.err
    assert procedure.rigs == []


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--override", "why not", "--store", "shift.db"), "needs --operator NAME"),
        (("--override", " ", "--operator", "Sari", "--store", "shift.db"), "needs a reason"),
    ],
)
def test_an_override_of_enter_without_reason_or_name_presses_nothing(
    procedure: Procedure, kctrig: Kctrig, words: tuple[str, ...], said: str
) -> None:
    ran = kctrig("enter", "--rig", "sim:hexing", *words, TOKEN)
    assert ran.code == 2
    assert said in ran.err
    assert procedure.rigs == []


@pytest.mark.parametrize(
    ("token", "said"),
    [
        ("7276860925986887462", "has 19 digits, a token has 20"),
        ("727686092598688746299", "has 21 digits"),
        ("73786976294838206464", "above 2^66-1"),
        ("7276860925986887462X", "has 'X' where a digit must be"),
        ("", "is empty"),
    ],
)
def test_a_malformed_token_is_one_line_and_no_rig_is_opened(
    procedure: Procedure, kctrig: Kctrig, token: str, said: str
) -> None:
    ran = kctrig("enter", "--rig", "sim:hexing", TOKEN, token)
    assert ran.code == 2
    assert said in ran.err
    assert ran.err.count("\n") == 1
    assert token == "" or token not in ran.err
    assert not procedure.rigs


def test_the_largest_token_is_entered(procedure: Procedure, kctrig: Kctrig) -> None:
    procedure.answers = [Answer.REFUSED]
    assert kctrig("enter", "--rig", "sim:hexing", "73786976294838206463").code == 1
    assert procedure.entered == [("73786976294838206463",)]


def test_a_real_rig_needs_to_be_told_the_brand(procedure: Procedure, kctrig: Kctrig) -> None:
    ran = kctrig("enter", "--rig", "/dev/ttyUSB0", TOKEN)
    assert ran.code == 2
    assert "--profile: one of cannet" in ran.err


def test_an_unknown_profile_is_one_line_with_the_known_ones(procedure: Procedure, kctrig: Kctrig) -> None:
    for command in (("enter", TOKEN), ("probe",)):
        ran = kctrig(command[0], "--rig", "p1", "--profile", "hexng", *command[1:])
        assert ran.code == 2
        assert "'hexng'; known are cannet" in ran.err


def test_enter_records_into_the_store_of_the_folder_or_the_one_that_is_named(
    procedure: Procedure, kctrig: Kctrig
) -> None:
    procedure.answers, procedure.verdict = [Answer.ACCEPTED], Verdict.ENTERED
    kctrig("enter", "--rig", "sim:hexing", TOKEN)
    assert Path("kctrig.db").is_file()
    kctrig("enter", "--rig", "sim:hexing", "--store", "hand.db", TOKEN)
    assert Path("hand.db").is_file()


def test_probe_says_number_revision_and_glass(procedure: Procedure, kctrig: Kctrig) -> None:
    ran = kctrig("probe", "--rig", "sim:hexing")
    assert (ran.code, ran.err) == (0, "")
    assert ran.out == "meter 00000000018 (hexing): KRN 1, KT 2; glass: KRN 01 KT 02\n"


def test_probe_prints_one_json_line(procedure: Procedure, kctrig: Kctrig) -> None:
    ran = kctrig("probe", "--rig", "p1", "--profile", "star", "--json")
    assert json.loads(ran.out) == {
        "meter_no": "00000000018",
        "profile": "star",
        "krn": 1,
        "kt": 2,
        "shown": "KRN 01 KT 02",
        "problem": "",
    }


def test_probe_of_a_glass_that_no_profile_knows_is_in_doubt(procedure: Procedure, kctrig: Kctrig) -> None:
    procedure.probe = Probe(
        "00000000018", None, None, "HELLO", "04 showed a text that the profile does not know"
    )
    ran = kctrig("probe", "--rig", "sim:hexing")
    assert ran.code == 4
    assert "KRN not read" in ran.out
    assert "does not know" in ran.err


def test_status_of_a_store_that_is_not_there_makes_none(kctrig: Kctrig, tmp_path: Path) -> None:
    ran = kctrig("status", "--store", "nowhere.db")
    assert ran.code == 2
    assert "nowhere.db" in ran.err
    assert list(tmp_path.iterdir()) == []


def test_status_of_a_file_that_is_no_store_is_one_line(kctrig: Kctrig, tmp_path: Path) -> None:
    (tmp_path / "x.db").write_text(
        "not a store at all, only some text that is long enough to be read as a header of one " * 9
    )
    ran = kctrig("status", "--store", "x.db")
    assert ran.code == 2
    assert ran.err.count("\n") == 1


def test_status_shows_each_meter_and_an_attempt_that_broke_off_is_for_a_person(kctrig: Kctrig) -> None:
    with Store("shift.db") as store:
        store.claim("00000000026", "star", {}).record("enter-intent", {"token": "t1"})
        passed = store.claim("00000000018", "hexing", {})
        passed.record(
            "verdict",
            {"verdict": "PASS_VERIFIED", "krn_after": 2, "kt_after": 2, "shown_after": "KRN 02 KT 02"},
        )
        passed.close()
    ran = kctrig("status", "--store", "shift.db", "--json")
    lines = [json.loads(line) for line in ran.out.splitlines()]
    assert ran.code == 4
    assert [(line["meter_no"], line["state"]) for line in lines] == [
        ("00000000026", "IN_DOUBT"),
        ("00000000018", "PASS_VERIFIED"),
    ]
    text = kctrig("status", "--store", "shift.db")
    assert "PASS_VERIFIED" in text.out
    assert text.out.index("00000000026") < text.out.index("00000000018")
