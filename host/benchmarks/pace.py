"""How fast key change sets go in once a pace was learned: `python host/benchmarks/pace.py [--meters N] [--svg docs/pace.svg]`.

Whole stack in virtual time. For every brand, one store learns from N meters whose keypads lose one press in a hundred; then
ten meters with good keypads are upgraded at what was learned. Measured by the meters' own logs:

    time of a set  = first digit of its first token going down ... the answer to its last token on the glass; whatever
                     happens in between counts: lost keys, clearing, typing again, looking again, the host's own time
    meter's limit  = 21 keys a token x 2 x scan period x equal scans (the shortest press and release it is certain
                     of), and the meter's own answer times
    over the limit = time of a set / meter's limit
    floor          = what no hand can beat while one press in a hundred is lost: a lost digit costs its own time again;
                     a lost Enter the half second after which the glass is told anew, then clearing, 04 and all keys again

And counted: tokens submitted that are not the work list's, or twice.
"""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from statistics import mean

from kctrig import profiles
from kctrig.procedure.pace_book import PaceBook
from kctrig.procedure.runner import upgrade_meter
from kctrig.procedure.verdicts import Job
from kctrig.records.store import Store
from kctrig.sim.set_times import TOKEN_KEYS, answers_ms, set_ms
from kctrig.sim.virtual import VirtualWorld
from kctrig.tokens import issue
from kctrig.tokens.meters import Meter, fresh_state, numbered
from metersim import brands

LOST = 0.01
DROP = f"key_drop:{LOST}"
REFRESH_MS = 500
GOOD_METERS = 10
WINDOW = 5


@dataclass(slots=True)
class Run:
    """One meter: times in milliseconds by its own log, what it was given, how it ended."""

    verdict: str
    set_ms: int
    limit_ms: int
    wrong: int
    lost: int
    retypes: int

    @property
    def over_limit(self) -> float:
        """Time of the set over the meter's limit."""
        return self.set_ms / self.limit_ms


@dataclass(slots=True)
class Course:
    """What one brand came to."""

    brand: str
    learning: list[Run] = field(default_factory=list)
    after: list[Run] = field(default_factory=list)
    pace: str = ""


def upgrade_one(
    brand: str, serial: int, store: Store, paces: PaceBook | None, faults: Sequence[str], seed: int
) -> Run:
    """Upgrade one fresh emulated meter and read its truth log."""
    drn = numbered(serial)
    state = fresh_state(brand, drn)
    tokens = issue.key_change(Meter.from_state(state), 2, rollover=True).tokens
    world = VirtualWorld(brand, state, faults=faults, seed=seed)
    outcome = upgrade_meter(
        world.open_rig(), Job.of(drn, brand, tokens), profiles.load(brand), store, clock=world, paces=paces
    )
    given = [row["digits"] for row in world.truth if row["event"] == "token"]
    wrong = sum(digits not in tokens for digits in given) + len(given) - len(set(given))
    meter = brands.load(brand)
    key_ms = 2 * meter.scan_ms * meter.debounce
    events = list(store.events(meter_no=drn))
    return Run(
        f"{outcome.verdict} {outcome.code}".strip(),
        set_ms(world.truth, tokens),
        len(tokens) * TOKEN_KEYS * key_ms + answers_ms(world.truth, tokens),
        wrong,
        sum(int(str(event.body["lost"])) for event in events if event.point == "typed"),
        sum(event.point == "retype" for event in events),
    )


def course(brand: str, meters: int, folder: Path) -> Course:
    """Learn on `meters` bad keypads, then measure on good ones."""
    result = Course(brand)
    serial = 100_000 + 2_000 * profiles.names().index(brand)
    with Store(folder / f"{brand}.db") as store:
        store_db_is_scratch(store)
        paces = PaceBook(store)
        for number in range(meters):
            result.learning.append(
                upgrade_one(brand, serial + number, store, paces, (DROP,), serial + number)
            )
        pace = paces.pace(profiles.load(brand), "kctrig-rig virtual")
        result.pace = f"{pace.press_ms}+{pace.gap_ms}"
        for number in range(GOOD_METERS):
            result.after.append(
                upgrade_one(brand, serial + meters + number, store, paces, (), serial + meters + number)
            )
    return result


def floor(brand: str, tokens: int = 2) -> float:
    """The least over the limit that can be had while keys are lost and nothing is submitted unproved."""
    meter = brands.load(brand)
    key_ms = 2 * meter.scan_ms * meter.debounce
    limit_ms = tokens * (TOKEN_KEYS * key_ms + meter.token_ms)
    again = LOST / (1 - LOST)
    clear_look_type = 2 + 3 + TOKEN_KEYS
    enter_ms = REFRESH_MS + clear_look_type * key_ms + meter.code_ms
    return 1 + again * tokens * ((TOKEN_KEYS - 1) * key_ms + enter_ms) / limit_ms


