"""The emulated board as a process: the real port under MicroPython, its resets, and firmware that was broken on purpose."""

from __future__ import annotations

import itertools
import json
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
from kctrig.link.errors import LinkError, NoAnswer, RequestRefused
from kctrig.rig import JobEnded, Rig, open_rig
from kctrig.sim import firmware_tree, open_any
from kctrig.sim.devices import EmulatorError, find_micropython
from kctrig.sim.hardware.judge import OPEN_END, from_truth
from kctrig.sim.processes import EmulatedRig
from kctrig.sim.urls import BOARDS
from rigwire.meterport import KEYS

pytestmark = [
    pytest.mark.vm,
    pytest.mark.skipif(find_micropython() is None, reason="no micropython program on this computer"),
]

Change = Callable[[str], str]
PRESS = {"press_ms": 100, "gap_ms": 80}
WATCHDOG_S = 2.0
SOON_S = 10.0


def truth(emulated: EmulatedRig) -> list[dict[str, Any]]:
    if not emulated.log_path.exists():
        return []
    text = emulated.log_path.read_text(encoding="utf-8")
    return [json.loads(line) for line in text[: text.rfind("\n") + 1].splitlines()]


def presses(emulated: EmulatedRig) -> list[tuple[int, int, int]]:
    return from_truth(truth(emulated), KEYS)


def eventually(condition: Callable[[], bool], within_s: float = SOON_S) -> bool:
    end_s = time.monotonic() + within_s
    while not condition():
        if time.monotonic() > end_s:
            return False
        time.sleep(0.01)
    return True


def key_is_down(emulated: EmulatedRig) -> bool:
    found = presses(emulated)
    return bool(found) and found[-1][1] == OPEN_END


def together(emulated: EmulatedRig) -> list[int]:
    """Key masks of more than one key that were closed for any time."""
    return [mask for _, _, mask in presses(emulated) if mask & (mask - 1)]


def ended(rig: Rig, job_id: int) -> JobEnded:
    end_s = time.monotonic() + SOON_S
    while time.monotonic() < end_s:
        event = rig.next_event(0.5)
        if isinstance(event, JobEnded) and event.job_id == job_id:
            return event
    raise AssertionError(f"job {job_id} did not end")


def mutated(folder: Path, board: str, changes: Mapping[str, Change]) -> Path:
    """The board's firmware with some of its files changed."""
    tree = firmware_tree.stage_board(folder / "firmware", BOARDS[board])
    for relative, change in changes.items():
        package = tree / relative.split("/")[0]
        if package.is_symlink() and package.is_dir():
            source = package.resolve()
            package.unlink()
            shutil.copytree(source, package, ignore=shutil.ignore_patterns("__pycache__"))
        file = tree / relative
        before = file.read_text(encoding="utf-8")
        after = change(before)
        assert after != before, f"nothing to change in {relative}"
        file.unlink()
        file.write_text(after, encoding="utf-8")
    return tree


def replace(old: str, new: str) -> Change:
    def change(text: str) -> str:
        assert old in text, f"{old!r} is not there any more"
        return text.replace(old, new)

    return change


def started_again(emulated: EmulatedRig, within_s: float) -> str:
    """Why the rig's chip started, by its next HELLO; empty when it never answered."""
    end_s = time.monotonic() + within_s
    while time.monotonic() < end_s:
        try:
            with open_rig(emulated.port_path) as rig:
                return rig.info.version.rpartition("reset ")[2]
        except (NoAnswer, LinkError):
            continue
    return ""


@pytest.mark.parametrize("board", BOARDS)
def test_the_port_answers_as_its_board(board: str) -> None:
    with EmulatedRig(f"sim:hexing?board={board}") as emulated, open_rig(emulated.port_path) as rig:
        assert f" {BOARDS[board]}, micropython" in rig.info.version
        assert rig.info.version.endswith("reset power-on")
        rig.start_keys(1, "04", fresh_entry=True, **PRESS)
        assert ended(rig, 1).state == "done"
        assert eventually(lambda: len(presses(emulated)) == 2 and not key_is_down(emulated))
        assert [KEYS[mask.bit_length() - 1] for _, _, mask in presses(emulated)] == ["0", "4"]


