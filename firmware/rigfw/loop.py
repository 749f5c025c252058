"""The thin edge of the rig: both lines, the clock and the sleep; everything else is in `app`.

Runs unchanged under CPython and MicroPython.
"""

import gc

from rigwire import messages as m

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Callable, Protocol

    from rigfw.app import RigApp

    class Line(Protocol):
        """A line that never blocks on reading."""

        def readinto(self, buf: bytearray) -> "int | None":
            """Fill `buf` with what is there; None or 0 when nothing is."""
            ...

        def write(self, data: bytes) -> "int | None":
            """Send bytes."""
            ...


_BUFFER_BYTES = 256
HOST_READY = 1
METER_READY = 2


def run(
    app: "RigApp",
    host: "Line",
    meter: "Line",
    wait: "Callable[[int], int]",
    ticks_ms: "Callable[[], int]",
    feed: "Callable[[], None] | None" = None,
    wake_quantum_ms: int = 0,
) -> None:
    """Run the rig until something raises; whatever it is, every key is up when this returns control.

    Args:
        app: the rig.
        host: line to the host.
        meter: line to the meter port.
        wait: sleeps until a line has bytes, at most the given milliseconds (0: only look; -1: as long as it
            takes), and says which: HOST_READY, METER_READY, both or 0.
        ticks_ms: the platform's millisecond tick, wrapped to rigwire.ticks.PERIOD.
        feed: feeds the watchdog; called only here, right after the keys were checked.
        wake_quantum_ms: how much later than asked `wait` may return; while a job runs the loop looks without
            sleeping for that long before a deadline, so that key edges stay on time.
    """
    buffer = bytearray(_BUFFER_BYTES)
    view = memoryview(buffer)
    try:
        while True:
            now_ms = ticks_ms()
            app.poll(now_ms)
            _flush(app, host, meter)
            if feed is not None:
                feed()
            sleep_ms = app.next_deadline_ms(now_ms)
            if sleep_ms > 0 and app.jobs.running:
                sleep_ms = max(0, sleep_ms - wake_quantum_ms)
            ready = wait(sleep_ms)
            if ready & HOST_READY:
                count = host.readinto(buffer)
                if count:
                    app.receive_host(view[:count], ticks_ms())
                    out = app.take_host()
                    if out:
                        host.write(out)  # at once: the host waits for it
            if ready & METER_READY:
                count = meter.readinto(buffer)
                if count:
                    app.receive_meter(view[:count], ticks_ms())
            if not ready and not app.jobs.running:
                gc.collect()  # a quiet moment: nothing is being typed, nothing has just come
    except Exception as error:
        app.log("stopped: %s" % repr(error), ticks_ms())
        app.go_safe(m.REASON_FAULT, ticks_ms())
        raise
    finally:
        app.jobs.abort(m.REASON_FAULT, ticks_ms())
        _flush(app, host, meter)


def _flush(app: "RigApp", host: "Line", meter: "Line") -> None:
    out = app.take_meter()
    if out:
        meter.write(out)
    out = app.take_host()
    if out:
        host.write(out)
