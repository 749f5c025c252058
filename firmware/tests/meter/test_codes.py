"""Short codes and class 1 tests: what they show, and in which pages."""

from __future__ import annotations

from typing import Any

import pytest
from metersim import brands, codes
from metersim.registers import Registers
from metersim.screen import number_pages
from tests.meter import mint
from tests.meter.typist import Typist


def registers() -> Registers:
    """A meter with something in every register."""
    last = [["%020d" % (100 + n), 10 * n] for n in range(5)]
    changes: dict[str, Any] = {
        "drn": "14320701262",
        "ti": "07",
        "credit_tenths": 139,
        "total_tenths": 12345,
        "credited_tenths": 999,
        "credit_count": 9,
        "technical_count": 4,
        "power_limit_w": 2200,
        "power_w": 450,
        "tamper_count": 3,
        "phase_unbalance_limit_w": 600,
        "tariff_rate": 17,
        "water_factor": 5,
        "ken": 133,
        "tampered": True,
        "credit_tokens": last,
        "technical_tokens": last[:3],
    }
    return Registers(mint.meter(**changes))


@pytest.mark.parametrize(
    ("code", "text"),
    [
        (3, "1234.5"),
        (4, "KRN1 KT2"),
        (5, "07 2200"),
        (7, "2200"),
        (8, "1"),
        (9, "450"),
        (10, "1.0"),
        (11, "600"),
        (37, "13.9"),
        (38, "99.9"),
        (47, "450"),
        (53, "9"),
        (54, "00000000000000000100"),
        (55, "00000000000000000101"),
        (58, "00000000000000000104"),
        (59, "0.0"),
        (60, "1.0"),
        (63, "4.0"),
        (64, "4"),
        (65, "00000000000000000100"),
        (67, "00000000000000000102"),
        (72, "3"),
        (74, "1.0"),
        (75, "14320701262"),
        (77, "123456"),
    ],
)
def test_a_code_shows_its_register(code: int, text: str) -> None:
    answer = codes.code_answer(code, brands.load("cannet"), registers())
    assert answer is not None
    assert answer[1] == text


@pytest.mark.parametrize(
    ("number", "text"),
    [
        (3, "1234.5"),
        (4, "1.2"),
        (5, "07"),
        (7, "2200"),
        (8, "1"),
        (12, "5"),
        (13, "17"),
        (14, "07"),
        (15, "2"),
        (16, "123456"),
        (17, "133"),
        (18, "14320701262"),
    ],
)
def test_a_class_1_test_shows_its_register(number: int, text: str) -> None:
    answer = codes.test_answer(number, brands.load("cannet"), registers())
    assert answer is not None
    assert answer[1] == text


def test_the_display_test_lights_everything() -> None:
    for answer in (
        codes.code_answer(0, brands.load("star"), registers()),
        codes.test_answer(2, brands.load("star"), registers()),
    ):
        assert answer is not None
        assert answer[0] == codes.LAMP


def test_nothing_is_behind_an_unknown_code_or_test() -> None:
    assert codes.code_answer(36, brands.load("cannet"), registers()) is None
    assert codes.test_answer(37, brands.load("cannet"), registers()) is None


def test_every_code_and_test_that_a_brand_says_it_has_answers() -> None:
    brand = brands.load("generic")
    assert all(codes.code_answer(code, brand, registers()) for code in brands.numbers(brand.codes))
    assert all(codes.test_answer(number, brand, registers()) for number in brands.numbers(brand.tests))


def test_without_tokens_the_last_token_is_zero() -> None:
    empty = Registers(mint.meter())
    for code in (54, 65):
        answer = codes.code_answer(code, brands.load("cannet"), empty)
        assert answer is not None
        assert answer[1] == "0"


def test_numbers_longer_than_the_glass_come_in_numbered_pages_of_cells_less_two_digits() -> None:
    assert number_pages("14320701262", 12) == ["14320701262"]
    assert number_pages("14320701262", 8) == ["1-143207", "2-01262"]
    assert number_pages("12345678901234567890", 12) == ["1-1234567890", "2-1234567890"]
    assert number_pages("12345678901234567890", 16) == ["1-12345678901234", "2-567890"]


def test_pages_turn_every_second_and_a_half_for_twelve_seconds() -> None:
    typist = Typist("star", mint.meter("star"))
    typist.enter("75", wait_ms=13000)
    start = typist.texts().index("1-143207")
    rows = [row for row in typist.truth if row["event"] == "display"][start:]
    moments = [row["t_ms"] - rows[0]["t_ms"] for row in rows]
    assert moments == [0, 1500, 3000, 4500, 6000, 7500, 9000, 10500, 12000]
    assert rows[-1]["text"] == "0.0"


def test_an_answer_is_held_five_seconds_and_an_unknown_code_two() -> None:
    typist = Typist("cannet", mint.meter("cannet"))
    for digits, text, hold_ms in (("04", "KRN1 KT2", 5000), ("99", "Err", 2000), ("123", "Err", 2000)):
        typist.enter(digits, wait_ms=8000)
        rows = [row for row in typist.truth if row["event"] == "display"][-2:]
        assert rows[0]["text"] == text
        assert rows[1]["t_ms"] - rows[0]["t_ms"] == hold_ms


def test_after_a_key_change_the_last_technical_token_is_its_second_section() -> None:
    typist = Typist("hexing", mint.meter())
    first, second = mint.key_change()
    typist.enter(first)
    typist.enter(second)
    typist.enter("65", wait_ms=500)
    assert typist.text() == "1-" + second[:14]
    typist.enter("77")
    assert typist.text() == "000000"


def test_the_number_for_krn_shows_revision_and_type_on_every_brand() -> None:
    for name in brands.names():
        typist = Typist(name, mint.meter(name))
        typist.enter("18446744073843772416")
        assert typist.text() == "1.2"


def test_several_tests_in_one_number_are_shown_one_after_the_other() -> None:
    typist = Typist("cannet", mint.meter("cannet"))
    typist.enter(mint.show_token(1 << 3 | 1 << 16), wait_ms=9000)
    assert typist.text() == "255"
    assert "1.2" in typist.texts()
