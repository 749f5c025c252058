"""What `upgrade` and `resume` share: the options of a round, and what becomes of its rows."""

from __future__ import annotations

import functools
import json
import sys
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click

from kctrig import profiles
from kctrig.bench.round import Done, RoundResult
from kctrig.cli import exits, tables
from kctrig.cli.crew import make_crew, names_of, short
from kctrig.cli.override import operator_option, override_of, override_option
from kctrig.cli.rigs import trace_option
from kctrig.cli.rounds import Halt, Terms, run_round
from kctrig.cli.tongue import Tongue, lang_option
from kctrig.lang import N_
from kctrig.procedure.verdicts import Verdict
from kctrig.records.store import Store
from kctrig.sim.urls import is_sim, parse
from kctrig.worklist.rows import WorkList, WorkRow

DEFAULT_STORE = "kctrig.db"
HEADINGS = (N_("meter"), N_("brand"), N_("before"), N_("after"), N_("verdict"), N_("s"), N_("rig"))
F = Callable[..., Any]


@dataclass(frozen=True, slots=True)
class RoundOrder:
    """What a person asked of a round.

    Attributes:
        meters: only these of the list; empty for all.
        terms: by whom and how it is worked.
    """

    worklist: Path
    rigs: tuple[str, ...]
    store_path: Path
    meters: tuple[str, ...]
    terms: Terms
    as_json: bool


def round_options(command: Callable[[RoundOrder], int]) -> F:
    """The work list, the rigs, the store and how the round is worked, as one `RoundOrder` for the command.

    An override that nobody answers for is a usage error.
    """

    @functools.wraps(command)
    def ordered(
        *, operator: str, override: str, pace: str, credit: str, trace_path: Path | None, **asked: Any
    ) -> int:
        opens = override_of(override, operator)
        if opens and not asked["meters"]:
            raise click.UsageError(
                "--override needs --meter NO: one reason opens the meters that are named, not a whole list"
            )
        terms = Terms(operator, pace == "learn", opens, credit == "none", trace_path)
        return command(RoundOrder(terms=terms, **asked))

    decorated: F = ordered
    for option in (
        lang_option,
        click.option("--json", "as_json", is_flag=True, help="One JSON line a meter on stdout."),
        trace_option,
        click.option(
            "--pace",
            type=click.Choice(["learn", "profile"]),
            default="learn",
            show_default=True,
            help="Type as fast as the store has learned for the brand, or as the profile says.",
        ),
        click.option(
            "--credit",
            type=click.Choice(["ask", "none"]),
            default="ask",
            show_default=True,
            help="Where the list does not say: ask at each meter for a credit token that was bought and not entered "
            "(the key change voids it), or know that there is none.",
        ),
        override_option,
        operator_option,
        click.option(
            "--meter",
            "meters",
            metavar="NO",
            multiple=True,
            help="Only this meter of the list; repeat for more.",
        ),
        click.option(
            "--store",
            "store_path",
            metavar="FILE",
            type=click.Path(path_type=Path, dir_okay=False),
            default=DEFAULT_STORE,
            show_default=True,
            help="Where everything that happens is recorded.",
        ),
        click.option(
            "--rig",
            "rigs",
            metavar="URL",
            multiple=True,
            required=True,
            help="Port of a rig, rig:ID or sim:BRAND; repeat for more.",
        ),
        click.argument("worklist", type=click.Path(path_type=Path)),
    ):
        decorated = option(decorated)
    return decorated


def work_on(rows: Sequence[WorkRow], found: WorkList, order: RoundOrder) -> int:
    """Run the round, print what came of it, give the exit code."""
    halt = Halt()
    tongue = Tongue.chosen()
    untold = sum(not (row.credit_told or row.unspent_credit) for row in rows)
    if untold and not order.terms.no_credit and not sys.stdin.isatty():
        said = tongue.gettext(
            "the list does not say whether customers hold credit tokens they have not entered ({meters}), and nobody can be asked here; "
            "the key change voids such tokens. A column TOKEN_KREDIT or --credit none says it"
        )
        click.echo(f"note: {said.format(meters=tongue.meters(untold))}", err=True)
    with Store(order.store_path) as store:
        crew = make_crew(list(order.rigs), live=True, may_ask=True, tongue=tongue)
        result = run_round(rows, order.rigs, store, crew, halt, order.terms)
    report_failures(result, order.rigs)
    show_result(result, order.as_json, str(order.store_path), tongue, order.rigs)
    return conclude(result, found, halt, order.store_path, tongue)


