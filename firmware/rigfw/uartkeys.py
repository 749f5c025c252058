"""Keypad driver of the meter port: contacts go as frames to a meter, emulated or behind an adapter.

Runs unchanged under CPython and MicroPython.
"""

from rigwire import frames, ticks
from rigwire import messages as m

from rigfw.keyfault import check_one_hot

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Callable


class UartKeypad:
    """Keypad behind the meter port: the wanted contacts are sent at every change and every 200 ms.

    State is sent, never an edge: a lost frame is mended by the next one, and a meter port that hears nothing
    for METER_PORT_SILENCE_MS opens every contact by itself.
    """

    key_max_ms = m.KEY_MAX_MS
    travel_ms = 0

    def __init__(self, crc32: "Callable[[bytes], int]", now_ms: int) -> None:
        self._crc32 = crc32
        self._mask = 0
        self._seq = 0
        self._sent_ms = now_ms
        self._output = b""
        self._send(now_ms)

    def set_contacts(self, mask: int, now_ms: int) -> None:
        """Close exactly the contact of `mask` (0: none)."""
        try:
            check_one_hot(mask)
        except ValueError:
            self._mask = 0
            self._send(now_ms)
            raise
        if mask != self._mask:
            self._mask = mask
            self._send(now_ms)

    def release(self, now_ms: int) -> None:
        """Open every contact."""
        self.set_contacts(0, now_ms)

    def refusal(self, contacts: bytes, on_ms: int, period_ms: int, now_ms: int) -> "str | None":
        """Nothing here to refuse for."""
        return None

    def acknowledge(self, now_ms: int) -> None:
        """No emergency stop is sensed here."""

    def poll(self, now_ms: int) -> None:
        """Refresh the contacts when it is time."""
        if ticks.diff(now_ms, self._sent_ms) >= m.CONTACTS_REFRESH_MS:
            self._send(now_ms)

    def next_deadline_ms(self, now_ms: int) -> int:
        """Milliseconds until the next refresh."""
        return max(0, m.CONTACTS_REFRESH_MS - ticks.diff(now_ms, self._sent_ms))

    def take_output(self) -> bytes:
        """Frames for the meter port."""
        out = self._output
        self._output = b""
        return out

    def _send(self, now_ms: int) -> None:
        payload = m.pack_request(m.CONTACTS, self._mask)
        self._output += frames.encode(frames.KIND_EVENT, self._seq, 0, m.CONTACTS, payload, self._crc32)
        self._seq = (self._seq + 1) & 0xFF
        self._sent_ms = now_ms
