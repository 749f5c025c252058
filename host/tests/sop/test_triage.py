"""SOP section 7.b and 7.c: every case has one answer, by the sentence that decides."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from kctrig.sop.triage import RULES, Asked, Case, Kwh, Power, Record, Step, triage
from kctrig.sop.vkrn import Vkrn

KWH = st.one_of(st.sampled_from(Kwh), st.decimals(min_value=-100, max_value=10_000, places=3))
CASES = st.builds(
    Case, st.sampled_from(Vkrn), st.sampled_from(Power), KWH, st.sampled_from(Asked), st.sampled_from(Asked)
)


def case(power: Power, kwh: str | Kwh = Kwh.UNKNOWN, vkrn: int = 43) -> Case:
    amount = Decimal(kwh) if isinstance(kwh, str) else kwh
    return Case(Vkrn(vkrn), power, amount, Asked.YES, Asked.YES)


@pytest.mark.parametrize("vkrn", [41, 42])
@pytest.mark.parametrize("power", list(Power))
def test_vkrn_41_and_42_are_outside_this_sop(vkrn: int, power: Power) -> None:
    answer = triage(case(power, "3", vkrn))
    assert answer.record is Record.OUTSIDE
    assert answer.rule.paragraph == "7.b"
    assert answer.is_ready


@pytest.mark.parametrize("kwh", ["0", "9.999", "10", "10.000"])
def test_up_to_and_with_10_kwh_is_gangguan(kwh: str) -> None:
    assert triage(case(Power.ON, kwh)).record is Record.GANGGUAN


@pytest.mark.parametrize("kwh", ["10.001", "10.1", "500"])
def test_above_10_kwh_is_keluhan(kwh: str) -> None:
    assert triage(case(Power.ON, kwh)).record is Record.KELUHAN


@pytest.mark.parametrize("kwh", [Kwh.UNKNOWN, Kwh.NOT_ASKED])
def test_kwh_that_the_customer_does_not_know_is_keluhan(kwh: Kwh) -> None:
    answer = triage(case(Power.ON, kwh))
    assert answer.record is Record.KELUHAN
    assert "Tidak Mengetahui" in answer.rule.said.into("id")


@pytest.mark.parametrize("kwh", ["50", "0", Kwh.UNKNOWN, Kwh.NOT_ASKED])
def test_off_beats_everything(kwh: str | Kwh) -> None:
    answer = triage(case(Power.OFF, kwh))
    assert answer.record is Record.GANGGUAN
    assert "PADAM" in answer.rule.said.into("id")
    assert answer.is_ready


@pytest.mark.parametrize("kwh", ["50", Kwh.UNKNOWN])
def test_nearly_off_is_gangguan_whatever_is_left(kwh: str | Kwh) -> None:
    assert triage(case(Power.NEARLY_OFF, kwh)).record is Record.GANGGUAN


def test_a_token_number_that_was_not_checked_comes_first() -> None:
    answer = triage(Case(Vkrn.KRN2, Power.OFF, token_checked=Asked.NO, officer_visited=Asked.YES))
    assert answer.first == (Step.CHECK_TOKEN,)
    assert not answer.is_ready
    assert answer.record is Record.GANGGUAN


def test_that_nobody_came_is_asked_again_and_reported() -> None:
    answer = triage(Case(Vkrn.KRN2, Power.OFF, token_checked=Asked.YES, officer_visited=Asked.NO))
    assert answer.first == (Step.NO_VISIT,)
    assert "5.b" in answer.first[0].said.into("id")


def test_whether_somebody_came_is_asked_when_it_was_not() -> None:
    answer = triage(Case(Vkrn.KRN2, Power.OFF, token_checked=Asked.YES))
    assert answer.first == (Step.ASK_VISIT,)


def test_the_kwh_are_asked_while_the_power_is_on() -> None:
    asked = Case(Vkrn.KRN2, Power.ON, Kwh.NOT_ASKED, Asked.YES, Asked.YES)
    assert triage(asked).first == (Step.ASK_KWH,)
    assert triage(case(Power.ON, Kwh.UNKNOWN)).is_ready


@given(CASES)
def test_triage_is_total_and_deterministic(some: Case) -> None:
    answer = triage(some)
    assert answer == triage(some)
    assert answer.rule in RULES
    assert answer.rule.said.into("id")
    assert answer.rule.said.into("en")


@given(CASES)
def test_steps_that_are_open_do_not_change_where_it_is_recorded(some: Case) -> None:
    done = Case(some.vkrn, some.power, some.kwh, Asked.YES, Asked.YES)
    assert triage(done).rule == triage(some).rule


@given(CASES)
def test_only_off_nearly_off_and_little_energy_are_gangguan(some: Case) -> None:
    urgent = some.power in (Power.OFF, Power.NEARLY_OFF) or (isinstance(some.kwh, Decimal) and some.kwh <= 10)
    assert (triage(some).record is Record.GANGGUAN) == (some.vkrn is Vkrn.KRN2 and urgent)


def test_every_rule_names_its_paragraph_and_no_two_say_the_same() -> None:
    assert {rule.paragraph for rule in RULES} == {"7.b", "7.c.5.a", "7.c.5.b"}
    assert len({rule.said.into("id") for rule in RULES}) == len(RULES)
