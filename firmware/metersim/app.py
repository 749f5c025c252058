"""The meter behind its port: contacts come in as frames, the glass goes out, the truth and the state come off beside.

Pure: bytes and `now_ms` in; bytes, log rows and states to save out. Whoever runs it must save a state that `take_state`
gives before writing what `take_output` gives: a real meter has stored a token before it says so.

This file runs unchanged under CPython and MicroPython.
"""

from rigwire import meterport as m
from rigwire.frames import KIND_EVENT, Decoder, encode
from rigwire.ticks import add, diff

from . import brands
from .cells import Picture
from .faults import Faults
from .meter import Meter

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Callable


class MeterApp:
    """One emulated meter on a meter port.

    Args:
        brand_name: one of `brands.names()`, or "generic"; a state's own "laws" object, if there is one, changes
            single parameters of it.
        state: JSON object of the meter (registers.py).
        crc32: the CRC function of the frames.
        now_ms: the present tick; the meter is switched on now.
        faults: names of faults (faults.py).
        seed: of everything random in the faults.

    Raises ValueError with one clear line for a brand, state or fault that cannot be used.
    """

    def __init__(
        self,
        brand_name: str,
        state: "dict[str, Any]",
        crc32: "Callable[[bytes], int]",
        now_ms: int,
        faults: "tuple[str, ...] | list[str]" = (),
        seed: int = 0,
    ) -> None:
        brand = brands.load(brand_name, state.get("laws"))
        self._crc32 = crc32
        self._faults = Faults(faults, seed)
        self._meter = Meter(brand, state, self._faults, now_ms)
        self._decoder = Decoder(crc32)
        # Another number at every start, so that the rig sees a meter that was exchanged in less than its silence.
        self._session = crc32(("%s %d %d" % (state.get("drn"), seed, now_ms)).encode()) & 0xFFFF or 1
        self._seq = 0
        self._output: "list[bytes]" = []
        self._truth: "list[dict[str, Any]]" = []
        self._clock_ms = now_ms
        self._elapsed_ms = 0
        self._heard_ms = now_ms
        self._mask = 0
        self._sent_ms = now_ms
        self._image = b""
        self._shown = ("", "")
        self._changes = 0
        self._late: "list[tuple[int, bytes]]" = []  # images that a slow glass still owes
        self._look(now_ms)

    def receive(self, data: "bytes | bytearray | memoryview", now_ms: int) -> None:
        """Bytes from the rig."""
        self._look(now_ms)
        for frame in self._decoder.feed(data):
            if frame.kind != KIND_EVENT:
                continue
            mask = m.mask_of(frame.payload) if frame.msg == m.CONTACTS else -1
            if mask >= 0:
                self._heard_ms = now_ms
                self._contacts(mask, now_ms)
            elif frame.msg == m.ASK_GLASS and self._meter.powered:
                self._send(now_ms)
        self._look(now_ms)

    def poll(self, now_ms: int) -> None:
        """Let the time pass up to `now_ms`."""
        if self._mask and diff(now_ms, self._heard_ms) >= m.METER_PORT_SILENCE_MS:
            silent_ms = add(self._heard_ms, m.METER_PORT_SILENCE_MS)
            self._look(silent_ms)
            self._contacts(0, silent_ms)
        self._look(now_ms)

    def next_deadline_ms(self, now_ms: int) -> int:
        """Milliseconds until `poll` is due."""
        wait_ms = m.GLASS_REFRESH_MS - diff(now_ms, self._sent_ms)
        own_ms = self._meter.next_deadline_ms(now_ms)
        if own_ms >= 0:
            wait_ms = min(wait_ms, own_ms)
        if self._mask:
            wait_ms = min(wait_ms, m.METER_PORT_SILENCE_MS - diff(now_ms, self._heard_ms))
        if self._late:
            wait_ms = min(wait_ms, diff(self._late[0][0], now_ms))
        return max(0, wait_ms)

    def take_output(self) -> bytes:
        """Everything to write to the rig now. Save the state first."""
        out = b"".join(self._output)
        self._output = []
        return out

    def take_truth(self) -> "list[dict[str, Any]]":
        """Rows for the truth log since the last call; `t_ms` counts from the start of the meter."""
        rows = self._truth
        self._truth = []
        return rows

    def take_state(self) -> "dict[str, Any] | None":
        """A state to be saved before output is written, None when nothing changed."""
        if not self._meter.changed:
            return None
        self._meter.changed = False
        return self._meter.saved

    def _contacts(self, mask: int, at_ms: int) -> None:
        self._mask = mask
        self._meter.contacts(mask, at_ms)

    def _look(self, now_ms: int) -> None:
        """Bring meter, log and glass up to now."""
        meter = self._meter
        while True:
            # Stop at each moment of the meter, so that no screen that was there is missed.
            wait_ms = meter.next_deadline_ms(self._clock_ms)
            step_ms = diff(now_ms, self._clock_ms)
            if 0 <= wait_ms < step_ms:
                step_ms = wait_ms
            at_ms = add(self._clock_ms, step_ms)
            meter.advance(at_ms)
            self._collect_truth(at_ms)
            self._clock_ms = at_ms
            self._elapsed_ms += step_ms
            self._refresh(at_ms)
            if at_ms == now_ms:
                return

    def _collect_truth(self, now_ms: int) -> None:
        for at_ms, row in self._meter.truth:
            row["t_ms"] = self._elapsed_ms + diff(at_ms, self._clock_ms)
            self._truth.append(row)
        del self._meter.truth[:]

    def _refresh(self, now_ms: int) -> None:
        """Send the glass when it changed, and every GLASS_REFRESH_MS."""
        faults = self._faults
        picture = self._meter.picture(now_ms)
        shown = ("(all segments)" if picture.lamp else picture.text, picture.counter)
        if shown != self._shown:
            self._shown = shown
            self._truth.append(
                {"t_ms": self._elapsed_ms, "event": "display", "text": shown[0], "counter": shown[1]}
            )
        image = self._meter.image(Picture() if faults.dark_glass else picture)
        if faults.slow_glass_ms:
            image = self._delayed(image, now_ms)
        if image != self._image and (
            faults.frozen_glass_changes < 0 or self._changes < faults.frozen_glass_changes
        ):
            self._changes += 1
            self._image = image
            self._send(now_ms)
        elif diff(now_ms, self._sent_ms) >= m.GLASS_REFRESH_MS:
            self._sent_ms = now_ms
            if self._meter.powered:
                self._send(now_ms)

    def _delayed(self, image: bytes, now_ms: int) -> bytes:
        """The image that a slow glass shows now: the last one whose time has come."""
        newest = self._late[-1][1] if self._late else self._image
        if image != newest:
            self._late.append((add(now_ms, self._faults.slow_glass_ms), image))
        due = self._image or image
        while self._late and diff(now_ms, self._late[0][0]) >= 0:
            due = self._late.pop(0)[1]
        return due

    def _send(self, now_ms: int) -> None:
        self._sent_ms = now_ms
        if self._faults.no_glass or not self._image:
            return
        frame = encode(KIND_EVENT, self._seq, self._session, m.GLASS, self._image, self._crc32)
        self._seq = (self._seq + 1) & 0xFF
        if self._faults.line_noise_ppm and self._faults.chance.happens(self._faults.line_noise_ppm):
            at = self._faults.chance.below(len(frame) - 1)
            frame = frame[:at] + bytes([frame[at] ^ 0x15 or 1]) + frame[at + 1 :]
        self._output.append(frame)
