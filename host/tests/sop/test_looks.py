"""What a store's events say of a meter: the last look decides, until something is submitted after it."""

from __future__ import annotations

import itertools
import sqlite3
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from kctrig.records import points
from kctrig.records.chain import link
from kctrig.records.store import Store
from kctrig.report import words
from kctrig.sop.evidence import quick_link, read_shown
from kctrig.sop.looks import Meter, State
from kctrig.sop.table import TableError
from tests.sop.journals import (
    CUT,
    DONE_BEFORE,
    DOUBT,
    HALF,
    PASSED,
    REFUSED,
    Event,
    look,
    shown,
    token,
    verdict,
    write,
)


@pytest.mark.parametrize(
    ("events", "state", "is_proven"),
    [
        (PASSED, State.NEW, True),
        (DONE_BEFORE, State.NEW, False),
        (REFUSED, State.OLD, False),
        (HALF, State.OLD, False),
        ([look(1)], State.OLD, False),
        ([look(2, None)], State.NEW, False),
        ([], State.NEVER, False),
        ([verdict("INFRA_ERROR")], State.NEVER, False),
        (CUT, State.UNKNOWN, False),
        (DOUBT, State.UNKNOWN, False),
        ([look(None)], State.UNKNOWN, False),
        ([look(2, 1)], State.UNKNOWN, False),
        ([look(3)], State.UNKNOWN, False),
    ],
)
def test_the_end_of_an_attempt_says_what_is_known(events: list[Event], state: State, is_proven: bool) -> None:
    found = shown(events)
    assert (found.state, found.is_proven) == (state, is_proven)
    assert (found.reason is not None) == (state is State.UNKNOWN)


def test_the_evidence_is_the_last_look_that_could_be_read() -> None:
    found = shown([*REFUSED, look(None)])
    assert found.look is not None
    assert (found.look.seq, found.look.hash, found.look.krn) == (5, "hash5", 1)
    assert found.state is State.OLD


def test_a_later_look_ends_what_an_enter_left_open() -> None:
    assert shown([*CUT, look(2)]).state is State.NEW


def test_krn_1_once_and_krn_2_later_is_a_change_that_was_seen() -> None:
    assert shown([look(1), look(2)]).is_proven
    assert shown([look(1), look(None), look(2), look(2)]).is_proven
    assert not shown([look(2), look(1)]).is_proven


def test_a_pass_proves_the_change_also_when_krn_1_was_read_elsewhere() -> None:
    assert shown([look(2), verdict("PASS_VERIFIED")]).is_proven
    assert not shown([look(2), verdict("ALREADY_DONE")]).is_proven


def test_a_credit_token_changes_no_key() -> None:
    assert shown([look(1), *token(None, role="credit")]).state is State.OLD


def test_a_token_entered_by_hand_may_have_changed_the_key() -> None:
    assert shown([look(1), *token("accepted", role="by_hand")]).state is State.UNKNOWN


@pytest.mark.parametrize("answer", ["refused", "used", "old", "locked", "tamper", "not_taken"])
def test_a_token_that_was_not_taken_leaves_nothing_open(answer: str) -> None:
    assert shown([look(1), *token(answer)]).state is State.OLD


def test_a_doubt_stays_while_later_attempts_settle_nothing() -> None:
    assert shown([*DOUBT, look(1), verdict("INFRA_ERROR")]).state is State.UNKNOWN
    assert shown([*DOUBT, look(2), verdict("ALREADY_DONE")]).state is State.NEW


def test_the_reason_of_an_attempt_is_in_the_language_asked_for_by_its_code() -> None:
    sentences = {"refused": "The meter refused the token.", "IN_DOUBT": words.MEANINGS["IN_DOUBT"]}
    meter = Meter("00000000018", sentences)
    body = {"verdict": "REJECTED", "code": "refused", "reason": "the glass shows SALAH"}
    meter.take(points.VERDICT, 1, "h", 1, body)
    assert meter.shown.why.into("en") == "the glass shows SALAH"
    assert meter.shown.why.into("id") == "Meter menolak token."
    meter.take(points.VERDICT, 2, "h", 2, {"verdict": "IN_DOUBT", "code": "", "reason": "the line broke"})
    assert meter.shown.reason is not None
    assert "the line broke" in meter.shown.reason.into("en")
    assert "the line broke" not in meter.shown.reason.into("id")
    meter.take(points.VERDICT, 3, "h", 3, {"verdict": "HALF", "code": "new code", "reason": "words"})
    assert meter.shown.why.into("id") == "words"


