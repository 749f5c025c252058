"""Millisecond ticks that wrap, as MicroPython's do on a 32-bit board (2**30 ms = 12.4 days).

Every `now_ms` in the firmware is such a tick: never compare two directly, always by `diff`.
Facts: facts/micropython.md section 6, point 8. Runs unchanged under CPython and MicroPython.
"""

PERIOD = 1 << 30
_HALF = PERIOD >> 1
_MASK = PERIOD - 1


def add(tick_ms: int, delta_ms: int) -> int:
    """The tick `delta_ms` after `tick_ms`."""
    return (tick_ms + delta_ms) & _MASK


def diff(later_ms: int, earlier_ms: int) -> int:
    """Milliseconds from `earlier_ms` to `later_ms`, negative when the order is the other way; up to 6.2 days."""
    return ((later_ms - earlier_ms + _HALF) & _MASK) - _HALF
