"""The upgrade of one meter: identify, look, enter the sections, look again. Rules P1 to P10 of facts/hil_anchors.md 6."""

from __future__ import annotations

from collections.abc import Callable

from kctrig.display.readings import KrnReading
from kctrig.procedure.actions import Ask
from kctrig.procedure.events import OperatorAnswered
from kctrig.procedure.hand import Hand, Steps
from kctrig.procedure.keyset import KeySet
from kctrig.procedure.machine import EntryMachine
from kctrig.procedure.policy import DOUBT_REMAINS, Go, Stop, decide, doubtful_of, past_of_job, reached
from kctrig.procedure.ports import History
from kctrig.procedure.resolve import taken_after_all
from kctrig.procedure.session import Session
from kctrig.procedure.trouble import EchoFailed, LinkDown, StopAsked, Trouble
from kctrig.procedure.verdicts import (
    REFUSALS,
    TAKEN,
    Answer,
    CreditQuestion,
    Job,
    Outcome,
    Role,
    TokenAnswer,
    Verdict,
)

CREDIT_QUESTION = (
    "Does the customer hold a credit token that was bought and not entered yet? After the key change it is lost. "
    "Answer none, or enter it first"
)

_NO = REFUSALS | {Answer.LOCKED, Answer.TAMPER}


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
    ) -> None:
        self._job = job
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
            return self._wrong_meter(ledger.number)
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
            return self._tampered()
        if reading is None and ledger.no_echo:
            return self._no_echo()
        if reading is None:
            return session.outcome(
                Verdict.BLOCKED,
                "krn_unreadable",
                "04 shows nothing that this profile knows; no token was entered",
            )
        ledger.before = ledger.after = reading
        ledger.state = "PROBED"
        plan = self._decide()
        if isinstance(plan, Stop) and plan.code == DOUBT_REMAINS:
            plan = yield from self._decide_again(plan)
        if isinstance(plan, Stop):
            return self._stopped(plan)
        if ledger.tamper and self._job.steps[plan.positions[0]].role is not Role.CLEAR_TAMPER:
            return self._tampered()
        if (blocked := (yield from self._credit_pending())) is not None:
            return blocked
        return (yield from self._enter(plan))

    def _enter(self, plan: Go) -> Steps[Outcome]:
        session, ledger, steps = self.session, self.session.ledger, self._job.steps
        ledger.held = plan.held
        sections = [position for position in plan.positions if steps[position].role is Role.KCT]
        for position in plan.positions:
            if not self._first and position in sections[1:]:
                # Sections that the meter kept from earlier attempts may have completed the set already.
                reading = yield from self._look_again()
                if reading is None:
                    return self._half("krn_unreadable", "between two sections 04 shows nothing that is known")
                if reached(self._job, reading):
                    return self._verified(reading)
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
        return self._verified((yield from self._look_again()))

    def _verified(self, reading: KrnReading | None) -> Outcome:
        """What a look after the last section comes to."""
        session, ledger = self.session, self.session.ledger
        if reading is None:
            return session.outcome(
                Verdict.IN_DOUBT,
                "verify_unreadable",
                "every token was taken and 04 shows nothing that this profile knows. Look at the meter, then probe",
            )
        if reached(self._job, reading):
            return session.outcome(Verdict.PASS_VERIFIED, "", f"04 shows {reading.text}")
        if ledger.answers and ledger.answers[-1].answer is Answer.HALF:
            return self._half(
                "section_awaited", "the meter waits for a section that the work list does not have"
            )
        return session.outcome(
            Verdict.IN_DOUBT,
            "key_not_changed",
            f"every token was taken and 04 still shows {reading.text}; the meter may hold sections. A person must look",
        )

    # -- other ends

    def _tampered(self) -> Outcome:
        return self.session.outcome(
            Verdict.BLOCKED, "tamper", "the meter shows tamper and takes no token; clear the tamper first"
        )

    def _no_echo(self) -> Outcome:
        return self.session.outcome(
            Verdict.BLOCKED,
            "echo_failed",
            "the glass does not show the keys that are pressed; no token was entered. Check keypad and glass",
        )

    def _wrong_meter(self, number: str | None) -> Outcome:
        if number is None and self.session.ledger.tamper:
            return self._tampered()
        if number is None and self.session.ledger.no_echo:
            return self._no_echo()
        if number is None:
            code = self._hand.habits.number_code
            reason = f"{code} shows no meter number that this profile can read; no token was entered"
            return self.session.outcome(Verdict.BLOCKED, "number_unreadable", reason)
        reason = f"wrong meter: the glass shows {number}, the work list says {self._job.meter_no}; no token was entered"
        return self.session.outcome(Verdict.BLOCKED, "wrong_meter", reason)

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

    def _stopped(self, plan: Stop) -> Outcome:
        if plan.verdict is Verdict.PASS_VERIFIED:
            self.session.ledger.doubts.append(plan.reason)
        return self.session.outcome(plan.verdict, plan.code, plan.reason)

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
            return self._nothing_more(
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
        return self._said_no(entered)

    def _said_no(self, entered: TokenAnswer) -> Outcome:
        """The meter answered that it did not take the token; whatever came after that changes nothing about it."""
        until_unix_ms = self._set.held_until_unix_ms()
        said = f"token {entered.position + 1} ({entered.digits_masked}): the meter shows {entered.shown}"
        if entered.answer in REFUSALS:
            verdict, code, step = (
                Verdict.REJECTED,
                entered.answer.value,
                "No second try; have new tokens issued",
            )
        elif entered.answer is Answer.LOCKED:
            verdict, code, step = Verdict.LOCKED_OUT, "locked", "It takes no token until the lock ends"
        else:
            verdict, code, step = Verdict.BLOCKED, "tamper", "Clear the tamper first"
        return self.session.outcome(verdict, code, f"{said}. {step}", until_unix_ms)

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
                return self._verified((yield from self._look_again()))
            if self._set.taken():
                return self._half("unreadable", f"{what}; {shown}, so it was taken. Start again")
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
                    return (yield from self._doubt(f"{trouble} after the Enter of token {open_enter + 1}"))
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
        return self._nothing_more(trouble.code, str(trouble), trouble)

    def _nothing_more(self, code: str, reason: str, trouble: Trouble | None = None) -> Outcome:
        """Nothing is open: the sections that were taken decide, then what kind of trouble it was."""
        answers = self.session.ledger.answers
        if answers and answers[-1].answer in _NO:
            return self._said_no(answers[-1])
        if self._set.taken():
            return self._half(code, reason)
        taken = any(entry.answer in TAKEN for entry in answers)
        reason += (
            "; no section was submitted, what comes before them was" if taken else "; nothing was submitted"
        )
        if trouble is None or isinstance(trouble, StopAsked):
            return self.session.outcome(Verdict.READY, code, reason)
        if isinstance(trouble, EchoFailed):
            return self.session.outcome(Verdict.BLOCKED, code, f"{reason}. Check the keypad")
        return self.session.outcome(Verdict.INFRA_ERROR, code, reason)

    def _half(self, code: str, reason: str) -> Outcome:
        return self.session.outcome(
            Verdict.HALF,
            code,
            f"{reason}. The meter holds a part of the new key",
            self._set.held_until_unix_ms(),
        )
