"""One attempt on one meter: asking codes, submitting tokens, and what is known when it must end early."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from rigwire import ticks

from kctrig.display.readings import KrnReading, Result
from kctrig.procedure.hand import Hand
from kctrig.procedure.ledger import Ledger
from kctrig.procedure.touch import Steps
from kctrig.procedure.trouble import EchoFailed, LinkDown, RigRefused, Trouble
from kctrig.procedure.verdicts import (
    TAKEN,
    TOKEN_DIGITS,
    Answer,
    Outcome,
    Role,
    TokenAnswer,
    TokenStep,
    Verdict,
)


class Session:
    """The steps that upgrade and entry by hand share.

    Attributes:
        ledger: what is known so far; its `state` is one of design section 7 for people who watch.
    """

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
        self.hand = hand
        self.meter_no = meter_no
        self.profile_name = profile_name
        self.ledger = Ledger()
        self._fingerprint = fingerprint
        self._attempt = attempt
        self._unix_ms_at_start = unix_ms_at_start
        self._started_ms = started_ms

    @property
    def now_unix_ms(self) -> int:
        """Wall-clock time, carried forward from the start by the host's monotonic one."""
        return self._unix_ms_at_start + self.hand.now_ms - self._started_ms

    # -- looking

    def begin(self) -> Steps[None]:
        """First look; what somebody left in the entry line is cleared."""
        yield from self.hand.look()
        self.note_tamper()
        if self.hand.entering():
            yield from self.hand.clear()

    def note_tamper(self) -> None:
        """Remember it when the glass says tamper now."""
        self.ledger.tamper |= self.hand.reader.tamper(self.hand.glass.image)

    def ask_number(self) -> Steps[str | None]:
        """The meter number after 75, None when it cannot be read."""
        hand = self.hand
        for _ in range(hand.habits.code_tries):
            if not (yield from self._ask(hand.habits.number_code)):
                return None
            number = yield from self._read_number()
            if number is not None:
                return number
        return None

    def ask_krn(self) -> Steps[KrnReading | None]:
        """The key revision after 04, None when it cannot be read."""
        hand = self.hand
        for _ in range(hand.habits.code_tries):
            if not (yield from self._ask(hand.habits.krn_code)):
                return None
            until_ms = hand.now_ms + hand.habits.code_wait_ms
            reading = yield from hand.answer(self._krn_or_unknown, until_ms)
            if isinstance(reading, KrnReading):
                return reading
        return None

    def _ask(self, code: str) -> Steps[bool]:
        """Type a code, see its echo, press Enter; False when the echo never came right."""
        hand = self.hand
        if hand.entering() and hand.still_stands():
            yield from hand.clear()  # the Enter before was not taken
        for tries in range(1, hand.habits.code_tries + 1):
            pace = hand.habits.pace_of(tries)
            if (yield from hand.key_in(code, pace=pace)):
                yield from hand.enter()
                self.ledger.no_echo = False
                return True
            if not (yield from hand.clear()):
                break
        self.ledger.no_echo = True
        return False

    def _krn_or_unknown(self, image: bytes) -> KrnReading | Result | None:
        reading = self.hand.reader.krn(image)
        return reading if reading is not None else self._unknown_code(image)

    def _unknown_code(self, image: bytes) -> Result | None:
        result = self.hand.reader.result(image)
        return result if result is not None and result.answer == "unknown_code" else None

    def ask_last_token(self, code: str) -> Steps[str | None]:
        """The 20 digits of the last token that the meter took, None when they cannot be read. For comparing only."""
        if not (yield from self._ask(code)):
            return None
        self.hand.hide()
        return (yield from self._read_number((TOKEN_DIGITS,)))

    def _read_number(self, lengths: tuple[int, ...] = ()) -> Steps[str | None]:
        hand, reader = self.hand, self.hand.reader
        seen: list[bytes] = []
        until_ms = hand.now_ms + hand.habits.code_wait_ms
        last_ms = hand.now_ms + hand.habits.page_wait_ms

        def new_page(image: bytes) -> bytes | None:
            return None if image in seen or reader.empty(image) else image

        while (image := (yield from hand.answer(new_page, until_ms))) is not None:
            seen.append(image)
            until_ms = min(last_ms, hand.now_ms + hand.habits.code_wait_ms)
            number = reader.number(seen, lengths) if lengths else reader.number(seen)
            if number is not None:
                if not lengths:
                    self.ledger.number_images = [page.hex() for page in seen]
                return number
            if self._unknown_code(image) is not None:
                return None
        return None

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
            cleared = yield from hand.clear()
            return (Answer.NOT_TAKEN if cleared else Answer.UNREADABLE), shown
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
        """Put the verdict into the journal; where that fails, the outcome says so."""
        body = outcome.as_json()
        body["answers"] = [
            {"position": entry.position, **entry.as_json(), "keypad_ms": entry.keypad_ms}
            for entry in outcome.answers
        ]
        try:
            yield from self.hand.record("verdict", **body)
        except Trouble as trouble:
            self.ledger.doubts.append(f"the verdict is not in the journal: {trouble}")
            return self.outcome(outcome.verdict, outcome.code, f"{outcome.reason} (not journaled: {trouble})")
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
