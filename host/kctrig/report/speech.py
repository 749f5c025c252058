"""States, reasons and answers as sentences of one language, for pages and for terminals."""

from __future__ import annotations

import gettext
from collections.abc import Mapping

from kctrig.lang import texts
from kctrig.report import words

DOMAIN = "report"


class Speech:
    """One language.

    Attributes:
        lang: `id` or `en`.
        texts: the catalogue.
    """

    def __init__(self, lang: str) -> None:
        self.lang = lang
        self.texts: gettext.NullTranslations = texts(DOMAIN, lang)

    def state(self, state: str) -> str:
        """A state in a word or two."""
        return self._word(words.STATES, state)

    def meaning(self, state: str) -> str:
        """What a state means."""
        return self._word(words.MEANINGS, state)

    def next_step(self, state: str, code: str = "") -> str:
        """What is to be done about it; empty where nothing is."""
        step = words.NEXT_STEPS_BY_CODE.get((state, code)) or words.NEXT_STEPS.get(state, "")
        return self.texts.gettext(step) if step else ""

    def answer(self, answer: str) -> str:
        """A meter's answer to a token."""
        return self._word(words.ANSWERS, answer)

    def role(self, role: str) -> str:
        """What a token is for."""
        return self._word(words.ROLES, role)

    def reason(self, state: str, code: str) -> str:
        """A reason by its code; by the state where there is no code."""
        if code in words.REASONS:
            return self.texts.gettext(words.REASONS[code])
        return code or self.meaning(state)

    def _word(self, table: Mapping[str, str], key: str) -> str:
        return self.texts.gettext(table[key]) if key in table else key
