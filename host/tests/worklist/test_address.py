"""Addresses in the order of a round."""

from __future__ import annotations

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from kctrig.worklist.address import place_of, starts_with

IN_ORDER = [
    "Jl. 17 Agustus 5",
    "Jl. 17 Agustus No. 12",
    "Jl. Anggrek No. 1 RT 001/RW 001",
    "Jl. Kenanga Blok A No. 2",
    "Jl. Kenanga Blok A No. 11",
    "Jl. Kenanga Blok B No. 1",
    "Jl. Melati",
    "Jl. Melati No. 2 RT 001/RW 003",
    "Jalan Melati No. 2 RT.02/03",
    "JLN MELATI NO 2 RT/RW 010/003",
    "Jl. Melati No. 2A",
    "Jl. Melati No. 2B",
    "Jl. Melati 9",
    "Jl. Melati No. 10",
    "Jl. Melati No.100",
    "Jl. Melati II No. 1",
    "Jl. Melati III No. 1",
    "Jl. Melati IV No. 1",
    "Jl. Melati IX No. 1",
    "Jl. Melati X No. 1",
    "Jl. Raya Km 3 No. 7",
    "Jl. Raya Km 12 No. 1",
    "",
]


def test_a_round_goes_street_by_street_house_by_house_and_number_two_comes_before_ten() -> None:
    mixed = [*IN_ORDER]
    random.Random(4).shuffle(mixed)
    assert sorted(mixed, key=place_of) == IN_ORDER


@pytest.mark.parametrize(
    ("address", "rt", "rw"),
    [
        ("Jl. A No. 1 RT 003/RW 005", 3, 5),
        ("Jl. A No. 1 RT.03 RW.05", 3, 5),
        ("Jl. A No. 1 RT 03/05", 3, 5),
        ("Jl. A No. 1 RT/RW 003/005", 3, 5),
        ("Jl. A No. 1, RT.003/RW.005, Kel. Baleendah", 3, 5),
        ("RT03 RW05 Jl. A No. 1", 3, 5),
        ("Jl. A No. 1 RW 5", 0, 5),
        ("Jl. Artha No. 1", 0, 0),
    ],
)
def test_rt_and_rw_are_read_in_every_form(address: str, rt: int, rw: int) -> None:
    place = place_of(address)
    assert (place.number, place.rt, place.rw) == (1, rt, rw)


def test_the_kelurahan_is_no_house_number() -> None:
    assert place_of("Jl. Melati No. 7 Kel. Sukamaju 2").number == 7
    assert place_of("Jl. Melati 7 Kel. Sukamaju 2").number == 7


def test_rt_rw_and_number_are_compared_as_numbers_whatever_zeros_stand_before_them() -> None:
    assert place_of("Jl. A No. 007 RT 02/03") == place_of("JALAN A NOMOR 7 RT 002/RW 003")


@pytest.mark.parametrize(
    ("address", "beginning", "fits"),
    [
        ("Jl. Melati No. 10", "jalan melati", True),
        ("JLN MELATI 10", "Jl. Melati No. 10", True),
        ("Jl. Melati No. 10", "Jl. Melati No. 1", False),
        ("Jl. Melatiwangi No. 1", "Jl. Melati", False),
        ("", "Jl. Melati", False),
        ("Jl. Melati", "", True),
    ],
)
def test_a_beginning_is_a_beginning_in_words(address: str, beginning: str, fits: bool) -> None:
    assert starts_with(address, beginning) is fits


@settings(deadline=None)
@given(st.lists(st.text() | st.text(alphabet="Jl. No12RTW/IVXabc "), max_size=6))
def test_any_texts_can_be_sorted(addresses: list[str]) -> None:
    assert len(sorted(addresses, key=place_of)) == len(addresses)
