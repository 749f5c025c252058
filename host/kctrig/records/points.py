"""The journal's points, and what an attempt that broke off after any of them has come to.

    claim > probe > (intent > typed > enter-intent > answer) for each token > verify > verdict

Each is durable before the next key (facts/hil_anchors.md section 6, P3). `retype` tells of a wrong echo that
was cleared, `doubt` of something unclear, `override` of a supervisor who opened a meter again,
`shift-close` of a signature over everything before it; it belongs to no meter.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

CLAIM = "claim"
PROBE = "probe"
INTENT = "intent"
TYPED = "typed"
ENTER_INTENT = "enter-intent"
ANSWER = "answer"
VERIFY = "verify"
VERDICT = "verdict"
RETYPE = "retype"
DOUBT = "doubt"
OVERRIDE = "override"
SHIFT_CLOSE = "shift-close"

POINTS = frozenset(
    {CLAIM, PROBE, INTENT, TYPED, ENTER_INTENT, ANSWER, VERIFY, VERDICT, RETYPE, DOUBT, OVERRIDE}
)

TAKEN = frozenset({"accepted", "half"})
REFUSED = frozenset({"refused", "used", "old"})

NEW_CREDIT = "new_credit"
RUNNING = "RUNNING"
READY = "READY"
HALF = "HALF"
IN_DOUBT = "IN_DOUBT"


@dataclass(frozen=True, slots=True)
class Event:
    """One line of the journal. `attempt` is the `seq` of its claim; 0 where it belongs to none."""

    seq: int
    attempt: int
    meter_no: str
    point: str
    at_unix_ms: int
    body: Mapping[str, object]
    prev: str
    hash: str


@dataclass(slots=True)
class TokenPast:
    """What is known of one token on one meter.

    Attributes:
        answer: the last answer; None when Enter was intended and no answer was recorded after that.
        enters: how often Enter was intended.
        at_unix_ms: time of the last of these events.
    """

    answer: str | None = None
    enters: int = 0
    at_unix_ms: int = 0


@dataclass(slots=True)
class MeterPast:
    """What is known of one meter since its last pass or override: the past that a new attempt must mind.

    Attributes:
        krn_before: what 04 showed at the first look since then.
        entered_before: tokens that got their Enter before that; whatever was answered.
        lowest_krn: the lowest key revision that 04 ever showed, before that pass or override too.
    """

    refusals: int = 0
    tokens: dict[str, TokenPast] = field(default_factory=dict)
    krn_before: int | None = None
    entered_before: set[str] = field(default_factory=set)
    lowest_krn: int | None = None

    @property
    def binds(self) -> bool:
        """Whether there is anything that an attempt must mind and an override would open: a token that got its Enter."""
        return bool(self.tokens)

    def opened(self) -> MeterPast:
        """The past after a pass or an override: nothing binds any more, and what was seen stays seen."""
        entered = self.entered_before | self.tokens.keys()
        return MeterPast(entered_before=entered, lowest_krn=self.lowest_krn)

    def _shown(self, krn: object) -> None:
        if isinstance(krn, int) and (self.lowest_krn is None or krn < self.lowest_krn):
            self.lowest_krn = krn


def past_of(events: Iterable[Event]) -> MeterPast:
    """Read a meter's past out of its events, oldest first."""
    past = MeterPast()
    refused = 0  # of credit after the change
    for event in events:
        body = event.body
        if event.point == OVERRIDE:
            past, refused = past.opened(), 0
        elif event.point == VERDICT and body.get("verdict") == "PASS_VERIFIED":
            past = past.opened()
            past.refusals, refused = refused, 0  # the meter counts these on from its own zero
        elif event.point in (PROBE, VERIFY):
            krn = body.get("krn")
            past._shown(krn)
            if event.point == PROBE and past.krn_before is None and isinstance(krn, int):
                past.krn_before = krn
        elif event.point == ENTER_INTENT:
            token = past.tokens.setdefault(str(body["token"]), TokenPast())
            token.enters += 1
            token.answer = None
            token.at_unix_ms = event.at_unix_ms
        elif event.point == ANSWER and str(body["token"]) in past.tokens:
            token = past.tokens[str(body["token"])]
            token.answer = str(body["answer"])
            if not body.get("by_look"):
                token.at_unix_ms = event.at_unix_ms  # an answer found later is as old as its Enter
            if body.get("role") == NEW_CREDIT:
                refused += token.answer in REFUSED
            if token.answer in REFUSED:
                past.refusals += 1
            elif token.answer == "accepted" and body.get("role") == "by_hand":
                past.refusals = (
                    0  # a person entered a token that the meter took: so did the meter's own count
                )
    return past


def state_of_broken(events: Iterable[Event]) -> tuple[str, str]:
    """(state, reason) of an attempt that ended without a verdict: the process was killed, or the power failed."""
    open_enter = False
    expected = 0
    taken = 0
    typed = False
    for event in events:
        if event.point == CLAIM:
            tokens = event.body.get("tokens")
            expected = sum(map(_comes_before_04, tokens)) if isinstance(tokens, list) else 0
        elif event.point == INTENT:
            typed = True
        elif event.point == ENTER_INTENT:
            open_enter = True
        elif event.point == ANSWER:
            open_enter = False
            answer = event.body.get("answer")
            if answer in REFUSED or answer in ("locked", "tamper"):
                return "REJECTED", f"broke off after the meter answered {answer}"
            if answer == "unreadable":
                open_enter = True
            taken += answer in TAKEN and _comes_before_04(event.body)
    if open_enter:
        return IN_DOUBT, "broke off after Enter was intended and before its answer was read"
    if taken and taken >= expected:
        return IN_DOUBT, "broke off after the last answer and before 04 was read"
    if taken:
        return HALF, f"broke off with {taken} of {expected} tokens taken"
    if typed:
        return READY, "broke off while digits were typed; nothing was submitted"
    return READY, "broke off before any key of a token"


def _comes_before_04(token: object) -> bool:
    """Whether 04 shows the new revision only after this token; credit for the new key comes later."""
    return not isinstance(token, Mapping) or token.get("role") != NEW_CREDIT
