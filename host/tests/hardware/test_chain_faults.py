"""Faults between the rig's chip and the meter's keypad: never a wrong token, no key down for long, an honest verdict."""

from __future__ import annotations

import random

import pytest
from kctrig import profiles
from kctrig.sim.hardware.faults import CHANNELS, TABLE, ChainFaults, parse
from kctrig.sim.hardware.virtual import BOOT_MS
from rigfw.switched import SwitchedKeypad

from .chain import Attempt, attempt

BOARDS = ("matrix", "direct")
BRANDS = tuple(name for name in profiles.names() if name != "generic")
MATRIX_CHANNELS, DIRECT_CHANNELS = CHANNELS[:7], CHANNELS[7:]
# About what one upgrade has (51 presses, 753 transactions on Hexing): a fault planted later than the last one is none.
PRESSES, TRANSACTIONS = 60, 800
# The one means something only with a reset; the other is mended by code of the port, which this world does not run.
NOT_ALONE = {"latch_kept", "sda_stuck"}
SAMPLES, LONG_SAMPLES = 40, 3000


def verdict(done: Attempt) -> str:
    return str(done.outcome.verdict)


@pytest.mark.parametrize("board", BOARDS)
@pytest.mark.parametrize("brand", BRANDS)
def test_a_chain_without_a_fault_upgrades_every_brand(brand: str, board: str) -> None:
    done = attempt(brand, board)
    assert verdict(done) == "PASS_VERIFIED"
    assert done.evidence.krn == 2
    assert done.wrong() == []


def planted(chance: random.Random, board: str) -> list[str]:
    """One fault of the table at a random place; two where the second only shows beside the first."""
    name = chance.choice([name for name in TABLE if name not in NOT_ALONE])
    argument = TABLE[name][0]
    if argument == "CHANNEL":
        return [f"{name}:{chance.choice(MATRIX_CHANNELS if board == 'matrix' else DIRECT_CHANNELS)}"]
    if argument == "PRESS":
        extra = ["latch_kept"] if chance.random() < 0.5 else []
        return [f"{name}:{chance.randint(1, PRESSES)}", *extra]
    if argument == "N":
        return [f"{name}:{chance.randint(1, TRANSACTIONS)}"]
    return [f"{name}:{chance.randint(1, 20)}"] if argument else [name]


def test_faults_planted_anywhere_in_the_chain_break_no_rule(request: pytest.FixtureRequest) -> None:
    samples = LONG_SAMPLES if request.config.getoption("--long") else SAMPLES
    kinds: set[str] = set()
    for seed in range(samples):
        chance = random.Random(seed)
        brand, board = chance.choice(BRANDS), chance.choice(BOARDS)
        faults = planted(chance, board)
        kinds.add(faults[0].partition(":")[0])
        stuck = faults[0].startswith("stuck_closed")
        done = attempt(brand, board, faults)
        wrong = done.wrong(two_keys=stuck, held=stuck and board == "direct")
        assert wrong == [], (seed, brand, board, faults, verdict(done), done.outcome.reason)
    assert kinds == set(TABLE) - NOT_ALONE


@pytest.mark.parametrize("channel", ["row2", "col3"])
def test_a_row_or_column_that_is_stuck_closed_presses_nothing_and_no_token_is_submitted(channel: str) -> None:
    done = attempt("sanxing", "matrix", [f"stuck_closed:{channel}"])
    assert done.wrong(two_keys=True) == []
    assert verdict(done) == "BLOCKED"
    # Alone it closes no key: whatever was closed was closed by a press of another channel too.
    assert all(end_ms >= 0 for _, end_ms, _ in done.world.pressed)


@pytest.mark.parametrize(
    ("board", "faults"),
    [("direct", ["stuck_closed:key5"]), ("matrix", ["stuck_closed:row2", "stuck_closed:col2"])],
)
def test_a_key_that_nothing_opens_any_more_stops_everything(board: str, faults: list[str]) -> None:
    done = attempt("hexing", board, faults)
    assert done.wrong(two_keys=True, held=True) == []
    assert verdict(done) == "BLOCKED"
    assert done.evidence.krn == 1


@pytest.mark.parametrize(("board", "channel"), [("matrix", "row1"), ("direct", "key#"), ("direct", "key0")])
def test_a_channel_that_never_closes_is_noticed_before_anything_is_submitted(
    board: str, channel: str
) -> None:
    done = attempt("hexing", board, [f"stuck_open:{channel}"])
    assert done.wrong() == []
    assert verdict(done) == "BLOCKED"
    assert all(row["event"] != "token" for row in done.world.truth)


