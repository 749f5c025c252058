"""Emulated rigs and meters as processes: who opens the lines, who holds what, and how everything ends.

    host port - pty - rig firmware - socket pair - emulated meter
    host port - pty - an ESP32's firmware - emulated board - socket pair - emulated meter     (board=…)

This process opens the pty and keeps its slave open, so that a rig without a client is idle and not broken; the
ends go to the devices as inherited descriptors. Where there is no pty (Windows) the same firmware runs under
CPython and the lines are TCP connections on 127.0.0.1 (facts/micropython.md section 2).
"""

from __future__ import annotations

import atexit
import contextlib
import json
import os
import select
import socket
import time
import weakref
from pathlib import Path
from types import TracebackType
from typing import Self

from kctrig.sim import firmware_tree
from kctrig.sim.devices import BOARD, BOARD_HEAP, Device, EmulatorError, choose_vm, find_micropython, notice
from kctrig.sim.urls import BOARDS, SimUrl, parse
from kctrig.sim.workfolder import WorkFolder, sweep

_READY_S = 20.0
_LINE_BYTES = 1 << 16

_running: weakref.WeakSet[Emulated] = weakref.WeakSet()


class Emulated:
    """What an emulated rig and an emulated meter alone have in common.

    Attributes:
        spec: the parsed URL.
        port_path: what a client opens: a pty, or a socket:// URL where there is no pty.
        log_path: the meter's truth log.
        state_path: the meter's state file.
        vm: what runs the firmware.
    """

    def __init__(
        self, url: str | SimUrl, *, tree: Path | None = None, use_tcp: bool = os.name != "posix"
    ) -> None:
        """Prepare; `start` (or `with`) runs it.

        Args:
            url: `sim:` URL.
            tree: a staged firmware folder to run instead of the installed firmware.
            use_tcp: TCP lines instead of pty and socket pair; the devices then run under CPython.
        """
        self.spec = parse(url) if isinstance(url, str) else url
        self.vm = "cpython" if use_tcp else choose_vm(self.spec.vm)
        self.port_path = ""
        self._use_tcp = use_tcp
        self._tree = tree
        self._devices: list[Device] = []
        self._slave: int | None = None
        self._temporary: WorkFolder | None = None
        self.log_path = self.spec.log or Path()
        self.state_path = self.spec.state or Path()

    @property
    def url(self) -> str:
        """The same as `port_path`: what any client opens."""
        return self.port_path

    @property
    def name(self) -> str:
        """What people call it, e.g. "sim:hexing"."""
        return f"sim:{self.spec.brand}"

    @property
    def pids(self) -> list[int]:
        """Process numbers: the meter's, then the rig's where there is one."""
        return [device.process.pid for device in self._devices]

    @property
    def meter_alive(self) -> bool:
        """Whether the meter's process runs."""
        return self._devices[0].alive

    def start(self) -> Self:
        """Start the processes; returns when the line is there and the meter shows its glass.

        Raises:
            EmulatorError: a process died or did not get ready; nothing is left running.
        """
        try:
            sweep()
            self._temporary = WorkFolder()
            folder = self._temporary.path
            if self._tree is None:
                self._tree = self._stage(folder / "firmware")
            if self.spec.state is None:
                self.state_path = folder / "meter.json"
                self.state_path.write_text(new_meter(self.spec), encoding="utf-8")
            if self.spec.log is None:
                self.log_path = folder / "truth.jsonl"
            self._launch(folder)
        except BaseException:
            self.close()
            raise
        _running.add(self)
        return self

    def close(self) -> None:
        """End every process; says on stderr when one had died by itself. May be called twice."""
        _running.discard(self)
        for device in reversed(self._devices):  # the meter last: it is to see that the keys go up
            device.end()
            device.reap()
            obituary = device.obituary()
            if obituary is not None:
                notice(obituary)
        self._devices.clear()
        if self._slave is not None:
            os.close(self._slave)
            self._slave = None
        if self._temporary is not None:
            self._temporary.close()
            self._temporary = None

    def check(self) -> None:
        """Raise EmulatorError when a process died by itself."""
        for device in self._devices:
            obituary = device.obituary()
            if obituary is not None:
                raise EmulatorError(obituary)

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _stage(self, folder: Path) -> Path:
        return firmware_tree.stage(folder)

    def _launch(self, folder: Path) -> None:
        raise NotImplementedError

    def _meter_env(self) -> dict[str, str]:
        spec = self.spec
        return {
            "SIM_BRAND": spec.brand,
            "SIM_STATE": str(self.state_path.absolute()),
            "SIM_LOG": str(self.log_path.absolute()),
            "SIM_METER": (spec.meter or "") if spec.state is not None else "",
            "SIM_SEED": str(spec.seed),
            "SIM_FAULTS": ",".join(spec.faults),
        }

    def _device(self, role: str, folder: Path, env: dict[str, str], fds: tuple[int, ...] = ()) -> Device:
        tree = self._tree_of(role, folder)
        device = Device(f"{role} ({self.name})", role, self.vm, tree=tree, folder=folder, env=env, fds=fds)
        self._devices.append(device)
        return device

    def _tree_of(self, role: str, folder: Path) -> Path:
        assert self._tree is not None
        return self._tree

    def _open_pty(self) -> int:
        """The master of a new raw pty; its slave stays open here, its path becomes `port_path`."""
        import tty

        master, slave = os.openpty()
        self._slave = slave
        tty.setraw(slave)
        os.set_blocking(master, False)
        self.port_path = os.ttyname(slave)
        return master

    def _tcp_port(self, device: Device) -> int:
        """The port a CPython device listens on; it prints the number as its first line."""
        assert device.process.stdout is not None
        line = device.process.stdout.readline()
        if not line:
            device.process.wait()
            raise EmulatorError(device.obituary() or f"the emulated {device.name} did not start")
        return int(line)


