"""What tokens do on the meter: every result, the order of the checks, every class and subclass."""

from __future__ import annotations

import pytest
from metersim import brands
from metersim.decoder import result_number
from metersim.sts.tid import tid_of
from tests.meter import mint
from tests.meter.desk import Desk


def test_results_are_numbered_as_the_table_says() -> None:
    names = [
        "Accept",
        "1stKCT",
        "2ndKCT",
        "OverflowError",
        "KeyTypeError",
        "FormatError",
        "RangeError",
        "FunctionError",
    ]
    names += ["Old", "Used", "KeyExpiredError", "DDTKError", "CRCError", "MfrCodeError", "LockoutActive"]
    names += ["StatusNotReady"]
    assert [result_number(name) for name in names] == list(range(1, 17))
    assert result_number("3rdKCT") == 0


def test_credit_is_added_and_its_identifier_kept() -> None:
    desk = Desk()
    outcome = desk.enter(mint.credit(139))
    assert (outcome.result, outcome.added_tenths, desk.registers.credit_tenths) == ("Accept", 139, 139)
    assert desk.registers.tids == [mint.TID]


def test_the_same_token_again_is_used_and_changes_nothing() -> None:
    desk = Desk()
    desk.enter(mint.credit(139))
    assert desk.result(mint.credit(139)) == "Used"
    assert desk.registers.credit_tenths == 139


def test_another_token_of_the_same_minute_is_used_too() -> None:
    desk = Desk()
    desk.enter(mint.credit(139))
    assert desk.result(mint.credit(50)) == "Used"


def test_a_token_older_than_every_identifier_in_memory_is_old() -> None:
    assert Desk().result(mint.credit(tid=13148639)) == "Old"
    assert Desk().result(mint.credit(tid=13148640)) == "Used"
    assert Desk().result(mint.credit(tid=13148641)) == "Accept"


def test_the_memory_keeps_fifty_identifiers_and_gives_up_the_smallest() -> None:
    desk = Desk()
    for tid in range(mint.TID, mint.TID + 50):
        assert desk.result(mint.credit(1, tid=tid)) == "Accept"
    assert desk.result(mint.credit(tid=mint.TID - 1)) == "Old"
    assert desk.result(mint.credit(tid=mint.TID)) == "Used"
    assert desk.result(mint.credit(1, tid=mint.TID + 50)) == "Accept"
    assert desk.result(mint.credit(tid=mint.TID)) == "Old"
    assert len(desk.registers.tids) == 50


def test_a_token_older_than_others_is_taken_while_the_memory_has_smaller_ones() -> None:
    desk = Desk()
    desk.enter(mint.credit(tid=mint.TID + 10))
    assert desk.result(mint.credit(tid=mint.TID)) == "Accept"


def test_the_reserved_minute_is_taken_as_any_other() -> None:
    desk = Desk()
    assert desk.result(mint.credit(tid=tid_of(2021, 1, 26, 0, 1, 1993))) == "Accept"


def test_a_lab_may_let_the_reserved_minute_be_refused_with_a_range_error() -> None:
    desk = Desk(reserved_minute_taken=False)
    assert desk.result(mint.credit(tid=tid_of(2021, 1, 26, 0, 1, 1993))) == "RangeError"
    assert desk.result(mint.credit(tid=tid_of(2021, 1, 26, 0, 2, 1993))) == "Accept"


@pytest.mark.parametrize("digits", ["73786976294838206464", "99999999999999999999", "1234567890123456789"])
def test_what_is_no_token_is_a_format_error(digits: str) -> None:
    assert Desk().result(digits) == "FormatError"


def test_a_wrong_key_a_wrong_digit_and_another_meters_token_are_all_crc_errors() -> None:
    token = mint.credit()
    for at in range(1, 20):
        wrong_digit = token[:at] + str((int(token[at]) + 1) % 10) + token[at + 1 :]
        assert Desk().result(wrong_digit) == "CRCError"
    assert Desk().result(mint.credit(key=mint.NEW_KEY)) == "CRCError"


def test_credit_under_a_default_key_is_a_ddtk_error_and_settings_are_not() -> None:
    desk = Desk(mint.meter(kt=1))
    assert desk.result(mint.credit()) == "DDTKError"
    assert desk.result(mint.setting(1)) == "Accept"


def test_a_token_beyond_the_key_expiry_number_is_expired() -> None:
    ken = mint.TID >> 16
    assert Desk(mint.meter(ken=ken)).result(mint.credit()) == "Accept"
    assert Desk(mint.meter(ken=ken - 1)).result(mint.credit()) == "KeyExpiredError"
    assert Desk(mint.meter(ken=ken - 1)).result(mint.setting(5)) == "KeyExpiredError"


