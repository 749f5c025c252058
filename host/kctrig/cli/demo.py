"""`kctrig demo`: the main job with nothing attached."""

from __future__ import annotations

import json
import time
from pathlib import Path

import click

from kctrig.bench.round import Done
from kctrig.cli import exits, tables
from kctrig.cli.crew import make_crew
from kctrig.cli.demo_data import DemoBench, make_bench
from kctrig.cli.rounds import Halt, Terms, run_round
from kctrig.cli.work import conclude, profile_of, report_failures
from kctrig.procedure.verdicts import DONE
from kctrig.records.store import Store
from kctrig.sim.devices import choose_vm
from kctrig.worklist.reader import read

EPILOG = """\b
Example:
  kctrig demo
  kctrig demo --out /tmp/bench --json

\b
Exit codes: 0 all nine meters upgraded, by their own word too; 1 some did not pass;
2 bad input; 3 rig or link trouble; 4 a meter is in doubt; 130 interrupted.
"""

_VM_WORDS = {
    "micropython": "a MicroPython VM for each rig's firmware and each meter",
    "cpython": "CPython for each rig's firmware and each meter (no MicroPython here)",
}


@click.command(epilog=EPILOG)
@click.option(
    "--out",
    "folder",
    metavar="FOLDER",
    type=click.Path(path_type=Path, file_okay=False),
    default="kctrig-demo",
    show_default=True,
    help="Where meters, work list and evidence go; made anew.",
)
@click.option("--json", "as_json", is_flag=True, help="One JSON line a meter on stdout.")
def demo(folder: Path, as_json: bool) -> int:
    """Upgrade nine emulated meters side by side, one of each brand of the SOP's annex.

    Each meter stands behind its own rig firmware. Nothing needs to be attached.
    """
    bench = make_bench(folder)
    vm = choose_vm(None)
    click.echo(f"Nine emulated meters on KRN 1, {_VM_WORDS[vm]}; work list {bench.worklist}", err=True)
    found = read(bench.worklist, profile_of)
    rigs = [meter.url for meter in bench.meters]
    halt = Halt()
    began = time.monotonic()
    with Store(bench.store) as store:
        crew = make_crew(rigs, live=not as_json, may_ask=False)
        result = run_round(found.rows, rigs, store, crew, halt, Terms(operator="demo", no_credit=True))
    seconds = time.monotonic() - began
    report_failures(result)
    truths = [meter.krn_kt() for meter in bench.meters]
    if as_json:
        for done, (krn, kt) in zip(result.rows, truths, strict=True):
            line = {**done.outcome.as_json(), "vm": vm, "meter_says": {"krn": krn, "kt": kt}}
            click.echo(json.dumps(line, ensure_ascii=False))
    else:
        headings = ("brand", "meter", "glass before", "glass after", "verdict", "s", "memory")
        rows = [_cells(done, truth) for done, truth in zip(result.rows, truths, strict=True)]
        tables.show(headings, rows, verdict_column=4)
        for done in result.rows:
            if done.outcome.reason and done.outcome.verdict not in DONE:
                click.echo(f"{done.row.meter_no}: {done.outcome.reason}")
    _say_evidence(bench, truths, seconds, as_json)
    code = conclude(result, found, halt, bench.store)
    if code == exits.OK and any(truth != (2, 2) for truth in truths):
        click.echo(
            "kctrig: a verdict says PASS_VERIFIED where the meter's own memory says otherwise", err=True
        )
        return exits.IN_DOUBT
    return code


def _cells(done: Done, truth: tuple[int, int]) -> tuple[str, ...]:
    outcome = done.outcome
    return (
        outcome.profile,
        outcome.meter_no,
        outcome.shown_before.strip(),
        outcome.shown_after.strip(),
        outcome.verdict.value,
        f"{outcome.seconds:.1f}",
        f"{truth[0]}/{truth[1]}",
    )


def _say_evidence(bench: DemoBench, truths: list[tuple[int, int]], seconds: float, as_json: bool) -> None:
    results = [result for meter in bench.meters for result in meter.token_results()]
    taken = sum(result in ("Accept", "1stKCT", "2ndKCT") for result in results)
    upgraded = sum(truth == (2, 2) for truth in truths)
    for line in (
        f"Checked without the rig: {upgraded} of {len(truths)} meters have KRN/KT 2/2 in their own memory; by their own "
        f"logs they were given {len(results)} tokens and took {taken}.",
        f"Evidence: {bench.store} (kctrig status --store {bench.store}); truth logs of the meters in "
        f"{bench.folder / 'truth'}; work list {bench.worklist}",
        f"{seconds:.1f} s from the first rig's start to the last verdict",
    ):
        click.echo(line, err=as_json)
