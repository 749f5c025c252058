"""What a meter is asked by short codes: its number, its key revision, the last token that it took."""

from __future__ import annotations

from kctrig.display.readings import KrnReading, Result
from kctrig.procedure.hand import Hand
from kctrig.procedure.ledger import Ledger
from kctrig.procedure.touch import Steps
from kctrig.procedure.verdicts import TOKEN_DIGITS


class Asking:
    """Codes typed by one hand, each proved by its echo before Enter.

    Attributes:
        ledger: what is known so far; its `state` is one of design section 7 for people who watch.
    """

    def __init__(self, hand: Hand) -> None:
        self.hand = hand
        self.ledger = Ledger()

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
            asked_ms = hand.now_ms
            reading = yield from hand.answer(self._krn_or_unknown, asked_ms + hand.habits.code_wait_ms)
            if isinstance(reading, KrnReading):
                hand.code_took_ms = max(hand.code_took_ms, hand.now_ms - asked_ms)
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
