"""Published answers, written here by hand, and second implementations of small parts."""

from datetime import datetime, timedelta

import crcmod.predefined
import pytest
from metersim.sts import amount, build, codec, crc, tid
from metersim.sts.ea07 import INVERSE_PERMUTATION, PERMUTATION, S_BOX_1, S_BOX_2
from metersim.sts.misty1 import S7, S9
from metersim.sts.token import masked, parse


def test_the_published_token_of_the_sample_tables_decodes() -> None:
    # facts/sts.md section 0: with operative tables the same key and block give another number
    token = codec.decode("51043465443420856213", bytes.fromhex("0abc12def3456789"), 7)
    assert (token.crc_ok, token.block) == (True, 0x0B19EB230100C207)
    assert (token.rnd, token.tid, token.amount_tenths) == (11, 1698595, 256)


@pytest.mark.parametrize(
    ("digits", "test_number"),
    [
        ("00000000000150997584", 1),
        ("00000000000167774880", 2),
        ("00000000000201328896", 3),
        ("18446744073843772416", 4),
        ("36893488147553322496", 5),
        ("00000000001207974400", 7),
    ],
)
def test_the_numbers_in_makers_manuals_are_the_class_1_tests(digits: str, test_number: int) -> None:
    token = codec.decode(digits, b"", 7)
    assert (token.token_class, token.crc_ok, token.control, token.mfr_code) == (
        1,
        True,
        1 << test_number - 1,
        0,
    )
    assert codec.encode(*build.initiate_test(1 << test_number - 1)) == digits


def test_the_tables_are_permutations_and_the_two_boxes_undo_each_other() -> None:
    assert sorted(PERMUTATION) == list(range(64))
    assert [PERMUTATION[INVERSE_PERMUTATION[bit]] for bit in range(64)] == list(range(64))
    assert [S_BOX_1[S_BOX_2[value]] for value in range(16)] == list(range(16))
    assert sorted(S7) == list(range(128))
    assert sorted(S9) == list(range(512))


def test_the_crc_is_crc_16_modbus_with_its_bytes_swapped() -> None:
    modbus = crcmod.predefined.mkCrcFun("modbus")
    for data in (b"", b"\x00\x0b\x19\xeb\x23\x01\x00", bytes(range(50))):
        plain = modbus(data)
        assert crc.crc_of_bytes(data) == (plain & 255) << 8 | plain >> 8
    assert crc.crc_of_bytes(bytes.fromhex("000B19EB230100")) == 0xC207


@pytest.mark.parametrize(("subclass", "appended"), [(3, b""), (4, b"\x01"), (7, b"\x01"), (8, b"")])
def test_money_has_its_own_crc(subclass: int, appended: bytes) -> None:
    block = subclass << 60 | 0x0123456789A << 16
    data = b"\x00" + (block >> 16).to_bytes(6, "big") + appended
    assert crc.crc_of_block(0, block) == crc.crc_of_bytes(data)
    assert crc.crc_of_block(2, block) == crc.crc_of_bytes(b"\x02" + data[1:7])


def test_money_keeps_sign_and_exponent_where_units_keep_the_random_number() -> None:
    token = codec.decode(codec.encode(*build.currency_credit(4, -(10**12), 5), bytes(8)), bytes(8), 7)
    assert (token.crc_ok, token.rnd, token.amount_tenths) == (True, None, None)
    assert token.amount_e5 is not None
    assert -(10**12) * 1001 // 1000 <= token.amount_e5 <= -(10**12)


@pytest.mark.parametrize("tenths", [-1, amount.MAX_TENTHS + 1])
def test_an_amount_that_no_token_holds_is_refused(tenths: int) -> None:
    with pytest.raises(amount.AmountRangeError, match="a token holds 0 to 18201624"):
        amount.field_of_tenths(tenths)


