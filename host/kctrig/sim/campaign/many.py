"""Many campaigns over a run of seeds, on several processor cores."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait

from kctrig.sim.campaign.plan import MIXED, draw
from kctrig.sim.campaign.report import Report, Row, row_of
from kctrig.sim.campaign.run import run_campaign

_CHUNK = 8
_AHEAD = 4


def run_chunk(first_seed: int, count: int, level: str, store: str | None) -> list[Row]:
    """The campaigns of some seeds, one after the other."""
    return [_judged(seed, level, store) for seed in range(first_seed, first_seed + count)]


def _judged(seed: int, level: str, store: str | None) -> Row:
    try:
        return row_of(run_campaign(draw(seed, level, store)))
    except Exception as error:
        raise RuntimeError(f"campaign {seed} itself is at fault: {type(error).__name__}: {error}") from error


def run_many(
    campaigns: int,
    first_seed: int,
    *,
    level: str = MIXED,
    store: str | None = None,
    workers: int | None = None,
    on_row: Callable[[Report], None] | None = None,
    fail_fast: bool = False,
    report: Report | None = None,
) -> Report:
    """Live through `campaigns` plans from `first_seed` on; the seeds of a run are consecutive numbers.

    `on_row` is called with what there is so far. With `fail_fast` the run ends at the first violation.
    `report` is the one to fill: whoever interrupts the run has in it what was judged until then.
    """
    report = report or Report(first_seed)
    started_s = time.monotonic()
    for row in _rows(campaigns, first_seed, level, store, workers or os.cpu_count() or 1):
        report.add(row)
        report.wall_s = time.monotonic() - started_s
        if on_row is not None:
            on_row(report)
        if fail_fast and report.failing:
            break
    return report


def _rows(campaigns: int, first_seed: int, level: str, store: str | None, workers: int) -> Iterator[Row]:
    if workers == 1 or campaigns <= _CHUNK:
        for seed in range(first_seed, first_seed + campaigns):
            yield from run_chunk(seed, 1, level, store)
        return
    chunks = iter(
        [
            (seed, min(_CHUNK, first_seed + campaigns - seed))
            for seed in range(first_seed, first_seed + campaigns, _CHUNK)
        ]
    )
    with ProcessPoolExecutor(workers, initializer=_ended_by_ctrl_c) as pool:
        running: set[Future[list[Row]]] = set()
        try:
            while True:
                # Only so many ahead: an interrupted run of a hundred thousand ends at once.
                for _ in range(_AHEAD * workers - len(running)):
                    chunk = next(chunks, None)
                    if chunk is None:
                        break
                    running.add(pool.submit(run_chunk, *chunk, level, store))
                if not running:
                    return
                done, running = wait(running, return_when=FIRST_COMPLETED)
                for future in done:
                    yield from future.result()
        except (Exception, GeneratorExit):  # after Ctrl-C the workers are gone and there is nothing to cancel
            for future in running:
                future.cancel()
            raise


def _ended_by_ctrl_c() -> None:
    """Ctrl-C reaches every process of a terminal; a worker ends by it at once and without a word."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)
