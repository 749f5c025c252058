"""The outcome of a self-test as data: one list of findings, a verdict, and who was tested."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Final, Literal

from kctrig.lang import N_
from kctrig.link.health import Finding, Grade, LineReport, Said
from kctrig.link.identity import Identity

DOMAIN = "selftest"
Check = Literal["link", "firmware", "clock", "glass", "keys", "one_shot", "estop", "timing"]

CHECKS: Final[Mapping[Check, str]] = MappingProxyType(
    {
        "link": N_("Line to the computer"),
        "firmware": N_("Firmware"),
        "clock": N_("Clock"),
        "glass": N_("Glass"),
        "keys": N_("Keys"),
        "one_shot": N_("Time limit in hardware"),
        "estop": N_("Emergency stop"),
        "timing": N_("Timing of the keys"),
    }
)
"""What is tested, in the order of the page, and its name for people."""

GRADES: Final[Mapping[Grade, str]] = MappingProxyType(
    {
        "good": N_("good"),
        "note": N_("note"),
        "bad": N_("fault"),
        "missing": N_("asked for, not tested"),
        "skipped": N_("not tested"),
    }
)


Verdict = Literal["passed", "incomplete", "fault"]
_INSTEAD = N_("make it possible, or test without asking for it")


@dataclass(frozen=True, slots=True)
class Item:
    """One line of the outcome."""

    check: Check
    finding: Finding


@dataclass(frozen=True, slots=True)
class Outcome:
    """The outcome of a whole self-test.

    Attributes:
        rig: the rig as it was named: a port, rig:ID or sim:…
        identity: what it says of itself.
        boot_id: of the start that was tested.
        operator: who tested, "" when nobody said.
        unix_ms: when.
        host_version: the kctrig that tested.
        line: what was counted on the line.
        items: in the order of CHECKS.
    """

    rig: str
    identity: Identity
    boot_id: int
    operator: str
    unix_ms: int
    host_version: str
    line: LineReport
    items: tuple[Item, ...]

    @property
    def passed(self) -> bool:
        """Nothing that was tested is at fault, and all that was asked for was tested."""
        return self.verdict == "passed"

    @property
    def verdict(self) -> Verdict:
        """The outcome in one word; a fault outweighs what is missing."""
        if self.count("bad"):
            return "fault"
        return "incomplete" if self.count("missing") else "passed"

    def count(self, grade: Grade) -> int:
        """Items of this grade."""
        return sum(item.finding.grade == grade for item in self.items)


def weigh(items: Iterable[Item], asked: Collection[Check]) -> tuple[Item, ...]:
    """The items in the order of CHECKS, and "missing" whatever was asked for and not tested."""
    weighed = [_missing(item) if item.check in asked else item for item in items]
    there = {item.check for item in weighed}
    never = Finding("missing", Said(N_("the test did not get that far")), Said(_INSTEAD))
    weighed += [Item(check, never) for check in asked if check not in there]
    order = list(CHECKS)
    return tuple(sorted(weighed, key=lambda item: order.index(item.check)))


def _missing(item: Item) -> Item:
    """The same; an item that was left out is missing, with what to do about it."""
    finding = item.finding
    if finding.grade != "skipped":
        return item
    return Item(item.check, replace(finding, grade="missing", todo=finding.todo or Said(_INSTEAD)))
