"""Credit that was issued for the new key: entered once 04 has shown it; what becomes of it changes nothing of the pass."""

from __future__ import annotations

from collections.abc import Callable

from kctrig.procedure.ports import History
from kctrig.procedure.session import Session
from kctrig.procedure.touch import Steps
from kctrig.procedure.trouble import Trouble
from kctrig.procedure.verdicts import DONE, NEW_CREDIT_SAID, TAKEN, Job, Outcome, Role, TokenStep, Verdict


def enter_new_credit(
    session: Session, job: Job, outcome: Outcome, history: History, fingerprint: Callable[[str], str]
) -> Steps[Outcome]:
    """The outcome with a remark on each such token of the job; as it is where there is none, or no pass."""
    remarks = []
    for position, step in enumerate(job.steps):
        if step.role is Role.NEW_CREDIT and outcome.verdict in DONE:
            token = fingerprint(step.digits)
            known = token in history.tokens or token in history.entered_before
            said, taken = yield from _one(session, position, step, outcome, known=known)
            remarks.append(said)
            if not taken:
                session.ledger.doubts.append(said)
    if not remarks:
        return outcome
    return session.outcome(outcome.verdict, outcome.code, "; ".join([outcome.reason, *remarks]))


def _one(
    session: Session, position: int, step: TokenStep, outcome: Outcome, *, known: bool
) -> Steps[tuple[str, bool]]:
    """What became of one token, in words, and whether the meter took it."""
    which = f"{NEW_CREDIT_SAID} {step.masked}"
    if outcome.verdict is not Verdict.PASS_VERIFIED:
        return f"{which} was not entered, because the change was not made here; kctrig enter types it", False
    if known:
        return f"{which} got its Enter in an earlier attempt and is not entered again", False
    try:
        session.hand.check_stop()
        session.hand.stoppable = True
        session.ledger.state = f"ENTERING {position + 1}"
        entered = yield from session.submit(position, step, more_sections=False)
    except Trouble as trouble:
        pressed = session.ledger.open_enter is not None
        yield from session.tidy()
        what = "got its Enter and its answer is not known" if pressed else "was not entered"
        return f"{which} {what}: {trouble}", False
    return (
        f"{which}: {entered.answer.value}, the glass showed {entered.shown or 'nothing'}",
        entered.answer in TAKEN,
    )
