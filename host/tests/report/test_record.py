"""The record says what the store says: of every meter, of one shift, of a bent store, of an attempt that broke off."""

from __future__ import annotations

import shutil
import sqlite3
from collections import Counter
from dataclasses import replace
from pathlib import Path

import pytest
from kctrig.records.bundle import write_bundle
from kctrig.records.evidence import Evidence, check
from kctrig.records.store import Store
from kctrig.report.build import NoSuchShift, report_of
from kctrig.report.source import report_from
from kctrig.report.summary import summary_of
from tests.report.conftest import Sample
from tests.report.journal import Journal

METER = "00000000018"
STATES = {
    "PASS_VERIFIED": 12,
    "ALREADY_DONE": 1,
    "HALF": 1,
    "IN_DOUBT": 1,
    "REJECTED": 1,
    "LOCKED_OUT": 1,
    "BLOCKED": 2,
    "INFRA_ERROR": 1,
}


def test_the_sample_shift_has_every_kind_of_end(shift: Sample) -> None:
    assert summary_of(shift.record).states == STATES


def test_states_reasons_and_deadlines_are_those_of_status(shift: Sample) -> None:
    with Store(shift.path) as store:
        rows = {row.meter_no: row for row in store.status()}
    assert len(rows) == len(shift.record.meters)
    for meter in shift.record.meters:
        row = rows[meter.meter_no]
        assert (meter.state, meter.reason, meter.refusals) == (row.state, row.reason, row.refusals)
        assert (meter.half_until_unix_ms, len(meter.attempts)) == (row.half_until_unix_ms, row.attempt)


def test_the_glass_before_and_after_is_that_of_the_looks(shift: Sample) -> None:
    passed = [meter for meter in shift.record.meters if meter.state == "PASS_VERIFIED"]
    for meter in passed:
        before, after = meter.last.before, meter.last.after
        assert before is not None
        assert after is not None
        assert before.image
        assert after.image
        assert before.image != after.image
        assert (before.krn, after.krn) == (1, 2)


def test_a_refusal_carries_the_glass_that_said_no(shift: Sample) -> None:
    (meter,) = [meter for meter in shift.record.meters if meter.state == "REJECTED"]
    assert meter.last.said is not None
    assert meter.last.said.text == "SALAH"
    assert meter.last.said.image
    assert [token.answer for token in meter.last.tokens] == ["refused"]


def test_a_pass_on_a_glass_without_kt_is_weak_proof(shift: Sample) -> None:
    proofs = {meter.profile: meter.proof for meter in shift.record.meters if meter.state == "PASS_VERIFIED"}
    assert {brand for brand, proof in proofs.items() if proof == "weak"} == {"star", "itron_ace9000"}
    assert all(
        meter.proof == ""
        for meter in shift.record.meters
        if meter.state not in ("PASS_VERIFIED", "ALREADY_DONE")
    )


def test_a_closed_shift_is_signed_to_its_end(shift: Sample) -> None:
    chain = shift.record.chain
    assert chain.ok
    assert (chain.shifts, chain.signed_to) == (1, shift.record.last_event - 1)
    assert [closed.operator for closed in shift.record.shifts] == ["Sari Wulandari"]


def test_a_running_deadline_comes_before_a_doubt_and_a_lost_one_after(shift: Sample) -> None:
    assert [meter.state for meter in summary_of(shift.record).urgent] == ["HALF", "IN_DOUBT"]
    late = replace(shift.record, made_unix_ms=shift.record.made_unix_ms + 3_600_000)
    assert [meter.state for meter in summary_of(late).urgent] == ["IN_DOUBT", "HALF"]


def test_a_bundle_gives_the_same_record_as_its_store(shift: Sample, tmp_path: Path) -> None:
    bundle = tmp_path / "shift.zip"
    write_bundle(shift.path, bundle)
    made = shift.record.made_unix_ms
    assert replace(report_from(bundle, made_unix_ms=made), name="shift.db") == shift.record


def test_reading_changes_nothing_in_the_store(shift: Sample) -> None:
    before = shift.path.read_bytes()
    report_from(shift.path, made_unix_ms=0)
    assert shift.path.read_bytes() == before


def test_only_the_meters_that_were_asked_for_are_in_it(shift: Sample) -> None:
    wanted = shift.record.meters[3].meter_no
    record = report_from(shift.path, made_unix_ms=0, meters=(wanted,))
    assert [meter.meter_no for meter in record.meters] == [wanted]


def two_shifts() -> Journal:
    """A meter in doubt in shift 1 that passes in shift 2, and one that is only in shift 2."""
    journal = Journal()
    first = journal.claim(METER)
    journal.verdict(METER, first, "IN_DOUBT", code="unreadable")
    journal.add("", "shift-close", operator="Sari", shift=1)
    second = journal.claim(METER, shift=2)
    journal.verdict(METER, second, "PASS_VERIFIED")
    other = journal.claim("00000000026", shift=2)
    journal.verdict("00000000026", other, "PASS_VERIFIED")
    return journal


def unsigned(journal: Journal, shift: int | None) -> list[tuple[str, str, str]]:
    evidence = journal.evidence
    chain = check(Evidence(evidence.store_id, [event for event in evidence.events if event.meter_no], None))
    record = report_of(evidence, chain, name="s", made_unix_ms=0, shift=shift)
    return [(meter.meter_no, meter.state, meter.state_since) for meter in record.meters]


def test_a_shift_is_reported_as_it_stood_at_its_end_and_says_what_came_later() -> None:
    assert unsigned(two_shifts(), 1) == [(METER, "IN_DOUBT", "PASS_VERIFIED")]
    assert unsigned(two_shifts(), 2) == [(METER, "PASS_VERIFIED", ""), ("00000000026", "PASS_VERIFIED", "")]


