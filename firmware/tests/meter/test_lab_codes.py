"""Codes that other makers number otherwise, by parameter: the old Hexing's 8xx, Conlog's between two hashes."""

from __future__ import annotations

import pytest
from metersim import codes
from tests.meter import mint
from tests.meter.typist import Typist

# facts/sts.md 5.2
OLD_HEXING = {
    "aliases": "800=01,801=37,804=75,805=77,809=69,814=47,817=59,851=53,852=54,853=55,854=56,855=57",
}
# facts/sts.md 5.2 and 7; that a token needs no Enter is a guess
CONLOG = {"enter": "auto", "aliases": "005=04,1=09,6=59,11=54,100=75"}


@pytest.mark.parametrize(
    ("code", "text"),
    [("801", "13.9"), ("804", "14320701262"), ("805", "123456"), ("851", "3"), ("809", "0"), ("37", "13.9")],
)
def test_the_old_hexings_codes_are_a_parameter(code: str, text: str) -> None:
    state = mint.meter("hexing", laws=OLD_HEXING, credit_tenths=139, credit_count=3)
    typist = Typist("hexing", state)
    typist.enter(code)
    assert typist.text() == text


def test_an_8xx_code_is_unknown_to_a_meter_without_that_parameter() -> None:
    typist = Typist("hexing", mint.meter("hexing"))
    typist.enter("804")
    assert typist.text() == "Err"


@pytest.mark.parametrize(("code", "text"), [("005", "KRN1 KT2"), ("100", "14320702807"), ("1", "450")])
def test_conlogs_codes_stand_between_two_hashes_and_its_tokens_need_none(code: str, text: str) -> None:
    typist = Typist("generic", mint.meter("generic", laws=CONLOG, power_w=450))
    typist.type("#")
    typist.enter(code)
    assert typist.text() == text
    typist.type(mint.credit())
    typist.wait(1000)
    assert typist.results() == ["Accept"]


def test_digits_without_an_alias_stay_what_they_are() -> None:
    assert codes.alias("04", "801=37") == "04"
    assert codes.alias("80", "801=37") == "80"
    assert codes.alias("", "") == ""
