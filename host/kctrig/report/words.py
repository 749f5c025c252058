"""States, answers and reasons in words for people; translated where they are shown."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from types import MappingProxyType
from typing import Final

from kctrig import profiles
from kctrig.lang import N_

STATES: Final[Mapping[str, str]] = MappingProxyType(
    {
        "PASS_VERIFIED": N_("Passed"),
        "ALREADY_DONE": N_("Done before"),
        "ENTERED": N_("Entered by hand"),
        "HALF": N_("Half done"),
        "IN_DOUBT": N_("In doubt"),
        "REJECTED": N_("Rejected"),
        "LOCKED_OUT": N_("Locked out"),
        "BLOCKED": N_("Blocked"),
        "INFRA_ERROR": N_("Rig trouble"),
        "READY": N_("Not begun"),
        "RUNNING": N_("Under way"),
    }
)
MEANINGS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "PASS_VERIFIED": N_("the glass showed the new key revision after the last token"),
        "ALREADY_DONE": N_("the glass showed the new key revision before any token"),
        "ENTERED": N_("tokens entered by hand were taken; nothing is said of the key revision"),
        "HALF": N_("a part of the new key is in the meter, the rest is missing"),
        "IN_DOUBT": N_("a token may or may not have counted; only looking is allowed"),
        "REJECTED": N_("the meter refused a token"),
        "LOCKED_OUT": N_("the meter takes no token for a while"),
        "BLOCKED": N_("something stood in the way; nothing was submitted because of it"),
        "INFRA_ERROR": N_("the rig or its line failed; nothing had been submitted"),
        "READY": N_("nothing was submitted; may be started again"),
        "RUNNING": N_("somebody is working on it right now"),
    }
)
NEXT_STEPS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "HALF": N_(
            "Enter the missing section before the deadline: kctrig resume. After it, start again from the first."
        ),
        "IN_DOUBT": N_("Enter nothing. Look at the meter with 04, then let a supervisor decide."),
        "REJECTED": N_("No second try. Have new tokens issued for this meter."),
        "LOCKED_OUT": N_("Wait until the lock ends, then look with 04 before anything else."),
        "BLOCKED": N_("Remove what stands in the way, then start this meter again."),
        "INFRA_ERROR": N_("Mend rig or cable, then start this meter again."),
        "READY": N_("Start this meter again."),
        "RUNNING": N_("Wait until it is done."),
    }
)
NEXT_STEPS_BY_CODE: Final[Mapping[tuple[str, str], str]] = MappingProxyType(
    {
        ("BLOCKED", "credit_pending"): N_("Enter the credit token first, then start this meter again."),
        ("BLOCKED", "echo_failed"): N_("Check keypad and glass, then start this meter again."),
        ("INFRA_ERROR", "journal_failed"): N_(
            "Free space on the disk or mend it, then start this meter again."
        ),
        ("BLOCKED", "krn_unreadable"): N_(
            "Look at the glass; is this the brand of the list? Then start this meter again."
        ),
        ("BLOCKED", "number_unreadable"): N_(
            "Look at the glass; is this the brand of the list? Then start this meter again."
        ),
        ("BLOCKED", "old_base"): N_(
            "Nothing was typed. Have the register looked at before anything is reported."
        ),
        ("BLOCKED", "refusal_budget"): N_("Have new tokens issued; a supervisor must open this meter again."),
        ("BLOCKED", "refused_before"): N_("No second try. Have new tokens issued for this meter."),
        ("BLOCKED", "answered_before"): N_("No second try. Have new tokens issued for this meter."),
        ("BLOCKED", "given_twice"): N_("Give each token once."),
        ("HALF", "section_awaited"): N_("Have the missing token issued; the list must hold all of them."),
        ("HALF", "section_deadline"): N_("Wait two minutes, then start this meter again."),
        ("BLOCKED", "tamper"): N_("Have the tamper cleared, then start this meter again."),
        ("BLOCKED", "unexpected_krn"): N_(
            "Enter nothing. Have list and meter compared; the tokens are for another key."
        ),
        ("BLOCKED", "wrong_meter"): N_("Put the meter of the list into the slot, then start again."),
    }
)
"""Where the code says more exactly than the state what is to be done; by both, because a doubt stays one whatever its code."""
REASONS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "broken_off": N_("The program was ended or the power failed in the middle of the attempt."),
        "contradiction": N_("A token was refused, yet 04 shows the new key."),
        "credit_pending": N_("The customer holds a credit token that was not entered; it would be lost."),
        "doubt_remains": N_("A token got its Enter before, and its answer is not known."),
        "echo_failed": N_("The glass does not show the keys that are pressed."),
        "enter_not_taken": N_("The meter did not take Enter; the entry was cleared."),
        "failure": N_("The program failed at this meter."),
        "interrupted": N_("A person stopped the work."),
        "journal_failed": N_("The record could not be written, so no further key was pressed."),
        "key_not_changed": N_("Every token was taken and 04 still shows the old key."),
        "krn_unreadable": N_("04 shows nothing that this brand's profile knows."),
        "link_lost": N_("The line to the rig broke."),
        "locked": N_("The meter is locked and takes no token."),
        "meter_gone": N_("The meter's glass fell silent; another meter may stand there now."),
        "not_begun": N_("No rig showed this meter."),
        "number_unreadable": N_("75 shows no meter number that this brand's profile can read."),
        "old": N_("The meter says that the token is too old."),
        "old_base": N_(
            "04 shows KRN 2, but the list has VKRN 42: such a meter shows it before the upgrade too."
        ),
        "opened_again": N_("A supervisor opened this meter again."),
        "refusal_budget": N_("The meter refused two tokens and locks at the next."),
        "refused": N_("The meter refused the token."),
        "answered_before": N_("The meter has answered this token before; a token gets one try."),
        "given_twice": N_("The same token was given twice; a token gets one try."),
        "refused_before": N_("The meter has refused this token before; a token gets one try."),
        "rig_refused": N_("The rig would not press keys."),
        "rig_restarted": N_("The rig started anew in the middle of the work."),
        "section_awaited": N_("The meter waits for a section that the work list does not have."),
        "section_deadline": N_("The meter may or may not have forgotten the sections it held."),
        "tamper": N_("The meter shows tamper and takes no token."),
        "trouble": N_("The attempt could not go on."),
        "unexpected_krn": N_("04 shows a key revision to which no token of the list leads."),
        "unreadable": N_("The glass showed nothing known after an Enter."),
        "used": N_("The meter says that the token was used before."),
        "verify_unreadable": N_("Every token was taken, and 04 could not be read after that."),
        "wrong_meter": N_("Another meter than the one of the list is in the slot."),
    }
)
ANSWERS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "accepted": N_("accepted"),
        "half": N_("section taken"),
        "refused": N_("refused"),
        "used": N_("used before"),
        "old": N_("too old"),
        "locked": N_("meter locked"),
        "tamper": N_("tamper"),
        "unreadable": N_("not readable"),
        "not_taken": N_("Enter not taken"),
        "not_entered": N_("Enter not pressed"),
    }
)
ROLES: Final[Mapping[str, str]] = MappingProxyType(
    {
        "kct": N_("key change"),
        "credit": N_("credit"),
        "clear_tamper": N_("clear tamper"),
        "new_credit": N_("new credit"),
        "by_hand": N_("by hand"),
        "number": N_("number"),
    }
)
TONES: Final[Mapping[str, str]] = MappingProxyType(
    {
        "PASS_VERIFIED": "good",
        "ALREADY_DONE": "good",
        "ENTERED": "plain",
        "HALF": "warn",
        "IN_DOUBT": "doubt",
        "REJECTED": "bad",
        "LOCKED_OUT": "bad",
        "BLOCKED": "warn",
        "INFRA_ERROR": "plain",
        "READY": "plain",
        "RUNNING": "plain",
    }
)
"""Colour family of each state; it never stands alone, a symbol and the word go with it."""


def tone(state: str) -> str:
    """The colour family of a state; of one that is not known, plain."""
    return TONES.get(state, "plain")


@lru_cache
def brand(profile: str) -> str:
    """A brand's name as people write it; of a profile that is not here, its own name."""
    try:
        return profiles.load(profile).title
    except (profiles.ProfileError, profiles.UnknownBrand):
        return profile
