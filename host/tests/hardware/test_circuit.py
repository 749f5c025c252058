"""The board as one circuit: what the chip's pads and the expander's registers do to the keypad."""

from __future__ import annotations

import pytest
from kctrig.sim.hardware.circuit import IN, MID_PRESS_US, OUT, PULL_UP, Circuit
from kctrig.sim.hardware.faults import parse
from kctrig.sim.hardware.keying import SOLENOID
from kctrig.sim.hardware.plan import Plan
from rigwire.meterport import KEYS

ADDRESS = 0x20
LONG_US = 100_000


def key_mask(*keys: str) -> int:
    return sum(1 << KEYS.index(key) for key in keys)


def arm(circuit: Circuit, plan: Plan, now_us: int) -> None:
    """Enable on, outputs to the channels."""
    circuit.configure(plan.enable, OUT, 0, 0, now_us)
    circuit.put(plan.enable, 1, now_us)
    circuit.write(ADDRESS, bytes([0x00, 0, 0]), now_us)


def latch(circuit: Circuit, bits: int, now_us: int) -> None:
    circuit.write(ADDRESS, bytes([0x14, bits & 0xFF, bits >> 8]), now_us)


def bits_of(plan: Plan, key: str) -> int:
    if plan.outputs:
        return 1 << plan.outputs[KEYS.index(key)]
    row = next(at for at, keys in enumerate(plan.row_keys) if key in keys)
    return 1 << plan.rows[row] | 1 << plan.columns[plan.row_keys[row].index(key)]


@pytest.mark.parametrize("key", KEYS)
@pytest.mark.parametrize("kind", ["matrix", "direct"])
def test_every_key_closes_alone(request: pytest.FixtureRequest, kind: str, key: str) -> None:
    plan: Plan = request.getfixturevalue(kind)
    circuit = Circuit(plan)
    arm(circuit, plan, 0)
    latch(circuit, bits_of(plan, key), 0)
    assert circuit.keys() == 0  # nothing moves in no time
    circuit.poll(LONG_US)
    assert circuit.keys() == key_mask(key)
    latch(circuit, 0, LONG_US)
    circuit.poll(2 * LONG_US)
    assert circuit.keys() == 0


def test_no_single_channel_of_the_matrix_closes_a_key(matrix: Plan) -> None:
    for bit in (*matrix.rows, *matrix.columns):
        circuit = Circuit(matrix)
        arm(circuit, matrix, 0)
        latch(circuit, 1 << bit, 0)
        circuit.poll(LONG_US)
        assert circuit.keys() == 0


def test_a_second_closed_row_gives_two_keys_at_once_and_not_another_one(matrix: Plan) -> None:
    circuit = Circuit(matrix, parse(["stuck_closed:row2"]))
    arm(circuit, matrix, 0)
    latch(circuit, bits_of(matrix, "1"), 0)
    circuit.poll(LONG_US)
    assert circuit.keys() == key_mask("1", "4")


def test_enable_low_opens_every_key_and_empties_the_latch(matrix: Plan) -> None:
    circuit = Circuit(matrix)
    arm(circuit, matrix, 0)
    latch(circuit, bits_of(matrix, "5"), 0)
    circuit.poll(LONG_US)
    circuit.put(matrix.enable, 0, LONG_US)
    circuit.poll(LONG_US + 100)
    assert circuit.keys() == 0
    assert circuit.write(ADDRESS, bytes([0x14, 0xFF]), LONG_US + 200) == -1
    circuit.put(matrix.enable, 1, LONG_US + 300)
    circuit.poll(2 * LONG_US)
    assert circuit.keys() == 0


def test_the_one_shot_opens_a_key_that_nobody_lets_go(matrix: Plan) -> None:
    circuit = Circuit(matrix)
    arm(circuit, matrix, 0)
    latch(circuit, bits_of(matrix, "5"), 0)
    circuit.poll(LONG_US)
    assert circuit.next_us(LONG_US) == matrix.one_shot_us
    circuit.poll(matrix.one_shot_us - 1)
    assert circuit.keys() == key_mask("5")
    circuit.poll(matrix.one_shot_us)
    circuit.poll(matrix.one_shot_us + 100)
    assert circuit.keys() == 0


def test_a_reset_of_the_chip_lets_enable_fall(matrix: Plan) -> None:
    circuit = Circuit(matrix)
    arm(circuit, matrix, 0)
    latch(circuit, bits_of(matrix, "5"), 0)
    circuit.poll(LONG_US)
    circuit.chip_reset(LONG_US)
    circuit.poll(LONG_US + 100)
    assert (circuit.keys(), circuit.level(matrix.enable)) == (0, 0)


def test_a_latch_that_outlives_the_reset_is_emptied_by_the_one_shot(matrix: Plan) -> None:
    circuit = Circuit(matrix, parse(["latch_kept"]))
    arm(circuit, matrix, 0)
    latch(circuit, bits_of(matrix, "5"), 0)
    circuit.poll(LONG_US)
    circuit.chip_reset(LONG_US)
    circuit.poll(LONG_US + 100)
    assert circuit.keys() == key_mask("5")
    circuit.poll(matrix.one_shot_us)
    circuit.poll(matrix.one_shot_us + 100)
    assert circuit.keys() == 0


