"""Amounts of energy as people write them; never rounded, never guessed."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from kctrig.sop.kwh import UnreadableKwh, is_unknown, read_kwh


@pytest.mark.parametrize(
    ("text", "kwh"),
    [
        ("9,5 kWh", "9.5"),
        ("9.5", "9.5"),
        ("10", "10"),
        ("10,0 KWH", "10.0"),
        ("10,001", "10.001"),
        ("1.234,5", "1234.5"),
        ("1.234.567", "1234567"),
        ("0.500", "0.500"),
        ("-0,5", "-0.5"),
        ("−0,5", "-0.5"),
        ("13.90kwh", "13.90"),
    ],
)
def test_commas_are_decimal_and_points_before_threes_are_thousands(text: str, kwh: str) -> None:
    assert read_kwh(text) == Decimal(kwh)


@pytest.mark.parametrize("text", ["1.234", "10.000", "12.345 kWh"])
def test_a_point_before_three_digits_is_not_guessed_at(text: str) -> None:
    with pytest.raises(UnreadableKwh, match="thousands or decimals"):
        read_kwh(text)


@pytest.mark.parametrize("text", ["banyak", "9,5,5", "1,2.3", "9 kWh lagi", "٣", "1e3", "NaN", "inf", "kWh"])
def test_what_is_no_amount_is_refused(text: str) -> None:
    with pytest.raises(UnreadableKwh, match="no amount"):
        read_kwh(text)


@pytest.mark.parametrize("text", ["tidak tahu", "Tidak  Mengetahui", "unknown", "?", "-", "", "Tidak tahu."])
def test_not_known_is_said_in_words(text: str) -> None:
    assert is_unknown(text)


@given(st.decimals(min_value=0, max_value=99999, places=2))
def test_what_is_written_with_a_comma_is_read_to_the_last_place(kwh: Decimal) -> None:
    assert read_kwh(f"{kwh:.2f}".replace(".", ",")) == kwh


@given(st.text(max_size=20))
def test_every_text_is_an_amount_or_refused_by_name(text: str) -> None:
    try:
        amount = read_kwh(text)
    except UnreadableKwh:
        amount = Decimal(0)
    assert amount.is_finite()
