#!/usr/bin/env python3
"""Tokens decoded per second and core: the device's file and the host's, under CPython and MicroPython.

.venv/bin/python host/benchmarks/sts.py [SECONDS_PER_ROW]
"""

from __future__ import annotations

import importlib.util
import os
import platform
import shutil
import subprocess
import sys
from functools import lru_cache
from pathlib import Path
from types import ModuleType

from kctrig.tokens import fast
from metersim.sts import codec

HERE = Path(__file__).resolve().parent
FIRMWARE = HERE.parents[1] / "firmware"
LOOP = HERE / "sts_loop.py"


def loop() -> ModuleType:
    """The measuring loop, which MicroPython runs too."""
    spec = importlib.util.spec_from_file_location("sts_loop", LOOP)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def without_memory() -> None:
    """Let the host's cipher cache hold one meter, so that a new key a token costs what it costs."""
    fast.cipher_for = lru_cache(maxsize=1)(fast.cipher_for.__wrapped__)


def under_micropython(ea: int, seconds: float, new_keys: bool) -> str:
    """The rate of the device's file in a MicroPython VM, or why there is none."""
    path = os.pathsep.join((str(Path(sys.executable).parent), os.environ.get("PATH", "")))
    vm = shutil.which("micropython", path=path)
    if vm is None:
        return "no VM here"
    words = [vm, "-X", "heapsize=160k", str(LOOP), str(ea), str(seconds), *(["every"] if new_keys else [])]
    run = subprocess.run(
        words,
        env={**os.environ, "MICROPYPATH": f"{FIRMWARE}:.frozen"},
        capture_output=True,
        text=True,
        check=True,
    )
    return run.stdout.strip()


def main() -> None:
    """Print one table."""
    seconds = float(sys.argv[1]) if len(sys.argv) > 1 else 1.0
    rate = loop().tokens_per_s
    without_memory()
    print(
        f"tokens decoded per second on one core; CPython {platform.python_version()}, {platform.machine()}, {seconds} s a row"
    )
    print(
        f"{'algorithm':10} {'key':12} {'host, CPython':>14} {'device, CPython':>16} {'device, MicroPython':>20}"
    )
    for ea, name in ((7, "EA07"), (11, "EA11")):
        for new_keys, key in ((False, "one meter"), (True, "every other")):
            host = rate(fast.decode, ea, seconds, new_keys)
            device = rate(codec.decode, ea, seconds, new_keys)
            print(f"{name:10} {key:12} {host:14} {device:16} {under_micropython(ea, seconds, new_keys):>20}")
    print("an ESP32 is not measured here; estimate: 50 to 100 times slower than MicroPython on this machine")


if __name__ == "__main__":
    main()
