"""A sentence with its values, said in the language in which it is asked for."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

from kctrig.lang import SOURCE, texts

DOMAIN = "sop"
RECORD_DOMAIN = "report"
"""The catalogue that has the sentences for the codes of the record."""


@dataclass(frozen=True, slots=True)
class Recorded:
    """A reason of the record, which is written in English; in another language the sentence of its code.

    Attributes:
        own: in the words of the record.
        sentence: the code as an English text of the catalogue of the record; empty where there is none.
    """

    own: str
    sentence: str = ""

    def into(self, lang: str) -> str:
        """The reason in `id` or `en`."""
        if lang == SOURCE or not self.sentence:
            return self.own
        return texts(RECORD_DOMAIN, lang).gettext(self.sentence)

    def __str__(self) -> str:
        return self.own


NOTHING_RECORDED = Recorded("")


@dataclass(frozen=True, slots=True)
class Said:
    """An English text of the catalogue and what stands in its braces; values may be sentences themselves."""

    text: str
    values: tuple[tuple[str, object], ...] = ()

    def into(self, lang: str) -> str:
        """The sentence in `id` or `en`."""
        text = _template(self.text, lang)
        if not self.values:
            return text.format()
        return text.format(
            **{
                name: value.into(lang) if isinstance(value, (Said, Recorded)) else value
                for name, value in self.values
            }
        )

    def __str__(self) -> str:
        return self.into("en")


@cache
def _template(text: str, lang: str) -> str:
    return texts(DOMAIN, lang).gettext(text)


def say(text: str, /, **values: object) -> Said:
    """Shorthand: `say(N_("row {row}"), row=3)`."""
    return Said(text, tuple(values.items()))
