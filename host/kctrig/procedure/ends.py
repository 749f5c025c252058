"""What an attempt came to, in a verdict and words: from what is known, without another key or look."""

from __future__ import annotations

from kctrig.display.readings import KrnReading
from kctrig.procedure.keyset import KeySet
from kctrig.procedure.policy import Stop, reached
from kctrig.procedure.session import Session
from kctrig.procedure.trouble import EchoFailed, StopAsked, Trouble
from kctrig.procedure.verdicts import REFUSALS, TAKEN, Answer, Job, Outcome, TokenAnswer, Verdict

_NO = REFUSALS | {Answer.LOCKED, Answer.TAMPER}


class Ends:
    """The ends of one attempt on one job."""

    def __init__(self, job: Job, session: Session, keyset: KeySet) -> None:
        self._job = job
        self._session = session
        self._set = keyset

    def verified(self, reading: KrnReading | None) -> Outcome:
        """What a look after the last section comes to."""
        session, ledger = self._session, self._session.ledger
        if reading is None:
            return session.outcome(
                Verdict.IN_DOUBT,
                "verify_unreadable",
                "every token was taken and 04 shows nothing that this profile knows. Look at the meter, then probe",
            )
        if reached(self._job, reading):
            return session.outcome(Verdict.PASS_VERIFIED, "", f"04 shows {reading.text}")
        if ledger.answers and ledger.answers[-1].answer is Answer.HALF:
            return self.half(
                "section_awaited", "the meter waits for a section that the work list does not have"
            )
        return session.outcome(
            Verdict.IN_DOUBT,
            "key_not_changed",
            f"every token was taken and 04 still shows {reading.text}; the meter may hold sections. A person must look",
        )

    def tampered(self) -> Outcome:
        """The meter takes no token until its tamper condition was cleared."""
        return self._session.outcome(
            Verdict.BLOCKED, "tamper", "the meter shows tamper and takes no token; clear the tamper first"
        )

    def no_echo(self) -> Outcome:
        """The glass does not follow the keys."""
        return self._session.outcome(
            Verdict.BLOCKED,
            "echo_failed",
            "the glass does not show the keys that are pressed; no token was entered. Check keypad and glass",
        )

    def wrong_meter(self, number: str | None) -> Outcome:
        """Another number than the work list's, or none that can be read."""
        if number is None and self._session.ledger.tamper:
            return self.tampered()
        if number is None and self._session.ledger.no_echo:
            return self.no_echo()
        if number is None:
            code = self._session.hand.habits.number_code
            reason = f"{code} shows no meter number that this profile can read; no token was entered"
            return self._session.outcome(Verdict.BLOCKED, "number_unreadable", reason)
        reason = f"wrong meter: the glass shows {number}, the work list says {self._job.meter_no}; no token was entered"
        return self._session.outcome(Verdict.BLOCKED, "wrong_meter", reason)

    def stopped(self, plan: Stop) -> Outcome:
        """What a look and the past forbid."""
        if plan.verdict is Verdict.PASS_VERIFIED:
            self._session.ledger.doubts.append(plan.reason)
        return self._session.outcome(plan.verdict, plan.code, plan.reason)

    def said_no(self, entered: TokenAnswer) -> Outcome:
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
        return self._session.outcome(verdict, code, f"{said}. {step}", until_unix_ms)

    def nothing_more(self, code: str, reason: str, trouble: Trouble | None = None) -> Outcome:
        """Nothing is open: the sections that were taken decide, then what kind of trouble it was."""
        answers = self._session.ledger.answers
        if answers and answers[-1].answer in _NO:
            return self.said_no(answers[-1])
        if self._set.taken():
            return self.half(code, reason)
        taken = any(entry.answer in TAKEN for entry in answers)
        reason += (
            "; no section was submitted, what comes before them was" if taken else "; nothing was submitted"
        )
        if trouble is None or isinstance(trouble, StopAsked):
            return self._session.outcome(Verdict.READY, code, reason)
        if isinstance(trouble, EchoFailed):
            return self._session.outcome(Verdict.BLOCKED, code, f"{reason}. Check the keypad")
        return self._session.outcome(Verdict.INFRA_ERROR, code, reason)

    def half(self, code: str, reason: str) -> Outcome:
        """The meter holds a part of the new key."""
        return self._session.outcome(
            Verdict.HALF,
            code,
            f"{reason}. The meter holds a part of the new key",
            self._set.held_until_unix_ms(),
        )
