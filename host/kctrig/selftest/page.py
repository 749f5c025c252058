"""The outcome for people and for machines: one HTML page to file, lines of text, JSON."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import tzinfo
from functools import lru_cache
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined, Template

from kctrig.lang import texts
from kctrig.lang.formats import Formats
from kctrig.link.health import Said
from kctrig.selftest.items import CHECKS, DOMAIN, GRADES, Outcome

_TEMPLATES = Path(__file__).resolve().parent / "templates"
_COUNTERS = ("requests", "frames", "damaged", "not_frames", "retransmitted", "duplicate", "stale", "overrun", "reconnects")  # fmt: skip


class Words:
    """One language: every text of the outcome in it."""

    def __init__(self, lang: str, zone: tzinfo | None = None) -> None:
        self.lang = lang
        self.formats = Formats(lang, zone)
        self.gettext: Callable[[str], str] = texts(DOMAIN, lang).gettext

    def say(self, said: Said | None) -> str:
        """A text with its values; "" for None."""
        if said is None:
            return ""
        return said.in_words(self.gettext, lambda value: self.formats.decimal(value, 2))

    def check(self, name: str) -> str:
        """What was tested."""
        return self.gettext({str(key): text for key, text in CHECKS.items()}[name])

    def grade(self, name: str) -> str:
        """How it came out."""
        return self.gettext({str(key): text for key, text in GRADES.items()}[name])

    def verdict(self, tested: Outcome) -> str:
        """The one line that counts."""
        _ = self.gettext
        if tested.verdict == "fault":
            return _("FAULT: do not work with this rig")
        if tested.verdict == "incomplete":
            return _("NOT PASSED; asked for and not tested: {n}").format(n=tested.count("missing"))
        left = tested.count("skipped")
        return _("PASSED; {n} items not tested").format(n=left) if left else _("PASSED")


def html(tested: Outcome, lang: str, zone: tzinfo | None = None) -> str:
    """The page, whole; nothing to load, no script, A4 on paper."""
    words = Words(lang, zone)
    return _template().render(t=tested, w=words, f=words.formats, _=words.gettext)


def lines(tested: Outcome, lang: str) -> Iterator[str]:
    """The same for a terminal."""
    words = Words(lang)
    yield f"rig {tested.rig}: {tested.identity.text}"
    middle, slow = tested.line.rtt_at(0.5), tested.line.rtt_at(0.99)
    if middle is not None and slow is not None:
        _, ms = words.gettext, words.formats.decimal
        yield _("round trip {middle} ms, 99 of 100 under {slow} ms").format(
            middle=ms(middle, 2), slow=ms(slow, 2)
        )
    width = max(len(words.grade(grade)) for grade in GRADES)
    for item in tested.items:
        todo = words.say(item.finding.todo)
        said = words.say(item.finding.said)
        told = f"{said} → {todo}" if todo else said
        yield f"{words.grade(item.finding.grade):<{width}}  {words.check(item.check)}: {told}"
    yield words.verdict(tested)


def as_json(tested: Outcome) -> dict[str, object]:
    """The same for programs; texts in English."""
    line = tested.line
    return {
        "rig": tested.rig,
        "version": tested.identity.text,
        "rig_id": tested.identity.chip_id or None,
        "board": tested.identity.board or None,
        "boot_id": f"{tested.boot_id:08x}",
        "operator": tested.operator or None,
        "unix_ms": tested.unix_ms,
        "kctrig": tested.host_version,
        "passed": tested.passed,
        "verdict": tested.verdict,
        **{name: getattr(line, name) for name in _COUNTERS},
        "rtt_p50_ms": line.rtt_at(0.5),
        "rtt_p99_ms": line.rtt_at(0.99),
        "findings": [
            {
                "check": item.check,
                "grade": item.finding.grade,
                "text": item.finding.said.in_words(),
                "todo": item.finding.todo.in_words() if item.finding.todo else None,
            }
            for item in tested.items
        ],
    }


@lru_cache
def _template() -> Template:
    environment = Environment(
        loader=FileSystemLoader(_TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return environment.get_template("selftest.html")