def test_a_shift_that_is_not_there_is_refused_with_those_that_are() -> None:
    with pytest.raises(NoSuchShift, match="no shift 7 in this store; shifts: 1, 2"):
        two_shifts().report(shift=7)


def test_an_attempt_that_broke_off_after_enter_is_in_doubt() -> None:
    journal = Journal()
    attempt = journal.claim(METER)
    journal.add(METER, "intent", attempt, position=0, digits="1234…7890", role="kct", token="a")
    journal.add(METER, "enter-intent", attempt, position=0, digits="1234…7890", token="a")
    (meter,) = journal.report().meters
    assert (meter.state, meter.code, meter.last.broken_off) == ("IN_DOUBT", "broken_off", True)
    assert [(token.entered, token.answer) for token in meter.last.tokens] == [(True, "")]
    assert (meter.last.keys_pressed, meter.last.seconds) == (None, 2.0)


def test_an_attempt_that_somebody_works_on_is_under_way() -> None:
    journal = Journal()
    attempt = journal.claim(METER)
    (meter,) = journal.report(under_way={attempt}).meters
    assert meter.state == "RUNNING"


def test_trouble_of_the_rig_does_not_hide_an_older_doubt_nor_its_evidence() -> None:
    journal = Journal()
    first = journal.claim(METER)
    journal.add(METER, "probe", first, krn=1, kt=1, shown="KRN1", image="")
    journal.verdict(METER, first, "IN_DOUBT", code="unreadable")
    second = journal.claim(METER)
    journal.verdict(METER, second, "INFRA_ERROR", code="link_lost")
    (meter,) = journal.report().meters
    assert (meter.state, meter.code, meter.last.number) == ("IN_DOUBT", "unreadable", 1)
    assert [attempt.state for attempt in meter.attempts] == ["IN_DOUBT", "INFRA_ERROR"]


def test_a_meter_that_a_person_opened_again_says_so() -> None:
    journal = Journal()
    journal.verdict(METER, journal.claim(METER), "IN_DOUBT", code="unreadable")
    journal.add(METER, "override", operator="Budi", reason="looked at it")
    (meter,) = journal.report().meters
    assert (meter.state, meter.code) == ("READY", "opened_again")
    assert [(one.operator, one.reason) for one in meter.overrides] == [("Budi", "looked at it")]


def test_what_came_of_the_attempt_that_an_override_opened_is_its_end() -> None:
    journal = Journal()
    journal.verdict(METER, journal.claim(METER), "REJECTED", code="refused")
    second = journal.claim(METER)
    journal.add(METER, "override", second, operator="Budi", reason="new tokens")
    journal.verdict(METER, second, "PASS_VERIFIED")
    (meter,) = journal.report().meters
    assert (meter.state, meter.code) == ("PASS_VERIFIED", "")
    assert [(one.operator, one.reason) for one in meter.overrides] == [("Budi", "new tokens")]


def test_meters_behind_the_first_bent_event_are_not_proved() -> None:
    journal = Journal()
    numbers = [f"0000000{number:04}" for number in range(4)]
    for meter_no in numbers:
        journal.verdict(meter_no, journal.claim(meter_no), "PASS_VERIFIED")
    journal.events[4] = replace(journal.events[4], body=journal.events[4].body.replace("Sari", "Rudi"))
    record = journal.report()
    assert record.chain.first_bent == 5
    assert [meter.fits for meter in record.meters] == [True, True, False, False]


@pytest.mark.parametrize(
    "body", ["{", "[]", '{"verdict": 3}', "{}", '{"verdict":"PASS_VERIFIED","answers":7,"doubts":1}']
)
def test_a_bent_body_spoils_its_meter_and_not_the_report(body: str) -> None:
    journal = Journal()
    for meter_no in (METER, "00000000026"):
        attempt = journal.claim(meter_no)
        journal.verdict(meter_no, attempt, "PASS_VERIFIED")
    journal.events[3] = replace(journal.events[3], body=body)
    record = journal.report()
    assert [(meter.meter_no, meter.fits) for meter in record.meters] == [
        (METER, True),
        ("00000000026", False),
    ]
    assert record.chain.first_bent == 4


def test_a_store_that_is_being_written_can_be_reported(tmp_path: Path) -> None:
    path = tmp_path / "open.db"
    with Store(path) as store:
        attempt = store.claim(METER, "hexing", {"operator": "Sari"})
        record = report_from(path, made_unix_ms=0)
        assert [meter.state for meter in record.meters] == ["RUNNING"]
        attempt.close()


def test_an_empty_store_gives_an_empty_record(tmp_path: Path) -> None:
    Store(tmp_path / "new.db").close()
    record = report_from(tmp_path / "new.db", made_unix_ms=0)
    assert (record.meters, record.last_event, record.chain.ok) == ((), 0, True)
    assert summary_of(record).median_s == 0.0


def test_a_store_bent_on_disk_is_named_as_verify_names_it(shift: Sample, tmp_path: Path) -> None:
    path = tmp_path / "bent.db"
    shutil.copy(shift.path, path)
    with sqlite3.connect(path) as db:
        db.execute("DROP TRIGGER events_are_not_changed")
        db.execute("UPDATE events SET body = replace(body, 'Sari', 'Rudi') WHERE seq = 60")
    record = report_from(path, made_unix_ms=0)
    assert record.chain.first_bent == 60
    proved = Counter(meter.fits for meter in record.meters)
    assert proved[True] > 0
    assert proved[False] > 0
