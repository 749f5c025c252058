"""Without mains: the display lives on its supercapacitor, codes answer, tokens are not taken, and then it is dark."""

from __future__ import annotations

import pytest
from rigwire import glass
from rigwire.glass import unpack_glass
from tests.meter import mint
from tests.meter.typist import Typist

HOUR_MS = 3600 * 1000


def events(typist: Typist) -> list[tuple[str, bool]]:
    """Power and mains, in order."""
    return [(row["event"], row["on"]) for row in typist.truth if row["event"] in ("power", "mains")]


def test_without_mains_the_glass_is_readable_and_codes_answer_without_light() -> None:
    typist = Typist("cannet", mint.meter("cannet"), ("no_mains",))
    typist.enter("04")
    assert typist.text() == "KRN1 KT2"
    assert not unpack_glass(typist.image)[1] & glass.FLAG_BACKLIGHT


def test_without_mains_a_token_is_not_taken_and_not_counted_as_a_refusal() -> None:
    typist = Typist("cannet", mint.meter("cannet"), ("no_mains:60",))
    for _ in range(4):
        row = typist.enter(mint.credit())
        assert (row["result"], row["credit_tenths"], typist.text()) == ("StatusNotReady", 0, "SALAH")
    typist.wait(60000)
    assert typist.enter(mint.credit())["result"] == "Accept"


def test_the_display_lasts_48_hours_and_is_dark_afterwards_until_the_mains_is_back() -> None:
    typist = Typist("cannet", mint.meter("cannet"), ("no_mains:%d" % (50 * 3600),))
    typist.wait(48 * HOUR_MS - 1000)
    assert any(unpack_glass(typist.image)[4])
    typist.wait(2000)
    assert not any(unpack_glass(typist.image)[4])
    seen = typist.keys_seen()
    typist.enter("04")
    assert typist.keys_seen() == seen
    typist.wait(2 * HOUR_MS)
    assert any(unpack_glass(typist.image)[4])
    assert events(typist) == [("power", True), ("mains", False), ("power", False), ("power", True)]


def test_a_return_of_the_mains_is_an_outage_and_ends_clous_lock() -> None:
    typist = Typist("cannet", mint.meter("cannet"), ("no_mains:30", "locked:600"))
    assert unpack_glass(typist.image)[2] & glass.ICON_LOCK
    typist.wait(31000)
    assert not unpack_glass(typist.image)[2] & glass.ICON_LOCK
    typist.enter("69")
    assert typist.text() == "1"
    assert events(typist) == [("power", True), ("mains", False), ("mains", True)]


@pytest.mark.parametrize(("seconds", "dark"), [(3600, False), (10, True)])
def test_how_long_the_supercapacitor_lasts_is_a_parameter(seconds: int, dark: bool) -> None:
    state = mint.meter("generic", laws={"supercap_s": seconds})
    typist = Typist("generic", state, ("no_mains:3600",))
    typist.wait(11000)
    assert dark != any(unpack_glass(typist.image)[4])
