"""The entry line: digits as they are keyed in, erased, timed out, and handed over.

Laws and their sources: docs/emulated-meter.md. Digits come in at the right and push left (CLOU, facts/sts.md
4.4); the line is lost when the next digit does not come in time.

This file runs unchanged under CPython and MicroPython.
"""

from rigwire.ticks import diff

MAX_DIGITS = 20

# How an entry is handed over
ENTER_KEY = "key"
ENTER_AUTO = "auto"  # by itself at the 20th digit, short codes by the key (L+G Gemini)

# What the erase key does
ERASE_ONE_OR_ALL = "one_or_all"  # one digit; two quick presses clear the line (L+G Gemini)
ERASE_ONE = "one"
ERASE_ALL = "all"


class Entry:
    """One entry line.

    Attributes:
        digits: what has been keyed in so far.
    """

    def __init__(
        self,
        timeout_ms: int,
        erase: str = ERASE_ONE_OR_ALL,
        quick_ms: int = 500,
        enter: str = ENTER_KEY,
        enter_key: str = "#",
        erase_key: str = "*",
    ) -> None:
        self._timeout_ms = timeout_ms
        self._erase = erase
        self._quick_ms = quick_ms
        self._enter = enter
        self._enter_key = enter_key
        self._erase_key = erase_key
        self.clear()

    def clear(self) -> None:
        """Nothing entered, no erase press to pair with."""
        self.digits = ""
        self._last_ms = 0
        self._erased_ms = 0
        self._erased = False

    def key(self, key: str, now_ms: int) -> "str | None":
        """Take one key. Returns the digits when this key hands them over, else None.

        A digit beyond the 20th is not taken (guess). Enter on an empty line does nothing.
        """
        if key == self._erase_key:
            self._erase_press(now_ms)
            return None
        self._erased = False
        if key == self._enter_key:
            return self._hand_over()
        if len(key) == 1 and key.isdigit() and len(self.digits) < MAX_DIGITS:
            self.digits += key
            self._last_ms = now_ms
            if self._enter == ENTER_AUTO and len(self.digits) == MAX_DIGITS:
                return self._hand_over()
        return None

    def next_deadline_ms(self, now_ms: int) -> int:
        """Milliseconds until the entry is lost, -1 when there is none."""
        if not self.digits:
            return -1
        wait_ms = self._timeout_ms - diff(now_ms, self._last_ms)
        return wait_ms if wait_ms > 0 else 0

    def timed_out(self, now_ms: int) -> bool:
        """True once when the time for the next digit has run out; the line is empty then."""
        if self.next_deadline_ms(now_ms) != 0:
            return False
        self.clear()
        return True

    def _hand_over(self) -> "str | None":
        digits = self.digits
        self.clear()
        return digits or None

    def _erase_press(self, now_ms: int) -> None:
        quick = self._erased and diff(now_ms, self._erased_ms) <= self._quick_ms
        if self._erase == ERASE_ALL or (self._erase == ERASE_ONE_OR_ALL and quick):
            self.digits = ""
        else:
            self.digits = self.digits[:-1]
        self._erased = not quick
        self._erased_ms = now_ms
        self._last_ms = now_ms


def grouped(digits: str, width: int, dashes: bool) -> str:
    """The entry as the line shows it: with a dash after every fourth digit when `dashes`, the last that fit."""
    if dashes:
        digits = "-".join([digits[i : i + 4] for i in range(0, len(digits), 4)])
    return digits[-width:]