def test_a_host_on_a_second_uart_is_answered_there(tmp_path: Path) -> None:
    tree = mutated(tmp_path, "matrix", {"board.py": replace("HOST_UART = USB", "HOST_UART = 1")})
    with EmulatedRig("sim:hexing?board=matrix", tree=tree) as emulated, open_rig(emulated.port_path) as rig:
        rig.start_keys(1, "4", fresh_entry=True, **PRESS)
        assert ended(rig, 1).state == "done"


def test_a_reset_in_the_middle_of_a_press_opens_the_key_and_is_told_in_hello() -> None:
    with EmulatedRig("sim:hexing?board=matrix") as emulated:
        with open_rig(emulated.port_path) as rig:
            first = rig.info.boot_id
            rig.start_keys(1, "7" * 20, fresh_entry=True, press_ms=350, gap_ms=80)
            assert eventually(lambda: key_is_down(emulated))
            emulated.tell_board("reset")
            assert eventually(lambda: not key_is_down(emulated))
        with open_rig(emulated.port_path) as rig:
            assert rig.info.boot_id != first
            assert rig.info.version.endswith("reset power-on")
        assert len(presses(emulated)) == 1


def test_a_board_without_power_has_no_key_down_and_no_line() -> None:
    with EmulatedRig("sim:hexing?board=direct") as emulated:
        with open_rig(emulated.port_path) as rig:
            rig.start_keys(1, "7" * 20, fresh_entry=True, press_ms=300, gap_ms=80)
            assert eventually(lambda: key_is_down(emulated))
            emulated.kill_rig()
        assert not key_is_down(emulated)


def test_a_cpu_that_stands_still_is_reset_by_its_watchdog_and_the_key_was_up_long_before() -> None:
    with EmulatedRig("sim:hexing?board=matrix") as emulated:
        with open_rig(emulated.port_path) as rig:
            rig.start_keys(1, "7" * 20, fresh_entry=True, press_ms=350, gap_ms=80)
            assert eventually(lambda: key_is_down(emulated))
            emulated.tell_board("hang")
            assert eventually(lambda: not key_is_down(emulated))
        assert started_again(emulated, 3 * WATCHDOG_S) == "watchdog"
        ((start_ms, end_ms, _),) = presses(emulated)
        assert end_ms - start_ms < 1000 * WATCHDOG_S / 2


def test_without_the_one_shot_the_key_stays_down_until_the_watchdog() -> None:
    with EmulatedRig("sim:hexing?board=matrix&fault=one_shot_stuck") as emulated:
        with open_rig(emulated.port_path) as rig:
            rig.start_keys(1, "7" * 20, fresh_entry=True, press_ms=350, gap_ms=80)
            assert eventually(lambda: key_is_down(emulated))
            emulated.tell_board("hang")
            assert eventually(lambda: not key_is_down(emulated))  # before the host takes its leave
        assert started_again(emulated, 3 * WATCHDOG_S) == "watchdog"
        ((start_ms, end_ms, _),) = presses(emulated)
        assert end_ms - start_ms > 1000 * WATCHDOG_S * 3 / 4


@pytest.mark.parametrize(
    ("board", "fault", "bad"),
    [
        ("matrix", "", {}),
        ("direct", "", {}),
        ("matrix", "&fault=stuck_open:col2", {"column 2": "stuck open"}),
        ("matrix", "&fault=stuck_closed:row3", {"row 3": "stuck closed"}),
    ],
)
def test_the_jig_finds_the_channel_that_is_broken_and_no_other(
    board: str, fault: str, bad: dict[str, str]
) -> None:
    with open_any(f"sim:hexing?board={board}&jig=on{fault}") as rig:
        report = rig.selftest()
        assert report.state == "done"
        assert {channel.name: channel.result for channel in report.channels if not channel.ok} == bad
        assert report.one_shot_ms is not None
        assert 480 <= report.one_shot_ms <= 1000


