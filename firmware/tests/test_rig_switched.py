"""Keys with outputs of their own: exactly one is ever down, and whatever dies, it comes up."""

import pytest
from rigfw.keyfault import KeypadFaultError
from rigwire import messages as m
from tests.keypad_bench import GPPU, IODIR, OLAT, Bench

BOTH = pytest.mark.parametrize("name", ["bench_matrix", "sealed_fingers"])


def fault(bench: Bench, key: str = "5") -> KeypadFaultError:
    with pytest.raises(KeypadFaultError) as caught:
        bench.press(key)
    return caught.value


def press_and_let_go(bench: Bench) -> None:
    bench.press("5")
    bench.let_go()


@BOTH
def test_at_start_the_expander_is_held_in_reset_and_the_supply_is_off(name: str) -> None:
    bench = Bench(name)
    assert not bench.hardware.enabled
    assert bench.hardware.opened == 0


@BOTH
@pytest.mark.parametrize("key", m.KEYS)
def test_each_key_closes_its_contact_and_no_other_and_opens_again(name: str, key: str) -> None:
    bench = Bench(name)
    bench.press(key)
    assert bench.down() == key
    bench.hardware.now_ms += 50
    bench.let_go()
    assert bench.down() == ""
    assert [mask for _, mask in bench.hardware.log if mask] == [1 << m.KEYS.index(key)]


def test_the_matrix_drives_one_row_and_one_column() -> None:
    bench = Bench("bench_matrix")
    for key in m.KEYS:
        bench.press(key)
        latch = bench.hardware.word(OLAT)
        assert bin(latch & 0b0001111).count("1") == 1
        assert bin(latch & 0b1110000).count("1") == 1
        assert latch < 1 << 7
        bench.let_go()


@BOTH
def test_only_channels_and_spare_bits_are_outputs_and_the_jigs_inputs_have_pull_ups(name: str) -> None:
    bench = Bench(name)
    bench.press("1")
    jig = sum(1 << bit for bit in bench.board.JIG_BITS)
    assert bench.hardware.word(IODIR) == jig
    assert bench.hardware.word(GPPU) == jig


@BOTH
def test_a_key_opens_before_the_next_one_closes(name: str) -> None:
    bench = Bench(name)
    bench.press("1")
    bench.press("5")
    assert [mask for _, mask in bench.hardware.log] == [0, 1 << 1, 0, 1 << 5]


@BOTH
@pytest.mark.parametrize("mask", [0b11, 1 << 12, 0xFFF])
def test_two_keys_or_one_that_is_not_there_open_everything(name: str, mask: int) -> None:
    bench = Bench(name)
    bench.press("1")
    with pytest.raises(ValueError, match="one key at a time"):
        bench.keypad.set_contacts(mask, 1)
    assert bench.down() == ""


@pytest.mark.parametrize(
    ("name", "bits"),
    [("bench_matrix", b) for b in (0, 0b11, 0b1, 0b110001, 1 << 9)] + [("sealed_fingers", 3)],
)
def test_a_pattern_that_is_not_one_key_is_never_driven(name: str, bits: int) -> None:
    bench = Bench(name)
    bench.keypad._patterns = (bits,) * 12  # a bit fell over in memory
    assert fault(bench).reason == m.REASON_KEYPAD
    assert bench.hardware.transactions == 0
    assert bench.down() == ""


@BOTH
def test_a_bus_error_at_any_transaction_leaves_every_contact_open_and_the_next_press_works(name: str) -> None:
    whole = Bench(name)
    whole.press("5")
    to_press = whole.hardware.transactions
    whole.let_go()
    assert whole.hardware.transactions > to_press
    for number in range(whole.hardware.transactions):
        bench = Bench(name)
        bench.hardware.nak = {number}
        with pytest.raises(KeypadFaultError, match=r"at 20 does not answer \(error 19\)") as caught:
            press_and_let_go(bench)
        assert caught.value.reason == m.REASON_KEYPAD
        assert bench.down() == ""
        assert not bench.hardware.enabled
        bench.press("5")
        assert bench.down() == "5"
        assert bench.hardware.opened == 2


@BOTH
def test_an_output_that_is_high_by_itself_is_seen_and_everything_opens(name: str) -> None:
    bench = Bench(name)
    bench.hardware.shorted = 1 << 5
    assert "its pins" in fault(bench, "7").text
    assert bench.down() == ""


@BOTH
def test_an_output_that_stays_low_is_seen(name: str) -> None:
    bench = Bench(name)
    bench.hardware.dead = 1 << (
        bench.board.ROW_BITS[0] if name == "bench_matrix" else bench.board.OUTPUT_BITS[1]
    )
    assert "its pins" in fault(bench, "1").text


@BOTH
def test_an_expander_that_was_reset_in_the_middle_of_a_press_is_noticed_at_its_end(name: str) -> None:
    bench = Bench(name)
    bench.press("5")
    bench.hardware.now_ms += 20
    bench.hardware.reset_chip()
    assert bench.down() == ""
    with pytest.raises(KeypadFaultError, match="register 00 of the expander reads ffff"):
        bench.let_go()


@BOTH
def test_a_reset_wire_that_is_off_is_noticed_at_the_second_press_at_the_latest(name: str) -> None:
    bench = Bench(name)
    bench.hardware.reset_wire = False
    bench.press("5")
    bench.let_go()
    assert bench.down() == ""  # the supply is off although the latch still holds the key
    assert "register 00" in fault(bench).text
    assert bench.down() == ""


