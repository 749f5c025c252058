"""An emulated meter in the terminal: its glass, its keypad, a person's key presses, and its power cord."""

from __future__ import annotations

import os
import select
import signal
import sys
import tempfile
import time
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import click
from rigwire.frames import KIND_EVENT, Decoder, encode
from rigwire.meterport import ASK_GLASS, CONTACTS, CONTACTS_REFRESH_MS, GLASS, KEYS

from kctrig.display.draw import text_lines
from kctrig.display.screen import Screen, read_image
from kctrig.link.line import Line
from kctrig.link.port import open_port
from kctrig.sim.hands import POWER, QUIT, Hands
from kctrig.sim.processes import EmulatedMeter, new_meter
from kctrig.sim.urls import SimUrl, parse

_LOOK_S = 0.02
_KEYPAD = ("123", "456", "789", "*0#")
_BESIDE = (
    "0-9 * #   keys; Enter is #, Backspace is *",
    "l and a key   hold it for 5.5 s",
    "p   cut the power, and give it back",
    "q   quit",
)
_ENTER = "\x1b[?1049h\x1b[?25l\x1b[?7l\x1b[2J"  # own screen, no cursor, no wrapping
_LEAVE = "\x1b[?7h\x1b[?25h\x1b[?1049l"


def play(url: str) -> None:
    """Show the meter of a `sim:` URL until the person quits.

    Raises:
        click.UsageError: this is no terminal.
        EmulatorError, LinkLost: the meter's process died.
    """
    if os.name != "posix" or not (sys.stdin.isatty() and sys.stdout.isatty()):
        raise click.UsageError(
            "--show needs a terminal (on Windows: WSL); without it the port is for programs"
        )
    spec = parse(url)
    with tempfile.TemporaryDirectory(prefix="kctrig-show-") as folder:
        if spec.state is None:
            # The meter must outlive its own power cuts.
            state = Path(folder) / "meter.json"
            state.write_text(new_meter(spec), encoding="utf-8")
            spec = replace(spec, state=state, meter=None, laws=None)
        with _terminal() as stop:
            _Session(_Meter(spec), stop).run()


class _Session:
    """The turns of the loop: keyboard, keypad, meter port, screen."""

    def __init__(self, meter: _Meter, stop: list[bool]) -> None:
        self._meter = meter
        self._stop = stop
        self._hands = Hands()
        self._drawn: list[str] = []

    def run(self) -> None:
        try:
            self._meter.power_on()
            while not self._stop:
                self._turn()
        finally:
            self._meter.power_off()

    def _turn(self) -> None:
        if select.select([sys.stdin], [], [], 0)[0]:
            typed = os.read(sys.stdin.fileno(), 1024).decode("utf-8", errors="replace")
            for command in self._hands.type(typed or QUIT):
                if command == QUIT:
                    self._stop.append(True)
                elif command == POWER:
                    self._hands.let_go()
                    self._meter.toggle_power()
        self._hands.poll(_now_ms())
        self._meter.contacts(self._hands.mask)
        lines = view(self._meter, self._hands)
        if lines != self._drawn:
            self._drawn = lines
            sys.stdout.write("\x1b[H" + "\x1b[K\r\n".join(lines) + "\x1b[K\x1b[J")
            sys.stdout.flush()
        self._meter.listen(_LOOK_S)


class _Meter:
    """The meter's process and the line to its port.

    Attributes:
        screen: what its glass shows; None without power, and before the first image.
        name: what to call it.
    """

    def __init__(self, spec: SimUrl) -> None:
        self._spec = spec
        self._emulated: EmulatedMeter | None = None
        self._line: Line | None = None
        self._decoder = Decoder(zlib.crc32)
        self._sent_ms = -CONTACTS_REFRESH_MS
        self._mask = 0
        self._seq = 0
        self.screen: Screen | None = None
        self.name = ""

    @property
    def powered(self) -> bool:
        return self._emulated is not None

    def power_on(self) -> None:
        self._emulated = EmulatedMeter(self._spec).start()
        self.name = f"{self._emulated.name} on {self._emulated.vm}"
        self._line = open_port(self._emulated.port_path)
        self._decoder = Decoder(zlib.crc32)
        self._send(ASK_GLASS, b"")

    def power_off(self) -> None:
        """As a power cut: the process is killed in the middle of whatever it does."""
        if self._line is not None:
            self._line.close()
            self._line = None
        if self._emulated is not None:
            if self._emulated.meter_alive:
                self._emulated.kill_meter()
            self._emulated.close()
            self._emulated = None
        self.screen = None

    def toggle_power(self) -> None:
        if self.powered:
            self.power_off()
        else:
            self.power_on()

    def contacts(self, mask: int) -> None:
        """Close exactly these contacts, and say so again from time to time."""
        now_ms = _now_ms()
        if mask != self._mask or now_ms - self._sent_ms >= CONTACTS_REFRESH_MS:
            self._mask, self._sent_ms = mask, now_ms
            self._send(CONTACTS, mask.to_bytes(2, "little"))

    def listen(self, timeout_s: float) -> None:
        """Take what the meter sends, waiting a little for it."""
        if self._line is None or self._emulated is None:
            time.sleep(timeout_s)
            return
        self._emulated.check()
        for frame in self._decoder.feed(self._line.read(timeout_s)):
            if frame.kind == KIND_EVENT and frame.msg == GLASS:
                self.screen = read_image(frame.payload)

    def _send(self, msg: int, payload: bytes) -> None:
        if self._line is not None:
            self._line.write(encode(KIND_EVENT, self._seq, 0, msg, payload, zlib.crc32))
            self._seq = (self._seq + 1) & 0xFF


def view(meter: _Meter, hands: Hands) -> list[str]:
    """The whole picture as lines."""
    screen = meter.screen
    if screen is None:
        glass = ["", "  no power" if not meter.powered else "  no glass yet", ""]
    else:
        light = "light on" if screen.backlight else "light off"
        glass = [*text_lines(screen), f"reads: {screen.text.strip() or '(nothing)'}   {light}"]
    rows = []
    for row, beside in zip(_KEYPAD, _BESIDE, strict=True):
        keys = " ".join(f"\x1b[7m[{key}]\x1b[0m" if key == hands.key else f"[{key}]" for key in row)
        rows.append(f"  {keys}    {beside}")
    state = (
        "the next key is held" if hands.holding else f"{hands.waiting} keys waiting" if hands.waiting else ""
    )
    assert set("".join(_KEYPAD)) == set(KEYS)
    return [meter.name, *glass, "", *rows, "", state]


@contextmanager
def _terminal() -> Iterator[list[bool]]:
    """The terminal in character mode on a screen of its own, as it was afterwards; gives a list that fills on a signal."""
    import termios
    import tty

    stop: list[bool] = []
    before = termios.tcgetattr(sys.stdin)
    handlers = {
        number: signal.signal(number, lambda *_: stop.append(True))
        for number in (signal.SIGINT, signal.SIGTERM)
    }
    try:
        tty.setcbreak(sys.stdin)
        sys.stdout.write(_ENTER)
        sys.stdout.flush()
        yield stop
    finally:
        sys.stdout.write(_LEAVE)
        sys.stdout.flush()
        termios.tcsetattr(sys.stdin, termios.TCSADRAIN, before)
        for number, handler in handlers.items():
            signal.signal(number, handler)


def _now_ms() -> int:
    return time.monotonic_ns() // 1_000_000
