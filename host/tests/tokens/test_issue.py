"""Tokens issued for an emulated meter say what was asked, and key changes lead to the next key."""

import importlib.util
import json
from datetime import datetime
from pathlib import Path

import pytest
from kctrig.tokens import issue, keys, meters
from kctrig.tokens.errors import BadMeterStateError, NotATestMeterError, TokenError
from metersim.sts import codec, keyset

SHARED = Path(__file__).resolve().parents[4] / "shared"
AT = datetime(2021, 1, 26, 10, 0)


def meter(ea: int = 7, krn: int = 1) -> meters.Meter:
    return meters.Meter.from_state(meters.fresh_state("hexing", meters.numbered(4711), ea=ea, krn=krn))


@pytest.mark.skipif(not SHARED.exists(), reason="others' tokens are not here")
def test_key_changes_and_credit_equal_those_of_two_other_implementations() -> None:
    states = json.loads((SHARED / "worklists" / "meters_before.json").read_text(encoding="utf-8"))
    vectors = json.loads((SHARED / "vectors" / "meters.json").read_text(encoding="utf-8"))["rollover"]
    compared = 0
    for v in vectors:
        before = meters.Meter.from_state(meters.find_state(states, v["meter_drn"]))
        if "new_krn" in v:
            change = issue.key_change(before, v["new_krn"], rollover=bool(v["ro"]), ken=v["ken"])
            assert list(change.tokens) == v["tokens"], v["id"]
            assert change.meter_after.key.hex() == v["new_decoder_key_hex"]
        else:
            now = before if v["krn"] == 1 else issue.key_change(before, 2, rollover=True).meter_after
            at, rnd = datetime.fromisoformat(v["issue_date"]), v["fields"][0]["rnd"]
            if v["role"].startswith("credit"):
                made = issue.credit(now, v["amount_tenths"], at=at, rnd=rnd)
            elif v["role"].startswith("clear_credit"):
                made = issue.clear_credit(now, v["value"], at=at, rnd=rnd)
            elif v["role"].startswith("clear_tamper"):
                made = issue.clear_tamper(now, at=at, rnd=rnd)
            else:
                made = issue.power_limit(now, v["value"], at=at, rnd=rnd)
            assert [made] == v["tokens"], v["id"]
        compared += 1
    assert compared == 48


@pytest.mark.parametrize(("ea", "three", "count"), [(7, False, 2), (7, True, 3), (11, False, 4)])
@pytest.mark.parametrize("rollover", [False, True])
def test_a_key_change_carries_the_key_that_the_meter_has_after_it(
    ea: int, three: bool, count: int, rollover: bool
) -> None:
    before = meter(ea)
    change = issue.key_change(before, 2, rollover=rollover, three_tokens=three, ti=42, ken=133)
    assert len(change.tokens) == count
    sections = [codec.decode(digits, before.key, ea) for digits in change.tokens]
    new = keyset.assemble(sections, ea)
    assert new is not None
    after = change.meter_after
    assert new.key == after.key != before.key
    assert (new.krn, new.kt, new.ti, new.ken, new.ro) == (2, 2, 42, 133, int(rollover))
    assert (after.krn, after.ti, after.base_date) == (2, "42", 2014)
    keys.require_test_meter(after)


def test_credit_after_the_change_counts_from_the_new_base_date() -> None:
    after = issue.key_change(meter(), 2, rollover=True).meter_after
    token = codec.decode(issue.credit(after, 139, at=datetime(2021, 1, 28, 8, 21), rnd=3), after.key, 7)
    assert (token.crc_ok, token.tid, token.amount_tenths) == (True, 3721461, 139)


def test_a_token_of_the_reserved_minute_is_dated_one_minute_later() -> None:
    target = meter()
    token = codec.decode(issue.clear_tamper(target, at=datetime(2021, 1, 26, 0, 1), rnd=0), target.key, 7)
    assert token.tid is not None
    assert token.tid % 1440 == 2


