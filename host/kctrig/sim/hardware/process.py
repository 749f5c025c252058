"""The emulated board as a process: `python -m kctrig.sim.hardware.process`, started by `kctrig.sim.processes`.

    host - pty - rig firmware in a MicroPython VM - bus and UART 2 - this process - socket - meter
    (with unkind= the pty ends here, too, and the chip's host line passes through `kctrig.sim.unkind`)

It starts the VM and owns its reset line: a watchdog that was not fed, `machine.reset()` and planted resets end the VM
and start another with the right reset cause, while the circuit here goes on as circuits do. Standard input is the
launcher's pipe: at its end everything ends; a line on it is a command (`Board.command`).
"""

from __future__ import annotations

import contextlib
import os
import select
import socket
import time
from pathlib import Path

from kctrig.sim.hardware import faults, plan
from kctrig.sim.hardware.circuit import HANG_CPU, RESET_CPU, Circuit
from kctrig.sim.hardware.meterside import MeterSide
from kctrig.sim.hardware.parts import NEVER
from kctrig.sim.hardware.vm import Vm
from kctrig.sim.unkind import UART_RING_BYTES, USB_RING_BYTES, HostLine, Wire, parse

# As machine.reset_cause() gives them on an ESP32 (facts/micropython.md section 6, point 10).
POWER_ON, HARD_RESET, WATCHDOG_RESET = 1, 2, 3
_CHUNK = 4096
_LONGEST_WAIT_MS = 500
_SWITCH_OFF_US = 1_000_000  # longer than any contact takes to open
_LINGER_S = 0.1  # for the meter's debounce, before its line is closed


def now_us() -> int:
    """The clock of the computer."""
    return time.monotonic_ns() // 1000


