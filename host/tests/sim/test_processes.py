"""Emulated rigs as processes: a real MicroPython VM for the rig, another for the meter, a pty to the host."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from kctrig.link.errors import LinkLost, NoAnswer, NoSuchPort, PortTaken, RequestRefused, VersionMismatch
from kctrig.rig import JobEnded, JobRunning, KeyEdge, Rig, WentSafe, open_rig
from kctrig.sim import devices, open_any
from kctrig.sim.devices import EmulatorError, find_micropython
from kctrig.sim.processes import EmulatedMeter, EmulatedRig
from kctrig.sim.urls import BRANDS

pytestmark = [
    pytest.mark.vm,
    pytest.mark.skipif(find_micropython() is None, reason="no micropython program on this computer"),
]

Eventually = Callable[[Callable[[], bool], float], bool]
UntilTheEnd = Callable[..., JobEnded]
Patched = Callable[[dict[str, Callable[[str], str]]], Path]
TOKEN = "12345678901234567890"
SLOW_MS = {"press_ms": 120, "gap_ms": 80}
CALM_MS = {
    "press_ms": 300,
    "gap_ms": 300,
}  # every key is seen on a computer that is busy with other tests, too


def drain(rig: Rig) -> None:
    """Take events for ten seconds, or until that raises."""
    for _ in range(50):
        rig.next_event(0.2)


def keys_of(truth: list[dict[str, Any]]) -> dict[str, str]:
    """Last edge of each key in a truth log."""
    return {row["key"]: row["edge"] for row in truth if row["event"] == "key"}


@pytest.mark.parametrize("brand", BRANDS)
def test_keys_typed_on_the_host_arrive_in_the_truth_log_of_every_brand(
    brand: str, typed: Callable[[Path], str], until_the_end: UntilTheEnd
) -> None:
    with EmulatedRig(f"sim:{brand}") as emulated, open_rig(emulated.port_path) as rig:
        assert "micropython" in rig.info.version
        rig.start_keys(1, "04#", **CALM_MS, fresh_entry=True)
        assert until_the_end(rig, 1) == JobEnded(1, "done", 3, "none", rig.job_status(1).device_ms)  # type: ignore[union-attr]
        assert typed(emulated.log_path) == "04#"


def test_the_glass_follows_the_keys(until_the_end: UntilTheEnd) -> None:
    with open_any("sim:sanxing") as rig:
        before = rig.glass().image
        seen: list[object] = []
        rig.start_keys(2, "7", press_ms=60, gap_ms=60, fresh_entry=True)
        until_the_end(rig, 2, seen=seen)
        assert [(edge.key, edge.down) for edge in seen if isinstance(edge, KeyEdge)] == [
            ("7", True),
            ("7", False),
        ]
        assert rig.glass().image != before


def test_a_second_client_finds_the_same_start_of_the_rig(until_the_end: UntilTheEnd) -> None:
    with EmulatedRig("sim:hexing") as emulated:
        with open_rig(emulated.port_path) as rig:
            first = rig.info.boot_id
            rig.start_keys(5, "7", press_ms=60, gap_ms=60)
            until_the_end(rig, 5)
        with open_rig(emulated.port_path) as rig:
            assert rig.info.boot_id == first
            status = rig.job_status(5)
            assert isinstance(status, JobEnded)
            assert status.state == "done"
            assert rig.job_status(6) is None


def test_two_clients_at_once_are_refused() -> None:
    with EmulatedRig("sim:hexing") as emulated, open_rig(emulated.port_path), pytest.raises(PortTaken):
        open_rig(emulated.port_path)


def test_a_killed_rig_is_a_lost_link_with_an_open_outcome_and_the_meter_opens_its_contacts(
    truth: Callable[[Path], list[dict[str, Any]]], eventually: Eventually
) -> None:
    with EmulatedRig("sim:hexing") as emulated, open_rig(emulated.port_path) as rig:
        rig.start_keys(3, TOKEN, press_ms=1000, gap_ms=50, fresh_entry=True)
        assert eventually(lambda: keys_of(truth(emulated.log_path)) == {"1": "down"}, 5)
        emulated.kill_rig()
        with pytest.raises(LinkLost) as caught:
            drain(rig)
        assert (caught.value.effect, caught.value.job_id) == ("unknown", 3)
        assert eventually(
            lambda: keys_of(truth(emulated.log_path)) == {"1": "up"} or not emulated.meter_alive, 3
        )


def test_a_killed_meter_ends_the_job_and_is_said(
    truth: Callable[[Path], list[dict[str, Any]]], eventually: Eventually, until_the_end: UntilTheEnd
) -> None:
    with EmulatedRig("sim:hexing") as emulated, open_rig(emulated.port_path) as rig:
        rig.start_keys(3, TOKEN, press_ms=500, gap_ms=500, fresh_entry=True)
        assert eventually(lambda: bool(truth(emulated.log_path)), 5)
        emulated.kill_meter()
        ended = until_the_end(rig, 3, within_s=10)
        assert (ended.state, ended.reason) == ("aborted", "fault")
        event = rig.next_event(1)
        assert isinstance(event, WentSafe)
        with pytest.raises(RequestRefused, match="no meter answers"):
            rig.glass()
        with pytest.raises(RequestRefused, match="no meter answers") as refused:
            rig.start_keys(4, "04#", press_ms=60, gap_ms=60)
        assert refused.value.effect == "nothing"


def test_closing_the_rig_releases_the_key(
    truth: Callable[[Path], list[dict[str, Any]]], eventually: Eventually
) -> None:
    with EmulatedRig("sim:hexing") as emulated:
        with open_rig(emulated.port_path) as rig:
            rig.start_keys(3, TOKEN, press_ms=1000, gap_ms=50, fresh_entry=True)
            assert eventually(lambda: keys_of(truth(emulated.log_path)) == {"1": "down"}, 5)
            assert isinstance(rig.job_status(3), JobRunning)
        assert eventually(lambda: keys_of(truth(emulated.log_path)) == {"1": "up"}, 0.5)


def test_a_host_that_vanishes_leaves_every_key_up_and_the_next_host_sees_what_was_done(
    truth: Callable[[Path], list[dict[str, Any]]], eventually: Eventually
) -> None:
    program = (
        "import sys, time\n"
        "from kctrig.rig import open_rig\n"
        "rig = open_rig(sys.argv[1])\n"
        "rig.start_keys(9, '12345', press_ms=1000, gap_ms=50, fresh_entry=True)\n"
        "print('typing', flush=True)\n"
        "time.sleep(60)\n"
    )
    with EmulatedRig("sim:hexing") as emulated:
        host = subprocess.Popen([sys.executable, "-c", program, emulated.port_path], stdout=subprocess.PIPE)
        assert host.stdout is not None
        assert host.stdout.readline() == b"typing\n"
        assert eventually(lambda: keys_of(truth(emulated.log_path)) == {"1": "down"}, 5)
        host.kill()
        host.wait()
        host.stdout.close()
        assert eventually(lambda: keys_of(truth(emulated.log_path)).get("2") == "up", 5)
        with open_rig(emulated.port_path) as rig:
            assert eventually(lambda: isinstance(rig.job_status(9), JobEnded), 4)
            status = rig.job_status(9)
            assert isinstance(status, JobEnded)
            assert (status.state, status.reason) == ("aborted", "link silence")


def test_firmware_of_another_wire_version_is_named(patched_tree: Patched) -> None:
    tree = patched_tree(
        {
            "rigwire/messages.py": lambda text: text.replace("PROTOCOL_VERSION = 1", "PROTOCOL_VERSION = 2"),
            "rigwire/frames.py": lambda text: text.replace("MAJOR_VERSION = 1", "MAJOR_VERSION = 2"),
        }
    )
    with EmulatedRig("sim:hexing", tree=tree) as emulated:
        with pytest.raises(VersionMismatch) as caught:
            open_rig(emulated.port_path)
        assert (caught.value.host_version, caught.value.rig_version) == (1, 2)


def test_a_rig_that_never_answers_is_no_answer(patched_tree: Patched) -> None:
    silent = "import time\nwhile True:\n    time.sleep(1)\n"
    tree = patched_tree({"rig_main.py": lambda _: silent})
    with EmulatedRig("sim:hexing", tree=tree) as emulated, pytest.raises(NoAnswer):
        open_rig(emulated.port_path)


def test_a_meter_that_dies_at_start_is_said_with_its_last_words(patched_tree: Patched) -> None:
    tree = patched_tree({"meter_main.py": lambda _: "raise ValueError('planted in the meter')\n"})
    with pytest.raises(EmulatorError, match="planted in the meter"):
        EmulatedRig("sim:hexing", tree=tree).start()


def test_a_rig_that_died_by_itself_is_said_when_all_is_over(
    patched_tree: Patched, capfd: pytest.CaptureFixture[str]
) -> None:
    tree = patched_tree({"rig_main.py": lambda _: "raise ValueError('planted in the rig')\n"})
    # Before the open the pty is gone, after it the line.
    with EmulatedRig("sim:hexing", tree=tree) as emulated, pytest.raises((LinkLost, NoSuchPort)):
        open_rig(emulated.port_path)
    assert capfd.readouterr().err.count("planted in the rig") == 1


def test_an_exception_in_the_firmware_opens_the_keys_and_reaches_the_host_as_a_log(
    patched_tree: Patched,
    truth: Callable[[Path], list[dict[str, Any]]],
    eventually: Eventually,
) -> None:
    bomb = "        if msg == m.ABORT:\n            raise MemoryError('planted')\n"
    before = "        if msg == m.JOB_STATUS:\n"
    tree = patched_tree({"rigfw/app.py": lambda text: text.replace(before, bomb + before)})
    with EmulatedRig("sim:hexing", tree=tree) as emulated, open_rig(emulated.port_path) as rig:
        rig.start_keys(3, TOKEN, press_ms=1000, gap_ms=50, fresh_entry=True)
        assert eventually(lambda: keys_of(truth(emulated.log_path)) == {"1": "down"}, 5)
        with pytest.raises((RequestRefused, LinkLost)):
            rig.abort(3)
        with pytest.raises(LinkLost):
            drain(rig)
        assert any("planted" in line for line in rig.log)
        assert keys_of(truth(emulated.log_path)) == {"1": "up"}


def test_nothing_of_a_rig_is_left_after_close() -> None:
    emulated = EmulatedRig("sim:star").start()
    pids, folder = emulated.pids, emulated.log_path.parent
    emulated.close()
    assert not folder.exists()
    assert not any(is_alive(pid) for pid in pids)
    emulated.close()


def is_alive(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0]
    except FileNotFoundError:
        return False
    return state != "Z"


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="looks at /proc")
@pytest.mark.parametrize("vm", ["micropython", "cpython"])
def test_the_processes_end_when_the_host_is_killed(vm: str, eventually: Eventually) -> None:
    program = (
        "import sys, time\n"
        "from kctrig.sim.processes import EmulatedRig\n"
        f"emulated = EmulatedRig('sim:hexing?vm={vm}').start()\n"
        "print(*emulated.pids, flush=True)\n"
        "time.sleep(60)\n"
    )
    host = subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, text=True)
    assert host.stdout is not None
    pids = [int(word) for word in host.stdout.readline().split()]
    assert len(pids) == 2
    assert all(is_alive(pid) for pid in pids)
    host.kill()
    host.wait()
    host.stdout.close()
    assert eventually(lambda: not any(is_alive(pid) for pid in pids), 4)


@pytest.mark.skipif(not hasattr(os, "getsid"), reason="POSIX sessions")
def test_ctrl_c_in_the_terminal_does_not_reach_the_devices() -> None:
    with EmulatedRig("sim:hexing") as emulated:
        assert all(os.getsid(pid) != os.getsid(0) for pid in emulated.pids)
        os.kill(emulated.pids[1], 0)


def test_an_emulated_meter_alone_shows_its_glass_on_its_port() -> None:
    import zlib

    from kctrig.link.port import open_port
    from rigwire import frames, glass
    from rigwire import messages as m

    with EmulatedMeter("sim:itron") as emulated:
        line = open_port(emulated.port_path)
        try:
            decoder = frames.Decoder(zlib.crc32)
            found: list[frames.Frame] = []
            for _ in range(20):
                found += decoder.feed(line.read(0.5))
                if found:
                    break
        finally:
            line.close()
    assert found[0].msg == m.GLASS
    assert glass.unpack_glass(found[0].payload)[0] == glass.SEVEN_SEGMENT


@pytest.mark.parametrize("use_tcp", [False, True], ids=["descriptors", "tcp"])
def test_the_same_firmware_runs_under_cpython(
    use_tcp: bool, typed: Callable[[Path], str], until_the_end: UntilTheEnd
) -> None:
    with EmulatedRig("sim:hexing?vm=cpython", use_tcp=use_tcp) as emulated:
        assert emulated.port_path.startswith("socket://") is use_tcp
        for job_id in (1, 2):
            with open_rig(emulated.port_path) as rig:
                assert "cpython" in rig.info.version
                rig.start_keys(job_id, "04#", **CALM_MS, fresh_entry=True)
                assert until_the_end(rig, job_id).state == "done"
        assert typed(emulated.log_path) == "04#04#"


def test_a_missing_micropython_is_said_and_cpython_takes_over(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(devices, "find_micropython", lambda: None)
    devices._say_fallback.cache_clear()
    with open_any("sim:hexing") as rig, open_any("sim:star") as other:
        assert "cpython" in rig.info.version
        assert "cpython" in other.info.version
    said = capsys.readouterr().err
    assert said.count("\n") == 1
    assert "CPython" in said


def test_micropython_asked_for_by_name_and_missing_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(devices, "find_micropython", lambda: None)
    with pytest.raises(EmulatorError, match="kctrig\\[sim\\]"):
        EmulatedRig("sim:hexing?vm=micropython")


def test_a_stopped_rig_is_met_again_and_its_table_still_knows_the_job(until_the_end: UntilTheEnd) -> None:
    with EmulatedRig("sim:hexing") as emulated, open_rig(emulated.port_path) as rig:
        rig.start_keys(1, "04#", **CALM_MS, fresh_entry=True)
        os.kill(emulated.pids[1], signal.SIGSTOP)
        try:
            drained = [
                event for event in iter(lambda: rig.next_event(0.3), None) if isinstance(event, JobEnded)
            ]
        finally:
            os.kill(emulated.pids[1], signal.SIGCONT)
        assert drained == []
        assert until_the_end(rig, 1).state == "done"


def test_a_rig_named_by_its_url_is_named_so_for_people() -> None:
    with open_any("sim:melcoinda") as rig:
        assert rig.info.rig_id == "sim:melcoinda"
        assert isinstance(rig, Rig)
