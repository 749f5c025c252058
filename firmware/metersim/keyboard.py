"""The keypad as a whole: contacts, the scanner behind them, and what became of each contact edge.

This file runs unchanged under CPython and MicroPython.
"""

from rigwire.ticks import diff

from .contacts import Contacts
from .keypad import LONG_PRESS, RELEASE, Scanner

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Callable

    from .brands import Brand
    from .faults import Faults


class Keyboard:
    """Turns asked contacts into keys.

    Args:
        on_key: called for each key taken, with (key, at_ms); for a long press with the third argument True.
        on_edge: called with (at_ms, row) once it is known whether the scanner took a contact edge.

    Attributes:
        dead: while this is True no key is taken: the meter thinks, or has no power.
    """

    def __init__(
        self,
        brand: "Brand",
        faults: "Faults",
        now_ms: int,
        on_key: "Callable[[str, int, bool], None]",
        on_edge: "Callable[[int, dict[str, Any]], None]",
    ) -> None:
        self._contacts = Contacts(
            faults.chance, faults.bounce_ms, faults.key_drop_ppm, faults.stuck_mask, faults.ghost_key_ppm
        )
        self._scanner = Scanner(
            brand.scan_ms, brand.debounce, now_ms, brand.long_press_ms if brand.long_press_key else 0
        )
        self._on_key = on_key
        self._on_edge = on_edge
        self._down: "dict[str, int]" = {}  # edges of which the scanner has not spoken yet
        self._up: "dict[str, int]" = {}
        self._held = ""  # the key whose press was taken
        self.dead = False

    def power_on(self, now_ms: int) -> None:
        """The scanner starts afresh; contacts that are closed stay closed."""
        for key in list(self._up):
            self._lost(key, "up", self._up, now_ms)  # it opened in the dark
        self._scanner.reset(now_ms)
        self._contacts.start(now_ms)
        self._held = ""
        self.dead = False

    def power_off(self) -> None:
        """Nobody looks at the contacts any more."""
        self._held = ""
        self.dead = True

    def ask(self, mask: int, now_ms: int) -> None:
        """Exactly the contacts of `mask` are closed from now on. Call `advance` up to now first."""
        self._scan(now_ms)
        for key, down in self._contacts.ask(mask, now_ms):
            if down:
                self._lost(key, "up", self._up, now_ms)
                self._down[key] = now_ms
            elif key in self._down:
                self._lost(key, "down", self._down, now_ms)
                self._edge(key, "up", now_ms, False, now_ms)
            elif self._scanner.key == key:
                self._up[key] = now_ms
            else:
                # Closed since before the power went, and open before the scanner took it again
                self._edge(key, "up", now_ms, False, now_ms)
        self._take_edges(now_ms)

    def advance(self, at_ms: int) -> None:
        """Work off edges and scans up to `at_ms`."""
        self._take_edges(at_ms)
        self._scan(at_ms)

    def next_deadline_ms(self, now_ms: int) -> int:
        """Milliseconds until `advance` has something to do, -1 when not before a contact changes."""
        wait_ms = self._scanner.next_deadline_ms(now_ms)
        if self._contacts.edges:
            edge_ms = max(0, diff(self._contacts.edges[0][0], now_ms))
            return edge_ms if wait_ms < 0 else min(wait_ms, edge_ms)
        return wait_ms

    def _take_edges(self, at_ms: int) -> None:
        edges = self._contacts.edges
        while edges and diff(at_ms, edges[0][0]) >= 0:
            edge_ms, mask = edges.pop(0)
            self._scan(edge_ms)
            self._scanner.contacts(mask)

    def _scan(self, at_ms: int) -> None:
        for kind, key, key_ms in self._scanner.take(at_ms):
            if kind == RELEASE:
                edge_ms = self._up.pop(key, None)
                if edge_ms is not None:
                    self._edge(key, "up", edge_ms, key == self._held, key_ms)
                self._held = ""
            elif kind == LONG_PRESS:
                if not self.dead:
                    self._on_key(key, key_ms, True)
            else:
                self._press(key, key_ms)

    def _press(self, key: str, at_ms: int) -> None:
        edge_ms = self._down.pop(key, None)
        if edge_ms is not None:
            self._edge(key, "down", edge_ms, not self.dead, at_ms)
        elif not self.dead:
            # Nobody asked for this press: a stuck key, or the chatter of a release
            self._on_edge(at_ms, {"event": "key", "key": key, "edge": "down", "seen": True, "ghost": True})
        if not self.dead:
            self._held = key
            self._on_key(key, at_ms, False)

    def _edge(self, key: str, edge: str, edge_ms: int, seen: bool, at_ms: int) -> None:
        row = {"event": "key", "key": key, "edge": edge, "seen": seen}  # type: dict[str, Any]
        if edge_ms != at_ms:
            row["after_ms"] = diff(at_ms, edge_ms)
        self._on_edge(at_ms, row)

    def _lost(self, key: str, edge: str, edges: "dict[str, int]", at_ms: int) -> None:
        """The contact changed again before the scanner took its last change."""
        edge_ms = edges.pop(key, None)
        if edge_ms is not None:
            self._edge(key, edge, edge_ms, False, at_ms)
