"""The last events, numbered, so that a host that lost some can fetch them again (docs/wire.md, rule 8).

Runs unchanged under CPython and MicroPython.
"""

import struct

from rigwire import frames, messages

MAX_DATA = frames.MAX_PAYLOAD - 1 - 8
_SIZE = messages.EVENT_RING_SIZE
_U16 = 0xFFFF


class EventRing:
    """EVENT_RING_SIZE events.

    Attributes:
        next_no: number of the next event, modulo 65536 since the start.
    """

    def __init__(self) -> None:
        self.next_no = 0
        self._held = 0
        self._ring: "list[tuple[int, int, bytes] | None]" = [None] * _SIZE

    def add(self, kind: int, data: bytes, now_ms: int) -> int:
        """Keep an event; gives its number. Raises ValueError when `data` is over MAX_DATA bytes."""
        if len(data) > MAX_DATA:
            raise ValueError("event of %d bytes: at most %d" % (len(data), MAX_DATA))
        no = self.next_no
        self._ring[no % _SIZE] = (now_ms, kind, data)
        self.next_no = (no + 1) & _U16
        if self._held < _SIZE:
            self._held += 1
        return no

    def since(self, no: int, now_ms: int) -> bytearray:
        """As many records from number `no` on as fit; a LOST record first for those the ring has no more."""
        wanted = (self.next_no - no) & _U16
        records = bytearray()
        if wanted > _U16 >> 1:  # a number from the future
            wanted = 0
        if wanted > self._held:
            lost = wanted - self._held
            records += struct.pack(
                messages.EVENT_RECORD_LAYOUT, no, now_ms & 0xFFFFFFFF, messages.EVENT_LOST, 2
            )
            records += struct.pack(messages.EVENT_LOST_LAYOUT, lost)
            no = (no + lost) & _U16
            wanted = self._held
        while wanted:
            entry = self._ring[no % _SIZE]
            if entry is None:
                break
            at_ms, kind, data = entry
            if len(records) + 8 + len(data) > frames.MAX_PAYLOAD - 1:
                break
            records += struct.pack(messages.EVENT_RECORD_LAYOUT, no, at_ms, kind, len(data)) + data
            no = (no + 1) & _U16
            wanted -= 1
        return records
