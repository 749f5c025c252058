"""Events in order and without gaps: finds out that one was lost, and takes in what a refetch brings."""

from __future__ import annotations

import struct

from rigwire import messages

from kctrig.link.items import DeviceEvent

_U16 = 0xFFFF
_RECORD = struct.Struct(messages.EVENT_RECORD_LAYOUT)


def _ahead(later: int, earlier: int) -> int:
    """How far `later` is in front of `earlier`, 0..32767; negative when it is behind."""
    delta = (later - earlier) & _U16
    return delta if delta < 0x8000 else delta - 0x10000


class EventOrder:
    """Numbers of one start of a rig.

    Gaps can be told only when every kind was asked for; with a narrower mask events are passed on as they come.

    Attributes:
        mask: the kinds that were asked for, 0 = none.
        expected: number of the next event to hand out, None before the first SUBSCRIBE answer.
    """

    def __init__(self) -> None:
        self.mask = 0
        self.expected: int | None = None
        self._known_next = 0

    def forget_numbers(self) -> None:
        """The rig restarted: its numbers begin anew; the mask stays wanted."""
        self.expected = None

    def subscribed(self, mask: int, next_no: int) -> None:
        """SUBSCRIBE was answered."""
        self.mask = mask
        if self.expected is None:
            self.expected = self._known_next = next_no
        else:
            self.rig_is_at(next_no)

    def rig_is_at(self, next_no: int) -> None:
        """The rig said which number its next event will have."""
        if self.expected is not None and _ahead(next_no, self._known_next) > 0:
            self._known_next = next_no

    @property
    def missing(self) -> bool:
        """An event that the rig has sent has not arrived; ask for `expected` and on."""
        return (
            self.expected is not None
            and self.mask == messages.MASK_ALL
            and _ahead(self._known_next, self.expected) > 0
        )

    def take(self, event: DeviceEvent) -> list[DeviceEvent]:
        """An event frame came; gives back what may be handed out now."""
        if self.expected is None:
            return []
        ahead = _ahead(event.no, self.expected)
        if ahead < 0:
            return []
        after = (event.no + 1) & _U16
        if ahead == 0 or self.mask != messages.MASK_ALL:
            self.expected = after
            self.rig_is_at(after)
            return [event]
        self.rig_is_at(after)
        return []

    def take_refetched(self, answer: bytes) -> list[DeviceEvent]:
        """An EVENTS_SINCE answer came (status byte passed over); gives back what may be handed out now."""
        out: list[DeviceEvent] = []
        at = 0
        while self.expected is not None and at + _RECORD.size <= len(answer):
            no, device_ms, kind, length = _RECORD.unpack_from(answer, at)
            data = answer[at + _RECORD.size : at + _RECORD.size + length]
            at += _RECORD.size + length
            if no != self.expected or len(data) != length:
                continue
            step = 1
            if kind == messages.EVENT_LOST and length >= 2:
                step = int.from_bytes(data[:2], "little")
            self.expected = (no + step) & _U16
            out.append(DeviceEvent(no, device_ms, kind, data))
        if not out and self.expected is not None:
            self._known_next = self.expected  # the rig has nothing of the kind; do not ask for ever
        return out
