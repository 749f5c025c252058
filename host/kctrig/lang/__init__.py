"""What people read, in Indonesian and English: gettext catalogues, and numbers and dates as each country writes them."""

from __future__ import annotations

import gettext
from functools import lru_cache
from pathlib import Path

LANGS = ("id", "en")
SOURCE = "en"
"""The language of the texts in the code."""
FOLDER = Path(__file__).resolve().parent


@lru_cache
def texts(domain: str, lang: str) -> gettext.NullTranslations:
    """The texts of a domain (`report`, `sop`) in a language: `.gettext(text)`, `.ngettext(one, many, n)`.

    Raises:
        ValueError: no such language; the text names those that are there.
        FileNotFoundError: no such domain.
    """
    if lang not in LANGS:
        raise ValueError(f"there is no language {lang!r} here, only {' and '.join(LANGS)}")
    if lang == SOURCE:
        return gettext.NullTranslations()
    return gettext.translation(domain, FOLDER, [lang])


def N_(text: str) -> str:  # noqa: N802 - the name by which the tools of gettext know it
    """Mark a text of a table for the catalogue; it is translated where it is used."""
    return text
