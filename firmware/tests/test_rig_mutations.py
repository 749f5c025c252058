"""Each safeguard of the rig is taken out on purpose, and a judge that knows only contacts and feedings must see it."""

import inspect
import itertools
import textwrap
import zlib
from collections.abc import Callable
from typing import Any

import pytest
from rigfw import expander, loop, switched
from rigfw.app import RigApp
from rigwire import frames, glass
from rigwire import messages as m
from tests.keypad_bench import Bench

Break = Callable[[pytest.MonkeyPatch], None]
Happen = Callable[[Bench, RigApp], None]

DEBOUNCE_MS = 20
PRESS_MS = 100
SCRIPT = b"15937"
RUN_MS = 1500


def nothing(bench: Bench, app: RigApp) -> None:
    """All is well."""


def a_bit_falls_over_in_the_pattern(bench: Bench, app: RigApp) -> None:
    """The pattern of key 1 gets one more output."""
    patterns = list(bench.keypad._patterns)
    patterns[1] |= 1 << (
        bench.board.COLUMN_BITS[2] if bench.board.KEYPAD == "matrix" else bench.board.OUTPUT_BITS[7]
    )
    bench.keypad._patterns = tuple(patterns)


def the_release_is_forgotten(bench: Bench, app: RigApp) -> None:
    """The key's end falls far into the future, and the one-shot is broken."""
    bench.hardware.one_shot_ms = 1 << 30
    app.jobs._due_ms += 60_000


def an_output_is_shorted(bench: Bench, app: RigApp) -> None:
    """A channel is on with every press."""
    bit = bench.board.COLUMN_BITS[2] if bench.board.KEYPAD == "matrix" else bench.board.OUTPUT_BITS[7]
    bench.hardware.shorted = 1 << bit


def the_expander_is_reset(bench: Bench, app: RigApp) -> None:
    """A glitch on its supply in the middle of the first press."""
    bench.hardware.reset_chip()


def the_bus_dies(bench: Bench, app: RigApp) -> None:
    """Nobody acknowledges any more."""
    bench.hardware.nak = set(range(bench.hardware.transactions, 1 << 16))


def the_stop_is_pressed_without_effect(bench: Bench, app: RigApp) -> None:
    """The mushroom is sensed, but somebody has bridged its contact in the supply."""
    bench.keypad._estop = SimpleStop()


class SimpleStop:
    def value(self) -> int:
        return 0


# What is wrong from the start, and what happens 30 ms after the first key went down
BEFORE = (nothing, a_bit_falls_over_in_the_pattern, an_output_is_shorted)
DURING = (the_release_is_forgotten, the_expander_is_reset, the_bus_dies, the_stop_is_pressed_without_effect)


def judge(name: str, happening: Happen) -> set[str]:
    """Type SCRIPT while `happening` happens; the laws that were broken."""
    bench = Bench(name)
    hardware = bench.hardware
    app = RigApp(zlib.crc32, lambda: 7, 1, "rig", 0, keypad=bench.keypad)
    image = glass.pack_glass(glass.SEVEN_SEGMENT, b"", bytes(8))
    app.receive_meter(frames.encode(frames.KIND_EVENT, 0, 0, m.GLASS, image, zlib.crc32), 0)
    if happening in BEFORE:
        happening(bench, app)
    app.request(m.RUN_KEYS, m.pack_request(m.RUN_KEYS, 1, PRESS_MS, PRESS_MS, 0, tail=SCRIPT), 0)
    happened_ms = -1
    for at_ms in range(RUN_MS):
        hardware.now_ms = at_ms
        app.poll(bench.now_ms)
        if happening in DURING and at_ms == 30:
            happening(bench, app)
            happened_ms = at_ms
    state, keys_done, _, _, _ = app.jobs.status(1)
    return verdict(bench, hardware.log + [(RUN_MS, 0)], state, keys_done, happening, happened_ms)


def verdict(
    bench: Bench, log: list[tuple[int, int]], state: int, keys_done: int, happening: Happen, happened_ms: int
) -> set[str]:
    broken = set()
    seen = []
    for (at_ms, mask), (until_ms, _) in itertools.pairwise(log):
        if until_ms - at_ms > bench.board.KEY_MAX_MS + 1 and mask:
            broken.add("a key was down for longer than its ceiling")
        if mask and until_ms - at_ms >= DEBOUNCE_MS:
            if mask & (mask - 1):
                broken.add("two keys were down")
            seen.append(mask)
            if happening is the_stop_is_pressed_without_effect and until_ms - happened_ms > 60:
                broken.add("a key was down after the emergency stop")
    wanted = [1 << m.KEYS.index(chr(key)) for key in SCRIPT]
    whole = [mask for (at, mask), (until, _) in itertools.pairwise(log) if mask and until - at >= PRESS_MS]
    if state == m.JOB_DONE and whole != wanted:
        broken.add("a job was called done that was not typed")
    if seen != wanted[: len(seen)]:
        broken.add("the meter saw another script")
    return broken


