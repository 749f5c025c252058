"""Recordings of a line: every byte both ways with its time, written while it happens and read back for people.

A recording is text, one line a chunk:  seconds, > to the rig or < from the rig, the bytes in hexadecimal. It holds
the key scripts as they were sent, tokens included, so the file is readable for its owner only.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from rigwire import frames

from kctrig.link.crc import crc32
from kctrig.link.describe import describe
from kctrig.link.errors import KctrigError

HEADER = "kctrig-trace 1"
TO_RIG, FROM_RIG = ">", "<"


class TraceError(KctrigError):
    """A recording cannot be written or is none; nothing was sent."""


@dataclass(frozen=True, slots=True)
class Chunk:
    """Bytes as they passed.

    Attributes:
        at_s: seconds since the first chunk.
        direction: TO_RIG or FROM_RIG.
        data: the bytes.
    """

    at_s: float
    direction: str
    data: bytes


class TraceFile:
    """Writes a recording; every line is flushed, so that it ends where the program did.

    Raises TraceError when the file cannot be made.
    """

    def __init__(self, path: Path | str, rig: str = "") -> None:
        try:
            descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        except OSError as error:
            raise TraceError(
                f"cannot write the recording {path}: {error.strerror}. Name another file"
            ) from error
        self._file = os.fdopen(descriptor, "w", encoding="ascii", errors="backslashreplace", buffering=1)
        self._start_s: float | None = None
        self._lock = threading.Lock()
        now = datetime.now(UTC).isoformat(timespec="seconds")
        self._file.write(f"{HEADER} {now} {rig}\n")

    def sent(self, data: bytes, at_s: float) -> None:
        """Bytes to the rig."""
        self._line(TO_RIG, data, at_s)

    def received(self, data: bytes, at_s: float) -> None:
        """Bytes from the rig."""
        self._line(FROM_RIG, data, at_s)

    def close(self) -> None:
        """End of the recording."""
        with self._lock:
            self._file.close()

    def _line(self, direction: str, data: bytes, at_s: float) -> None:
        with self._lock:
            if self._file.closed:
                return
            if self._start_s is None:
                self._start_s = at_s
            self._file.write(f"{at_s - self._start_s:.6f} {direction} {data.hex()}\n")


def read_trace(path: Path | str) -> list[Chunk]:
    """The chunks of a recording; a last line that was cut off is left out.

    Raises TraceError when the file is not there or no recording.
    """
    try:
        lines = Path(path).read_text(encoding="ascii", errors="replace").splitlines()
    except OSError as error:
        raise TraceError(
            f"cannot read the recording {path}: {error.strerror}. Check the file name"
        ) from error
    if not lines or not lines[0].startswith(HEADER):
        raise TraceError(f"{path} is no recording of kctrig: its first line should begin with {HEADER!r}")
    chunks = []
    for number, line in enumerate(lines[1:], start=2):
        try:
            at_s, direction, hexadecimal = line.split(" ")
            if direction not in (TO_RIG, FROM_RIG):
                raise ValueError(direction)
            chunks.append(Chunk(float(at_s), direction, bytes.fromhex(hexadecimal)))
        except ValueError:
            if number == len(lines):
                break
            raise TraceError(f"{path}, line {number}: not a line of a recording ({line[:40]!r})") from None
    return chunks


@dataclass(frozen=True, slots=True)
class Passed:
    """A block between two delimiters: a frame, or what is none."""

    at_s: float
    direction: str
    frame: frames.Frame | None
    block: bytes


def passed(chunks: Iterable[Chunk]) -> Iterator[Passed]:
    """Frames and junk in the order in which they were complete."""
    pending = {TO_RIG: bytearray(), FROM_RIG: bytearray()}
    for chunk in chunks:
        buffer = pending[chunk.direction]
        buffer += chunk.data
        *blocks, rest = bytes(buffer).split(b"\x00")
        pending[chunk.direction] = bytearray(rest)
        for block in blocks:
            if block:
                found = frames.Decoder(crc32).feed(block + b"\x00")
                yield Passed(chunk.at_s, chunk.direction, found[0] if found else None, block)
    for direction, buffer in pending.items():
        if buffer:
            yield Passed(chunk.at_s, direction, None, bytes(buffer))


def show(chunks: Iterable[Chunk]) -> Iterator[str]:
    """The recording in words, one line a frame."""
    asked: dict[int, float] = {}
    before = {TO_RIG: b"", FROM_RIG: b""}
    for item in passed(chunks):
        where = "to rig  " if item.direction == TO_RIG else "from rig"
        line = f"{item.at_s:12.6f}  {where}  "
        frame = item.frame
        if frame is None:
            yield line + _junk(item.block)
            continue
        line += describe(frame)
        if frame.kind == frames.KIND_REQUEST:
            asked[frame.seq] = item.at_s
        elif frame.kind == frames.KIND_RESPONSE and frame.seq in asked:
            line += f"  ({(item.at_s - asked[frame.seq]) * 1000:.1f} ms)"
        if item.block == before[item.direction]:
            line += "  (sent again)"
        before[item.direction] = item.block
        yield line


def _junk(block: bytes) -> str:
    text = "".join(chr(byte) if 32 <= byte < 127 else "." for byte in block[:60])
    if sum(char != "." for char in text) > 0.8 * len(text):
        return f"no frame: {len(block)} bytes of text {text!r}"
    return f"no frame: {len(block)} damaged bytes"
