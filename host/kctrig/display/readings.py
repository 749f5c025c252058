"""What a screen says in answer to what was just done: each reader gives None when the screen is not that.

The meaning of a screen depends on the question: a bare `2` is a key revision after code 04 on one brand and an entry
line on another. So every reader is called only where its kind of answer is awaited, takes the whole line, blank ends
included, and never settles for a part of it. Blink-dark images, lamp tests and dark lines are no answer to anything.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from kctrig.display.match import digit, filled, match, trimmed
from kctrig.display.screen import BLANK_SYMBOL, Screen, Symbol

Answer = Literal["accepted", "half", "refused", "used", "old", "locked", "tamper", "unknown_code"]
ANSWERS: tuple[Answer, ...] = (
    "accepted",
    "half",
    "refused",
    "used",
    "old",
    "locked",
    "tamper",
    "unknown_code",
)
CLASS_1_KRN_PATTERNS = ("{krn}.{kt}",)
"""What the class 1 number for the key revision shows: `2.2` (facts/sts.md section 7)."""
DASH_EVERY = 4


@dataclass(frozen=True, slots=True)
class KrnReading:
    """A key revision as the meter shows it.

    Attributes:
        krn: key revision number.
        kt: key type, None where this brand does not show it.
        text: the line in its plain spelling, `KRN2 KT2`.
    """

    krn: int
    kt: int | None
    text: str


@dataclass(frozen=True, slots=True)
class Result:
    """What the meter says to a token or a code.

    Attributes:
        answer: one of ANSWERS.
        text: the line in its plain spelling, `rEJEct-2`.
        count: refusals so far, where the text carries them.
        seconds: seconds of the lock left, where the text carries them.
    """

    answer: Answer
    text: str
    count: int | None = None
    seconds: int | None = None

    @property
    def detail(self) -> str:
        """The line as shown, for people."""
        return self.text


@dataclass(frozen=True, slots=True)
class EntryEcho:
    """The entry line: the last digits that fit, and how many have been entered.

    The digits may be those of a token, so they stay out of `repr`.

    Attributes:
        tail: the digits seen, without dashes.
        line: what is seen between the blank ends, with dashes.
        whole: a dark cell is seen before the first digit, so nothing has been pushed out of sight.
        counter: number of digits entered, None on a glass without a counter.
    """

    tail: str = field(repr=False)
    line: str = field(repr=False)
    whole: bool
    counter: int | None


def read_krn(screen: Screen, patterns: Sequence[str]) -> KrnReading | None:
    """The key revision after code 04, in one of the brand's patterns (`Profile.krn_patterns`)."""
    if not _may_be_an_answer(screen):
        return None
    symbols = screen.symbols()
    found: set[KrnReading] = set()
    for pattern in patterns:
        values = match(pattern, symbols)
        if values is not None and "krn" in values:
            found.add(KrnReading(values["krn"], values.get("kt"), filled(pattern, values)))
    return found.pop() if len(found) == 1 else None


def read_class1_krn(screen: Screen, patterns: Sequence[str] = CLASS_1_KRN_PATTERNS) -> KrnReading | None:
    """The key revision after the class 1 number. The same line is a credit when nothing was asked."""
    return read_krn(screen, patterns)


def read_result(screen: Screen, texts: Mapping[str, Sequence[str]]) -> Result | None:
    """The answer to a token or an unknown code, from the brand's texts (`Profile.texts`).

    A line that fits the texts of two answers is none: the reader does not choose.
    """
    if not _may_be_an_answer(screen):
        return None
    symbols = screen.symbols()
    found: dict[Answer, Result] = {}
    for answer in ANSWERS:
        for pattern in texts.get(answer, ()):
            values = match(pattern, symbols)
            if values is not None and answer not in found:
                found[answer] = Result(
                    answer, filled(pattern, values), values.get("n"), values.get("seconds")
                )
    return next(iter(found.values())) if len(found) == 1 else None


def read_lock_seconds(screen: Screen, texts: Mapping[str, Sequence[str]]) -> int | None:
    """Seconds of the lock left, when the meter says that token entry is locked and for how long."""
    result = read_result(screen, texts)
    return result.seconds if result is not None and result.answer == "locked" else None


def read_entry(screen: Screen, *, counter: bool, dashes: bool) -> EntryEcho | None:
    """The entry line while a number is typed.

    Args:
        screen: what is seen.
        counter: the brand has a digit counter; then the line is an entry only when it shows a number.
        dashes: the brand sets a dash after every fourth digit; then groups of another length are no entry.
    """
    if screen.blink_dark or screen.lamp_test or not screen.counter_readable:
        return None
    if counter == (screen.counter is None):
        return None
    symbols = screen.symbols()
    first = 0
    while first < len(symbols) and symbols[first] == BLANK_SYMBOL:
        first += 1
    line = "".join(_entry_character(symbol, dashes) or "?" for symbol in symbols[first:])
    if not line or "?" in line:
        return None
    whole = first > 0
    if dashes and not _grouped(line.split("-"), whole):
        return None
    return EntryEcho(line.replace("-", ""), line, whole, screen.counter)


def read_credit(screen: Screen) -> int | None:
    """Credit in tenths of a kWh from a line such as `13.9`; one decimal, no more and no less."""
    if not _may_be_an_answer(screen):
        return None
    line = trimmed(screen.symbols())
    if len(line) < 3 or "." not in line[-2]:
        return None
    whole, tenth = _digits(line[:-2]), digit(line[-1])
    return int(whole + tenth) if whole and tenth else None


def read_number(screen: Screen, length: int) -> str | None:
    """A number of exactly this many digits that fits the line as it is, leading zeros kept."""
    if not _may_be_an_answer(screen):
        return None
    text = _digits(trimmed(screen.symbols()))
    return text if len(text) == length else None


def is_idle(screen: Screen) -> bool:
    """Nothing is being entered and the meter shows its credit, as it does when it is left alone."""
    return read_credit(screen) is not None


def _may_be_an_answer(screen: Screen) -> bool:
    entering = not screen.counter_readable or bool(screen.counter)
    return not (entering or screen.blink_dark or screen.lamp_test or screen.blank)


def _grouped(groups: list[str], whole: bool) -> bool:
    """Digits stand in fours between dashes; only the last group, and one cut off at the left end, may be shorter."""
    first, last = groups[0], groups[-1]
    if len(groups) > 1 and whole and len(first) != DASH_EVERY:
        return False
    return max(len(first), len(last)) <= DASH_EVERY and all(len(one) == DASH_EVERY for one in groups[1:-1])


def _entry_character(symbol: Symbol, dashes: bool) -> str:
    return "-" if dashes and "-" in symbol else digit(symbol)


def _digits(line: Sequence[Symbol]) -> str:
    """The line as digits, empty when one place cannot be a digit."""
    if not all(digit(symbol) for symbol in line):
        return ""
    return "".join(digit(symbol) for symbol in line)
