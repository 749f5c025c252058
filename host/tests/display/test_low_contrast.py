"""An image that says its segments hardly stand out proves nothing, whatever they would say."""

from __future__ import annotations

import pytest
from kctrig.display.draw import caption, text_lines
from kctrig.display.readings import is_idle, read_credit, read_entry, read_krn, read_number, read_result
from kctrig.display.screen import read_image
from rigwire import glass
from tests.display.glasses import image

KINDS = [glass.SEVEN_SEGMENT, glass.FOURTEEN_SEGMENT, glass.DOT_MATRIX]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("counter", ["", "  ", " 4"])
@pytest.mark.parametrize(
    "text", ["KRN2 KT2", "2-2", "BENAR", "13.9", "12345678901", "1234", "", "888888888888"]
)
def test_no_reader_takes_anything_from_it(kind: int, counter: str, text: str) -> None:
    faint = read_image(image(kind, text, 12, counter, flags=glass.FLAG_LOW_CONTRAST))
    assert faint.low_contrast
    assert not faint.readable
    assert read_krn(faint, ["KRN{krn} KT{kt}", "{krn}-{kt}"]) is None
    assert read_result(faint, {"accepted": ["BENAR"]}) is None
    assert (read_credit(faint), read_number(faint, 11), is_idle(faint)) == (None, None, False)
    assert read_entry(faint, counter=bool(counter), dashes=False) is None
    assert (faint.counter, faint.counter_readable, faint.lamp_test) == (None, False, False)


def test_the_same_image_with_contrast_is_read() -> None:
    assert read_krn(read_image(image(glass.SEVEN_SEGMENT, "2-2", 8, "  ")), ["{krn}-{kt}"]) is not None


def test_people_see_the_segments_and_that_nothing_was_read() -> None:
    faint = read_image(image(glass.SEVEN_SEGMENT, "2-2", 8, "  ", flags=glass.FLAG_LOW_CONTRAST))
    clear = read_image(image(glass.SEVEN_SEGMENT, "2-2", 8, "  "))
    assert text_lines(faint)[:5] == text_lines(clear)[:5]
    assert "low contrast" in caption(faint)
    assert set(faint.text) == {"?"}
