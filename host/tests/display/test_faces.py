from __future__ import annotations

import itertools

import pytest
from kctrig.display.faces import DIGITS, FACES, SEVEN_SEGMENT_FACE, Face, segments
from kctrig.display.match import KRN_VALUES, KT_VALUES
from rigwire import glass
from tests.display.glasses import FOURTEEN, MATRIX_ROWS, SEVEN, matrix_mask

every_face = pytest.mark.parametrize("face", FACES.values(), ids=["seven", "fourteen", "matrix"])


def segments_apart(face: Face, one: str, other: str) -> int:
    return min((a ^ b).bit_count() for a in face.masks[one] for b in face.masks[other])


@every_face
def test_no_mask_draws_two_digits(face: Face) -> None:
    for one, other in itertools.combinations(sorted(DIGITS), 2):
        assert not face.masks[one] & face.masks[other]


@every_face
def test_key_revisions_and_key_types_are_at_least_two_segments_apart(face: Face) -> None:
    for values in (KRN_VALUES, KT_VALUES):
        for one, other in itertools.combinations(sorted(values), 2):
            assert segments_apart(face, str(one), str(other)) >= 2


def test_one_and_two_differ_in_five_of_seven_segments() -> None:
    assert segments_apart(SEVEN_SEGMENT_FACE, "1", "2") == 5


@every_face
def test_every_ambiguous_pair_is_a_digit_and_a_letter_or_two_letters(face: Face) -> None:
    for characters in face.characters.values():
        assert len(characters & DIGITS) <= 1
        assert len(characters) == 1 or not characters & {" ", "-", "."}


def test_seven_segment_pairs_that_share_a_mask_are_the_known_ones() -> None:
    shared = {
        frozenset(pair)
        for characters in SEVEN_SEGMENT_FACE.characters.values()
        for pair in itertools.combinations(sorted(characters), 2)
    }
    for pair in ("2Z", "5S", "0O", "1I", "6B", "9G", "8B", "HK", "UV"):
        assert frozenset(pair) in shared


@pytest.mark.parametrize("shape", ["bcefg", "cefg", "acefg"])
def test_k_may_be_drawn_in_three_ways(shape: str) -> None:
    assert "K" in SEVEN_SEGMENT_FACE.read(segments(shape))


@pytest.mark.parametrize(
    ("character", "shape"),
    [("7", "abc"), ("7", "abcf"), ("9", "abcdfg"), ("9", "abcfg"), ("6", "acdefg"), ("6", "cdefg")],
)
def test_digits_with_two_shapes_are_read_in_both(character: str, shape: str) -> None:
    assert SEVEN_SEGMENT_FACE.read(segments(shape)) & DIGITS == {character}


def test_an_unlisted_mask_is_no_character_not_the_nearest_one() -> None:
    two_without_its_foot = segments("abeg")
    assert SEVEN_SEGMENT_FACE.read(two_without_its_foot) == frozenset()


def test_shapes_are_those_drawn_by_hand() -> None:
    for character, mask in SEVEN.items():
        assert character in FACES[glass.SEVEN_SEGMENT].read(mask)
    for character, mask in FOURTEEN.items():
        assert character in FACES[glass.FOURTEEN_SEGMENT].read(mask)
    for character, rows in MATRIX_ROWS.items():
        assert character in FACES[glass.DOT_MATRIX].read(matrix_mask(rows))


def test_fourteen_segments_share_no_mask() -> None:
    assert all(len(found) == 1 for found in FACES[glass.FOURTEEN_SEGMENT].characters.values())
