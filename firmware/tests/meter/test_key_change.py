"""The key change's laws: sets of two, three and four sections, order, time-out, key types, rollover."""

from __future__ import annotations

import itertools

import pytest
from metersim.sts import codec
from tests.meter import mint
from tests.meter.desk import Desk
from tests.meter.typist import Typist


def test_the_old_key_stays_until_the_set_is_complete() -> None:
    desk = Desk()
    first, second = mint.key_change()
    assert desk.result(first) == "1stKCT"
    assert desk.registers.krn == 1
    assert desk.result(mint.credit()) == "Accept"
    assert desk.result(second) == "2ndKCT"
    assert (desk.registers.krn, desk.registers.kt, desk.registers.key) == (2, 2, mint.NEW_KEY)


def test_a_credit_token_between_two_sections_does_not_disturb_them() -> None:
    desk = Desk()
    first, second = mint.key_change()
    desk.enter(first)
    desk.enter(mint.credit())
    assert desk.result(second) == "2ndKCT"


@pytest.mark.parametrize(
    ("ea", "extra"),
    [(7, {}), (7, {"sgc": 123457}), (11, {})],
    ids=["two sections", "three sections", "four sections"],
)
def test_every_order_of_a_set_gives_the_same_key_and_names_results_by_arrival(
    ea: int, extra: dict[str, int]
) -> None:
    new_key = mint.NEW_KEY if ea == 7 else mint.NEW_KEY_128
    tokens = mint.key_change(new_key, mint.KEY if ea == 7 else mint.KEY_128, **extra)
    names = ["1stKCT", "2ndKCT", "3rdKCT", "4thKCT"][: len(tokens)]
    for order in itertools.permutations(tokens):
        desk = Desk(mint.meter(ea=ea))
        assert [desk.result(digits) for digits in order] == names
        assert desk.registers.key == new_key
        assert (desk.registers.krn, desk.registers.ken, desk.registers.ti) == (2, 255, "01")


def test_two_sections_leave_the_supply_group_at_zero_and_more_carry_it() -> None:
    two = Desk()
    three = Desk(mint.meter(sgc="123456"))
    four = Desk(mint.meter(ea=11))
    for desk, tokens in (
        (two, mint.key_change()),
        (three, mint.key_change(sgc=123457)),
        (four, mint.key_change(mint.NEW_KEY_128, mint.KEY_128)),
    ):
        for digits in tokens:
            desk.enter(digits)
    assert [desk.registers.sgc for desk in (two, three, four)] == ["000000", "123457", "123457"]


def test_a_section_given_twice_counts_once() -> None:
    desk = Desk()
    first, second = mint.key_change()
    assert [desk.result(digits) for digits in (first, first, second)] == ["1stKCT", "1stKCT", "2ndKCT"]


def test_after_the_change_the_same_sections_are_crc_errors() -> None:
    desk = Desk()
    tokens = mint.key_change()
    for digits in tokens:
        desk.enter(digits)
    assert [desk.result(digits) for digits in tokens] == ["CRCError", "CRCError"]


def test_halves_of_two_sets_make_a_key_that_nobody_knows() -> None:
    desk = Desk()
    desk.enter(mint.key_change()[0])
    assert desk.result(mint.key_change(bytes(8))[1]) == "2ndKCT"
    assert desk.registers.key == mint.NEW_KEY[:4] + bytes(4)
    assert desk.result(mint.credit(tid=5, key=mint.NEW_KEY)) == "CRCError"


def test_rollover_clears_the_memory_and_moves_to_the_next_base_date() -> None:
    desk = Desk(mint.meter(credit_tenths=77))
    for digits in mint.key_change(ro=1):
        desk.enter(digits)
    registers = desk.registers
    assert (registers.tids, registers.tid_fill, registers.base_date, registers.credit_tenths) == (
        [],
        0,
        2014,
        77,
    )
    assert desk.result(mint.credit(tid=3721461, key=mint.NEW_KEY)) == "Accept"


def test_without_the_rollover_bit_a_token_of_the_new_base_date_is_old() -> None:
    desk = Desk()
    for digits in mint.key_change(ro=0):
        desk.enter(digits)
    assert desk.registers.base_date == 1993
    assert desk.result(mint.credit(tid=3721461, key=mint.NEW_KEY)) == "Old"


def test_the_last_base_date_has_none_after_it() -> None:
    desk = Desk(mint.meter(base_date=2035))
    for digits in mint.key_change(ro=1):
        desk.enter(digits)
    assert desk.registers.base_date == 2035


