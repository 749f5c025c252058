"""Tokens entered by hand, whatever they are for: the same typing and the same one Enter, no key revision promised."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from kctrig.procedure.hand import Hand
from kctrig.procedure.machine import EntryMachine
from kctrig.procedure.ports import History
from kctrig.procedure.session import Session
from kctrig.procedure.touch import Steps
from kctrig.procedure.trouble import Trouble
from kctrig.procedure.verdicts import (
    REFUSALS,
    TAKEN,
    Answer,
    Outcome,
    Override,
    Role,
    TokenStep,
    Verdict,
    token_class,
)

_CLEAR_CLASS = 1
_ANSWERED = TAKEN | REFUSALS


class ByHand:
    """The script; `machine` is what drives it. It goes on after a refusal, up to the meter's refusal budget."""

    def __init__(
        self,
        hand: Hand,
        meter_no: str,
        profile_name: str,
        tokens: Sequence[str],
        history: History,
        fingerprint: Callable[[str], str],
        *,
        attempt: int,
        unix_ms_at_start: int,
        started_ms: int,
        override: Override | None = None,
    ) -> None:
        self._hand = hand
        self._steps = tuple(TokenStep(digits, _role_of(digits)) for digits in tokens)
        self._history = history
        self._fingerprint = fingerprint
        self._override = override
        self._refusals = history.refusals
        self.session = Session(
            hand,
            meter_no,
            profile_name,
            fingerprint=fingerprint,
            attempt=attempt,
            unix_ms_at_start=unix_ms_at_start,
            started_ms=started_ms,
        )
        self.machine = EntryMachine(self._run, hand)

    def _run(self) -> Steps[Outcome]:
        session = self.session
        try:
            outcome = yield from self._enter_all()
        except Trouble as trouble:
            yield from session.tidy()
            if session.ledger.open_enter is not None:
                which = session.ledger.open_enter + 1
                outcome = session.outcome(
                    Verdict.IN_DOUBT, trouble.code, f"{trouble}. The answer to token {which} is not known"
                )
            else:
                outcome = session.outcome(
                    Verdict.INFRA_ERROR, trouble.code, f"{trouble}; nothing is open on the meter"
                )
        return (yield from session.close(outcome))

    def _enter_all(self) -> Steps[Outcome]:
        session = self.session
        yield from session.begin()
        number = yield from session.ask_number()
        if number != session.meter_no:
            shown = number or "no number that can be read"
            return session.outcome(
                Verdict.BLOCKED, "wrong_meter", f"wrong meter: the glass shows {shown}; no token was entered"
            )
        self._hand.identified = True
        self._history = yield from session.opened(self._history, self._override)
        self._refusals = self._history.refusals
        for position, step in enumerate(self._steps):
            if (blocked := self._forbidden(position, step)) is not None:
                return blocked
            session.ledger.state = f"ENTERING {position + 1}"
            entered = yield from session.submit(position, step, more_sections=False)
            if entered.answer in TAKEN:
                if entered.answer is Answer.ACCEPTED and step.role is not Role.NUMBER:
                    self._refusals = 0
            elif entered.answer in REFUSALS:
                self._refusals += 1
            else:
                return self._stopped_by(entered.answer, entered.shown)
            self._hand.check_stop()
        refused = [entry for entry in session.ledger.answers if entry.answer in REFUSALS]
        if refused:
            said = ", ".join(f"token {entry.position + 1} {entry.answer.value}" for entry in refused)
            return session.outcome(Verdict.REJECTED, refused[-1].answer.value, said)
        return session.outcome(Verdict.ENTERED, "", "every token was taken")

    def _forbidden(self, position: int, step: TokenStep) -> Outcome | None:
        if self._refusals >= self._hand.habits.refusals_max:
            return self.session.outcome(
                Verdict.BLOCKED,
                "refusal_budget",
                f"this meter has refused {self._refusals} tokens and may lock at the next; "
                f"token {position + 1} was not entered. --override opens it again",
            )
        if step.role is Role.NUMBER:
            return None  # it counts as nothing in the meter, so a second try does no harm
        if step in self._steps[:position]:
            return self.session.outcome(
                Verdict.BLOCKED,
                "given_twice",
                f"token {position + 1} is one of those before it; a token gets one try",
            )
        known = self._history.tokens.get(self._fingerprint(step.digits))
        if known is not None and known.answer in (None, Answer.UNREADABLE):
            return self.session.outcome(
                Verdict.IN_DOUBT,
                "doubt_remains",
                f"token {position + 1} got its Enter before and its answer is not known. A person must decide (--override)",
            )
        if known is not None and known.answer in _ANSWERED:
            return self.session.outcome(
                Verdict.BLOCKED,
                "answered_before",
                f"this meter has answered {known.answer} to token {position + 1}; a token gets one try. Get new tokens, or --override",
            )
        return None

    def _stopped_by(self, answer: Answer, shown: str) -> Outcome:
        session = self.session
        if answer is Answer.LOCKED:
            return session.outcome(Verdict.LOCKED_OUT, "locked", f"the meter takes no token now: {shown}")
        if answer is Answer.TAMPER:
            return session.outcome(Verdict.BLOCKED, "tamper", f"the meter says tamper: {shown}")
        if answer is Answer.NOT_TAKEN:
            return session.outcome(
                Verdict.READY, "enter_not_taken", "Enter was not taken; the entry was cleared from the glass"
            )
        return session.outcome(
            Verdict.IN_DOUBT,
            "unreadable",
            f"the glass said nothing known: {shown or 'dark'}. Look at the meter",
        )


def _role_of(digits: str) -> Role:
    return Role.NUMBER if token_class(digits) == _CLEAR_CLASS else Role.BY_HAND