def store_db_is_scratch(store: Store) -> None:
    """No waiting for the disk: this store is thrown away."""
    store._db.execute("PRAGMA synchronous = OFF")


def table(courses: Sequence[Course]) -> str:
    """The figures, one line a brand."""
    lines = [
        f"{'brand':14} {'meters':>6} {'passed':>6} {'wrong':>5} {'lost':>5} {'retyped':>7} {'pace':>7} "
        f"{'floor':>6} {'1 % lost':>8} {'learned':>8} {'sound keypad':>12}"
    ]
    for one in courses:
        runs = one.learning
        late = runs[len(runs) // 4 :]
        lines.append(
            f"{one.brand:14} {len(runs):>6} {sum(run.verdict == 'PASS_VERIFIED' for run in runs):>6} "
            f"{sum(run.wrong for run in runs + one.after):>5} {sum(run.lost for run in runs):>5} "
            f"{sum(run.retypes for run in runs):>7} {one.pace:>7} "
            f"{floor(one.brand):>6.3f} {mean(run.over_limit for run in runs):>8.3f} "
            f"{mean(run.over_limit for run in late):>8.3f} {mean(run.over_limit for run in one.after):>12.3f}"
        )
        lines += [f"    {run.verdict}" for run in runs + one.after if run.verdict != "PASS_VERIFIED"]
    return "\n".join(lines)


def svg(courses: Sequence[Course], shown: int = 60) -> str:
    """Time over the meter's limit, meter by meter, one curve a brand."""
    width, height, left, top = 720, 380, 60, 30
    low, high = 1.0, 1.7
    colours = (
        "#1f77b4",
        "#d62728",
        "#2ca02c",
        "#9467bd",
        "#8c564b",
        "#e377c2",
        "#7f7f7f",
        "#bcbd22",
        "#17becf",
    )

    def x(number: int) -> float:
        return left + number * (width - left - 150) / max(1, shown - 1)

    def y(ratio: float) -> float:
        return top + (high - min(ratio, high)) * (height - top - 50) / (high - low)

    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" font-family="sans-serif" '
        'font-size="12">',
        "<title>Time of a key change set over the meter's own limit, meter by meter</title>",
        f'<rect width="{width}" height="{height}" fill="white"/>',
        f'<text x="{left}" y="18">Time of a set over the meter\'s own limit '
        f"(mean of {WINDOW} meters; 1 % of presses lost)</text>",
    ]
    for tenth in range(10, 18):
        at = y(tenth / 10)
        strong = tenth == 11
        parts.append(
            f'<line x1="{left}" x2="{width - 150}" y1="{at:.1f}" y2="{at:.1f}" '
            f'stroke="{"#d00" if strong else "#ddd"}" {"stroke-dasharray=" + chr(34) + "4 3" + chr(34) if strong else ""}/>'
            f'<text x="{left - 8}" y="{at + 4:.1f}" text-anchor="end">{tenth / 10:.1f}</text>'
        )
    parts += [
        f'<text x="{x(number):.1f}" y="{height - 30}" text-anchor="middle">{number}</text>'
        for number in range(0, shown + 1, 10)
    ]
    parts.append(f'<text x="{(left + width - 150) / 2}" y="{height - 10}" text-anchor="middle">meter</text>')
    for at, one in enumerate(courses):
        ratios = [run.over_limit for run in one.learning[: shown + WINDOW - 1]]
        means = [mean(ratios[n : n + WINDOW]) for n in range(max(1, len(ratios) - WINDOW + 1))]
        points = " ".join(f"{x(n):.1f},{y(ratio):.1f}" for n, ratio in enumerate(means[:shown]))
        colour = colours[at % len(colours)]
        parts.append(f'<polyline points="{points}" fill="none" stroke="{colour}" stroke-width="1.5"/>')
        parts.append(
            f'<text x="{width - 140}" y="{top + 20 + 18 * at}" fill="{colour}">{one.brand} {one.pace} ms</text>'
        )
    return "\n".join([*parts, "</svg>"]) + "\n"


def main() -> int:
    """Print the table; write the plot where asked."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument(
        "--meters", type=int, default=112, help="bad keypads a brand (default 112: 1 008 in all)"
    )
    parser.add_argument("--brand", action="append", choices=profiles.names())
    parser.add_argument("--svg", type=Path)
    options = parser.parse_args()
    courses = []
    with tempfile.TemporaryDirectory(prefix="kctrig-pace-") as name:
        for brand in options.brand or profiles.names():
            courses.append(course(brand, options.meters, Path(name)))
            lines = table(courses[-1:]).splitlines()
            print("\n".join(lines if len(courses) == 1 else lines[1:]), flush=True)
    if options.svg:
        options.svg.write_text(svg(courses), encoding="utf-8")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
