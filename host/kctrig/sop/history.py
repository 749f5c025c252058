"""SOP 7.d as a function: the time of the update against the time of each token's purchase."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from kctrig.lang import N_
from kctrig.sop.moments import Moment, Order, order
from kctrig.sop.said import Said, say
from kctrig.sop.triage import Record


class Finding(StrEnum):
    """What the two times say about a token."""

    DEAD = "DEAD"
    """Bought before the update: of the old VKRN; if it was not entered before the update it never goes in."""
    MUST_WORK = "MUST_WORK"
    """Bought after the update: of VKRN 43; goes in, unless the officer's confirmation was wrong."""
    UNDECIDABLE = "UNDECIDABLE"
    """The times are the same as far as they are known, or one is missing."""


@dataclass(frozen=True, slots=True)
class Purchase:
    """A token that was bought. `at` is None when its time could not be read; `shown` is how the source names it."""

    at: Moment | None
    shown: str = ""


@dataclass(frozen=True, slots=True)
class Explained:
    """What becomes of one purchase.

    Attributes:
        paragraph: where the SOP says so; empty where it says nothing.
        sentence: the SOP's sentence, or what is missing.
        action: what to do.
        record: where it is recorded when the customer cannot enter this token; None when that is not decided by time.
    """

    purchase: Purchase
    finding: Finding
    paragraph: str
    sentence: Said
    action: Said
    record: Record | None


def explain(update: Moment | None, purchases: Sequence[Purchase]) -> list[Explained]:
    """One answer for each purchase, in their order."""
    return [_explain(update, purchase) for purchase in purchases]


_DEAD = N_(
    "Bought before the update: the token is still of the old VKRN (41/42). If the customer did not enter it before the "
    "update, it can no longer be entered, because its KRN is another one"
)
_DEAD_ACTION = N_(
    "Tell the customer that the problem will be passed on to the PLN unit concerned; record it in APKT GANGGUAN. "
    "A token that was entered before the update needs nothing"
)
_WORKS = N_(
    "The update came before the purchase: the token is of VKRN 43 and can be entered, unless the officer's entry failed (human error)"
)
_WORKS_ACTION = N_(
    "If it is refused all the same, the officer's confirmation was wrong: ask the questions of 7.c (kctrig sop triage) "
    "and have 04 Enter pressed on the meter; without KRN 2 it was not updated"
)
_SAME = {
    Order.SAME_MINUTE: N_("Update and purchase lie in the same minute: which came first cannot be decided"),
    Order.ZONE_OPEN: N_(
        "Only one of the two times names its time zone, and which came first depends on the zone of the other"
    ),
    Order.SAME_DAY: N_(
        "Update and purchase lie on the same day and the time of day is not known of both: which came first cannot be decided"
    ),
}
_SAME_ACTION = {
    Order.SAME_MINUTE: N_(
        "Ask the unit to look at the meter (04 Enter); until then ask the questions of 7.c (kctrig sop triage)"
    ),
    Order.ZONE_OPEN: N_("Write the zone behind both times (WIB, WITA, WIT), or name it once with --zone"),
    Order.SAME_DAY: N_("Look up the times of day in P2APST and ask again with them"),
}
_NO_UPDATE = N_("The time of the update is not known")
_NO_UPDATE_ACTION = N_("Read TGUPDATE from the customer's page of P2APST and give it with --update")
_NO_PURCHASE = N_("The time of the purchase could not be read: {shown}")
_NO_PURCHASE_ACTION = N_("Read TGL BAYAR and JAM BAYAR from P2APST and give them with --bought")


def _explain(update: Moment | None, purchase: Purchase) -> Explained:
    if purchase.at is None:
        shown = purchase.shown or "-"
        return _undecidable(purchase, say(_NO_PURCHASE, shown=shown), _NO_PURCHASE_ACTION)
    if update is None:
        return _undecidable(purchase, say(_NO_UPDATE), _NO_UPDATE_ACTION)
    lies = order(purchase.at, update)
    if lies is Order.BEFORE:
        return Explained(purchase, Finding.DEAD, "7.d.2", say(_DEAD), say(_DEAD_ACTION), Record.GANGGUAN)
    if lies is Order.AFTER:
        return Explained(purchase, Finding.MUST_WORK, "7.d.1", say(_WORKS), say(_WORKS_ACTION), None)
    return _undecidable(purchase, say(_SAME[lies]), _SAME_ACTION[lies])


def _undecidable(purchase: Purchase, sentence: Said, action: str) -> Explained:
    return Explained(purchase, Finding.UNDECIDABLE, "", sentence, say(action), None)
