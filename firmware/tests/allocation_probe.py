"""MicroPython side of test_no_allocation.py: the rig's own loop with the heap locked, or its allocations counted.

`micropython allocation_probe.py KEYPAD MODE`; prints one line of JSON. KEYPAD: uart, matrix or direct. MODE: `locked`
(the heap is locked from the turn that pressed a key to the turn that lets it go), `exhausted` (the heap is locked
from the moment at which the contact closes, for good), `count` (bytes allocated by each thing that happens).
"""

import binascii
import gc as collector
import json
import sys

from rigfw import loop
from rigfw.app import RigApp
from rigwire import frames, glass
from rigwire import messages as m

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

gc: "Any" = collector
micropython: "Any" = __import__("micropython")
KEYPAD, MODE = sys.argv[1], sys.argv[2]
crc32 = binascii.crc32
PRESS_MS, GAP_MS, KEYS = 150, 60, b"12345678901234567890"
TURN_MS = 5
OLAT = 0x14
REGISTERS = 22


class StopLoopError(Exception):
    """The probe has seen enough."""


class Clock:
    """Milliseconds, moved by the probe."""

    def __init__(self) -> None:
        self.now_ms = 1000

    def ticks_ms(self) -> int:
        """The tick."""
        return self.now_ms


class Expander:
    """An MCP23017's registers, without an allocation; `pressed` is called when an output is switched on."""

    def __init__(self) -> None:
        self.registers = bytearray(REGISTERS)
        self.enabled = 0
        self.pressed: "Any" = None

    def value(self, level: "int | None" = None) -> int:
        """The KEY_ENABLE pin."""
        if level is not None:
            self.enabled = level
            if not level:
                self.registers[0] = self.registers[1] = 0xFF
                for at in range(2, REGISTERS):
                    self.registers[at] = 0
        return self.enabled

    def writeto_mem(self, addr: int, memaddr: int, buf: bytearray) -> None:
        """Registers from `memaddr` on."""
        for at in range(len(buf)):
            self.registers[memaddr + at] = buf[at]
        if memaddr == OLAT and (buf[0] or buf[1]) and self.pressed is not None:
            self.pressed()

    def readfrom_mem_into(self, addr: int, memaddr: int, buf: bytearray) -> None:
        """Registers from `memaddr` on; GPIO shows the latch."""
        for at in range(len(buf)):
            register = memaddr + at
            buf[at] = self.registers[register + 2 if register in (0x12, 0x13) else register]


class Level:
    """An input that stays high."""

    def value(self) -> int:
        """High."""
        return 1


class QuietLine:
    """A line on which nothing comes and everything goes."""

    def __init__(self) -> None:
        self.coming = b""

    def readinto(self, buf: bytearray) -> "int | None":
        """What the probe has put there."""
        count = len(self.coming)
        buf[:count] = self.coming
        self.coming = b""
        return count or None

    def write(self, data: bytes) -> int:
        """Gone."""
        return len(data)


clock = Clock()
chip = Expander()


def make_app() -> RigApp:
    """A rig with this keypad, a session that wants every event, and a glass."""
    keypad: "Any" = None
    selftest: "Any" = None
    if KEYPAD != "uart":
        from rigfw.selftest import SelfTest
        from rigfw.switched import SwitchedKeypad

        plan: "Any" = __import__("board")
        keypad = SwitchedKeypad(plan, lambda: chip, chip, Level(), clock.now_ms)
        selftest = SelfTest(keypad, plan)
    app = RigApp(crc32, lambda: 7, 77, "probe", clock.now_ms, keypad, selftest)
    show(app, 0)
    ask(app, 0, 0, m.HELLO, m.pack_request(m.HELLO, 1, 1, 9))
    ask(app, 1, 7, m.SUBSCRIBE, bytes([m.MASK_ALL]))
    payload = m.pack_request(m.RUN_KEYS, 1, PRESS_MS, GAP_MS, m.FLAG_FRESH_ENTRY, tail=KEYS)
    ask(app, 2, 7, m.RUN_KEYS, payload)
    if not app.jobs.running:
        raise RuntimeError("the job was refused")
    app.take_meter()
    return app