def test_an_expired_key_still_takes_a_key_change() -> None:
    assert Desk(mint.meter(ken=0)).result(mint.key_change()[0]) == "1stKCT"


def test_credit_that_would_overflow_the_register_is_refused_and_may_come_again() -> None:
    desk = Desk(max_credit_tenths=200)
    assert desk.result(mint.credit(139)) == "Accept"
    assert desk.result(mint.credit(139, tid=mint.TID + 1)) == "OverflowError"
    assert desk.registers.credit_tenths == 139
    desk.registers.credit_tenths = 0
    assert desk.result(mint.credit(139, tid=mint.TID + 1)) == "Accept"


@pytest.mark.parametrize("subclass", [1, 2, 3])
def test_a_meter_takes_only_its_own_kind_of_credit(subclass: int) -> None:
    token = mint.credit(subclass=subclass)
    assert Desk().result(token) == "FunctionError"
    assert Desk(credit_kinds=str(subclass)).result(token) == "Accept"


@pytest.mark.parametrize("subclass", [4, 5, 6, 7])
def test_credit_in_currency_goes_to_its_own_register(subclass: int) -> None:
    token = mint.money(1500024, subclass=subclass)
    assert Desk().result(token) == "FunctionError"
    desk = Desk(credit_kinds=str(subclass))
    assert desk.result(token) == "Accept"
    assert (desk.registers.money_e5, desk.registers.credit_tenths) == (1500024, 0)


def test_too_much_currency_overflows() -> None:
    assert Desk(credit_kinds="4", max_money_e5=100).result(mint.money(1500024)) == "OverflowError"


@pytest.mark.parametrize("subclass", [8, 11, 15])
def test_reserved_credit_subclasses_are_function_errors(subclass: int) -> None:
    assert Desk().result(mint.reserved(0, subclass)) == "FunctionError"


@pytest.mark.parametrize("subclass", [10, 11, 15])
def test_reserved_and_proprietary_settings_are_function_errors(subclass: int) -> None:
    assert Desk().result(mint.reserved(2, subclass)) == "FunctionError"


def test_the_reserved_class_3_is_never_authenticated() -> None:
    assert Desk().result("%020d" % (3 << 27)) == "CRCError"


def test_the_power_limit_is_set() -> None:
    desk = Desk()
    assert desk.result(mint.setting(0, 2200)) == "Accept"
    assert desk.registers.power_limit_w == 2200


@pytest.mark.parametrize(
    ("register", "result"),
    [(0, "Accept"), (0xFFFF, "Accept"), (1, "FunctionError"), (6, "FunctionError"), (7, "RangeError")],
)
def test_credit_is_cleared_by_its_register_or_by_all(register: int, result: str) -> None:
    desk = Desk(mint.meter(credit_tenths=500))
    assert desk.result(mint.setting(1, register)) == result
    assert desk.registers.credit_tenths == (0 if result == "Accept" else 500)


def test_the_tariff_rate_is_set() -> None:
    desk = Desk()
    assert desk.result(mint.setting(2, 17)) == "Accept"
    assert desk.registers.tariff_rate == 17


def test_tamper_is_cleared() -> None:
    desk = Desk(mint.meter(tampered=True))
    assert desk.result(mint.setting(5)) == "Accept"
    assert desk.registers.tampered is False


@pytest.mark.parametrize(("subclass", "register"), [(6, "phase_unbalance_limit_w"), (7, "water_factor")])
def test_phase_unbalance_and_water_factor_are_set_where_the_meter_has_them(
    subclass: int, register: str
) -> None:
    assert Desk().result(mint.setting(subclass, 42)) == "FunctionError"
    desk = Desk(settings="6,7")
    assert desk.result(mint.setting(subclass, 42)) == "Accept"
    assert getattr(desk.registers, register) == 42


def test_an_accepted_setting_is_used_the_second_time() -> None:
    desk = Desk()
    desk.enter(mint.setting(0, 2200))
    assert desk.result(mint.setting(0, 2200)) == "Used"


def test_a_refused_token_leaves_its_identifier_free() -> None:
    desk = Desk()
    desk.enter(mint.setting(7, 42))
    assert desk.result(mint.credit()) == "Accept"


def test_in_the_tamper_condition_only_clear_tamper_and_clear_credit_are_taken() -> None:
    desk = Desk(mint.meter(tampered=True))
    assert desk.result(mint.credit()) == "StatusNotReady"
    assert desk.result(mint.key_change()[0]) == "StatusNotReady"
    assert desk.result(mint.setting(0, 2200)) == "StatusNotReady"
    assert desk.result(mint.setting(1)) == "Accept"
    assert desk.result(mint.setting(5, tid=mint.TID + 1)) == "Accept"
    assert desk.result(mint.credit(tid=mint.TID + 2)) == "Accept"


