"""SOP 5: registers against meters. Every row and every meter comes out once, under one kind."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import date, datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from kctrig.sop.actions import SAME_VISIT_MS
from kctrig.sop.kinds import Kind, classify
from kctrig.sop.lines import HEADER, cells
from kctrig.sop.looks import Shown, State
from kctrig.sop.moments import Moment
from kctrig.sop.reconcile import Line, count, reconcile
from kctrig.sop.register import Confirmation, Registered
from kctrig.sop.said import say
from kctrig.sop.vkrn import Vkrn
from tests.sop.journals import CUT, DONE_BEFORE, DOUBT, HALF, PASSED, REFUSED, Event, look, shown, verdict

METER = "00000000018"
WIB_MIN = 7 * 60


def row(vkrn: int, meter_no: str = METER, row_no: int = 2, **more: Any) -> Registered:
    made = Registered(row_no, "535070000001", meter_no, Vkrn(vkrn), updated=vkrn == 43)
    return replace(made, **more)


def compared(
    registered: Iterable[Registered], events: list[Event] | None, p2apst: Iterable[Registered] = ()
) -> list[Line]:
    meters = {} if events is None else {METER: shown(events)}
    return reconcile(list(registered), meters, p2apst, utc_offset_min=WIB_MIN)


def kind(vkrn: int, events: list[Event] | None, **more: Any) -> Kind:
    return compared([row(vkrn, **more)], events)[0].kind


@pytest.mark.parametrize(
    ("vkrn", "events", "wanted"),
    [
        (43, PASSED, Kind.IN_ORDER),
        (43, DONE_BEFORE, Kind.IN_ORDER),
        (41, REFUSED, Kind.PENDING),
        (42, REFUSED, Kind.PENDING),
        (41, HALF, Kind.PENDING),
        (43, REFUSED, Kind.CONFIRMED_NOT_CHANGED),
        (43, HALF, Kind.CONFIRMED_NOT_CHANGED),
        (41, PASSED, Kind.CHANGED_NOT_CONFIRMED),
        (41, DONE_BEFORE, Kind.CHANGED_NOT_CONFIRMED),
        (42, PASSED, Kind.CHANGED_NOT_CONFIRMED),
        (43, None, Kind.NEVER_LOOKED),
        (41, None, Kind.NEVER_LOOKED),
        (43, [], Kind.NEVER_LOOKED),
        (43, CUT, Kind.IN_DOUBT),
        (41, DOUBT, Kind.IN_DOUBT),
    ],
)
def test_what_is_registered_against_what_the_meter_showed(
    vkrn: int, events: list[Event] | None, wanted: Kind
) -> None:
    assert kind(vkrn, events) is wanted


def test_berhasil_without_a_change_has_the_registers_corrected() -> None:
    line = compared([row(43)], REFUSED)[0]
    assert "5.b" in line.action.into("id")
    assert "tidak dapat memasukkan token" in line.action.into("id")


def test_gagal_with_a_change_has_vkrn_43_set() -> None:
    assert "VKRN 43" in compared([row(41)], PASSED)[0].action.into("id")


@pytest.mark.parametrize(
    ("vkrn", "confirmed", "events", "wanted"),
    [
        (41, Confirmation.BERHASIL, REFUSED, Kind.CONFIRMED_NOT_CHANGED),
        (43, Confirmation.GAGAL, PASSED, Kind.CHANGED_NOT_CONFIRMED),
    ],
)
def test_a_confirmation_that_only_the_meter_contradicts_is_what_is_corrected(
    vkrn: int, confirmed: Confirmation, events: list[Event], wanted: Kind
) -> None:
    line = compared([row(vkrn, confirmation=confirmed)], events)[0]
    assert line.kind is wanted
    assert "Correct the officer's confirmation" in str(line.action)


@pytest.mark.parametrize("confirmed", list(Confirmation))
def test_a_wrong_vkrn_is_corrected_whatever_was_confirmed(confirmed: Confirmation) -> None:
    assert "VKRN 43" in str(compared([row(41, confirmation=confirmed)], PASSED)[0].action)


def test_why_the_last_attempt_stopped_is_remarked() -> None:
    events = [*REFUSED[:-1], verdict("REJECTED", "the meter shows SALAH")]
    assert "REJECTED: the meter shows SALAH" in str(compared([row(41)], events)[0].remarks[0])


def test_a_refused_token_has_new_ones_issued_as_5a_says() -> None:
    action = compared([row(41)], REFUSED)[0].action.into("id")
    assert "5.a" in action
    assert "Bank KCT" in action


def test_a_half_done_meter_is_to_be_finished() -> None:
    assert "kctrig resume" in compared([row(41)], HALF)[0].action.into("id")


def test_under_vkrn_42_a_glass_with_krn_2_proves_nothing_unless_the_change_was_seen() -> None:
    assert kind(42, DONE_BEFORE) is Kind.IN_DOUBT
    assert kind(43, DONE_BEFORE, vkrn_before=Vkrn.KRN2_OLD_BASE) is Kind.IN_DOUBT
    assert kind(43, PASSED, vkrn_before=Vkrn.KRN2_OLD_BASE) is Kind.IN_ORDER


def test_in_order_by_a_glass_that_a_former_vkrn_42_would_show_too_is_remarked() -> None:
    line = compared([row(43)], DONE_BEFORE)[0]
    assert line.kind is Kind.IN_ORDER
    assert "VKRN_LAMA decides" in str(line.remarks[-1])
    assert "former VKRN" in str(line.action)
    for known in (
        compared([row(43, vkrn_before=Vkrn.KRN1)], DONE_BEFORE)[0],
        compared([row(43)], [look(1), *DONE_BEFORE])[0],
        compared([row(43)], PASSED)[0],
    ):
        assert (known.kind, known.remarks, str(known.action)) == (Kind.IN_ORDER, (), "Nothing to do")


def test_a_confirmation_of_the_same_visit_asks_for_one_more_look() -> None:
    line = compared([row(43, update=Moment(date(2021, 1, 26), 23 * 60))], REFUSED)[0]
    assert line.kind is Kind.CONFIRMED_NOT_CHANGED
    assert "once more" in line.action.into("en")


def test_a_register_that_was_updated_days_after_the_look_is_a_doubt() -> None:
    assert kind(43, REFUSED, update=Moment(date(2021, 1, 28))) is Kind.IN_DOUBT
    assert kind(43, PASSED, update=Moment(date(2021, 1, 28))) is Kind.IN_ORDER
    assert SAME_VISIT_MS == 24 * 3600 * 1000


def test_when_the_two_registers_differ_the_wrong_one_counts() -> None:
    for ap2t, p2apst in ((43, 41), (41, 43)):
        changed = compared([row(ap2t)], PASSED, [row(p2apst)])[0]
        assert changed.kind is Kind.CHANGED_NOT_CONFIRMED
        assert "differ" in str(changed.remarks[0])
        assert compared([row(ap2t)], REFUSED, [row(p2apst)])[0].kind is Kind.CONFIRMED_NOT_CHANGED


def test_p2apst_is_found_by_idpel_where_it_names_no_meter() -> None:
    other = Registered(7, "535070000001", "", None, update=Moment(date(2021, 1, 28)))
    assert compared([row(43)], REFUSED, [other])[0].kind is Kind.IN_DOUBT


def test_purchases_in_p2apst_repeat_a_meter_without_contradiction() -> None:
    first = row(43, update=Moment(date(2021, 1, 26)))
    later = Registered(8, "535070000001", METER, None, update=Moment(date(2021, 1, 29)))
    for rows in ([first, later], [later, first]):
        line = compared([row(43)], REFUSED, rows)[0]
        assert line.p2apst is not None
        assert (line.p2apst.vkrn, line.p2apst.update) == (Vkrn.KRN2, later.update)
        assert line.kind is Kind.IN_DOUBT


def test_rows_of_p2apst_that_name_nobody_come_out_each_and_match_no_row_of_ap2t() -> None:
    rounded = {"idpel": "5,35E+11", "problems": (say("rounded"),)}
    others = [
        replace(row(code, "", row_no, **rounded), is_named=False) for code, row_no in ((43, 3), (41, 4))
    ]
    first, *rest = compared([row(43, idpel="5,35E+11")], PASSED, others)
    assert (first.kind, first.p2apst) == (Kind.IN_ORDER, None)
    assert [(line.kind, line.p2apst) for line in rest] == [(Kind.IN_DOUBT, one) for one in others]
    assert [str(line.reason) for line in rest] == [f"row {n} of P2APST: rounded" for n in (3, 4)]


def test_which_time_of_update_is_the_newest_is_told_by_the_zones_that_they_name() -> None:
    east = row(43, update=Moment(date(2021, 1, 26), 780, zone_min=540))
    own = row(43, update=Moment(date(2021, 1, 26), 720))
    for rows in ([east, own], [own, east]):
        line = compared([row(43)], REFUSED, rows)[0]
        assert line.p2apst is not None
        assert line.p2apst.update == own.update


def test_a_time_of_update_counts_in_the_zone_that_it_names() -> None:
    """A day and an hour after the look in the registers' zone is less than a day after it two zones further east."""
    look = compared([row(43)], REFUSED)[0].shown
    assert look is not None
    assert look.look is not None
    late = datetime.fromtimestamp((look.look.at_unix_ms + SAME_VISIT_MS) / 1000, timezone(timedelta(hours=7)))
    moment = Moment(late.date(), late.hour * 60 + late.minute + 1)
    assert kind(43, REFUSED, update=moment) is Kind.IN_DOUBT
    assert kind(43, REFUSED, update=replace(moment, zone_min=540)) is Kind.CONFIRMED_NOT_CHANGED


