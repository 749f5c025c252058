"""What can go wrong while firmware is built or written; a meter is never part of it."""

from __future__ import annotations

from kctrig.link.errors import KctrigError, LinkError

EXTRA = "pip install 'kctrig[flash]'"


class FlashError(KctrigError):
    """Bad input: a file, a board's name, versions that do not fit. Nothing was written."""


class ToolMissing(FlashError):  # noqa: N818 - as its siblings in kctrig.link.errors
    """A program of the extra `flash` is not installed; nothing was written."""

    def __init__(self, tool: str) -> None:
        super().__init__(f"{tool} is not installed. Next: {EXTRA}")


class BoardError(LinkError):
    """The chip does not answer, is another one, or did not take what was written."""
