"""The store: what is on disk, who may write it, and what a meter's past comes to."""

from __future__ import annotations

import itertools
import sqlite3
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from kctrig.procedure.verdicts import Override
from kctrig.records import points
from kctrig.records.errors import MeterBusy, StoreError, StoreUnreadable
from kctrig.records.store import Store
from tests.records.opened import open_again

METER = "00000000018"
TOKEN = "65652931283250951756"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "shift.sqlite"


def ticking() -> Callable[[], int]:
    return itertools.count(1_000, 10).__next__


@pytest.fixture
def store(path: Path) -> Iterator[Store]:
    with Store(path, unix_ms=ticking()) as opened:
        yield opened


def enter(store: Store, meter_no: str, *answers: str | None, close: bool = True, role: str = "kct") -> None:
    """An attempt that enters one token for each answer; None breaks off after the Enter."""
    attempt = store.claim(meter_no, "hexing", {"tokens": [{"token": str(n)} for n in range(2)]})
    attempt.record(points.PROBE, {"krn": 1, "kt": 2})
    for position, answer in enumerate(answers):
        about = {"position": position, "token": str(position)}
        attempt.record(points.INTENT, about)
        attempt.record(points.TYPED, about)
        attempt.record(points.ENTER_INTENT, {**about, "job_id": 7})
        if answer is not None:
            attempt.record(points.ANSWER, {**about, "answer": answer, "role": role})
    if close:
        attempt.close()


def test_an_attempt_is_its_events_in_order(store: Store) -> None:
    enter(store, METER, "half", "accepted")
    events = list(store.events(meter_no=METER))
    assert [event.point for event in events][:3] == ["claim", "probe", "intent"]
    assert [event.seq for event in events] == list(range(1, len(events) + 1))
    assert {event.attempt for event in events} == {1}
    assert events[0].body["profile"] == "hexing"
    assert store.verify().ok


def test_a_point_is_on_disk_when_record_returns(path: Path) -> None:
    writer = Store(path)
    attempt = writer.claim(METER, "hexing", {})
    attempt.record(points.ENTER_INTENT, {"token": "a", "position": 0, "job_id": 1})
    with Store(path) as reader:
        assert [event.point for event in reader.events()] == ["claim", "enter-intent"]
    assert writer._db.execute("PRAGMA synchronous").fetchone()[0] == 2
    assert writer._db.execute("PRAGMA journal_mode").fetchone()[0] == "wal"
    writer.close()


def test_a_point_that_nobody_knows_is_refused(store: Store) -> None:
    attempt = store.claim(METER, "hexing", {})
    with pytest.raises(ValueError, match="no journal point"):
        attempt.record("celebrate", {})


def test_attempts_of_one_meter_are_numbered(store: Store) -> None:
    for number in (1, 2, 3):
        attempt = store.claim(METER, "hexing", {})
        assert attempt.number == number
        attempt.close()
    assert store.claim("00000000026", "hexing", {}).number == 1


# -- one meter, one hand


def test_a_meter_under_work_cannot_be_claimed_again(store: Store) -> None:
    attempt = store.claim(METER, "hexing", {})
    with pytest.raises(MeterBusy, match=METER):
        store.claim(METER, "hexing", {})
    attempt.close()
    store.claim(METER, "hexing", {})


def test_another_store_on_the_same_file_sees_the_claim(path: Path) -> None:
    with Store(path) as one, Store(path) as other:
        one.claim(METER, "hexing", {})
        with pytest.raises(MeterBusy):
            other.claim(METER, "hexing", {})
        assert other.claim("00000000026", "hexing", {}).number == 1
        assert [row.state for row in other.status()] == ["RUNNING", "RUNNING"]
        assert one.verify().ok


def test_a_claim_whose_owner_is_gone_does_not_bind(path: Path) -> None:
    one = Store(path)
    one.claim(METER, "hexing", {})
    one.close()
    with Store(path) as other:
        assert other.claim(METER, "hexing", {}).number == 2


def test_threads_of_one_process_may_write_side_by_side(store: Store) -> None:
    def work(meter_no: str) -> None:
        enter(store, meter_no, "half", "accepted")

    meters = [f"{n:011d}" for n in range(8)]
    threads = [threading.Thread(target=work, args=(meter_no,)) for meter_no in meters]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert store.verify().events == 8 * 10
    assert store.verify().ok
    assert len(store.status()) == 8


def test_no_lock_file_is_left_behind(path: Path) -> None:
    with Store(path) as store:
        enter(store, METER, "half")
    assert [file.name for file in path.parent.iterdir() if "owner" in file.name] == []


# -- the past