@pytest.mark.parametrize("board", BOARDS)
def test_a_cpu_that_stands_still_with_a_key_down_is_answered_by_the_one_shot_and_then_by_the_watchdog(
    board: str,
) -> None:
    done = attempt("hexing", board, ["cpu_hang:20"])
    assert done.wrong() == []
    assert done.world.resets == [1, 3]
    longest_ms = max(end_ms - start_ms for start_ms, end_ms, _ in done.world.pressed)
    assert 450 <= longest_ms <= done.evidence.ceiling_ms


def test_a_latch_that_outlives_the_cpu_holds_its_key_until_the_one_shot_or_boot_py() -> None:
    kept = attempt("hexing", "matrix", ["latch_kept", "cpu_reset:20"])
    fallen = attempt("hexing", "matrix", ["cpu_reset:20"])
    longest_ms = [max(to - since for since, to, _ in done.world.pressed) for done in (kept, fallen)]
    assert kept.wrong() == fallen.wrong() == []
    assert kept.world.resets == fallen.world.resets == [1, 2]
    assert BOOT_MS < longest_ms[0] <= kept.evidence.ceiling_ms
    assert longest_ms[1] < 100


def test_the_emergency_stop_in_the_middle_of_a_token_opens_the_key_and_ends_the_typing() -> None:
    done = attempt("hexing", "direct", ["estop:30"])
    assert done.wrong() == []
    assert verdict(done) in ("HALF", "INFRA_ERROR")
    assert done.world.circuit.presses == 30
    assert "emergency stop" in done.outcome.reason


@pytest.mark.parametrize("at", range(200, 208))
def test_no_bit_that_arrives_wrong_on_the_bus_is_believed(at: int) -> None:
    done = attempt("hexing", "matrix", [f"i2c_flip:{at}"])
    assert done.wrong() == []
    assert verdict(done) in ("PASS_VERIFIED", "INFRA_ERROR", "BLOCKED")


@pytest.mark.parametrize("fault", ["reset_open", "no_supply"])
def test_a_board_whose_reset_wire_or_supply_is_missing_types_nothing(fault: str) -> None:
    done = attempt("hexing", "matrix", [fault])
    assert done.wrong() == []
    assert done.world.pressed == []
    assert verdict(done) in ("INFRA_ERROR", "BLOCKED")


@pytest.mark.parametrize("board", BOARDS)
def test_an_emergency_stop_that_springs_back_does_not_let_the_key_come_back(board: str) -> None:
    done = attempt("hexing", board, ["estop_blip:20"])
    assert done.wrong() == []
    assert done.world.circuit.presses == 20
    assert "emergency stop" in done.outcome.reason


def test_one_transaction_that_is_not_acknowledged_costs_a_press_and_no_more() -> None:
    done = attempt("hexing", "matrix", ["i2c_nak:100"])
    assert done.wrong() == []
    assert verdict(done) in ("PASS_VERIFIED", "INFRA_ERROR")


@pytest.mark.parametrize("late_ms", [10, 20])
def test_a_slower_solenoid_than_the_board_file_says_is_typed_with_or_noticed(late_ms: int) -> None:
    done = attempt("fujidharma", "direct", [f"slow_solenoid:{late_ms}"])
    assert done.wrong() == []
    assert verdict(done) in ("PASS_VERIFIED", "BLOCKED")


# --- what the judge is worth: without the one-shot, and without the checks of the firmware


def test_without_the_one_shot_a_hang_is_seen_by_the_judge() -> None:
    done = attempt("hexing", "matrix", ["cpu_hang:20", "one_shot_stuck"])
    assert any("ceiling" in one for one in done.wrong())
    assert done.world.resets == [1, 3]  # the watchdog opened it in the end
    longest_ms = max(end_ms - start_ms for start_ms, end_ms, _ in done.world.pressed)
    assert 1900 <= longest_ms <= 2100


def test_without_its_edge_a_stop_that_springs_back_is_typed_over(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(SwitchedKeypad, "stop_fell", lambda keypad, pin: None)
    assert attempt("hexing", "matrix", ["estop_blip:20"]).world.circuit.presses > 20


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("nothing", "known are stuck_closed"),
        ("estop", "a whole number"),
        ("estop:0", "a whole number"),
        ("estop:x", "a whole number"),
        ("stuck_open:row9", "a channel is one of"),
        ("latch_kept:1", "has no argument"),
    ],
)
def test_a_fault_written_wrong_is_refused_with_what_to_write(text: str, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        parse([text])


def test_every_fault_of_the_table_changes_something() -> None:
    examples = {"CHANNEL": ":row1", "N": ":5", "PRESS": ":5", "MS": ":5", "": ""}
    for name, (argument, _) in TABLE.items():
        assert parse([name + examples[argument]]) != ChainFaults()
