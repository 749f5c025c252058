"""Frames on the wire: COBS, a 0x00 delimiter, a five-byte header and CRC-32.

    wire  = COBS(head u8 | seq u8 | session u16 | msg u8 | payload 0..240 | crc32 u32) 00
    head  = kind (2 bits) | reserved 0 (1 bit) | major version (5 bits)

Little-endian. The layout, and why it is CRC-32 and not a 16-bit code, is in
facts/protocol.md sections 4 and 8; docs/wire.md shows it as byte tables. The CRC function is
passed in: `crcmod.predefined.mkCrcFun("crc-32")` on the host, `binascii.crc32` on the device.

This file runs unchanged under CPython and MicroPython.
"""

import struct

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Callable, NamedTuple

    class Frame(NamedTuple):
        """One decoded frame. `major` is the sender's, so that a newer peer can be named."""

        kind: int
        seq: int
        session: int
        msg: int
        payload: bytes
        major: int

else:
    from collections import namedtuple

    Frame = namedtuple("Frame", ("kind", "seq", "session", "msg", "payload", "major"))

KIND_REQUEST = 0
KIND_RESPONSE = 1
KIND_EVENT = 2

MAJOR_VERSION = 1
MAX_PAYLOAD = 240
HEADER_SIZE = 5
CRC_SIZE = 4
MAX_CLEAR = HEADER_SIZE + MAX_PAYLOAD + CRC_SIZE
MAX_WIRE = MAX_CLEAR + 2  # one COBS code byte, one delimiter
IDLE_BEFORE_DELIMITER_MS = 100

_DELIMITER = b"\x00"
_HEADER = "<BBHB"
# CRC over data followed by its own little-endian CRC: small enough to be no heap integer on a
# 32-bit MicroPython (facts/protocol.md section 4).
_RESIDUE = 0x2144DF1C


def cobs_decode_in_place(buf: bytearray) -> bool:
    """Undo COBS in `buf` (no delimiter in it); the clear bytes are then `buf[1:]`.

    Returns False when the code chain does not end exactly at the end of the block.
    """
    n = len(buf)
    i = 0
    while i < n:
        code = buf[i]
        if code == 0xFF or code == 0:
            return False
        buf[i] = 0
        i += code
    return i == n and n > 0


def encode(
    kind: int,
    seq: int,
    session: int,
    msg: int,
    payload: "bytes | bytearray",
    crc32: "Callable[[bytes], int]",
    major: int = MAJOR_VERSION,
) -> bytes:
    """One frame as it goes on the wire, with its closing delimiter.

    Raises ValueError when the payload is over 240 bytes: nothing has been sent then.
    """
    if len(payload) > MAX_PAYLOAD:
        raise ValueError("payload of %d bytes: at most %d" % (len(payload), MAX_PAYLOAD))
    crc_at = len(payload) + HEADER_SIZE + 1
    out = bytearray(crc_at + CRC_SIZE + 1)
    struct.pack_into(_HEADER, out, 1, kind << 6 | major, seq, session, msg)
    out[HEADER_SIZE + 1 : crc_at] = payload
    struct.pack_into("<I", out, crc_at, crc32(bytes(out[1:crc_at])))
    # COBS, in the buffer that goes out: a frame is under 255 bytes, so a code never is 0xFF.
    end = crc_at + CRC_SIZE
    code_at = 0
    i = out.find(_DELIMITER, 1)
    while i < end:
        out[code_at] = i - code_at
        code_at = i
        i = out.find(_DELIMITER, i + 1)
    out[code_at] = end - code_at
    return bytes(out)


class Decoder:
    """Bytes in, frames out; what is not a frame is dropped and counted.

    Attributes:
        bad_crc: blocks of the right shape whose CRC did not fit.
        bad_frame: blocks that are no frame at all (too short, too long, broken COBS, bad header).
            Boot text and line noise are counted here.
    """

    def __init__(self, crc32: "Callable[[bytes], int]") -> None:
        self._crc32 = crc32
        self._pending = bytearray()
        self._oversize = False
        self.bad_crc = 0
        self.bad_frame = 0

    def feed(self, data: "bytes | bytearray | memoryview") -> "list[Frame]":
        """Take bytes as they arrived; return the frames that are complete now, in order.

        Memory is bounded: never more than one frame's worth of bytes is kept between calls.
        """
        pending = self._pending
        if not pending and not self._oversize and data and data[-1] == 0:
            block = bytearray(data)
            if block.find(_DELIMITER) == len(block) - 1:  # the usual case: exactly one block
                frame = self._open(block[:-1]) if len(block) > 1 else None
                return [] if frame is None else [frame]
        frames = []
        pending.extend(data)
        start = 0
        end = pending.find(_DELIMITER)
        while end >= 0:
            if self._oversize:
                self._oversize = False
            elif end > start:
                frame = self._open(pending[start:end])
                if frame is not None:
                    frames.append(frame)
            start = end + 1
            end = pending.find(_DELIMITER, start)
        if start:
            self._pending = pending = pending[start:]
        if len(pending) >= MAX_WIRE:
            if not self._oversize:
                self.bad_frame += 1
                self._oversize = True
            self._pending = bytearray()
        return frames

    def _open(self, block: bytearray) -> "Frame | None":
        n = len(block)
        if n < HEADER_SIZE + CRC_SIZE + 1 or n > MAX_CLEAR + 1 or not cobs_decode_in_place(block):
            self.bad_frame += 1
            return None
        if self._crc32(bytes(block[1:])) != _RESIDUE:
            self.bad_crc += 1
            return None
        # Byte by byte: on MicroPython a third of the time of struct.unpack_from.
        head = block[1]
        if head & 0x20 or head >> 6 > KIND_EVENT:
            self.bad_frame += 1
            return None
        payload = bytes(block[HEADER_SIZE + 1 : -CRC_SIZE])
        return Frame(head >> 6, block[2], block[3] | block[4] << 8, block[5], payload, head & 0x1F)
