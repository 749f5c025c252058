"""The ESP32's own firmware under MicroPython, its pins and its I2C bus on an emulated board: tokens typed through registers."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from kctrig.sim.devices import find_micropython
from kctrig.sim.hardware.judge import Evidence, from_truth, judge
from rigfw.entry import DEFAULT_CODES
from rigwire.meterport import KEYS

from .conftest import MERK_TYPES

if TYPE_CHECKING:
    from hil_tests.conftest import Bench, Kctrig, MakeBench

pytestmark = [
    pytest.mark.vm,
    pytest.mark.skipif(find_micropython() is None, reason="no micropython program on this computer"),
]

CODES = DEFAULT_CODES.decode().split(",")
# 500 ms by the boards' one-shot; the meter's clock and the processes between are not exact.
CEILING_MS = 600


def on_board(bench: Bench, board: str, *faults: str) -> str:
    return bench.url + f"&board={board}" + "".join(f"&fault={fault}" for fault in faults)


def wrong(bench: Bench, verdict: str) -> list[str]:
    """What the judge has to say of one meter."""
    truth = bench.truth()
    seen = Evidence(
        pressed=from_truth(truth, KEYS),
        truth=truth,
        krn=bench.state()["krn"],
        tokens=bench.tokens,
        codes=CODES,
        verdict=verdict,
        ceiling_ms=CEILING_MS,
    )
    return judge(seen)


@pytest.mark.parametrize("board", ["matrix", "direct"])
def test_a_pair_of_tokens_is_typed_through_registers_on_every_brand(
    make_bench: MakeBench, kctrig: Kctrig, board: str
) -> None:
    benches = [make_bench(brand, serial=700000100 + at) for at, brand in enumerate(sorted(MERK_TYPES))]
    rows = [(bench.drn, MERK_TYPES[bench.brand], bench.tokens) for bench in benches]
    rigs = [word for bench in benches for word in ("--rig", on_board(bench, board))]
    ran = kctrig("upgrade", benches[0].write_list(rows), *rigs, "--store", "s.db", "--json")
    assert ran.code == 0, ran.err
    assert {line["meter_no"]: line["verdict"] for line in ran.lines} == {
        bench.drn: "PASS_VERIFIED" for bench in benches
    }
    for bench in benches:
        assert (bench.state()["krn"], bench.state()["kt"]) == (2, 2)
        assert bench.submitted() == list(bench.tokens)
        assert bench.results() == ["1stKCT", "2ndKCT"]
        assert wrong(bench, "PASS_VERIFIED") == []


FAULTS = (
    ("matrix", ("chip_glitch:30",)),
    ("matrix", ("i2c_dead:300",)),
    ("matrix", ("latch_kept", "cpu_reset:30")),
    ("matrix", ("latch_kept", "cpu_hang:40")),
    ("direct", ("estop:30",)),
    ("direct", ("cpu_hang:30",)),
)


def test_no_fault_of_the_board_gives_a_meter_a_wrong_token_or_a_key_that_stays_down(
    make_bench: MakeBench, kctrig: Kctrig
) -> None:
    benches = [make_bench("hexing", serial=700000200 + at) for at in range(len(FAULTS))]
    rows = [(bench.drn, MERK_TYPES[bench.brand], bench.tokens) for bench in benches]
    rigs = [
        word
        for bench, (board, faults) in zip(benches, FAULTS, strict=True)
        for word in ("--rig", on_board(bench, board, *faults))
    ]
    ran = kctrig("upgrade", benches[0].write_list(rows), *rigs, "--store", "s.db", "--json")
    verdicts = {line["meter_no"]: line["verdict"] for line in ran.lines}
    for bench, (_, faults) in zip(benches, FAULTS, strict=True):
        assert wrong(bench, verdicts[bench.drn]) == [], (faults, verdicts[bench.drn])
        assert bench.typed() != "", faults
    # By how far it was when the bus died, or the stop was hit.
    assert verdicts[benches[1].drn] in ("INFRA_ERROR", "HALF")
    assert verdicts[benches[4].drn] in ("INFRA_ERROR", "HALF")
    assert ran.code != 0


def test_a_meter_that_a_reset_of_the_board_left_half_done_is_finished_by_the_next_run(
    make_bench: MakeBench, kctrig: Kctrig
) -> None:
    bench = make_bench("hexing")
    broken = on_board(bench, "matrix", "cpu_reset:35")
    first = kctrig("upgrade", bench.worklist, "--rig", broken, "--store", "s.db", "--json")
    assert first.line["verdict"] in ("HALF", "IN_DOUBT", "INFRA_ERROR")
    assert wrong(bench, first.line["verdict"]) == []
    second = kctrig("resume", bench.worklist, "--rig", on_board(bench, "matrix"), "--store", "s.db", "--json")
    assert second.line["verdict"] == "PASS_VERIFIED", (first, second)
    assert bench.submitted() == list(bench.tokens)
    assert bench.state()["krn"] == 2
