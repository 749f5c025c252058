"""The glass: alphabets, segment memory, broken segments, blink, backlight, idle, results."""

from __future__ import annotations

import pytest
from metersim import brands
from metersim.cells import Cells, Picture
from metersim.faces import Face
from rigwire import glass
from rigwire.glass import DOT_MATRIX, FOURTEEN_SEGMENT, SEVEN_SEGMENT, unpack_glass
from tests.meter import mint
from tests.meter.typist import Typist

SEGMENTS = "abcdefg"


def segments(mask: int) -> str:
    """The lit segments of a seven-segment cell."""
    return "".join(name for bit, name in enumerate(SEGMENTS) if mask >> bit & 1)


@pytest.mark.parametrize(
    ("char", "lit"),
    [
        ("0", "abcdef"),
        ("1", "bc"),
        ("2", "abdeg"),
        ("8", "abcdefg"),
        ("R", "eg"),
        ("N", "ceg"),
        ("T", "defg"),
        ("V", "bcdef"),
        ("B", "cdefg"),
        ("G", "acdef"),
        ("L", "def"),
        ("E", "adefg"),
        ("A", "abcefg"),
        ("P", "abefg"),
        ("S", "acdfg"),
        ("-", "g"),
        (" ", ""),
    ],
)
def test_seven_segments_draw_the_letters_of_the_sheet(char: str, lit: str) -> None:
    assert segments(Face(SEVEN_SEGMENT, brands.K_BCEFG).cell(char)[0]) == lit


@pytest.mark.parametrize(
    ("brand", "lit"),
    [("cannet", "bcefg"), ("fujidharma", "cefg"), ("sanxing", "acefg"), ("smart", "acefg")],
)
def test_each_brand_draws_its_own_k(brand: str, lit: str) -> None:
    typist = Typist(brand, mint.meter(brand))
    typist.enter("04")
    assert segments(unpack_glass(typist.image)[4][0]) == lit


@pytest.mark.parametrize(
    ("char", "mask"),
    [("2", 0x00DB), ("5", 0x2069), ("S", 0x00ED), ("0", 0x0C3F), ("O", 0x003F), ("B", 0x128F), ("K", 0x2470)]
    + [("R", 0x20F3), ("N", 0x2136), ("T", 0x1201), ("Z", 0x0C09), ("8", 0x00FF)],
)
def test_fourteen_segments_draw_the_quoted_letters(char: str, mask: int) -> None:
    assert int.from_bytes(Face(FOURTEEN_SEGMENT, 0).cell(char), "little") == mask


def test_no_two_characters_of_fourteen_segments_or_of_the_dot_matrix_look_alike() -> None:
    for kind in (FOURTEEN_SEGMENT, DOT_MATRIX):
        face = Face(kind, 0)
        drawn = [face.cell(char) for char in "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789- "]
        assert len(set(drawn)) == len(drawn)


def test_the_dot_matrix_draws_columns_from_the_left_with_the_top_row_lowest() -> None:
    rows = [
        "".join("#" if column >> row & 1 else "." for column in Face(DOT_MATRIX, 0).cell("K"))
        for row in range(8)
    ]
    assert rows == ["#...#", "#..#.", "#.#..", "##...", "#.#..", "#..#.", "#...#", "....."]


def test_a_character_without_a_glyph_is_dark_and_the_other_case_stands_in() -> None:
    face = Face(SEVEN_SEGMENT, brands.K_CEFG)
    assert face.cell("?") == face.cell(" ")
    assert face.cell("e") == face.cell("E")
    assert face.cell("k") == face.cell("K")


def test_a_point_is_a_segment_on_glass_that_has_one_and_a_cell_on_a_dot_matrix() -> None:
    assert Face(SEVEN_SEGMENT, 0).line("3.9", 4, True) == bytes([0, 0, 0x4F | 0x80, 0x6F])
    assert Face(FOURTEEN_SEGMENT, 0).line("8.", 1) == bytes([0xFF, 0x40])
    assert len(Face(DOT_MATRIX, 0).line("3.9", 3)) == 15


