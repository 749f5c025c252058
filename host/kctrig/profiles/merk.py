"""From the MERK_TYPE text of the utility's lists to a profile."""

from __future__ import annotations

import re

from kctrig.profiles.errors import UnknownBrand
from kctrig.profiles.loader import load, names
from kctrig.profiles.model import Profile


def for_merk_type(text: str) -> Profile:
    """The profile for a text such as `HEXING/HXE116-KP` or `ITRON/ACE 9000 IBS DS`.

    Case, blanks and punctuation do not matter; the maker must be met in full, a model by its beginning, and
    the most specific profile wins.

    Raises:
        UnknownBrand: no profile fits; the error lists the names that exist.
    """
    best: tuple[int, Profile] | None = None
    for name in names():
        profile = load(name)
        length = max(_fit(alias, text) for alias in profile.merk)
        if length and (best is None or length > best[0]):
            best = length, profile
    if best is None:
        raise UnknownBrand(text, names())
    return best[1]


def _fit(alias: str, text: str) -> int:
    """How many characters of the text the alias covers; 0 when it does not fit."""
    maker, _, model = alias.partition("/")
    wanted_maker, wanted_model = _joined(maker), _joined(model)
    words = re.findall(r"[A-Z0-9]+", text.upper())
    for count in range(1, len(words) + 1):
        if "".join(words[:count]) == wanted_maker and "".join(words[count:]).startswith(wanted_model):
            return len(wanted_maker) + len(wanted_model)
    return 0


def _joined(text: str) -> str:
    return "".join(re.findall(r"[A-Z0-9]+", text.upper()))
