"""Checkout and checkin as benches use them: racing, killed in between, with a store that knows what was done."""

from __future__ import annotations

import json
import random
import shutil
import sys
import time
from itertools import combinations
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from kctrig.procedure.verdicts import Verdict
from kctrig.records import points
from kctrig.records.proved import Proofs, read_proofs
from kctrig.records.store import Store
from kctrig.worklist.in_use import working_with
from kctrig.worklist.ledger import LEDGER_NAME, Ledger, State
from kctrig.worklist.rows import WorkListError
from tests.worklist.hands import in_files, killed_at, make_list, start, with_check_digit

if TYPE_CHECKING:
    from tests.cli.conftest import Kctrig, Procedure

ROWS = 12
METERS = [with_check_digit(number) for number in range(ROWS)]

needs_signals = pytest.mark.skipif(sys.platform == "win32", reason="SIGKILL")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    make_list(tmp_path / "round.csv", ROWS)
    return tmp_path


def checkout(kctrig: Kctrig, bench: str, count: int, out: str) -> None:
    ran = kctrig("worklist", "checkout", "round.csv", "--bench", bench, "--count", count, "--out", out)
    assert ran.code == 0, ran.err


def states(folder: Path) -> dict[str, tuple[str, State]]:
    with Ledger(folder / LEDGER_NAME) as ledger:
        return {hand.meter_no: (hand.bench, hand.state) for hand in ledger.hands()}


def nobody_shares_a_token(folder: Path) -> None:
    for one, other in combinations(in_files(folder).values(), 2):
        assert not one & other


def attempt(
    folder: Path, meter_no: str, *what: str, verdict: str = "", krn: int = 1, role: str = "kct"
) -> None:
    """An attempt on a meter; `enter` among `what` intends an Enter."""
    with Store(folder / "shift.db") as store:
        claimed = store.claim(meter_no, "hexing", {"operator": "Budi"})
        claimed.record(points.PROBE, {"krn": 1, "kt": 2, "shown": "KRN 01 KT 02"})
        for point in what:
            claimed.record(points.INTENT, {"token": "f", "role": role})
            if point == "enter":
                claimed.record(points.ENTER_INTENT, {"token": "f", "job_id": 1})
        if verdict:
            body = {"verdict": verdict, "krn_after": krn, "kt_after": 2, "reason": "because"}
            claimed.record(points.VERDICT, body)
        claimed.close()


def test_two_benches_get_different_rows_in_the_order_of_the_list(kctrig: Kctrig, folder: Path) -> None:
    checkout(kctrig, "a", 5, "a.csv")
    checkout(kctrig, "b", 9, "b.xlsx")
    assert [len(tokens) for _, tokens in sorted(in_files(folder).items())] == [10, 14]
    nobody_shares_a_token(folder)
    ran = kctrig("worklist", "checkout", "round.csv", "--bench", "c", "--count", 1, "--out", "c.csv")
    assert ran.code == 1
    assert "no free row" in ran.err
    assert not (folder / "c.csv").exists()


def test_rows_are_chosen_by_the_beginning_of_their_address(kctrig: Kctrig, folder: Path) -> None:
    ran = kctrig(
        "worklist", "checkout", "round.csv", "--bench", "a", "--address", "jalan melati 1", "--out", "a.csv"
    )
    assert ran.out == "a.csv: 1 row for a\n"


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--out", "a.csv"), "say how much"),
        (("--again", "--count", "2", "--out", "a.csv"), "--again writes everything"),
        (("--count", "2", "--out", "round.csv"), "is there already"),
        (("--count", "2", "--out", "a.txt"), "name the file .csv or .xlsx"),
        (("--count", "2", "--out", "nowhere/a.csv"), "cannot be written"),
    ],
)
def test_a_wrong_checkout_hands_nothing_out(
    kctrig: Kctrig, folder: Path, words: tuple[str, ...], said: str
) -> None:
    ran = kctrig("worklist", "checkout", "round.csv", "--bench", "a", *words)
    assert ran.code == 2
    assert said in ran.err
    assert ran.err.count("\n") == 1
    assert not (folder / LEDGER_NAME).exists() or not states(folder)