class Board:
    """Circuit, chip and meter line, and the loop that serves them."""

    def __init__(self) -> None:
        env = os.environ
        self._plan = plan.read(Path(env["SIM_TREE"]) / "board.py")
        names = env.get("SIM_CHAIN", "")
        wrong = faults.parse(names.split(",") if names else [])
        self._jig = bool(env.get("SIM_JIG"))
        self._circuit = Circuit(self._plan, wrong, jig=self._jig)
        self._meter_side = MeterSide(self._plan.kind)
        self._host_fd = int(env["SIM_HOST_FD"])
        self._meter: socket.socket | None = socket.socket(fileno=int(env["SIM_METER_FD"]))
        self._meter.setblocking(False)
        self._vm: Vm | None = None
        self._manners = parse(env["SIM_UNKIND"]) if env.get("SIM_UNKIND") else None
        self._line: HostLine | None = None
        self._wires = (Wire(), Wire())  # to the meter, from the meter
        self._poll = select.poll()
        self._poll.register(0, select.POLLIN)
        if self._manners is not None:
            ring_bytes = UART_RING_BYTES if self._plan.host_uart else USB_RING_BYTES
            self._line = HostLine(self._manners, ring_bytes)
            self._poll.register(self._host_fd, select.POLLIN)
        self._poll.register(self._meter, select.POLLIN)
        self._boot(POWER_ON)

    def run(self) -> None:
        """Until the launcher is gone or switches the board off."""
        while True:
            ready = {fd for fd, _ in self._poll.poll(self._wait_ms())}
            if 0 in ready and not self._listen():
                return
            vm = self._vm
            if self._meter is not None and self._meter.fileno() in ready:
                self._from_meter(vm)
            if vm is not None and vm.uart.fileno() in ready:
                self._to_meter(_receive(vm.uart) or b"")
            if self._line is not None:
                self._carry(self._line, ready)
            if vm is not None and vm.bus.fileno() in ready:
                self._serve(vm)
            self._pass_time()

    def close(self) -> None:
        """The rig has no power any more: every contact opens, and the meter is told."""
        if self._vm is not None:
            self._vm.end()
            self._vm = None
        self._circuit.chip_reset(now_us())
        self._circuit.poll(now_us() + _SWITCH_OFF_US)
        self._tell_meter()
        time.sleep(_LINGER_S)

    # --- inside

    def _wait_ms(self) -> int:
        times = [self._circuit.next_us(now_us())]
        if self._plan.kind != plan.UART:
            times.append(self._meter_side.next_us())
        if self._vm is not None:
            times.append(self._vm.bus_end.watchdog.next_us())
        if self._line is not None:
            times += [self._line.next_us(), *(wire.next_us() for wire in self._wires)]
        nearest_us = min((at_us for at_us in times if at_us != NEVER), default=NEVER)
        if nearest_us == NEVER:
            return _LONGEST_WAIT_MS
        # Late by part of a millisecond rather than busy before it.
        left_ms = -(-(nearest_us - now_us()) // 1000)
        return max(0, min(_LONGEST_WAIT_MS, left_ms))

    def _boot(self, cause: int) -> None:
        """Reset the chip; it starts again at once (a real one takes about a third of a second)."""
        old = self._vm
        if old is not None:
            self._unwatch(old.bus)
            self._unwatch(old.uart)
            if old.host is not None:
                self._unwatch(old.host)
            old.end()
            self._circuit.chip_reset(now_us())
            self._tell_meter()
        plan_ = self._plan
        self._vm = Vm(self._host_fd, plan_.host_uart, plan_.meter_uart, self._circuit, cause, self._manners)
        if self._line is not None and self._vm.host is not None:
            self._poll.register(self._vm.host, select.POLLIN)
            self._line.chip_reset(cause, now_us())
            for wire in self._wires:
                wire.cut()
        self._poll.register(self._vm.bus, select.POLLIN)
        self._poll.register(self._vm.uart, select.POLLIN)

    def _unwatch(self, line: socket.socket) -> None:
        with contextlib.suppress(KeyError, ValueError):
            self._poll.unregister(line)

    def _listen(self) -> bool:
        """Commands of the launcher; False when the board is to end."""
        data = os.read(0, _CHUNK)
        if not data:
            return False
        return all(self.command(line) for line in data.decode().split("\n") if line)

    def command(self, line: str) -> bool:
        """Do what the launcher says; False when the board is to end.

        `off`: the rig loses its power; `reset`: its button is pressed; `hang`: its CPU stands still; `estop on` and
        `estop off`.
        """
        if line == "off":
            return False
        if line == "reset":
            self._boot(POWER_ON)
        elif line == "hang" and self._vm is not None:
            self._vm.stop()
        elif line in ("estop on", "estop off"):
            self._circuit.set_estop(line == "estop on", now_us())
        else:
            raise ValueError(f"unknown command {line!r} to the board")
        return True

    def _from_meter(self, vm: Vm | None) -> None:
        assert self._meter is not None
        data = _receive(self._meter)
        if data == b"":
            self._unwatch(self._meter)
            self._meter.close()
            self._meter = None
        elif self._jig:
            return  # the jig is plugged in the place of the meter: its port is silent, too
        elif data and self._line is not None:
            self._wires[1].push(data, now_us())
        elif data and vm is not None:
            with contextlib.suppress(OSError):
                vm.uart.send(data)

    def _to_meter(self, data: bytes) -> None:
        if self._line is None:
            self._meter_side.from_rig(data)
        else:
            self._wires[0].push(data, now_us())

    def _carry(self, line: HostLine, ready: set[int]) -> None:
        """Move what has arrived by now on the slow lines."""
        vm = self._vm
        if self._host_fd in ready:
            with contextlib.suppress(OSError):
                line.from_host(os.read(self._host_fd, _CHUNK), now_us())
        if vm is None or vm.host is None:
            return
        if vm.host.fileno() in ready:
            line.from_chip(_receive(vm.host) or b"", now_us())
        out = line.to_host(now_us())
        if out:
            with contextlib.suppress(OSError):
                os.write(self._host_fd, out)
        with contextlib.suppress(OSError):
            vm.host.send(line.to_chip(now_us(), vm.unread()))
            vm.uart.send(self._wires[1].pull(now_us()))
        self._meter_side.from_rig(self._wires[0].pull(now_us()))
        if line.reset_is_due():
            self._boot(HARD_RESET)

    def _serve(self, vm: Vm) -> None:
        data = _receive(vm.bus)
        if data:
            answer = vm.bus_end.receive(data, now_us())
            with contextlib.suppress(OSError):
                vm.bus.sendall(answer)
            if vm.bus_end.reset_asked:
                self._boot(HARD_RESET)
        elif data == b"":
            # The program ended by itself: on a board the REPL, with every pad as it was.
            self._unwatch(vm.bus)
            self._unwatch(vm.uart)
            vm.process.wait()
            if not vm.bus_end.watchdog.running:
                code = vm.process.returncode
                raise SystemExit(
                    f"the firmware ended (exit {code}) before its watchdog was started: its words are above"
                )

    def _pass_time(self) -> None:
        now = now_us()
        self._circuit.poll(now)
        for order in self._circuit.take_orders():
            if order == RESET_CPU:
                self._boot(HARD_RESET)
            elif order == HANG_CPU and self._vm is not None:
                self._vm.stop()
        vm = self._vm
        if vm is not None:
            bites_us = vm.bus_end.watchdog.next_us()
            if bites_us != NEVER and now >= bites_us:
                self._boot(WATCHDOG_RESET)
        self._tell_meter()

    def _tell_meter(self) -> None:
        self._meter_side.keys(self._circuit.keys(), now_us())
        out = self._meter_side.take()
        if out and self._meter is not None:
            with contextlib.suppress(OSError):
                self._meter.send(out)


def _receive(line: socket.socket) -> bytes | None:
    """What is there; None when nothing is, empty when the other end is gone."""
    try:
        return line.recv(_CHUNK, socket.MSG_DONTWAIT)
    except BlockingIOError:
        return None
    except OSError:
        return b""


def main() -> int:
    """Be the board until the launcher is gone."""
    board = Board()
    try:
        board.run()
    finally:
        board.close()
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
