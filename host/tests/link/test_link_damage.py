"""A damaged frame is never taken for a frame, and however frames arrive they are the same frames."""

from __future__ import annotations

import binascii
import random
from itertools import combinations

import pytest
from cobs import cobs
from hypothesis import given
from hypothesis import strategies as st
from kctrig.link.crc import crc32
from rigwire import frames, messages

BURSTS = 100_000
LONG_BURSTS = 1_000_000
BOOT_TEXT = b"ets Jul 29 2019 12:21:46\r\n\r\nrst:0x1 (POWERON_RESET),boot:0x13 (SPI_FAST_FLASH_BOOT)\r\n"


def _frame(kind: int, seq: int, session: int, msg: int, payload: bytes) -> bytes:
    return frames.encode(kind, seq, session, msg, payload, crc32)


TEN_FRAMES = (
    _frame(0, 0, 0, messages.HELLO, messages.pack_request(messages.HELLO, 1, 1, 0x12345678)),
    _frame(1, 0, 0xBEEF, messages.HELLO, b"\x00\x01" + bytes(range(40))),
    _frame(0, 1, 0xBEEF, messages.PING, b"\x00\x00\x00\x00"),
    _frame(1, 1, 0xBEEF, messages.PING, bytes(20)),
    _frame(
        0, 2, 0xBEEF, messages.RUN_KEYS, b"\x01\x02\x03\x04\x3c\x00\x28\x00\x00" + b"01234567890123456789#"
    ),
    _frame(1, 2, 0xBEEF, messages.RUN_KEYS, b"\x00\x01\x00"),
    _frame(2, 7, 0xBEEF, messages.EVENT, b"\x07\x00\x10\x27\x00\x00\x01\x05\x01"),
    _frame(0, 3, 0xBEEF, messages.BYE, b""),
    _frame(0, 255, 0xFFFF, messages.EVENTS_SINCE, b"\xff\xff"),
    _frame(1, 4, 0xBEEF, messages.READ_DISPLAY, b"\x00" + bytes(random.Random(1).randbytes(60))),
)


def _decode(data: bytes) -> list[frames.Frame]:
    return frames.Decoder(binascii.crc32).feed(data)


@pytest.mark.parametrize("wire", TEN_FRAMES, ids=range(10))
def test_no_frame_with_one_or_two_bits_turned_is_accepted(wire: bytes) -> None:
    bits = len(wire) * 8
    turns = [1 << bit for bit in range(bits)]
    turns += [1 << one | 1 << other for one, other in combinations(range(bits), 2)]
    number = int.from_bytes(wire, "little")
    decoder = frames.Decoder(binascii.crc32)
    original = _decode(wire)
    accepted = 0
    for turn in turns:
        # A zero ends whatever the damage left open, as the next frame on the line would.
        for frame in decoder.feed((number ^ turn).to_bytes(len(wire), "little") + b"\x00"):
            accepted += frame not in original
    assert accepted == 0
    assert decoder.bad_crc > 0
    assert decoder.bad_frame > 0


def _spoiled(rng: random.Random) -> bytes:
    """Bytes of one to three frames after a burst of noise, a dropped stretch, or a merge in the middle."""
    wires = rng.choices(TEN_FRAMES, k=rng.randint(1, 3))
    data = bytearray(b"".join(wires))
    kind = rng.randrange(4)
    at = rng.randrange(len(data))
    length = rng.randint(1, 24)
    if kind == 0:  # burst: every byte of a stretch may be anything
        data[at : at + length] = rng.randbytes(min(length, len(data) - at))
    elif kind == 1:  # overrun: a stretch is missing
        del data[at : at + length]
    elif kind == 2:  # merge: the tail of one frame runs into the head of another
        other = rng.choice(TEN_FRAMES)
        data[at:] = other[rng.randrange(len(other)) :]
    else:  # noise put in
        data[at:at] = rng.randbytes(length)
    return bytes(data) + b"\x00"


