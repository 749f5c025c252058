"""The nine brands of the SOP's annex as the emulated meter knows them, and `generic`, which is set from JSON.

Made from docs/brands.md, where each value is marked as sourced or as a guess. The rig's profiles are made from
the same sheet by other hands and share nothing with this file, so that a wrong one is found out.

This file runs unchanged under CPython and MicroPython.
"""

from rigwire.glass import DOT_MATRIX, FOURTEEN_SEGMENT, SEVEN_SEGMENT

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
    """Every law of one brand. The values set here are those that most brands have; `changes` holds the others."""

    def __init__(self, name: str, changes: "dict[str, Any]") -> None:
        self.name = name
        # Glass
        self.glass = SEVEN_SEGMENT
        self.cells = 12
        self.counter_cells = 2
        self.dashes = True
        self.k_mask = K_BCEFG
        self.backlight_s = 30
        self.blink_refused = False
        # Keypad and entry
        self.scan_ms = 10
        self.debounce = 3
        self.digit_timeout_s = 20
        self.enter = ENTER_KEY
        self.erase = ERASE_ONE_OR_ALL
        self.erase_quick_ms = 500
        self.enter_key = "#"
        self.erase_key = "*"
        self.long_press_key = ""  # L+G: 0 held 5 s toggles the alarm (facts/keypad_display.md 1.4)
        self.long_press_ms = 5000
        # How long the meter thinks, and how long it shows
        self.code_ms = 150
        self.token_ms = 400
        self.result_ms = 3000
        self.amount_ms = 5000
        self.answer_ms = 5000
        self.locked_ms = 3000
        self.alternate_ms = 2000
        self.page_ms = 1500
        self.pages_ms = 12000
        self.error_ms = 2000
        # Texts; `|` separates screens that alternate, %d and %04d take the count or the seconds left
        self.krn_text = "KRN%(krn)d KT%(kt)d"
        self.krn_number_text = "%(krn)d.%(kt)d"
        self.accepted = "BENAR"
        self.half = "BENAR"  # a section is in, others are awaited; %s takes the lowest one awaited
        self.refused = "SALAH"
        self.used = "USED"
        self.old = "OLD"
        self.expired = ""  # empty: as `refused`
        self.default_key = ""
        self.overflow = ""
        self.locked = "LOC %04d"
        self.tamper = "PERIKSA"
        self.unknown_code = "Err"
        # Laws
        self.lock_after = 3
        self.lock_first_s = 10
        self.lock_doubles = True
        self.lock_max_s = 1280
        self.power_cycle_unlocks = True
        self.section_timeout_s = 600
        self.sections_survive_power = True
        self.tamper_blocks = True
        self.max_credit_tenths = 9999999
        self.max_money_e5 = 99999999999
        self.low_credit_tenths = 50
        # What the meter can do: token subclasses of class 0 and 2, tests of class 1 (facts/sts.md 1.2, 1.4)
        self.credit_kinds = "0"
        self.settings = "0,1,2,3,4,5,8,9"
        self.tests = "1,2,3,4,5,6,7,8,9,10,13,14,15,16,17,18"
        self.maker_digits = 2
        self.any_maker_form = True
        self.codes = "0,1,2,3,4,5,6,7,8,9,10,37,38,47,53,54,55,56,57,58,59,64,65,66,67,72,74,75,77"
        for key in changes:
            setattr(self, key, changes[key])


_BRANDS = {
    "cannet": {},
    "fujidharma": {
        "cells": 8,
        "k_mask": K_CEFG,
        "dashes": False,
        "scan_ms": 20,
        "digit_timeout_s": 15,
        "code_ms": 200,
        "token_ms": 600,
        "refused": "GAGAL",
    },
    "hexing": {
        "glass": DOT_MATRIX,
        "cells": 16,
        "krn_text": "KRN %(krn)02d KT %(kt)02d",
        "refused": "GAGAL",
        "locked": "LOCK %04d",
    },
    "itron": {
        "cells": 8,
        "dashes": False,
        "scan_ms": 16,
        "code_ms": 200,
        "token_ms": 800,
        "krn_text": "%(krn)d-%(kt)d",
        "accepted": "AccEPt",
        "half": "AccEPt",
        "refused": "rEJEct",
        "used": "USEd",
        "old": "OLd",
        "locked": "Loc Out",
        "lock_after": 5,
        "lock_first_s": 1800,
        "lock_doubles": False,
        "lock_max_s": 1800,
        "power_cycle_unlocks": False,
        "section_timeout_s": 0,
    },
    "itron_ace9000": {
        "counter_cells": 0,
        "dashes": False,
        "scan_ms": 16,
        "code_ms": 250,
        "token_ms": 800,
        "krn_text": "REV %(krn)d",
        "accepted": "AccEPt",
        "half": "AccEPt",
        "refused": "rEJEct",
        "used": "UUUUU",
        "old": "OOOOO",
        "expired": "XXXXX",
        "default_key": "DDDDD",
        "overflow": "EEEEE04",
        "locked": "Loc Out",
        "lock_after": 5,
        "lock_first_s": 1800,
        "lock_doubles": False,
        "lock_max_s": 1800,
        "power_cycle_unlocks": False,
        "section_timeout_s": 0,
    },
    "melcoinda": {
        "glass": FOURTEEN_SEGMENT,
        "scan_ms": 12,
        "token_ms": 500,
        "locked": "LOCK %04d",
    },
    "sanxing": {
        "k_mask": K_ACEFG,
        "scan_ms": 8,
        "debounce": 4,
        "half": "PLS %s",
        "refused": "rEJEct-%d",
        "locked": "rEJEct|%04d",
        "locked_ms": 8000,
    },
    "smart": {
        "k_mask": K_ACEFG,
        "scan_ms": 15,
        "debounce": 2,
        "code_ms": 200,
        "token_ms": 500,
        "krn_text": "KRN %(krn)02d KT %(kt)02d",
        "refused": "GAGAL",
    },
    "star": {
        "cells": 8,
        "counter_cells": 0,
        "dashes": False,
        "scan_ms": 20,
        "debounce": 2,
        "digit_timeout_s": 10,
        "code_ms": 250,
        "token_ms": 700,
        "krn_text": "%(krn)d",
    },
    GENERIC: {},
}  # type: dict[str, dict[str, Any]]


def names() -> "list[str]":
    """The nine brands in the order of the annex; `generic` is not among them."""
    return sorted([name for name in _BRANDS if name != GENERIC])


def load(name: str, changes: "dict[str, Any] | None" = None) -> Brand:
    """The brand of this name; `changes` (parameter: value) sets what a lab found to be otherwise.

    Raises ValueError for an unknown brand or parameter.
    """
    if name not in _BRANDS:
        raise ValueError("no brand %s: one of %s or %s" % (name, ", ".join(names()), GENERIC))
    brand = Brand(name, _BRANDS[name])
    if changes:
        # Imported only here: the table's own brands are proven by tests, and on a board memory is short.
        from .brandcheck import change

        change(brand, changes)
    return brand


def numbers(text: str) -> "list[int]":
    """The numbers of a comma-separated parameter."""
    return [int(part) for part in text.split(",") if part]
