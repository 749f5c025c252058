"""Tokens entered by hand, on the whole stack in virtual time."""

from __future__ import annotations

import pytest
from kctrig import profiles
from kctrig.procedure.runner import enter_tokens
from kctrig.procedure.verdicts import Answer, Override, Verdict
from tests.procedure.virtual_bench import BRANDS, Bench, Make

KRN_NUMBER = "18446744073843772416"
"""Class 1 number that asks for the key revision; public (facts/sts.md 7)."""


MENDED = Override("the key was mended", "Sari")


def by_hand(bench: Bench, *tokens: str, override: Override | None = None) -> list[str]:
    entered = enter_tokens(
        bench.world.open_rig(),
        profiles.load(bench.brand),
        tokens,
        bench.store,
        override=override,
        clock=bench.world,
    )
    return [answer.answer.value for answer in entered.answers] + [entered.outcome.verdict.value]


def test_tokens_by_hand_get_the_answers_of_the_glass(make: Make) -> None:
    bench = make("sanxing")
    first, second = bench.tokens
    assert by_hand(bench, first, second) == ["half", "accepted", "ENTERED"]
    assert by_hand(bench, first) == ["BLOCKED"]


def test_by_hand_a_token_gets_one_try_whatever_the_meter_said(make: Make) -> None:
    bench = make("hexing")
    first, second = bench.tokens
    assert by_hand(bench, first, first, second) == ["accepted", "BLOCKED"]
    assert by_hand(bench, first) == ["BLOCKED"]
    assert by_hand(bench, second) == ["accepted", "ENTERED"]
    assert [digits for digits, _ in bench.submitted()] == [first, second]


def test_by_hand_a_refused_token_is_not_tried_again_in_the_next_call(make: Make) -> None:
    bench = make("hexing", ("wrong_key",))
    first, _ = bench.tokens
    assert by_hand(bench, first) == ["refused", "REJECTED"]
    assert by_hand(bench, first) == ["BLOCKED"]
    assert len(bench.submitted()) == 1


def test_entry_by_hand_stops_at_two_refusals_also_over_two_calls(make: Make) -> None:
    bench = make("hexing", ("wrong_key",))
    first, second = bench.tokens
    assert by_hand(bench, first, second, first) == ["refused", "refused", "BLOCKED"]
    assert by_hand(bench, first) == ["BLOCKED"]
    assert by_hand(bench, first, override=MENDED)[0] == Answer.REFUSED.value
    assert len(bench.submitted()) == 3


def test_a_supervisor_opens_the_meter_whose_number_is_on_the_glass(make: Make) -> None:
    bench = make("hexing", ("wrong_key",))
    first, second = bench.tokens
    by_hand(bench, first, second)
    assert by_hand(bench, first) == ["BLOCKED"]
    assert by_hand(bench, first, override=MENDED) == ["refused", "REJECTED"]
    assert [event.body["operator"] for event in bench.store.events() if event.point == "override"] == ["Sari"]


def test_a_word_for_another_meter_opens_nothing(make: Make) -> None:
    bench = make("hexing", ("wrong_key",))
    first, second = bench.tokens
    by_hand(bench, first, second)
    entered = enter_tokens(
        bench.world.open_rig(),
        profiles.load("hexing"),
        [first],
        bench.store,
        meter_no="00000000018",
        override=MENDED,
        clock=bench.world,
    )
    assert entered.outcome.code == "wrong_meter"
    assert [event for event in bench.store.events() if event.point == "override"] == []
    assert by_hand(bench, first) == ["BLOCKED"]


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