def test_after_the_last_minute_nothing_is_issued_and_the_way_out_is_named() -> None:
    with pytest.raises(TokenError, match=r"outside the token clock of base date 1993.*key change first"):
        issue.credit(meter(), 10, at=datetime(2024, 11, 24, 20, 16), rnd=0)


def test_a_change_to_the_very_same_key_is_refused() -> None:
    with pytest.raises(TokenError, match="on this very key already"):
        issue.key_change(meter(), 1, rollover=True)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"krn": 10}, "KRN 10"),
        ({"krn": 2, "base_date": 2000}, "base date 2000"),
        ({"krn": 2, "sgc": "12345"}, "not six digits"),
        ({"krn": 2, "kt": 4}, "key type 4"),
        ({"krn": 2, "ti": 100}, "tariff index 100"),
        ({"krn": 2, "ken": 256}, "KEN 256"),
    ],
)
def test_an_impossible_key_change_is_refused_in_words(options: dict[str, int], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        issue.key_change(meter(), rollover=False, **options)  # type: ignore[arg-type]


def test_a_set_of_three_is_for_64_bit_keys() -> None:
    with pytest.raises(TokenError, match="whose sets have four"):
        issue.key_change(meter(11), 2, rollover=False, three_tokens=True)


@pytest.mark.parametrize("number", [0, 37])
def test_a_test_number_that_no_token_holds_is_refused(number: int) -> None:
    with pytest.raises(TokenError, match="outside 1 to 36"):
        issue.meter_test(number)


def test_no_token_is_issued_under_a_key_that_is_not_a_test_key() -> None:
    state = meters.fresh_state("hexing", meters.numbered(4711), ea=11)
    stranger = meters.Meter.from_state({**state, "decoder_key_hex": "00112233445566778899aabbccddeeff"})
    with pytest.raises(NotATestMeterError):
        issue.credit(stranger, 10, at=AT, rnd=0)
    with pytest.raises(NotATestMeterError):
        issue.key_change(stranger, 2, rollover=True)


def test_a_meter_number_gets_its_zeros_and_its_check_digit() -> None:
    assert [meters.numbered(n) for n in (1, 2, 3, 17)] == [
        "00000000018",
        "00000000026",
        "00000000034",
        "00000000174",
    ]
    with pytest.raises(BadMeterStateError, match="check digit should be 8"):
        meters.fresh_state("hexing", "00000000019")
    with pytest.raises(BadMeterStateError, match="1 to 10 digits"):
        meters.numbered(10**10)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"decoder_key_hex": "12"}, "key of 1 bytes"),
        ({"decoder_key_hex": "zz"}, "not readable"),
        ({"base_date": 1970}, "base date 1970"),
        ({"ti": "x"}, "not readable"),
        ({"drn": "18"}, "expected a 6-digit IIN"),
    ],
)
def test_a_bent_state_is_refused_in_words(change: dict[str, object], words: str) -> None:
    with pytest.raises(TokenError, match=words):
        meters.Meter.from_state({**meters.fresh_state("hexing", meters.numbered(1)), **change})


def test_a_state_without_a_field_names_it() -> None:
    state = meters.fresh_state("hexing", meters.numbered(1))
    del state["krn"], state["ti"]
    with pytest.raises(BadMeterStateError, match="has no krn, ti"):
        meters.Meter.from_state(state)


def test_the_projects_own_vectors_are_what_the_issuer_makes_today() -> None:
    root = Path(__file__).resolve().parents[3]
    spec = importlib.util.spec_from_file_location("make_sts_vectors", root / "tools" / "make_sts_vectors.py")
    assert spec is not None
    assert spec.loader is not None
    maker = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(maker)
    stored = json.loads((root / "firmware" / "tests" / "vectors" / "sts.json").read_text(encoding="utf-8"))
    assert json.loads(json.dumps(maker.document())) == stored