def test_a_bus_that_a_device_holds_is_clocked_free_and_the_next_job_is_typed() -> None:
    with (
        EmulatedRig("sim:hexing?board=matrix&fault=sda_stuck:40") as emulated,
        open_rig(emulated.port_path) as rig,
    ):
        rig.start_keys(1, "5" * 10, fresh_entry=True, **PRESS)
        assert ended(rig, 1).reason == "keypad fault"
        rig.start_keys(2, "4", fresh_entry=True, **PRESS)
        assert ended(rig, 2).state == "done"


def test_the_jig_finds_a_one_shot_that_never_ends() -> None:
    with open_any("sim:hexing?board=matrix&jig=on&fault=one_shot_stuck") as rig:
        assert rig.selftest().one_shot_failed


# Firmware with a fault of its own, and then also without the check that is there for it.

TWO_ROWS = replace(
    "    return tuple(patterns)\n", "    patterns[7] |= 1 << board.ROW_BITS[0]\n    return tuple(patterns)\n"
)
NO_ONE_HOT = replace("        self.check_bits(bits)\n", "")


@pytest.mark.parametrize("checked", [True, False])
def test_a_pattern_of_two_keys_is_stopped_by_the_check_of_one_row_and_one_column(
    tmp_path: Path, checked: bool
) -> None:
    def change(text: str) -> str:
        return TWO_ROWS(text) if checked else NO_ONE_HOT(TWO_ROWS(text))

    tree = mutated(tmp_path, "matrix", {"rigfw/switched.py": change})
    with (
        EmulatedRig("sim:hexing?board=matrix", tree=tree) as emulated,
        open_rig(emulated.port_path) as rig,
    ):
        rig.start_keys(1, "47", fresh_entry=True, **PRESS)
        assert ended(rig, 1).reason == ("keypad fault" if checked else "none")
        if checked:
            assert eventually(lambda: bool(presses(emulated)) and not key_is_down(emulated))
            assert together(emulated) == []
        else:
            assert eventually(lambda: together(emulated) == [1 << KEYS.index("7") | 1 << KEYS.index("1")])


LATE_RELEASE = replace(
    "job.keys_done * self._period_ms + self._on_ms)", "job.keys_done * self._period_ms + self._on_ms + 1500)"
)
NO_CEILING = replace("> self._keypad.key_max_ms", "> 60_000")
NO_CEILING_IN_DRIVER = replace("> self.key_max_ms", "> 60_000")


@pytest.mark.parametrize("checked", [True, False])
def test_a_release_that_is_forgotten_is_made_by_the_ceiling(tmp_path: Path, checked: bool) -> None:
    changes: dict[str, Change] = {"rigfw/jobs.py": LATE_RELEASE}
    if not checked:
        changes = {
            "rigfw/jobs.py": lambda text: NO_CEILING(LATE_RELEASE(text)),
            "rigfw/switched.py": NO_CEILING_IN_DRIVER,
        }
    tree = mutated(tmp_path, "matrix", changes)
    with (
        # Without the one-shot, which would hide what the firmware does.
        EmulatedRig("sim:hexing?board=matrix&fault=one_shot_stuck", tree=tree) as emulated,
        open_rig(emulated.port_path) as rig,
    ):
        rig.start_keys(1, "4", fresh_entry=True, **PRESS)
        assert ended(rig, 1).reason == ("key held too long" if checked else "none")
        assert eventually(lambda: bool(presses(emulated)) and not key_is_down(emulated))
        ((start_ms, end_ms, _),) = presses(emulated)
        assert (end_ms - start_ms < 900) == checked


STUCK_LOOP = replace(
    "            _flush(app, host, meter)\n            if feed is not None:",
    "            _flush(app, host, meter)\n            while app.jobs.running:\n                wait(10)\n            if feed is not None:",
)
FED_ANYWHERE = replace("        ready = 0\n", "        ready = 0\n        watchdog.feed()\n")