def test_a_row_of_p2apst_without_a_time_does_not_hide_the_time_of_another() -> None:
    dated = row(43, update=Moment(date(2021, 1, 29)))
    for rows in ([dated, row(43)], [row(43), dated]):
        line = compared([row(43)], REFUSED, rows)[0]
        assert line.p2apst is not None
        assert line.p2apst.update == dated.update


def test_another_meter_of_the_same_customer_in_p2apst_is_not_taken_for_this_one() -> None:
    replaced = row(41, meter_no="00000000026")
    lines = compared([row(43)], PASSED, [replaced, row(43)])
    assert [line.kind for line in lines] == [Kind.IN_ORDER, Kind.NOT_IN_AP2T]
    assert lines[1].meter_no == "00000000026"


def test_p2apst_that_contradicts_itself_is_a_doubt() -> None:
    assert compared([row(43)], PASSED, [row(43), row(41)])[0].kind is Kind.IN_DOUBT


def test_a_meter_listed_twice_with_different_vkrn_is_a_doubt_in_both_rows() -> None:
    lines = compared([row(43, row_no=2), row(41, row_no=3)], PASSED)
    assert [line.kind for line in lines] == [Kind.IN_DOUBT, Kind.IN_DOUBT]
    assert "2, 3" in str(lines[0].reason)


