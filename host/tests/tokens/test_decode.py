"""A token explained to a person."""

import json
from pathlib import Path

import pytest
from kctrig.tokens import decode, issue, meters
from metersim.sts.token import NotAToken

OWN = Path(__file__).resolve().parents[3] / "firmware" / "tests" / "vectors" / "sts.json"
DOCUMENT = json.loads(OWN.read_text(encoding="utf-8"))
METERS = {state["decoder_key_hex"]: meters.Meter.from_state(state) for state in DOCUMENT["meters"]}
TOKENS = [v for v in DOCUMENT["tokens"] if v["decoder_key_hex"] in METERS]


@pytest.mark.parametrize("v", TOKENS, ids=lambda v: v["id"])
def test_with_the_meter_every_kind_is_explained_in_clear(v: dict[str, str]) -> None:
    found = decode.explain(v["token"], METERS[v["decoder_key_hex"]])
    assert (found.state, found.note) == ("clear", "")
    assert json.loads(json.dumps(found.as_json()))["digits"] == v["token"]
    assert found.fields


def explained(name: str) -> decode.Explanation:
    v = next(v for v in TOKENS if v["id"].endswith(name))
    return decode.explain(v["token"], METERS[v["decoder_key_hex"]])


def test_amounts_and_registers_are_in_their_own_units() -> None:
    assert explained("credit electricity").fields["amount"] == "13.9"
    assert explained("money electricity").fields["amount"] == "20004.42624"
    assert explained("money taken back").fields["amount"] == "-0.16384"
    assert explained("power limit").fields["limit_w"] == 20004
    assert explained("clear credit").fields["register"] == "all"
    assert explained("credit electricity").fields["issued"] == "2021-01-26T10:00 (base date 1993)"


def test_the_sections_of_a_key_change_name_what_they_change() -> None:
    meter = meters.Meter.from_state(DOCUMENT["meters"][2])
    change = issue.key_change(meter, 2, rollover=True)
    first, second, third, fourth = (decode.explain(digits, meter).fields for digits in change.tokens)
    assert (first["krn"], first["kt"], first["rollover"]) == (2, 2, True)
    assert (second["ti"], second["ken_low"]) == ("42", 15)
    assert f"{fourth['sgc_part_hex']}{third['sgc_part_hex']}" == f"{123461:06x}"


def test_without_a_key_the_class_is_told_and_what_is_missing_is_said() -> None:
    found = decode.explain(TOKENS[0]["token"])
    assert (found.token_class, found.state, found.fields) == (0, "sealed", {})
    assert "meter's key" in found.note


def test_under_another_meters_key_the_three_causes_are_named() -> None:
    other = next(meter for key, meter in METERS.items() if key != TOKENS[0]["decoder_key_hex"])
    found = decode.explain(TOKENS[0]["token"], other)
    assert (found.state, found.fields) == ("wrong", {})
    assert "another key or another meter, or a mistyped digit" in found.note


def test_a_class_1_number_needs_no_key_and_names_its_test() -> None:
    found = decode.explain("18446744073843772416")
    assert (found.kind, found.state) == ("show KRN (and KT)", "clear")
    assert decode.explain("18446744073843772417").state == "wrong"


def test_the_reserved_class_is_said_to_have_no_meaning() -> None:
    assert decode.explain(f"{3 << 27:020d}").kind == "reserved class"


def test_what_is_no_token_is_refused() -> None:
    with pytest.raises(NotAToken):
        decode.explain("1234")
