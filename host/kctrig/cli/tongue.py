"""The language in which a round speaks to the technician: `--lang`, and the sentences of the terminal."""

from __future__ import annotations

import re

import click

from kctrig.cli.stores import F
from kctrig.lang import LANGS, N_, texts
from kctrig.procedure.verdicts import DONE, NEW_CREDIT_SAID, Outcome
from kctrig.report.speech import Speech

_KEY = "kctrig.lang"
_STEPS = {
    "READY": N_("ready"),
    "IDENTIFIED": N_("number fits"),
    "PROBED": N_("key revision read"),
    "HALF": N_("section taken"),
    "VERIFYING": N_("looking with 04"),
}
_ENTERING = re.compile(r"ENTERING (\d+)")
QUESTIONS = (
    N_(
        "Does the customer hold a credit token that was bought and not entered yet? After the key change it is lost. "
        "Answer none, or enter it first"
    ),
)
"""Questions of the entry procedure."""
_NOTHING_PRESSED = "; no key of a token was pressed"
_FOUND = (
    (
        re.compile(r"meter (?P<meter>\d+) is not in the work list" + _NOTHING_PRESSED),
        N_("meter {meter} is not in the work list; no key of a token was pressed"),
    ),
    (
        re.compile(r"meter (?P<meter>\d+) was worked on in this round" + _NOTHING_PRESSED),
        N_("meter {meter} was worked on in this round; no key of a token was pressed"),
    ),
    (
        re.compile(r"no meter number read \((?P<why>.*)\)" + _NOTHING_PRESSED),
        N_("no meter number read ({why}); no key of a token was pressed"),
    ),
    (re.compile(r"meter (?P<meter>\d+): (?P<verdict>[A-Z_]+)"), N_("meter {meter}: {verdict}")),
)
"""What a round says of the meter in a slot, and how it is said in another language."""


def lang_option(command: F) -> F:
    """The option `--lang`; `Tongue.chosen` knows what was chosen."""

    def keep(ctx: click.Context, _: click.Parameter, value: str) -> None:
        ctx.meta[_KEY] = value

    option: F = click.option(
        "--lang",
        type=click.Choice(LANGS),
        default="en",
        show_default=True,
        envvar="KCTRIG_LANG",
        expose_value=False,
        is_eager=True,
        callback=keep,
        help="Of what the technician reads; JSON and the record stay as they are.",
    )(command)
    return option


class Tongue:
    """Says what a technician reads. In English states and verdicts keep the names that the record has."""

    def __init__(self, lang: str = "en") -> None:
        self.lang = lang
        self._texts = texts("bench", lang)
        self._words = Speech(lang)

    @classmethod
    def chosen(cls) -> Tongue:
        """The language of the command that runs; English outside of one."""
        ctx = click.get_current_context(silent=True)
        return cls(ctx.meta.get(_KEY, "en") if ctx else "en")

    def gettext(self, text: str) -> str:
        """A sentence of the terminal."""
        return self._texts.gettext(text)

    @property
    def step_width(self) -> int:
        """Columns that the longest step needs."""
        return 13 if self.lang == "en" else 21

    def step(self, state: str) -> str:
        """Where the entry procedure is."""
        if self.lang == "en":
            return state
        entering = _ENTERING.fullmatch(state)
        if entering:
            return self.gettext(N_("entering token {n}")).format(n=entering[1])
        return self.gettext(_STEPS[state]) if state in _STEPS else self.verdict(state)

    def verdict(self, verdict: str) -> str:
        """How an attempt ended."""
        return verdict if self.lang == "en" else self._words.state(verdict)

    def found(self, said: str) -> str:
        """What a round says of the meter in a slot; as it is where no sentence of this language fits."""
        for pattern, text in _FOUND:
            match = pattern.fullmatch(said)
            if match:
                fields = match.groupdict()
                if "verdict" in fields:
                    fields["verdict"] = self.verdict(fields["verdict"])
                return self.gettext(text).format(**fields)
        return said

    def rows_left(self, rows: int) -> str:
        """How many rows of the list are left."""
        return self._texts.ngettext("{n} row is left", "{n} rows are left", rows).format(n=rows)

    def meters(self, number: int) -> str:
        """So many meters."""
        return self._texts.ngettext("{n} meter", "{n} meters", number).format(n=number)

    def reason(self, outcome: Outcome) -> str:
        """Why, and what to do, in one line; empty where nothing need be said."""
        if outcome.verdict in DONE:
            return "; ".join(said for said in outcome.doubts if said.startswith(NEW_CREDIT_SAID))
        if not outcome.reason:
            return ""
        if self.lang == "en":
            return outcome.reason
        verdict = outcome.verdict.value
        said = f"{self._words.reason(verdict, outcome.code)} {self._words.next_step(verdict, outcome.code)}".strip()
        return f"{said} ({outcome.reason})"
