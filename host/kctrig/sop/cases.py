"""A list of cases in, the answers beside them out: triage for a whole table."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal

from kctrig.lang import N_
from kctrig.sop import names
from kctrig.sop.kwh import UnreadableKwh, is_unknown, read_kwh
from kctrig.sop.said import Said, say
from kctrig.sop.table import Row, Table, beyond_said
from kctrig.sop.triage import Answer, Asked, Case, Kwh, Power, triage
from kctrig.sop.vkrn import UnreadableVkrn, read_vkrn

YES = frozenset({"ya", "y", "yes", "sudah", "benar", "sesuai", "1", "true", "iya"})
NO = frozenset({"tidak", "t", "no", "n", "belum", "salah", "0", "false", "tdk", "tidak sesuai", "bukan"})
_ON = frozenset({"menyala", "nyala", "hidup", "on", "ada", "on (nyala)"})
_OFF = frozenset({"padam", "mati", "off", "black out", "blackout", "gelap"})
_NEARLY = frozenset(
    {"hampir padam", "hampir", "nearly off", "nearly-off", "hampir mati", "mau padam", "menyala hampir padam"}
)
_WHOLE = re.compile(r"\d+")
_DECIMALS = re.compile(r"\d{1,3}\s*(?:k\s*wh\.?)?", re.IGNORECASE)
_PARTED = N_(
    "may be {kwh}, parted in two by the comma between the cells; save the file with semicolons or as .xlsx"
)

ANSWER_HEADER = (
    "APKT",
    "PASAL_SOP",
    "KALIMAT_SOP",
    "SOP_SENTENCE",
    "LAKUKAN_DULU",
    "DO_FIRST",
    "TIDAK_TERBACA",
)
"""Columns that are added; sentences in both languages, so that the table serves whoever opens it."""


class UnreadableAnswer(Exception):  # noqa: N818 - named for what happened
    """The text is no answer to the question.

    Attributes:
        said: what is wrong and what to write, as a sentence.
    """

    effect = "nothing"

    def __init__(self, said: Said) -> None:
        self.said = said
        super().__init__(str(said))


@dataclass(frozen=True, slots=True)
class Answered:
    """One row of the table: an answer, or what could not be read of it."""

    row: Row
    answer: Answer | None
    unreadable: tuple[Said, ...] = ()


def read_power(text: str) -> Power:
    """The electricity at the customer's place, in Indonesian or English; empty is unknown.

    Raises:
        UnreadableAnswer: none of the words we know.
    """
    word = " ".join(text.lower().replace('"', "").replace(",", " ").split())
    for power, words in ((Power.ON, _ON), (Power.NEARLY_OFF, _NEARLY), (Power.OFF, _OFF)):
        if word in words:
            return power
    if is_unknown(word):
        return Power.UNKNOWN
    raise UnreadableAnswer(
        say(N_("{text} is not menyala, hampir padam, padam or tidak tahu"), text=repr(text[:30]))
    )


def read_yes_no(text: str) -> Asked:
    """Yes or no, in Indonesian or English; empty is not asked.

    Raises:
        UnreadableAnswer: neither.
    """
    word = " ".join(text.lower().split())
    if word in YES:
        return Asked.YES
    if word in NO:
        return Asked.NO
    if is_unknown(word):
        return Asked.NOT_ASKED
    raise UnreadableAnswer(say(N_("{text} is neither ya nor tidak"), text=repr(text[:30])))


def answer_all(table: Table) -> Iterator[Answered]:
    """One answer a row, in the table's order."""
    return (_answered(row, table) for row in table.rows)


def answer_cells(answered: Answered) -> tuple[str, ...]:
    """The row as it came, and the answer beside it, under the table's header and `ANSWER_HEADER`."""
    answer = answered.answer
    first = answer.first if answer else ()
    return (
        str(answer.record.value) if answer else "",
        answer.rule.paragraph if answer else "",
        answer.rule.said.into("id") if answer else "",
        answer.rule.said.into("en") if answer else "",
        "; ".join(step.said.into("id") for step in first),
        "; ".join(step.said.into("en") for step in first),
        "; ".join(said.into("id") for said in answered.unreadable),
    )


def _parted_kwh(row: Row, table: Table) -> str:
    """Kilowatt-hours that commas between the cells may have parted, as `10,5`; empty where they have not."""
    at = next((column for column, name in table.known.items() if name == names.KWH), None)
    if not table.by_comma or at is None or at + 1 >= len(row.all_cells):
        return ""
    kwh, following = row.text(names.KWH), row.all_cells[at + 1]
    return f"{kwh},{following}" if _WHOLE.fullmatch(kwh) and _DECIMALS.fullmatch(following) else ""


def _answered(row: Row, table: Table) -> Answered:
    beyond = row.beyond(len(table.header))
    if beyond:  # every cell of the row may stand in a wrong column
        return Answered(row, None, (beyond_said(beyond),))
    wrong: list[Said] = []

    def cell_says(name: str, said: Said) -> None:
        wrong.append(say(N_("{column}: {wrong}"), column=name, wrong=said))

    vkrn, power = None, Power.UNKNOWN
    kwh: Decimal | Kwh = Kwh.UNKNOWN if row.text(names.KWH) else Kwh.NOT_ASKED
    asked = dict.fromkeys((names.TOKEN_CHECKED, names.OFFICER), Asked.NOT_ASKED)
    try:
        vkrn = read_vkrn(row.text(names.VKRN))
    except UnreadableVkrn as fault:
        cell_says(names.VKRN, fault.said)
    if vkrn is not None and not vkrn.is_updated:
        return Answered(row, triage(Case(vkrn)))
    try:
        power = read_power(row.text(names.POWER))
    except UnreadableAnswer as fault:
        cell_says(names.POWER, fault.said)
    if power not in (Power.OFF, Power.NEARLY_OFF) and not is_unknown(row.text(names.KWH)):
        try:
            kwh = read_kwh(row.text(names.KWH))
        except UnreadableKwh as fault:
            cell_says(names.KWH, fault.said)
        if parted := _parted_kwh(row, table):
            cell_says(names.KWH, say(_PARTED, kwh=parted))
    for name in asked:
        try:
            asked[name] = read_yes_no(row.text(name))
        except UnreadableAnswer as fault:
            cell_says(name, fault.said)
    if vkrn is None or wrong:
        return Answered(row, None, tuple(wrong))
    case = Case(vkrn, power, kwh, asked[names.TOKEN_CHECKED], asked[names.OFFICER])
    return Answered(row, triage(case))
