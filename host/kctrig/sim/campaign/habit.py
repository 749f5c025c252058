"""What a bench has learned of its keypads, kept beside the store: it is no evidence, and no crash touches it."""

from __future__ import annotations

from collections.abc import Callable, Mapping


class Habit:
    """A memory (kctrig.procedure.pace_book.Memory) that begins with one speed for whatever it is asked about."""

    def __init__(self, speed: float) -> None:
        self._first: Mapping[str, object] = {"speed": speed, "known": {}, "patience": 1, "streak": 0}
        self._kept: dict[str, Mapping[str, object]] = {}

    def recall(self, name: str) -> Mapping[str, object] | None:
        """What was kept last."""
        return self._kept.get(name, self._first)

    def remember(
        self, name: str, change: Callable[[Mapping[str, object] | None], Mapping[str, object]]
    ) -> None:
        """Keep what `change` makes of it."""
        self._kept[name] = change(self.recall(name))
