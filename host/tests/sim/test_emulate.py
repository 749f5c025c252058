"""`kctrig emulate` as another program meets it: start, read the port, use it, Ctrl-C."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from kctrig.rig import open_rig
from kctrig.sim.devices import find_micropython

pytestmark = [
    pytest.mark.vm,
    pytest.mark.skipif(find_micropython() is None, reason="no micropython program on this computer"),
]


def start(*words: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "kctrig", "emulate", *words],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )


def first_line(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    line = process.stdout.readline()
    if not line:
        raise AssertionError(process.communicate()[1])
    return line


@pytest.mark.parametrize("ending", [signal.SIGINT, signal.SIGTERM])
def test_an_emulated_rig_serves_its_port_until_it_is_told_to_end(ending: int, tmp_path: Path) -> None:
    log = tmp_path / "truth.jsonl"
    process = start("rig", "hexing", "--json", "--log", str(log), "--seed", "3")
    facts = json.loads(first_line(process))
    assert (facts["kind"], facts["brand"], facts["vm"], facts["log"]) == (
        "rig",
        "hexing",
        "micropython",
        str(log),
    )
    with open_rig(facts["port"]) as rig:
        assert rig.glass().image
    os.killpg(process.pid, ending)
    _, errors = process.communicate(timeout=10)
    assert (process.returncode, errors) == (0, "")
    assert log.exists()
    assert not Path(facts["state"]).exists()


def test_for_people_it_prints_the_port_and_how_to_end_it() -> None:
    process = start("meter", "star")
    line = first_line(process)
    os.killpg(process.pid, signal.SIGINT)
    process.communicate(timeout=10)
    assert "/dev/" in line
    assert "Ctrl-C" in line


def test_a_state_file_is_used_where_it_lies(tmp_path: Path) -> None:
    from metersim.defaults import default_state

    state = tmp_path / "meter.json"
    state.write_text(json.dumps(default_state("sanxing")), encoding="utf-8")
    process = start("rig", f"sim:sanxing?state={state}", "--json")
    facts = json.loads(first_line(process))
    os.killpg(process.pid, signal.SIGTERM)
    process.communicate(timeout=10)
    assert facts["state"] == str(state)
    assert json.loads(state.read_text(encoding="utf-8"))["krn"] == 1


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["rig", "foo"], "unknown brand"),
        (["rig", "hexing", "--state", "/nonexistent.json"], "/nonexistent.json"),
        (["meter", "hexing", "--fault", "gremlins"], "no fault gremlins"),
    ],
)
def test_bad_input_is_one_line_and_exit_2(words: list[str], said: str) -> None:
    process = start(*words)
    out, errors = process.communicate(timeout=20)
    assert (process.returncode, out) == (2, "")
    assert said in errors
    assert errors.count("\n") == 1


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="POSIX signals")
def test_a_process_that_dies_is_said_with_exit_3() -> None:
    process = start("rig", "hexing", "--json")
    facts = json.loads(first_line(process))
    os.kill(facts["pids"][0], signal.SIGKILL)
    _, errors = process.communicate(timeout=10)
    assert process.returncode == 3
    assert "the emulated meter (sim:hexing) died" in errors
