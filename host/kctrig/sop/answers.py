"""A verdict of triage and an explained history as the lines that a CSO reads, and as JSON."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from kctrig.lang import N_
from kctrig.sop.history import Explained, Finding
from kctrig.sop.moments import Moment
from kctrig.sop.said import Said, say
from kctrig.sop.triage import TELL_CUSTOMER, Answer, Record

_RECORDS = {
    Record.GANGGUAN: N_("APKT GANGGUAN"),
    Record.KELUHAN: N_("APKT KELUHAN"),
    Record.OUTSIDE: N_("outside this SOP"),
}
_FINDINGS = {
    Finding.DEAD: N_("can no longer be entered"),
    Finding.MUST_WORK: N_("must work"),
    Finding.UNDECIDABLE: N_("cannot be decided"),
}
_FIRST = N_("First: {step}")
_THEN = N_("Then, if the token is still refused: {record}")
_SOP = N_("SOP {paragraph}: “{sentence}”")
_UNREADABLE = N_("not readable {number}")
_NO_ANSWER = N_("no answer, not readable: {wrong}")
_WROTE = N_("{file}: {rows} rows written: {parts}")
_BOUGHT = N_("bought {time}: {finding}")
_UPDATE = N_("update of the meter: {time}")
_NOT_KNOWN = N_("not known")
_BOUGHT_AND_RECORDED = N_("{bought} -> {record}")


def record_said(record: Record) -> Said:
    """Where a case is recorded, in words."""
    return say(_RECORDS[record])


def finding_said(finding: Finding) -> Said:
    """What becomes of a token, in words."""
    return say(_FINDINGS[finding])


def answer_lines(answer: Answer) -> Iterator[Said]:
    """The verdict as lines: what comes first, where it is recorded, why, what the customer is told."""
    for step in answer.first:
        yield say(_FIRST, step=step.said)
    record = record_said(answer.record)
    yield say(_THEN, record=record) if answer.first else record
    yield say(_SOP, paragraph=answer.rule.paragraph, sentence=answer.rule.said)
    if answer.record is not Record.OUTSIDE:
        yield say(TELL_CUSTOMER)


def in_short(answer: Answer | None, unreadable: Sequence[Said], lang: str) -> str:
    """A verdict in one line; what could not be read where there is none."""
    if answer is None:
        # what to write instead stands behind the first semicolon, and in the whole sentence on stderr
        wrong = "; ".join(said.into(lang).partition("; ")[0] for said in unreadable)
        return say(_NO_ANSWER, wrong=wrong).into(lang)
    record = record_said(answer.record).into(lang)
    line = f"{record} ({answer.rule.paragraph}: {answer.rule.said.into(lang)})"
    if answer.first:
        steps = "; ".join(step.said.into(lang) for step in answer.first)
        line += ". " + say(_FIRST, step=steps).into(lang)
    return line


def counted(file: str, answers: Sequence[Answer | None], lang: str) -> str:
    """The line after a table of answers was written: how many of each."""
    parts = [
        f"{record_said(record).into(lang)} {sum(one is not None and one.record is record for one in answers)}"
        for record in Record
    ]
    unread = sum(one is None for one in answers)
    if unread:
        parts.append(say(_UNREADABLE, number=unread).into(lang))
    return say(_WROTE, file=file, rows=len(answers), parts=", ".join(parts)).into(lang)


def answer_json(answer: Answer) -> dict[str, object]:
    """The verdict for machines, its sentence in both languages."""
    return {
        "record": answer.record.value,
        "paragraph": answer.rule.paragraph,
        "sentence_id": answer.rule.said.into("id"),
        "sentence_en": answer.rule.said.into("en"),
        "ready": answer.is_ready,
        "first": [step.value for step in answer.first],
        "first_id": [step.said.into("id") for step in answer.first],
        "first_en": [step.said.into("en") for step in answer.first],
    }


def history_lines(update: Moment | None, explained: Sequence[Explained]) -> Iterator[tuple[int, Said]]:
    """What becomes of the tokens, line by line with its indent; purchases of the same kind stand together."""
    yield 0, say(_UPDATE, time=str(update) if update else say(_NOT_KNOWN))
    for sentence in dict.fromkeys(one.sentence for one in explained):
        same = [one for one in explained if one.sentence == sentence]
        first = same[0]
        times = ", ".join(str(one.purchase.at or one.purchase.shown or "?") for one in same)
        bought = say(_BOUGHT, time=times, finding=finding_said(first.finding))
        if first.record is not None:
            bought = say(_BOUGHT_AND_RECORDED, bought=bought, record=record_said(first.record))
        yield 0, bought
        yield 1, say(_SOP, paragraph=first.paragraph, sentence=sentence) if first.paragraph else sentence
        yield 1, first.action


def history_json(update: Moment | None, one: Explained) -> dict[str, object]:
    """One purchase for machines."""
    return {
        "update": str(update) if update else None,
        "bought": str(one.purchase.at) if one.purchase.at else None,
        "shown": one.purchase.shown,
        "finding": one.finding.value,
        "record": one.record.value if one.record else None,
        "paragraph": one.paragraph,
        "sentence_id": one.sentence.into("id"),
        "sentence_en": one.sentence.into("en"),
        "action_id": one.action.into("id"),
        "action_en": one.action.into("en"),
    }
