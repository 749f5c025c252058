"""The ESP32 port's own files, run in the MicroPython VM with a `machine` that keeps a diary."""

import os
import zlib
from pathlib import Path

import pytest
from kctrig.link.identity import identify
from rigfw.version import VERSION
from rigwire import frames
from rigwire import messages as m
from tests.esp32_bench import MICROPYTHON, Board, written

pytestmark = [
    pytest.mark.vm,
    pytest.mark.skipif(MICROPYTHON is None, reason="no micropython program on this computer"),
]


@pytest.fixture(params=[1, 0], ids=["uart", "usb"])
def board(request: pytest.FixtureRequest, tmp_path: Path) -> Board:
    return Board(tmp_path, request.param)


def test_outputs_are_safe_before_anything_else_and_again_before_the_reset(board: Board) -> None:
    code, diary, text = board.run(FAKE_FAIL_AT="4")
    assert code == 42, text
    assert diary[0] == ["pin", 26, 1, 0]
    assert [row for row in diary if row[0] == "pin"][-1] == ["pin", 26, 1, 0]


def test_an_exception_in_the_loop_is_kept_in_a_file_and_resets_the_board(board: Board) -> None:
    code, _, text = board.run(FAKE_FAIL_AT="4")
    assert code == 42, text
    assert "ValueError: planted" in (board.folder / "crash.txt").read_text()


def test_the_meter_port_is_told_that_every_contact_is_open(board: Board) -> None:
    _, diary, text = board.run(FAKE_FAIL_AT="4")
    contacts = [frame.payload for frame in written(diary, 2) if frame.msg == m.CONTACTS]
    assert contacts, text
    assert set(contacts) == {b"\0\0"}


def test_uart_data_wakes_the_vm_and_buffers_are_asked_for_on_a_version_that_bears_them(board: Board) -> None:
    _, diary, text = board.run(FAKE_FAIL_AT="4")
    assert ["irq", 2, 1] in diary, text
    options = dict(next(row for row in diary if row[:2] == ["uart", 2])[3])
    assert options == {"tx": 33, "rx": 35, "txbuf": 1024, "rxbuf": 1024}


def test_the_watchdog_is_fed_by_the_loop_alone(board: Board) -> None:
    _, diary, text = board.run(FAKE_FAIL_AT="4")
    assert [row for row in diary if row[0] == "feed"] == [["feed"]] * 4, text


def test_the_repl_pin_held_to_ground_leaves_the_board_at_the_repl(board: Board) -> None:
    code, _, text = board.run(FAKE_STRAP="27", FAKE_FAIL_AT="4")
    assert code == 0
    assert "REPL" in text
    assert not (board.folder / "crash.txt").exists()


def test_on_usb_frames_come_by_stdin_and_a_byte_of_three_is_data_and_not_ctrl_c(tmp_path: Path) -> None:
    nonce = 0x03030303
    payload = m.pack_request(m.HELLO, 1, 1, nonce)
    hello = frames.encode(frames.KIND_REQUEST, 0, 0, m.HELLO, payload, zlib.crc32)
    code, _, text = Board(tmp_path, 0).run(hello, FAKE_FAIL_AT="4")
    assert code == 42, text
    binary = text.partition("\n[[")[0].encode("latin-1")
    answers = [frame for frame in frames.Decoder(zlib.crc32).feed(binary) if frame.msg == m.HELLO]
    assert len(answers) == 1
    assert m.unpack_answer(m.HELLO, answers[0].payload)[1] == nonce
    assert b"kctrig-rig" in answers[0].payload


def hello(board: Board, **env: str) -> str:
    """The text of HELLO, asked over USB."""
    payload = m.pack_request(m.HELLO, 1, 1, 9)
    request = frames.encode(frames.KIND_REQUEST, 0, 0, m.HELLO, payload, zlib.crc32)
    code, _, text = board.run(request, FAKE_FAIL_AT="4", **env)
    assert code == 42, text
    binary = text.partition("\n[[")[0].encode("latin-1")
    answer = next(frame for frame in frames.Decoder(zlib.crc32).feed(binary) if frame.msg == m.HELLO)
    told: bytes = m.unpack_answer(m.HELLO, answer.payload)[-1]
    return told.decode()