def test_a_meter_listed_twice_alike_is_compared_and_remarked() -> None:
    lines = compared([row(43, row_no=2), row(43, row_no=3)], PASSED)
    assert [line.kind for line in lines] == [Kind.IN_ORDER, Kind.IN_ORDER]
    assert "row 3" in str(lines[0].remarks[0])


def test_meters_that_ap2t_lacks_come_out_from_store_and_p2apst() -> None:
    lines = compared([], PASSED, [row(43, meter_no="00000000026", idpel="2")])
    assert [(line.kind, line.meter_no) for line in lines] == [
        (Kind.NOT_IN_AP2T, METER),
        (Kind.NOT_IN_AP2T, "00000000026"),
    ]


def test_a_row_that_cannot_be_read_is_in_doubt_and_says_why() -> None:
    line = compared([row(43, problems=(say("broken"),))], PASSED)[0]
    assert line.kind is Kind.IN_DOUBT
    assert str(line.reason) == "broken"


def test_a_line_carries_the_evidence_and_the_time_of_the_reading() -> None:
    (found,) = cells(compared([row(43)], PASSED), "id", WIB_MIN)
    by_name = dict(zip(HEADER, found, strict=True))
    assert (by_name["EVENT"], by_name["HASH"]) == ("8", "hash8")
    assert by_name["WAKTU_BACA"] == "2021-01-26 13:00:00"
    assert (by_name["KRN_METER"], by_name["TAMPILAN_04"]) == ("2", "KRN 02 KT 02")
    assert by_name["KELAS"] == "IN_ORDER"


@given(
    st.lists(st.booleans(), max_size=2), st.sampled_from(State), st.booleans(), st.booleans(), st.booleans()
)
def test_classify_is_total_and_claims_nothing_of_what_is_unknown(
    updated: list[bool], state: State, old_base: bool, is_proven: bool, is_stale: bool
) -> None:
    found = classify(updated, state, old_base=old_base, is_proven=is_proven, is_stale=is_stale)
    assert found in set(Kind) - {Kind.NOT_IN_AP2T}
    if state is State.UNKNOWN:
        assert found is Kind.IN_DOUBT
    if found is Kind.IN_ORDER:
        assert (set(updated), state) == ({True}, State.NEW)
    if found is Kind.CONFIRMED_NOT_CHANGED:
        assert True in updated
        assert state is State.OLD
    if found is Kind.CHANGED_NOT_CONFIRMED:
        assert False in updated
        assert state is State.NEW


NUMBERS = st.sampled_from([f"{n:011}" for n in range(6)])
ROWS = st.lists(
    st.builds(
        Registered,
        st.integers(2, 9),
        st.sampled_from(["", "1", "2"]),
        NUMBERS,
        st.one_of(st.none(), st.sampled_from(Vkrn)),
        updated=st.one_of(st.none(), st.booleans()),
        problems=st.sampled_from([(), (say("broken"),)]),
    ),
    max_size=8,
)
JOURNALS = st.sampled_from([PASSED, REFUSED, CUT, DONE_BEFORE, HALF, DOUBT, []])


@given(ROWS, st.dictionaries(NUMBERS, JOURNALS, max_size=6), ROWS)
def test_every_row_and_every_meter_comes_out_under_exactly_one_kind(
    registered: list[Registered], journals: dict[str, list[Event]], p2apst: list[Registered]
) -> None:
    meters: dict[str, Shown] = {number: shown(events, number) for number, events in journals.items()}
    lines = reconcile(registered, meters, p2apst, utc_offset_min=WIB_MIN)
    assert [line.registered for line in lines[: len(registered)]] == registered
    listed = {one.meter_no for one in registered}
    rest = lines[len(registered) :]
    assert all(line.kind is Kind.NOT_IN_AP2T for line in rest)
    assert {line.meter_no for line in rest} >= set(meters) - listed
    numbers = [line.meter_no for line in rest if line.meter_no]
    assert len(numbers) == len(set(numbers))
    assert sum(count(lines).values()) == len(lines)
    for one in cells(lines, "id", WIB_MIN):
        assert len(one) == len(HEADER)