def test_the_tamper_condition_is_no_refusal_to_the_lockout() -> None:
    desk = Desk(mint.meter(tampered=True))
    for _ in range(5):
        desk.enter(mint.credit())
    assert desk.lockout.refused == 0


def test_class_1_asks_for_the_tests_of_its_bits() -> None:
    desk = Desk()
    assert desk.enter(mint.show_token(0b1000)).tests == (4,)
    assert desk.enter(mint.show_token(1 << 17 | 1 << 3)).tests == (4, 18)


def test_class_1_with_no_bit_asks_for_every_test() -> None:
    assert desk_tests(0) == tuple(brands.numbers(brands.load("generic").tests))


def test_class_1_with_all_36_bits_asks_for_the_tests_that_the_meter_has() -> None:
    assert desk_tests(0xFFFFFFFFF) == tuple(brands.numbers(brands.load("generic").tests))


def desk_tests(control: int) -> tuple[int, ...]:
    """The tests that a class 1 token with these bits asks for."""
    return Desk().enter(mint.show_token(control)).tests


def test_a_test_that_the_meter_has_not_is_a_function_error() -> None:
    assert Desk().result(mint.show_token(1 << 11)) == "FunctionError"


def test_class_1_of_another_maker_is_a_maker_code_error() -> None:
    assert Desk().result(mint.show_token(8, maker=7)) == "MfrCodeError"
    assert Desk(mint.meter(maker=7)).result(mint.show_token(8, maker=7)) == "Accept"


def test_class_1_with_a_wrong_digit_is_a_crc_error() -> None:
    assert Desk().result("18446744073843772417") == "CRCError"


def test_the_other_maker_code_form_is_taken_only_where_the_meter_takes_both() -> None:
    assert Desk().result(mint.show_token(8, four=True)) == "Accept"
    assert Desk(any_maker_form=False).result(mint.show_token(8, four=True)) == "FunctionError"
    assert Desk(any_maker_form=False, maker_digits=4).result(mint.show_token(8, four=True)) == "Accept"
    assert Desk(any_maker_form=False, maker_digits=4).result(mint.show_token(8)) == "FunctionError"


def test_a_proprietary_class_1_number_is_a_function_error() -> None:
    assert Desk().result("12754194144864505970") == "FunctionError"


def test_an_accepted_class_1_number_does_not_forgive_refusals() -> None:
    desk = Desk()
    desk.enter(mint.credit(key=mint.NEW_KEY))
    desk.enter(mint.show_token(8))
    assert desk.lockout.refused == 1
    desk.enter(mint.credit())
    assert desk.lockout.refused == 0


def test_used_and_old_count_as_refusals() -> None:
    desk = Desk()
    desk.enter(mint.credit())
    desk.enter(mint.credit())
    desk.enter(mint.credit(tid=5))
    assert desk.lockout.refused == 2


def test_while_locked_only_class_1_is_taken_and_tries_do_not_count() -> None:
    desk = Desk()
    for _ in range(3):
        assert desk.result(mint.credit(key=mint.NEW_KEY)) == "CRCError"
    assert desk.result(mint.credit()) == "LockoutActive"
    assert desk.result("99999999999999999999") == "LockoutActive"
    assert desk.result(mint.show_token(8)) == "Accept"
    assert desk.lockout.refused == 3
    assert desk.result(mint.credit(), 10000) == "Accept"


def test_checks_go_from_crc_to_key_type_to_expiry_to_identifier_to_function() -> None:
    wrong_all = mint.meter(kt=1, ken=0)
    water = mint.credit(subclass=1, tid=mint.TID, key=mint.NEW_KEY)
    assert Desk(wrong_all).result(water) == "CRCError"
    assert Desk(wrong_all).result(mint.credit(subclass=1)) == "DDTKError"
    assert Desk(mint.meter(ken=0)).result(mint.credit(subclass=1)) == "KeyExpiredError"
    assert Desk().result(mint.credit(subclass=1, tid=5)) == "Old"
    assert Desk().result(mint.credit(subclass=1)) == "FunctionError"


def test_the_last_five_credits_and_three_technical_tokens_are_remembered() -> None:
    desk = Desk()
    credits = [mint.credit(10 + i, tid=mint.TID + i) for i in range(6)]
    settings = [mint.setting(0, 100 + i, tid=mint.TID + 100 + i) for i in range(4)]
    for digits in credits + settings:
        desk.enter(digits)
    assert [row[0] for row in desk.registers.credits] == credits[:0:-1]
    assert [row[0] for row in desk.registers.technicals] == settings[:0:-1]
    assert (desk.registers.credit_count, desk.registers.technical_count) == (6, 4)
