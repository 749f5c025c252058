"""The one record of which every report is a projection: a store's meters, attempts, tokens and shifts."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Glass:
    """What a glass showed at one moment.

    Attributes:
        image: its segment memory (layout: `rigwire.glass`); empty where the store has none.
        text: what was read from it then.
    """

    image: bytes
    text: str
    krn: int | None = None
    kt: int | None = None
    at_unix_ms: int = 0


@dataclass(frozen=True, slots=True)
class TokenLine:
    """What became of one token in one attempt.

    Attributes:
        position: place in the list, the first is 1.
        digits: first four and last four.
        answer: the meter's, in the procedure's words; empty when Enter was intended and no answer was recorded.
        entered: whether Enter was intended.
        tries: how often it was typed until the echo was right; 0 when it never was.
        by_look: a later look found the answer.
        keypad_ms: from the first key down to Enter up, by the rig's clock.
    """

    position: int
    digits: str
    role: str
    answer: str
    shown: str
    entered: bool
    tries: int
    by_look: bool
    keypad_ms: int


@dataclass(frozen=True, slots=True)
class AttemptLine:
    """One attempt on one meter.

    Attributes:
        number: of this meter's attempts, the first is 1.
        first_event, last_event: its events in the chain; `hash` is that of the last.
        state: a verdict, RUNNING, or what a broken-off attempt has come to.
        code: reason for machines; empty after a pass.
        said: the glass with the last answer that was not a token taken.
        seconds: from the claim to the verdict.
        keys_pressed: None for an attempt that broke off.
        weak: passed on a glass that shows KRN only.
    """

    number: int
    shift: int
    first_event: int
    last_event: int
    hash: str
    began_unix_ms: int
    ended_unix_ms: int
    operator: str
    bench: str
    rig: str
    firmware: str
    profile: str
    state: str
    code: str
    reason: str
    broken_off: bool
    before: Glass | None
    said: Glass | None
    after: Glass | None
    tokens: tuple[TokenLine, ...]
    retypes: int
    doubts: tuple[str, ...]
    seconds: float
    keys_pressed: int | None
    enters: int
    weak: bool
    tamper: bool


@dataclass(frozen=True, slots=True)
class Override:
    """A person opened a meter again."""

    event: int
    at_unix_ms: int
    operator: str
    reason: str


@dataclass(frozen=True, slots=True)
class MeterLine:
    """How one meter stands, and its attempts, oldest first.

    Attributes:
        state, reason: as `kctrig status` has them.
        deciding: index of the attempt from which `state` and `code` are.
        fits: no event of it lies where the chain does not fit any more.
        state_since: its state in the whole store, where that is another than in the shift of this report; else empty.
    """

    meter_no: str
    profile: str
    state: str
    code: str
    reason: str
    refusals: int
    half_until_unix_ms: int | None
    attempts: tuple[AttemptLine, ...]
    deciding: int
    overrides: tuple[Override, ...]
    fits: bool
    state_since: str = ""

    @property
    def last(self) -> AttemptLine:
        """The attempt that decided how the meter stands."""
        return self.attempts[self.deciding]

    @property
    def seconds(self) -> float:
        """Of all its attempts together."""
        return sum(attempt.seconds for attempt in self.attempts)

    @property
    def proof(self) -> str:
        """`strong`: KRN and KT were on the glass; `weak`: KRN only; empty without a pass."""
        if self.state not in ("PASS_VERIFIED", "ALREADY_DONE"):
            return ""
        return "weak" if self.last.weak else "strong"


@dataclass(frozen=True, slots=True)
class ShiftLine:
    """A closed shift: who closed it and the event that carries its signature."""

    number: int
    operator: str
    closed_unix_ms: int
    event: int


@dataclass(frozen=True, slots=True)
class Chain:
    """What `kctrig verify` says of the events.

    Attributes:
        events: how many there are.
        first_bent: number of the first that does not fit; None when all do.
        wrong: what is wrong with it, in English; empty when nothing is.
        signed_to: number of the last event under a signature; 0 for none.
        key: short name of the key that signed; empty without a signature.
    """

    events: int
    first_bent: int | None
    wrong: str
    shifts: int
    signed_to: int
    key: str

    @property
    def ok(self) -> bool:
        """Whether every event fits."""
        return self.first_bent is None


@dataclass(frozen=True, slots=True)
class Report:
    """A store, or one shift of it, as it stood when the report was made.

    Attributes:
        name: of the file it was read from.
        shift: the shift that was asked for; None for all.
        last_event: the last event that this report looks at; 0 for none.
        unreadable: events whose text is no event any more; they are in no line.
    """

    store_id: str
    name: str
    shift: int | None
    made_unix_ms: int
    last_event: int
    meters: tuple[MeterLine, ...]
    shifts: tuple[ShiftLine, ...]
    chain: Chain
    unreadable: int = 0
