"""What a reconciliation came to, for the screen."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta, timezone

from kctrig.lang import N_, texts
from kctrig.lang.formats import Formats
from kctrig.sop.actions import UNSEEN
from kctrig.sop.kinds import WRONG, Kind
from kctrig.sop.moments import zone_name
from kctrig.sop.reconcile import Line
from kctrig.sop.said import DOMAIN, Said, say

SHOWN_MAX = 10
"""Meters of one kind on the screen."""
_WANTED = (*(kind for kind in Kind if kind in WRONG), Kind.IN_DOUBT)


def headings(lang: str) -> tuple[str, ...]:
    """Of the table of counts."""
    _ = texts(DOMAIN, lang).gettext
    return _("kind"), _("meters"), "VKRN 41/42", "VKRN 43", _("other")


def counts(lines: Sequence[Line], lang: str) -> list[tuple[str, ...]]:
    """How many meters are of each kind, parted by what AP2T says of them; the last row is the sum."""
    write = Formats(lang).integer
    table = {kind: [0, 0, 0] for kind in Kind}
    for line in lines:
        updated = line.registered.updated if line.registered else None
        table[line.kind][2 if updated is None else int(updated)] += 1
    rows = [(kind.said.into(lang), *_numbers(found, write)) for kind, found in table.items()]
    total = [sum(column) for column in zip(*table.values(), strict=True)]
    return [*rows, (texts(DOMAIN, lang).gettext("all"), *_numbers(total, write))]


def _numbers(found: Sequence[int], write: object) -> tuple[str, ...]:
    assert callable(write)
    return tuple(str(write(number)) for number in (sum(found), *found))


def urgent(lines: Sequence[Line], lang: str, utc_offset_min: int) -> Iterator[str]:
    """The first meters of each kind that needs a person, by what is to be done; and how many more there are."""
    for kind in _WANTED:
        found = [line for line in lines if line.kind is kind]
        shown = found[:SHOWN_MAX]
        for action in dict.fromkeys(line.action for line in shown):
            yield f"{kind.said.into(lang)} -> {action.into(lang)}"
            for line in shown:
                if line.action == action:
                    yield "    " + _meter(line, lang, utc_offset_min)
        if len(found) > SHOWN_MAX:
            more = Formats(lang).integer(len(found) - SHOWN_MAX)
            yield "    " + say(N_("and {more} more; --out FILE.csv writes them all"), more=more).into(lang)


def unseen(lines: Sequence[Line]) -> Said | None:
    """How many meters are in order only if they never had VKRN 42; None when there are none."""
    number = sum(line.shown is not None and say(UNSEEN) in line.remarks for line in lines)
    return say(_UNSEEN, number=number) if number else None


def _meter(line: Line, lang: str, utc_offset_min: int) -> str:
    row = line.registered or line.p2apst
    idpel = f" (IDPEL {row.idpel})" if row and row.idpel else ""
    where = [line.reason.into(lang)]
    look = line.shown.look if line.shown else None
    if look is not None:
        zone = timezone(timedelta(minutes=utc_offset_min))
        when = datetime.fromtimestamp(look.at_unix_ms / 1000, zone)
        where.append(
            say(_READ, time=f"{when:%d-%m-%Y %H:%M} {zone_name(utc_offset_min)}", event=look.seq).into(lang)
        )
    if line.registered is not None:
        where.append(say(_ROW, row=line.registered.row_no).into(lang))
    where += [remark.into(lang) for remark in line.remarks]
    return f"{line.meter_no or '-'}{idpel}: {'; '.join(where)}"


def title(register: str, store: str, rows: int, meters: int) -> Said:
    """What was compared with what."""
    return say(
        N_("{register}: {rows} rows; {store}: {meters} meters"),
        register=register,
        rows=rows,
        store=store,
        meters=meters,
    )


def wrote(path: str, rows: int) -> Said:
    """The line after a table was written."""
    return say(N_("{file}: {rows} rows written"), file=path, rows=rows)


def more_defects(number: int) -> Said:
    """The line instead of all the others."""
    return say(N_("{more} more rows with defects; --out FILE.csv has them all"), more=number)


_UNSEEN = N_(
    "{number} in order by a glass that was KRN 2 at the first look: a former VKRN 42 would show the same (CATATAN in --out)"
)
_ROW = N_("row {row}")
_READ = N_("read {time}, event {event}")
