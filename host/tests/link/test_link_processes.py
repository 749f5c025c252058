"""Real processes killed, stopped and cut off in the middle of a key job, judged by the meter's own log."""

from __future__ import annotations

import json
import os
import random
import select
import signal
import threading
import time
from pathlib import Path

import pytest
from kctrig.link.errors import LinkLost, OutcomeUnknown
from kctrig.rig import JobEnded, Rig, open_rig
from kctrig.sim.devices import Device, find_micropython
from kctrig.sim.processes import EmulatedRig
from rigwire import messages as m

pytestmark = [
    pytest.mark.vm,
    pytest.mark.skipif(os.name != "posix", reason="signals and ptys"),
    pytest.mark.skipif(find_micropython() is None, reason="no micropython program on this computer"),
]

TOKEN = "12345678901234567890"
PRESS_MS, GAP_MS = 150, 80
JOB_S = len(TOKEN) * (PRESS_MS + GAP_MS) / 1000
# The rig's silence, one refresh of the contacts, and what a busy computer adds.
KEYS_UP_S = (m.LINK_TIMEOUT_MS + m.CONTACTS_REFRESH_MS) / 1000 + 0.8
SOON_S = 15.0
STOPPED_S = 5.0


class RestartableRig(EmulatedRig):
    """An emulated rig whose process can be started anew on the same lines, as a board after a power cut."""

    _rig_at: tuple[Path, tuple[int, ...]] = (Path(), ())

    def _device(self, role: str, folder: Path, env: dict[str, str], fds: tuple[int, ...] = ()) -> Device:
        if role == "rig" and not self._rig_at[1]:
            self._rig_at = (folder, tuple(os.dup(fd) for fd in fds))
        return super()._device(role, folder, env, fds)

    def restart_rig(self) -> None:
        folder, fds = self._rig_at
        env = {f"SIM_UART{number}": str(fd) for number, fd in enumerate(fds)}
        self._device("rig", folder, env, fds)

    def close(self) -> None:
        super().close()
        for fd in self._rig_at[1]:
            os.close(fd)
        self._rig_at = (Path(), ())

    @property
    def rig_pid(self) -> int:
        return self.pids[-1]


class Cable:
    """A second pty in front of a rig's own, so that it can be pulled out."""

    def __init__(self, far_path: str) -> None:
        import tty

        self._master, self._slave = os.openpty()
        tty.setraw(self._slave)
        self.path = os.ttyname(self._slave)
        self._far = os.open(far_path, os.O_RDWR | os.O_NOCTTY)
        self._pulled = threading.Event()
        self._carrier = threading.Thread(target=self._carry)
        self._carrier.start()

    def _carry(self) -> None:
        while not self._pulled.is_set():
            ready, _, _ = select.select([self._master, self._far], [], [], 0.05)
            for descriptor in ready:
                other = self._far if descriptor == self._master else self._master
                os.write(other, os.read(descriptor, 4096))

    def pull(self) -> None:
        self._pulled.set()
        self._carrier.join()
        for descriptor in (self._master, self._slave, self._far):
            os.close(descriptor)


def truth(emulated: EmulatedRig) -> list[dict[str, object]]:
    text = emulated.log_path.read_text(encoding="utf-8")
    return [json.loads(line) for line in text.splitlines(keepends=True) if line.endswith("\n")]


def contacts_down(emulated: EmulatedRig) -> set[object]:
    """The keys that are down on the meter's keypad now, by the meter's log."""
    last = {row["key"]: row["edge"] for row in truth(emulated) if row["event"] == "key"}
    return {key for key, edge in last.items() if edge == "down"}


def presses(emulated: EmulatedRig) -> str:
    return "".join(
        str(row["key"]) for row in truth(emulated) if row["event"] == "key" and row["edge"] == "down"
    )


def at_a_moment(emulated: EmulatedRig, seed: int) -> None:
    """Let a seeded share of the job pass, then wait for a key to be down: the worst moment."""
    time.sleep(random.Random(seed).uniform(0.05, 0.6) * JOB_S)
    end_s = time.monotonic() + SOON_S
    while not contacts_down(emulated):
        assert time.monotonic() < end_s, "no key went down"
        time.sleep(0.002)


