"""Section 7 of the SOP as a function: where the case of a token that cannot be entered is recorded, and what comes first."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from enum import Enum, StrEnum

from kctrig.lang import N_
from kctrig.sop.said import Said, say
from kctrig.sop.vkrn import Vkrn

LIMIT_KWH = Decimal(10)
"""SOP 7.c.5: "s.d 10 kWh" is GANGGUAN, so exactly 10 is; "diatas 10 kWh" is KELUHAN."""


class Record(StrEnum):
    """Where the case is recorded."""

    GANGGUAN = "GANGGUAN"
    """APKT GANGGUAN (7.c.5.a)."""
    KELUHAN = "KELUHAN"
    """APKT KELUHAN (7.c.5.b)."""
    OUTSIDE = "OUTSIDE"
    """Outside this SOP (7.b): the rules from before it."""


class Power(StrEnum):
    """The electricity at the customer's place."""

    ON = "on"
    NEARLY_OFF = "nearly-off"
    OFF = "off"
    UNKNOWN = "unknown"


class Asked(StrEnum):
    """What came of a question to the customer."""

    YES = "yes"
    NO = "no"
    NOT_ASKED = "not-asked"


class Kwh(Enum):
    """An amount that is not there."""

    UNKNOWN = "unknown"
    """The customer was asked and does not know."""
    NOT_ASKED = "not-asked"


@dataclass(frozen=True, slots=True)
class Case:
    """What is known of one customer.

    Attributes:
        vkrn: from AP2T.
        power: as the customer says.
        kwh: left on the meter.
        token_checked: the customer has entered the right number of the token (7.c.1).
        officer_visited: an officer came and upgraded the meter (7.c.2).
    """

    vkrn: Vkrn
    power: Power = Power.UNKNOWN
    kwh: Decimal | Kwh = Kwh.NOT_ASKED
    token_checked: Asked = Asked.NOT_ASKED
    officer_visited: Asked = Asked.NOT_ASKED


class Step(StrEnum):
    """What has to be done before the case is recorded."""

    CHECK_TOKEN = "check-token"
    ASK_VISIT = "ask-visit"
    NO_VISIT = "no-visit"
    ASK_POWER = "ask-power"
    ASK_KWH = "ask-kwh"

    @property
    def said(self) -> Said:
        """The step as a sentence."""
        return say(_STEPS[self])


_STEPS = {
    Step.CHECK_TOKEN: N_(
        "make sure that the customer enters the right token number (7.c.1); if it is taken now, nothing is recorded"
    ),
    Step.ASK_VISIT: N_("make sure that an officer came and upgraded the customer's meter to VKRN 43 (7.c.2)"),
    Step.NO_VISIT: N_(
        "nobody came, yet AP2T says 43: ask whoever else lives there (7.c.2); if it stays so, write it into the record, "
        "because the register may be wrong (5.b)"
    ),
    Step.ASK_POWER: N_("ask whether the electricity is on, nearly off or off (7.c.5)"),
    Step.ASK_KWH: N_("ask how many kWh the meter has left (7.c.3)"),
}


@dataclass(frozen=True, slots=True)
class Rule:
    """One sentence of the SOP that decides: where it stands, its own words in short."""

    paragraph: str
    record: Record
    text: str

    @property
    def said(self) -> Said:
        """The sentence."""
        return say(self.text)


NOT_UPDATED = Rule(
    "7.b",
    Record.OUTSIDE,
    N_(
        "VKRN 41 or 42: the customer's meter has not been updated; probe the problem by the rules from before, outside this SOP"
    ),
)
IS_OFF = Rule("7.c.5.a", Record.GANGGUAN, N_("The electricity at the customer's place is OFF"))
IS_NEARLY_OFF = Rule(
    "7.c.5.a",
    Record.GANGGUAN,
    N_('The electricity is on, but by what the customer says "nearly off"'),
)
IS_LOW = Rule(
    "7.c.5.a", Record.GANGGUAN, N_("The electricity is on, the customer's meter has up to 10 kWh left")
)
IS_ENOUGH = Rule("7.c.5.b", Record.KELUHAN, N_("The electricity is on, more than 10 kWh are left"))
IS_UNKNOWN = Rule("7.c.5.b", Record.KELUHAN, N_('The customer "does not know how many kWh are left"'))
RULES = (NOT_UPDATED, IS_OFF, IS_NEARLY_OFF, IS_LOW, IS_ENOUGH, IS_UNKNOWN)

TELL_CUSTOMER = N_(
    "Tell the customer that the problem will be passed on to the PLN unit concerned, which will check it further (7.c.4)"
)


@dataclass(frozen=True, slots=True)
class Answer:
    """Where the case is recorded, the sentence that decides it, and what must be done before.

    Attributes:
        first: steps still open; recorded is only what is left after them.
        is_ready: nothing is open.
    """

    rule: Rule
    first: tuple[Step, ...] = ()

    @property
    def record(self) -> Record:
        """GANGGUAN, KELUHAN or outside this SOP."""
        return self.rule.record

    @property
    def is_ready(self) -> bool:
        """Whether it can be recorded as things stand."""
        return not self.first


def triage(case: Case) -> Answer:
    """The one answer to a case; every case has one.

    VKRN comes first: 41 and 42 are outside this SOP whatever else holds. Off beats everything else, nearly off beats
    the kWh. Steps 1 and 2 of 7.c come before recording: while one is open, the answer is what holds if the step changes
    nothing, and `first` names the step.
    """
    if not case.vkrn.is_updated:
        return Answer(NOT_UPDATED)
    return Answer(_rule(case), tuple(_open_steps(case)))


def _rule(case: Case) -> Rule:
    if case.power is Power.OFF:
        return IS_OFF
    if case.power is Power.NEARLY_OFF:
        return IS_NEARLY_OFF
    if isinstance(case.kwh, Kwh):
        return IS_UNKNOWN
    return IS_LOW if case.kwh <= LIMIT_KWH else IS_ENOUGH


def _open_steps(case: Case) -> list[Step]:
    steps = []
    if case.token_checked is not Asked.YES:
        steps.append(Step.CHECK_TOKEN)
    if case.officer_visited is Asked.NOT_ASKED:
        steps.append(Step.ASK_VISIT)
    elif case.officer_visited is Asked.NO:
        steps.append(Step.NO_VISIT)
    if case.power is Power.UNKNOWN:
        steps.append(Step.ASK_POWER)
    if case.kwh is Kwh.NOT_ASKED and case.power in (Power.ON, Power.UNKNOWN):
        steps.append(Step.ASK_KWH)
    return steps
