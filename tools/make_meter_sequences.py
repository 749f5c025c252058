#!/usr/bin/env python3
"""Write the project's own entry sequences: invented meters, public test keys, sample tables. Same input, same file.

    .venv/bin/python tools/make_meter_sequences.py

Each sequence is typed on an emulated meter of the brand it names; what is expected of each entry is written here by hand
from facts/sts.md 4, not taken from the meter.
"""

from __future__ import annotations

import itertools
import json
from datetime import datetime
from pathlib import Path
from typing import Any

from kctrig.tokens import issue, meters
from kctrig.tokens.meters import Meter

TARGET = Path(__file__).resolve().parent.parent / "firmware" / "tests" / "vectors" / "own_sequences.json"
BEFORE = datetime(2021, 1, 26, 6, 19)
LATER = datetime(2021, 1, 28, 8, 21)
BRANDS = ("cannet", "fujidharma", "hexing", "itron", "itron_ace9000", "melcoinda", "sanxing", "smart", "star")
TEN_MINUTES_S = 600

Step = dict[str, Any]


def step(digits: str, expect: str, **after: Any) -> Step:
    """One entry and what it must come to."""
    return {"enter": digits, "expect": expect, **after}


def wrong_digit(digits: str) -> str:
    """The same token with one digit in its middle changed."""
    return digits[:9] + str((int(digits[9]) + 1) % 10) + digits[10:]


def upgrade(meter: Meter) -> list[Step]:
    """The whole story of the procedure: old credit, a wrong digit, both halves, the lost token, new credit."""
    change = issue.key_change(meter, 2, rollover=True)
    old = issue.credit(meter, 139, at=BEFORE, rnd=5)
    lost = issue.credit(meter, 500, at=LATER, rnd=9)
    new = issue.credit(change.meter_after, 250, at=LATER, rnd=3)
    return [
        step(new, "CRCError", krn=1, credit_tenths=0),
        step(old, "Accept", krn=1, credit_tenths=139),
        step(old, "Used", credit_tenths=139),
        step(wrong_digit(change.tokens[0]), "CRCError", krn=1),
        step(change.tokens[0], "1stKCT", krn=1, kt=2),
        step(change.tokens[1], "2ndKCT", krn=2, kt=2, credit_tenths=139, tid_memory="all zero"),
        step(lost, "CRCError", krn=2),
        step(new, "Accept", krn=2, credit_tenths=389),
        step(change.tokens[0], "CRCError", krn=2),
    ]


def half_too_old(meter: Meter) -> list[Step]:
    """The first half is forgotten after ten minutes; the set entered again works."""
    first, second = issue.key_change(meter, 2, rollover=True).tokens
    return [
        step(first, "1stKCT", krn=1),
        step(second, "1stKCT", krn=1, wait_s=TEN_MINUTES_S + 1),
        step(first, "2ndKCT", krn=2),
    ]


def half_never_too_old(meter: Meter) -> list[Step]:
    """A brand without that time-out still waits after an hour."""
    first, second = issue.key_change(meter, 2, rollover=True).tokens
    return [step(first, "1stKCT", krn=1), step(second, "2ndKCT", krn=2, wait_s=3600)]


def without_rollover(meter: Meter) -> list[Step]:
    """RO 0: the key changes, the memory stays, and credit of the new base date is Old."""
    change = issue.key_change(meter, 2, rollover=False)
    new = issue.credit(change.meter_after, 250, at=LATER, rnd=3)
    return [
        step(change.tokens[0], "1stKCT", krn=1),
        step(change.tokens[1], "2ndKCT", krn=2),
        step(new, "Old", credit_tenths=0),
    ]


def locked(meter: Meter) -> list[Step]:
    """Refusals one after the other, the lock, the class 1 number while locked, and the end of it."""
    credit = issue.credit(meter, 139, at=BEFORE, rnd=5)
    bad = wrong_digit(credit)
    waits = [0, 0, 0, 0, 20, 40]
    return [
        *(step(bad, "CRCError", wait_s=wait_s) for wait_s in waits),
        step(credit, "LockoutActive", credit_tenths=0),
        step(issue.meter_test(4), "Accept"),
        step(credit, "Accept", credit_tenths=139, wait_s=80),
    ]


def in_any_order(meter: Meter, **kind: Any) -> list[list[Step]]:
    """Every order of one set of sections."""
    tokens = issue.key_change(meter, 2, rollover=True, **kind).tokens
    names = ("1stKCT", "2ndKCT", "3rdKCT", "4thKCT")
    return [
        [
            step(digits, name, krn=2 if at == len(tokens) - 1 else 1)
            for at, (digits, name) in enumerate(zip(order, names, strict=False))
        ]
        for order in itertools.permutations(tokens)
    ]


def tampered(meter: Meter) -> list[Step]:
    """Nothing but clear-tamper and clear-credit until the condition is cleared."""
    return [
        step(issue.credit(meter, 139, at=BEFORE, rnd=5), "StatusNotReady", credit_tenths=0),
        step(issue.clear_credit(meter, issue.ALL_REGISTERS, at=BEFORE, rnd=6), "Accept"),
        step(issue.clear_tamper(meter, at=LATER, rnd=7), "Accept"),
        step(issue.credit(meter, 250, at=datetime(2021, 2, 1), rnd=8), "Accept", credit_tenths=250),
    ]


def others_tokens(meter: Meter, other: Meter) -> list[Step]:
    """The key change of another meter is a CRC error twice and changes nothing."""
    tokens = issue.key_change(other, 2, rollover=True).tokens
    return [step(digits, "CRCError", krn=1, kt=2) for digits in tokens]


def main() -> None:
    """Write the file."""
    states: list[dict[str, Any]] = []
    sequences: list[dict[str, Any]] = []

    def fresh(brand: str, **more: Any) -> Meter:
        laws = {key: more.pop(key) for key in ("tampered",) if key in more}
        states.append({**meters.fresh_state(brand, meters.numbered(880000 + len(states)), **more), **laws})
        return Meter.from_state(states[-1])

    def add(name: str, meter: Meter, steps: list[Step]) -> None:
        sequences.append(
            {"id": f"own{len(sequences) + 1:02d}", "name": name, "meter_drn": meter.drn, "steps": steps}
        )

    for brand in BRANDS:
        meter = fresh(brand)
        add(f"{brand}: the whole upgrade", meter, upgrade(meter))
    meter = fresh("hexing")
    add("the first half is forgotten after ten minutes", meter, half_too_old(meter))
    meter = fresh("itron")
    add("the first half is never forgotten", meter, half_never_too_old(meter))
    meter = fresh("cannet")
    add("no rollover bit: new credit is Old", meter, without_rollover(meter))
    meter = fresh("melcoinda")
    add("lockout after refusals", meter, locked(meter))
    meter = fresh("smart", tampered=True)
    add("tamper condition", meter, tampered(meter))
    meter, other = fresh("star"), fresh("star")
    add("tokens of another meter", meter, others_tokens(meter, other))
    for ea, kind in ((7, {}), (7, {"three_tokens": True}), (11, {})):
        meter = fresh("fujidharma", ea=ea)
        for steps in in_any_order(meter, **kind):
            add(f"{len(steps)} sections of EA{ea:02d}, order {len(sequences)}", meter, steps)
    TARGET.parent.mkdir(parents=True, exist_ok=True)
    text = {"what": __doc__, "meters": states, "entry_sequences": sequences}
    TARGET.write_text(json.dumps(text, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
