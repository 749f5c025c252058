"""Type every entry sequence of a file on emulated meters: `micropython sequence_checks.py SEQUENCES METERS`.

Both files are JSON; METERS may be the same file. Prints one line a complaint and how many sequences there were. Runs under
CPython and MicroPython; `typist.py` must be beside it or on the path.
"""

import json
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from tests.meter.typist import run_sequence
elif sys.implementation.name == "micropython":
    from typist import run_sequence
else:
    from tests.meter.typist import run_sequence


def check(sequence_path: str, meter_path: str) -> "tuple[int, list[str]]":
    """(number of sequences, complaints)."""
    with open(sequence_path) as file:
        sequences = json.load(file)["entry_sequences"]
    with open(meter_path) as file:
        states = {state["drn"]: state for state in json.load(file)["meters"]}
    complaints = []
    for sequence in sequences:
        state = states[sequence["meter_drn"]]
        complaints += run_sequence(sequence, state, state["profile"])
    return len(sequences), complaints


if __name__ == "__main__":
    count, found = check(sys.argv[1], sys.argv[2])
    for complaint in found:
        sys.stdout.write(complaint + "\n")
    sys.stdout.write("%d sequences\n" % count)
    sys.exit(1 if found else 0)
