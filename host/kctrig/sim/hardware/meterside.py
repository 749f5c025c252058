"""The meter's end of the board: closed keys become CONTACTS frames; what the rig sends there is let through or not."""

from __future__ import annotations

import binascii

from rigwire import frames
from rigwire import meterport as m

from kctrig.sim.hardware.plan import UART


class MeterSide:
    """Writes to the meter.

    On a board that types over the meter port ("uart") the rig's frames pass as they are. On the others the meter sees
    the keypad that the board presses, and of the rig's frames only the question for its glass.
    """

    def __init__(self, kind: str) -> None:
        self._through = kind == UART
        self._decoder = frames.Decoder(binascii.crc32)
        self._seq = 0
        self._keys = -1
        self._sent_us = 0
        self._out = b""

    def from_rig(self, data: bytes) -> None:
        """Bytes of the rig's UART."""
        if self._through:
            self._out += data
            return
        for frame in self._decoder.feed(data):
            if frame.msg == m.ASK_GLASS:
                self._send(m.ASK_GLASS, b"")

    def keys(self, mask: int, now_us: int) -> None:
        """The keys that are closed now; told at every change and every CONTACTS_REFRESH_MS."""
        if self._through or (mask == self._keys and now_us < self.next_us()):
            return
        self._keys = mask
        self._sent_us = now_us
        self._send(m.CONTACTS, mask.to_bytes(2, "little"))

    def next_us(self) -> int:
        """When the keys must be told again."""
        return self._sent_us + 1000 * m.CONTACTS_REFRESH_MS

    def take(self) -> bytes:
        """Bytes for the meter."""
        out, self._out = self._out, b""
        return out

    def _send(self, msg: int, payload: bytes) -> None:
        self._out += frames.encode(frames.KIND_EVENT, self._seq, 0, msg, payload, binascii.crc32)
        self._seq = (self._seq + 1) & 0xFF
