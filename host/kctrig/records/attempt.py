"""One claimed attempt, as the entry procedure sees it."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from kctrig.records import points
from kctrig.records.points import MeterPast


class Attempt:
    """One claimed attempt; made by `Store.claim`.

    Attributes:
        number: 1 for the first attempt on this meter in this store.
        history: what was known of the meter before it.
    """

    def __init__(
        self,
        number: int,
        history: MeterPast,
        append: Callable[[str, Mapping[str, object]], object],
        let_go: Callable[[], None],
    ) -> None:
        self.number = number
        self.history = history
        self._append = append
        self._let_go = let_go

    def record(self, point: str, body: Mapping[str, object]) -> None:
        """Make a journal point durable. Raises StoreError when it could not be written; nothing may follow then."""
        if point not in points.POINTS:
            raise ValueError(f"no journal point is called {point!r}")
        self._append(point, body)

    def close(self) -> None:
        """Let go of the meter; never fails. Without a verdict before, the attempt counts as broken off."""
        self._let_go()