def test_refusals_are_counted_over_restarts(path: Path) -> None:
    for _ in range(2):
        with Store(path) as store:
            enter(store, METER, "refused")
    with Store(path) as store:
        assert store.refusals(METER) == 2
        assert store.refusals("00000000026") == 0


@pytest.mark.parametrize("answer", ["refused", "used", "old"])
def test_used_and_old_are_refusals_too(store: Store, answer: str) -> None:
    enter(store, METER, answer)
    assert store.refusals(METER) == 1


def test_an_override_opens_a_meter_again_and_is_an_event_of_its_own(store: Store) -> None:
    enter(store, METER, "refused")
    enter(store, METER, None)
    open_again(store, METER, reason="new tokens issued", operator="Sari")
    assert store.refusals(METER) == 0
    assert store.history(METER).tokens == {}
    last = list(store.events(meter_no=METER))[-1]
    assert (last.point, last.body["operator"]) == ("override", "Sari")


def test_an_override_needs_a_reason_and_a_name() -> None:
    for reason, operator in ((" ", "Sari"), ("new tokens", "")):
        with pytest.raises(ValueError, match="a reason and a name"):
            Override(reason, operator)


def test_a_pass_closes_the_past(store: Store) -> None:
    attempt = store.claim(METER, "hexing", {})
    attempt.record(points.ENTER_INTENT, {"token": "a", "position": 0})
    attempt.record(points.ANSWER, {"token": "a", "position": 0, "answer": "refused"})
    attempt.record(points.VERDICT, {"verdict": "PASS_VERIFIED"})
    assert store.refusals(METER) == 0


def test_a_token_taken_by_hand_ends_the_count_of_refusals_and_a_section_does_not(store: Store) -> None:
    enter(store, METER, "refused")
    enter(store, METER, "accepted", role="kct")
    assert store.refusals(METER) == 1
    enter(store, METER, "accepted", role="by_hand")
    assert store.refusals(METER) == 0


def test_the_past_of_a_token_is_its_last_answer_and_none_while_its_enter_is_open(store: Store) -> None:
    enter(store, METER, "half", None)
    tokens = store.history(METER).tokens
    assert tokens["0"].answer == "half"
    assert tokens["1"].answer is None
    assert tokens["1"].enters == 1
    assert store.history(METER).krn_before == 1


def test_a_fingerprint_says_nothing_without_the_store(path: Path, tmp_path: Path) -> None:
    with Store(path) as one, Store(tmp_path / "other.sqlite") as other:
        assert one.fingerprint(TOKEN) == one.fingerprint(TOKEN)
        assert one.fingerprint(TOKEN) != other.fingerprint(TOKEN)
        assert one.fingerprint(TOKEN) != one.fingerprint(TOKEN[::-1])
        before = one.fingerprint(TOKEN)
    with Store(path) as again:
        assert again.fingerprint(TOKEN) == before


# -- status


def test_status_shows_what_needs_a_person_first(store: Store) -> None:
    for meter_no, verdict in (("1", "PASS_VERIFIED"), ("2", "IN_DOUBT"), ("3", "REJECTED"), ("4", "HALF")):
        attempt = store.claim(meter_no, "hexing", {})
        attempt.record(
            points.VERDICT, {"verdict": verdict, "reason": "because", "krn_after": 1, "half_until_unix_ms": 5}
        )
        attempt.close()
    rows = store.status()
    assert [row.state for row in rows] == ["IN_DOUBT", "HALF", "REJECTED", "PASS_VERIFIED"]
    assert rows[1].half_until_unix_ms == 5
    assert rows[0].krn_after == 1
    assert not rows[0].broken_off


@pytest.mark.parametrize(
    ("answers", "state"),
    [
        ((), "READY"),
        (("half",), "HALF"),
        (("half", "accepted"), "IN_DOUBT"),
        ((None,), "IN_DOUBT"),
        (("half", None), "IN_DOUBT"),
        (("unreadable",), "IN_DOUBT"),
        (("refused",), "REJECTED"),
    ],
)
def test_an_attempt_that_broke_off_has_an_honest_state(
    path: Path, answers: tuple[str | None, ...], state: str
) -> None:
    store = Store(path)
    enter(store, METER, *answers, close=False)
    store.close()
    with Store(path) as again:
        (row,) = again.status()
    assert (row.state, row.broken_off) == (state, True)


def test_digits_typed_and_not_entered_leave_a_meter_ready(path: Path) -> None:
    store = Store(path)
    attempt = store.claim(METER, "hexing", {"tokens": [1, 2]})
    attempt.record(points.INTENT, {"token": "0", "position": 0})
    attempt.record(points.TYPED, {"token": "0", "position": 0})
    store.close()
    with Store(path) as again:
        (row,) = again.status()
    assert row.state == "READY"
    assert "nothing was submitted" in row.reason


