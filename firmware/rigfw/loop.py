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


def run(
    app: "RigApp",
    host: "Line",
    meter: "Line",
    wait: "Callable[[int], object]",
    ticks_ms: "Callable[[], int]",
    feed: "Callable[[], None] | None" = None,
    wake_quantum_ms: int = 0,
) -> None:
    """Run the rig until something raises; whatever it is, every key is up when this returns control.

    Args:
        app: the rig.
        host: line to the host.
        meter: line to the meter port.
        wait: sleeps until a line has bytes, at most the given milliseconds (0: only look).
        ticks_ms: the platform's millisecond tick, wrapped to rigwire.ticks.PERIOD.
        feed: feeds the watchdog; called only here, right after the keys were checked.
        wake_quantum_ms: how much later than asked `wait` may return; the loop looks without sleeping
            for that long before a deadline, so that key edges stay on time.
    """
    buffer = bytearray(_BUFFER_BYTES)
    view = memoryview(buffer)
    lines = ((host, app.receive_host), (meter, app.receive_meter))
    try:
        while True:
            now_ms = ticks_ms()
            app.poll(now_ms)
            _flush(app, host, meter)
            if feed is not None:
                feed()
            sleep_ms = app.next_deadline_ms(now_ms)
            wait(sleep_ms if sleep_ms < 0 else max(0, sleep_ms - wake_quantum_ms))
            heard = False
            now_ms = ticks_ms()
            for line, receive in lines:
                count = line.readinto(buffer)
                while count:
                    heard = True
                    receive(view[:count], now_ms)
                    count = line.readinto(buffer) if count == _BUFFER_BYTES else 0
            if not heard and not app.jobs.running:
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
