"""The expander's model against its data sheet (DS20001952)."""

import pytest
from kctrig.sim.hardware import mcp23017 as chip
from kctrig.sim.hardware.mcp23017 import Mcp23017

A, B = 0, 1


@pytest.fixture
def levels() -> list[int]:
    """What is put on the pins from outside: [mask of driven pins, their levels]."""
    return [0, 0]


@pytest.fixture
def expander(levels: list[int]) -> Mcp23017:
    return Mcp23017(0x20, lambda: (levels[0], levels[1]))


def ask(expander: Mcp23017, register: int, count: int = 1) -> list[int]:
    """Set the pointer, then read."""
    expander.write(bytes([register]))
    return list(expander.read(count))


def test_after_power_on_every_pin_is_an_input_and_every_other_register_is_zero(expander: Mcp23017) -> None:
    assert ask(expander, 0x00, 22) == [0xFF, 0xFF] + [0] * 20
    assert (expander.outputs, expander.high) == (0, 0)


def test_the_pointer_walks_from_register_to_register_and_round_to_the_first(expander: Mcp23017) -> None:
    expander.write(bytes([0x12, 0x34, 0x56]))
    assert (expander.register(chip.OLAT, A), expander.register(chip.OLAT, B)) == (0x34, 0x56)
    assert ask(expander, 0x15, 2) == [0x56, 0xFF]


def test_in_byte_mode_the_pointer_goes_to_and_fro_between_the_two_ports(expander: Mcp23017) -> None:
    expander.write(bytes([0x0A, chip.SEQOP]))
    expander.write(bytes([0x14, 0x01, 0x02, 0x03]))
    assert (expander.register(chip.OLAT, A), expander.register(chip.OLAT, B)) == (0x03, 0x02)
    assert ask(expander, 0x14, 3) == [0x03, 0x02, 0x03]


def test_with_bank_set_each_port_has_its_own_run_of_addresses(expander: Mcp23017) -> None:
    expander.write(bytes([0x0A, chip.BANK]))
    expander.write(bytes([0x0A, 0x11]))
    expander.write(bytes([0x1A, 0x22]))
    assert (expander.register(chip.OLAT, A), expander.register(chip.OLAT, B)) == (0x11, 0x22)
    assert ask(expander, 0x0A) == [0x11]
    assert ask(expander, 0x0B) == [0]  # no register there
    expander.write(bytes([0x15, 0]))  # IOCON again, at its address in this map
    assert ask(expander, 0x14, 2) == [0x11, 0x22]


def test_in_byte_mode_with_bank_set_the_pointer_stays(expander: Mcp23017) -> None:
    expander.write(bytes([0x0A, chip.BANK | chip.SEQOP]))
    expander.write(bytes([0x0A, 0x01, 0x02]))
    assert expander.register(chip.OLAT, A) == 0x02


def test_iocon_is_one_register_at_two_addresses_and_its_lowest_bit_is_zero(expander: Mcp23017) -> None:
    expander.write(bytes([0x0B, 0x43]))
    assert ask(expander, 0x0A, 2) == [0x42, 0x42]


def test_writing_gpio_writes_the_latch_and_reading_it_reads_the_pins(
    expander: Mcp23017, levels: list[int]
) -> None:
    expander.write(bytes([0x12, 0xF0]))
    assert ask(expander, 0x14) == [0xF0]
    assert ask(expander, 0x12) == [0]  # inputs, nothing drives them
    expander.write(bytes([0x00, 0x0F]))
    assert ask(expander, 0x12) == [0xF0]
    levels[:] = [0x0003, 0x0002]
    assert ask(expander, 0x12) == [0xF2]


def test_only_outputs_whose_latch_is_set_are_high(expander: Mcp23017) -> None:
    expander.write(bytes([0x14, 0xFF, 0xFF]))
    assert expander.high == 0
    expander.write(bytes([0x00, 0xFE, 0x7F]))
    assert (expander.outputs, expander.high) == (0x8001, 0x8001)


def test_pull_ups_raise_inputs_that_nothing_drives(expander: Mcp23017, levels: list[int]) -> None:
    expander.write(bytes([0x0C, 0x03]))
    levels[:] = [0x0001, 0]
    assert ask(expander, 0x12) == [0x02]


def test_polarity_turns_what_is_read_and_not_what_is_driven(expander: Mcp23017) -> None:
    expander.write(bytes([0x02, 0xFF]))
    expander.write(bytes([0x00, 0xFE]))
    expander.write(bytes([0x14, 0x01]))
    assert ask(expander, 0x12) == [0xFE]
    assert expander.high == 0x0001


def test_while_reset_is_low_nothing_is_acknowledged_and_afterwards_the_registers_are_fresh(
    expander: Mcp23017,
) -> None:
    expander.write(bytes([0x00, 0x00]))
    expander.write(bytes([0x14, 0x55]))
    assert expander.high == 0x55
    expander.hold(True)
    assert (expander.high, expander.write(bytes([0x14, 0x55]))) == (0, 0)
    expander.hold(False)
    assert ask(expander, 0x00) == [0xFF]


def test_a_change_is_captured_once_and_is_over_when_it_is_read(expander: Mcp23017, levels: list[int]) -> None:
    expander.write(bytes([0x04, 0x01]))
    levels[:] = [0x0003, 0x0003]
    expander.inputs_changed()
    levels[:] = [0x0003, 0x0000]
    expander.inputs_changed()
    assert expander.interrupts == 0x0001
    assert ask(expander, 0x0E) == [0x01]
    assert ask(expander, 0x10) == [0x03]  # INTCAP: as it was when it fired
    assert expander.interrupts == 0


def test_an_interrupt_against_defval_comes_again_while_the_level_differs(
    expander: Mcp23017, levels: list[int]
) -> None:
    expander.write(bytes([0x06, 0x01]))  # DEFVAL
    expander.write(bytes([0x08, 0x01]))  # INTCON: compare with DEFVAL
    levels[:] = [0x0001, 0x0000]
    expander.write(bytes([0x04, 0x01]))
    assert expander.interrupts == 0x0001
    ask(expander, 0x12)
    assert expander.interrupts == 0x0001
    levels[:] = [0x0001, 0x0001]
    ask(expander, 0x12)
    assert expander.interrupts == 0


def test_interrupt_registers_cannot_be_written(expander: Mcp23017) -> None:
    expander.write(bytes([0x0E, 0xFF, 0xFF, 0xFF, 0xFF]))
    assert ask(expander, 0x0E, 4) == [0, 0, 0, 0]
