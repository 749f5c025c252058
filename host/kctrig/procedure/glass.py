"""The glass as the hand sees it: the image, since when, and how often it changed."""

from __future__ import annotations


class Glass:
    """The image on the glass and when it came."""

    def __init__(self) -> None:
        self.image = b""
        self.since_ms = 0
        self.changes = 0

    def see(self, image: bytes, now_ms: int) -> None:
        """Take an image, new or the same again."""
        if image != self.image or not self.changes:
            self.image = image
            self.since_ms = now_ms
            self.changes += 1
