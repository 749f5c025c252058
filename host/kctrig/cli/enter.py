"""`kctrig enter`: tokens given by hand, each entered once."""

from __future__ import annotations

import json
import platform
from pathlib import Path

import click

from kctrig.bench.station import SignedJournal
from kctrig.cli import exits
from kctrig.cli.crew import PlainCrew
from kctrig.cli.override import operator_option, override_of, override_option
from kctrig.cli.rigs import ask_for_profile, profile_for, recording_of, rig_options
from kctrig.cli.rounds import Halt, stop_on_ctrl_c
from kctrig.cli.work import DEFAULT_STORE
from kctrig.procedure import runner
from kctrig.procedure.runner import Entered
from kctrig.procedure.verdicts import Answer, Verdict, mask_token
from kctrig.records.store import Store
from kctrig.sim import open_any
from kctrig.worklist.cells import CellError, token_digits

EPILOG = """\b
Example:
  kctrig enter --rig /dev/ttyUSB0 --profile hexing 6565-2931-2832-5095-1756
  kctrig enter --rig "sim:hexing?state=meter.json" --json 72768609259868874629
  kctrig enter --rig rig:7C9E --profile star --store shift.db --override "new token" --operator Sari TOKEN

\b
answer is what the glass says: accepted, half, refused, used, old, locked, tamper, unreadable;
not_taken and not_entered say that nothing was submitted. A first key change section is "half" only
on a brand with a text of its own for it: which section a token is, is encrypted. A class 1 number,
such as 18446744073843772416 for the key revision, is "accepted" with what it made the glass show.

\b
Exit codes: 0 every token taken; 1 one was not; 2 bad input, nothing was pressed;
3 rig or link trouble; 4 what the glass said is in doubt; 130 interrupted, nothing in doubt.
"""


def _read_tokens(ctx: click.Context, param: click.Parameter, values: tuple[str, ...]) -> tuple[str, ...]:
    """20 digits each, spaces and dashes between them or not; a usage error for anything else."""
    tokens = []
    for value in values:
        try:
            tokens.append(token_digits(value))
        except CellError as error:
            raise click.BadParameter(
                f"{_masked(value)} {error.wrong}; check it against where it came from", ctx, param
            ) from None
    return tuple(tokens)


@click.command(epilog=EPILOG)
@rig_options
@click.option(
    "--store",
    "store_path",
    metavar="FILE",
    type=click.Path(path_type=Path, dir_okay=False),
    default=DEFAULT_STORE,
    show_default=True,
    help="Where everything that happens is recorded.",
)
@override_option
@operator_option
@click.option("--json", "as_json", is_flag=True, help="One JSON line a token on stdout.")
@click.argument("tokens", metavar="TOKEN...", callback=_read_tokens, nargs=-1, required=True)
def enter(
    rig: str,
    profile_name: str | None,
    trace_path: Path | None,
    store_path: Path,
    override: str,
    operator: str,
    as_json: bool,
    tokens: tuple[str, ...],
) -> int:
    """Enter each TOKEN once into the meter on a rig, and say what its glass answered.

    Stops at two refusals, because meters lock at three, and at anything unclear. A token gets one try on a meter, and
    what the store has of the meter that the glass names counts, until --override REASON --operator NAME.
    """
    opens = override_of(override, operator)
    if len(set(tokens)) < len(tokens):
        twice = next(digits for at, digits in enumerate(tokens) if digits in tokens[:at])
        raise click.UsageError(f"{_masked(twice)} is given twice; a token gets one try, so name each once")
    profile = profile_for(rig, profile_name)
    if profile is None:
        raise ask_for_profile()
    halt = Halt()
    with (
        Store(store_path) as store,
        open_any(rig, trace=recording_of(trace_path, rig, [rig])) as opened,
        stop_on_ctrl_c(halt, PlainCrew([rig], may_ask=False)),
    ):
        journal = SignedJournal(store, {"operator": operator, "rig": rig, "bench": platform.node()})
        entered = runner.enter_tokens(opened, profile, tokens, journal, override=opens, stop=halt.procedures)
    code = _exit_code(entered, halt)
    _show(entered, tokens, as_json)
    if entered.outcome.reason and code != exits.OK:
        click.echo(f"kctrig: {entered.outcome.reason}", err=True)
    if halt.asked:
        click.echo(f"kctrig: interrupted. Every key is up; exit code {code}", err=True)
    return code


def _show(entered: Entered, tokens: tuple[str, ...], as_json: bool) -> None:
    """One line a token, those that were not entered too."""
    lines = [dict(answer.as_json()) for answer in entered.answers]
    lines += [
        {"digits": mask_token(digits), "answer": Answer.NOT_ENTERED.value, "shown": ""}
        for digits in tokens[len(lines) :]
    ]
    for line in lines:
        if as_json:
            click.echo(json.dumps(line, ensure_ascii=False))
        else:
            shown = str(line["shown"]).strip()
            click.echo(f"{line['digits']}  {line['answer']}" + (f"  ({shown})" if shown else ""))


def _exit_code(entered: Entered, halt: Halt) -> int:
    answers = [answer.answer for answer in entered.answers]
    verdict = entered.outcome.verdict
    if Answer.UNREADABLE in answers or verdict is Verdict.IN_DOUBT:
        return exits.IN_DOUBT
    if verdict is Verdict.ENTERED:
        return exits.OK
    if halt.asked:
        return exits.INTERRUPTED
    return exits.TROUBLE if verdict is Verdict.INFRA_ERROR else exits.NOT_PASSED


def _masked(value: str) -> str:
    return repr(value) if len(value) < 9 else f"'{value[:4]}…{value[-4:]}'"
