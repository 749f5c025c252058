"""Takes token digits out of texts that people and files brought into the store, before anything is written of them."""

from __future__ import annotations

import re

from kctrig.procedure.verdicts import TOKEN_DIGITS

# Twenty digits or more in one piece, or in groups as vouchers print them: 1234 5678 9012 3456 7890, 1234-5678-…
_GROUPS_OF_FOUR = r"(?<!\d)\d{4}(?:[ \u00a0.-]\d{4}){4}(?!\d)"
_IN_ONE_PIECE = rf"\d{{{TOKEN_DIGITS},}}"
_TOKEN = re.compile(f"{_GROUPS_OF_FOUR}|{_IN_ONE_PIECE}")


def masked(text: str) -> str:
    """The text with every token in it as its first four and last four digits.

    The store keeps masked tokens only; this guards against what was typed as a reason or a name.
    """
    return _TOKEN.sub(lambda found: f"{found[0][:4]}…{found[0][-4:]}", text)