def test_rollover_to_the_key_in_use_is_refused_and_clears_nothing() -> None:
    desk = Desk()
    desk.enter(mint.credit())
    results = [desk.result(digits) for digits in mint.key_change(mint.KEY, ro=1)]
    assert results == ["1stKCT", "RangeError"]
    assert desk.registers.krn == 1
    assert desk.registers.tids == [mint.TID]


@pytest.mark.parametrize(
    ("kt", "new_kt", "result"),
    [
        (2, 2, "1stKCT"),
        (2, 1, "1stKCT"),
        (2, 0, "KeyTypeError"),
        (2, 3, "KeyTypeError"),
        (1, 2, "1stKCT"),
        (1, 1, "1stKCT"),
        (1, 0, "KeyTypeError"),
        (0, 2, "1stKCT"),
        (0, 3, "KeyTypeError"),
    ],
)
def test_a_key_may_only_be_followed_by_certain_key_types(kt: int, new_kt: int, result: str) -> None:
    assert Desk(mint.meter(kt=kt)).result(mint.key_change(kt=new_kt)[0]) == result


@pytest.mark.parametrize("krn", [0, 10, 15])
def test_a_key_revision_outside_1_to_9_is_a_range_error(krn: int) -> None:
    block = codec.SECTION_1 << 60 | 0xF << 56 | krn << 52 | 2 << 48 | 0xFEDCBA98 << 16
    assert Desk().result(mint.raw_section(block)) == "RangeError"


def test_a_tariff_index_above_99_is_a_range_error() -> None:
    block = codec.SECTION_2 << 60 | 0xF << 56 | 100 << 48 | 0x76543210 << 16
    assert Desk().result(mint.raw_section(block)) == "RangeError"


def test_a_fourth_section_means_nothing_to_a_64_bit_meter() -> None:
    block = codec.SECTION_4 << 60 | 1 << 16
    assert Desk().result(mint.raw_section(block)) == "FunctionError"


def test_a_third_section_after_a_first_that_asks_for_none_is_refused() -> None:
    desk = Desk()
    desk.enter(mint.key_change()[0])
    assert desk.result(mint.raw_section(codec.SECTION_3 << 60 | 1 << 16)) == "FunctionError"


def test_a_brand_that_knows_two_sections_refuses_the_third() -> None:
    desk = Desk(settings="0,1,2,3,4,5")
    assert desk.result(mint.key_change(sgc=123457)[2]) == "FunctionError"


@pytest.mark.parametrize(("brand", "result", "krn"), [("hexing", "1stKCT", 1), ("itron", "2ndKCT", 2)])
def test_a_section_is_forgotten_after_ten_minutes_where_the_brand_has_that(
    brand: str, result: str, krn: int
) -> None:
    typist = Typist(brand, mint.meter(brand))
    first, second = mint.key_change()
    typist.enter(first)
    typist.wait(601000)
    row = typist.enter(second)
    assert (row["result"], row["krn"]) == (result, krn)


def test_a_section_of_nearly_ten_minutes_still_counts() -> None:
    typist = Typist("hexing", mint.meter())
    first, second = mint.key_change()
    typist.enter(first)
    typist.wait(590000)
    assert typist.enter(second)["result"] == "2ndKCT"


def test_a_waiting_section_and_its_age_are_in_the_state() -> None:
    typist = Typist("hexing", mint.meter())
    first, second = mint.key_change()
    typist.enter(first)
    typist.wait(300000)
    typist.enter(mint.credit())
    (row,) = typist.state["pending_sections"]
    assert 300 <= row["age_s"] < 310
    again = Typist("hexing", typist.state)
    again.wait(310000)
    assert again.enter(second)["result"] == "1stKCT"


def test_a_waiting_section_survives_a_restart() -> None:
    typist = Typist("hexing", mint.meter())
    first, second = mint.key_change()
    typist.enter(first)
    again = Typist("hexing", typist.state)
    assert again.enter(second)["result"] == "2ndKCT"
    assert again.state["pending_sections"] == []


def test_a_meter_whose_sections_do_not_survive_power_forgets_them() -> None:
    laws = {"sections_survive_power": False}
    typist = Typist("generic", mint.meter("generic", laws=laws))
    first, second = mint.key_change()
    typist.enter(first)
    assert Typist("generic", typist.state).enter(second)["result"] == "1stKCT"


def test_clous_glass_names_the_section_that_is_awaited() -> None:
    first, second = mint.key_change()
    typist = Typist("sanxing", mint.meter("sanxing"))
    typist.enter(first)
    assert typist.text() == "PLS 2nd"
    typist.enter(second)
    assert typist.text() == "BENAR"
    typist = Typist("sanxing", mint.meter("sanxing"))
    typist.enter(second)
    assert typist.text() == "PLS 1St"