def test_status_counts_benches_and_free_rows_and_shows_no_token(kctrig: Kctrig, folder: Path) -> None:
    checkout(kctrig, "a", 5, "a.csv")
    ran = kctrig("worklist", "status", "round.csv")
    assert ran.code == 0
    assert "a      5    0     0        0" in ran.out
    assert "7 rows of round.csv free" in ran.out
    lines = [
        json.loads(line) for line in kctrig("worklist", "status", "round.csv", "--json").out.splitlines()
    ]
    assert [line["state"] for line in lines[:6]] == ["out"] * 5 + ["free"]
    assert lines[-1]["lost"] is False


def test_a_lost_file_is_shown_and_written_again_for_the_same_bench_only(kctrig: Kctrig, folder: Path) -> None:
    checkout(kctrig, "a", 3, "a.csv")
    before = in_files(folder)
    (folder / "a.csv").unlink()
    ran = kctrig("worklist", "status", "round.csv")
    assert ran.code == 1
    assert "lost or never written, 3 rows of a" in ran.err
    other = kctrig("worklist", "checkout", "round.csv", "--bench", "b", "--again", "--out", "b.csv")
    assert other.code == 1
    assert kctrig("worklist", "checkout", "round.csv", "--bench", "a", "--again", "--out", "a2.csv").code == 0
    assert in_files(folder) == before
    assert kctrig("worklist", "status", "round.csv").code == 0


@needs_signals
@pytest.mark.timing
def test_benches_that_race_never_get_the_same_row(folder: Path) -> None:
    for bench in "abc":  # a list for each: only the ledger of the folder stands between them
        make_list(folder / f"{bench}.list", 60)
    code = (
        "[run(['worklist', 'checkout', f'{sys.argv[1]}/{sys.argv[2]}.list', '--bench', sys.argv[2], '--count', '4', "
        "'--out', f'{sys.argv[1]}/{sys.argv[2]}-{n}.csv']) for n in range(6)]"
    )
    racing = [start(code, str(folder), bench) for bench in "abc"]
    for process in racing:
        _, said = process.communicate(timeout=60)
        assert process.returncode == 0, said
    nobody_shares_a_token(folder)
    assert sum(len(tokens) for tokens in in_files(folder).values()) == 2 * 60
    assert {state for _, state in states(folder).values()} == {State.OUT}


@needs_signals
@pytest.mark.parametrize(
    ("moment", "is_written"),
    [
        ("kctrig.cli.worklist_out.write_list", False),
        ("kctrig.worklist.table:os.replace", False),
        ("kctrig.worklist.ledger:Ledger.mark_written", True),
    ],
)
def test_a_checkout_killed_between_ledger_and_file_leaves_its_rows_in_one_hand(
    kctrig: Kctrig, folder: Path, moment: str, is_written: bool
) -> None:
    round_csv = str(folder / "round.csv")
    out = str(folder / "a.csv")
    killed_at(
        moment,
        *("worklist", "checkout", round_csv, "--bench", "a", "--count", "4", "--out", out),
    )
    assert (in_files(folder) != {}) is is_written
    checkout(kctrig, "b", ROWS, "b.csv")
    assert len(in_files(folder)["b"]) == 2 * (ROWS - 4)
    nobody_shares_a_token(folder)
    assert kctrig("worklist", "status", "round.csv").code == 1
    assert kctrig("worklist", "checkout", "round.csv", "--bench", "a", "--again", "--out", "a2.csv").code == 0
    assert len(in_files(folder)["a"]) == 2 * 4
    nobody_shares_a_token(folder)
    assert kctrig("worklist", "status", "round.csv").code == 0


@needs_signals
@pytest.mark.timing
def test_benches_killed_at_any_moment_never_hold_the_same_row(folder: Path) -> None:
    make_list(folder / "round.csv", 200)
    code = (
        "[run(['worklist', 'checkout', sys.argv[1] + '/round.csv', '--bench', sys.argv[2], '--count', '3', "
        "'--out', f'{sys.argv[1]}/{sys.argv[3]}-{n}.csv']) for n in range(99)]"
    )
    chance = random.Random(6)
    for number in range(4):
        racing = [start(code, str(folder), bench, f"{bench}{number}") for bench in "ab"]
        time.sleep(chance.uniform(0.5, 1.2))  # the moment of the kill, not a wait for anything
        for process in racing:
            process.kill()
            process.communicate()
        nobody_shares_a_token(folder)


