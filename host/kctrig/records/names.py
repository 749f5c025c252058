"""Which texts given by people may go into the record: one line each, of characters that every reader can show."""

from __future__ import annotations

import unicodedata

from kctrig.records.errors import StoreError

_REFUSED = frozenset({"Cc", "Cs", "Zl", "Zp"})
_BYTES_FROM = 0xDC80  # a byte that was no UTF-8, as Python hands it on from a command line


def unfit(text: str) -> str:
    """What is wrong with a name or a reason, in words; empty when it can be recorded.

    Control characters and line separators would make two lines of one, and half a surrogate is no text at all.
    """
    for character in text:
        if unicodedata.category(character) not in _REFUSED:
            continue
        code = ord(character)
        if unicodedata.category(character) == "Cs":
            what = f"the byte {code - 0xDC00:02X}" if code >= _BYTES_FROM else f"U+{code:04X}"
            return f"it holds {what}, which is no text in UTF-8; type it again"
        return f"it holds U+{code:04X}, a control character or line break; write it in one plain line"
    return ""


def refuse_unfit(so: str, *texts: str) -> None:
    """Raise StoreError for the first text that cannot be recorded; `so` says what is not done because of it."""
    for text in texts:
        if wrong := unfit(text):
            raise StoreError(f"{so}: {text!a} cannot be recorded: {wrong}")
