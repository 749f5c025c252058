"""The duty ceiling of the coils: integers, refused before the first key, and the advice works."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rigfw.duty import DutyBook
from rigwire import ticks

WINDOW_MS = 10_000


def book(permille: int = 250, now_ms: int = 0) -> DutyBook:
    return DutyBook(permille, WINDOW_MS, now_ms)


def test_a_whole_token_at_any_brands_pace_is_within_the_ceiling_of_the_sealed_fingers() -> None:
    fingers = DutyBook(250, 60_000, 0)
    assert fingers.refusal(b"\5" * 20, 115, 205, 0) is None


def test_one_output_pressed_without_end_is_refused_with_a_gap_that_would_do() -> None:
    told = book().refusal(b"\5" * 200, 75, 120, 0)
    assert told is not None
    assert "output 5 would be on for 2550 ms in 10000 ms, its ceiling is 2500" in told
    gap_ms = int(told.split("gap_ms of ")[1].split()[0])
    assert book().refusal(b"\5" * 200, 75, 75 + gap_ms, 0) is None


def test_different_outputs_do_not_add_up() -> None:
    assert book().refusal(bytes(range(10)) * 20, 75, 120, 0) is None


def test_what_was_on_before_counts_until_it_is_older_than_a_window() -> None:
    duty = book()
    duty.note(5, 2400, 0)
    assert duty.refusal(b"\5\5", 75, 120, 0) is not None
    assert duty.refusal(b"\6\6", 75, 120, 0) is None
    assert duty.refusal(b"\5\5", 75, 120, WINDOW_MS) is not None
    assert duty.refusal(b"\5\5", 75, 120, WINDOW_MS + WINDOW_MS // 8) is None


def test_the_book_goes_on_across_the_wrap_of_the_tick() -> None:
    start = ticks.PERIOD - 1000
    duty = book(now_ms=start)
    duty.note(5, 400, start)
    assert duty.recent_ms(5, ticks.add(start, 5000)) == 400
    assert duty.recent_ms(5, ticks.add(start, 12_000)) == 0


def test_a_contact_that_may_be_on_always_is_never_refused() -> None:
    assert book(permille=1000).refusal(b"\5" * 230, 400, 405, 0) is None


@given(
    contacts=st.lists(st.integers(0, 11), min_size=1, max_size=230),
    on_ms=st.integers(1, 400),
    gap_ms=st.integers(1, 400),
    permille=st.integers(50, 999),
)
def test_a_script_that_is_let_through_keeps_the_ceiling_in_every_window(
    contacts: list[int], on_ms: int, gap_ms: int, permille: int
) -> None:
    told = book(permille).refusal(bytes(contacts), on_ms, on_ms + gap_ms, 0)
    if told is not None:
        return
    starts = [(i * (on_ms + gap_ms), contact) for i, contact in enumerate(contacts)]
    for output in set(contacts):
        mine = [at for at, contact in starts if contact == output]
        for first in mine:  # the fullest windows begin with a press
            on = sum(max(0, min(at + on_ms, first + WINDOW_MS) - at) for at in mine if first <= at)
            assert on <= WINDOW_MS * permille // 1000


@pytest.mark.parametrize("permille", [50, 250, 600])
@pytest.mark.parametrize("on_ms", [30, 75, 400])
def test_the_gap_that_is_advised_is_enough(permille: int, on_ms: int) -> None:
    told = book(permille).refusal(b"\0" * 230, on_ms, on_ms + 1, 0)
    assert told is not None
    gap_ms = int(told.split("gap_ms of ")[1].split()[0])
    assert book(permille).refusal(b"\0" * 230, on_ms, on_ms + gap_ms, 0) is None