def test_what_the_store_proves_leaves_the_hands_of_the_bench_and_the_rest_stays(
    kctrig: Kctrig, folder: Path
) -> None:
    checkout(kctrig, "a", 6, "a.csv")
    attempt(folder, METERS[0], "enter", verdict=Verdict.PASS_VERIFIED, krn=2)
    attempt(folder, METERS[1], "enter", verdict=Verdict.REJECTED)
    attempt(folder, METERS[2], "enter", verdict=Verdict.IN_DOUBT)
    attempt(folder, METERS[3], "enter")
    attempt(folder, METERS[4], verdict=Verdict.INFRA_ERROR)
    ran = kctrig("worklist", "checkin", "round.csv", "--bench", "a", "--store", "shift.db")
    assert ran.code == 4
    assert states(folder) == {
        METERS[0]: ("a", State.DONE),
        METERS[1]: ("a", State.REFUSED),
        **dict.fromkeys(METERS[2:6], ("a", State.OUT)),
    }
    assert "2 rows not begun, still with a" in ran.out
    assert f"{METERS[2]} stays with a: because" in ran.err
    assert f"{METERS[3]} stays with a: a token was entered and no verdict came after it" in ran.err


def test_a_locked_meter_stays_with_the_bench_that_may_try_again(kctrig: Kctrig, folder: Path) -> None:
    checkout(kctrig, "a", 1, "a.csv")
    attempt(folder, METERS[0], verdict=Verdict.LOCKED_OUT)
    ran = kctrig("worklist", "checkin", "round.csv", "--bench", "a", "--store", "shift.db")
    assert ran.code == 4
    assert "takes no token while it is locked" in ran.err
    assert states(folder) == {METERS[0]: ("a", State.OUT)}


@pytest.mark.parametrize(
    "words",
    [
        ("status", "round.csv", "--bench", "b"),
        ("checkin", "round.csv", "--bench", "b", "--store", "shift.db"),
    ],
)
def test_a_bench_that_never_got_a_row_is_a_misspelt_one(
    kctrig: Kctrig, folder: Path, words: tuple[str, ...]
) -> None:
    checkout(kctrig, "a", 1, "a.csv")
    Store(folder / "shift.db").close()
    ran = kctrig("worklist", *words)
    assert ran.code == 2
    assert "no bench b in the ledger; it knows a" in ran.err


def test_a_bench_with_nothing_left_is_told_so(kctrig: Kctrig, folder: Path) -> None:
    checkout(kctrig, "a", 1, "a.csv")
    attempt(folder, METERS[0], verdict=Verdict.PASS_VERIFIED, krn=2)
    again = ("worklist", "checkin", "round.csv", "--bench", "a", "--store", "shift.db")
    assert kctrig(*again).out == "1 row done\n"
    ran = kctrig(*again)
    assert (ran.code, ran.out) == (0, "a has no row in its hands\n")


def test_status_of_one_bench_is_of_that_bench_also_as_json(kctrig: Kctrig, folder: Path) -> None:
    checkout(kctrig, "a", 1, "a.csv")
    checkout(kctrig, "b", 1, "b.csv")
    ran = kctrig("worklist", "status", "round.csv", "--bench", "a", "--json")
    lines = [json.loads(line) for line in ran.out.splitlines()]
    assert {line["bench"] for line in lines} == {"a"}
    assert [line.get("rows") for line in lines] == [None, 1]


