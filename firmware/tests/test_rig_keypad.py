"""The meter port's keypad driver: state, never edges, and never two keys."""

import struct
import zlib

import pytest
from rigfw.uartkeys import UartKeypad
from rigwire import frames, ticks
from rigwire import messages as m


def masks(data: bytes) -> list[int]:
    """The contacts of each frame."""
    found = frames.Decoder(zlib.crc32).feed(data)
    assert all(frame.msg == m.CONTACTS and frame.kind == frames.KIND_EVENT for frame in found)
    return [struct.unpack("<H", frame.payload)[0] for frame in found]


def test_every_contact_is_open_at_start() -> None:
    assert masks(UartKeypad(zlib.crc32, 0).take_output()) == [0]


def test_a_change_is_sent_at_once_and_once() -> None:
    keypad = UartKeypad(zlib.crc32, 0)
    keypad.take_output()
    keypad.set_contacts(1 << 5, 10)
    keypad.set_contacts(1 << 5, 11)
    assert masks(keypad.take_output()) == [1 << 5]
    assert keypad.take_output() == b""


def test_the_state_is_repeated_after_the_refresh_interval_across_the_wrap() -> None:
    start = ticks.PERIOD - 50
    keypad = UartKeypad(zlib.crc32, start)
    keypad.set_contacts(1 << 11, start)
    keypad.take_output()
    assert keypad.next_deadline_ms(start) == m.CONTACTS_REFRESH_MS
    almost = ticks.add(start, m.CONTACTS_REFRESH_MS - 1)
    keypad.poll(almost)
    assert keypad.take_output() == b""
    keypad.poll(ticks.add(almost, 1))
    assert masks(keypad.take_output()) == [1 << 11]


@pytest.mark.parametrize("mask", [0b11, 1 << 12, 0xFFF])
def test_two_keys_or_one_that_is_not_there_open_everything(mask: int) -> None:
    keypad = UartKeypad(zlib.crc32, 0)
    keypad.set_contacts(1, 1)
    keypad.take_output()
    with pytest.raises(ValueError, match="one key at a time"):
        keypad.set_contacts(mask, 2)
    assert masks(keypad.take_output()) == [0]


def test_frames_are_numbered() -> None:
    keypad = UartKeypad(zlib.crc32, 0)
    for at_ms in range(300):
        keypad.set_contacts(1 << at_ms % 2, at_ms)
    seqs = [frame.seq for frame in frames.Decoder(zlib.crc32).feed(keypad.take_output())]
    assert seqs == [number & 0xFF for number in range(301)]
