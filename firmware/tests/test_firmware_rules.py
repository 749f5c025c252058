"""No float, no print, no naked tick, no flash write: read from the firmware's source."""

import ast
from pathlib import Path

import pytest
from tests import firmware_rules as rules

FIRMWARE = Path(__file__).parents[1]
ALL = {
    "floats": rules.floats,
    "prints": rules.prints,
    "raw_ticks": rules.raw_ticks,
    "file_writes": rules.file_writes,
}
# What runs in the rig's loop, and the first lines of its port.
RIG = ("rigwire", "rigfw", "ports/esp32")
# The meter keeps its state in a file: that is what it is for.
METER = ("metersim", "ports/esp32_meter")
# Two edges of it that sleep on a computer, where seconds are a float.
ON_A_COMPUTER = (FIRMWARE / "metersim" / "loop.py", FIRMWARE / "metersim" / "statelist.py")
# The one place where ticks are computed with.
TICKS = FIRMWARE / "rigwire" / "ticks.py"


def modules(folders: tuple[str, ...]) -> list[Path]:
    return [path for folder in folders for path in sorted((FIRMWARE / folder).rglob("*.py"))]


def offences(rule: rules.Rule, paths: list[Path]) -> list[str]:
    return [
        f"{path.relative_to(FIRMWARE)}:{line}: {what}"
        for path in paths
        for line, what in rule(ast.parse(path.read_text(encoding="utf-8")))
    ]


def test_there_is_something_to_check() -> None:
    assert len(modules(RIG)) > 15
    assert len(modules(METER)) > 30
    assert TICKS in modules(RIG)


@pytest.mark.parametrize("name", sorted(ALL))
def test_the_rig_firmware_keeps_the_rules(name: str) -> None:
    paths = [path for path in modules(RIG) if not (name == "raw_ticks" and path == TICKS)]
    assert offences(ALL[name], paths) == []


@pytest.mark.parametrize("name", ["floats", "prints"])
def test_the_meter_firmware_has_no_float_and_no_print(name: str) -> None:
    assert offences(ALL[name], [path for path in modules(METER) if path not in ON_A_COMPUTER]) == []


@pytest.mark.parametrize(
    ("name", "source"),
    [
        ("floats", "x = 0.5"),
        ("floats", "x = 1e3"),
        ("floats", "half = count / 2"),
        ("floats", "count /= 2"),
        ("floats", "x = float(text)"),
        ("floats", "x = round(y)"),
        ("floats", "x = '%.1f kWh' % y"),
        ("floats", "import math"),
        ("floats", "from math import sqrt"),
        ("prints", "print('hello')"),
        ("prints", "say = print"),
        ("prints", "sys.stdout.write('hello')"),
        ("raw_ticks", "now = time.ticks_ms()"),
        ("raw_ticks", "def f():\n    return time.ticks_us()"),
        ("raw_ticks", "t = time.time()"),
        ("raw_ticks", "def f(now_ms, self):\n    return now_ms - self._sent_ms"),
        ("raw_ticks", "def f(self, now_ms):\n    self._sent_ms = now_ms\n    return self._due_ms() - self._sent_ms"),
        ("raw_ticks", "def f(self, now_ms):\n    if now_ms > self._due_ms:\n        pass"),
        ("raw_ticks", "due_ms = ticks.add(a, 5)\nlate = due_ms < b"),
        ("raw_ticks", "first_ms = ticks_ms()\nfirst_ms += 5"),
        ("raw_ticks", "a_ms = b_ms = now_ms\nc = max(b_ms, d)"),
        ("raw_ticks", "x = ticks_ms() - y"),
        ("file_writes", "open('log.txt', 'w')"),
        ("file_writes", "def main():\n    try:\n        open('x')\n    except Exception:\n        pass"),
        ("file_writes", "os.remove('x')"),
        ("file_writes", "os.replace('x', 'y')"),
        ("file_writes", "from esp32 import NVS"),
        ("file_writes", "import esp32"),
    ],
)  # fmt: skip
def test_a_planted_offence_is_found(name: str, source: str) -> None:
    assert ALL[name](ast.parse(source)), source


@pytest.mark.parametrize(
    ("name", "source"),
    [
        ("floats", "half = count // 2\ntext = '%d of %s, 100 %%' % (a, b)"),
        ("prints", "sys.print_exception(error, file)\nsys.stdout.buffer.write(b'x')"),
        ("raw_ticks", "def ticks_ms():\n    tick_ms = time.ticks_ms()\n    return tick_ms & MASK"),
        ("raw_ticks", "def f(self, now_ms):\n    late_ms = ticks.diff(now_ms, self._due_ms)\n    return late_ms - 5 > 0"),
        ("raw_ticks", "def f(self, now_ms):\n    self._sent_ms = now_ms\n    return self._sent_ms < 0"),
        ("raw_ticks", "def f(now_ms, other_ms):\n    return now_ms == other_ms"),
        ("file_writes", "def main():\n    try:\n        run()\n    except Exception:\n        open('crash.txt', 'w')"),
        ("file_writes", "text = text.replace('a', 'b')"),
    ],
)  # fmt: skip
def test_what_is_allowed_is_not_called_an_offence(name: str, source: str) -> None:
    assert ALL[name](ast.parse(source)) == [], source