def test_idle_shows_the_credit_right_aligned() -> None:
    typist = Typist("star", mint.meter("star", credit_tenths=139))
    typist.wait(600)
    kind, flags, icons, counter, main = unpack_glass(typist.image)
    assert (kind, len(main), len(counter), flags) == (SEVEN_SEGMENT, 8, 0, 0)
    assert main == bytes([0, 0, 0, 0, 0, 0x06, 0x4F | 0x80, 0x6F])
    assert icons == 0


@pytest.mark.parametrize(
    ("spec", "brand", "cell", "bit"),
    [
        ("3g", "cannet", 2, 1 << 6),
        ("12p", "cannet", 11, 1 << 7),
        ("3g2", "melcoinda", 5, 0),
        ("2x5y8", "hexing", 9, 1 << 7),
    ],
)
def test_a_stuck_segment_is_lit_and_a_dead_one_is_not(spec: str, brand: str, cell: int, bit: int) -> None:
    law = brands.load(brand)
    lamp = Picture()
    lamp.lamp = True
    byte, mask = (cell - 1, 1 << 7) if spec == "3g2" else (cell, bit)
    assert unpack_glass(Cells(law, stuck=[spec]).image(Picture()))[4][byte] == mask
    assert unpack_glass(Cells(law, dead=[spec]).image(lamp))[4][byte] == 0xFF & ~mask


def test_segments_of_the_counter_break_too() -> None:
    image = Cells(brands.load("cannet"), stuck=["c2a"]).image(Picture())
    assert unpack_glass(image)[3] == bytes([0, 1])


@pytest.mark.parametrize(
    ("brand", "spec"),
    [("cannet", "13a"), ("cannet", "0a"), ("cannet", "3h"), ("cannet", "a"), ("cannet", ""), ("hexing", "3a")]
    + [
        ("hexing", "1x6y1"),
        ("hexing", "1x1y9"),
        ("hexing", "1x"),
        ("hexing", "1x12y1"),
        ("star", "c1a"),
        ("melcoinda", "3g3"),
    ],
)
def test_a_segment_that_the_glass_does_not_have_is_refused_by_name(brand: str, spec: str) -> None:
    with pytest.raises(ValueError, match="segment"):
        Cells(brands.load(brand), dead=[spec])


def test_the_main_line_is_blank_while_the_meter_thinks() -> None:
    typist = Typist("hexing", mint.meter(), keep_images=True)
    typist.type("04")
    typist.contacts("#")
    typist.wait(60)
    assert typist.text() == ""
    assert unpack_glass(typist.image)[3:] == (bytes(2), bytes(80))
    typist.wait(150)
    assert typist.text() == "KRN 01 KT 02"


def test_a_meter_may_show_the_token_while_it_thinks() -> None:
    typist = Typist("hexing", mint.meter(), ("hold_entry",))
    typist.type(mint.credit(139))
    typist.wait(100)
    shown = typist.image
    typist.contacts("#")
    typist.wait(200)
    assert typist.image == shown
    typist.wait(1_500)
    assert typist.text() == "BENAR"


def test_a_result_is_held_three_seconds_and_the_amount_five() -> None:
    typist = Typist("cannet", mint.meter("cannet"))
    typist.enter(mint.credit(139), wait_ms=12000)
    rows = [row for row in typist.truth if row["event"] == "display"]
    accepted = next(at for at, row in enumerate(rows) if row["text"] == "BENAR")
    assert rows[accepted + 1]["text"] == "13.9"
    assert rows[accepted + 1]["t_ms"] - rows[accepted]["t_ms"] == 3000


def test_after_the_amount_the_glass_is_idle() -> None:
    typist = Typist("cannet", mint.meter("cannet", credit_tenths=1000))
    typist.enter(mint.credit(139), wait_ms=12000)
    rows = [row for row in typist.truth if row["event"] == "display"][-2:]
    assert [row["text"] for row in rows] == ["13.9", "113.9"]
    assert rows[1]["t_ms"] - rows[0]["t_ms"] == 5000


