"""`kctrig selftest`: is this rig fit to work, and a page that says so."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import click

from kctrig import __version__
from kctrig.cli.plain import plain_line
from kctrig.lang import LANGS, N_

if TYPE_CHECKING:
    from kctrig.flash.files import BoardFile
    from kctrig.rig import Rig
    from kctrig.selftest.items import Check, Item, Outcome

_EXITS = {"passed": 0, "incomplete": 1, "fault": 3}
# What each option asks for.
_JIG: tuple[Check, ...] = ("keys", "one_shot")
_ESTOP: tuple[Check, ...] = ("estop",)
_PRESSED: tuple[Check, ...] = ("timing",)
_REPLAY = "replay:"
_EMULATED = "sim:"
_EXAMPLE = """\b
Example:
  kctrig selftest --rig /dev/ttyUSB0
  kctrig selftest --rig rig:a1b2c3 --jig --estop --out rig.html --operator "Sri" --lang id
  kctrig selftest --rig rig:a1b2c3 --press --out rig.json
  kctrig selftest --rig sim:hexing --count 2000 --json

\b
Exit codes: 0 passed; 1 no fault, but something that was asked for was not tested; 3 a fault, or no rig answers.
"""


@click.command(epilog=_EXAMPLE)
@click.option(
    "--rig", required=True, metavar="URL", help="Port as pyserial opens it, rig:ID, sim:BRAND or replay:FILE."
)
@click.option(
    "--count", type=click.IntRange(1, 1_000_000), default=500, show_default=True, help="Requests to make."
)
@click.option(
    "--jig", is_flag=True, help="The loop-back jig is plugged in the place of the meter: test every key."
)
@click.option("--estop", is_flag=True, help="With the jig: ask a person to press the emergency stop.")
@click.option("--press", is_flag=True, help="Press a digit eight times at the meter and time it; no Enter.")
@click.option(
    "--out",
    "outs",
    multiple=True,
    metavar="FILE",
    type=click.Path(path_type=Path, dir_okay=False, writable=True),
    help="File the outcome: .html a page, .json, anything else text; may be repeated.",
)
@click.option("--operator", metavar="NAME", type=plain_line, default="", help="Who tests; on the page.")
@click.option(
    "--lang",
    type=click.Choice(LANGS),
    default="en",
    envvar="KCTRIG_LANG",
    show_default=True,
    help="For people.",
)
@click.option(
    "--trace", "trace_file", type=click.Path(dir_okay=False), help="Record every byte to this file."
)
@click.option("--json", "as_json", is_flag=True, help="One JSON line on stdout.")
def selftest(
    rig: str,
    count: int,
    jig: bool,
    estop: bool,
    press: bool,
    outs: tuple[Path, ...],
    operator: str,
    lang: str,
    trace_file: str | None,
    as_json: bool,
) -> int:
    """Test a rig and the line to it, and say what to do about what is wrong. Presses no key unless told to."""
    from kctrig.link.trace import TraceFile
    from kctrig.selftest import page
    from kctrig.sim import open_any

    for out in outs:  # before anything is tested: the outcome must not be lost for a name
        if not out.absolute().parent.is_dir():
            raise click.UsageError(f"{out}: there is no folder {out.absolute().parent}; make it first")
    recording = TraceFile(trace_file, rig) if trace_file else None
    with open_any(rig, trace=recording) as opened:
        tested = _test(
            opened, rig, count, jig=jig or estop, estop=estop, press=press, operator=operator, lang=lang
        )
    for out in outs:
        _file(out, tested, lang)
    if as_json:
        click.echo(json.dumps(page.as_json(tested), ensure_ascii=False))
    else:
        for line in page.lines(tested, lang):
            click.echo(line)
    return _EXITS[tested.verdict]


def _test(
    rig: Rig, name: str, count: int, *, jig: bool, estop: bool, press: bool, operator: str, lang: str
) -> Outcome:
    from kctrig.flash.files import boards
    from kctrig.link.health import findings
    from kctrig.link.identity import identify
    from kctrig.selftest import judge, measure
    from kctrig.selftest.items import Item, Outcome, weigh

    asked: list[Check] = [*(_JIG if jig else ()), *(_ESTOP if estop else ()), *(_PRESSED if press else ())]
    identity = identify(rig.info.version)
    alone = name.startswith(_REPLAY)  # a recording answers nothing but what was asked then
    first = None if alone else measure.read_clocks(rig)
    line = measure.exercise(rig, count)
    items = [Item("link", finding) for finding in findings(line)]
    if first is not None and line.failed is None:
        items += judge.of_firmware(identity, __version__)
        items.append(judge.of_clock(*measure.clocks_went(first, rig)))
        items.append(judge.of_glass(*measure.glass(rig)))
        board = boards().get(identity.board)
        items += _keys(rig, board, jig)
        has_outputs = (
            board is not None and board.keypad != "uart"
        )  # else there is nothing that a stop could stop
        sensed = _estop(rig, lang) if estop and has_outputs else None
        items.append(judge.of_estop(sensed, board.keypad if board is not None else ""))
        items.append(_timing(rig, press, name.startswith(_EMULATED)))
    return Outcome(
        name,
        identity,
        rig.info.boot_id,
        operator,
        int(time.time() * 1000),
        __version__,
        line,
        weigh(items, asked),
    )


_PRESS = N_("Press the emergency stop now, then Enter here")
_RELEASE = N_("Release the emergency stop, then Enter here")


def _estop(rig: Rig, lang: str) -> bool | None:
    """What came of pressing the emergency stop; None when nobody is there to press it."""
    from kctrig.selftest import measure

    try:
        return measure.estop(rig, _asker(lang), _PRESS, _RELEASE)
    except EOFError:
        return None


def _asker(lang: str) -> Callable[[str], None]:
    from kctrig.lang import texts
    from kctrig.selftest.items import DOMAIN

    def ask(text: str) -> None:
        click.echo(f"{texts(DOMAIN, lang).gettext(text)}: ", nl=False, err=True)
        if not sys.stdin.readline():  # the end of the input is nobody's Enter
            click.echo(err=True)
            raise EOFError

    return ask


def _keys(rig: Rig, board: BoardFile | None, jig: bool) -> list[Item]:
    from kctrig.selftest import judge, measure

    if not jig:
        return judge.not_jigged(board.keypad if board is not None else "")
    report = measure.jig(rig)
    if isinstance(report, tuple):
        return judge.of_jig_refusal(*report)
    return judge.of_jig(report, board.one_shot_ms if board is not None else None)


def _timing(rig: Rig, press: bool, emulated: bool) -> Item:
    from kctrig.selftest import judge, measure

    if not press:
        return judge.not_timed()
    edges = measure.press(rig)
    if isinstance(edges, str):
        return judge.not_timed(edges)
    return judge.of_timing(edges, measure.PRESS_MS, measure.GAP_MS, measure.PRESSES, emulated=emulated)


def _file(out: Path, tested: Outcome, lang: str) -> None:
    from kctrig.selftest import page

    kind = out.suffix.lower()
    if kind in (".html", ".htm"):
        text = page.html(tested, lang)
    elif kind == ".json":
        text = json.dumps(page.as_json(tested), ensure_ascii=False, indent=1) + "\n"
    else:
        text = "\n".join(page.lines(tested, lang)) + "\n"
    try:
        out.write_text(text, encoding="utf-8")
    except OSError as error:
        raise click.UsageError(f"{out}: {error.strerror or error}") from None
