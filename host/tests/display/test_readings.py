from __future__ import annotations

import pytest
from kctrig.display.readings import (
    is_idle,
    read_class1_krn,
    read_credit,
    read_entry,
    read_krn,
    read_lock_seconds,
    read_number,
    read_result,
)
from kctrig.display.screen import Screen, read_image
from rigwire import glass
from tests.display.glasses import image

SEVEN = glass.SEVEN_SEGMENT
CLOU_TEXTS = {
    "accepted": ("BENAR",),
    "half": ("PLS 2nd", "PLS 1St"),
    "refused": ("rEJEct-{n}",),
    "used": ("USED",),
    "old": ("OLD",),
    "locked": ("rEJEct", "{seconds}"),
    "tamper": ("PERIKSA",),
    "unknown_code": ("Err",),
}


def seen(
    text: str, cells: int = 12, counter: str | None = "  ", *, kind: int = SEVEN, flags: int = 0
) -> Screen:
    return read_image(image(kind, text, cells, counter, flags=flags))


@pytest.mark.parametrize(
    ("text", "pattern", "krn", "kt"),
    [
        ("KRN2 KT2", "KRN{krn} KT{kt}", 2, 2),
        ("KRN1 KT2", "KRN{krn} KT{kt}", 1, 2),
        ("KRN2 KT1", "KRN{krn} KT{kt}", 2, 1),
        ("KRN 02 KT 02", "KRN {krn:02} KT {kt:02}", 2, 2),
        ("2-2", "{krn}-{kt}", 2, 2),
        ("2-1", "{krn}-{kt}", 2, 1),
        ("REV 2", "REV {krn}", 2, None),
        ("REV 1", "REV {krn}", 1, None),
        ("2", "{krn}", 2, None),
    ],
)
def test_the_key_revision_is_read_where_the_pattern_has_it(
    text: str, pattern: str, krn: int, kt: int | None
) -> None:
    reading = read_krn(seen(text), [pattern])
    assert reading is not None
    assert (reading.krn, reading.kt, reading.text) == (krn, kt, text)


def test_a_line_at_the_left_end_is_the_same_line() -> None:
    screen = read_image(image(SEVEN, "2-2", 8, "  ", left=True))
    assert read_krn(screen, ["{krn}-{kt}"]) is not None


@pytest.mark.parametrize(
    ("text", "pattern"),
    [
        ("2.0", "{krn}"),
        ("22", "{krn}"),
        ("0", "{krn}"),
        ("7", "{krn}"),
        ("42-2", "{krn}-{kt}"),
        ("2-22", "{krn}-{kt}"),
        ("2-", "{krn}-{kt}"),
        ("2 2", "{krn}-{kt}"),
        ("2-2.", "{krn}-{kt}"),
        ("KRN2KT2", "KRN{krn} KT{kt}"),
        ("KRN2 KT", "KRN{krn} KT{kt}"),
        ("KRN 2 KT2", "KRN{krn} KT{kt}"),
        ("KRN 82 KT 02", "KRN {krn:02} KT {kt:02}"),
        ("KRN 2 KT 2", "KRN {krn:02} KT {kt:02}"),
        ("REV2", "REV {krn}"),
        ("", "{krn}"),
    ],
)
def test_a_line_that_is_not_wholly_the_pattern_is_no_key_revision(text: str, pattern: str) -> None:
    assert read_krn(seen(text), [pattern]) is None


def test_a_bare_two_is_no_key_revision_while_digits_are_entered() -> None:
    assert read_krn(seen("2", counter="01"), ["{krn}"]) is None


def test_nothing_is_read_from_the_dark_half_of_a_blink() -> None:
    dark = seen("KRN2 KT2", flags=glass.FLAG_BLINK_OFF)
    assert read_krn(dark, ["KRN{krn} KT{kt}"]) is None
    assert read_result(seen("BENAR", flags=glass.FLAG_BLINK_OFF), CLOU_TEXTS) is None


def test_patterns_that_read_differently_give_no_reading() -> None:
    assert read_krn(seen("2-1"), ["{krn}-{kt}", "{kt}-{krn}"]) is None


def test_the_class_1_number_shows_krn_and_kt_with_a_point() -> None:
    reading = read_class1_krn(seen("2.2"))
    assert reading is not None
    assert (reading.krn, reading.kt) == (2, 2)
    on_dots = read_class1_krn(seen("2.2", 16, kind=glass.DOT_MATRIX))
    assert on_dots == reading


