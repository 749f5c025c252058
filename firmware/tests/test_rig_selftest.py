"""The self-test with the jig: each fault is told where it is."""

import itertools
from collections.abc import Callable

import pytest
from rigfw.keyfault import KeypadFaultError
from rigwire import messages as m
from tests.keypad_bench import Bench, Hardware

OK = (m.CHANNEL_OK, 0)
BOTH = pytest.mark.parametrize("name", ["bench_matrix", "sealed_fingers"])


def bench(name: str) -> Bench:
    made = Bench(name)
    made.hardware.jig = True
    return made


@BOTH
def test_a_sound_keypad_passes_and_its_one_shot_is_measured(name: str) -> None:
    made = bench(name)
    assert made.run_selftest() == [OK] * (7 if name == "bench_matrix" else 12)
    test = made.selftest
    assert test.state == m.JOB_DONE
    assert test.done == test.steps
    assert 0 <= test.one_shot_ms - made.board.ONE_SHOT_MS <= 10
    assert not made.hardware.enabled


@BOTH
def test_no_channel_is_on_for_longer_than_a_press_but_for_the_one_shot(name: str) -> None:
    made = bench(name)
    made.run_selftest()
    pressed = [b - a for (a, mask), (b, _) in itertools.pairwise(made.hardware.log) if mask]
    assert max(pressed[:-1]) < 100 < pressed[-1]


@BOTH
def test_without_a_jig_no_channel_is_judged_and_nothing_is_measured(name: str) -> None:
    made = Bench(name)
    made.run_selftest()
    assert {result & 15 for result in made.selftest.results} <= {m.CHANNEL_UNTESTED, m.CHANNEL_OPEN}
    assert made.selftest.one_shot_ms == 0
    assert made.selftest.state == m.JOB_DONE


def test_a_meter_in_the_jigs_place_sees_no_key_of_the_matrix() -> None:
    made = Bench("bench_matrix")
    made.run_selftest()
    assert {mask for _, mask in made.hardware.log} == {0}


def test_a_meter_in_the_jigs_place_sees_three_digits_of_the_fingers_and_never_enter() -> None:
    made = Bench("sealed_fingers")
    made.run_selftest()
    assert [mask for _, mask in made.hardware.log if mask] == [1 << 0, 1 << 1, 1 << 2]


def closed(number: int) -> Callable[[Hardware], None]:
    return lambda hardware: hardware.closed.add(number)


def is_open(number: int) -> Callable[[Hardware], None]:
    return lambda hardware: hardware.open.add(number)


def bridged(one: int, other: int) -> Callable[[Hardware], None]:
    return lambda hardware: hardware.bridges.update({one: other, other: one})


def crossed(one: int, other: int) -> Callable[[Hardware], None]:
    return lambda hardware: hardware.crossed.update({one: other, other: one})


@pytest.mark.parametrize("channel", range(7))
def test_matrix_a_channel_that_is_stuck_is_named_and_the_others_are_sound(channel: int) -> None:
    made = bench("bench_matrix")
    closed(channel)(made.hardware)
    assert made.run_selftest() == [(m.CHANNEL_CLOSED, 0) if i == channel else OK for i in range(7)]
    made = bench("bench_matrix")
    is_open(channel)(made.hardware)
    assert made.run_selftest() == [(m.CHANNEL_OPEN, 0) if i == channel else OK for i in range(7)]


@pytest.mark.parametrize(("one", "other"), [(0, 1), (2, 5), (4, 6)])
def test_matrix_two_channels_that_hang_together_name_each_other(one: int, other: int) -> None:
    made = bench("bench_matrix")
    bridged(one, other)(made.hardware)
    told = made.run_selftest()
    assert told[one] == (m.CHANNEL_BRIDGED, other)
    assert told[other] == (m.CHANNEL_BRIDGED, one)
    assert [result for i, result in enumerate(told) if i not in (one, other)] == [OK] * 5


@pytest.mark.parametrize("channel", range(12))
def test_direct_a_channel_that_is_stuck_is_named(channel: int) -> None:
    made = bench("sealed_fingers")
    closed(channel)(made.hardware)
    told = made.run_selftest()
    assert told[channel] == (m.CHANNEL_CLOSED, 0)
    hidden = {i for i in range(12) if i + 1 | channel + 1 == channel + 1} - {channel}
    assert {i for i, result in enumerate(told) if result == (m.CHANNEL_UNTESTED, 0)} == hidden
    made = bench("sealed_fingers")
    is_open(channel)(made.hardware)
    assert made.run_selftest() == [(m.CHANNEL_OPEN, 0) if i == channel else OK for i in range(12)]


@pytest.mark.parametrize("one", range(12))
@pytest.mark.parametrize("other", range(12))
def test_direct_no_two_channels_hang_together_or_are_exchanged_unnoticed(one: int, other: int) -> None:
    if one == other:
        return
    made = bench("sealed_fingers")
    bridged(one, other)(made.hardware)
    told = made.run_selftest()
    assert told[one] == (m.CHANNEL_BRIDGED, other)
    assert told[other] == (m.CHANNEL_BRIDGED, one)
    made = bench("sealed_fingers")
    crossed(one, other)(made.hardware)
    told = made.run_selftest()
    assert told[one] == (m.CHANNEL_CROSSED, other)
    assert told[other] == (m.CHANNEL_CROSSED, one)


@BOTH
def test_a_one_shot_that_never_opens_is_told(name: str) -> None:
    made = bench(name)
    made.hardware.one_shot_ms = 1 << 30
    made.run_selftest()
    assert made.selftest.one_shot_ms == 0xFFFF
    assert not made.hardware.enabled


@BOTH
def test_an_abort_opens_everything_and_says_why(name: str) -> None:
    made = bench(name)
    made.selftest.start(0)
    made.selftest.poll(0)
    assert made.hardware.triggered_ms == 0
    made.selftest.abort(m.REASON_ESTOP, 0)
    assert not made.hardware.enabled
    assert (made.selftest.state, made.selftest.reason) == (m.JOB_ABORTED, m.REASON_ESTOP)
    assert made.selftest.next_deadline_ms(0) == -1


@BOTH
def test_a_bus_error_ends_it(name: str) -> None:
    made = bench(name)
    made.hardware.nak = {40}
    with pytest.raises(KeypadFaultError, match="does not answer"):
        made.run_selftest()
    assert not made.hardware.enabled
