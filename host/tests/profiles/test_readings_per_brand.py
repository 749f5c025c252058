"""Every brand's own lines, read with its own profile: the right ones, near misses, and one segment wrong."""

from __future__ import annotations

import itertools

import pytest
from kctrig import profiles
from kctrig.display.match import KRN_VALUES, KT_VALUES
from kctrig.display.readings import read_class1_krn, read_credit, read_krn, read_result
from kctrig.display.screen import Screen, read_image
from kctrig.profiles import Profile
from tests.display.glasses import K_SHAPES, image, one_segment_changes

every_brand = pytest.mark.parametrize(
    "profile", [profiles.load(name) for name in profiles.names()], ids=profiles.names()
)

# What the SOP's annex shows after 04 when the meter is on KRN 2, KT 2, and the same for other values.
KRN_LINES = {
    "cannet": "KRN{krn} KT{kt}",
    "fujidharma": "KRN{krn} KT{kt}",
    "hexing": "KRN 0{krn} KT 0{kt}",
    "itron": "{krn}-{kt}",
    "itron_ace9000": "REV {krn}",
    "melcoinda": "KRN{krn} KT{kt}",
    "sanxing": "KRN{krn} KT{kt}",
    "smart": "KRN 0{krn} KT 0{kt}",
    "star": "{krn}",
}


def drawn(profile: Profile, text: str, k_mask: int | None = None) -> bytes:
    counter = "  " if profile.glass.counter_cells else None
    return image(profile.glass.wire_kind, text, profile.glass.cells, counter, k_mask=k_mask)


def shown(profile: Profile, text: str) -> Screen:
    return read_image(drawn(profile, text))


@every_brand
def test_the_key_revision_of_the_annex_is_read(profile: Profile) -> None:
    for krn, kt in itertools.product(KRN_VALUES, KT_VALUES):
        reading = read_krn(
            shown(profile, KRN_LINES[profile.name].format(krn=krn, kt=kt)), profile.krn_patterns
        )
        assert reading is not None
        assert (reading.krn, reading.kt) == (krn, kt if profile.kt_shown else None)


@every_brand
def test_the_plain_spelling_is_that_of_the_annex(profile: Profile) -> None:
    line = KRN_LINES[profile.name].format(krn=2, kt=2)
    for k_mask in K_SHAPES.values():
        reading = read_krn(read_image(drawn(profile, line, k_mask)), profile.krn_patterns)
        assert reading is not None
        assert reading.text == line


@every_brand
@pytest.mark.parametrize("k_shape", K_SHAPES)
def test_one_wrong_segment_never_makes_another_key_revision(profile: Profile, k_shape: str) -> None:
    for krn, kt in itertools.product(KRN_VALUES, KT_VALUES):
        right = drawn(profile, KRN_LINES[profile.name].format(krn=krn, kt=kt), K_SHAPES[k_shape])
        truth = read_krn(read_image(right), profile.krn_patterns)
        assert truth is not None
        for changed in one_segment_changes(right):
            assert read_krn(read_image(changed), profile.krn_patterns) in (None, truth)


@every_brand
def test_lines_of_krn_1_are_never_read_as_krn_2(profile: Profile) -> None:
    lines = [line.format(krn=1, kt=2) for line in KRN_LINES.values()]
    for line in lines:
        if len(line) <= profile.glass.cells:
            reading = read_krn(shown(profile, line), profile.krn_patterns)
            assert reading is None or reading.krn == 1


@every_brand
def test_lines_of_other_brands_are_not_taken_for_ones_own(profile: Profile) -> None:
    own = KRN_LINES[profile.name]
    for line in set(KRN_LINES.values()) - {own}:
        text = line.format(krn=2, kt=2)
        if len(text) <= profile.glass.cells:
            assert read_krn(shown(profile, text), profile.krn_patterns) is None


@every_brand
@pytest.mark.parametrize(
    "text", ["2.0", "2.2", "22", "04", "2 2", "BENAR", "GAGAL", "13.9", "2-", "-2", "KRN2", "KT2 2", "02"]
)
def test_other_lines_are_no_key_revision(profile: Profile, text: str) -> None:
    assert read_krn(shown(profile, text), profile.krn_patterns) is None


@every_brand
def test_the_class_1_number_is_read_on_every_glass(profile: Profile) -> None:
    reading = read_class1_krn(shown(profile, "2.2"), profile.krn_number_patterns)
    assert reading is not None
    assert (reading.krn, reading.kt) == (2, 2)


@every_brand
def test_idle_credit_is_a_credit_and_no_answer(profile: Profile) -> None:
    screen = shown(profile, "13.9")
    assert read_credit(screen) == 139
    assert read_result(screen, profile.texts) is None


def answers(profile: Profile) -> list[tuple[str, str]]:
    return [
        (answer, line.format(n=2, seconds="0040") if "{" in line else line)
        for answer, lines in profile.texts.items()
        for line in lines
    ]


@every_brand
def test_every_text_means_its_answer_on_this_glass(profile: Profile) -> None:
    for answer, line in answers(profile):
        result = read_result(shown(profile, line), profile.texts)
        assert result is not None, line
        assert result.answer == answer


@every_brand
def test_one_wrong_segment_never_turns_an_answer_into_another(profile: Profile) -> None:
    for answer, line in answers(profile):
        for changed in one_segment_changes(drawn(profile, line)):
            result = read_result(read_image(changed), profile.texts)
            assert result is None or result.answer == answer


@every_brand
def test_lamp_test_and_dark_glass_are_no_answer(profile: Profile) -> None:
    blank = bytearray(drawn(profile, ""))
    lit = blank[:6] + b"\xff" * (len(blank) - 6)
    for picture in (bytes(blank), bytes(lit)):
        screen = read_image(picture)
        assert read_krn(screen, profile.krn_patterns) is None
        assert read_result(screen, profile.texts) is None
