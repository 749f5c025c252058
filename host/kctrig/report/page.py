"""The report as one HTML page: nothing to load, no script, A4 on paper."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import tzinfo
from functools import lru_cache
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined, Template
from markupsafe import Markup

from kctrig.lang.formats import Formats
from kctrig.report import icons, words
from kctrig.report.chart import chart
from kctrig.report.glasses import Glasses
from kctrig.report.record import Chain, MeterLine, Report
from kctrig.report.speech import Speech
from kctrig.report.summary import PASSED, URGENT, summary_of

_TEMPLATES = Path(__file__).resolve().parent / "templates"
_URGENT_IN_FULL = 8  # more of them would push the summary off the first page
_UNFIT_FOR_CSS = re.compile(r"[^A-Za-z0-9 .,:/_-]")


def html(report: Report, lang: str, zone: tzinfo | None = None) -> Iterator[str]:
    """The page in pieces, so that a large store need not stand in memory as one text."""
    view = View(report, lang, zone)
    return _template().generate(
        v=view,
        report=report,
        summary=summary_of(report),
        f=view.formats,
        _=view.texts.gettext,
        n_=view.n_,
    )


def chart_file(report: Report, lang: str, zone: tzinfo | None = None) -> str:
    """The chart of seconds per meter as an SVG file of its own."""
    return chart(report.meters, Formats(lang, zone), Speech(lang).texts.gettext, standalone=True)


@lru_cache
def _template() -> Template:
    environment = Environment(
        loader=FileSystemLoader(_TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return environment.get_template("report.html")


class View:
    """What the template asks for: words, numbers and drawings of this report in one language."""

    def __init__(self, report: Report, lang: str, zone: tzinfo | None) -> None:
        self.lang = lang
        self.speech = Speech(lang)
        self.texts = self.speech.texts
        self.formats = Formats(lang, zone)
        self.report = report
        self.glasses = Glasses(report)
        self.passed = PASSED
        self.urgent = URGENT
        self.urgent_in_full = _URGENT_IN_FULL
        states = {attempt.state for meter in report.meters for attempt in meter.attempts}
        states |= {meter.state for meter in report.meters} | {meter.state_since for meter in report.meters}
        self._states = states | {"READY"}
        attempts = [attempt for meter in report.meters for attempt in meter.attempts]
        days = {self.formats.day_of(attempt.began_unix_ms) for attempt in attempts}
        self._one_day = len(days) < 2
        self.one_bench = len({attempt.bench for attempt in attempts}) < 2
        self.one_rig = len({attempt.rig for attempt in attempts}) < 2

    # -- drawings

    @property
    def symbols(self) -> Markup:
        """Every symbol that the page refers to."""
        return Markup(icons.symbols(self._states) + self.glasses.symbols)

    @property
    def chart(self) -> Markup:
        """Seconds per meter."""
        return Markup(chart(self.report.meters, self.formats, self.texts.gettext))

    @staticmethod
    def icon(state: str) -> str:
        """The id of a state's symbol."""
        return icons.name(state)

    # -- words

    def n_(self, one: str, many: str, number: int) -> str:
        """A text with a number in it."""
        return self.texts.ngettext(one, many, number).format(n=self.formats.integer(number))

    def reason(self, meter: MeterLine) -> str:
        """Why a meter stands as it does: as the rig said it in English, by its code in other languages."""
        own = self.lang == "en" and meter.reason
        said = meter.reason if own else self.speech.reason(meter.state, meter.code)
        return said[:1].upper() + said[1:]

    def in_its_own_words(self, meter: MeterLine) -> str:
        """The rig's English sentence beside a translated reason; empty where it would say nothing more."""
        return "" if self.lang == "en" or meter.state in PASSED else meter.reason

    def deadline(self, meter: MeterLine) -> str:
        """Until when the meter keeps its sections, seen from when the report was made."""
        until = meter.half_until_unix_ms
        if until is None:
            return ""
        clock = self.formats.clock(until)
        left_s = (until - self.report.made_unix_ms) / 1000
        if left_s <= 0:
            return self.texts.gettext("over since {time}").format(time=self.formats.moment(until))
        return self.texts.gettext("until {time}: {left} left").format(
            time=clock, left=self.formats.duration(left_s)
        )

    def when(self, unix_ms: int) -> str:
        """A time; with its day where the report is of more than one."""
        return self.formats.clock(unix_ms) if self._one_day else self.formats.moment(unix_ms)

    def span(self, began_unix_ms: int, ended_unix_ms: int) -> str:
        """From when to when, the day once where it is one."""
        f, zone = self.formats, self.formats.zone_name(ended_unix_ms)
        if f.day_of(began_unix_ms) == f.day_of(ended_unix_ms):
            times = f"{f.clock(began_unix_ms)}–{f.clock(ended_unix_ms)}"
            return f"{f.day_of(began_unix_ms)}, {times} {zone}"
        return f"{f.moment(began_unix_ms)} – {f.moment(ended_unix_ms)} {zone}"

    @staticmethod
    def tone(state: str) -> str:
        """The colour family of a state."""
        return words.tone(state)

    @staticmethod
    def brand(profile: str) -> str:
        """A brand's name."""
        return words.brand(profile)

    # -- the record's own trust

    @property
    def trust(self) -> tuple[str, str, str]:
        """(tone, headline, sentence) of what `kctrig verify` says."""
        return trust(self.report.chain, self.report.last_event, self)

    @property
    def running_head(self) -> Markup:
        """What stands at the top of every sheet of paper, safe inside a CSS text."""
        parts = ["kctrig", self.report.store_id[:12]]
        if self.report.shift is not None:
            parts.append(self.texts.gettext("shift {n}").format(n=self.report.shift))
        return Markup(_UNFIT_FOR_CSS.sub("", ", ".join(parts)))


def trust(chain: Chain, last_event: int, view: View) -> tuple[str, str, str]:
    """How far the record can be believed, in words."""
    _, number = view.texts.gettext, view.formats.integer
    if not chain.ok:
        where = _("From event {n} on nothing here is proved: {wrong}").format(
            n=number(chain.first_bent or 0), wrong=chain.wrong
        )
        return "bad", _("The record was bent"), where
    every = view.n_("{n} event fits", "All {n} events fit", chain.events)
    if not chain.shifts:
        return "warn", every, _("No shift was closed, so nothing is signed.")
    signed = _("Signed with key {key}").format(key=chain.key)
    if last_event <= chain.signed_to + 1:
        return "good", every, f"{signed}."
    after = last_event - chain.signed_to - 1
    rest = view.n_("{n} event after the last signature", "{n} events after the last signature", after)
    return "warn", every, f"{signed}; {rest}."
