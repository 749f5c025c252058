"""Ends a doubt by what the meter names as the last token that it took."""

from __future__ import annotations

from collections.abc import Callable

from kctrig.procedure.ports import History
from kctrig.procedure.session import Session
from kctrig.procedure.touch import Steps
from kctrig.procedure.verdicts import Role, TokenStep


def taken_after_all(
    session: Session, position: int, step: TokenStep, history: History, fingerprint: Callable[[str], str]
) -> Steps[bool]:
    """Whether the meter names this token as the last it took; True is in the journal as its answer.

    Another token, or none, proves nothing: no source says that every brand keeps key-change sections there. Nor does
    the right one when it was entered more than once. The digits are compared here and go nowhere.
    """
    hand = session.hand
    token = fingerprint(step.digits)
    known = history.tokens.get(token)
    now = session.ledger.entered.count(position)
    if token in history.entered_before or (known.enters if known else 0) + now != 1:
        return False
    code = hand.habits.last_credit_code if step.role is Role.CREDIT else hand.habits.last_technical_code
    hand.stoppable = False
    last = yield from session.ask_last_token(code)
    hand.stoppable = True
    match = last == step.digits
    about = {"position": position, "token": token, "digits": step.masked}
    yield from hand.record("doubt", **about, what=f"asked {code}", read=last is not None, match=match)
    if match:
        yield from session.note_taken(position, step, f"{code} shows {step.masked}", about)
    return match
