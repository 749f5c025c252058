"""Tokens entered by hand, on the whole stack in virtual time."""

from __future__ import annotations

import pytest
from kctrig import profiles
from kctrig.procedure.runner import enter_tokens
from kctrig.procedure.verdicts import Answer, Verdict
from tests.procedure.virtual_bench import BRANDS, Bench, Make

KRN_NUMBER = "18446744073843772416"
"""Class 1 number that asks for the key revision; public (facts/sts.md 7)."""


def by_hand(bench: Bench, *tokens: str) -> list[str]:
    entered = enter_tokens(
        bench.world.open_rig(), profiles.load(bench.brand), tokens, bench.store, clock=bench.world
    )
    return [answer.answer.value for answer in entered.answers] + [entered.outcome.verdict.value]


def test_tokens_by_hand_get_the_answers_of_the_glass(make: Make) -> None:
    bench = make("sanxing")
    first, second = bench.tokens
    assert by_hand(bench, first, second) == ["half", "accepted", "ENTERED"]
    assert by_hand(bench, first) == ["refused", "REJECTED"]


def test_entry_by_hand_stops_at_two_refusals_also_over_two_calls(make: Make) -> None:
    bench = make("hexing", ("wrong_key",))
    first, second = bench.tokens
    assert by_hand(bench, first, second, first) == ["refused", "refused", "BLOCKED"]
    assert by_hand(bench, first) == ["BLOCKED"]
    bench.store.override(bench.meter_no, reason="the key was mended", operator="Sari")
    assert by_hand(bench, first)[0] == Answer.REFUSED.value
    assert len(bench.submitted()) == 3


def test_a_meter_is_opened_by_the_number_on_its_glass_before_the_attempt_on_it_begins(make: Make) -> None:
    bench = make("hexing", ("wrong_key",))
    first, second = bench.tokens
    by_hand(bench, first, second)
    asked = []

    def supervisor(meter_no: str) -> None:
        asked.append(meter_no)
        bench.store.override(meter_no, reason="the key was mended", operator="Sari")

    entered = enter_tokens(
        bench.world.open_rig(),
        profiles.load(bench.brand),
        [first],
        bench.store,
        before=supervisor,
        clock=bench.world,
    )
    assert asked == [bench.meter_no]
    assert [answer.answer for answer in entered.answers] == [Answer.REFUSED]


def test_by_hand_the_wrong_meter_gets_no_token(make: Make) -> None:
    bench = make("hexing")
    entered = enter_tokens(
        bench.world.open_rig(),
        profiles.load("hexing"),
        bench.tokens,
        bench.store,
        meter_no="00000000018",
        clock=bench.world,
    )
    assert (entered.outcome.verdict, entered.outcome.code) == (Verdict.BLOCKED, "wrong_meter")
    assert bench.submitted() == []


def test_by_hand_a_meter_that_cannot_be_read_gets_no_token(make: Make) -> None:
    bench = make("hexing", ("echo_off",))
    assert by_hand(bench, bench.tokens[0]) == ["BLOCKED"]
    assert bench.submitted() == []


@pytest.mark.parametrize("brand", BRANDS)
def test_a_class_1_number_is_answered_with_what_the_glass_shows(make: Make, brand: str) -> None:
    bench = make(brand)
    entered = enter_tokens(
        bench.world.open_rig(), profiles.load(brand), (KRN_NUMBER,), bench.store, clock=bench.world
    )
    (answer,) = entered.answers
    assert (answer.answer, answer.shown, entered.outcome.verdict) == (Answer.ACCEPTED, "1.2", Verdict.ENTERED)


def test_a_class_1_number_says_nothing_about_the_tokens_refused_before(make: Make) -> None:
    bench = make("hexing", ("wrong_key",))
    assert by_hand(bench, bench.tokens[0], KRN_NUMBER) == ["refused", "accepted", "REJECTED"]
    assert bench.store.refusals(bench.meter_no) == 1
