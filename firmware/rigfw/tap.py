"""Glass tap: the meter's segment memory as it comes over the meter port, nothing interpreted.

Runs unchanged under CPython and MicroPython.
"""

from rigwire import frames, ticks
from rigwire import messages as m

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Callable

# Four times the interval at which the meter port repeats its image: a busy meter is not a dead one.
SILENCE_MS = 4 * m.GLASS_REFRESH_MS
_ASK_AGAIN_MS = 250


class GlassTap:
    """Takes GLASS frames, keeps the last image, calls `changed(image, now_ms)` when it differs from the one before.

    Attributes:
        image: the last image, empty while the meter port is silent.
        seen_ms: device time of the last GLASS frame.
        silent: True from the start and whenever nothing was heard for SILENCE_MS, or another meter was.
    """

    def __init__(
        self, crc32: "Callable[[bytes], int]", changed: "Callable[[bytes, int], None]", now_ms: int
    ) -> None:
        self._crc32 = crc32
        self._changed = changed
        self._decoder = frames.Decoder(crc32)
        self.image = b""
        self.seen_ms = now_ms
        self.silent = True
        self._session = 0
        self._parted = False
        self._seq = 0
        self._asked_ms = now_ms
        self._output = self._ask()

    def receive(self, data: "bytes | bytearray | memoryview", now_ms: int) -> None:
        """Take bytes of the meter port."""
        for frame in self._decoder.feed(data):
            if frame.kind != frames.KIND_EVENT or frame.msg != m.GLASS or frame.major != frames.MAJOR_VERSION:
                continue
            if self._parted:
                continue  # first the app makes safe; the meter repeats its image
            if not self.silent and frame.session != self._session:
                self._parted = True
                self._lose(now_ms)
                continue
            self._session = frame.session
            self.seen_ms = now_ms
            self.silent = False
            if frame.payload != self.image:
                self.image = frame.payload
                self._changed(frame.payload, now_ms)

    def poll(self, now_ms: int) -> bool:
        """Watch the meter; True once when it fell silent or started anew, so that another one may stand there."""
        if self._parted:
            self._parted = False
            return True
        if self.silent:
            if ticks.diff(now_ms, self._asked_ms) >= _ASK_AGAIN_MS:
                self._asked_ms = now_ms
                self._output += self._ask()
            return False
        if ticks.diff(now_ms, self.seen_ms) < SILENCE_MS:
            return False
        self._lose(now_ms)
        return True

    def next_deadline_ms(self, now_ms: int) -> int:
        """Milliseconds until `poll` has something to do."""
        if self._parted:
            return 0
        if self.silent:
            return max(0, _ASK_AGAIN_MS - ticks.diff(now_ms, self._asked_ms))
        return max(0, SILENCE_MS - ticks.diff(now_ms, self.seen_ms))

    def take_output(self) -> bytes:
        """Frames for the meter port."""
        out = self._output
        self._output = b""
        return out

    def _lose(self, now_ms: int) -> None:
        self.silent = True
        self.image = b""
        self._asked_ms = now_ms
        self._output += self._ask()

    def _ask(self) -> bytes:
        seq = self._seq
        self._seq = (seq + 1) & 0xFF
        return frames.encode(frames.KIND_EVENT, seq, 0, m.ASK_GLASS, b"", self._crc32)