def test_bursts_drops_and_merges_never_make_a_frame_that_was_not_sent(pytestconfig: pytest.Config) -> None:
    rng = random.Random(20260102)
    sent = {frame for wire in TEN_FRAMES for frame in _decode(wire)}
    decoder = frames.Decoder(binascii.crc32)
    wrong = accepted = 0
    for _ in range(LONG_BURSTS if pytestconfig.getoption("--long") else BURSTS):
        for frame in decoder.feed(_spoiled(rng)):
            accepted += 1
            wrong += frame not in sent
    assert wrong == 0
    assert accepted > 10_000  # the undamaged neighbours came through
    assert decoder.bad_crc > 10_000


@pytest.mark.parametrize(
    "before", [b"", BOOT_TEXT + b"\x00", b"\x00\x00\x00", bytes(range(1, 256)) * 3 + b"\x00"]
)
def test_byte_by_byte_whole_and_concatenated_give_the_same_frames(before: bytes) -> None:
    data = before + b"".join(TEN_FRAMES)
    wanted = [frame for wire in TEN_FRAMES for frame in _decode(wire)]
    assert len(wanted) == len(TEN_FRAMES)
    assert _decode(data) == wanted
    decoder = frames.Decoder(binascii.crc32)
    assert [frame for byte in data for frame in decoder.feed(bytes([byte]))] == wanted
    for size in (2, 3, 7, 64):
        decoder = frames.Decoder(binascii.crc32)
        pieces = [data[i : i + size] for i in range(0, len(data), size)]
        assert [frame for piece in pieces for frame in decoder.feed(piece)] == wanted


def test_boot_text_without_a_zero_costs_only_the_frame_it_runs_into() -> None:
    data = BOOT_TEXT + b"".join(TEN_FRAMES)
    assert _decode(data) == [frame for wire in TEN_FRAMES[1:] for frame in _decode(wire)]


def test_a_page_of_panic_text_is_counted_once_and_held_nowhere() -> None:
    decoder = frames.Decoder(binascii.crc32)
    assert decoder.feed(b"Guru Meditation Error: Core 1 panic'ed\r\n" * 200) == []
    assert decoder.bad_frame == 1
    assert len(decoder._pending) < frames.MAX_WIRE
    assert decoder.feed(b"\x00" + TEN_FRAMES[0]) == _decode(TEN_FRAMES[0])


@given(st.binary(max_size=frames.MAX_CLEAR))
def test_what_another_cobs_wrote_is_read_here(clear: bytes) -> None:
    block = bytearray(cobs.encode(clear))
    assert frames.cobs_decode_in_place(block)
    assert bytes(block[1:]) == clear


@given(st.binary(max_size=frames.MAX_PAYLOAD), st.integers(0, 255), st.integers(0, 0xFFFF))
def test_our_frames_are_cobs_of_another_implementation(payload: bytes, seq: int, session: int) -> None:
    wire = frames.encode(frames.KIND_REQUEST, seq, session, 0, payload, binascii.crc32)
    clear = cobs.decode(wire[:-1])
    assert wire == cobs.encode(clear) + b"\0"
    assert clear[frames.HEADER_SIZE : -frames.CRC_SIZE] == payload


@given(st.binary(min_size=1, max_size=frames.MAX_CLEAR))
def test_a_block_that_another_cobs_refuses_is_refused_here(block: bytes) -> None:
    if 0 in block or 0xFF in block:
        return  # a zero cannot be inside a block; code 0xFF is never on this wire
    try:
        theirs: bytes | None = cobs.decode(block)
    except cobs.DecodeError:
        theirs = None
    ours = bytearray(block)
    taken = frames.cobs_decode_in_place(ours)
    assert taken == (theirs is not None)
    if taken:
        assert bytes(ours[1:]) == theirs


def test_the_crc_of_the_host_has_the_check_value_and_is_that_of_the_device() -> None:
    assert crc32(b"123456789") == 0xCBF43926
    rng = random.Random(3)
    for _ in range(500):
        data = rng.randbytes(rng.randrange(300))
        assert crc32(data) == binascii.crc32(data)


def test_a_payload_over_240_bytes_is_refused_before_anything_is_sent() -> None:
    with pytest.raises(ValueError, match="241"):
        _frame(0, 0, 0, messages.PING, bytes(241))
    assert len(_frame(0, 0, 0, messages.PING, bytes(240))) == frames.MAX_WIRE
