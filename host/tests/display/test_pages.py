from __future__ import annotations

import pytest
from kctrig.display.pages import PageCollector, read_pages
from kctrig.display.screen import Screen, read_image
from rigwire import glass
from tests.display.glasses import image


def page(text: str, cells: int = 8, kind: int = glass.SEVEN_SEGMENT) -> Screen:
    return read_image(image(kind, text, cells, "  "))


def test_pages_in_any_order_make_the_number() -> None:
    screens = [page("2-00018"), page("1-000000")]
    assert read_pages(screens, 11) == "00000000018"


def test_twenty_digits_on_six_digit_pages() -> None:
    screens = [page("1-656529"), page("2-312832"), page("3-509517"), page("4-56")]
    assert read_pages(screens, 20) == "65652931283250951756"


def test_a_missing_page_gives_no_number() -> None:
    assert read_pages([page("1-656529"), page("3-509517"), page("4-56")], 20) is None


def test_a_page_seen_twice_and_differently_gives_no_number_for_ever() -> None:
    collector = PageCollector(11)
    for text in ("1-000000", "2-00018", "2-00013"):
        collector.feed(page(text))
    assert collector.conflict
    assert collector.feed(page("2-00018")) is None


@pytest.mark.parametrize("text", ["2-0001", "3-00018", "0-000000", "1-00000", "13.9", ""])
def test_what_is_no_page_of_this_number_changes_nothing(text: str) -> None:
    collector = PageCollector(11)
    collector.feed(page("1-000000"))
    assert collector.feed(page(text)) is None
    assert collector.feed(page("2-00018")) == "00000000018"


def test_a_number_that_fits_needs_no_pages() -> None:
    assert read_pages([page("00000000018", 12)], 11) == "00000000018"


def test_a_dot_matrix_glass_has_longer_pages() -> None:
    screens = [page("1-65652931283250", 16, glass.DOT_MATRIX), page("2-951756", 16, glass.DOT_MATRIX)]
    assert read_pages(screens, 20) == "65652931283250951756"
