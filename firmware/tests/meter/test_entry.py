"""The entry line's laws: echo, dashes, counter, erasing, time-out, handing over."""

from __future__ import annotations

import pytest
from metersim.entry import ENTER_AUTO, ERASE_ALL, ERASE_ONE, Entry, grouped
from tests.meter import mint
from tests.meter.typist import Typist


def entry(keys: str, gap_ms: int = 600, **laws: str) -> tuple[Entry, list[str]]:
    """An entry line after these keys, and what it handed over."""
    line = Entry(20000, **laws)  # type: ignore[arg-type]
    handed = []
    for at, key in enumerate(keys):
        digits = line.key(key, at * gap_ms)
        if digits is not None:
            handed.append(digits)
    return line, handed


def test_enter_hands_over_the_digits_and_empties_the_line() -> None:
    line, handed = entry("04#")
    assert handed == ["04"]
    assert line.digits == ""


def test_enter_on_an_empty_line_does_nothing() -> None:
    assert entry("#")[1] == []


def test_the_21st_digit_is_not_taken() -> None:
    assert entry("12345678901234567890" + "9#")[1] == ["12345678901234567890"]


def test_one_erase_press_removes_the_last_digit() -> None:
    assert entry("123*")[0].digits == "12"


def test_two_erase_presses_within_500_ms_clear_the_line() -> None:
    assert entry("1234**", gap_ms=500)[0].digits == ""


def test_two_slow_erase_presses_remove_two_digits() -> None:
    assert entry("1234**", gap_ms=501)[0].digits == "12"


def test_an_erase_press_pairs_only_with_the_one_right_before_it() -> None:
    assert entry("1234*5*", gap_ms=200)[0].digits == "123"
    assert entry("12345***", gap_ms=200)[0].digits == ""


def test_a_brand_may_erase_only_one_or_always_all() -> None:
    assert entry("1234**", gap_ms=100, erase=ERASE_ONE)[0].digits == "12"
    assert entry("1234*", erase=ERASE_ALL)[0].digits == ""


def test_a_brand_without_enter_takes_the_token_at_the_20th_digit() -> None:
    assert entry("12345678901234567890", enter=ENTER_AUTO)[1] == ["12345678901234567890"]
    assert entry("04#", enter=ENTER_AUTO)[1] == ["04"]


@pytest.mark.parametrize(
    ("digits", "width", "dashes", "shown"),
    [
        ("1234", 12, True, "1234"),
        ("12345", 12, True, "1234-5"),
        ("12345678901234567890", 16, True, "8-9012-3456-7890"),
        ("1234567890", 8, False, "34567890"),
    ],
)
def test_the_line_shows_the_last_digits_that_fit_with_a_dash_after_every_fourth(
    digits: str, width: int, dashes: bool, shown: str
) -> None:
    assert grouped(digits, width, dashes) == shown


def test_digits_come_in_at_the_right_and_the_counter_counts_them() -> None:
    typist = Typist("hexing", mint.meter())
    typist.type("12345")
    assert typist.text() == "1234-5"
    assert typist.counter() == "5"


def test_the_counter_is_blank_when_nothing_is_entered() -> None:
    typist = Typist("hexing", mint.meter())
    typist.type("12**")
    assert typist.counter() == ""
    assert typist.text() == "0.0"


@pytest.mark.parametrize(("brand", "timeout_s"), [("hexing", 20), ("fujidharma", 15), ("star", 10)])
def test_an_entry_is_lost_when_the_next_digit_is_late(brand: str, timeout_s: int) -> None:
    typist = Typist(brand, mint.meter(brand))
    typist.type("12")
    typist.wait(timeout_s * 1000 - 500)
    assert typist.text() == "12"
    typist.wait(500)
    assert typist.text() == "0.0"


def test_each_digit_starts_the_time_out_anew() -> None:
    typist = Typist("star", mint.meter("star"))
    for digit in "123":
        typist.press(digit)
        typist.wait(9000)
    assert typist.text() == "123"


def test_a_key_pressed_while_a_result_is_shown_starts_a_new_entry() -> None:
    typist = Typist("hexing", mint.meter())
    typist.enter("04", wait_ms=500)
    typist.press("7")
    assert typist.text() == "7"


def test_an_entry_too_long_for_a_code_and_too_short_for_a_token_is_refused_as_a_format_error() -> None:
    typist = Typist("hexing", mint.meter())
    assert typist.enter("1234567")["result"] == "FormatError"


def test_sixty_digits_keyed_in_one_go_are_one_token_of_the_first_twenty() -> None:
    token = mint.credit()
    typist = Typist("hexing", mint.meter())
    assert typist.enter(token + "1" * 40)["digits"] == token


def test_without_echo_the_digits_count_all_the_same() -> None:
    typist = Typist("hexing", mint.meter(), ("echo_off",))
    typist.type("12345")
    assert typist.text() == ""
    assert typist.counter() == ""
    typist.type("**")
    assert typist.enter(mint.credit())["result"] == "Accept"
