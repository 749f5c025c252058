"""The values that a profile file must hold, section by section, and the rules between them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from kctrig.profiles.model import GLASS_KINDS
from kctrig.profiles.values import (
    Check,
    Wrong,
    code,
    contact,
    list_of,
    one_of,
    pattern,
    seconds,
    text,
    token_number,
    whole,
    yes_no,
)

KEY_PRESS_MAX_MS = 1000
"""Longest press that the rig's firmware takes in a key script."""
KEY_GAP_MAX_MS = 5000
"""Longest release that the rig's firmware takes in a key script."""

_LINES = list_of(pattern())
_NO_LINES = list_of(pattern(), may_be_empty=True)

SCHEMA: Mapping[str, Mapping[str, Check]] = {
    "meter": {"title": text, "merk": list_of(text)},
    "glass": {"kind": one_of(GLASS_KINDS), "cells": whole(4, 40), "counter_cells": whole(0, 2)},
    "keys": {
        "press_ms": whole(1, KEY_PRESS_MAX_MS, "ms"),
        "gap_ms": whole(1, KEY_GAP_MAX_MS, "ms"),
        "min_press_ms": whole(1, KEY_PRESS_MAX_MS, "ms"),
        "min_gap_ms": whole(1, KEY_GAP_MAX_MS, "ms"),
        "digit_timeout_s": whole(1, 600, "s"),
        "enter_key": contact,
        "erase_key": contact,
        "enter_after_token": yes_no,
        "clear_presses": whole(1, 25),
        "clear_within_ms": whole(1, KEY_GAP_MAX_MS, "ms"),
    },
    "timing": {
        "code_answer_timeout_s": seconds(0.1, 60),
        "token_answer_timeout_s": seconds(0.1, 60),
        "result_hold_s": seconds(0.1, 60),
        "code_hold_s": seconds(0.1, 60),
        "page_s": seconds(0.1, 60),
        "pages_hold_s": seconds(0.1, 120),
    },
    "codes": {
        "krn": code,
        "number": code,
        "credit": code,
        "last_credit": code,
        "last_technical": code,
        "sgc": code,
        "allowed": list_of(code),
    },
    "echo": {"counter": yes_no, "dashes": yes_no},
    "krn": {
        "patterns": list_of(pattern("krn", "kt")),
        "kt_shown": yes_no,
        "number": token_number,
        "number_patterns": list_of(pattern("krn", "kt")),
    },
    "texts": {
        "accepted": _LINES,
        "half": _NO_LINES,
        "refused": list_of(pattern("n")),
        "used": _LINES,
        "old": _LINES,
        "locked": list_of(pattern("seconds")),
        "tamper": _NO_LINES,
        "unknown_code": _NO_LINES,
    },
    "lockout": {
        "law": one_of(("clou", "itron")),
        "refusals": whole(1, 100),
        "first_s": whole(1, 86400, "s"),
        "doubles": yes_no,
        "longest_s": whole(1, 86400, "s"),
        "power_cycle_resets": yes_no,
    },
    "policy": {"section_timeout_s": whole(0, 86400, "s"), "refusals_max": whole(1, 100)},
}

Values = Mapping[str, Mapping[str, Any]]


def check_together(values: Values) -> tuple[str, Wrong] | None:
    """The first rule between values that is broken, with the dotted name of the value to change."""
    for key, broken, wrong, todo in _rules(values):
        if broken:
            return key, Wrong(wrong, todo)
    return None


def _rules(values: Values) -> list[tuple[str, bool, str, str]]:
    """(value to change, broken, what is wrong, what to do) of every rule."""
    keys, codes, krn = values["keys"], values["codes"], values["krn"]
    counter_cells, lockout, policy = values["glass"]["counter_cells"], values["lockout"], values["policy"]
    rules = [
        (
            f"keys.{name}",
            keys[name] < keys[f"min_{name}"],
            f"{keys[name]} ms is shorter than min_{name}, so the meter may miss it",
            f"Write at least {keys[f'min_{name}']}",
        )
        for name in ("press_ms", "gap_ms")
    ]
    rules += [
        (
            "keys.digit_timeout_s",
            keys["press_ms"] + keys["gap_ms"] >= keys["digit_timeout_s"] * 500,
            "the meter would drop the entry between two keys at this pace",
            "Press faster, or write the meter's real time-out",
        ),
        (
            "keys.erase_key",
            keys["erase_key"] == keys["enter_key"] or keys["erase_key"].isdigit(),
            "this contact submits or enters a digit",
            "Name the contact that only removes a digit",
        ),
        (
            "keys.enter_key",
            keys["enter_key"].isdigit(),
            "this contact enters a digit",
            "Name the contact that only submits",
        ),
        (
            "keys.enter_after_token",
            not keys["enter_after_token"],
            "such a meter submits a token at its twentieth digit, before the echo can be proved; kctrig does not type on it",
            "Write true, if the meter waits for Enter",
        ),
        (
            "keys.clear_within_ms",
            keys["press_ms"] + keys["gap_ms"] > keys["clear_within_ms"],
            "two presses at this pace take longer, so they would not clear the entry",
            "Write a longer time, or a faster press_ms and gap_ms",
        ),
        (
            "echo.counter",
            values["echo"]["counter"] != (counter_cells > 0),
            f"does not go with glass.counter_cells = {counter_cells}",
            "A counter needs cells, and counter cells are a counter",
        ),
        (
            "krn.kt_shown",
            any(("{kt" in line) != krn["kt_shown"] for line in krn["patterns"]),
            "does not go with krn.patterns",
            "Every pattern names {kt} when the key type is shown, and none when it is not",
        ),
        (
            "policy.refusals_max",
            policy["refusals_max"] >= lockout["refusals"],
            f"the meter locks at {lockout['refusals']} refusals",
            f"Write at most {lockout['refusals'] - 1}",
        ),
        (
            "lockout.longest_s",
            lockout["longest_s"] < lockout["first_s"],
            "is shorter than first_s",
            "Write the longest lock of all",
        ),
    ]
    rules += [
        (
            f"krn.{name}",
            any("{krn" not in line for line in krn[name]),
            "a pattern does not say where the key revision stands",
            "Put {krn} or {krn:02} into every pattern",
        )
        for name in ("patterns", "number_patterns")
    ]
    rules += [
        (
            f"codes.{name}",
            asked not in codes["allowed"],
            f"{asked} is asked but not in codes.allowed, so the rig would refuse it",
            "Add it to codes.allowed",
        )
        for name, asked in codes.items()
        if name != "allowed"
    ]
    seen: dict[str, str] = {}
    for answer, lines in values["texts"].items():
        for line in lines:
            other = seen.setdefault(line.upper(), answer)
            rules.append(
                (
                    f"texts.{answer}",
                    other != answer,
                    f"{line!r} also means {other}",
                    "A line may mean one answer only",
                )
            )
    return rules
