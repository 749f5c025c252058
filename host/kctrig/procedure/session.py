"""One attempt on one meter: asking codes, submitting tokens, and what is known when it must end early."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from rigwire import ticks

from kctrig.display.readings import Result
from kctrig.procedure.asking import Asking
from kctrig.procedure.hand import Hand
from kctrig.procedure.ports import History
from kctrig.procedure.touch import Steps
from kctrig.procedure.trouble import EchoFailed, LinkDown, RigRefused, Trouble
from kctrig.procedure.verdicts import (
    DONE,
    TAKEN,
    Answer,
    Outcome,
    Override,
    Role,
    TokenAnswer,
    TokenStep,
    Verdict,
)

_WELL_ENDED = DONE | {Verdict.ENTERED}


class Session(Asking):
    """The steps that upgrade and entry by hand share."""

    def __init__(
        self,
        hand: Hand,
        meter_no: str,
        profile_name: str,
        *,
        fingerprint: Callable[[str], str] = str,
        attempt: int = 0,
        unix_ms_at_start: int = 0,
        started_ms: int = 0,
    ) -> None:
        super().__init__(hand)
        self.meter_no = meter_no
        self.profile_name = profile_name
        self._fingerprint = fingerprint
        self._attempt = attempt
        self._unix_ms_at_start = unix_ms_at_start
        self._started_ms = started_ms

    @property
    def now_unix_ms(self) -> int:
        """Wall-clock time, carried forward from the start by the host's monotonic one."""
        return self._unix_ms_at_start + self.hand.now_ms - self._started_ms

    def opened(self, history: History, override: Override | None) -> Steps[History]:
        """The past that counts now; an override that opens something is an event of this attempt, before any key."""
        if override is None or not history.binds:
            return history
        yield from self.hand.record("override", reason=override.reason, operator=override.operator)
        return history.opened()

    # -- submitting

    def submit(self, position: int, step: TokenStep, *, more_sections: bool) -> Steps[TokenAnswer]:
        """Type one token, prove its echo, press Enter once, read the answer; every point in the journal before.

        Raises EchoFailed with nothing submitted; any other Trouble leaves the ledger saying what is open.
        """
        hand, ledger = self.hand, self.ledger
        about = {"position": position, "token": self._fingerprint(step.digits), "digits": step.masked}
        yield from hand.record("intent", **about, role=step.role.value)
        tries = yield from self._type_token(step.digits, position, about)
        pace = hand.habits.pace_of(tries)
        yield from hand.record(
            "typed",
            **about,
            tries=tries,
            lost=hand.lost,
            press_ms=pace.press_ms,
            gap_ms=pace.gap_ms,
            device_ms=hand.downs[0] if hand.downs else None,
            key_times_ms=hand.key_times(),
        )
        yield from hand.look()
        hand.check_stop()
        if not hand.still_stands():
            raise EchoFailed("the entry changed on the glass before Enter")
        first_down_ms = hand.downs[0] if hand.downs else hand.last_up_ms
        job_id = hand.new_job_id()
        hand.stoppable = False
        yield from hand.record("enter-intent", **about, job_id=job_id)
        ledger.open_enter = position
        ledger.entered.append(position)
        ledger.entered_ms = hand.now_ms
        ledger.typing = False
        yield from self._press_enter(position, step, job_id, about)
        judge = self._number_result if step.role is Role.NUMBER else hand.reader.result
        result = yield from hand.answer_to_token(judge)
        enter_up_ms = hand.last_up_ms
        answer, shown = yield from self._judged(result, step, more_sections)
        entered = TokenAnswer(
            position,
            step.masked,
            step.role,
            answer,
            shown,
            keypad_ms=max(0, ticks.diff(enter_up_ms, first_down_ms)),
            key_time_ms=len(step.digits) * hand.habits.pace_of(tries).key_ms + hand.habits.pace.key_ms,
        )
        yield from self._note_answer(entered, about)
        hand.stoppable = True
        return entered

    def _type_token(self, digits: str, position: int, about: dict[str, object]) -> Steps[int]:
        hand = self.hand
        self.ledger.typing = True
        for tries in range(1, hand.habits.type_tries + 1):
            pace = hand.habits.pace_of(tries)
            right = yield from hand.key_in(digits, position=position, pace=pace, mend=tries == 1)
            if tries == 1:
                hand.note_first_try(right)
            if right:
                return tries
            yield from hand.record("retype", **about, tries=tries, press_ms=pace.press_ms, gap_ms=pace.gap_ms)
            cleared = yield from hand.clear()
            if not cleared:
                raise EchoFailed("a wrong echo could not be cleared from the glass")
        raise EchoFailed(f"the glass did not show what was typed, {hand.habits.type_tries} times")

    def _press_enter(
        self, position: int, step: TokenStep, job_id: int, about: dict[str, object]
    ) -> Steps[None]:
        try:
            yield from self.hand.enter(job_id=job_id, position=position)
        except (RigRefused, LinkDown) as trouble:
            if trouble.effect == "nothing":
                not_entered = TokenAnswer(position, step.masked, step.role, Answer.NOT_ENTERED, "")
                yield from self._note_answer(not_entered, about)
            raise

    def _number_result(self, image: bytes) -> Result | None:
        """The answer to a class 1 number: a text that is known, or whatever else comes that is no entry."""
        reader = self.hand.reader
        result = reader.result(image)
        if result is not None:
            return result
        text = reader.text(image)
        return Result("accepted", text) if text and reader.echo(image) is None else None

    def _judged(
        self, result: Result | None, step: TokenStep, more_sections: bool
    ) -> Steps[tuple[Answer, str]]:
        """The answer in the procedure's words, and the text it was judged from."""
        hand = self.hand
        if result is None and (yield from hand.stands_after_enter()):
            shown = hand.reader.text(hand.glass.image)
            if (yield from hand.takes_back(step.digits)):
                cleared = yield from hand.clear()
                return (Answer.NOT_TAKEN if cleared else Answer.UNREADABLE), shown
            # No key edits the line: a meter may go on showing a token while it thinks, and the erase key that tried it
            # may have wiped the answer away.
            result = hand.seen_since_enter(hand.reader.result) or (
                yield from hand.answer(hand.reader.result, hand.now_ms + hand.habits.token_wait_ms)
            )
        if result is None or result.answer == "unknown_code":
            return Answer.UNREADABLE, hand.reader.text(hand.glass.image)
        answer = Answer(result.answer)
        if answer is Answer.ACCEPTED and step.role is Role.KCT and more_sections:
            answer = Answer.HALF  # most brands say the same word to a section as to the whole set
        return answer, result.text

    def _note_answer(self, entered: TokenAnswer, about: dict[str, object]) -> Steps[None]:
        yield from self.hand.record(
            "answer",
            **about,
            role=entered.role.value,
            answer=entered.answer.value,
            shown=entered.shown,
            keypad_ms=entered.keypad_ms,
            enter_ms=self.hand.key_times()[-1:],
            frames=self.hand.frames_since_enter(),
        )
        self.ledger.answers.append(entered)
        if entered.answer is not Answer.UNREADABLE:
            self.ledger.open_enter = None
        if entered.answer in TAKEN:
            self.ledger.last_taken_ms = self.hand.now_ms

    def note_taken(
        self, position: int, step: TokenStep, said: str, about: Mapping[str, object]
    ) -> Steps[None]:
        """A later look has shown that the meter took a token whose answer was not read."""
        taken = Answer.HALF if step.role is Role.KCT else Answer.ACCEPTED
        entered = TokenAnswer(position, step.masked, step.role, taken, said)
        body = {"role": step.role.value, "answer": taken.value, "shown": said, "by_look": True}
        yield from self.hand.record("answer", **about, **body)
        self.ledger.answers = [entry for entry in self.ledger.answers if entry.position != position]
        self.ledger.answers.append(entered)
        if self.ledger.open_enter == position:
            self.ledger.last_taken_ms = self.ledger.entered_ms
        self.ledger.open_enter = None

    # -- ending

    def tidy(self) -> Steps[None]:
        """After trouble: every key up, and no digits of a token left for somebody's Enter. Notes what fails."""
        hand, ledger = self.hand, self.ledger
        hand.stoppable = False
        try:
            yield from hand.abort()
            if ledger.typing:
                yield from hand.clear()
                ledger.typing = False
        except Trouble as trouble:
            ledger.doubts.append(f"could not tidy up: {trouble}")

    def close(self, outcome: Outcome) -> Steps[Outcome]:
        """Put the verdict into the journal; where that fails, the outcome says so.

        Then it is never a success: the record has an attempt that broke off, and screen and record must say the same.
        """
        body = outcome.as_json()
        body["answers"] = [
            {"position": entry.position, **entry.as_json(), "keypad_ms": entry.keypad_ms}
            for entry in outcome.answers
        ]
        try:
            yield from self.hand.record("verdict", **body)
        except Trouble as trouble:
            self.ledger.doubts.append(f"the verdict is not in the journal: {trouble}")
            if outcome.verdict not in _WELL_ENDED:
                why = "for the same reason" if outcome.code == trouble.code else str(trouble)
                said = f"{outcome.reason} (not journaled: {why})"
                return self.outcome(outcome.verdict, outcome.code, said, outcome.half_until_unix_ms)
            verdict = Verdict.IN_DOUBT if self.ledger.entered else Verdict.INFRA_ERROR
            said = f"{outcome.reason or outcome.verdict.value}, but that could not be recorded: {trouble}"
            return self.outcome(verdict, trouble.code, said)
        return outcome

    def outcome(
        self, verdict: Verdict, code: str, reason: str, half_until_unix_ms: int | None = None
    ) -> Outcome:
        """The outcome of this attempt as it stands."""
        ledger, hand = self.ledger, self.hand
        ledger.state = verdict.value
        before, after = ledger.before, ledger.after
        return Outcome(
            meter_no=self.meter_no,
            profile=self.profile_name,
            verdict=verdict,
            code=code,
            reason=reason,
            krn_before=before.krn if before else None,
            kt_before=before.kt if before else None,
            krn_after=after.krn if after else None,
            kt_after=after.kt if after else None,
            shown_before=before.text if before else "",
            shown_after=after.text if after else "",
            seconds=(hand.now_ms - self._started_ms) / 1000,
            keys_pressed=hand.keys_pressed,
            enters=hand.enters,
            attempt=self._attempt,
            answers=tuple(ledger.answers),
            doubts=tuple(ledger.doubts),
            weak_evidence=verdict in (Verdict.PASS_VERIFIED, Verdict.ALREADY_DONE)
            and after is not None
            and after.kt is None,
            half_until_unix_ms=half_until_unix_ms,
        )