@pytest.mark.parametrize("name", ["emulated_meter", "bench_matrix", "sealed_fingers"])
def test_hello_tells_firmware_board_micropython_chip_and_why_it_started(tmp_path: Path, name: str) -> None:
    who = identify(hello(Board(tmp_path, 0, name)))
    assert who.is_rig
    assert (who.version, who.board, who.chip_id) == (VERSION, name, "246f28010203")
    assert who.reset == "watchdog"
    assert who.micropython


def test_a_micropython_older_than_recommended_is_told_and_gets_no_buffers(tmp_path: Path) -> None:
    board = Board(tmp_path, 0)
    assert hello(board, FAKE_VERSION="1.25.0").endswith(", better with micropython 1.27")
    _, diary, _ = board.run(FAKE_FAIL_AT="4", FAKE_VERSION="1.25.0")
    options = dict(next(row for row in diary if row[:2] == ["uart", 2])[3])
    assert options == {"tx": 33, "rx": 35}


def test_a_micropython_that_cannot_wake_on_data_is_refused_and_stays_at_the_repl(tmp_path: Path) -> None:
    code, _, text = Board(tmp_path).run(FAKE_VERSION="1.23.0")
    assert code not in (0, 42)
    assert "the rig needs MicroPython 1.24 or newer, best 1.27; flash it" in text


def test_a_board_file_that_breaks_a_rule_gets_no_further_than_boot_and_stays_at_the_repl_with_one_line(
    tmp_path: Path,
) -> None:
    board = Board(tmp_path, name="bench_matrix")
    board.change("I2C_SCL = 22", "I2C_SCL = 12")
    code, diary, text = board.run()
    assert code not in (0, 42)
    assert diary == [["pin", 25, 1, 0], ["pin", 26, 1, 0]]  # boot.py's
    assert "BoardError: board bench_matrix: I2C_SCL is pin 12, a strapping pin; use one of" in text
    assert not (board.folder / "crash.txt").exists()


def test_boot_never_touches_the_flashs_pins_and_goes_on_after_a_pin_that_is_not_there(tmp_path: Path) -> None:
    board = Board(tmp_path)
    board.change("SAFE_LEVELS = ((26, 0),)", "SAFE_LEVELS = ((6, 0), (24, 0), (26, 0))")
    (board.folder / "run.py").write_text("import boot, machine\nmachine.reset()\n")
    _, diary, text = board.run(FAKE_NO_PIN="24")
    assert diary == [["pin", 26, 1, 0]], text


def test_the_same_crash_is_written_once(board: Board) -> None:
    board.run(FAKE_FAIL_AT="4")
    crash = board.folder / "crash.txt"
    os.utime(crash, (1, 1))
    board.run(FAKE_FAIL_AT="4")
    assert crash.stat().st_mtime == 1
    crash.write_text("another one")
    board.run(FAKE_FAIL_AT="4")
    assert "planted" in crash.read_text()


@pytest.mark.parametrize("name", ["bench_matrix", "sealed_fingers"])
def test_the_keys_are_held_off_from_the_first_line_to_the_last(tmp_path: Path, name: str) -> None:
    _, diary, text = Board(tmp_path, name=name).run(FAKE_FAIL_AT="4")
    assert diary[0] == ["pin", 25, 1, 0], text
    enables = [row for row in diary if row[:2] == ["pin", 25]]
    assert {row[-1] for row in enables} == {0}
    assert [row for row in diary if row[0] == "pin"][-2:] == [["pin", 25, 1, 0], ["pin", 26, 1, 0]]
    assert [row for row in diary if row[0] == "i2c"] == []  # no key, no bus
    assert ["pin irq", 34, 2] in diary


@pytest.mark.parametrize("name", ["bench_matrix", "sealed_fingers"])
@pytest.mark.parametrize(("held", "clocks"), [(0, 0), (1, 10), (8, 10), (9, 10)])
def test_a_bus_that_a_reset_left_in_the_middle_of_a_byte_is_clocked_free(
    tmp_path: Path, name: str, held: int, clocks: int
) -> None:
    board = Board(tmp_path, name=name)
    (board.folder / "run.py").write_text(
        "import boot, machine, keys\n"
        "keypad, _ = keys.make(0)\n"
        "machine.note('refusal', keypad.refusal(b'\\5', 80, 160, 0))\n"
        "machine.reset()\n"
    )
    _, diary, text = board.run(FAKE_SDA_HELD=str(held))
    assert ["i2c", 0, 22, 21, 400_000, 0] in diary, text
    assert diary.count(["pin", 22, "=", 1]) == clocks
    assert "does not answer (error 19)" in diary[-1][1]
