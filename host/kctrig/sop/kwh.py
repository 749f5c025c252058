"""Energy left on a meter as people write it: `9,5 kWh`, `9.5`, `1.234,5`; exact decimals, never floats."""

from __future__ import annotations

import re
from decimal import Decimal

from kctrig.lang import N_
from kctrig.sop.said import say

_UNKNOWN = frozenset(
    {
        "",
        "?",
        "-",
        "tidak tahu",
        "tidak mengetahui",
        "tidak diketahui",
        "tdk tahu",
        "tidak mengetahui sisa kwh",
        "unknown",
        "not known",
        "does not know",
        "don't know",
        "n/a",
    }
)
_NUMBER = re.compile(r"[+-]?\d{1,9}(?:[.,]\d{1,9})?|[+-]?\d{1,3}(?:\.\d{3})+(?:,\d{1,9})?")
_UNIT = re.compile(r"\s*k\s*wh\.?$", re.IGNORECASE)
_THOUSANDS_OR_NOT = re.compile(r"[+-]?[1-9]\d{0,2}\.\d{3}")


class UnreadableKwh(Exception):  # noqa: N818 - named for what happened
    """The text is no amount of energy, or one of two.

    Attributes:
        said: what is wrong and what to write, as a sentence.
    """

    effect = "nothing"

    def __init__(self, text: str, *, ambiguous: bool = False) -> None:
        shown = repr(text[:30])
        self.said = (
            say(N_("{text} may be thousands or decimals; write decimals with a comma, as in 9,5"), text=shown)
            if ambiguous
            else say(N_("{text} is no amount of kWh; write it as in 9,5, or tidak tahu"), text=shown)
        )
        super().__init__(str(self.said))


def is_unknown(text: str) -> bool:
    """Whether the text says that nobody knows."""
    return " ".join(text.lower().split()).rstrip(".") in _UNKNOWN


def read_kwh(text: str) -> Decimal:
    """The amount in a cell or an answer. A comma is the decimal comma; points before groups of three are thousands.

    Raises:
        UnreadableKwh: no number, or one like `1.234`, which may be either.
    """
    number = _UNIT.sub("", text.strip()).replace("\N{MINUS SIGN}", "-").replace("\N{NO-BREAK SPACE}", "")
    if not number.isascii() or not _NUMBER.fullmatch(number):
        raise UnreadableKwh(text)
    if _THOUSANDS_OR_NOT.fullmatch(number):
        raise UnreadableKwh(text, ambiguous=True)
    if "," in number or number.count(".") > 1:
        number = number.replace(".", "").replace(",", ".")
    return Decimal(number)
