"""Decoder keys come from the public test keys, and from nothing else."""

import json
from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest
from kctrig.tokens import keys, meters
from kctrig.tokens.errors import NotATestMeterError, TokenError, VendingKeyRefusedError

SHARED = Path(__file__).resolve().parents[4] / "shared"
VECTORS = SHARED / "vectors" / "sts.json"


@pytest.mark.skipif(not VECTORS.exists(), reason="others' vectors sts.json are not here")
def test_every_published_decoder_key_follows_from_its_test_key() -> None:
    vectors = json.loads(VECTORS.read_text(encoding="utf-8"))["decoder_keys"]
    assert len(vectors) == 23
    for v in vectors:
        vending_key = bytes.fromhex(v["vending_key_hex"])
        if v["dkga"] == 2:
            assert keys.control_block(v["kt"], v["sgc"], v["ti"], v["krn"]) == v["control_block"]
            found = keys.dkga02(vending_key, v["pan_block"], v["control_block"])
        else:
            base = {code: year for year, code in keys.BASE_DATE_CODES.items()}[v["base_date_code"]]
            ea = int(v["ea_code"])
            data = keys.dkga04_input(base, ea, v["ti"], v["sgc"], v["kt"], v["krn"], v["meter_pan"])
            assert data.hex() == v["kdf_input_hex"]
            found = keys.dkga04(vending_key, data, ea)
        assert found.hex() == v["decoder_key_hex"]


@pytest.mark.skipif(not SHARED.exists(), reason="others' meters are not here")
def test_others_emulated_meters_are_test_meters_and_have_right_check_digits() -> None:
    path = SHARED / "worklists" / "meters_before.json"
    for state in json.loads(path.read_text(encoding="utf-8"))["meters"]:
        meter = meters.Meter.from_state(state)
        keys.require_test_meter(meter)
        fresh = meters.fresh_state(state["profile"], state["drn"], ti=state["ti"], sgc=state["sgc"])
        assert fresh == state


def test_a_published_key_of_each_algorithm() -> None:
    # facts/sts.md 2.4: PAN 600727000000000009 and 000001000000000082 of the compliance tests
    derive = partial(keys.decoder_key, ti="01", krn=1, kt=2, base_date=1993)
    ea07 = derive(iin="600727", drn="0" * 11, sgc="123456", ea=7)
    ea11 = derive(iin="600727", drn="0" * 11, sgc="123457", ea=11)
    long_number = derive(iin="0000", drn="0100000000008", sgc="123456", ea=7)
    assert ea07.hex() == "e653341f9d5bf36f"
    assert ea11.hex() == "f94b6ed353c3bfdb113e2d3a7ea3c41d"
    assert long_number.hex() == "e94023262e9993c2"


def test_the_pan_ends_in_its_check_digit_and_a_common_key_has_no_meter_number() -> None:
    assert keys.meter_pan("600727", "0" * 11) == "600727000000000009"
    assert keys.meter_pan("0000", "0100000000008") == "000001000000000082"
    assert keys.pan_block("600727", "00000000018", 2) == "0072700000000018"
    assert keys.pan_block("600727", "00000000018", 3) == "0072700000000000"


@pytest.mark.parametrize(
    ("iin", "drn"),
    [("600727", "18"), ("0000", "0" * 11), ("600727", "0000000001X"), ("600727", "0000000001٣")],
)
def test_a_meter_number_of_the_wrong_length_or_with_letters_is_refused(iin: str, drn: str) -> None:
    with pytest.raises(TokenError, match="expected a 6-digit IIN with 11 digits"):
        keys.meter_pan(iin, drn)


@pytest.mark.parametrize("vending_key", [b"", bytes(8), bytes(20), b"\xab" * 7, b"\xab" * 16, b"\xaa" * 8])
def test_a_vending_key_that_is_not_public_is_refused_and_the_error_says_why(vending_key: bytes) -> None:
    with pytest.raises(VendingKeyRefusedError, match="real vending keys live in security modules") as refused:
        keys.decoder_key(
            iin="600727",
            drn="0" * 11,
            sgc="123456",
            ti="01",
            krn=1,
            kt=2,
            ea=7,
            base_date=1993,
            vending_key=vending_key,
        )
    assert refused.value.effect == "nothing"
    with pytest.raises(VendingKeyRefusedError):
        keys.dkga02(vending_key, "0" * 16, "0" * 16)
    with pytest.raises(VendingKeyRefusedError):
        keys.dkga04(vending_key, b"", 11)


def test_a_meter_whose_key_is_not_from_a_test_key_is_refused() -> None:
    meter = meters.Meter.from_state(meters.fresh_state("hexing", meters.numbered(1)))
    keys.require_test_meter(meter)
    with pytest.raises(NotATestMeterError, match=r"00000000018.*security modules"):
        keys.require_test_meter(replace(meter, key=bytes(8)))
    with pytest.raises(NotATestMeterError):
        keys.require_test_meter(replace(meter, krn=2))


def test_a_meter_that_lost_its_supply_group_in_a_two_token_change_is_still_a_test_meter() -> None:
    meter = meters.Meter.from_state(meters.fresh_state("hexing", meters.numbered(1)))
    keys.require_test_meter(replace(meter, sgc="000000"))


def test_each_key_kind_takes_its_own_vending_key() -> None:
    with pytest.raises(TokenError, match="64-bit vending key"):
        keys.dkga02(keys.TEST_KEY_160, "0" * 16, "0" * 16)
    with pytest.raises(TokenError, match="160-bit vending key"):
        keys.dkga04(keys.TEST_KEY_ODD, b"", 11)
    with pytest.raises(TokenError, match="EA11 keys come from the 160-bit test key"):
        keys.decoder_key(
            iin="600727",
            drn="0" * 11,
            sgc="123456",
            ti="01",
            krn=1,
            kt=2,
            ea=11,
            base_date=1993,
            vending_key=keys.TEST_KEY_ODD,
        )