@pytest.mark.parametrize("well_fed", [True, False])
def test_a_loop_that_no_longer_looks_at_its_keys_is_ended_by_the_watchdog(
    tmp_path: Path, well_fed: bool
) -> None:
    changes: dict[str, Change] = {"rigfw/loop.py": STUCK_LOOP}
    if not well_fed:
        changes["main.py"] = FED_ANYWHERE
    tree = mutated(tmp_path, "matrix", changes)
    with EmulatedRig("sim:hexing?board=matrix", tree=tree) as emulated:
        with open_rig(emulated.port_path) as rig:
            rig.start_keys(1, "4", fresh_entry=True, **PRESS)
            assert eventually(lambda: key_is_down(emulated))
        again = started_again(emulated, 2 * WATCHDOG_S)
        assert again == ("watchdog" if well_fed else "")
        ((start_ms, end_ms, _),) = presses(emulated)
        assert end_ms - start_ms < 1000  # by the one-shot, however the loop stands


def test_after_the_emergency_stop_nothing_is_typed_until_the_host_has_said_that_it_knows() -> None:
    with EmulatedRig("sim:hexing?board=matrix") as emulated, open_rig(emulated.port_path) as rig:
        rig.start_keys(1, "7" * 20, fresh_entry=True, press_ms=300, gap_ms=80)
        assert eventually(lambda: key_is_down(emulated))
        emulated.tell_board("estop on")
        assert ended(rig, 1).reason == "emergency stop"
        assert eventually(lambda: not key_is_down(emulated))
        with pytest.raises(RequestRefused, match="is pressed"):
            rig.start_keys(2, "4", fresh_entry=True, **PRESS)
        emulated.tell_board("estop off")
        # The supply is back, and that alone presses nothing.
        jobs = itertools.count(3)
        assert eventually(lambda: "was pressed" in _refusal(rig, next(jobs)))
        rig.release_all()
        last = next(jobs)
        rig.start_keys(last, "4", fresh_entry=True, **PRESS)
        assert ended(rig, last).state == "done"


def test_an_emergency_stop_that_springs_back_is_an_interrupt_of_the_port() -> None:
    with open_any("sim:hexing?board=matrix&fault=estop_blip:2") as rig:
        rig.start_keys(1, "4567", fresh_entry=True, **PRESS)
        done = ended(rig, 1)
        assert (done.state, done.keys_done, done.reason) == ("aborted", 1, "emergency stop")
        assert "RELEASE_ALL" in _refusal(rig, 2)


def _refusal(rig: Rig, job_id: int) -> str:
    with pytest.raises(RequestRefused) as caught:
        rig.start_keys(job_id, "4", fresh_entry=True, **PRESS)
    return str(caught.value)


@pytest.mark.skipif(not Path("/proc/self/task").is_dir(), reason="looks at children in /proc")
def test_when_the_launcher_is_killed_nothing_is_left_behind() -> None:
    words = [sys.executable, "-m", "kctrig", "emulate", "rig", "hexing", "--board", "direct", "--json"]
    launcher = subprocess.Popen(words, stdout=subprocess.PIPE, text=True)
    assert launcher.stdout is not None
    facts = json.loads(launcher.stdout.readline())
    children = Path(f"/proc/{facts['pids'][1]}/task/{facts['pids'][1]}/children")
    assert eventually(lambda: bool(children.read_text().split()))
    everyone = [*facts["pids"], *(int(pid) for pid in children.read_text().split())]
    launcher.kill()
    launcher.wait()
    launcher.stdout.close()
    assert eventually(
        lambda: not any(Path(f"/proc/{pid}/cmdline").exists() and _is_ours(pid) for pid in everyone)
    )


def _is_ours(pid: int) -> bool:
    try:
        return (
            b"micropython" in (command := Path(f"/proc/{pid}/cmdline").read_bytes()) or b"kctrig" in command
        )
    except OSError:
        return False


def test_firmware_that_never_starts_is_told_with_its_own_words(tmp_path: Path) -> None:
    tree = mutated(
        tmp_path, "matrix", {"main.py": lambda text: "raise RuntimeError('no such luck')\n" + text}
    )
    emulated = EmulatedRig("sim:hexing?board=matrix", tree=tree)
    with emulated:
        assert eventually(lambda: len(emulated.pids) == 2 and not _alive(emulated))
        with pytest.raises(EmulatorError, match="no such luck"):
            emulated.check()


def _alive(emulated: EmulatedRig) -> bool:
    return emulated._devices[1].alive