@BOTH
def test_the_hardware_opens_a_key_that_the_firmware_forgot(name: str) -> None:
    bench = Bench(name)
    bench.press("5")
    bench.hardware.now_ms += bench.board.ONE_SHOT_MS
    assert bench.down() == ""


@BOTH
def test_nothing_but_an_open_keypad_can_start_the_one_shot_again(name: str) -> None:
    bench = Bench(name)
    bench.press("5")
    started = bench.hardware.triggered_ms
    for _ in range(4):
        bench.hardware.now_ms += 50
        bench.keypad.poll(bench.now_ms)
        bench.press("5")
    assert bench.hardware.triggered_ms == started


@BOTH
def test_the_driver_opens_a_key_at_its_ceiling_by_itself(name: str) -> None:
    bench = Bench(name)
    bench.press("5")
    bench.hardware.now_ms += bench.board.KEY_MAX_MS
    bench.keypad.poll(bench.now_ms)
    assert bench.keypad.next_deadline_ms(bench.now_ms) == 1
    bench.hardware.now_ms += 1
    with pytest.raises(KeypadFaultError) as caught:
        bench.keypad.poll(bench.now_ms)
    assert caught.value.reason == m.REASON_KEY_MAX
    assert not bench.hardware.enabled


@BOTH
def test_the_emergency_stop_opens_the_key_and_no_other_is_pressed_until_the_host_knows(name: str) -> None:
    bench = Bench(name)
    bench.press("5")
    bench.hardware.estop_pressed = True
    with pytest.raises(KeypadFaultError) as caught:
        bench.keypad.poll(bench.now_ms)
    assert caught.value.reason == m.REASON_ESTOP
    assert not bench.hardware.enabled
    bench.keypad.poll(bench.now_ms)  # said once
    assert "is pressed" in str(bench.keypad.not_ready(0))
    bench.keypad.acknowledge(0)
    assert "is pressed" in str(bench.keypad.not_ready(0))
    bench.hardware.estop_pressed = False
    assert "was pressed" in str(bench.keypad.not_ready(0))
    assert fault(bench).reason == m.REASON_ESTOP
    bench.keypad.acknowledge(0)
    assert bench.keypad.not_ready(0) is None
    bench.press("5")
    assert bench.down() == "5"


@BOTH
def test_a_key_due_in_the_same_turn_as_the_emergency_stop_does_not_go_down(name: str) -> None:
    bench = Bench(name)
    bench.hardware.estop_pressed = True
    assert fault(bench).reason == m.REASON_ESTOP
    assert bench.hardware.transactions == 0


@BOTH
def test_a_stop_that_is_over_before_anybody_looked_does_not_let_the_key_come_back(name: str) -> None:
    bench = Bench(name)
    bench.press("5")
    bench.hardware.estop_pressed = True
    bench.keypad.stop_fell(None)
    bench.hardware.estop_pressed = False
    assert bench.down() == ""
    with pytest.raises(KeypadFaultError) as caught:
        bench.let_go()
    assert caught.value.reason == m.REASON_ESTOP
    assert "was pressed" in str(bench.keypad.not_ready(0))
    bench.keypad.acknowledge(0)
    assert bench.keypad.not_ready(0) is None


@BOTH
def test_the_emergency_stop_is_looked_at_twenty_times_a_second(name: str) -> None:
    bench = Bench(name)
    bench.keypad.poll(0)
    assert bench.keypad.next_deadline_ms(0) == 50
    assert bench.keypad.next_deadline_ms(60) == 0


def test_a_board_without_an_emergency_stop_has_nothing_to_look_at() -> None:
    bench = Bench("bench_matrix")
    bench.keypad._estop = None
    assert bench.keypad.next_deadline_ms(0) == -1
    bench.keypad.poll(0)
    bench.press("5")
    assert bench.down() == "5"


@pytest.mark.parametrize(
    ("name", "press_ms", "gap_ms", "text"),
    [
        ("bench_matrix", 380, 30, None),
        ("bench_matrix", 381, 30, "holds a key for 380 ms at most"),
        ("bench_matrix", 45, 5, None),
        ("bench_matrix", 45, 4, "a gap of 5 ms at least"),
        ("sealed_fingers", 355, 30, None),
        ("sealed_fingers", 356, 30, "holds a key for 355 ms at most"),
        ("sealed_fingers", 45, 24, "a gap of 25 ms at least"),
    ],
)
def test_a_script_that_the_hardware_cannot_do_is_refused_in_words(
    name: str, press_ms: int, gap_ms: int, text: str | None
) -> None:
    bench = Bench(name)
    on_ms = press_ms + bench.keypad.travel_ms
    told = bench.keypad.refusal(b"\5", on_ms, on_ms + gap_ms, 0)
    assert told is None if text is None else text in str(told)
    assert bench.hardware.log == [(0, 0)]


@BOTH
def test_hardware_that_does_not_answer_is_told_before_the_first_key(name: str) -> None:
    bench = Bench(name)
    bench.hardware.nak = set(range(100))
    assert "does not answer" in str(bench.keypad.refusal(b"\5", 70, 140, 0))
    assert not bench.hardware.enabled


def test_the_matrix_follows_the_board_files_rows() -> None:
    turned = ("147*", "2580", "369#")
    rows = tuple("".join(column[i] for column in turned) for i in range(4))
    bench = Bench("bench_matrix", KEY_ROWS=tuple(reversed(rows)), ROW_BITS=(3, 2, 1, 0))
    for key in m.KEYS:
        bench.press(key)
        assert bench.down() == key
        bench.let_go()
