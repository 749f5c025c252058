"""Properties: whatever is done to the contacts, tokens or bytes, the meter stays a meter."""

from __future__ import annotations

import binascii
import itertools

from hypothesis import given, settings
from hypothesis import strategies as st
from metersim import brands
from metersim.app import MeterApp
from metersim.keypad import PRESS, Scanner
from metersim.registers import Registers
from metersim.sts import codec
from rigwire import messages as m
from rigwire.frames import KIND_EVENT, encode
from rigwire.glass import unpack_glass
from tests.meter import mint
from tests.meter.desk import Desk

KEYS_64 = st.binary(min_size=8, max_size=8).filter(lambda key: key != mint.KEY)
MOVES = st.lists(st.tuples(st.integers(0, 0xFFF), st.integers(0, 400)), max_size=60)


@settings(max_examples=150, deadline=None)
@given(
    st.sampled_from(brands.names()),
    MOVES,
    st.lists(st.sampled_from(["bounce:15", "key_drop:0.2", "echo_off"])),
)
def test_any_trace_of_contacts_leaves_a_working_meter(
    name: str, moves: list[tuple[int, int]], faults: list[str]
) -> None:
    app = MeterApp(name, mint.meter(name), binascii.crc32, 0, faults, 1)
    now_ms = 0
    for mask, wait_ms in moves:
        frame = encode(KIND_EVENT, 0, 0, m.CONTACTS, m.pack_request(m.CONTACTS, mask), binascii.crc32)
        app.receive(frame, now_ms)
        now_ms += wait_ms
        app.poll(now_ms)
        assert app.next_deadline_ms(now_ms) >= 0
    app.poll(now_ms + 60000)
    for row in app.take_truth():
        assert row["t_ms"] >= 0
    assert app.take_output()


@settings(max_examples=100, deadline=None)
@given(st.binary(max_size=600))
def test_any_bytes_on_the_port_leave_a_working_meter(data: bytes) -> None:
    app = MeterApp("star", mint.meter("star"), binascii.crc32, 0)
    app.receive(data, 5)
    app.receive(b"\x00" + encode(KIND_EVENT, 0, 0, m.ASK_GLASS, b"", binascii.crc32), 10)
    assert app.take_output()


@settings(max_examples=150, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 0xFFF), st.integers(1, 90)), max_size=40), st.integers(1, 30))
def test_the_scanner_finds_the_same_keys_however_often_it_is_asked(
    moves: list[tuple[int, int]], step_ms: int
) -> None:
    def events(ask_every_ms: int) -> list[tuple[int, str, int]]:
        scanner = Scanner(10, 3, 0, 300)
        found = []
        now_ms = 0
        for mask, wait_ms in [*moves, (0, 500)]:
            scanner.contacts(mask)
            for _ in range(wait_ms):
                now_ms += 1
                if now_ms % ask_every_ms == 0:
                    found += scanner.take(now_ms)
            found += scanner.take(now_ms)
        return found

    assert events(step_ms) == events(1)


@settings(max_examples=150, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 0xFFF), st.integers(1, 90)), max_size=40))
def test_no_key_is_taken_that_was_not_down_alone(moves: list[tuple[int, int]]) -> None:
    scanner = Scanner(10, 3, 0)
    alone: set[str] = set()
    now_ms = 0
    for mask, wait_ms in moves:
        if mask and not mask & (mask - 1):
            alone.add(m.KEYS[mask.bit_length() - 1])
        scanner.contacts(mask)
        now_ms += wait_ms
        for kind, key, _ in scanner.take(now_ms):
            assert kind != PRESS or key in alone


@settings(max_examples=150, deadline=None)
@given(KEYS_64, KEYS_64, st.integers(0, 1))
def test_a_key_change_of_another_meter_never_changes_the_state(other: bytes, new: bytes, ro: int) -> None:
    desk = Desk()
    before = desk.registers.to_state()
    for digits in mint.key_change(new, other, ro=ro):
        outcome = desk.enter(digits)
        # One token in 65 536 has a CRC that fits by chance; it must then be what it says, not this set.
        if not codec.decode(digits, mint.KEY, 7).crc_ok:
            assert not outcome.accepted
            assert desk.registers.to_state() == before


@settings(max_examples=150, deadline=None)
@given(KEYS_64, st.integers(0, 1), st.integers(0, 19), st.integers(1, 9))
def test_a_key_section_with_one_digit_changed_is_not_accepted(
    new: bytes, section: int, at: int, by: int
) -> None:
    digits = mint.key_change(new)[section]
    changed = digits[:at] + str((int(digits[at]) + by) % 10) + digits[at + 1 :]
    desk = Desk()
    before = desk.registers.to_state()
    outcome = desk.enter(changed)
    try:
        fits = codec.decode(changed, mint.KEY, 7).crc_ok
    except codec.NotAToken:
        fits = False
    if not fits:
        assert outcome.result in ("CRCError", "FormatError")
        assert desk.registers.to_state() == before


@settings(max_examples=60, deadline=None)
@given(st.binary(min_size=16, max_size=16), st.integers(0, 255), st.integers(0, 99), st.integers(0, 999999))
def test_every_order_of_four_sections_gives_the_same_registers(
    new: bytes, ken: int, ti: int, sgc: int
) -> None:
    tokens = mint.key_change(new, mint.KEY_128, ken=ken, ti=ti, sgc=sgc, ro=0)
    ends = []
    for order in itertools.permutations(tokens):
        desk = Desk(mint.meter(ea=11))
        for digits in order:
            desk.enter(digits)
        registers = desk.registers
        ends.append((registers.key, registers.ken, registers.ti, registers.sgc, registers.krn))
    assert set(ends) == {(new, ken, "%02d" % ti, "%06d" % sgc, 2)}


@settings(max_examples=150, deadline=None)
@given(st.lists(st.integers(13148600, 13148760), max_size=120))
def test_no_identifier_is_ever_taken_twice(tids: list[int]) -> None:
    registers = Registers(mint.meter())
    taken: set[int] = set()
    for tid in tids:
        if not registers.tid_verdict(tid):
            assert tid not in taken
            taken.add(tid)
            registers.remember_tid(tid)
            assert len(registers.tids) <= 50


@settings(max_examples=100, deadline=None)
@given(st.text(alphabet="0123456789", min_size=1, max_size=20))
def test_any_digits_get_an_answer_and_class_0_and_2_noise_none_that_is_accepted(digits: str) -> None:
    desk = Desk()
    outcome = desk.enter(digits)
    assert outcome.result
    if outcome.accepted:
        assert codec.decode(digits, mint.KEY, 7).crc_ok


@settings(max_examples=60, deadline=None)
@given(st.sampled_from([*brands.names(), brands.GENERIC]), st.text(max_size=30))
def test_every_text_fits_the_glass(name: str, text: str) -> None:
    from metersim.cells import Cells, Picture

    brand = brands.load(name)
    _, _, _, counter, main = unpack_glass(Cells(brand).image(Picture(text, True, "20")))
    assert (len(counter), len(main) % brand.cells) == (brand.counter_cells, 0)
