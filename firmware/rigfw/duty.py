"""How long each output has been on lately, and whether a script would warm one of its coils too much.

Integers only. A script that would is refused before its first key: pacing it would change the timing that the host
asked for, and half a token in a meter helps nobody. Runs unchanged under CPython and MicroPython.
"""

from array import array

from rigwire import messages as m
from rigwire import ticks

_SLICES = 8
_OUTPUTS = len(m.KEYS)
ALWAYS_PERMILLE = 1000


class DutyBook:
    """The last DUTY_WINDOW_MS of every output, in eight slices.

    Args:
        permille: no output is on for more than this part of a window.
        window_ms: length of a window.
        now_ms: tick at start.
    """

    def __init__(self, permille: int, window_ms: int, now_ms: int) -> None:
        self._permille = permille
        self._window_ms = window_ms
        self._budget_ms = window_ms * permille // 1000
        self._slice_ms = window_ms // _SLICES
        self._on_ms = array("H", bytes(2 * _OUTPUTS * (_SLICES + 1)))
        self._slice = 0
        self._since_ms = now_ms

    def note(self, output: int, on_ms: int, now_ms: int) -> None:
        """Output number `output` was on for `on_ms` until now."""
        self.turn(now_ms)
        at = self._slice * _OUTPUTS + output
        self._on_ms[at] = min(0xFFFF, self._on_ms[at] + on_ms)

    def turn(self, now_ms: int) -> None:
        """Forget what is older than a window; call at least every few days, for the tick wraps."""
        passed = ticks.diff(now_ms, self._since_ms) // self._slice_ms
        if passed <= 0:
            return
        self._since_ms = ticks.add(self._since_ms, passed * self._slice_ms)
        for _ in range(min(passed, _SLICES + 1)):
            self._slice = (self._slice + 1) % (_SLICES + 1)
            for output in range(_OUTPUTS):
                self._on_ms[self._slice * _OUTPUTS + output] = 0

    def recent_ms(self, output: int, now_ms: int) -> int:
        """How long `output` was on in the last window, told rather too long by a slice than too short."""
        self.turn(now_ms)
        total_ms = 0
        for part in range(_SLICES + 1):
            total_ms += self._on_ms[part * _OUTPUTS + output]
        return total_ms

    def refusal(self, contacts: bytes, on_ms: int, period_ms: int, now_ms: int) -> "str | None":
        """Why a script must not run that turns one of `contacts` on for `on_ms` every `period_ms`; None when it may."""
        if self._permille >= ALWAYS_PERMILLE:
            return None
        reach = self._window_ms // period_ms + 1  # presses that one window can touch
        counts = [0] * _OUTPUTS
        for i in range(len(contacts)):
            if i >= reach:
                counts[contacts[i - reach]] -= 1
            output = contacts[i]
            counts[output] += 1
            total_ms = counts[output] * on_ms
            if i < reach:
                total_ms += self.recent_ms(output, now_ms)
            if total_ms > self._budget_ms:
                return self._advice(output, on_ms, total_ms)
        return None

    def _advice(self, output: int, on_ms: int, total_ms: int) -> str:
        fit = max(1, self._budget_ms // on_ms)
        gap_ms = max(1, self._window_ms // fit + 1 - on_ms)
        return (
            "output %s would be on for %d ms in %d ms, its ceiling is %d: wait %d s, or use a gap_ms of %d or more"
            % (
                m.KEYS[output],
                total_ms,
                self._window_ms,
                self._budget_ms,
                (self._window_ms + self._slice_ms) // 1000 + 1,
                gap_ms,
            )
        )
