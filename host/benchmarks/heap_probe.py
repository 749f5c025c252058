"""MicroPython side of heap.py: the rig firmware's heap after start and after its largest job. Prints one line of JSON."""

import gc as collector

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

gc: "Any" = collector  # MicroPython's has mem_alloc
gc.collect()
BEFORE: int = gc.mem_alloc()

import binascii  # noqa: E402
import json  # noqa: E402

from rigfw import loop  # noqa: E402
from rigfw.app import RigApp  # noqa: E402
from rigwire import frames, glass  # noqa: E402
from rigwire import messages as m  # noqa: E402

crc32 = binascii.crc32


class Host:
    """As much of a host as it takes to run jobs."""

    def __init__(self, app: RigApp) -> None:
        self.app = app
        self.session = 0
        self.seq = -1

    def ask(self, msg: int, payload: bytes, now_ms: int) -> bytes:
        """Send a request; its answer, status byte first."""
        self.seq = (self.seq + 1) & 0xFF
        wire = frames.encode(frames.KIND_REQUEST, self.seq, self.session, msg, payload, crc32)
        self.app.receive_host(wire, now_ms)
        for frame in frames.Decoder(crc32).feed(self.app.take_host()):
            if frame.kind == frames.KIND_RESPONSE:
                self.session = frame.session
                return frame.payload
        raise RuntimeError("no answer")


def show(app: RigApp, number: int, now_ms: int) -> None:
    """The largest glass there is, different every time, so that every image becomes an event."""
    image = glass.pack_glass(glass.DOT_MATRIX, b"\1\2", bytes([number & 0xFF]) * 80)
    app.receive_meter(frames.encode(frames.KIND_EVENT, 0, 0, m.GLASS, image, crc32), now_ms)


def run_longest_job(app: RigApp) -> int:
    """Ten tokens in one job, with a changing glass and PINGs; returns the most heap seen on the way."""
    host = Host(app)
    now_ms = 0
    most = 0
    show(app, 0, now_ms)
    host.ask(m.HELLO, m.pack_request(m.HELLO, 1, 1, 9), now_ms)
    host.ask(m.SUBSCRIBE, bytes([m.MASK_ALL]), now_ms)
    keys = b"12345678901234567890#" * 10
    answer = host.ask(
        m.RUN_KEYS, m.pack_request(m.RUN_KEYS, 1, 30, 20, m.FLAG_FRESH_ENTRY, tail=keys), now_ms
    )
    if answer[0] != m.OK:
        raise RuntimeError("job refused: %d" % answer[0])
    turn = 0
    while app.jobs.running:
        now_ms += max(1, app.next_deadline_ms(now_ms))
        show(app, turn, now_ms)
        app.poll(now_ms)
        app.take_host()
        app.take_meter()
        if turn % 10 == 0:
            host.ask(m.PING, bytes(4), now_ms)
            gc.collect()
            most = max(most, gc.mem_alloc())
        turn += 1
    return most


def main() -> None:
    """Measure and print."""
    gc.collect()
    modules = gc.mem_alloc()
    app = RigApp(crc32, lambda: 5, 77, "kctrig-rig 0.1.0, micropython on somewhere", 0)
    gc.collect()
    started = gc.mem_alloc()
    most = run_longest_job(app)
    print(
        json.dumps(
            {
                "modules": modules - BEFORE,
                "after_start": started - BEFORE,
                "in_the_longest_job": most - BEFORE,
                "loop": loop.__name__,
            }
        )
    )


main()
