"""The lockout laws of CLOU and Itron, counted and shown."""

from __future__ import annotations

import pytest
from metersim.laws import Lockout
from tests.meter import mint
from tests.meter.typist import Typist

WRONG = mint.credit(key=mint.NEW_KEY)


def test_clou_locks_for_ten_seconds_at_the_third_refusal_and_doubles_up_to_1280() -> None:
    law = Lockout(3, 10, True, 1280, True)
    now_ms = 0
    seconds = []
    for _ in range(12):
        law.refusal(now_ms)
        seconds.append(law.left_s(now_ms))
        now_ms += law.left_s(now_ms) * 1000
    assert seconds == [0, 0, 10, 20, 40, 80, 160, 320, 640, 1280, 1280, 1280]


def test_the_seconds_left_count_down_to_zero_and_the_deadlines_fall_on_each_change() -> None:
    law = Lockout(1, 3, False, 3, True)
    law.refusal(0)
    assert [law.left_s(ms) for ms in (0, 1, 999, 1000, 1001, 2000, 2999, 3000)] == [3, 3, 3, 2, 2, 1, 1, 0]
    law.refusal(5000)
    assert law.next_deadline_ms(5000) == 1000
    assert law.next_deadline_ms(5400) == 600
    assert law.next_deadline_ms(8000) == 0


def test_itron_locks_for_thirty_minutes_at_the_fifth_refusal() -> None:
    law = Lockout(5, 1800, False, 1800, False)
    for _ in range(4):
        law.refusal(0)
    assert law.left_s(0) == 0
    law.refusal(0)
    assert law.left_s(0) == 1800


def test_an_accepted_token_ends_the_count() -> None:
    law = Lockout(3, 10, True, 1280, True)
    law.refusal(0)
    law.refusal(0)
    law.accepted()
    law.refusal(0)
    assert (law.refused, law.left_s(0)) == (1, 0)


def test_a_law_of_zero_refusals_never_locks() -> None:
    law = Lockout(0, 10, True, 1280, True)
    for _ in range(20):
        law.refusal(0)
    assert law.left_s(0) == 0


def test_after_three_refusals_a_good_token_waits_until_the_lock_ends() -> None:
    typist = Typist("hexing", mint.meter())
    for _ in range(3):
        typist.enter(WRONG, wait_ms=600)
    # Typing 20 digits takes longer than the first lock, so the meter must be locked for longer.
    for _ in range(2):
        typist.enter(WRONG, wait_ms=600)
    assert typist.enter(mint.credit())["result"] == "LockoutActive"
    typist.wait(60000)
    assert typist.enter(mint.credit())["result"] == "Accept"
    assert typist.state.get("refused", 0) == 0


@pytest.mark.parametrize(
    ("brand", "text"), [("cannet", "LOC 0058"), ("hexing", "LOCK 0058"), ("itron", "Loc Out")]
)
def test_a_locked_meter_says_so_with_the_seconds_left(brand: str, text: str) -> None:
    typist = Typist(brand, mint.meter(brand), ("locked:63",))
    typist.enter(mint.credit(), wait_ms=900)
    assert typist.results() == ["LockoutActive"]
    assert typist.text() == text


def test_the_seconds_left_run_on_the_glass() -> None:
    typist = Typist("cannet", mint.meter("cannet"), ("locked:100",))
    typist.enter(mint.credit(), wait_ms=2900)
    shown = [text for text in typist.texts() if text.startswith("LOC")]
    numbers = [int(text[-4:]) for text in shown]
    assert numbers == list(range(numbers[0], numbers[0] - len(numbers), -1))
    assert len(numbers) >= 3


def test_sanxing_alternates_text_and_seconds_every_two_seconds() -> None:
    typist = Typist("sanxing", mint.meter("sanxing"), ("locked:100",))
    typist.enter(mint.credit(), wait_ms=8000)
    texts = typist.texts()
    shown = texts[len(texts) - texts[::-1].index("") :]
    kinds = ["text" if text == "rEJEct" else "seconds" for text in shown[:-1]]
    turns = [kind for at, kind in enumerate(kinds) if at == 0 or kinds[at - 1] != kind]
    assert turns == ["text", "seconds", "text", "seconds"]
    assert shown[1].isdigit()
    assert len(shown[1]) == 4


def test_sanxing_counts_its_refusals_on_the_glass() -> None:
    typist = Typist("sanxing", mint.meter("sanxing"))
    shown = []
    for _ in range(2):
        typist.enter(WRONG)
        shown.append(typist.text())
    assert shown == ["rEJEct-1", "rEJEct-2"]


def test_codes_and_class_1_work_while_locked() -> None:
    typist = Typist("hexing", mint.meter(), ("locked:600",))
    typist.enter("04")
    assert typist.text() == "KRN 01 KT 02"
    assert typist.enter("18446744073843772416")["result"] == "Accept"
    assert typist.text() == "1.2"


@pytest.mark.parametrize(("brand", "result"), [("hexing", "Accept"), ("itron", "LockoutActive")])
def test_a_power_cycle_ends_clous_lock_and_not_itrons(brand: str, result: str) -> None:
    typist = Typist(brand, mint.meter(brand))
    for _ in range(6):
        typist.enter(WRONG)
        typist.wait(100000)
    again = Typist(brand, typist.state)
    assert again.enter(mint.credit())["result"] == result


def test_refusals_in_a_row_are_remembered_over_power_where_that_does_not_end_them() -> None:
    typist = Typist("itron", mint.meter("itron"))
    for _ in range(4):
        typist.enter(WRONG)
    again = Typist("itron", typist.state)
    again.enter(WRONG)
    assert again.enter(mint.credit())["result"] == "LockoutActive"
