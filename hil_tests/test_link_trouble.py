"""Ports, rigs and processes that fail: one clear line, the right exit code, and nothing false on record."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest
from kctrig.sim import firmware_tree, open_any
from kctrig.sim.processes import EmulatedRig

if TYPE_CHECKING:
    from hil_tests.conftest import Bench, Kctrig, MakeBench, Ran, Start

LIFTED_S = 1.0
"""For the meter to see that every key is up: long for its debounce, too short for the rig's own silence rule (2 s)."""
ENDINGS = ("PASS_VERIFIED", "ALREADY_DONE", "REJECTED", "IN_DOUBT", "HALF", "INFRA_ERROR", "READY", "BLOCKED")


def one_line(ran: Ran, code: int, said: str) -> None:
    assert ran.code == code, ran
    assert ran.err.count("\n") == 1, ran.err
    assert said in ran.err


def test_no_such_port(kctrig: Kctrig) -> None:
    one_line(
        kctrig("probe", "--rig", "/dev/ttyNONE9", "--profile", "hexing"), 3, "no such port: /dev/ttyNONE9"
    )


def test_a_port_that_another_program_holds(make_bench: MakeBench, kctrig: Kctrig) -> None:
    with EmulatedRig(make_bench().url) as rig, open_any(rig.url):
        one_line(kctrig("probe", "--rig", rig.url, "--profile", "hexing"), 3, "is taken by")


@pytest.mark.skipif(os.name != "posix", reason="needs a pty")
def test_a_port_where_no_rig_answers(kctrig: Kctrig) -> None:
    master, slave = os.openpty()
    try:
        one_line(kctrig("probe", "--rig", os.ttyname(slave), "--profile", "hexing"), 3, "no rig answers")
    finally:
        os.close(slave)
        os.close(master)


def test_a_rig_with_another_version_of_the_wire(make_bench: MakeBench, kctrig: Kctrig) -> None:
    bench = make_bench()
    tree = firmware_tree.stage(bench.folder / "firmware")
    source = (tree / "rigwire").resolve()
    (tree / "rigwire").unlink()
    shutil.copytree(source, tree / "rigwire")
    messages = tree / "rigwire" / "messages.py"
    messages.write_text(messages.read_text().replace("PROTOCOL_VERSION = 1", "PROTOCOL_VERSION = 9"))
    with EmulatedRig(bench.url, tree=tree) as rig:
        one_line(kctrig("probe", "--rig", rig.url, "--profile", "hexing"), 3, "version 9")
    assert bench.no_token_key_was_pressed()


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("probe", "--rig", "sim:nobrand"), "unknown brand 'nobrand'"),
        (("probe", "--rig", "sim:hexing?state=nowhere.json"), "nowhere.json"),
        (("probe", "--rig", "sim:hexing", "--profile", "nobrand"), "'nobrand'"),
        (("enter", "--rig", "sim:hexing", "1234"), "has 4 digits"),
        (("enter", "--rig", "sim:hexing", "7276860925986887462x"), "'x'"),
        (("enter", "--rig", "sim:hexing", "73786976294838206464"), "above 2^66-1 (73786976294838206463)"),
        (("enter", "--rig", "sim:hexing"), "TOKEN"),
        (("upgrade", "nowhere.csv", "--rig", "sim:hexing"), "nowhere.csv"),
    ],
)
def test_bad_input_is_one_line_with_exit_code_2(kctrig: Kctrig, words: tuple[str, ...], said: str) -> None:
    one_line(kctrig(*words), 2, said)


def submitted_once(bench: Bench) -> None:
    """No token twice without the meter having forgotten or refused it, and none that is not in the list."""
    assert set(bench.submitted()) <= set(bench.tokens)
    taken = [
        digits
        for digits, result in zip(bench.submitted(), bench.results(), strict=True)
        if result.endswith("KCT")
    ]
    assert len(taken) == len(set(taken)), bench.submitted()


def true_verdict(bench: Bench, line: dict[str, Any]) -> None:
    """The verdict may be modest, never better than the meter's own memory."""
    assert line["verdict"] in ENDINGS
    if line["verdict"] in ("PASS_VERIFIED", "ALREADY_DONE"):
        assert (bench.state()["krn"], bench.state()["kt"]) == (2, 2)


