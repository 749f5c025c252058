"""Every figure of the README, one after the other: `python3 run.py figures`. About two minutes; leave the machine alone."""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
from pathlib import Path

HERE = Path(__file__).resolve().parent


def timed(*words: str, cwd: Path = HERE) -> float:
    """Wall seconds of one `kctrig` command; stops everything when it fails."""
    began = time.perf_counter()
    subprocess.run([sys.executable, "-m", "kctrig", *words], cwd=cwd, check=True, capture_output=True)
    return time.perf_counter() - began


def main() -> int:
    """Print them."""
    print(f"kctrig --help, best of 5: {min(timed('--help') for _ in range(5)):.3f} s", flush=True)
    with tempfile.TemporaryDirectory(prefix="kctrig-figures-") as name:
        print(f"kctrig demo, wall time: {timed('demo', '--out', 'demo', cwd=Path(name)):.1f} s", flush=True)
    for script in ("keypad.py", "link.py", "heap.py"):
        print(f"\n{script}", flush=True)
        subprocess.run([sys.executable, str(HERE / script)], check=True)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
