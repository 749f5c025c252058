"""The thin edge of the emulated meter: its line, the clock, the state file and the truth log; all else is in `app`.

Runs unchanged under CPython and MicroPython.
"""

import binascii
import json
import select
import time

from rigwire.ticks import PERIOD

from . import statefile
from .app import MeterApp

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Callable, Protocol

    class Line(Protocol):
        """A line that never blocks on reading and that select can wait for."""

        def readinto(self, buf: bytearray) -> "int | None":
            """Fill `buf` with what is there; None or 0 when nothing is."""
            ...

        def write(self, data: bytes) -> "int | None":
            """Send bytes."""
            ...


_BUFFER_BYTES = 256
_MICROPYTHON = hasattr(time, "ticks_ms")


def run(
    line: "Any",
    brand: str,
    state_path: str,
    meter_drn: "str | None" = None,
    log_path: "str | None" = None,
    faults: "tuple[str, ...] | list[str]" = (),
    seed: int = 0,
    wait: "Callable[[int], object] | None" = None,
) -> None:
    """Be a meter on this line until something raises.

    Args:
        line: the meter port (see `Line`).
        brand: name of the brand.
        state_path: JSON file of the meter, or of a list of meters; written back at every change.
        meter_drn: which meter of a list.
        log_path: the truth log, appended to as JSON lines, each flushed at once; None for none.
        faults: names of faults (faults.py).
        seed: of the faults.
        wait: sleeps until the line has bytes, at most the given milliseconds; select by default.

    Raises StateFileError or ValueError with one clear line before anything is sent when a file, brand, state
    or fault cannot be used.
    """
    state = statefile.load(state_path, meter_drn)
    in_list = statefile.is_list(state_path)
    wait = wait or _waiter(line)
    app = MeterApp(brand, state, binascii.crc32, _ticks_ms(), faults, seed)
    log = open(log_path, "a") if log_path else None  # noqa: SIM115
    buffer = bytearray(_BUFFER_BYTES)
    view = memoryview(buffer)
    try:
        while True:
            changed = app.take_state()
            if changed is not None:
                statefile.save(state_path, changed, in_list)
            for row in app.take_truth():
                if log:
                    log.write(json.dumps(row) + "\n")
                    log.flush()
            out = app.take_output()
            if out:
                line.write(out)
            wait(app.next_deadline_ms(_ticks_ms()))
            count = line.readinto(buffer)
            now_ms = _ticks_ms()
            if count:
                app.receive(view[:count], now_ms)
            app.poll(now_ms)
    finally:
        if log:
            log.close()


def _ticks_ms() -> int:
    """The present tick, wrapped as on a 32-bit board."""
    clock: "Any" = time
    tick_ms: int = clock.ticks_ms() if _MICROPYTHON else clock.monotonic_ns() // 1000000
    return tick_ms & (PERIOD - 1)


def _waiter(line: "Any") -> "Callable[[int], object]":
    """Sleeps until the line can be read."""
    if _MICROPYTHON:
        poller = select.poll()
        poller.register(line, select.POLLIN)
        return poller.poll
    # The descriptor of a CPython line may change (a new client), so it is asked for each time.
    wait: "Any" = select.select
    return lambda timeout_ms: wait([line], [], [], timeout_ms / 1000)
