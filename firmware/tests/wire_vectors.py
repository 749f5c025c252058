"""The frames of docs/wire.md as test vectors: `check(text, crc32)`, under CPython and MicroPython.

On MicroPython: micropython wire_vectors.py docs/wire.md
"""

import binascii
import sys

from rigwire import frames

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Callable

_KINDS = ("request", "response", "event")


class Vector:
    """One annotated frame of the document."""

    def __init__(self, title: str) -> None:
        self.title = title
        self.wire = b""
        self.junk = 0
        self.frame = frames.Frame(0, 0, 0, 0, b"", 0)
        self.crc32 = 0


def parse(text: str) -> "list[Vector]":
    """Every fenced block of kind `frame`, under the heading before it."""
    vectors = []
    title = ""
    fields: "dict[str, str] | None" = None
    for line in text.split("\n"):
        if line.startswith("### "):
            title = line[4:]
        elif line == "```frame":
            fields = {"payload": ""}
        elif line == "```" and fields is not None:
            vectors.append(_vector(title, fields))
            fields = None
        elif fields is not None:
            name, _, value = line.partition(" ")
            value = value.split("|")[0].strip()
            fields[name] = fields["payload"] + value if name == "payload" else value
    return vectors


def _hex(text: str) -> bytes:
    return binascii.unhexlify(text.replace(" ", ""))


def _vector(title: str, fields: "dict[str, str]") -> Vector:
    vector = Vector(title)
    vector.wire = _hex(fields["wire"])
    vector.junk = int(fields.get("junk", "0"))
    vector.crc32 = int(fields["crc32"], 16)
    vector.frame = frames.Frame(
        _KINDS.index(fields["kind"]),
        int(fields["seq"]),
        int(fields["session"], 16),
        int(fields["msg"], 16),
        _hex(fields["payload"]),
        int(fields["major"]),
    )
    return vector


def _same(what: str, vector: Vector, found: object, wanted: object) -> None:
    if found != wanted:
        raise AssertionError("%s, %s: %s, wanted %s" % (vector.title, what, found, wanted))


def check(text: str, crc32: "Callable[[bytes], int]") -> int:
    """Encode and decode every vector in every way; how many there were.

    Raises AssertionError with the vector's title.
    """
    vectors = parse(text)
    together = b""
    for vector in vectors:
        frame = vector.frame
        wire = frames.encode(
            frame.kind, frame.seq, frame.session, frame.msg, frame.payload, crc32, frame.major
        )
        _same("encoded", vector, wire, vector.wire[vector.junk :])
        _same("whole", vector, frames.Decoder(crc32).feed(vector.wire), [frame])
        decoder = frames.Decoder(crc32)
        found = []
        for i in range(len(vector.wire)):
            found += decoder.feed(vector.wire[i : i + 1])
        _same("byte by byte", vector, found, [frame])
        clear = bytearray(wire[:-1])
        _same("COBS", vector, frames.cobs_decode_in_place(clear), True)
        _same("crc32", vector, crc32(bytes(clear[1:-4])), vector.crc32)
        for i in range(vector.junk, len(vector.wire) - 1):
            bent = bytearray(vector.wire)
            bent[i] ^= 1 << i % 8
            _same("bit %d of byte %d turned" % (i % 8, i), vector, frames.Decoder(crc32).feed(bent), [])
        together += vector.wire
    decoder = frames.Decoder(crc32)
    wanted = [vector.frame for vector in vectors]
    if decoder.feed(together) != wanted:
        raise AssertionError("all frames in one piece do not decode to all frames")
    if crc32(b"123456789") != 0xCBF43926:
        raise AssertionError("the CRC does not have its check value")
    return len(vectors)


if __name__ == "__main__":
    with open(sys.argv[1]) as document:
        sys.stdout.write("%d\n" % check(document.read(), binascii.crc32))