class EmulatedRig(Emulated):
    """A rig and the meter it types on. Use as a context manager.

    With `board=` in the URL the rig is an emulated ESP32 board, and `tree` a folder of `firmware_tree.stage_board`.
    """

    def kill_rig(self) -> None:
        """End the rig's process at once, as a power cut would."""
        if self.spec.board is not None:
            self.tell_board("off")
            self._devices[1].process.wait()
            return
        self._devices[1].kill()

    def tell_board(self, command: str) -> None:
        """What happens to an emulated board: reset, hang, estop on, estop off, off (`hardware.process.Board.command`)."""
        assert self.spec.board is not None
        self._devices[1].tell(command)

    def kill_meter(self) -> None:
        """End the meter's process at once."""
        self._devices[0].kill()

    def _stage(self, folder: Path) -> Path:
        if self.spec.board is None:
            return firmware_tree.stage(folder)
        return firmware_tree.stage_board(folder, BOARDS[self.spec.board])

    def _tree_of(self, role: str, folder: Path) -> Path:
        if self.spec.board is None or role == BOARD:
            return super()._tree_of(role, folder)
        return firmware_tree.stage(folder / "meter_firmware")  # the meter is another chip

    def _launch(self, folder: Path) -> None:
        if self.spec.board is not None and self.vm != "micropython":
            raise EmulatorError(
                f"{self.name} with board= needs MicroPython; leave board= out, or install kctrig[sim]"
            )
        if self._use_tcp:
            meter = self._device("meter", folder, self._meter_env())
            meter_port = self._tcp_port(meter)
            rig = self._device("rig", folder, {"SIM_METER_PORT": str(meter_port)})
            self.port_path = f"socket://127.0.0.1:{self._tcp_port(rig)}"
            return
        rig_end, meter_end = socket.socketpair()
        master = self._open_pty()
        try:
            for end in (rig_end, meter_end):
                end.setblocking(False)
                end.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, _LINE_BYTES)
            fd = meter_end.fileno()
            meter = self._device("meter", folder, {**self._meter_env(), "SIM_UART0": str(fd)}, (fd,))
            meter_end.close()
            if "no_glass" not in self.spec.faults:
                _await_glass(rig_end, meter)
            fds = (master, rig_end.fileno())
            if self.spec.board is not None:
                self._device(BOARD, folder, self._board_env(folder, *fds), fds)
                return
            self._device("rig", folder, {"SIM_UART0": str(fds[0]), "SIM_UART1": str(fds[1])}, fds)
        finally:
            os.close(master)
            rig_end.close()
            meter_end.close()

    def _board_env(self, folder: Path, host_fd: int, meter_fd: int) -> dict[str, str]:
        return {
            "SIM_PROGRAM": find_micropython() or "",
            "SIM_HEAP": BOARD_HEAP,
            "SIM_TREE": str(self._tree),
            "SIM_FLASH": str(folder),
            "SIM_CHAIN": ",".join(self.spec.chain_faults),
            "SIM_JIG": "1" if self.spec.jig else "",
            "SIM_UNKIND": self.spec.unkind.text() if self.spec.unkind is not None else "",
            "SIM_HOST_FD": str(host_fd),
            "SIM_METER_FD": str(meter_fd),
        }


class EmulatedMeter(Emulated):
    """An emulated meter alone; what is on the line is the meter port's wire. Use as a context manager."""

    def kill_meter(self) -> None:
        """End the meter's process at once."""
        self._devices[0].kill()

    def _launch(self, folder: Path) -> None:
        if self.spec.board is not None:
            raise EmulatorError(f"{self.name} alone has no board: leave board= out, or emulate a rig")
        if self._use_tcp:
            meter = self._device("meter", folder, self._meter_env())
            self.port_path = f"socket://127.0.0.1:{self._tcp_port(meter)}"
            return
        master = self._open_pty()
        try:
            self._device("meter", folder, {**self._meter_env(), "SIM_UART0": str(master)}, (master,))
        finally:
            os.close(master)


def _await_glass(line: socket.socket, meter: Device) -> None:
    """Wait for the meter's first bytes without taking them. Raises EmulatorError."""
    deadline = time.monotonic() + _READY_S
    while time.monotonic() < deadline:
        readable, _, _ = select.select([line], [], [], 0.1)
        if readable:
            with contextlib.suppress(ConnectionError):
                if line.recv(1, socket.MSG_PEEK):
                    return
            meter.process.wait()
        if not meter.alive:
            raise EmulatorError(
                meter.obituary() or f"the emulated {meter.name} ended at once: {meter.last_words()}"
            )
    raise EmulatorError(
        f"the emulated {meter.name} showed nothing for {_READY_S:.0f} s: {meter.last_words()}"
    )


def new_meter(spec: SimUrl) -> str:
    """The state file of a new meter of this brand, with the laws of the URL in it."""
    from metersim import defaults

    state: dict[str, object] = defaults.default_state(spec.brand, spec.meter)
    if spec.laws is not None:
        state["laws"] = spec.laws
    return json.dumps(state)


@atexit.register
def _close_all() -> None:
    for emulated in list(_running):
        emulated.close()
