"""What the store's events say about each meter: the last look at 04, and whether anything came after it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum

from kctrig.lang import N_
from kctrig.records import points
from kctrig.sop.said import NOTHING_RECORDED, Recorded, Said, say

OLD_KRN = 1
NEW_KRN = 2
NEW_KT = 2
POINTS = (
    points.CLAIM,
    points.PROBE,
    points.INTENT,
    points.ENTER_INTENT,
    points.ANSWER,
    points.VERIFY,
    points.VERDICT,
    points.OVERRIDE,
)
"""The only events that are needed."""

_NO_KEY_CHANGE = frozenset({"credit", "number", "clear_tamper", points.NEW_CREDIT})
_NOT_TAKEN = points.REFUSED | {"locked", "tamper", "not_taken", "not_entered"}
_SETTLES_NOTHING = frozenset({"INFRA_ERROR", "BLOCKED", points.READY})


@dataclass(frozen=True, slots=True)
class Look:
    """One reading of the meter's glass, as the journal has it."""

    seq: int
    hash: str
    at_unix_ms: int
    krn: int | None
    kt: int | None
    shown: str
    store: str = ""
    """The store that has it: its file name, or its path where two have the same name."""


class State(Enum):
    """What is known of a meter's key revision."""

    OLD = "old"
    """04 showed KRN 1 and nothing was submitted since."""
    NEW = "new"
    """04 showed KRN 2 (and KT 2, where the brand shows it)."""
    UNKNOWN = "unknown"
    """A person must look."""
    NEVER = "never"
    """04 was never read."""


@dataclass(frozen=True, slots=True)
class Shown:
    """What the store knows of one meter.

    Attributes:
        look: the evidence; the last readable look, else the last one, None where there was none.
        is_proven: the change from the old key was seen here, so that KRN 2 cannot be that of the old base (VKRN 42).
        verdict: of the last attempt that had one; empty without.
        why: what that verdict said.
        reason: why the state is unknown; None when it is known.
    """

    meter_no: str
    profile: str
    state: State
    look: Look | None
    is_proven: bool = False
    verdict: str = ""
    why: Recorded = NOTHING_RECORDED
    reason: Said | None = None


@dataclass(slots=True)
class Meter:
    """Takes a meter's events one by one, oldest first; `shown` says what they come to.

    `sentences` are the English texts for codes of the record and, where there is no code, for verdicts.
    """

    meter_no: str
    sentences: Mapping[str, str] = field(default_factory=dict)
    profile: str = ""
    verdict: str = ""
    _why: str = ""
    _code: str = ""
    _look: Look | None = None
    _unread: Look | None = None
    _seen_old: bool = False
    _passed: bool = False
    _doubt: bool = False
    _roles: dict[str, str] = field(default_factory=dict)
    _open: set[str] = field(default_factory=set)
    """Tokens that may have changed the key since the last readable look."""

    def take(
        self, point: str, seq: int, hash_: str, at_unix_ms: int, body: Mapping[str, object], store: str = ""
    ) -> None:
        """One event; those that are not in `POINTS` change nothing."""
        token = str(body.get("token", ""))
        if point == points.CLAIM:
            self.profile = str(body.get("profile", "")) or self.profile
        elif point in (points.PROBE, points.VERIFY):
            self._take_look(
                Look(
                    seq,
                    hash_,
                    at_unix_ms,
                    _whole(body.get("krn")),
                    _whole(body.get("kt")),
                    str(body.get("shown", "")).strip(),
                    store,
                )
            )
        elif point == points.INTENT:
            self._roles[token] = str(body.get("role", ""))
        elif point == points.ENTER_INTENT:
            if self._roles.get(token) not in _NO_KEY_CHANGE:
                self._open.add(token)
        elif point == points.ANSWER:
            if body.get("answer") in _NOT_TAKEN:
                self._open.discard(token)
        elif point == points.OVERRIDE:
            self._doubt = False
        elif point == points.VERDICT:
            self._code = str(body.get("code", ""))
            self._take_verdict(str(body.get("verdict", "")), str(body.get("reason", "")))

    def _take_look(self, look: Look) -> None:
        if look.krn is None:
            self._unread = look
            return
        self._look, self._unread = look, None
        self._seen_old = self._seen_old or look.krn == OLD_KRN
        self._open.clear()

    def _take_verdict(self, verdict: str, why: str) -> None:
        self.verdict, self._why = verdict, why
        self._passed = self._passed or verdict == "PASS_VERIFIED"
        if verdict == points.IN_DOUBT:
            self._doubt = True
        elif verdict not in _SETTLES_NOTHING:
            self._doubt = False

    @property
    def shown(self) -> Shown:
        """What the events so far come to."""
        look = self._look or self._unread
        state, reason = self._state()
        return Shown(
            self.meter_no,
            self.profile,
            state,
            look,
            self._passed or self._changed_here(),
            self.verdict,
            self._recorded,
            reason,
        )

    @property
    def _recorded(self) -> Recorded:
        return Recorded(self._why, self.sentences.get(self._code) or self.sentences.get(self.verdict, ""))

    def _changed_here(self) -> bool:
        return self._seen_old and self._look is not None and self._look.krn == NEW_KRN

    def _state(self) -> tuple[State, Said | None]:
        look = self._look
        if self._open:
            return State.UNKNOWN, say(
                N_("a token was submitted after the last look at 04, and what it did is not known")
            )
        if self._doubt:
            return State.UNKNOWN, say(N_("the last attempt ended in doubt: {why}"), why=self._recorded)
        if look is None:
            if self._unread is None:
                return State.NEVER, None
            return State.UNKNOWN, say(
                N_("04 was looked at and could not be read: {shown}"), shown=repr(self._unread.shown)
            )
        if look.krn == OLD_KRN:
            return State.OLD, None
        if look.krn == NEW_KRN and look.kt in (None, NEW_KT):
            return State.NEW, None
        return State.UNKNOWN, say(
            N_("04 shows {shown}, which is neither the old key nor KRN 2 KT 2"), shown=repr(look.shown)
        )


def _whole(value: object) -> int | None:
    return value if isinstance(value, int) else None
