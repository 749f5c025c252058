"""The customer's page of P2APST as text, in the ragged form in which it comes out of a scan or a copy."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date

from kctrig.lang import N_
from kctrig.sop.history import Purchase
from kctrig.sop.moments import ZONES, Moment, same
from kctrig.sop.said import Said, say

_SHOWN_MAX = 60
_VALUE_MAX = 200


@dataclass(frozen=True, slots=True)
class Page:
    """What could be read, and what could not.

    Attributes:
        fields: the labelled values that stand there, by the page's own labels.
        update: TGUPDATE; None when it is missing or unreadable, which `unreadable` then says.
        purchases: every purchase that the page names; one without a readable time is among them, without a time.
        unreadable: one line for each part that should be there and cannot be read.
    """

    update: Moment | None
    purchases: tuple[Purchase, ...]
    fields: Mapping[str, str] = field(default_factory=dict)
    unreadable: tuple[Said, ...] = ()


# Labels as they are squeezed: scans part words with tabs anywhere.
_LABELS = {
    "IDPEL": "IDPEL",
    "DISTRIBUSI": "DISTRIBUSI",
    "RAYON/UNIT": "RAYON/UNIT",
    "NAMA": "NAMA",
    "ALAMAT": "ALAMAT",
    "INDEX/TARIF/KDPT/DAYA": "INDEX/TARIF/KDPT/DAYA",
    "MERK-TYPEMETER": "MERK-TYPE METER",
    "TGLPSG/KDJMUT/TGLJMUT": "TGLPSG/KDJMUT/TGLJMUT",
    "GARDU": "GARDU",
    "KOORDINATX": "KOORDINAT X",
    "KOORDINATY": "KOORDINAT Y",
    "%PPJ/%PPN/%ANGSURAN": "%PPJ/%PPN/%ANGSURAN",
    "KODESTATUS/KIRIM/TGUPDATE": "KODESTATUS/KIRIM/TGUPDATE",
    "TANGGALAKTIF/NONAKTIF": "TANGGAL AKTIF/NONAKTIF",
    "NOMETER": "NO METER",
    "NOMORMETER": "NO METER",
}
_BY_LENGTH = sorted(_LABELS, key=len, reverse=True)
# The names of persons and places are of no use here and are not kept.
_NOT_KEPT = frozenset({"NAMA", "ALAMAT", "KOORDINAT X", "KOORDINAT Y"})
_DATED = ("TGLPSG/KDJMUT/TGLJMUT", "TANGGAL AKTIF/NONAKTIF")


def _apart(word: str) -> str:
    """A word whose letters a scan may have parted."""
    return r"\s*".join(word)


_WHEN = rf"(?:{_apart('TG')}\s*L?\s*\.?|{_apart('TANGGAL')}|{_apart('WAKTU')})\s*"
# A label ends before a colon, or before a digit where the scan lost the colon.
_LABEL_END = r"\W*?(?=\s*[:=]|\s+\d)"
_UPDATE_LABEL = re.compile(_WHEN + _apart("UPDATE") + _LABEL_END, re.IGNORECASE)
_BOUGHT_LABEL = re.compile(
    rf"{_WHEN}(?:{_apart('PEM')}\s*)?{_apart('BELI')}(?:\s*{_apart('AN')})?(?:\s*{_apart('TOKEN')})?{_LABEL_END}",
    re.IGNORECASE,
)
_TABLE_START = re.compile(
    r"S\s*T\s*A\s*T\s*U\s*S\s+I\s*D\s*P\s*E\s*L|T\s*G\s*L\s+B\s*A\s*Y\s*A\s*R", re.IGNORECASE
)
_RECORD = re.compile(r"\bSOLD\b", re.IGNORECASE)
_END_OF_TABLE = re.compile(
    r"^\W*(?:Apabila|Contoh|(?:Tgl\.?|Tanggal|Waktu) *(?:Update|Beli|Pembelian)|Catatan|Keterangan)\b",
    re.IGNORECASE | re.MULTILINE,
)

_DATE = re.compile(r"(?<!\d)(\d{2})\s*([-/])\s*(\d{2})\s*\2\s*(20\d{2})(?!\d)")
_DATE_TIGHT = re.compile(r"(\d{2})\n?([-/])\n?(\d{2})\n?\2\n?(20\d{2})(?=\D|\d{2}:\d{2}|$)")
_CLOCK = re.compile(
    r"(?<![\d.,:])([01]\d|2[0-3])(?:\s*:\s*([0-5]\d)(?:\s*:\s*([0-5]\d))?|\.([0-5]\d)\.([0-5]\d))(?!\d|\s*:)"
)
_CLOCK_TIGHT = re.compile(r"([01]\d|2[0-3]):([0-5]\d)(?::([0-5]\d))?()()")
_CLOCK_IN_WORDS = re.compile(
    r"(?<![\d.,:])([01]?\d|2[0-3])[.:]([0-5]\d)(?:[.:]([0-5]\d))?()()(?![\d:]|[.,]\d)"
)
# What looks like a date that a scan has bent, such as `Z6-O1-2021`.
_BENT_DATE = re.compile(
    r"(?<![\w-])[\dOoIlZSB]{1,2}\s?[-/]\s?[\dOoIlZSB]{1,2}\s?[-/]\s?[\dOoIlZSB]{2,5}(?!\w)"
)
_ZONE = re.compile(r"\b(WIB|WITA|WIT)\b", re.IGNORECASE)
_ZONE_BEHIND = re.compile(r"\s*(WIB|WITA|WIT)(?![A-Za-z])", re.IGNORECASE)
_GAP = re.compile(r"[\s,;/|]*")
_IN_LINE = re.compile(r"[^\S\n]+")
_MORE_LINES = re.compile(r"\n\s*\n")
_BLANKS = re.compile(r"\s+")
_DIGITS = re.compile(r"\d{9,}")


def read_page(text: str, zone_min: int | None = None) -> Page:
    """Read a page; never raises. What is needed and cannot be read is named. `zone_min` is the zone of times that name none."""
    text = text.replace("\ufeff", "").replace("\0", "").replace("\N{NO-BREAK SPACE}", " ")
    text = text.replace("\r\n", "\n").replace("\r", "\n").replace("*", "")
    text = _IN_LINE.sub(" ", _MORE_LINES.sub("\n\n", text))  # long runs would only cost time
    unreadable: list[Said] = []
    fields = _fields(text)
    unreadable += [
        say(N_("{label}: no date can be read in {value}"), label=label, value=_shown(fields[label]))
        for label in _DATED
        if label in fields and not _has_date(fields[label])
    ]
    update = _update(text, unreadable, zone_min)
    return Page(update, tuple(_purchases(text, unreadable, zone_min)), fields, tuple(unreadable))


# -- labelled lines


def _fields(text: str) -> dict[str, str]:
    """Labelled values of lines before the table of purchases."""
    start = _TABLE_START.search(text)
    found: dict[str, str] = {}
    for line in text[: start.start() if start else len(text)].split("\n"):
        squeezed = _BLANKS.sub("", line)
        for label in _BY_LENGTH:
            if squeezed.upper().startswith(label):
                name, value = _LABELS[label], squeezed[len(label) :].lstrip(":")
                if name not in _NOT_KEPT:
                    found.setdefault(name, value)
                break
    return found


def _has_date(value: str) -> bool:
    return any(_calendar(match) is not None for match in _DATE_TIGHT.finditer(value))


# -- the update


def _update(text: str, unreadable: list[Said], zone_min: int | None) -> Moment | None:
    """The first readable time of update; several that differ are no time at all."""
    found: list[Moment] = []
    seen = False
    for label in _UPDATE_LABEL.finditer(text):
        seen = True
        value = _after(text, label.end())
        moments = [moment for moment in _moments(value) if moment is not None]
        if moments:
            found.append(moments[0].in_zone(zone_min))
        else:
            unreadable.append(
                say(N_("{label}: no date can be read in {value}"), label="TGUPDATE", value=_shown(value))
            )
    if not seen:
        unreadable.append(say(N_("TGUPDATE, the time of the update, is not on this page")))
    if not same(found):
        unreadable.append(
            say(
                N_("the page names several times of update: {times}; give the right one with --update"),
                times=", ".join(map(str, dict.fromkeys(found))),
            )
        )
        return None
    return found[0] if found else None


def _after(text: str, start: int) -> str:
    """What follows a label: its line up to the next label, and the next line where it has no date itself."""
    lines = text[start : start + _VALUE_MAX].lstrip(" \t:=").split("\n")
    value = lines[0]
    for label in (_UPDATE_LABEL, _BOUGHT_LABEL):
        value = value[: match.start()] if (match := label.search(value)) else value
    if next(_moments(value), None) is None and value == lines[0] and len(lines) > 1:
        value += "\n" + lines[1]
    return value


# -- the purchases


def _purchases(text: str, unreadable: list[Said], zone_min: int | None) -> Iterator[Purchase]:
    dated: list[Moment] = []
    broken: list[str] = []
    for chunk in _chunks(text):
        moments = list(_moments(chunk))
        dated += [moment for moment in moments if moment is not None]
        if not moments or None in moments:
            broken.append(chunk)
        elif next(_scan(chunk, _DATE, _CLOCK), None) is not None:
            broken += _BENT_DATE.findall(_DATE.sub(" ", chunk))
    for label in _BOUGHT_LABEL.finditer(text):
        value = _after(text, label.end())
        moments = list(_moments(value, in_words=True))
        dated += [moment for moment in moments if moment is not None]
        if not moments or None in moments:
            broken.append(value)
    # the table and a sentence about it may name the same purchase
    for moment in dict.fromkeys(moment.in_zone(zone_min) for moment in dated):
        yield Purchase(moment, str(moment))
    for chunk in broken:
        yield Purchase(None, _shown(chunk))
    unreadable += [
        say(N_("a purchase without a date that can be read: {value}"), value=_shown(chunk))
        for chunk in broken
    ]
    if not dated and not broken:
        unreadable.append(say(N_("no purchase of a token is on this page")))


def _chunks(text: str) -> Iterator[str]:
    """The purchases of the table as pieces of text: split where the word SOLD stands, else at every date."""
    start = _TABLE_START.search(text)
    if start is None:
        return
    table = text[start.start() :]
    end = _END_OF_TABLE.search(table)
    table = table[: end.start()] if end else table
    records = list(_RECORD.finditer(table))
    if records:
        ends = [one.start() for one in records[1:]] + [len(table)]
        yield from (table[one.start() : stop] for one, stop in zip(records, ends, strict=True))
    elif next(_moments(table), None) is not None:
        yield table


# -- moments in text


def _moments(text: str, *, in_words: bool = False) -> Iterator[Moment | None]:
    """Every date with the times that follow it; None for a date that no calendar has.

    Digits parted by tabs are put together only where nothing can be read otherwise, and never across lines: what does
    not belong together must not become one number.
    """
    clock = _CLOCK_IN_WORDS if in_words or "ukul" in text.lower() else _CLOCK
    found = list(_scan(text, _DATE, clock))
    if not found:
        found = list(
            _scan(_IN_LINE.sub("", text), _DATE_TIGHT, clock if clock is _CLOCK_IN_WORDS else _CLOCK_TIGHT)
        )
    yield from found


def _scan(text: str, a_date: re.Pattern[str], a_clock: re.Pattern[str]) -> Iterator[Moment | None]:
    dates = list(a_date.finditer(text))
    if not dates:
        return
    ends = [one.start() for one in dates[1:]] + [len(text)]
    for match, stop in zip(dates, ends, strict=True):
        day = _calendar(match)
        if day is None:
            yield None
            continue
        clocks = _clocks(text, match.end(), stop, a_clock)
        if not clocks:
            yield Moment(day)
        for clock in clocks:
            hour, minute, second, minute_2, second_2 = clock.groups()
            second = second or second_2
            moment = Moment(day, int(hour) * 60 + int(minute or minute_2), int(second) if second else None)
            yield moment.in_zone(_zone(text, clock.end(), stop, a_clock))


def _zone(text: str, start: int, stop: int, a_clock: re.Pattern[str]) -> int | None:
    """The zone right behind a time; in a sentence the next one that it names: "06.19 dan 08.21 WIB"."""
    found = (_ZONE.search if a_clock is _CLOCK_IN_WORDS else _ZONE_BEHIND.match)(text, start, stop)
    return ZONES[found[1].upper()] if found else None


def _clocks(text: str, start: int, stop: int, a_clock: re.Pattern[str]) -> list[re.Match[str]]:
    """The times of a date. In a sentence there may be several; on the page the one that stands right behind the date.

    A time further away belongs to something else, perhaps to a date that cannot be read.
    """
    if a_clock is _CLOCK_IN_WORDS:
        return list(a_clock.finditer(text, start, stop))
    gap = _GAP.match(text, start, stop)
    clock = a_clock.match(text, gap.end() if gap else start, stop)
    return [clock] if clock else []


def _calendar(match: re.Match[str]) -> date | None:
    try:
        return date(int(match[4]), int(match[3]), int(match[1]))
    except ValueError:
        return None


def _shown(text: str) -> str:
    """A piece of the page as it may be shown: one line, long numbers masked."""
    line = _DIGITS.sub(lambda match: f"{match[0][:4]}…", _BLANKS.sub(" ", text).strip())
    return repr(line if len(line) <= _SHOWN_MAX else line[: _SHOWN_MAX - 1] + "…")
