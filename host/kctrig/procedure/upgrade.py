"""The upgrade of one meter: identify, look, enter the sections, look again. Rules P1 to P10 of facts/hil_anchors.md 6."""

from __future__ import annotations

from collections.abc import Callable

from kctrig.display.readings import KrnReading
from kctrig.procedure.actions import Ask
from kctrig.procedure.ends import Ends
from kctrig.procedure.events import OperatorAnswered
from kctrig.procedure.hand import Hand
from kctrig.procedure.keyset import KeySet
from kctrig.procedure.machine import EntryMachine
from kctrig.procedure.new_credit import enter_new_credit
from kctrig.procedure.policy import DOUBT_REMAINS, Go, Stop, decide, doubtful_of, past_of_job, reached
from kctrig.procedure.ports import History
from kctrig.procedure.resolve import taken_after_all
from kctrig.procedure.session import Session
from kctrig.procedure.touch import Steps
from kctrig.procedure.trouble import LinkDown, StopAsked, Trouble
from kctrig.procedure.verdicts import (
    TAKEN,
    Answer,
    CreditQuestion,
    Job,
    Outcome,
    Override,
    Role,
    TokenAnswer,
    Verdict,
)

CREDIT_QUESTION = (
    "Does the customer hold a credit token that was bought and not entered yet? After the key change it is lost. "
    "Answer none, or enter it first"
)


