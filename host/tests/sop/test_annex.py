"""The SOP's annex: what each brand shows after 04 when it is on KRN 2 puts its meter in order; KRN 1 does not."""

from __future__ import annotations

import pytest
from kctrig import profiles
from kctrig.display.readings import read_krn
from kctrig.display.screen import read_image
from kctrig.records import points
from kctrig.sop.kinds import Kind
from kctrig.sop.reconcile import reconcile
from kctrig.sop.register import Registered
from kctrig.sop.vkrn import Vkrn
from tests.display.glasses import image
from tests.sop.journals import Event, shown

METER = "00000000018"
ANNEX = {
    "cannet": ("KRN2 KT2", "KRN1 KT2"),
    "fujidharma": ("KRN2 KT2", "KRN1 KT2"),
    "hexing": ("KRN 02 KT 02", "KRN 01 KT 02"),
    "itron": ("2-2", "1-2"),
    "itron_ace9000": ("REV 2", "REV 1"),
    "melcoinda": ("KRN2 KT2", "KRN1 KT2"),
    "sanxing": ("KRN2 KT2", "KRN1 KT2"),
    "smart": ("KRN 02 KT 02", "KRN 01 KT 02"),
    "star": ("2", "1"),
}


def kind_of(brand: str, text: str) -> Kind:
    """What a meter registered as 43 comes to whose glass shows this after 04."""
    profile = profiles.load(brand)
    counter = "  " if profile.glass.counter_cells else None
    screen = read_image(image(profile.glass.wire_kind, text, profile.glass.cells, counter))
    reading = read_krn(screen, profile.krn_patterns)
    assert reading is not None
    look: Event = (points.PROBE, {"krn": reading.krn, "kt": reading.kt, "shown": reading.text})
    registered = Registered(2, "1", METER, Vkrn.KRN2, updated=True)
    return reconcile([registered], {METER: shown([look])}, utc_offset_min=420)[0].kind


@pytest.mark.parametrize("brand", ANNEX)
def test_the_glass_of_the_annex_says_upgraded(brand: str) -> None:
    assert kind_of(brand, ANNEX[brand][0]) is Kind.IN_ORDER


@pytest.mark.parametrize("brand", ANNEX)
def test_the_same_glass_with_krn_1_says_not_upgraded(brand: str) -> None:
    assert kind_of(brand, ANNEX[brand][1]) is Kind.CONFIRMED_NOT_CHANGED
