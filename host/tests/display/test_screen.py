from __future__ import annotations

import pytest
from kctrig.display.screen import read_image
from rigwire import glass
from tests.display.glasses import K_SHAPES, image


@pytest.mark.parametrize("k_mask", K_SHAPES.values(), ids=K_SHAPES.keys())
def test_text_for_people_keeps_letters_in_words_and_digits_beside_them(k_mask: int) -> None:
    screen = read_image(image(glass.SEVEN_SEGMENT, "KRN2 KT2", 12, "  ", k_mask=k_mask))
    assert screen.text == "    KRN2 KT2"


@pytest.mark.parametrize("text", ["BENAR", "GAGAL", "USED", "OLD", "13.9", "0050", "LOC 0050", "KRN 02"])
def test_texts_are_shown_as_they_are_meant(text: str) -> None:
    shown = read_image(image(glass.SEVEN_SEGMENT, text, 8)).text.strip()
    assert shown == text


def test_an_unlisted_mask_is_marked_and_makes_the_screen_unreadable() -> None:
    screen = read_image(glass.pack_glass(glass.SEVEN_SEGMENT, b"", bytes([0x5B, 0x53])))
    assert (screen.text, screen.readable) == ("2?", False)


def test_points_are_kept_apart_from_the_masks() -> None:
    screen = read_image(image(glass.SEVEN_SEGMENT, "13.9", 8))
    assert screen.points == (6,)
    assert [cell.mask for cell in screen.cells[5:]] == [0x06, 0x4F, 0x6F]


@pytest.mark.parametrize(
    ("counter", "value", "readable"),
    [
        ("  ", None, True),
        ("20", 20, True),
        ("04", 4, True),
        (" 4", 4, True),
        ("4 ", None, False),
        ("E4", None, False),
    ],
)
def test_the_counter_is_a_number_or_dark_or_unreadable(
    counter: str, value: int | None, readable: bool
) -> None:
    screen = read_image(image(glass.SEVEN_SEGMENT, "1", 8, counter))
    assert (screen.counter, screen.counter_readable) == (value, readable)


def test_a_glass_without_a_counter_has_none() -> None:
    screen = read_image(image(glass.SEVEN_SEGMENT, "1", 8))
    assert screen.counter is None
    assert screen.counter_cells == ()


@pytest.mark.parametrize("lit", [0x7F, 0xFF])
def test_all_lit_is_a_lamp_test(lit: int) -> None:
    assert read_image(glass.pack_glass(glass.SEVEN_SEGMENT, bytes([0x7F] * 2), bytes([lit] * 8))).lamp_test


@pytest.mark.parametrize(
    ("kind", "cell"),
    [(glass.FOURTEEN_SEGMENT, b"\xff\x7f"), (glass.DOT_MATRIX, b"\xff" * 5), (glass.DOT_MATRIX, b"\x7f" * 5)],
)
def test_all_lit_is_a_lamp_test_on_every_kind_of_glass(kind: int, cell: bytes) -> None:
    assert read_image(glass.pack_glass(kind, b"\x7f\x7f", cell * 12)).lamp_test


def test_eights_beside_a_counter_that_counts_are_an_entry_not_a_lamp_test() -> None:
    assert not read_image(image(glass.SEVEN_SEGMENT, "8" * 8, 8, "12")).lamp_test


def test_all_dark_is_blank() -> None:
    assert read_image(image(glass.SEVEN_SEGMENT, "", 8, "  ")).blank
    assert not read_image(image(glass.SEVEN_SEGMENT, "-", 8, "  ")).blank


def test_flags_and_icons_have_names() -> None:
    drawn = image(
        glass.SEVEN_SEGMENT,
        "1",
        8,
        flags=glass.FLAG_BACKLIGHT | glass.FLAG_BLINK_OFF,
        icons=glass.ICON_TAMPER | glass.ICON_LOCK,
    )
    screen = read_image(drawn)
    assert (screen.backlight, screen.blink_dark, screen.icon_names) == (True, True, ("tamper", "lock"))


def test_bytes_that_are_no_image_are_refused() -> None:
    with pytest.raises(ValueError):
        read_image(b"\x01\x08\x00\x00\x00\x00\x06")
