"""How register and meter can stand to each other, and which of these a meter is."""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum

from kctrig.lang import N_
from kctrig.sop.looks import State
from kctrig.sop.said import Said, say


class Kind(StrEnum):
    """How register and meter stand to each other; every meter is of exactly one kind."""

    IN_ORDER = "IN_ORDER"
    PENDING = "PENDING"
    CONFIRMED_NOT_CHANGED = "CONFIRMED_NOT_CHANGED"
    CHANGED_NOT_CONFIRMED = "CHANGED_NOT_CONFIRMED"
    NEVER_LOOKED = "NEVER_LOOKED"
    IN_DOUBT = "IN_DOUBT"
    NOT_IN_AP2T = "NOT_IN_AP2T"

    @property
    def said(self) -> Said:
        """The kind in words."""
        return say(_KINDS[self])


_KINDS = {
    Kind.IN_ORDER: N_("in order"),
    Kind.PENDING: N_("upgrade pending"),
    Kind.CONFIRMED_NOT_CHANGED: N_('registered as upgraded ("Berhasil"), but the meter did not change'),
    Kind.CHANGED_NOT_CONFIRMED: N_('not registered as upgraded ("Gagal"), but the meter did change'),
    Kind.NEVER_LOOKED: N_("never looked at"),
    Kind.IN_DOUBT: N_("in doubt"),
    Kind.NOT_IN_AP2T: N_("meter not in AP2T"),
}

WRONG = frozenset({Kind.CONFIRMED_NOT_CHANGED, Kind.CHANGED_NOT_CONFIRMED, Kind.NOT_IN_AP2T})
"""A register has to be corrected."""


def classify(
    updated: Iterable[bool],
    state: State,
    *,
    old_base: bool = False,
    is_proven: bool = False,
    is_stale: bool = False,
) -> Kind:
    """The kind of a meter that is in both; total.

    Args:
        updated: what each register says: upgraded or not.
        state: what the meter showed.
        old_base: a register has, or had, VKRN 42, whose glass shows KRN 2 without any upgrade.
        is_proven: the change itself was seen.
        is_stale: the register was updated long after the look.
    """
    said = set(updated)
    if not said or state is State.UNKNOWN:
        return Kind.IN_DOUBT
    if state is State.NEVER:
        return Kind.NEVER_LOOKED
    if state is State.NEW:
        if old_base and not is_proven:
            return Kind.IN_DOUBT
        return Kind.IN_ORDER if said == {True} else Kind.CHANGED_NOT_CONFIRMED
    if True not in said:
        return Kind.PENDING
    return Kind.IN_DOUBT if is_stale else Kind.CONFIRMED_NOT_CHANGED