def profile_of(merk_type: str) -> str | None:
    """The name of the brand profile for a MERK_TYPE as AP2T writes it, None when there is none."""
    try:
        return profiles.for_merk_type(merk_type).name
    except profiles.UnknownBrand:
        return None


def report_rows(found: WorkList) -> None:
    """One line on stderr for every row that is left out or has a note."""
    for defect in found.defects:
        click.echo(f"left out: {defect}", err=True)
    for note in found.notes:
        click.echo(f"note: {note}", err=True)


def check_rigs(rigs: Sequence[str]) -> None:
    """Find what is wrong with the names of the rigs before anything is opened.

    Raises:
        click.UsageError: a rig is named twice.
        SimUrlError: an emulated rig's URL cannot be used.
    """
    if len(set(rigs)) < len(rigs):
        raise click.UsageError("a rig is named twice; name each --rig once")
    for rig in rigs:
        if is_sim(rig):
            parse(rig)


def report_failures(result: RoundResult, rigs: Sequence[str] = ()) -> None:
    """One line on stderr for every rig that failed."""
    names = names_of(rigs)
    for rig, error in result.failures:
        click.echo(
            f"kctrig: {names.get(rig) or short(rig)}: {exits.explain(error)[0].removeprefix('kctrig: ')}",
            err=True,
        )


def choose(found: WorkList, meters: Sequence[str], worklist: Path) -> tuple[WorkRow, ...]:
    """The rows to work on; a usage error when there is none."""
    if not meters:
        if not found.rows:
            raise click.UsageError(f"{worklist}: no row that can be used")
        return found.rows
    known = {row.meter_no for row in found.rows}
    for meter in meters:
        if meter not in known:
            raise click.UsageError(f"--meter {meter}: no usable row of {worklist} has this number")
    return tuple(row for row in found.rows if row.meter_no in meters)


def show_result(
    result: RoundResult, as_json: bool, store: str, tongue: Tongue, rigs: Sequence[str] = ()
) -> None:
    """Print the verdicts, in the order of the list."""
    if as_json:
        for done in result.rows:
            line = {**done.outcome.as_json(), "row": done.row.row_no, "rig": done.rig}
            click.echo(json.dumps(line, ensure_ascii=False))
        return
    headings = [tongue.gettext(name) for name in HEADINGS]
    names = names_of(rigs)
    tables.show(headings, [_cells(done, names) for done in result.rows], verdict_column=4, say=tongue.verdict)
    for who, reason in _reasons(result, tongue):
        click.echo(f"{who}: {reason}")
    evidence = tongue.gettext("Evidence: {store} (kctrig status --store {store})")
    click.echo(evidence.format(store=store))


def _reasons(result: RoundResult, tongue: Tongue) -> Iterator[tuple[str, str]]:
    """Which meter, and why; the meters that no rig showed have one reason, said once."""
    untouched = Counter(tongue.reason(done.outcome) for done in result.rows if not done.rig)
    said = set[str]()
    for done in result.rows:
        reason = tongue.reason(done.outcome)
        many = 0 if done.rig else untouched[reason]
        if not reason or (many > 1 and reason in said):
            continue
        if many > 1:
            said.add(reason)
        yield tongue.meters(many) if many > 1 else done.row.meter_no, reason


def _cells(done: Done, names: Mapping[str, str]) -> tuple[str, ...]:
    outcome = done.outcome
    return (
        done.row.meter_no,
        outcome.profile,
        outcome.shown_before.strip(),
        outcome.shown_after.strip(),
        outcome.verdict.value,
        f"{outcome.seconds:.1f}" if done.rig else "",
        names.get(done.rig) or short(done.rig),
    )


def conclude(
    result: RoundResult, found: WorkList, halt: Halt, store_path: Path, tongue: Tongue | None = None
) -> int:
    """The exit code, said in words when the round was interrupted."""
    verdicts = [done.outcome.verdict.value for done in result.rows]
    code = exits.of_verdicts(verdicts)
    if result.failures and code != exits.IN_DOUBT:
        code = max(code, *(exits.explain(error)[1] for _, error in result.failures))
    if found.defects and code == exits.OK:
        code = exits.NOT_PASSED
    if halt.asked:
        if code != exits.IN_DOUBT:
            code = exits.INTERRUPTED
        tongue = tongue or Tongue()
        open_rows = sum(verdict == Verdict.READY for verdict in verdicts)
        said = tongue.gettext(
            "interrupted. Every key is up; not begun or not finished: {meters}; everything done is in {store}; exit code {code}"
        ).format(meters=tongue.meters(open_rows), store=store_path, code=code)
        click.echo(f"kctrig: {said}", err=True)
    return code
