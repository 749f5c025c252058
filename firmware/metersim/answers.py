"""What the glass says to an entry: from a result, a code or a test to the shows that follow one another.

This file runs unchanged under CPython and MicroPython.
"""

from rigwire.glass import ICON_ACCEPT, ICON_REJECT

from . import decoder
from .codes import LAMP, NUMBER, alias, code_answer, tenths_text, test_answer
from .registers import OLD, USED
from .screen import Show, number_pages

TYPE_CHECKING = False
if TYPE_CHECKING:
    from .brands import Brand
    from .registers import Registers

# How CLOU's half display names the section that is awaited (facts/sts.md 4.2)
_AWAITED = ("1St", "2nd", "3rd", "4th")


def token_shows(
    outcome: "decoder.Outcome", brand: "Brand", registers: "Registers", refusals: int
) -> "list[Show]":
    """The shows for a token; `refusals` is their number since the last accepted one."""
    if outcome.tests:
        shows = []
        for number in outcome.tests:
            answer = test_answer(number, brand, registers)
            if answer:
                shows.append(_answer_show(answer, brand))
        return shows
    if outcome.accepted:
        text = brand.accepted
        if outcome.awaited:
            text = brand.half
            if "%s" in text:
                text = text % _AWAITED[outcome.awaited[0] - 1]
        shows = [Show([text], brand.result_ms, icon=ICON_ACCEPT)]
        if outcome.added_tenths >= 0:
            shows.append(Show([tenths_text(outcome.added_tenths)], brand.amount_ms))
        return shows
    if outcome.result == decoder.LOCKOUT:
        return [Show(brand.locked.split("|"), brand.locked_ms, brand.alternate_ms, icon=ICON_REJECT)]
    text = _refusal_text(outcome.result, brand)
    if "%d" in text:
        text = text % refusals
    return [Show([text], brand.result_ms, icon=ICON_REJECT, blink=brand.blink_refused)]


def no_mains_shows(brand: "Brand") -> "list[Show]":
    """The shows for a token that comes while only the supercapacitor feeds the display."""
    return [Show([brand.no_mains or brand.refused], brand.result_ms, icon=ICON_REJECT)]


def _refusal_text(result: str, brand: "Brand") -> str:
    if result == USED:
        return brand.used
    if result == OLD:
        return brand.old
    if result == decoder.NOT_READY:
        return brand.tamper
    if result == decoder.KEY_EXPIRED:
        return brand.expired or brand.refused
    if result == decoder.DEFAULT_KEY:
        return brand.default_key or brand.refused
    if result == decoder.OVERFLOW:
        return brand.overflow or brand.refused
    return brand.refused


def code_shows(digits: str, codes: "list[int]", brand: "Brand", registers: "Registers") -> "list[Show]":
    """The shows for a short code: two digits that this brand knows, or the text for an unknown one."""
    digits = alias(digits, brand.aliases)
    code = int(digits)
    if len(digits) == 2 and code in codes:
        answer = code_answer(code, brand, registers)
        if answer:
            return [_answer_show(answer, brand)]
    return [Show([brand.unknown_code], brand.error_ms)]


def _answer_show(answer: "tuple[int, str]", brand: "Brand") -> Show:
    kind, text = answer
    if kind == LAMP:
        return Show([""], brand.answer_ms, lamp=True)
    if kind == NUMBER:
        pages = number_pages(text, brand.cells)
        if len(pages) > 1:
            return Show(pages, brand.pages_ms, brand.page_ms)
    return Show([text], brand.answer_ms)
