"""The slow line and the deaf, chatty chip as a pure core: microseconds are a parameter."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from kctrig.sim.unkind import (
    BOOT_US,
    NEVER,
    USB_RING_BYTES,
    HostLine,
    Manners,
    UnkindError,
    Wire,
    parse,
)
from kctrig.sim.urls import SimUrlError
from kctrig.sim.urls import parse as parse_url

BYTE_US = 86.8
AWAKE_US = BOOT_US + 10
POWER_ON, WATCHDOG = 1, 3


@given(
    st.lists(st.tuples(st.integers(0, 3000), st.binary(max_size=40)), min_size=1, max_size=20),
    st.lists(st.integers(1, 5000), min_size=1, max_size=50),
)
def test_a_wire_delivers_everything_in_order_and_never_early(
    sends: list[tuple[int, bytes]], looks: list[int]
) -> None:
    wire = Wire()
    now_us, sent, arrived, busy_until_us = 0, b"", b"", 0.0
    for (pause_us, data), look_us in zip(sends, looks * 20, strict=False):
        now_us += pause_us
        arrived += wire.pull(now_us)
        wire.push(data, now_us)
        sent += data
        if data:
            busy_until_us = max(busy_until_us, now_us) + len(data) * BYTE_US
        now_us += look_us
        arrived += wire.pull(now_us)
        assert sent.startswith(arrived)
        assert len(sent) - len(arrived) >= (busy_until_us - now_us) / BYTE_US - 1
        if wire.next_us() == NEVER:
            assert arrived == sent
    while wire.next_us() != NEVER:
        assert wire.next_us() > now_us - 1
        now_us = wire.next_us()
        arrived += wire.pull(now_us)
    assert arrived == sent
    assert now_us >= busy_until_us - len(sends)


def test_115200_baud_is_87_microseconds_a_byte() -> None:
    wire = Wire()
    wire.push(bytes(1000), 0)
    assert wire.pull(86) == b""
    assert len(wire.pull(87)) == 1
    assert len(wire.pull(43_400)) == 498
    assert len(wire.pull(86_806)) == 501


def awake(reset_at: int = 0) -> HostLine:
    line = HostLine(Manners(reset_at=reset_at))
    line.chip_reset(POWER_ON, 0)
    line.to_host(AWAKE_US)
    return line


def test_what_does_not_fit_into_the_ring_is_dropped_without_a_word() -> None:
    line = awake()
    line.from_host(bytes(range(200)) * 3, AWAKE_US)
    taken = line.to_chip(AWAKE_US + 1_000_000, 0)
    assert taken == (bytes(range(200)) * 3)[:USB_RING_BYTES]
    assert line.dropped == 600 - USB_RING_BYTES
    line.from_host(b"abc", AWAKE_US + 1_000_000)
    assert line.to_chip(AWAKE_US + 2_000_000, USB_RING_BYTES - 1) == b"a"


def test_a_reset_loses_what_had_not_left_and_puts_the_roms_text_on_the_line() -> None:
    line = awake()
    line.from_chip(b"half a frame", AWAKE_US)
    sent = line.to_host(AWAKE_US + 400)
    assert sent == b"half"
    line.chip_reset(POWER_ON, AWAKE_US + 400)
    text = line.to_host(AWAKE_US + 1_000_000)
    assert b"frame" not in text
    assert b"POWERON_RESET" in text
    assert 300 <= len(text) <= 500
    assert b"\0" in text  # a delimiter of the frames, too


def test_a_watchdogs_reset_comes_with_a_page_of_panic() -> None:
    line = HostLine(Manners())
    line.chip_reset(WATCHDOG, 0)
    text = line.to_host(1_000_000)
    assert text.index(b"task_wdt") < text.index(b"Guru Meditation") < text.index(b"ets Jul 29")
    assert len(text) > 900


def test_a_chip_that_boots_hears_nothing() -> None:
    line = HostLine(Manners())
    line.chip_reset(POWER_ON, 0)
    line.from_host(b"hello", 1000)
    assert line.to_chip(BOOT_US - 1, 0) == b""
    assert line.dropped == 5
    line.from_host(b"hello", BOOT_US)
    assert line.to_chip(BOOT_US + 1000, 0) == b"hello"


def test_the_planted_reset_is_due_once_when_so_many_bytes_have_passed_both_ways() -> None:
    line = awake(600)
    before = line.passed
    assert not line.reset_is_due()
    line.from_host(bytes(100), AWAKE_US)
    line.to_chip(AWAKE_US + 100_000, 0)
    line.from_chip(bytes(600 - before - 101), AWAKE_US)
    line.to_host(AWAKE_US + 100_000)
    assert (line.passed, line.reset_is_due()) == (599, False)
    line.from_chip(b"x", AWAKE_US + 100_000)
    line.to_host(AWAKE_US + 200_000)
    assert [line.reset_is_due(), line.reset_is_due()] == [True, False]


def test_the_option_of_the_url() -> None:
    assert parse("on") == Manners(20_000, 0)
    assert parse("wrap:5000,reset:300") == Manners(5000, 300)
    assert parse(Manners(7, 8).text()) == Manners(7, 8)
    assert parse_url("sim:hexing?board=uart&unkind=reset:300").unkind == Manners(20_000, 300)
    assert parse_url("sim:hexing?board=uart").unkind is None


@pytest.mark.parametrize(
    "text", ["off", "wrap", "wrap:x", "wrap:0", "wrap:536870912", "on,reset:5", "reset:-1"]
)
def test_a_wrong_option_is_one_clear_line(text: str) -> None:
    with pytest.raises(UnkindError, match=r"^unkind=.*(write unkind=on|wraps 1 to).*$"):
        parse(text)


def test_unkind_needs_a_board() -> None:
    with pytest.raises(SimUrlError, match="add board=uart"):
        parse_url("sim:hexing?unkind=on")