@pytest.mark.parametrize(
    ("text", "answer", "count", "seconds"),
    [
        ("bEnAr", "accepted", None, None),
        ("PLS 2nd", "half", None, None),
        ("PLS 1St", "half", None, None),
        ("rEJEct-2", "refused", 2, None),
        ("rEJEct-10", "refused", 10, None),
        ("rEJEct", "locked", None, None),
        ("640", "locked", None, 640),
        ("1280", "locked", None, 1280),
        ("USEd", "used", None, None),
        ("OLd", "old", None, None),
        ("PErIKSA", "tamper", None, None),
        ("Err", "unknown_code", None, None),
    ],
)
def test_each_text_means_its_answer(text: str, answer: str, count: int | None, seconds: int | None) -> None:
    result = read_result(seen(text), CLOU_TEXTS)
    assert result is not None
    assert (result.answer, result.count, result.seconds) == (answer, count, seconds)


def test_a_line_that_means_two_answers_means_none() -> None:
    assert read_result(seen("BENAR"), {"accepted": ["BENAR"], "refused": ["BENAR"]}) is None


@pytest.mark.parametrize("text", ["BENAR2", "BEN", "13.9", "rEJEct-", "12800", ""])
def test_a_line_that_is_nobodys_text_is_no_answer(text: str) -> None:
    assert read_result(seen(text), CLOU_TEXTS) is None


def test_seconds_of_a_lock_are_read() -> None:
    assert read_lock_seconds(seen("LOC 0040", 8), {"locked": ["LOC {seconds}"]}) == 40
    assert read_lock_seconds(seen("LOC   40", 8), {"locked": ["LOC {seconds}"]}) == 40
    assert read_lock_seconds(seen("BENAR", 8), {"accepted": ["BENAR"]}) is None


@pytest.mark.parametrize(("text", "tenths"), [("13.9", 139), ("0.0", 0), ("12345.6", 123456)])
def test_credit_is_read_in_tenths(text: str, tenths: int) -> None:
    assert read_credit(seen(text)) == tenths
    assert read_credit(seen(text, 16, kind=glass.DOT_MATRIX)) == tenths
    assert is_idle(seen(text))


@pytest.mark.parametrize("text", ["139", "13.90", "1.3.9", "13.", "BENAR", "2-2", ""])
def test_a_line_without_one_decimal_is_no_credit(text: str) -> None:
    assert read_credit(seen(text)) is None


def test_a_number_has_exactly_its_length_and_keeps_its_zeros() -> None:
    assert read_number(seen("00000000018"), 11) == "00000000018"
    assert read_number(seen("00000000018"), 12) is None
    assert read_number(seen("123456", counter="06"), 6) is None


@pytest.mark.parametrize(
    ("line", "tail", "whole"),
    [
        ("1234", "1234", True),
        ("1234-56", "123456", True),
        ("1234-", "1234", True),
        ("34-5678-9012", "3456789012", False),
        ("-5678-9012-3", "567890123", False),
        ("8888-8888-88", "8888888888", False),
    ],
)
def test_an_entry_with_dashes_is_read(line: str, tail: str, whole: bool) -> None:
    echo = read_entry(seen(line, counter="18"), counter=True, dashes=True)
    assert echo is not None
    assert (echo.tail, echo.line, echo.whole, echo.counter) == (tail, line, whole, 18)


@pytest.mark.parametrize("line", ["123-4567", "12345-6", "1234-56789", "12 34", "13.9", "", "1234-567-89"])
def test_a_line_with_dashes_elsewhere_is_no_entry(line: str) -> None:
    assert read_entry(seen(line, counter="08"), counter=True, dashes=True) is None


def test_an_entry_without_dashes_has_none() -> None:
    assert read_entry(seen("1234-56", counter="06"), counter=True, dashes=False) is None
    echo = read_entry(seen("123456", 8, None), counter=False, dashes=False)
    assert echo is not None
    assert (echo.tail, echo.counter) == ("123456", None)


def test_an_entry_needs_a_counter_that_counts_where_the_brand_has_one() -> None:
    assert read_entry(seen("1234"), counter=True, dashes=False) is None


def test_eights_all_over_a_glass_without_a_counter_are_no_entry() -> None:
    assert read_entry(seen("8" * 8, 8, None), counter=False, dashes=False) is None


def test_an_entry_line_does_not_print_its_digits() -> None:
    echo = read_entry(seen("12345678", counter="08"), counter=True, dashes=False)
    assert "1234" not in repr(echo)
