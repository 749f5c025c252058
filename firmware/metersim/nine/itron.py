"""itron (docs/brands.md)."""

CHANGES: "dict[str, object]" = {
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
    "overload": "OvEr Po",
    "lock_after": 5,
    "lock_first_s": 1800,
    "lock_doubles": False,
    "lock_max_s": 1800,
    "power_cycle_unlocks": False,
    "section_timeout_s": 0,
}