@pytest.mark.parametrize("base", tid.BASE_DATES)
def test_token_time_agrees_with_datetime(base: int) -> None:
    for minutes in (*range(0, tid.MAX_TID, 99991), tid.MAX_TID):
        moment = datetime(base, 1, 1) + timedelta(minutes=minutes)
        parts = (moment.year, moment.month, moment.day, moment.hour, moment.minute)
        assert tid.date_of(minutes, base) == parts
        assert tid.tid_of(*parts, base) == minutes


def test_a_moment_after_the_last_minute_names_the_span_of_the_base_date() -> None:
    with pytest.raises(tid.TokenTimeError, match="1993-01-01 00:00 to 2024-11-24 20:15"):
        tid.tid_of(2024, 11, 24, 20, 16, 1993)


@pytest.mark.parametrize(
    "date", [(2023, 2, 29, 0, 0), (2023, 13, 1, 0, 0), (2023, 1, 1, 24, 0), (2023, 0, 5, 0, 0)]
)
def test_what_is_no_date_is_refused(date: tuple[int, int, int, int, int]) -> None:
    with pytest.raises(ValueError, match="is no date and time"):
        tid.tid_of(*date, 2014)


def test_one_minute_past_midnight_is_reserved_and_skipped() -> None:
    assert tid.is_reserved(1440 * 7 + 1)
    assert tid.issuable(1440 * 7 + 1) == 1440 * 7 + 2
    assert tid.issuable(1440 * 7) == 1440 * 7


def test_the_largest_token_is_taken_and_the_next_number_is_not() -> None:
    assert parse("73786976294838206463") == 2**66 - 1
    with pytest.raises(codec.NotAToken, match="above 73786976294838206463"):
        parse("73786976294838206464")


@pytest.mark.parametrize(
    "digits", ["1234567890123456789٣", "+1234567890123456789", " 1234567890123456789", "1_34567890123456789_"]
)
def test_characters_that_int_would_take_are_no_digits(digits: str) -> None:
    with pytest.raises(codec.NotAToken, match="only the digits 0 to 9"):
        parse(digits)


def test_a_class_3_token_is_never_right() -> None:
    token = codec.decode("%020d" % (3 << 27), bytes(8), 7)
    assert (token.token_class, token.crc_ok) == (3, False)


def test_a_key_of_the_wrong_length_and_an_unknown_algorithm_are_refused() -> None:
    with pytest.raises(ValueError, match="8 bytes, this has 16"):
        codec.decode("0" * 20, bytes(16), 7)
    with pytest.raises(ValueError, match="16 bytes, this has 8"):
        codec.decode("0" * 20, bytes(8), 11)
    with pytest.raises(ValueError, match="algorithm 9 is not supported"):
        codec.decode("0" * 20, bytes(8), 9)


@pytest.mark.parametrize(
    "make",
    [
        lambda: build.credit(4, 1, 0, 0),
        lambda: build.credit(0, 1, 1 << 24, 0),
        lambda: build.credit(0, 1, 0, 16),
        lambda: build.currency_credit(3, 1, 0),
        lambda: build.management(3, 0, 0, 0),
        lambda: build.management(1, 0x10000, 0, 0),
        lambda: build.initiate_test(1 << 36),
        lambda: build.initiate_test(1 << 28, four_digit_maker=True),
        lambda: build.section_1(0, 256, 1, 2, 0),
        lambda: build.section_1(0, 255, 10, 2, 0),
        lambda: build.section_2(0, 255, 100),
        lambda: build.section_3(0, 1000000),
        lambda: build.key_change(bytes(8)[:7], krn=2, kt=2, ti=1),
        lambda: build.key_change(bytes(16), krn=2, kt=2, ti=1),
    ],
)
def test_a_value_too_large_for_its_field_is_refused(make: "object") -> None:
    assert callable(make)
    with pytest.raises(build.FieldRangeError):
        make()


def test_a_masked_token_shows_its_ends_only() -> None:
    assert masked("51043465443420856213") == "5104…6213"
    assert masked("510434") == "…"
