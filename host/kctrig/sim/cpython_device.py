"""The rig firmware or the emulated meter under CPython: `python -m kctrig.sim.cpython_device rig|meter`.

For computers without MicroPython. Same firmware, same environment variables as in firmware/ports/unix; where
there are no descriptors to inherit the device listens on 127.0.0.1 and prints its port. Standard input is the
launcher's pipe: at its end this process ends.
"""

from __future__ import annotations

import contextlib
import errno
import os
import select
import socket
import sys
import threading
import time
import zlib
from collections.abc import Callable

from rigwire import ticks


class GoneError(Exception):
    """The launcher or the line is gone: time to end."""


class FdLine:
    """An inherited descriptor, raw and non-blocking."""

    def __init__(self, fd: int, *, peer_may_leave: bool = False) -> None:
        os.set_blocking(fd, False)
        self._fd = fd
        self._peer_may_leave = peer_may_leave
        self.open = True

    def fileno(self) -> int:
        """What select waits for."""
        return self._fd

    def readinto(self, buf: bytearray) -> int | None:
        """Fill `buf` with what is there; None when nothing is. Raises GoneError."""
        if not self.open:
            return None
        try:
            count = os.readv(self._fd, [buf])
        except BlockingIOError:
            return None
        except OSError:
            count = 0
        if count == 0:
            self._left()
            return None
        return count

    def write(self, data: bytes) -> int | None:
        """Send; what does not fit is lost. Raises GoneError."""
        if not self.open:
            return None
        try:
            return os.write(self._fd, data)
        except BlockingIOError:
            return None
        except OSError:
            self._left()
            return None

    def _left(self) -> None:
        self.open = False
        if not self._peer_may_leave:
            raise GoneError


class TcpLine:
    """One TCP connection at a time; a listening line takes the next client when one has left."""

    def __init__(self, peer: socket.socket | None = None) -> None:
        self._peer = peer
        self._listener: socket.socket | None = None
        if peer is None:
            self._listener = socket.create_server(("127.0.0.1", 0))
            self._listener.setblocking(False)
            print(self._listener.getsockname()[1], flush=True)  # noqa: T201 - the launcher reads it
        else:
            _make_quick(peer)

    @property
    def open(self) -> bool:
        """Whether there is anything to wait for."""
        return self._peer is not None or self._listener is not None

    def fileno(self) -> int:
        """What select waits for: the client, or the next one."""
        waited = self._peer or self._listener
        return waited.fileno() if waited is not None else -1

    def readinto(self, buf: bytearray) -> int | None:
        """Fill `buf` with what is there; None when nothing is."""
        if self._peer is None and self._listener is not None:
            with contextlib.suppress(BlockingIOError):
                self._peer, _ = self._listener.accept()
                _make_quick(self._peer)
        if self._peer is None:
            return None
        try:
            count = self._peer.recv_into(buf)
        except BlockingIOError:
            return None
        except OSError:
            count = 0
        if count == 0:
            self._hang_up()
            return None
        return count

    def write(self, data: bytes) -> int | None:
        """Send; what does not fit is lost."""
        if self._peer is None:
            return None
        try:
            return self._peer.send(data)
        except BlockingIOError:
            return None
        except OSError:
            self._hang_up()
            return None

    def _hang_up(self) -> None:
        if self._peer is not None:
            self._peer.close()
            self._peer = None


def _make_quick(peer: socket.socket) -> None:
    peer.setblocking(False)
    peer.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)


Line = FdLine | TcpLine


class Waiter:
    """Sleeps until a line has bytes and says which (bit i: line i); GoneError soon after the launcher has gone."""

    _LOOK_S = 0.2

    def __init__(self, *lines: Line) -> None:
        self._lines = lines
        self._gone = threading.Event()
        threading.Thread(target=self._watch_launcher, daemon=True).start()

    def __call__(self, timeout_ms: int) -> int:
        """Wait at most `timeout_ms` (-1: as long as it likes)."""
        if self._gone.is_set():
            raise GoneError
        longest_s = self._LOOK_S if timeout_ms < 0 else min(self._LOOK_S, timeout_ms / 1000)
        waited = [line for line in self._lines if line.open]
        if not waited:
            time.sleep(longest_s)
            return 0
        readable, _, _ = select.select(waited, [], [], longest_s)
        return sum(1 << self._lines.index(line) for line in readable)

    def _watch_launcher(self) -> None:
        with contextlib.suppress(OSError):
            while os.read(0, 64):
                pass
        self._gone.set()


def ticks_ms() -> int:
    """Milliseconds that wrap as on a board."""
    return (time.monotonic_ns() // 1_000_000) & (ticks.PERIOD - 1)


def random_u16() -> int:
    """A random number of 16 bits."""
    return int.from_bytes(os.urandom(2), "little")


def _line(number: int, *, peer_may_leave: bool = False) -> Line:
    fd = os.environ.get(f"SIM_UART{number}")
    return TcpLine() if fd is None else FdLine(int(fd), peer_may_leave=peer_may_leave)


def run_rig() -> None:
    """The rig until the launcher is gone."""
    from rigfw import loop
    from rigfw.app import RigApp
    from rigfw.version import VERSION

    host = _line(0)
    meter_port = os.environ.get("SIM_METER_PORT")
    meter: Line
    if meter_port is not None:
        meter = TcpLine(socket.create_connection(("127.0.0.1", int(meter_port)), timeout=10))
    else:
        meter = _line(1, peer_may_leave=True)
    version = f"kctrig-rig {VERSION}, cpython on {sys.platform}"
    app = RigApp(zlib.crc32, random_u16, random_u16() << 16 | random_u16(), version, ticks_ms())
    loop.run(app, host, meter, Waiter(host, meter), ticks_ms)


def run_meter() -> None:
    """The emulated meter until the launcher is gone."""
    from metersim import loop

    line = _line(0)
    faults = os.environ.get("SIM_FAULTS", "")
    loop.run(
        line,
        os.environ["SIM_BRAND"],
        os.environ["SIM_STATE"],
        os.environ.get("SIM_METER") or None,
        os.environ["SIM_LOG"],
        faults.split(",") if faults else [],
        int(os.environ.get("SIM_SEED", "0")),
        Waiter(line),
    )


ROLES: dict[str, Callable[[], None]] = {"rig": run_rig, "meter": run_meter}


def main(words: list[str]) -> int:
    """Run one role until its launcher is gone."""
    if len(words) != 1 or words[0] not in ROLES:
        print("usage: python -m kctrig.sim.cpython_device rig|meter", file=sys.stderr)  # noqa: T201
        return 2
    try:
        ROLES[words[0]]()
    except (GoneError, KeyboardInterrupt):
        pass
    except OSError as error:
        if error.errno != errno.EPIPE:
            raise
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
