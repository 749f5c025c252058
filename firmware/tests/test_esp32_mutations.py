"""Each safeguard of the ESP32 port is taken out on purpose, and a judge that knows only the board's diary must see it."""

import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from rigwire import frames
from rigwire import messages as m
from tests.esp32_bench import MICROPYTHON, RESET_EXIT, Board

pytestmark = [
    pytest.mark.vm,
    pytest.mark.skipif(MICROPYTHON is None, reason="no micropython program on this computer"),
]

LOOPS = 4
SAFE = ["pin", 26, 1, 0]
FREQ = ["freq", 240_000_000]
NONCE = 0x03030303  # Ctrl-C, four times
ENDINGS = ("ValueError", "KeyboardInterrupt", "SystemExit")

BY_INTERRUPT = "something was done by an interrupt"
WATCHDOG = "the watchdog was not fed once a turn"
SPEED = "the CPU's speed was not set before the loop"
CTRL_C = "a 0x03 in a frame ended the rig"
NOT_SAFE = "the outputs were not made safe after the loop"
SAFE_LATE = "the crash was written before the outputs were safe"
NO_RESET = "the board was not reset"
RESET_AT_RISK = "a 0x03 could keep the board from its reset"


def judge(make: Callable[[], Board]) -> set[str]:
    """Let the rig answer a HELLO and end in each way; the laws that were broken."""
    broken = set()
    for ending in ENDINGS:
        board = make()
        request = frames.encode(
            frames.KIND_REQUEST, 0, 0, m.HELLO, m.pack_request(m.HELLO, 1, 1, NONCE), zlib.crc32
        )
        code, diary, text = board.run(request, FAKE_FAIL_AT=str(LOOPS), FAKE_FAIL_WITH=ending)
        binary = text.partition("\n[[")[0].encode("latin-1")
        if not any(frame.msg == m.HELLO for frame in frames.Decoder(zlib.crc32).feed(binary)):
            broken.add(CTRL_C)
        if code != RESET_EXIT:
            broken.add(NO_RESET)
        broken |= read(diary)
    return broken


def read(diary: list[list[Any]]) -> set[str]:
    """The laws that a diary breaks."""
    broken = set()
    kinds = [row[0] for row in diary]
    if "done by the interrupt" in kinds:
        broken.add(BY_INTERRUPT)
    if "wdt" not in kinds or FREQ not in diary[: kinds.index("wdt")]:
        broken.add(SPEED)
    if kinds.count("feed") not in (0, LOOPS):  # 0: it ended before, which another law sees
        broken.add(WATCHDOG)
    started = kinds.index("wdt") if "wdt" in kinds else 0
    if SAFE not in diary[started:]:
        broken.add(NOT_SAFE)
    elif "write file" in kinds and kinds.index("write file") < diary.index(SAFE, started):
        broken.add(SAFE_LATE)
    if [row for row in diary if row[0] == "kbd_intr"][1:]:
        broken.add(RESET_AT_RISK)
    return broken


def test_the_port_breaks_no_law_however_it_ends(tmp_path: Path) -> None:
    boards = (Board(tmp_path / ending, 0) for ending in ENDINGS)
    assert judge(lambda: next(boards)) == set()


WDT = "    watchdog = machine.WDT(timeout=board.WATCHDOG_MS)\n"
SAFE_AT_THE_END = "        finally:\n            go_safe()"
KEPT = '            with open(_CRASH_FILE, "w") as crash:\n                crash.write(told)\n'


@pytest.mark.parametrize(
    ("law", "file", "changes"),
    [
        (
            BY_INTERRUPT,
            "main.py",
            [(WDT, WDT + "    meter.irq(lambda _: watchdog.feed(), machine.UART.IRQ_RX)\n")],
        ),
        (
            WATCHDOG,
            "main.py",
            [("            ready |= loop.", "            watchdog.feed()\n            ready |= loop.")],
        ),
        (SPEED, "main.py", [("    machine.freq(board.CPU_HZ)\n", "")]),
        (SPEED, "main.py", [("machine.freq(board.CPU_HZ)", "machine.freq(160_000_000)")]),
        (CTRL_C, "usbline.py", [("micropython.kbd_intr(_NO_INTERRUPT)", "pass")]),
        (CTRL_C, "usbline.py", [("_NO_INTERRUPT = -1", "_NO_INTERRUPT = 3")]),
        (NOT_SAFE, "main.py", [(SAFE_AT_THE_END, "        finally:\n            pass")]),
        (
            NOT_SAFE,
            "main.py",
            [(SAFE_AT_THE_END, "        except Exception:\n            go_safe()\n            raise")],
        ),
        (
            SAFE_LATE,
            "main.py",
            [(SAFE_AT_THE_END, "        finally:\n            pass"), (KEPT, KEPT + "        go_safe()\n")],
        ),
        (
            RESET_AT_RISK,
            "main.py",
            [
                (
                    "        time.sleep_ms(_LAST",
                    "        import micropython\n        micropython.kbd_intr(3)\n        time.sleep_ms(_LAST",
                )
            ],
        ),
        (NO_RESET, "main.py", [("        machine.reset()\n", "        return\n")]),
    ],
)
def test_a_safeguard_of_the_port_that_is_taken_out_is_missed(
    tmp_path: Path, law: str, file: str, changes: list[tuple[str, str]]
) -> None:
    def mutated(ending: str) -> Board:
        board = Board(tmp_path / ending, 0)
        for before, after in changes:
            board.change(before, after, file)
        return board

    boards = (mutated(ending) for ending in ENDINGS)
    assert law in judge(lambda: next(boards))
