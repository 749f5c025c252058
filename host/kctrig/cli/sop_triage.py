"""`kctrig sop triage`: where the complaint "cannot enter the token" is recorded, by options, by questions, for a table."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import TypeVar

import click

from kctrig.cli import exits
from kctrig.cli.lines import read_line
from kctrig.cli.sop_common import bad_input, lang_option, must_not_be_input, note, refused
from kctrig.sop import dialogue, sheets, usage
from kctrig.sop.answers import answer_json, answer_lines, counted, in_short, record_said
from kctrig.sop.cases import (
    ANSWER_HEADER,
    UnreadableAnswer,
    answer_all,
    answer_cells,
    read_power,
    read_yes_no,
)
from kctrig.sop.kwh import UnreadableKwh, is_unknown, read_kwh
from kctrig.sop.names import CASES
from kctrig.sop.said import Said
from kctrig.sop.table import TableError, read_table
from kctrig.sop.triage import Answer, Case, Kwh, Power, Record
from kctrig.sop.triage import triage as triaged
from kctrig.sop.vkrn import UnreadableVkrn, read_vkrn

EPILOG = """\b
Example:
  kctrig sop triage
  kctrig sop triage --vkrn 43 --power on --kwh "9,5" --token-checked yes --officer-visited yes
  kctrig sop triage --vkrn 43 --power off --lang en
  kctrig sop triage cases.csv --out answers.csv

\b
Without options and file it asks, one question after the other.
Up to and with 10 kWh is GANGGUAN, off beats everything, not known is KELUHAN (SOP 7.c.5).
Columns of a file: VKRN, LISTRIK, SISA_KWH, TOKEN_DICEK, PETUGAS_DATANG; all others are handed through.
Exit codes: 0 answered; 1 some row of the file could not be answered; 2 bad input.
"""

T = TypeVar("T")


@click.command(epilog=EPILOG, short_help="Where a complaint is recorded, and what comes first.")
@click.argument("cases", metavar="[FILE]", required=False, type=click.Path(path_type=Path))
@click.option("--vkrn", metavar="41|42|43", help="From AP2T: Info Pelanggan > Info DIL > APP/Meter > kWh.")
@click.option("--power", metavar="on|nearly-off|off", help="The electricity at the customer's place.")
@click.option("--kwh", metavar="KWH", help='Left on the meter, as "9,5"; or "unknown".')
@click.option("--token-checked", metavar="yes|no", help="The customer has entered the right number.")
@click.option("--officer-visited", metavar="yes|no", help="An officer came and upgraded the meter.")
@click.option(
    "--out", metavar="FILE", type=click.Path(path_type=Path), help="Answers to FILE: .csv, .xlsx or .json."
)
@lang_option
@click.option("--json", "as_json", is_flag=True, help="One JSON line a case on stdout.")
def triage(
    cases: Path | None,
    vkrn: str | None,
    power: str | None,
    kwh: str | None,
    token_checked: str | None,
    officer_visited: str | None,
    out: Path | None,
    lang: str,
    as_json: bool,
) -> int:
    """Say where a complaint "token cannot be entered" is recorded: APKT GANGGUAN, KELUHAN, or outside this SOP."""
    options = (vkrn, power, kwh, token_checked, officer_visited)
    if cases is not None:
        if any(option is not None for option in options):
            raise refused(usage.FILE_OR_OPTIONS, lang)
        return _table(cases, out, lang, as_json)
    if out is not None:
        raise refused(usage.OUT_WITHOUT_FILE, lang)
    if any(option is not None for option in options):
        answer = triaged(_case(vkrn, power, kwh, token_checked, officer_visited, lang))
    else:
        answer = _asked(lang)
    if as_json:
        click.echo(json.dumps(answer_json(answer), ensure_ascii=False))
    else:
        _show(answer, lang)
    return exits.OK


def _case(
    vkrn: str | None,
    power: str | None,
    kwh: str | None,
    token_checked: str | None,
    officer_visited: str | None,
    lang: str,
) -> Case:
    if vkrn is None:
        raise refused(usage.NO_VKRN, lang)
    code = _read(read_vkrn, vkrn, "--vkrn", lang)
    if code.is_updated and power is None:
        raise refused(usage.NO_POWER, lang)
    return Case(
        code,
        _read(read_power, power, "--power", lang) if power is not None else Power.UNKNOWN,
        _read(_kwh, kwh, "--kwh", lang) if kwh is not None else Kwh.NOT_ASKED,
        _read(read_yes_no, token_checked or "", "--token-checked", lang),
        _read(read_yes_no, officer_visited or "", "--officer-visited", lang),
    )


def _kwh(text: str) -> Decimal | Kwh:
    return Kwh.UNKNOWN if is_unknown(text) else read_kwh(text)


def _read(read: Callable[[str], T], text: str, option: str, lang: str) -> T:
    try:
        return read(text)
    except (UnreadableVkrn, UnreadableAnswer, UnreadableKwh) as fault:
        raise refused(usage.option(option, fault.said), lang) from None


def _asked(lang: str) -> Answer:
    questions = dialogue.ask()
    question: Said = next(questions)
    while True:
        line = read_line(question.into(lang), lambda: False)
        if line is None:
            raise refused(usage.BROKEN_OFF, lang)
        try:
            question = questions.send(line)
        except StopIteration as end:
            answer = end.value
            assert isinstance(answer, Answer)
            click.echo(err=True)
            return answer


def _show(answer: Answer, lang: str) -> None:
    colour = {Record.GANGGUAN: "red", Record.KELUHAN: "yellow"}.get(answer.record)
    record = record_said(answer.record).into(lang)
    for line in answer_lines(answer):
        text = line.into(lang)
        click.echo(text.replace(record, click.style(record, fg=colour, bold=True), 1))


def _table(path: Path, out: Path | None, lang: str, as_json: bool) -> int:
    try:
        if out is not None:
            sheets.check_suffix(out)
            must_not_be_input(out, [path], lang)
        table = read_table(path, CASES)
        note(table.notes, lang, f"{path}: ")
        found = list(answer_all(table))
        if out is not None:
            header = (*_unique(table.header), *ANSWER_HEADER)
            width = len(table.header)
            rows = ((*one.row.padded(width), *answer_cells(one)) for one in found)
            sheets.write(out, header, rows, {"cases": len(found)})
    except TableError as error:
        raise bad_input(error, lang) from None
    for one in found:
        if as_json:
            body = {"row": one.row.row_no, **(answer_json(one.answer) if one.answer else {})}
            body["unreadable"] = [said.into(lang) for said in one.unreadable]
            click.echo(json.dumps(body, ensure_ascii=False))
        elif out is None:
            click.echo(f"{one.row.row_no}: {in_short(one.answer, one.unreadable, lang)}")
        note(one.unreadable, lang, f"{path}: {one.row.row_no}: ")
    if out is not None:
        click.echo(counted(str(out), [one.answer for one in found], lang), err=as_json)
    return exits.OK if all(one.answer for one in found) else exits.NOT_PASSED


def _unique(header: tuple[str, ...]) -> list[str]:
    """The names of the columns, told apart, because a JSON object has each name once."""
    seen: Counter[str] = Counter()
    names = []
    for position, name in enumerate(header, start=1):
        name = name or f"KOLOM_{position}"
        seen[name] += 1
        names.append(name if seen[name] == 1 else f"{name}_{seen[name]}")
    return names