def test_the_emergency_stop_opens_the_key_and_is_seen_on_its_pad(direct: Plan) -> None:
    circuit = Circuit(direct)
    arm(circuit, direct, 0)
    latch(circuit, bits_of(direct, "#"), 0)
    circuit.poll(LONG_US)
    assert circuit.level(direct.estop_sense) == 1
    circuit.set_estop(True, LONG_US)
    circuit.poll(LONG_US + SOLENOID.open_us)
    assert (circuit.keys(), circuit.level(direct.estop_sense)) == (0, 0)


def test_a_planted_stop_comes_in_the_middle_of_its_press(matrix: Plan) -> None:
    circuit = Circuit(matrix, parse(["estop:2"]))
    arm(circuit, matrix, 0)
    for start_us in (0, LONG_US):
        latch(circuit, bits_of(matrix, "5"), start_us)
        circuit.poll(start_us + 500)
        assert circuit.keys() == key_mask("5")
        circuit.poll(start_us + 500 + MID_PRESS_US)
        circuit.poll(start_us + 600 + MID_PRESS_US)
        assert circuit.keys() == (key_mask("5") if start_us == 0 else 0)
        latch(circuit, 0, start_us + LONG_US // 2)
        circuit.poll(start_us + LONG_US - 1)


def test_a_chip_that_resets_itself_lets_the_key_go_and_says_so_in_its_registers(matrix: Plan) -> None:
    circuit = Circuit(matrix, parse(["chip_glitch:1"]))
    arm(circuit, matrix, 0)
    latch(circuit, bits_of(matrix, "5"), 0)
    circuit.poll(500)
    circuit.poll(LONG_US)
    circuit.poll(LONG_US + 100)
    assert circuit.keys() == 0
    circuit.write(ADDRESS, bytes([0x00]), LONG_US)
    assert circuit.read(ADDRESS, 1, LONG_US) == b"\xff"


def test_transactions_are_counted_and_the_planted_one_is_not_acknowledged(matrix: Plan) -> None:
    circuit = Circuit(matrix, parse(["i2c_nak:2"]))
    circuit.configure(matrix.enable, OUT, 0, 1, 0)
    assert [circuit.write(ADDRESS, bytes([0x00]), 0) for _ in range(3)] == [1, -1, 1]
    dead = Circuit(matrix, parse(["i2c_dead:2"]))
    dead.configure(matrix.enable, OUT, 0, 1, 0)
    assert [dead.write(ADDRESS, bytes([0x00]), 0) for _ in range(3)] == [1, -1, -1]


def test_nobody_else_is_on_the_bus(matrix: Plan) -> None:
    circuit = Circuit(matrix)
    circuit.configure(matrix.enable, OUT, 0, 1, 0)
    assert circuit.write(0x21, b"\x00", 0) == -1
    assert circuit.read(0x21, 1, 0) is None


def test_pads_read_what_stands_at_them(matrix: Plan) -> None:
    circuit = Circuit(matrix)
    assert circuit.configure(27, IN, PULL_UP, None, 0) == 1
    assert circuit.configure(26, OUT, 0, 1, 0) == 1
    assert circuit.level(matrix.enable) == 0
    assert circuit.level(24) is None
    assert circuit.configure(matrix.estop_sense, OUT, 0, 0, 0) is None  # 34 to 39 are inputs only


@pytest.mark.parametrize("at", range(7))
def test_the_jig_shows_a_closed_channel_of_the_matrix_at_the_others(matrix: Plan, at: int) -> None:
    circuit = Circuit(matrix, jig=True)
    circuit.configure(matrix.enable, OUT, 0, 1, 0)
    channels = matrix.rows + matrix.columns
    other = 4 if at < 4 else 0
    outputs = sum(1 << bit for bit in channels)
    back = sum(1 << bit for bit in matrix.returns)
    free = (
        ~(outputs | 1 << matrix.returns[at]) & 0xFFFF
    )  # the tap under test is driven low, the others are read
    circuit.write(ADDRESS, bytes([0x0C, back & 0xFF, back >> 8]), 0)
    circuit.write(ADDRESS, bytes([0x00, free & 0xFF, free >> 8]), 0)
    latch(circuit, 1 << channels[at], 0)
    circuit.poll(LONG_US)
    assert circuit.chip.levels() & back == back & ~(1 << matrix.returns[at])
    latch(circuit, 1 << channels[at] | 1 << channels[other], LONG_US)
    circuit.poll(2 * LONG_US)
    low = 1 << matrix.returns[at] | 1 << matrix.returns[other]
    assert circuit.chip.levels() & back == back & ~low
    assert circuit.keys() == 0  # no keypad while the jig is plugged


def test_the_jig_tells_each_finger_by_its_number(direct: Plan) -> None:
    circuit = Circuit(direct, jig=True)
    arm(circuit, direct, 0)
    back = sum(1 << bit for bit in direct.returns)
    circuit.write(ADDRESS, bytes([0x00, back & 0xFF, back >> 8]), 0)
    circuit.write(ADDRESS, bytes([0x0C, back & 0xFF, back >> 8]), 0)
    for number, key in enumerate(KEYS, 1):
        circuit.put(direct.enable, 0, 0)
        arm(circuit, direct, 0)
        circuit.write(ADDRESS, bytes([0x00, back & 0xFF, back >> 8]), 0)
        circuit.write(ADDRESS, bytes([0x0C, back & 0xFF, back >> 8]), 0)
        latch(circuit, bits_of(direct, key), 0)
        circuit.poll(LONG_US)
        levels = circuit.chip.levels()
        assert sum(1 << at for at, bit in enumerate(direct.returns) if not levels >> bit & 1) == number
        circuit.put(direct.enable, 0, LONG_US)
        circuit.poll(2 * LONG_US)