def test_an_override_ends_a_doubt() -> None:
    assert shown([*DOUBT, (points.OVERRIDE, {"reason": "seen"})]).state is State.OLD


def test_a_store_is_read_whole_with_hash_and_time_of_each_look(tmp_path: Path) -> None:
    path = tmp_path / "shift.db"
    clock = itertools.count(1_611_640_800_000, 1000).__next__
    with Store(path, unix_ms=clock) as store:
        write(store, "00000000018", PASSED)
        write(store, "00000000026", REFUSED)
        write(store, "00000000034", [])
        found = read_shown([path])
        events = {event.seq: event for event in store.events()}
    assert {number: one.state for number, one in found.items()} == {
        "00000000018": State.NEW,
        "00000000026": State.OLD,
        "00000000034": State.NEVER,
    }
    evidence = found["00000000018"].look
    assert evidence is not None
    assert (evidence.hash, evidence.at_unix_ms) == (
        events[evidence.seq].hash,
        events[evidence.seq].at_unix_ms,
    )
    assert found["00000000018"].profile == "hexing"


@pytest.mark.parametrize(
    ("bend", "event"),
    [
        ("UPDATE events SET body = replace(body, '\"krn\":1', '\"krn\":2') WHERE point = 'verify'", 6),
        ("UPDATE events SET meter_no = '00000000026' WHERE point = 'verify'", 6),
        ("UPDATE events SET body = x'00' WHERE seq = 2", 2),
        ("DELETE FROM events WHERE point = 'enter-intent'", 4),
        ("DELETE FROM events WHERE point = 'verdict'", 7),
    ],
)
def test_an_event_that_was_changed_or_dropped_stops_everything(tmp_path: Path, bend: str, event: int) -> None:
    path = tmp_path / "shift.db"
    with Store(path) as store:
        write(store, "00000000018", REFUSED)
    with sqlite3.connect(path) as db:
        db.execute("DROP TRIGGER events_are_not_changed")
        db.execute("DROP TRIGGER events_are_not_deleted")
        db.execute(bend)
    with pytest.raises(TableError, match=f"event {event} was changed, dropped or moved"):
        read_shown([path])


def test_a_database_without_a_name_is_no_store(tmp_path: Path) -> None:
    path = tmp_path / "shift.db"
    Store(path).close()
    with sqlite3.connect(path) as db:
        db.execute("DELETE FROM meta")
    with pytest.raises(TableError, match="cannot be read as a kctrig store"):
        read_shown([path])


def test_several_stores_count_in_the_order_of_time(tmp_path: Path) -> None:
    paths = [tmp_path / "bench1.db", tmp_path / "bench2.db"]
    for path, start, events in ((paths[0], 2_000, PASSED), (paths[1], 1_000, CUT)):
        with Store(path, unix_ms=itertools.count(start).__next__) as store:
            write(store, "00000000018", events)
    for order in (paths, paths[::-1]):
        found = read_shown(order)["00000000018"]
        assert found.state is State.NEW
        assert found.look is not None
        assert found.look.store == "bench1.db"


def test_another_file_is_no_store(tmp_path: Path) -> None:
    path = tmp_path / "other.db"
    path.write_text("no database at all, and long enough to be looked at")
    with pytest.raises(TableError, match="cannot be read as a kctrig store"):
        read_shown([path])


TEXT = st.text(st.characters(blacklist_categories=["Cs"]))


@given(st.integers(0, 2**62), st.integers(0, 2**62), TEXT, TEXT, st.integers(), TEXT, TEXT)
def test_the_quick_hash_is_the_hash_of_the_chain(
    seq: int, attempt: int, meter_no: str, point: str, at_unix_ms: int, body: str, prev: str
) -> None:
    event = (seq, attempt, meter_no, point, at_unix_ms, body, prev)
    assert quick_link(*event) == link(*event)


EVENTS = st.sampled_from(
    [
        look(1),
        look(2),
        look(None),
        verdict("IN_DOUBT"),
        verdict("READY"),
        *token("accepted"),
        *token(None, "b"),
    ]
)


@given(st.lists(EVENTS, max_size=12))
def test_nothing_is_claimed_after_an_enter_that_no_look_followed(events: list[Event]) -> None:
    found = shown(events)
    last_look = max([at for at, (_, body) in enumerate(events) if body.get("krn")], default=-1)
    later = [point for point, _ in events[last_look + 1 :]]
    if points.ENTER_INTENT in later:
        assert found.state is State.UNKNOWN
    if found.state in (State.OLD, State.NEW):
        assert found.look is not None
        assert found.look.krn == (1 if found.state is State.OLD else 2)