BOTH = pytest.mark.parametrize("name", ["bench_matrix", "sealed_fingers"])


@BOTH
@pytest.mark.parametrize("happening", BEFORE + DURING, ids=lambda happening: happening.__name__)
def test_whatever_happens_no_law_is_broken(name: str, happening: Happen) -> None:
    assert judge(name, happening) == set()


def without_one_hot(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(switched.SwitchedKeypad, "check_bits", lambda self, bits: None)


def without_ceilings(patch: pytest.MonkeyPatch) -> None:
    init = switched.SwitchedKeypad.__init__

    def unlimited(self: Any, *args: Any) -> None:
        init(self, *args)
        self.key_max_ms = 1 << 20

    patch.setattr(switched.SwitchedKeypad, "__init__", unlimited)


def without_read_back(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(expander.Expander, "verify", lambda self, bits: None)


def deaf_to_the_bus(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(expander.Expander, "_no_answer", lambda self, error: None)
    patch.setattr(expander.Expander, "_fail", lambda self, text: None)


def deaf_to_the_stop(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(switched.SwitchedKeypad, "_stop_pressed", lambda self: False)


@BOTH
@pytest.mark.parametrize(
    ("broken", "happening", "law"),
    [
        (without_one_hot, a_bit_falls_over_in_the_pattern, "two keys were down"),
        (without_ceilings, the_release_is_forgotten, "a key was down for longer than its ceiling"),
        (without_read_back, an_output_is_shorted, "two keys were down"),
        (deaf_to_the_bus, the_bus_dies, "a job was called done that was not typed"),
        (deaf_to_the_stop, the_stop_is_pressed_without_effect, "a key was down after the emergency stop"),
    ],
    ids=lambda value: getattr(value, "__name__", ""),
)
def test_a_safeguard_that_is_taken_out_is_missed(
    name: str, broken: Break, happening: Happen, law: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    broken(monkeypatch)
    assert law in judge(name, happening)


# --- the watchdog ------------------------------------------------------------------------------------


class Edge:
    """Lines, clock, app and watchdog of the loop, which write down in which order they are called."""

    def __init__(self) -> None:
        self.calls: list[str] = []
        self.jobs = self
        self.running = True

    def poll(self, now_ms: int) -> None:
        self.calls.append("keys")
        if self.calls.count("keys") > 5:
            raise KeyboardInterrupt

    def next_deadline_ms(self, now_ms: int) -> int:
        return 5

    def readinto(self, buf: bytearray) -> int:
        self.calls.append("read")
        return 1

    def note(self, *_: object) -> bytes:
        return b""

    receive_host = receive_meter = take_host = take_meter = abort = write = note

    def feed(self) -> None:
        self.calls.append("feed")

    def wait(self, timeout_ms: int) -> int:
        self.calls.append("wait")
        return loop.HOST_READY | loop.METER_READY


def misfed(run: Callable[..., None]) -> bool:
    """Whether the watchdog was fed by anything but the turn that had just checked the keys."""
    edge = Edge()
    with pytest.raises(KeyboardInterrupt):
        run(edge, edge, edge, edge.wait, lambda: 0, edge.feed)
    fed_right = [edge.calls[i - 1] == "keys" for i, call in enumerate(edge.calls) if call == "feed"]
    return not fed_right or not all(fed_right) or len(fed_right) != 5


def test_the_watchdog_is_fed_right_after_the_keys_were_checked_and_nowhere_else() -> None:
    assert not misfed(loop.run)


@pytest.mark.parametrize(
    ("line", "instead"),
    [
        ("            ready = wait(", "            feed()\n            ready = wait("),
        ("            app.poll(now_ms)\n", "            feed()\n            app.poll(now_ms)\n"),
        ("                feed()\n", "                pass\n"),
        (
            "                count = host.readinto(buffer)\n",
            "                count = host.readinto(buffer); feed()\n",
        ),
    ],
    ids=["while_waiting", "before_the_keys", "never", "while_reading"],
)
def test_a_watchdog_that_is_fed_elsewhere_is_noticed(line: str, instead: str) -> None:
    source = textwrap.dedent(inspect.getsource(loop.run))
    assert line in source
    names: dict[str, Any] = dict(vars(loop))
    exec(source.replace(line, instead), names)
    assert misfed(names["run"])