MOMENTS: dict[str, Callable[[Bench], bool]] = {
    "while the number is asked": lambda bench: len(bench.typed()) >= 1,
    "while the first token is typed": lambda bench: len(bench.typed()) >= 14,
    "when the first token is in": lambda bench: len(bench.results()) == 1,
    "while the second token is typed": lambda bench: len(bench.typed()) >= 36,
    "when the second token is in": lambda bench: len(bench.results()) == 2,
}


@pytest.mark.parametrize(
    ("victim", "moment"),
    [
        *(("rig", moment) for moment in MOMENTS),
        ("meter", "while the first token is typed"),
        ("meter", "when the first token is in"),
    ],
)
def test_a_device_killed_in_the_middle_leaves_a_true_verdict_and_a_second_run_makes_good_of_it(
    make_bench: MakeBench, start: Start, kctrig: Kctrig, victim: str, moment: str
) -> None:
    bench = make_bench("hexing")
    with EmulatedRig(bench.url) as rig:
        running = start("upgrade", bench.worklist, "--rig", rig.url, "--store", "s.db", "--json")
        bench.wait_for(lambda: MOMENTS[moment](bench), running)
        (rig.kill_rig if victim == "rig" else rig.kill_meter)()
        ran = running.wait()
    assert ran.code in (1, 3, 4), ran
    assert "Traceback" not in ran.err
    true_verdict(bench, ran.line)
    assert ran.line["verdict"] != "PASS_VERIFIED"
    if len(bench.results()) == 0:
        assert ran.line["verdict"] in ("INFRA_ERROR", "READY", "BLOCKED", "IN_DOUBT")
    submitted_once(bench)
    again = kctrig("upgrade", bench.worklist, "--rig", bench.url, "--store", "s.db", "--json")
    true_verdict(bench, again.line)
    submitted_once(bench)


@pytest.mark.parametrize("moment", MOMENTS)
def test_ctrl_c_lifts_every_key_and_says_the_exit_code_and_the_store_knows(
    make_bench: MakeBench, start: Start, kctrig: Kctrig, moment: str
) -> None:
    bench = make_bench("hexing")
    with EmulatedRig(bench.url) as rig:
        running = start("upgrade", bench.worklist, "--rig", rig.url, "--store", "s.db", "--json")
        bench.wait_for(lambda: MOMENTS[moment](bench), running)
        running.interrupt()
        ran = running.wait(20)
        bench.wait_until(lambda: bench.keys_down() == set(), LIFTED_S)
    assert ran.code in (0, 4, 130), ran
    assert f"exit code {ran.code}" in ran.err
    assert "interrupted" in ran.err
    assert "Traceback" not in ran.err
    true_verdict(bench, ran.line)
    submitted_once(bench)
    status = kctrig("status", "--store", "s.db", "--json")
    assert [line["meter_no"] for line in status.lines] == [bench.drn]
    again = kctrig("upgrade", bench.worklist, "--rig", bench.url, "--store", "s.db", "--json")
    assert again.line["verdict"] in ("PASS_VERIFIED", "ALREADY_DONE"), (ran, again)
    assert bench.state()["krn"] == 2
    submitted_once(bench)


def test_kctrig_killed_in_the_middle_is_found_in_the_store_and_made_good(
    make_bench: MakeBench, start: Start, kctrig: Kctrig
) -> None:
    bench = make_bench("hexing")
    running = start("upgrade", bench.worklist, "--rig", bench.url, "--store", "s.db", "--json")
    bench.wait_for(lambda: len(bench.typed()) >= 14, running)
    running.process.kill()
    running.wait()
    status = kctrig("status", "--store", "s.db", "--json")
    assert status.line["meter_no"] == bench.drn
    assert status.line["broken_off"]
    again = kctrig("upgrade", bench.worklist, "--rig", bench.url, "--store", "s.db", "--json")
    assert again.line["verdict"] == "PASS_VERIFIED", again
    assert bench.submitted() == list(bench.tokens)