def attempt_with(store: Store, verdict: str) -> None:
    attempt = store.claim(METER, "hexing", {})
    attempt.record(points.VERDICT, {"verdict": verdict, "reason": f"why {verdict}"})
    attempt.close()


@pytest.mark.parametrize("left_open", ["IN_DOUBT", "HALF"])
@pytest.mark.parametrize("since", ["INFRA_ERROR", "READY", "BLOCKED"])
def test_what_is_open_stays_in_sight_when_a_later_attempt_found_out_nothing(
    store: Store, left_open: str, since: str
) -> None:
    attempt_with(store, left_open)
    attempt_with(store, since)
    (row,) = store.status()
    assert (row.state, row.attempt) == (left_open, 2)
    assert f"attempt 2 since then ended {since}" in row.reason


@pytest.mark.parametrize("settled", ["PASS_VERIFIED", "ALREADY_DONE", "REJECTED", "HALF", "IN_DOUBT"])
def test_an_attempt_that_looked_settles_what_was_open(store: Store, settled: str) -> None:
    attempt_with(store, "IN_DOUBT")
    attempt_with(store, settled)
    (row,) = store.status()
    assert (row.state, row.reason) == (settled, f"why {settled}")


def test_an_override_of_an_attempt_closes_the_doubt_before_it(store: Store) -> None:
    attempt_with(store, "IN_DOUBT")
    attempt = store.claim(METER, "hexing", {})
    attempt.record(points.OVERRIDE, {"reason": "looked at by hand", "operator": "Sari"})
    attempt.record(points.VERDICT, {"verdict": "INFRA_ERROR", "reason": "the cable"})
    attempt.close()
    (row,) = store.status()
    assert row.state == "INFRA_ERROR"


def test_a_pass_of_an_attempt_that_an_override_opened_stays_a_pass(store: Store) -> None:
    attempt_with(store, "REJECTED")
    attempt = store.claim(METER, "hexing", {})
    attempt.record(points.OVERRIDE, {"reason": "new tokens", "operator": "Sari"})
    attempt.record(points.VERDICT, {"verdict": "PASS_VERIFIED", "reason": "04 shows KRN 02 KT 02"})
    attempt.close()
    (row,) = store.status()
    assert row.state == "PASS_VERIFIED"


def test_an_override_closes_a_doubt(store: Store) -> None:
    attempt_with(store, "IN_DOUBT")
    open_again(store, METER, reason="looked at by hand", operator="Sari")
    attempt_with(store, "INFRA_ERROR")
    (row,) = store.status()
    assert row.state == "INFRA_ERROR"


# -- files that are something else


def test_a_file_that_is_no_database_is_named(path: Path) -> None:
    path.write_text("IDPEL;NO_METER\n" * 100)
    with pytest.raises(StoreUnreadable, match=r"shift\.sqlite"):
        Store(path)


def test_a_database_of_another_program_is_left_alone(path: Path) -> None:
    with sqlite3.connect(path) as other:
        other.execute("CREATE TABLE customers (name TEXT)")
    with pytest.raises(StoreUnreadable, match="another program"):
        Store(path)


def test_a_store_of_a_newer_kctrig_is_not_touched(path: Path) -> None:
    Store(path).close()
    with sqlite3.connect(path) as newer:
        newer.execute("PRAGMA user_version = 99")
    with pytest.raises(StoreUnreadable, match="newer kctrig"):
        Store(path)


def test_a_folder_that_is_not_there_is_said(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="Is the folder there"):
        Store(tmp_path / "nowhere" / "shift.sqlite")


def test_a_point_that_cannot_be_written_is_an_error_that_says_nothing_was_pressed(store: Store) -> None:
    attempt = store.claim(METER, "hexing", {})
    store._db.execute("PRAGMA query_only = ON")
    with pytest.raises(StoreError, match="Nothing was pressed after it"):
        attempt.record(points.INTENT, {"token": "0", "position": 0})


@pytest.mark.parametrize(("timeout_s", "until"), [(600, 1_050 + 600_000), (0, None), (None, None)])
def test_a_half_done_meter_that_broke_off_has_its_deadline_too(
    store: Store, timeout_s: int | None, until: int | None
) -> None:
    attempt = store.claim(METER, "hexing", {"tokens": [{}, {}], "section_timeout_s": timeout_s})
    about = {"position": 0, "token": "0"}
    for point in (points.PROBE, points.INTENT, points.ENTER_INTENT):
        attempt.record(point, {**about, "krn": 1, "job_id": 1})
    attempt.record(points.RETYPE, about)
    attempt.record(points.ANSWER, {**about, "answer": "half"})
    attempt.close()
    (row,) = store.status()
    assert (row.state, row.half_until_unix_ms) == ("HALF", until)
