"""The questions of section 7 one after the other, as a CSO asks them; sans input: the caller reads the lines."""

from __future__ import annotations

from collections.abc import Generator
from decimal import Decimal

from kctrig.lang import N_
from kctrig.sop.cases import UnreadableAnswer, read_power, read_yes_no
from kctrig.sop.kwh import UnreadableKwh, is_unknown, read_kwh
from kctrig.sop.said import Said, say
from kctrig.sop.triage import Answer, Asked, Case, Kwh, Power, triage
from kctrig.sop.vkrn import UnreadableVkrn, Vkrn, read_vkrn

VKRN = say(N_("VKRN in AP2T (Info Pelanggan > Info DIL > APP/Meter > kWh, or Info DIL > kWh): 41, 42 or 43"))
TOKEN = say(N_("Has the customer checked the token number and entered it again? (yes/no)"))
OFFICER = say(N_("Has an officer come and upgraded the meter? (yes/no, empty: not known)"))
POWER = say(N_("Is the electricity on, nearly off or off?"))
KWH = say(N_("How many kWh does the meter have left? (empty: the customer does not know)"))

Questions = Generator[Said, str, Answer]


def ask() -> Questions:
    """Yields what is to be asked (or said about the last answer), takes the answers, returns the verdict."""
    vkrn = yield from _vkrn()
    if not vkrn.is_updated:
        return triage(Case(vkrn))
    token = yield from _yes_no(TOKEN)
    officer = yield from _yes_no(OFFICER)
    power = yield from _power()
    kwh: Decimal | Kwh = Kwh.NOT_ASKED
    if power in (Power.ON, Power.UNKNOWN):
        kwh = yield from _kwh()
    return triage(Case(vkrn, power, kwh, token, officer))


def _again(wrong: Said, question: Said) -> Said:
    return say(N_("{wrong}. {question}"), wrong=wrong, question=question)


def _vkrn() -> Generator[Said, str, Vkrn]:
    question = VKRN
    while True:
        try:
            return read_vkrn((yield question))
        except UnreadableVkrn as fault:
            question = _again(fault.said, VKRN)


def _yes_no(asked: Said) -> Generator[Said, str, Asked]:
    question = asked
    while True:
        try:
            return read_yes_no((yield question))
        except UnreadableAnswer as fault:
            question = _again(fault.said, asked)


def _power() -> Generator[Said, str, Power]:
    question = POWER
    while True:
        try:
            return read_power((yield question))
        except UnreadableAnswer as fault:
            question = _again(fault.said, POWER)


def _kwh() -> Generator[Said, str, Decimal | Kwh]:
    question = KWH
    while True:
        text = yield question
        if is_unknown(text):
            return Kwh.UNKNOWN
        try:
            return read_kwh(text)
        except UnreadableKwh as fault:
            question = _again(fault.said, KWH)