class Upgrade:
    """The script; `machine` is what drives it."""

    def __init__(
        self,
        hand: Hand,
        job: Job,
        history: History,
        fingerprint: Callable[[str], str],
        *,
        attempt: int,
        unix_ms_at_start: int,
        started_ms: int,
        override: Override | None = None,
    ) -> None:
        self._job = job
        self._override = override
        self._history = history
        self._fingerprint = fingerprint
        self._hand = hand
        self.session = Session(
            hand,
            job.meter_no,
            job.profile_name,
            fingerprint=fingerprint,
            attempt=attempt,
            unix_ms_at_start=unix_ms_at_start,
            started_ms=started_ms,
        )
        self._first = attempt == 1
        self._set = KeySet(job, history, fingerprint, self.session)
        self._ends = Ends(job, self.session, self._set)
        self.machine = EntryMachine(self._run, hand)

    def _run(self) -> Steps[Outcome]:
        try:
            outcome = yield from self._attempt()
        except Trouble as trouble:
            outcome = yield from self._broken_off(trouble)
        return (yield from self.session.close(outcome))

    # -- the way to a pass

    def _attempt(self) -> Steps[Outcome]:
        session, ledger = self.session, self.session.ledger
        yield from session.begin()
        ledger.number = yield from session.ask_number()
        session.note_tamper()
        if ledger.number != self._job.meter_no:
            return self._ends.wrong_meter(ledger.number)
        self._hand.identified = True
        ledger.state = "IDENTIFIED"
        reading = yield from session.ask_krn()
        session.note_tamper()
        yield from self._hand.record(
            "probe",
            number=ledger.number,
            number_images=ledger.number_images,
            krn=reading.krn if reading else None,
            kt=reading.kt if reading else None,
            shown=reading.text if reading else self._hand.shown,
            image=self._hand.image_hex,
            tamper=ledger.tamper,
        )
        if reading is None and ledger.tamper:
            return self._ends.tampered()
        if reading is None and ledger.no_echo:
            return self._ends.no_echo()
        if reading is None:
            return session.outcome(
                Verdict.BLOCKED,
                "krn_unreadable",
                "04 shows nothing that this profile knows; no token was entered",
            )
        ledger.before = ledger.after = reading
        ledger.state = "PROBED"
        self._history = yield from session.opened(self._history, self._override)
        self._set.history = self._history
        plan = self._decide()
        if isinstance(plan, Stop) and plan.code == DOUBT_REMAINS:
            plan = yield from self._decide_again(plan)
        if isinstance(plan, Stop):
            return (yield from self._after(self._ends.stopped(plan)))
        if ledger.tamper and self._job.steps[plan.positions[0]].role is not Role.CLEAR_TAMPER:
            return self._ends.tampered()
        if (blocked := (yield from self._credit_pending())) is not None:
            return blocked
        return (yield from self._after((yield from self._enter(plan))))

    def _after(self, outcome: Outcome) -> Steps[Outcome]:
        return (
            yield from enter_new_credit(self.session, self._job, outcome, self._history, self._fingerprint)
        )

    def _enter(self, plan: Go) -> Steps[Outcome]:
        session, ledger, steps = self.session, self.session.ledger, self._job.steps
        ledger.held = plan.held
        sections = [position for position in plan.positions if steps[position].role is Role.KCT]
        for position in plan.positions:
            if not self._first and position in sections[1:]:
                # Sections that the meter kept from earlier attempts may have completed the set already.
                reading = yield from self._look_again()
                if reading is None:
                    return self._ends.half(
                        "krn_unreadable", "between two sections 04 shows nothing that is known"
                    )
                if reached(self._job, reading):
                    return self._ends.verified(reading)
                self._hand.stoppable = True
            ledger.state = f"ENTERING {position + 1}"
            more = bool(sections) and position < sections[-1]
            entered = yield from session.submit(position, steps[position], more_sections=more)
            if entered.answer is Answer.NOT_TAKEN:
                entered = yield from self._once_more(entered, more_sections=more)
            if entered.answer not in TAKEN:
                return (yield from self._not_taken(entered))
            if entered.answer is Answer.HALF:
                ledger.state = "HALF"
            if self._hand.stop_asked and position != plan.positions[-1]:
                raise StopAsked("a person asked to stop")
        return (yield from self._verify())

    def _once_more(self, entered: TokenAnswer, *, more_sections: bool) -> Steps[TokenAnswer]:
        """The meter did not take an Enter, and the entry was cleared: a look, and where all is as before, once more."""
        session, ledger, position = self.session, self.session.ledger, entered.position
        self._hand.check_stop()
        if (yield from self._look_again()) != ledger.before:
            return entered
        self._hand.stoppable = True
        ledger.answers.remove(entered)
        ledger.state = f"ENTERING {position + 1}"
        return (yield from session.submit(position, self._job.steps[position], more_sections=more_sections))

    def _verify(self) -> Steps[Outcome]:
        return self._ends.verified((yield from self._look_again()))

    # -- other ends

    def _decide_again(self, plan: Stop) -> Steps[Stop | Go]:
        """Ask the meter for the last token it took; where that is the one in doubt, the doubt is over."""
        past = past_of_job(self._job, self._history, self._fingerprint)
        doubtful = doubtful_of(past)
        assert doubtful is not None
        if (yield from self._taken_after_all(doubtful)):
            return self._decide(frozenset({doubtful}))
        return plan

    def _taken_after_all(self, position: int) -> Steps[bool]:
        step = self._job.steps[position]
        return (yield from taken_after_all(self.session, position, step, self._history, self._fingerprint))

    def _decide(self, resolved: frozenset[int] = frozenset()) -> Stop | Go:
        reading = self.session.ledger.before
        assert reading is not None
        return decide(
            self._job,
            reading,
            self._history,
            self._fingerprint,
            now_unix_ms=self.session.now_unix_ms,
            section_timeout_ms=self._hand.habits.section_timeout_ms,
            refusals_max=self._hand.habits.refusals_max,
            resolved=resolved,
        )

    def _credit_pending(self) -> Steps[Outcome | None]:
        if self._job.credit is not CreditQuestion.UNKNOWN:
            return None
        event = yield Ask(CREDIT_QUESTION)
        answer = event.text if isinstance(event, OperatorAnswered) else None
        if answer is None or answer.strip().lower() in ("none", "no", "tidak", "n"):
            if answer is None:
                self.session.ledger.doubts.append("nobody was asked about an unspent credit token")
            return None
        return self.session.outcome(
            Verdict.BLOCKED, "credit_pending", "a credit token is unspent; enter it first, then start again"
        )

    def _not_taken(self, entered: TokenAnswer) -> Steps[Outcome]:
        session = self.session
        if entered.answer is Answer.NOT_TAKEN:
            return self._ends.nothing_more(
                "enter_not_taken", "Enter was not taken; the entry was cleared from the glass"
            )
        which = f"token {entered.position + 1} ({entered.digits_masked})"
        if entered.answer is Answer.UNREADABLE:
            return (
                yield from self._doubt(f"the glass said nothing known to {which}: {entered.shown or 'dark'}")
            )
        reading = yield from self._look_again()
        if reading is not None and reached(self._job, reading):
            session.ledger.doubts.append(f"{which} was answered {entered.shown} and 04 shows {reading.text}")
            return session.outcome(
                Verdict.IN_DOUBT,
                "contradiction",
                "a token was refused, yet 04 shows the new key. A person must look",
            )
        return self._ends.said_no(entered)

    def _doubt(self, what: str) -> Steps[Outcome]:
        """Something is unclear after an Enter: only a look is allowed, and only a whole set may be resolved by it."""
        session, ledger = self.session, self.session.ledger
        ledger.doubts.append(what)
        yield from self._hand.record("doubt", what=what)
        reading = yield from self._look_again()
        if reading is None:
            return session.outcome(Verdict.IN_DOUBT, "unreadable", f"{what}. 04 cannot be read either")
        if reached(self._job, reading) and self._set.all_entered():
            return session.outcome(
                Verdict.PASS_VERIFIED, "", f"04 shows {reading.text}, which resolves: {what}"
            )
        if ledger.open_enter is not None and (yield from self._taken_after_all(ledger.open_enter)):
            shown = ledger.answers[-1].shown
            if self._set.all_entered():
                return self._ends.verified((yield from self._look_again()))
            if self._set.taken():
                return self._ends.half("unreadable", f"{what}; {shown}, so it was taken")
        return session.outcome(
            Verdict.IN_DOUBT, "unreadable", f"{what}. 04 shows {reading.text}. A person must look"
        )

    def _look_again(self) -> Steps[KrnReading | None]:
        """04 once more; the reading is in the journal before anything is concluded from it."""
        hand, ledger = self._hand, self.session.ledger
        hand.stoppable = False
        ledger.state = "VERIFYING"
        ledger.after = None
        if not hand.identified:
            hand.identified = (yield from self.session.ask_number()) == self._job.meter_no
        reading = (yield from self.session.ask_krn()) if hand.identified else None
        ledger.after = reading
        yield from hand.record(
            "verify",
            krn=reading.krn if reading else None,
            kt=reading.kt if reading else None,
            shown=reading.text if reading else hand.shown,
            image=hand.image_hex,
        )
        return reading

    def _broken_off(self, trouble: Trouble) -> Steps[Outcome]:
        """The script could not go on: what is known decides, and a look where one is possible."""
        session, ledger = self.session, self.session.ledger
        yield from session.tidy()
        open_enter = ledger.open_enter
        if not isinstance(trouble, (LinkDown, StopAsked)):
            try:
                if open_enter is not None:
                    return (yield from self._doubt(f"after the Enter of token {open_enter + 1}: {trouble}"))
                if self._set.all_entered():
                    return (yield from self._verify())
            except Trouble as second:
                trouble = second
        if open_enter is not None:
            return session.outcome(
                Verdict.IN_DOUBT,
                trouble.code,
                f"{trouble}. Token {open_enter + 1} got its Enter and its answer is not known. Look with 04",
            )
        if self._set.all_entered():
            return session.outcome(
                Verdict.IN_DOUBT,
                trouble.code,
                f"{trouble}. Every token was taken and 04 was not read. Look with 04",
            )
        return self._ends.nothing_more(trouble.code, str(trouble), trouble)