def ask(app: RigApp, seq: int, session: int, msg: int, payload: bytes) -> None:
    """A request of the host."""
    app.receive_host(frames.encode(frames.KIND_REQUEST, seq, session, msg, payload, crc32), clock.now_ms)
    app.take_host()


def glass_frame(number: int) -> bytes:
    """The meter shows something else."""
    image = glass.pack_glass(glass.DOT_MATRIX, b"\1\2", bytes([number]) * 80)
    return frames.encode(frames.KIND_EVENT, 0, 0, m.GLASS, image, crc32)


def show(app: RigApp, number: int) -> None:
    """A frame of the meter port."""
    app.receive_meter(glass_frame(number), clock.now_ms)


def keep_alive(app: RigApp, seq: int) -> None:
    """The host and the meter are heard."""
    ask(app, seq, 7, m.PING, bytes(4))
    show(app, seq)


def locked() -> "dict[str, int]":
    """Every turn of the loop between key-down and key-up, on quiet lines, with a locked heap."""
    app = make_app()
    quiet = QuietLine()
    counts = {"presses": 0, "locked_turns": 0}
    state: "Any" = app.jobs
    held = bytearray(1)

    def wait(timeout_ms: int) -> int:
        if held[0]:
            counts["locked_turns"] += 1
            clock.now_ms += TURN_MS
            if state.next_deadline_ms(clock.now_ms) <= TURN_MS:
                micropython.heap_unlock()
                held[0] = 0
                clock.now_ms += TURN_MS
                gc.collect()
        elif state._is_down and state.next_deadline_ms(clock.now_ms) > 2 * TURN_MS:
            counts["presses"] += 1
            keep_alive(app, 2 + counts["presses"])
            app.take_meter()
            held[0] = 1
            micropython.heap_lock()
        elif not state.running:
            raise StopLoopError
        else:
            clock.now_ms += 1
        return 0

    try:
        loop.run(app, quiet, quiet, wait, clock.ticks_ms)
    except StopLoopError:
        return counts
    raise RuntimeError("the loop ended")


def exhausted() -> "dict[str, int]":
    """No memory from the moment at which the contact closes: whatever raises then, the key is up afterwards."""
    app = make_app()
    quiet = QuietLine()
    chip.pressed = micropython.heap_lock
    raised = 0
    was_down = 0

    def wait(timeout_ms: int) -> int:
        clock.now_ms += TURN_MS
        return 0

    try:
        loop.run(app, quiet, quiet, wait, clock.ticks_ms)
    except MemoryError:
        raised = 1
    finally:
        was_down = 1 if chip.pressed is not None else 0
        micropython.heap_unlock()
    return {"raised": raised, "was_down": was_down, "enabled": chip.enabled, "latch": chip.registers[OLAT]}


def count() -> "dict[str, int]":
    """Bytes allocated by each thing that can happen; the collector is off meanwhile."""
    app = make_app()
    found: "dict[str, int]" = {}

    def used(name: str, what: "Any") -> None:
        gc.collect()
        gc.disable()
        before: int = gc.mem_alloc()
        what()
        found[name] = gc.mem_alloc() - before
        gc.enable()

    def turn() -> None:
        app.poll(clock.now_ms)
        app.take_meter()
        app.take_host()
        app.next_deadline_ms(clock.now_ms)

    ping = frames.encode(frames.KIND_REQUEST, 3, 7, m.PING, bytes(4), crc32)
    shown = glass_frame(200)
    used("turn in which a key goes down", turn)
    clock.now_ms += 10
    used("turn in which nothing is due", turn)

    def hear_host() -> None:
        app.receive_host(ping, clock.now_ms)
        app.take_host()

    def hear_meter() -> None:
        app.receive_meter(shown, clock.now_ms)
        app.take_host()

    used("PING and its answer", hear_host)
    used("glass frame, changed, and its event", hear_meter)
    used("glass frame, the same", hear_meter)
    clock.now_ms += app.jobs.next_deadline_ms(clock.now_ms)
    used("turn in which a key goes up", turn)
    return found


def main() -> None:
    """Run and print."""
    modes: "dict[str, Any]" = {"locked": locked, "exhausted": exhausted, "count": count}
    result = modes[MODE]()
    sys.stdout.write(json.dumps(result) + "\n")


main()
