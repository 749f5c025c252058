"""A person's hands at the keypad of an emulated meter: what they type becomes contacts. Pure: characters and `now_ms` in."""

from __future__ import annotations

from collections import deque

from rigwire.meterport import KEYS

PRESS_MS = 100
GAP_MS = 100
HOLD_MS = 5500  # a long press is one of 5 s (facts/keypad_display.md 1.4)

QUIT = "q"
POWER = "p"
HOLD = "l"
_AS_KEY = {"\r": "#", "\n": "#", "\x7f": "*", "\b": "*"}
_AS_QUIT = "q\x03\x04"
_ESCAPE = "\x1b"


class Hands:
    """Keys pressed one after the other, in the order typed.

    Attributes:
        mask: the contacts closed now, as in a CONTACTS message.
        key: the key that is down, empty when none is.
        holding: the next key will be held for 5.5 s.
    """

    def __init__(self) -> None:
        self.mask = 0
        self.key = ""
        self.holding = False
        self._queue: deque[tuple[str, int]] = deque()
        self._until_ms = 0
        self._escape = ""

    @property
    def waiting(self) -> int:
        """Keys typed and not pressed yet."""
        return len(self._queue)

    def type(self, characters: str) -> list[str]:
        """Take what came from a keyboard; gives the commands in it, each QUIT or POWER.

        Arrow and function keys and every other character mean nothing.
        """
        commands = []
        for char in characters:
            if self._in_escape(char):
                continue
            if char in _AS_QUIT:
                commands.append(QUIT)
            elif char == POWER:
                commands.append(POWER)
            elif char == HOLD:
                self.holding = not self.holding
            else:
                key = _AS_KEY.get(char, char)
                if key in KEYS:
                    self._queue.append((key, HOLD_MS if self.holding else PRESS_MS))
                    self.holding = False
        return commands

    def poll(self, now_ms: int) -> bool:
        """Press and let go what is due; True when the contacts changed."""
        if now_ms < self._until_ms:
            return False
        if self.key:
            self.key, self.mask = "", 0
            self._until_ms = now_ms + GAP_MS
            return True
        if not self._queue:
            return False
        self.key, press_ms = self._queue.popleft()
        self.mask = 1 << KEYS.index(self.key)
        self._until_ms = now_ms + press_ms
        return True

    def let_go(self) -> None:
        """Everything up, nothing waiting."""
        self.key, self.mask, self.holding = "", 0, False
        self._queue.clear()

    def _in_escape(self, char: str) -> bool:
        """Whether the character belongs to an escape sequence, as of an arrow key (ESC [ A, ESC [ 3 ~)."""
        if char == _ESCAPE:
            self._escape = _ESCAPE
            return True
        if self._escape == _ESCAPE:
            self._escape = char if char in "[O" else ""
            return bool(self._escape)
        if self._escape:
            if char.isalpha() or char == "~":
                self._escape = ""
            return True
        return False
