"""A sentence with its values, said in the language in which it is asked for."""

from __future__ import annotations

from dataclasses import dataclass

from kctrig.lang import texts

DOMAIN = "sop"


@dataclass(frozen=True, slots=True)
class Said:
    """An English text of the catalogue and what stands in its braces; values may be sentences themselves."""

    text: str
    values: tuple[tuple[str, object], ...] = ()

    def into(self, lang: str) -> str:
        """The sentence in `id` or `en`."""
        return texts(DOMAIN, lang).gettext(self.text).format(**dict(self._values(lang)))

    def _values(self, lang: str) -> list[tuple[str, object]]:
        return [(name, value.into(lang) if isinstance(value, Said) else value) for name, value in self.values]

    def __str__(self) -> str:
        return self.into("en")


def say(text: str, /, **values: object) -> Said:
    """Shorthand: `say(N_("row {row}"), row=3)`."""
    return Said(text, tuple(values.items()))