def test_the_files_of_a_bench_are_held_before_its_store_is_read(
    kctrig: Kctrig, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    checkout(kctrig, "a", 1, "a.csv")
    attempt(folder, METERS[0], verdict=Verdict.INFRA_ERROR)
    tried: list[str] = []

    def begin_a_round(path: Path) -> Proofs:
        with pytest.raises(WorkListError, match="in use"), working_with(folder / "a.csv"):
            pytest.fail("a round began")
        tried.append(path.name)
        return read_proofs(path)

    monkeypatch.setattr("kctrig.cli.worklist_in.read_proofs", begin_a_round)
    words = ("--store", "shift.db", "--unused", "--operator", "Budi")
    assert kctrig("worklist", "checkin", "round.csv", "--bench", "a", *words).code == 0
    assert tried == ["shift.db"]
    assert states(folder) == {}


def test_a_file_that_somebody_spoiled_is_not_written_anew_and_nothing_is_free(
    kctrig: Kctrig, folder: Path
) -> None:
    checkout(kctrig, "a", 2, "a.csv")
    spoiled = (
        (folder / "a.csv").read_text(encoding="utf-8-sig").replace(METERS[0], METERS[0].lstrip("0") or "0")
    )
    (folder / "a.csv").write_text(spoiled)
    words = ("--unused", "--meter", METERS[1], "--operator", "Budi")
    ran = kctrig("worklist", "checkin", "round.csv", "--bench", "a", *words)
    assert ran.code == 2
    assert "a.csv was changed: row 2, NO_METER: 0 has 1 digit" in ran.err
    assert (folder / "a.csv").read_text() == spoiled
    assert len(states(folder)) == 2


def test_a_store_that_knows_none_of_the_meters_is_wondered_at(kctrig: Kctrig, folder: Path) -> None:
    checkout(kctrig, "a", 1, "a.csv")
    attempt(folder, METERS[5], verdict=Verdict.PASS_VERIFIED, krn=2)
    ran = kctrig("worklist", "checkin", "round.csv", "--bench", "a", "--store", "shift.db")
    assert "shift.db knows none of these meters; is it the store of this bench?" in ran.err
    assert "1 row not begun, still with a" in ran.out


def test_nothing_is_free_by_the_word_of_a_store_that_knows_none_of_the_meters(
    kctrig: Kctrig, folder: Path
) -> None:
    checkout(kctrig, "a", 2, "a.csv")
    attempt(folder, METERS[5], verdict=Verdict.PASS_VERIFIED, krn=2)
    before = (folder / "a.csv").read_bytes()
    words = ("worklist", "checkin", "round.csv", "--bench", "a", "--store", "shift.db", "--unused")
    ran = kctrig(*words, "--operator", "Budi")
    assert ran.code == 2
    assert "shift.db knows none of these meters" in ran.err
    assert ran.err.count("\n") == 1
    assert (folder / "a.csv").read_bytes() == before
    assert len(states(folder)) == 2
    assert kctrig(*words, "--operator", "Budi", "--meter", METERS[0]).code == 0
    assert set(states(folder)) == {METERS[1]}


def test_json_names_every_meter_that_went_or_came(kctrig: Kctrig, folder: Path) -> None:
    ran = kctrig(
        "worklist", "checkout", "round.csv", "--bench", "a", "--count", 3, "--out", "a.csv", "--json"
    )
    assert json.loads(ran.out) == {"out": "a.csv", "bench": "a", "meters": METERS[:3]}
    attempt(folder, METERS[0], "enter", verdict=Verdict.PASS_VERIFIED, krn=2)
    attempt(folder, METERS[1], "enter")
    ran = kctrig("worklist", "checkin", "round.csv", "--bench", "a", "--store", "shift.db", "--json")
    lines = [json.loads(line) for line in ran.out.splitlines()]
    assert {line["meter_no"]: line["what"] for line in lines} == {
        METERS[0]: "done",
        METERS[1]: "not settled",
        METERS[2]: "not begun",
    }


def test_unused_rows_leave_the_file_before_they_are_free(kctrig: Kctrig, folder: Path) -> None:
    checkout(kctrig, "a", 4, "a.xlsx")
    attempt(folder, METERS[0], "enter")
    words = ("worklist", "checkin", "round.csv", "--bench", "a", "--store", "shift.db", "--unused")
    assert "need --operator" in kctrig(*words).err
    ran = kctrig(*words, "--operator", "Budi")
    assert ran.code == 4
    assert "3 rows free again" in ran.out
    assert len(in_files(folder)["a"]) == 2
    checkout(kctrig, "b", ROWS, "b.csv")
    assert len(in_files(folder)["b"]) == 2 * (ROWS - 1)
    nobody_shares_a_token(folder)


def test_rows_are_not_free_while_their_file_is_elsewhere(kctrig: Kctrig, folder: Path) -> None:
    checkout(kctrig, "a", 4, "a.csv")
    shutil.move(folder / "a.csv", folder / "stick")
    words = ("worklist", "checkin", "round.csv", "--bench", "a", "--unused", "--meter", METERS[0])
    ran = kctrig(*words, "--operator", "Budi")
    assert ran.code == 2
    assert "is not here: bring it back" in ran.err
    assert len(states(folder)) == 4
    assert kctrig(*words, "--operator", "Budi", "--gone").code == 0
    assert METERS[0] not in states(folder)


def test_rows_are_not_free_while_a_kctrig_works_with_their_file(kctrig: Kctrig, folder: Path) -> None:
    checkout(kctrig, "a", 4, "a.csv")
    words = ("worklist", "checkin", "round.csv", "--bench", "a", "--unused", "--meter", METERS[0])
    with working_with(folder / "a.csv"):
        ran = kctrig(*words, "--operator", "Budi")
    assert ran.code == 2
    assert "is in use" in ran.err
    assert len(states(folder)) == 4


@needs_signals
def test_a_checkin_killed_after_the_file_and_before_the_ledger_leaves_the_row_in_no_second_hand(
    kctrig: Kctrig, folder: Path
) -> None:
    checkout(kctrig, "a", 4, "a.csv")
    words = ("--bench", "a", "--unused", "--meter", METERS[0], "--operator", "Budi")
    killed_at(
        "kctrig.worklist.ledger:Ledger.give_back", "worklist", "checkin", str(folder / "round.csv"), *words
    )
    assert states(folder)[METERS[0]] == ("a", State.OUT)
    assert len(in_files(folder)["a"]) == 2 * 3
    checkout(kctrig, "b", ROWS, "b.csv")
    nobody_shares_a_token(folder)
    assert kctrig("worklist", "checkin", "round.csv", *words).code == 0
    checkout(kctrig, "c", 1, "c.csv")
    nobody_shares_a_token(folder)


def test_what_somebody_only_says_is_not_handed_out_again_and_not_called_done(
    kctrig: Kctrig, folder: Path
) -> None:
    checkout(kctrig, "a", 2, "a.csv")
    words = ("worklist", "checkin", "round.csv", "--bench", "a", "--used", "--operator", "Budi")
    assert "needs the meters" in kctrig(*words).err
    assert kctrig(*words, "--meter", METERS[0]).out == "1 row said used\n"
    assert states(folder)[METERS[0]] == ("a", State.SAID_USED)
    unused = ("worklist", "checkin", "round.csv", "--bench", "a", "--unused", "--operator", "Budi")
    kctrig(*unused, "--meter", METERS[0])
    assert states(folder)[METERS[0]] == ("a", State.SAID_USED)


def test_a_bent_store_settles_nothing(kctrig: Kctrig, folder: Path) -> None:
    import sqlite3

    checkout(kctrig, "a", 2, "a.csv")
    attempt(folder, METERS[0], "enter", verdict=Verdict.REJECTED)
    with sqlite3.connect(folder / "shift.db") as db:
        for (name,) in db.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
            db.execute(f"DROP TRIGGER {name}")
        db.execute("UPDATE events SET body = replace(body, 'REJECTED', 'PASS_VERIFIED')")
    ran = kctrig("worklist", "checkin", "round.csv", "--bench", "a", "--store", "shift.db")
    assert ran.code == 2
    assert "was bent" in ran.err
    assert set(states(folder).values()) == {("a", State.OUT)}


def test_upgrade_works_on_the_rows_of_its_own_bench_only(
    kctrig: Kctrig, folder: Path, procedure: Procedure
) -> None:
    procedure.meters = {"p1": METERS[0]}
    checkout(kctrig, "a", 2, "a.csv")
    shutil.copy(folder / "a.csv", folder / "copy.csv")
    words = ("--rig", "p1", "--store", "s.db", "--meter", METERS[0])
    assert "take yours with kctrig worklist checkout" in kctrig("upgrade", "round.csv", *words).err
    assert kctrig("upgrade", "a.csv", *words).code == 0
    back = ("worklist", "checkin", "round.csv", "--bench", "a", "--unused", "--operator", "Budi")
    assert kctrig(*back, "--meter", METERS[0]).code == 0
    ran = kctrig("upgrade", "copy.csv", *words)
    assert f"{METERS[0]} was given back" in ran.err
    assert ran.code == 2
    checkout(kctrig, "b", 1, "b.csv")
    assert f"{METERS[0]} is in the hands of b" in kctrig("upgrade", "copy.csv", *words).err
    assert len(procedure.jobs) == 1


def test_a_list_of_another_bench_is_worked_on_where_the_ledger_is_not(
    kctrig: Kctrig, folder: Path, procedure: Procedure
) -> None:
    procedure.meters = {"p1": METERS[0]}
    checkout(kctrig, "a", 1, "a.csv")
    (folder / "elsewhere").mkdir()
    shutil.copy(folder / "a.csv", folder / "elsewhere")
    assert kctrig("upgrade", "elsewhere/a.csv", "--rig", "p1", "--store", "s.db").code == 0
