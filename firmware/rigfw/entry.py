"""What the rig lets through to Enter: 20-digit tokens and codes that only read, nothing else.

A keypad can also open the load switch, sound an alarm or write settings (facts/keypad_display.md 1.2), so the
firmware itself keeps count of what stands in the entry line and refuses a script that would submit anything else.
It counts keys, it sees no glass: the host still compares the echo before it presses Enter.

Runs unchanged under CPython and MicroPython.
"""

from rigwire import ticks

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Iterable

TOKEN_DIGITS = 20
# Keys that the meter did not take are typed again: they are counted here twice and stand in the line once.
MOST_TYPED_AGAIN = 6
STAR = 10
HASH = 11
# Two presses of the erase key closer than this clear the whole entry (docs/brands.md, "Common").
DOUBLE_ERASE_MS = 500
DEFAULT_CODES = b"03,04,07,08,09,10,37,38,54,55,56,57,58,65,66,67,75,77"  # facts/keypad_display.md 1.2, those that only read
# Never let through, whatever the host asks for: 01 works the load switch, 02 the alarm, 123xx and 456xx write
# alarm settings (facts/keypad_display.md 1.2).
_NEVER = (b"01", b"02")
_NEVER_SETTINGS = (b"123", b"456")
_MAX_CODE_DIGITS = 8
# An entry of that many digits is no longer counted: it stays too long for Enter until it is cleared as a whole.
_TOO_MANY_DIGITS = 64


class EntryGuard:
    """Keeps the digits that should stand in the meter's entry line and says what may be submitted."""

    def __init__(self) -> None:
        self._entry = bytearray()
        self._erased_ms = 0
        self._erasing = False
        self._enter = HASH
        self._erase = STAR
        self._codes = DEFAULT_CODES.split(b",")

    def allow(self, enter: int, erase: int, codes: bytes) -> "str | None":
        """Set the contacts of Enter and erase and the codes that may be submitted.

        Returns None, or why the list was not taken; the list before it then stays.
        """
        if enter not in (STAR, HASH) or erase not in (STAR, HASH) or enter == erase:
            return "enter and erase must be the contacts * (10) and # (11), one each"
        wanted = codes.split(b",") if codes else []
        for code in wanted:
            if not 1 <= len(code) <= _MAX_CODE_DIGITS or not code.isdigit():
                return "a code is 1 to %d digits, and commas stand between codes" % _MAX_CODE_DIGITS
            if code in _NEVER or (len(code) == 5 and code[:3] in _NEVER_SETTINGS):
                return "code %s switches or writes; this firmware never enters it" % code.decode()
        self._enter = enter
        self._erase = erase
        self._codes = wanted
        return None

    def clear(self) -> None:
        """The entry line is known to be empty."""
        self._entry = bytearray()
        self._erasing = False

    def doubt(self) -> None:
        """Nobody knows what stands in the entry line: no Enter until it is cleared as a whole."""
        self._entry = bytearray(_TOO_MANY_DIGITS)
        self._erasing = False

    def press(self, contact: int, now_ms: int) -> None:
        """A key went down: keep the entry as the meter would."""
        if contact == self._erase:
            if self._erasing and ticks.diff(now_ms, self._erased_ms) <= DOUBLE_ERASE_MS:
                self.clear()
                return
            if len(self._entry) < _TOO_MANY_DIGITS:
                self._entry = self._entry[:-1]
            self._erasing = True
            self._erased_ms = now_ms
            return
        self._erasing = False
        if contact == self._enter:
            self._entry = bytearray()
        elif len(self._entry) < _TOO_MANY_DIGITS:
            self._entry.append(0x30 + contact)

    def refusal(self, contacts: "Iterable[int]", start_ms: int, period_ms: int, fresh: bool) -> "str | None":
        """Why a script that presses `contacts` every `period_ms` must not run, or None when it may.

        The text never holds a token: only the length of an entry is told.
        """
        kept = (bytearray(self._entry), self._erasing, self._erased_ms)
        try:
            if fresh:
                self.clear()
            at_ms = start_ms
            for contact in contacts:
                if contact == self._enter and not self._may_submit():
                    return (
                        "Enter on an entry of %d digits that is neither a 20-digit token nor an allowed code"
                        % len(self._entry)
                    )
                self.press(contact, at_ms)
                at_ms = ticks.add(at_ms, period_ms)
            return None
        finally:
            self._entry, self._erasing, self._erased_ms = kept

    def _may_submit(self) -> bool:
        typed_again = len(self._entry) - TOKEN_DIGITS
        return 0 <= typed_again <= MOST_TYPED_AGAIN or bytes(self._entry) in self._codes