def test_icons_tell_accept_reject_lock_tamper_overload_and_low_credit() -> None:
    rich = mint.meter("cannet", credit_tenths=1000)
    typist = Typist("cannet", rich)
    typist.enter(mint.credit())
    assert unpack_glass(typist.image)[2] == glass.ICON_ACCEPT
    typist.enter(mint.credit())
    assert unpack_glass(typist.image)[2] == glass.ICON_REJECT
    assert unpack_glass(Typist("cannet", rich, ("locked:60",)).image)[2] == glass.ICON_LOCK
    assert unpack_glass(Typist("cannet", rich, ("tamper",)).image)[2] == glass.ICON_TAMPER
    assert unpack_glass(Typist("cannet", rich, ("overload",)).image)[2] == glass.ICON_OVERLOAD
    assert unpack_glass(Typist("cannet", mint.meter("cannet")).image)[2] == glass.ICON_LOW_CREDIT


def test_the_backlight_comes_with_a_key_and_goes_thirty_seconds_after_the_last() -> None:
    typist = Typist("star", mint.meter("star"))
    typist.press("7")
    assert unpack_glass(typist.image)[1] == glass.FLAG_BACKLIGHT
    typist.wait(29500)
    assert unpack_glass(typist.image)[1] == glass.FLAG_BACKLIGHT
    typist.wait(1000)
    assert unpack_glass(typist.image)[1] == 0


def test_a_blinking_refusal_is_dark_half_of_every_second() -> None:
    laws = {"blink_refused": True}
    typist = Typist("generic", mint.meter("generic", laws=laws), keep_images=True)
    typist.enter(mint.credit(key=mint.NEW_KEY), wait_ms=3300)
    phases: list[bool] = []
    for _, image in typist.images:
        _, flags, icons, _, main = unpack_glass(image)
        if icons & glass.ICON_REJECT:
            dark = bool(flags & glass.FLAG_BLINK_OFF)
            assert dark == (not any(main))
            if not phases or phases[-1] != dark:
                phases.append(dark)
    assert phases == [False, True] * 3


def test_the_all_segments_test_lights_every_bit_of_every_glass() -> None:
    for name in brands.names():
        typist = Typist(name, mint.meter(name))
        typist.enter("00")
        _, _, icons, counter, main = unpack_glass(typist.image)
        full = b"\xff\x7f" if brands.load(name).glass == FOURTEEN_SEGMENT else b"\xff"
        assert main == full * (len(main) // len(full))
        assert set(counter) <= {0xFF}
        assert icons == 0xFFFF


def test_a_tampered_meter_shows_it_when_idle_and_in_answer_to_tokens() -> None:
    typist = Typist("cannet", mint.meter("cannet"), ("tamper",))
    assert typist.text() == "PERIKSA"
    assert typist.enter(mint.credit())["result"] == "StatusNotReady"
    assert typist.text() == "PERIKSA"
    typist.enter("08")
    assert typist.text() == "1"


def test_a_low_contrast_glass_has_the_right_segments_and_says_that_they_hardly_stand_out() -> None:
    clear = Typist("cannet", mint.meter("cannet"))
    faint = Typist("cannet", mint.meter("cannet"), ("low_contrast",))
    for typist in (clear, faint):
        typist.enter("04")
    assert unpack_glass(faint.image)[3:] == unpack_glass(clear.image)[3:]
    assert unpack_glass(faint.image)[1] ^ unpack_glass(clear.image)[1] == glass.FLAG_LOW_CONTRAST


def test_an_overloaded_meter_says_so_in_the_place_of_the_credit_until_the_limit_is_raised() -> None:
    typist = Typist("itron", mint.meter("itron", power_limit_w=900, power_w=1000))
    assert typist.text() == "OvEr Po"
    typist.enter("68")
    assert typist.text() == "1"
    typist.enter(mint.setting(0, 2200))
    typist.rest()
    assert typist.text() == "0.0"
    assert typist.state["overload_count"] == 1


def test_each_time_the_load_exceeds_the_limit_is_counted_once() -> None:
    typist = Typist("cannet", mint.meter("cannet", power_limit_w=2200, power_w=1000))
    for limit_w in (900, 800, 2200, 900):
        typist.enter(mint.setting(0, limit_w, tid=mint.TID + typist.now_ms))
    assert typist.state["overload_count"] == 2
    typist.rest()
    assert typist.text() == "OVER"
