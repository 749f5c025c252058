"""A board file that breaks a rule never gets to drive a pin."""

import runpy
import subprocess
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from kctrig.sim import firmware_tree
from kctrig.sim.devices import find_micropython
from rigfw import boardcheck

BOARDS = firmware_tree.ports_folder() / "esp32" / "boards"
NAMES = sorted(path.stem for path in BOARDS.glob("*.py"))


def board(name: str, **changes: Any) -> SimpleNamespace:
    """A board file's names with some of them changed; None takes one out."""
    names = {key: value for key, value in runpy.run_path(str(BOARDS / f"{name}.py")).items() if key.isupper()}
    return SimpleNamespace(**{**names, **changes})


def refusal(name: str, **changes: Any) -> str:
    with pytest.raises(boardcheck.BoardError) as caught:
        boardcheck.check(board(name, **changes))
    text = str(caught.value)
    assert "\n" not in text
    return text


def test_there_is_a_file_for_each_build() -> None:
    assert NAMES == ["bench_matrix", "emulated_meter", "sealed_fingers"]


@pytest.mark.parametrize("name", NAMES)
def test_every_board_file_of_the_product_keeps_every_rule_and_is_named_as_its_file(name: str) -> None:
    boardcheck.check(board(name))
    assert name == board(name).NAME


@pytest.mark.parametrize("name", NAMES)
def test_a_board_file_says_what_its_stub_says_and_nothing_else(name: str) -> None:
    stub = (BOARDS.parent / "board.pyi").read_text()
    told = {line.partition(":")[0] for line in stub.splitlines() if line[:1].isupper() and ": " in line}
    assert set(vars(board(name))) <= told


@pytest.mark.parametrize("name", NAMES)
def test_a_board_file_imports_nothing(name: str) -> None:
    assert "import " not in (BOARDS / f"{name}.py").read_text()


@pytest.mark.parametrize(
    "pin", [6, 7, 8, 9, 10, 11, 1, 3, 20, 24, 28, 29, 30, 31, 40, -1, 16, 17, 0, 2, 5, 12, 15, 14]
)
@pytest.mark.parametrize("name", ["KEY_ENABLE", "I2C_SDA", "METER_TX", "REPL_PIN"])
def test_no_forbidden_pin_is_an_output(name: str, pin: int) -> None:
    text = refusal("bench_matrix", **{name: pin})
    assert f"board bench_matrix: {name} is pin {pin}, " in text
    assert boardcheck.GOOD_OUTPUTS in text


@pytest.mark.parametrize("pin", [34, 35, 36, 39])
def test_an_input_only_pin_is_no_output(pin: int) -> None:
    assert "an input only" in refusal("sealed_fingers", I2C_SCL=pin)


@pytest.mark.parametrize("pin", [6, 1, 16, 0, 12, 24])
@pytest.mark.parametrize("name", ["ESTOP_SENSE", "METER_RX"])
def test_no_forbidden_pin_is_an_input(name: str, pin: int) -> None:
    assert f"{name} is pin {pin}, " in refusal("bench_matrix", **{name: pin})


def test_pin_14_may_be_an_input() -> None:
    boardcheck.check(board("bench_matrix", ESTOP_SENSE=14))


def test_a_pin_has_one_use() -> None:
    assert "METER_TX and KEY_ENABLE are both pin 33" in refusal("bench_matrix", KEY_ENABLE=33)


def test_the_pins_of_a_second_host_uart_count_only_when_it_is_used() -> None:
    boardcheck.check(board("bench_matrix", HOST_TX=1))
    assert "HOST_TX is pin 1, " in refusal("bench_matrix", HOST_UART=1, HOST_TX=1)
    assert "HOST_RX and I2C_SCL are both pin 22" in refusal("bench_matrix", HOST_UART=1, HOST_RX=22)


def test_host_and_meter_are_on_different_uarts() -> None:
    assert "HOST_UART and METER_UART are both 2" in refusal("emulated_meter", HOST_UART=2)


@pytest.mark.parametrize(
    ("levels", "text"),
    [
        (((26, 0),), "SAFE_LEVELS must hold KEY_ENABLE low; add (25, 0)"),
        (((25, 1), (26, 0)), "SAFE_LEVELS must hold KEY_ENABLE low; add (25, 0)"),
        (((25, 0),), "SAFE_LEVELS must hold LIGHT low; add (26, 0)"),
        (((25, 0), (26, 0), (12, 0)), "SAFE_LEVELS has pin 12, a strapping pin"),
        (((25, 0), (26, 0), (34, 0)), "SAFE_LEVELS has pin 34, an input only"),
        (((25, 0), (25, 0), (26, 0)), "SAFE_LEVELS has pin 25 twice"),
        (((25, 0), (26, 0), (33, 0)), "SAFE_LEVELS would drive pin 33, which is METER_TX"),
        (((25, 0), (26,)), "SAFE_LEVELS must be a tuple"),
        ([(25, 0), (26, 0)], "SAFE_LEVELS must be a tuple"),
    ],
)
def test_safe_levels_hold_the_keys_and_the_light_off_and_touch_no_line(levels: Any, text: str) -> None:
    assert text in refusal("bench_matrix", SAFE_LEVELS=levels)