def assert_keys_up_and_quiet(emulated: EmulatedRig, since_s: float) -> None:
    """Every contact opens within the link timeout, and none closes again."""
    while contacts_down(emulated):
        assert time.monotonic() - since_s < KEYS_UP_S, f"still down: {contacts_down(emulated)}"
        time.sleep(0.005)
    # The job may go on until the silence is up; then nothing more.
    time.sleep(max(0.0, since_s + KEYS_UP_S - time.monotonic()))
    before = presses(emulated)
    assert contacts_down(emulated) == set()
    time.sleep(2 * (PRESS_MS + GAP_MS) / 1000)
    assert presses(emulated) == before


def drain(rig: Rig) -> JobEnded | None:
    """Events until the job's end, for as long as the link can take to make up its mind; raises what it says."""
    end_s = time.monotonic() + SOON_S
    while time.monotonic() < end_s:
        event = rig.next_event(0.5)
        if isinstance(event, JobEnded):
            return event
    return None


def works_again(path: str, job_id: int) -> Rig:
    """The next connect, with nothing restarted on this side; it types."""
    rig = open_rig(path)
    rig.start_keys(job_id, "7", press_ms=100, gap_ms=50, fresh_entry=True)
    ended = drain(rig)
    assert ended is not None
    assert (ended.job_id, ended.state) == (job_id, "done")
    return rig


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_a_killed_rig_lets_go_of_the_keys_and_its_next_start_is_an_unknown_outcome(seed: int) -> None:
    with RestartableRig("sim:hexing") as emulated, open_rig(emulated.port_path) as rig:
        rig.start_keys(seed, TOKEN, press_ms=PRESS_MS, gap_ms=GAP_MS, fresh_entry=True)
        at_a_moment(emulated, seed)
        os.kill(emulated.rig_pid, signal.SIGKILL)
        killed_s = time.monotonic()
        assert_keys_up_and_quiet(emulated, killed_s)
        typed = presses(emulated)
        assert TOKEN.startswith(typed)
        emulated.restart_rig()
        with pytest.raises(OutcomeUnknown) as caught:
            drain(rig)
        assert (caught.value.job_id, caught.value.effect) == (seed, "unknown")
        assert presses(emulated) == typed  # nothing was sent again
        rig.close()
        works_again(emulated.port_path, seed + 100).close()


@pytest.mark.parametrize("seed", [4, 5])
def test_a_rig_that_stood_still_for_five_seconds_ends_the_job_and_types_nothing_more(seed: int) -> None:
    with EmulatedRig("sim:hexing") as emulated, open_rig(emulated.port_path) as rig:
        rig.start_keys(seed, TOKEN, press_ms=PRESS_MS, gap_ms=GAP_MS, fresh_entry=True)
        at_a_moment(emulated, seed)
        os.kill(emulated.pids[1], signal.SIGSTOP)
        stopped_s = time.monotonic()
        try:
            # The meter port's own silence opens the contacts: the rig cannot.
            assert_keys_up_and_quiet(emulated, stopped_s)
            typed = presses(emulated)
            time.sleep(max(0.0, stopped_s + STOPPED_S - time.monotonic()))
        finally:
            os.kill(emulated.pids[1], signal.SIGCONT)
        ended = drain(rig)
        assert ended is not None
        assert (ended.job_id, ended.state) == (seed, "aborted")
        assert presses(emulated) == typed
        rig.close()
        works_again(emulated.port_path, seed + 100).close()


@pytest.mark.parametrize("seed", [6, 7])
def test_a_pulled_cable_is_a_lost_link_and_the_next_host_sees_what_was_done(seed: int) -> None:
    with EmulatedRig("sim:hexing") as emulated:
        cable = Cable(emulated.port_path)
        try:
            rig = open_rig(cable.path)
            rig.start_keys(seed, TOKEN, press_ms=PRESS_MS, gap_ms=GAP_MS, fresh_entry=True)
            at_a_moment(emulated, seed)
        finally:
            cable.pull()
        pulled_s = time.monotonic()
        with pytest.raises(LinkLost) as caught:
            drain(rig)
        assert (caught.value.job_id, caught.value.effect) == (seed, "unknown")
        rig.close()
        assert_keys_up_and_quiet(emulated, pulled_s)
        again = works_again(emulated.port_path, seed + 100)
        status = again.job_status(seed)
        assert isinstance(status, JobEnded)
        assert (status.state, status.reason) == ("aborted", "link silence")
        assert presses(emulated) == TOKEN[: len(presses(emulated)) - 1] + "7"
        again.close()
