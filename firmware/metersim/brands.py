"""The nine brands of the SOP's annex as the emulated meter knows them, and `generic`, which is set from JSON.

Made from docs/brands.md, where each value is marked as sourced or as a guess. The rig's profiles are made from
the same sheet by other hands and share nothing with this file, so that a wrong one is found out.

This file runs unchanged under CPython and MicroPython.
"""

import sys

from rigwire.glass import SEVEN_SEGMENT

from .entry import ENTER_KEY, ERASE_ONE_OR_ALL

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

GENERIC = "generic"

# The three ways to draw a K on seven segments (facts/keypad_display.md 4); bits a..g = 0..6
K_BCEFG = 0x76
K_CEFG = 0x74
K_ACEFG = 0x75


class Brand:
    """Every law of one brand. What stands here is what most brands have; `changes` holds what this one has otherwise."""

    # Glass
    glass = SEVEN_SEGMENT
    cells = 12
    counter_cells = 2
    dashes = True
    k_mask = K_BCEFG
    backlight_s = 30
    blink_refused = False
    # Keypad and entry
    scan_ms = 10
    debounce = 3
    digit_timeout_s = 20
    enter = ENTER_KEY
    erase = ERASE_ONE_OR_ALL
    erase_quick_ms = 500
    enter_key = "#"
    erase_key = "*"
    long_press_key = ""  # L+G: 0 held 5 s toggles the alarm (facts/keypad_display.md 1.4)
    long_press_ms = 5000
    # How long the meter thinks, and how long it shows
    code_ms = 150
    token_ms = 400
    result_ms = 3000
    amount_ms = 5000
    answer_ms = 5000
    locked_ms = 3000
    alternate_ms = 2000
    page_ms = 1500
    pages_ms = 12000
    error_ms = 2000
    # Texts; `|` separates screens that alternate, %d and %04d take the count or the seconds left
    krn_text = "KRN%(krn)d KT%(kt)d"
    krn_number_text = "%(krn)d.%(kt)d"
    accepted = "BENAR"
    half = "BENAR"  # a section is in, others are awaited; %s takes the lowest one awaited
    refused = "SALAH"
    used = "USED"
    old = "OLD"
    expired = ""  # empty: as `refused`
    default_key = ""
    overflow = ""
    locked = "LOC %04d"
    tamper = "PERIKSA"
    overload = "OVER"  # stands where the credit stands else
    no_mains = ""  # the answer to a token without mains; empty: as `refused`
    unknown_code = "Err"
    # Laws
    lock_after = 3
    lock_first_s = 10
    lock_doubles = True
    lock_max_s = 1280
    power_cycle_unlocks = True
    section_timeout_s = 600
    sections_survive_power = True
    tamper_blocks = True
    supercap_s = 172800  # display without mains: at least 48 h (SPLN D3.009-1, facts/sts.md 5.1)
    reserved_minute_taken = True  # 00:01 of each day (facts/sts.md 2.5)
    max_credit_tenths = 9999999
    max_money_e5 = 99999999999
    low_credit_tenths = 50
    # What the meter can do: token subclasses of class 0 and 2, tests of class 1 (facts/sts.md 1.2, 1.4)
    credit_kinds = "0"
    settings = "0,1,2,3,4,5,8,9"
    tests = "1,2,3,4,5,6,7,8,9,10,13,14,15,16,17,18"
    maker_digits = 2
    any_maker_form = True
    codes = "0,1,2,3,4,5,6,7,8,9,10,37,38,47,53,54,55,56,57,58,59,64,65,66,67,68,69,72,74,75,77"
    aliases = ""  # other digits for a code, as 801=37,804=75; the old Hexing's are facts/sts.md 5.2

    def __init__(self, name: str, changes: "dict[str, object]") -> None:
        self.name = name
        for key in changes:
            setattr(self, key, changes[key])


NAMES = (
    "cannet",
    "fujidharma",
    "hexing",
    "itron",
    "itron_ace9000",
    "melcoinda",
    "sanxing",
    "smart",
    "star",
)


def names() -> "list[str]":
    """The nine brands in the order of the annex; `generic` is not among them."""
    return list(NAMES)


def load(name: str, changes: "dict[str, Any] | None" = None) -> Brand:
    """The brand of this name; `changes` (parameter: value) sets what a lab found to be otherwise.

    Raises ValueError for an unknown brand or parameter.
    """
    if name not in NAMES and name != GENERIC:
        raise ValueError("no brand %s: one of %s or %s" % (name, ", ".join(names()), GENERIC))
    brand = Brand(name, {} if name == GENERIC else _row(name))
    if changes:
        # Imported only here: the table's own brands are proven by tests, and on a board memory is short.
        from .brandcheck import change

        change(brand, changes)
    return brand


def _row(name: str) -> "dict[str, object]":
    """What this brand has otherwise. Only the row that is wanted gets into the memory of a board."""
    module = "metersim.nine." + name
    __import__(module)
    changes: "dict[str, object]" = sys.modules[module].CHANGES
    return changes


def numbers(text: str) -> "list[int]":
    """The numbers of a comma-separated parameter."""
    return [int(part) for part in text.split(",") if part]