@pytest.mark.parametrize("name", ["bench_matrix", "sealed_fingers"])
@pytest.mark.parametrize(
    ("changes", "text"),
    [
        ({"KEY_MAX_MS": 401, "ONE_SHOT_MS": 500}, "KEY_MAX_MS is 401; it must be 50 to 400"),
        ({"ONE_SHOT_MS": 501}, "ONE_SHOT_MS is 501; it must be 50 to 500"),
        ({"ONE_SHOT_MS": 499}, "KEY_MAX_MS 400 needs at least 500"),
        ({"TRAVEL_MS": 201}, "TRAVEL_MS is 201"),
        ({"TRAVEL_MS": 150, "KEY_MAX_MS": 200}, "no more than half of KEY_MAX_MS"),
        ({"DUTY_PERMILLE": 0}, "DUTY_PERMILLE is 0"),
        ({"DUTY_WINDOW_MS": 10}, "DUTY_WINDOW_MS is 10"),
        ({"WATCHDOG_MS": 60_000}, "WATCHDOG_MS is 60000"),
        ({"WATCHDOG_MS": True}, "WATCHDOG_MS is True"),
        ({"EXPANDER": 0x30}, "EXPANDER is 48"),
        ({"I2C_HZ": 1_000_000}, "I2C_HZ is 1000000"),
        ({"JIG_BITS": (8, 9)}, "JIG_BITS must be a tuple of"),
        ({"CHIP": "esp32s3"}, "CHIP is esp32s3"),
        ({"KEYPAD": "relay"}, "KEYPAD is relay; it must be uart, matrix or direct"),
        ({"NAME": ""}, "board file: NAME is missing"),
    ],
)
def test_ceilings_and_numbers_keep_the_law(name: str, changes: dict[str, Any], text: str) -> None:
    assert text in refusal(name, **changes)


@pytest.mark.parametrize(
    ("name", "changes", "text"),
    [
        ("bench_matrix", {"ROW_BITS": (0, 1, 2)}, "ROW_BITS must be a tuple of 4"),
        ("bench_matrix", {"COLUMN_BITS": (3, 4, 5)}, "COLUMN_BITS has bit 3, which ROW_BITS has too"),
        ("bench_matrix", {"COLUMN_BITS": (4, 5, 16)}, "COLUMN_BITS has bit 16; the expander has 0 to 15"),
        (
            "bench_matrix",
            {"JIG_BITS": (8, 9, 10, 11, 12, 13, 15)},
            "JIG_BITS has bit 15, which is an output only",
        ),
        ("bench_matrix", {"KEY_ROWS": ("123", "456", "789", "*0*")}, "KEY_ROWS must be four texts"),
        ("bench_matrix", {"KEY_ROWS": ("123", "456", "7890", "*#")}, "KEY_ROWS must be four texts"),
        ("sealed_fingers", {"OUTPUT_BITS": tuple(range(11))}, "OUTPUT_BITS must be a tuple of 12"),
        ("sealed_fingers", {"OUTPUT_BITS": (0,) * 12}, "OUTPUT_BITS has bit 0, which OUTPUT_BITS has too"),
    ],
)
def test_bit_lists_are_whole_and_each_bit_has_one_use(name: str, changes: dict[str, Any], text: str) -> None:
    assert text in refusal(name, **changes)


@pytest.mark.parametrize("name", NAMES)
def test_no_name_may_be_missing(name: str) -> None:
    # USB only explains HOST_UART; the pins of a host UART that is not used are free.
    whole = vars(board(name))
    for missing in sorted(set(whole) - {"USB", "HOST_TX", "HOST_RX"}):
        text = refusal(name, **{missing: None})
        assert f"{missing} is missing" in text


@pytest.mark.vm
@pytest.mark.skipif(find_micropython() is None, reason="no micropython program on this computer")
def test_micropython_says_the_same(tmp_path: Path) -> None:
    tree = firmware_tree.stage(tmp_path / "tree", "esp32", "bench_matrix")
    program = (
        "import sys; sys.path[:] = ['.']\n"
        "import board\nfrom rigfw import boardcheck\n"
        "boardcheck.check(board)\n"
        "board.KEY_ENABLE = 12\n"
        "try:\n    boardcheck.check(board)\nexcept boardcheck.BoardError as error:\n    print(error)\n"
    )
    done = subprocess.run(
        [str(find_micropython()), "-c", program],
        cwd=tree,
        capture_output=True,
        text=True,
        timeout=20,
        check=False,
    )
    assert done.stdout.strip() == refusal("bench_matrix", KEY_ENABLE=12), done.stderr
