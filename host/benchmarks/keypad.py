"""How fast a key change set goes in: `python host/benchmarks/keypad.py [BRAND] [--runs N]`.

Upgrades an emulated meter behind the rig firmware in a MicroPython VM, at the profile's own pace and at a pace just above
the meter's limit, and measures at the meter, from its truth log:

    time at the keypad = first key of the first token going down ... Enter of the last token going up,
                         without the time the meter itself takes for the answer between the two
    own key times      = presses x (press + gap) as the rig was told
    meter's limit      = presses x 2 x the time this meter needs to be certain of an edge
"""

from __future__ import annotations

import argparse
import json
import tempfile
from dataclasses import dataclass
from pathlib import Path

from kctrig import profiles
from kctrig.procedure.pace import Pace
from kctrig.procedure.runner import upgrade_meter
from kctrig.procedure.verdicts import Job
from kctrig.records.store import Store
from kctrig.sim import open_any
from kctrig.tokens import issue
from kctrig.tokens.meters import Meter, fresh_state, numbered
from metersim import brands

FASTEST = "hexing"
TOKEN_KEYS = 21


@dataclass(frozen=True, slots=True)
class PairTime:
    """One key change set at the meter, in milliseconds."""

    verdict: str
    presses: int
    keypad_ms: int
    own_ms: int
    limit_ms: int

    def __str__(self) -> str:
        return (
            f"{self.keypad_ms:>8} ms {self.own_ms:>8} ms {self.keypad_ms / self.own_ms:>7.3f}"
            f" {self.limit_ms:>8} ms {self.keypad_ms / self.limit_ms:>7.3f}   {self.verdict}"
        )


def limit_pace(brand: str) -> Pace:
    """The believed shortest certain press and gap, and 2 ms for the clock of this machine."""
    profile = profiles.load(brand)
    return Pace(profile.min_press_ms + 2, profile.min_gap_ms + 2)


def measure(brand: str, pace: Pace, serial: int = 900100001) -> PairTime:
    """Upgrade one fresh emulated meter of `brand` and read its truth log."""
    profile = profiles.load(brand)
    drn = numbered(serial)
    state = fresh_state(brand, drn)
    tokens = issue.key_change(Meter.from_state(state), 2, rollover=True).tokens
    with tempfile.TemporaryDirectory(prefix="kctrig-keypad-") as name:
        folder = Path(name)
        state_path, log_path = folder / "meter.json", folder / "truth.jsonl"
        state_path.write_text(json.dumps(state), encoding="utf-8")
        with open_any(f"sim:{brand}?state={state_path}&log={log_path}") as rig:
            outcome = upgrade_meter(
                rig, Job.of(drn, brand, tokens), profile, Store(folder / "store.db"), pace=pace
            )
        truth = [json.loads(line) for line in log_path.read_text(encoding="utf-8").splitlines()]
    presses = TOKEN_KEYS * len(tokens)
    meter = brands.load(brand)
    certain_ms = meter.scan_ms * meter.debounce
    return PairTime(
        str(outcome.verdict), presses, _at_keypad_ms(truth), presses * pace.key_ms, presses * 2 * certain_ms
    )


def _at_keypad_ms(truth: list[dict[str, object]]) -> int:
    """See the head of this file; times are when the meter itself took an edge for true."""
    edges = [row for row in truth if row["event"] == "key" and row["seen"]]
    downs = [(_ms(row), row["key"]) for row in edges if row["edge"] == "down"]
    enters = [at for at, (_, key) in enumerate(downs) if key == "#"]
    of_tokens = [at for before, at in zip([-1, *enters], enters, strict=False) if at - before >= TOKEN_KEYS]
    first_ms = downs[of_tokens[0] - TOKEN_KEYS + 1][0]
    ups = [_ms(row) for row in edges if row["edge"] == "up"]
    total_ms = next(ms for ms in ups if ms > downs[of_tokens[-1]][0]) - first_ms
    for at in of_tokens[:-1]:
        entered_ms = downs[at][0]
        answered_ms = next(
            _ms(row)
            for row in truth
            if row["event"] == "display" and _ms(row) > entered_ms and str(row["text"]).strip()
        )
        released_ms = next(ms for ms in ups if ms > entered_ms)
        total_ms -= answered_ms - released_ms
    return total_ms


def _ms(row: dict[str, object]) -> int:
    return int(str(row["t_ms"]))


def profile_pace(brand: str) -> Pace:
    """The pace of the profile."""
    profile = profiles.load(brand)
    return Pace(profile.press_ms, profile.gap_ms)


def main() -> int:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("brand", nargs="?", default=FASTEST)
    parser.add_argument("--runs", type=int, default=3)
    options = parser.parse_args()
    print(f"{options.brand:22} {'keypad':>11} {'own keys':>11} {'ratio':>7} {'limit':>11} {'ratio':>7}")
    for name, pace in (
        ("profile's pace", profile_pace(options.brand)),
        ("just above the limit", limit_pace(options.brand)),
    ):
        for _ in range(options.runs):
            label = f"{name} {pace.press_ms}+{pace.gap_ms}"
            print(f"{label:22} {measure(options.brand, pace)}", flush=True)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
