"""Why a meter is of its kind, and what the SOP has done about it, as sentences."""

from __future__ import annotations

from kctrig.lang import N_
from kctrig.sop.kinds import Kind
from kctrig.sop.looks import Shown, State
from kctrig.sop.register import Registered
from kctrig.sop.said import Said, say

SAME_VISIT_MS = 24 * 3600 * 1000
"""A confirmation up to so long after a look is taken for that of the same visit. Ours; the SOP names no time."""

MEND_ROW = N_("Correct the row in AP2T's export, from AP2T or the meter's name plate, and compare again")
MEND_P2APST = N_("Correct the row in P2APST's export and compare again")
CORRECT_CONFIRMATION = N_(
    "Correct the officer's confirmation, which the meter contradicts (5.b); the VKRN is right as it is"
)
_UNCERTAIN = N_("A person looks at the meter (04 Enter) before anything is corrected")
_STALE = N_("the register was updated more than a day after the last look, which showed {shown}")
_OLD_BASE = N_("04 shows {shown}, as it does under VKRN 42 and under 43; the change itself was not seen here")
_SHOWS = N_("04 shows {shown}; registered is {vkrn}")


def reason_of(kind: Kind, row: Registered, shown: Shown | None, late_ms: int) -> Said:
    """Why it is of this kind; `late_ms` is how long after the last look a register was updated."""
    if shown is None or (kind is Kind.NEVER_LOOKED and shown.reason is None):
        return say(N_("04 was never read by a rig on this store; registered is {vkrn}"), vkrn=vkrn_text(row))
    if shown.reason is not None:
        return shown.reason
    glass = shown.look.shown if shown.look else ""
    if kind is Kind.IN_DOUBT:
        return say(_STALE if late_ms > SAME_VISIT_MS and shown.state is State.OLD else _OLD_BASE, shown=glass)
    return say(_SHOWS, shown=glass, vkrn=vkrn_text(row))


def is_unseen(kind: Kind, row: Registered, shown: Shown | None) -> bool:
    """Whether all that speaks for "in order" is a glass that may be that of VKRN 42, and the former VKRN is not known."""
    return kind is Kind.IN_ORDER and shown is not None and not shown.is_proven and row.vkrn_before is None


def action_of(kind: Kind, row: Registered, shown: Shown | None, late_ms: int) -> Said:
    """What is to be done about it."""
    if is_unseen(kind, row, shown):
        return say(_LOOK_UP_FORMER)
    if kind is Kind.PENDING:
        return say(_PENDING.get(shown.verdict if shown else "", _NOT_YET))
    if kind is Kind.NEVER_LOOKED:
        return say(_LOOK_FIRST if row.updated else _NOT_YET)
    if kind is Kind.CONFIRMED_NOT_CHANGED:
        return say(_LOOK_AGAIN if late_ms > 0 else _CONFIRMED_NOT_CHANGED)
    return say(_ACTIONS[kind])


_NOT_YET = N_(
    "Put the meter into a work list and have its key change tokens entered; the register is right as it is"
)
_PENDING = {
    "HALF": N_(
        "Finish the key change (kctrig resume): the meter holds a part of the new key; the register is right as it is"
    ),
    "REJECTED": N_(
        "Have new key change tokens issued: the meter refused these (5.a: invalid in Bank KCT, or a parameter of the meter changed). "
        "The register is right as it is"
    ),
    "LOCKED_OUT": N_(
        "Wait until the meter's lock ends, then enter new key change tokens; the register is right as it is"
    ),
}
_LOOK_FIRST = N_('Have 04 Enter pressed on the meter: "Berhasil" is a person\'s word so far')
_CONFIRMED_NOT_CHANGED = N_(
    "Correct AP2T and P2APST, which hold the meter for KRN 2 (5.b), or enter the key change tokens and check 04; until then the "
    "customer cannot enter credit"
)
_LOOK_AGAIN = N_(
    "Press 04 Enter once more, the confirmation is younger than the look; if it is still KRN 1, correct AP2T and P2APST (5.b) or enter "
    "the key change tokens; until then the customer cannot enter credit"
)
_LOOK_UP_FORMER = N_(
    "Look up the former VKRN in AP2T: after 41 nothing is to do; after 42 a person finds out whether the key change tokens were entered (5.b)"
)
UNSEEN = N_(
    "KRN 2 stood there at the first look and the change was not seen here; under VKRN 42 a meter shows it without the upgrade, "
    "too. The column VKRN_LAMA decides"
)
_ACTIONS = {
    Kind.IN_ORDER: N_("Nothing to do"),
    Kind.CHANGED_NOT_CONFIRMED: N_(
        "Set VKRN 43 in AP2T and P2APST (5.b): the meter has changed; until then the customer cannot enter credit"
    ),
    Kind.IN_DOUBT: _UNCERTAIN,
}


def vkrn_text(row: Registered) -> str:
    """What a register says of the revision: its VKRN, else the confirmation."""
    if row.vkrn is not None:
        return f"VKRN {int(row.vkrn)}"
    return str(row.confirmation.value) if row.confirmation else "-"
