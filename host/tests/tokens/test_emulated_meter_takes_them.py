"""What the host issues, the emulated meter takes, and what the meter then saves, the issuer takes again."""

from datetime import datetime
from typing import Any

import pytest
from kctrig.tokens import issue, keys, meters
from metersim import brands
from metersim.decoder import TokenDecoder
from metersim.defaults import default_state
from metersim.keychange import KeyChange
from metersim.laws import Lockout
from metersim.registers import Registers

BRANDS = (
    "cannet",
    "fujidharma",
    "hexing",
    "itron",
    "itron_ace9000",
    "melcoinda",
    "sanxing",
    "smart",
    "star",
    "generic",
)


def entered(state: dict[str, Any], tokens: tuple[str, ...]) -> tuple[list[str], dict[str, Any]]:
    """The results of tokens on a meter of this state, and its state after them."""
    brand = brands.load("generic", {})
    registers = Registers(state)
    decoder = TokenDecoder(
        registers,
        brand,
        Lockout(brand.lock_after, 10, True, 1280, True),
        KeyChange(registers, brand.section_timeout_s, 0),
    )
    results = [decoder.enter(digits, 0).result for digits in tokens]
    return results, registers.to_state()


@pytest.mark.parametrize("brand", BRANDS)
def test_the_default_meter_of_every_brand_has_the_key_that_the_test_key_gives_it(brand: str) -> None:
    state = default_state(brand)
    assert keys.require_test_meter(meters.Meter.from_state(state)) == state["sgc"]
    assert meters.fresh_state(brand, state["drn"]) == state


@pytest.mark.parametrize(("ea", "three"), [(7, False), (7, True), (11, False)])
def test_a_meter_that_took_a_set_can_be_issued_to_again(ea: int, three: bool) -> None:
    state = meters.fresh_state("generic", meters.numbered(512), ea=ea, sgc="123457")
    before = meters.Meter.from_state(state)
    change = issue.key_change(before, 2, rollover=True, three_tokens=three)
    results, after_state = entered(state, change.tokens)
    assert results[0] == "1stKCT"
    assert after_state["krn"] == 2
    assert bytes.fromhex(after_state["decoder_key_hex"]) == change.meter_after.key
    after = meters.Meter.from_state(after_state)
    assert after.base_date == 2014
    credit = issue.credit(after, 139, at=datetime(2026, 1, 1), rnd=1)
    assert entered(after_state, (credit,))[0] == ["Accept"]
    again = issue.key_change(after, 3, rollover=False)
    assert again.meter_after.sgc == "123457"
    assert entered(after_state, again.tokens)[1]["krn"] == 3
