"""A sentence with its values, said in the language in which it is asked for."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

from kctrig.lang import texts

DOMAIN = "sop"


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
            **{name: value.into(lang) if isinstance(value, Said) else value for name, value in self.values}
        )

    def __str__(self) -> str:
        return self.into("en")


@cache
def _template(text: str, lang: str) -> str:
    return texts(DOMAIN, lang).gettext(text)


def say(text: str, /, **values: object) -> Said:
    """Shorthand: `say(N_("row {row}"), row=3)`."""
    return Said(text, tuple(values.items()))
