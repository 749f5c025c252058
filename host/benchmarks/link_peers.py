"""The other programs of `link.py`, run inside the benchmark's own environment: link_peers.py mpremote|belay PORT COUNT.

Prints JSON: version, round trips in milliseconds, bytes of one call both ways.
"""

from __future__ import annotations

import importlib
import importlib.metadata
import json
import sys
import time
from collections.abc import Callable
from typing import Any

PAYLOAD = bytes(range(65, 89))


class Counted:
    """A pyserial port whose bytes are counted."""

    def __init__(self, port: Any) -> None:
        self._port = port
        self.sent = 0
        self.received = 0

    def __getattr__(self, name: str) -> Any:
        return getattr(self._port, name)

    def write(self, data: bytes) -> Any:
        """Count and pass on."""
        self.sent += len(data)
        return self._port.write(data)

    def read(self, size: int = 1) -> Any:
        """Pass on and count."""
        data = self._port.read(size)
        self.received += len(data)
        return data


def mpremote_call(port: str) -> tuple[Callable[[], Any], Callable[[Counted | None], Any]]:
    """A call that evaluates an echo, and a way to change its port."""
    transport = importlib.import_module("mpremote.transport_serial").SerialTransport(port, 115200)
    transport.enter_raw_repl(soft_reset=False)
    transport.exec("def echo(x):\n return x")
    expression = f"echo({PAYLOAD!r})"

    def swap(counted: Counted | None) -> Any:
        if counted is not None:
            transport.serial = counted
        return transport.serial

    return lambda: transport.eval(expression), swap


def belay_call(port: str) -> tuple[Callable[[], Any], Callable[[Counted | None], Any]]:
    """A Belay task that echoes, and a way to change its port."""
    belay = importlib.import_module("belay")
    pyboard = importlib.import_module("belay.pyboard")

    class UnixDevice(belay.Device):  # type: ignore[misc,name-defined]
        """The unix port ends at a soft reset; everything else is Belay's own."""

        def _connect_to_board(self, **options: Any) -> None:
            self._board = pyboard.Pyboard(**options)
            self._board.enter_raw_repl(soft_reset=False)

    device = UnixDevice(port, startup="", auto_sync_time=False)

    @device.task  # type: ignore[untyped-decorator,unused-ignore]
    def echo(x: bytes) -> bytes:
        return x

    def swap(counted: Counted | None) -> Any:
        if counted is not None:
            device._board.serial = counted
        return device._board.serial

    return lambda: echo(PAYLOAD), swap


def main(peer: str, port: str, count: int) -> None:
    """Measure one peer."""
    call, swap = {"mpremote": mpremote_call, "belay": belay_call}[peer](port)
    for _ in range(20):
        if call() != PAYLOAD:
            sys.exit(f"{peer} did not give the payload back")
    times_ms = []
    for _ in range(count):
        start_s = time.perf_counter()
        call()
        times_ms.append((time.perf_counter() - start_s) * 1000)
    counted = Counted(swap(None))
    swap(counted)
    call()
    print(
        json.dumps(
            {
                "version": importlib.metadata.version(peer),
                "times_ms": times_ms,
                "sent": counted.sent,
                "received": counted.received,
            }
        )
    )


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], int(sys.argv[3]))
