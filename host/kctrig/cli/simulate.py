"""`kctrig simulate`: the whole stack over seeded bad days in virtual time, judged by the meters' own logs."""

from __future__ import annotations

import json
import sys
import tempfile
import time
from pathlib import Path

import click

from kctrig.cli import exits
from kctrig.sim.campaign import many
from kctrig.sim.campaign.plan import LEVELS, MIXED, STORES, draw
from kctrig.sim.campaign.report import Report, Row, row_of
from kctrig.sim.campaign.run import run_campaign
from kctrig.sim.campaign.trace import as_text, replay_command

_TRACES_AT_MOST = 5
_PROGRESS_S = 1.0

EPILOG = """\b
Example:
  kctrig simulate --campaigns 2000 --seed 1
  kctrig simulate --campaigns 10000 --level healthy --json
  kctrig simulate --campaigns 1 --seed 138 --trace campaign-138.txt

\b
A campaign is one seed: host, journal, link, rig firmware and emulated meters, with everything
that the seed lets go wrong. Campaign k of a run has the seed SEED + k. The judge reads the
meters' own logs and the store, and nothing else.
Ctrl-C ends a run early; the figures are then those of the campaigns that were judged.
Exit codes: 0 no violation; 1 an invariant was broken; 2 bad input; 130 interrupted, no violation until then.
"""


@click.command(epilog=EPILOG)
@click.option(
    "--campaigns", metavar="N", type=click.IntRange(1), default=200, show_default=True, help="How many."
)
@click.option(
    "--seed", metavar="S", type=click.IntRange(0), default=1, show_default=True, help="The first seed."
)
@click.option(
    "--level",
    type=click.Choice((MIXED, *LEVELS)),
    default=MIXED,
    show_default=True,
    help="How much goes wrong; mixed lets each seed choose.",
)
@click.option(
    "--store",
    type=click.Choice(STORES),
    default=None,
    help="Only the real SQLite store, or only the one in memory; each seed chooses when left out.",
)
@click.option(
    "--workers",
    metavar="N",
    type=click.IntRange(1),
    default=None,
    help="Processes; one a core when left out.",
)
@click.option(
    "--trace",
    "trace_path",
    metavar="FILE",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Write the first failing campaign here step by step; with --campaigns 1, that campaign.",
)
@click.option("--fail-fast", is_flag=True, help="Stop at the first violation.")
@click.option("--json", "as_json", is_flag=True, help="The figures as one JSON object on stdout.")
def simulate(
    campaigns: int,
    seed: int,
    level: str,
    store: str | None,
    workers: int | None,
    trace_path: Path | None,
    fail_fast: bool,
    as_json: bool,
) -> int:
    """Try N bad days at the bench in virtual time and look for a false verdict."""
    report = Report(seed)
    interrupted = False
    if campaigns == 1:
        _one(report, level, store, trace_path)
    else:
        try:
            many.run_many(
                campaigns,
                seed,
                level=level,
                store=store,
                workers=workers,
                on_row=_progress(campaigns),
                fail_fast=fail_fast,
                report=report,
            )
        except KeyboardInterrupt:
            interrupted = True
            click.echo(f"\nkctrig: interrupted after {report.campaigns} of {campaigns} campaigns", err=True)
        _tell_failing(report.failing, trace_path, 0 if interrupted else _TRACES_AT_MOST)
    click.echo(json.dumps(report.as_json()) if as_json else report.as_text())
    if report.violations:
        return exits.NOT_PASSED
    return exits.INTERRUPTED if interrupted else exits.OK


def _one(report: Report, level: str, store: str | None, trace_path: Path | None) -> None:
    started_s = time.monotonic()
    done = run_campaign(draw(report.first_seed, level, store))
    row = row_of(done)
    report.add(row)
    report.wall_s = time.monotonic() - started_s
    if trace_path is not None:
        _write(trace_path, as_text(done, row.violations))
        click.echo(f"trace: {trace_path}", err=True)
    if row.violations:
        _tell(row)


def _tell_failing(failing: list[Row], trace_path: Path | None, traces: int) -> None:
    """Each failing seed with the command that replays it; the first few are done again for their traces."""
    for at, row in enumerate(failing):
        _tell(row)
        if at < traces:
            path = (
                trace_path
                if at == 0 and trace_path
                else Path(tempfile.gettempdir()) / f"kctrig-campaign-{row.seed}.txt"
            )
            done = run_campaign(draw(row.seed, row.level, row.store))
            _write(path, as_text(done, row_of(done).violations))
            click.echo(f"  trace: {path}", err=True)


def _tell(row: Row) -> None:
    click.echo(
        f"seed {row.seed} broke an invariant. Again: {replay_command(row.seed, row.level, row.store)}",
        err=True,
    )
    for violation in row.violations:
        click.echo(f"  {violation.invariant}: meter {violation.meter_no or '-'}: {violation.what}", err=True)


def _write(path: Path, text: str) -> None:
    try:
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise click.UsageError(
            f"{path}: {error.strerror or error}; name another file with --trace"
        ) from error


class _Progress:
    """One line on a terminal's stderr, once a second."""

    def __init__(self, campaigns: int) -> None:
        self._campaigns = campaigns
        self._shown_s = 0.0

    def __call__(self, report: Report) -> None:
        now_s = time.monotonic()
        last = report.campaigns == self._campaigns
        if now_s - self._shown_s < _PROGRESS_S and not last:
            return
        self._shown_s = now_s
        line = f"{report.campaigns}/{self._campaigns}, {report.per_second:.1f} a second, violations: {report.violations}"
        click.echo(f"\r{line}", err=True, nl=last)


def _progress(campaigns: int) -> _Progress | None:
    return _Progress(campaigns) if sys.stderr.isatty() else None
