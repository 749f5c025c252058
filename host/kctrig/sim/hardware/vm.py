"""One run of the chip's firmware in a MicroPython VM, from reset to reset, and the lines that end in it."""

from __future__ import annotations

import fcntl
import os
import signal
import socket
import subprocess
import sys
import termios

from kctrig.sim.hardware.bus import BusEnd
from kctrig.sim.hardware.circuit import Circuit
from kctrig.sim.unkind import Manners

_LINE_BYTES = 1 << 16


class Vm:
    """The VM, as a child of the board process; what it is to run comes by environment (`sim.processes`).

    Args:
        host_fd: the host line, on the chip's USB or on one of its UARTs.
        host_uart: number of that UART, 0 for the USB.
        meter_uart: number of the meter port's UART.
        circuit: what its pins and its bus end in.
        cause: why the chip starts, as `machine.reset_cause()` gives it.
        manners: of an unkind chip; None for a plain one.

    Attributes:
        bus_end: answers its requests; holds its watchdog.
        bus, uart: this end of the bus and of the meter port.
        host: this end of the host line of an unkind chip; a plain one has the host's own.
        process: the program.
    """

    def __init__(
        self,
        host_fd: int,
        host_uart: int,
        meter_uart: int,
        circuit: Circuit,
        cause: int,
        manners: Manners | None,
    ) -> None:
        self.bus_end = BusEnd(circuit)
        self.host: socket.socket | None = None
        self._host_far: socket.socket | None = None
        if manners is not None:
            self.host, self._host_far = socket.socketpair()
            self.host.setblocking(False)
            host_fd = self._host_far.fileno()
        self.bus, bus_far = socket.socketpair()
        self.uart, uart_far = socket.socketpair()
        for end in (self.uart, uart_far):
            end.setblocking(False)
            end.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, _LINE_BYTES)
        env = {
            **os.environ,
            "SIM_BUS": str(bus_far.fileno()),
            f"SIM_UART{meter_uart}": str(uart_far.fileno()),
            "SIM_RESET_CAUSE": str(cause),
        }
        if manners is not None:
            env["SIM_WRAP_MS"] = str(manners.wrap_ms)
        fds = [bus_far.fileno(), uart_far.fileno()]
        on_usb = host_uart == 0
        if not on_usb:
            env[f"SIM_UART{host_uart}"] = str(host_fd)
            fds.append(host_fd)
        tree = os.environ["SIM_TREE"]
        self.process = subprocess.Popen(
            [os.environ["SIM_PROGRAM"], "-X", f"heapsize={os.environ['SIM_HEAP']}", f"{tree}/start.py"],
            stdin=host_fd if on_usb else subprocess.DEVNULL,
            stdout=host_fd if on_usb else sys.stderr,
            pass_fds=fds,
            env=env,
            cwd=os.environ["SIM_FLASH"],
        )
        bus_far.close()
        uart_far.close()

    def unread(self) -> int:
        """Bytes of the host in the chip's input ring."""
        assert self._host_far is not None
        count = fcntl.ioctl(self._host_far, termios.FIONREAD, b"\0\0\0\0")
        return int.from_bytes(count, sys.byteorder)

    def stop(self) -> None:
        """The CPU stands still: nothing runs, every pad keeps its level."""
        self.process.send_signal(signal.SIGSTOP)

    def end(self) -> None:
        """The chip is held in reset."""
        self.process.kill()
        self.process.wait()
        for line in (self.bus, self.uart, self.host, self._host_far):
            if line is not None:
                line.close()
