"""Words of the entry procedure: verdicts, answers, the work for one meter and what came of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

TOKEN_DIGITS = 20
NEW_CREDIT_SAID = "new credit"
"""How a remark on a credit token for the new key begins."""


class Verdict(StrEnum):
    """How an attempt ended. Only the meter's glass decides between them; a remark of a person never does."""

    PASS_VERIFIED = "PASS_VERIFIED"
    """04 showed the wanted KRN (and KT, where the brand shows it) after the last Enter."""
    ALREADY_DONE = "ALREADY_DONE"
    """04 showed the wanted KRN before any key of a token was pressed."""
    REJECTED = "REJECTED"
    """The meter refused a token. No second try of that token, no further token."""
    LOCKED_OUT = "LOCKED_OUT"
    """The meter does not take tokens for a while."""
    BLOCKED = "BLOCKED"
    """Something stands in the way and nothing was submitted because of it: wrong meter, tamper, refusal budget."""
    HALF = "HALF"
    """Sections were taken and others are missing; there may be a deadline. Begin again with a look."""
    IN_DOUBT = "IN_DOUBT"
    """A token may or may not have counted. Only looking is allowed, then a person."""
    INFRA_ERROR = "INFRA_ERROR"
    """The rig or the link failed and nothing had been submitted. May be started again."""
    ENTERED = "ENTERED"
    """Tokens entered by hand were taken; nothing is said about a key revision."""
    READY = "READY"
    """Stopped before anything was submitted. May be started again."""


RESTARTABLE = frozenset({Verdict.READY, Verdict.INFRA_ERROR})
DONE = frozenset({Verdict.PASS_VERIFIED, Verdict.ALREADY_DONE})


class Answer(StrEnum):
    """What the glass said to one token."""

    ACCEPTED = "accepted"
    """What the glass says of a token; of a class 1 number: that it was answered, with whatever was shown."""
    HALF = "half"
    REFUSED = "refused"
    USED = "used"
    OLD = "old"
    LOCKED = "locked"
    TAMPER = "tamper"
    UNREADABLE = "unreadable"
    NOT_TAKEN = "not_taken"
    """Enter was pressed once and the glass went on showing the entry until it was cleared: nothing was submitted."""
    NOT_ENTERED = "not_entered"
    """Enter was never pressed."""


TAKEN = frozenset({Answer.ACCEPTED, Answer.HALF})
REFUSALS = frozenset({Answer.REFUSED, Answer.USED, Answer.OLD})


class Role(StrEnum):
    """What a token of the list is for; a key-change token is `KCT`."""

    KCT = "kct"
    CREDIT = "credit"
    """Bought before the key change and not entered yet; the change would void it."""
    NEW_CREDIT = "new_credit"
    """Issued for the new key: entered when 04 has shown it."""
    CLEAR_TAMPER = "clear_tamper"
    BY_HAND = "by_hand"
    """Typed in by a person, who alone knows what it is."""
    NUMBER = "number"
    """A class 1 number: no token of one meter, it asks any meter to show or test something."""


def token_class(digits: str) -> int:
    """The class of a token, the one thing in it that is not encrypted.

    0 credit, 1 test or display, 2 management, 3 reserved (facts/sts.md 1): bits 28 and 27 of the number.
    """
    return int(digits) >> 27 & 3


def mask_token(digits: str) -> str:
    """First four and last four digits, as tokens are shown everywhere outside the work list."""
    return f"{digits[:4]}…{digits[-4:]}"


@dataclass(frozen=True, slots=True)
class TokenStep:
    """One token to be entered. `repr` is masked, so that no log holds the digits."""

    digits: str
    role: Role = Role.KCT

    def __post_init__(self) -> None:
        if len(self.digits) != TOKEN_DIGITS or not self.digits.isascii() or not self.digits.isdigit():
            raise ValueError(f"a token is {TOKEN_DIGITS} digits, not {len(self.digits)} characters")

    @property
    def masked(self) -> str:
        """First four and last four digits."""
        return mask_token(self.digits)

    def __repr__(self) -> str:
        return f"TokenStep({self.masked!r}, {self.role.value!r})"


class CreditQuestion(StrEnum):
    """Whether the customer holds a credit token that was bought and not entered (lost after the key change)."""

    NONE = "none"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Job:
    """What is to be done to one meter.

    Attributes:
        meter_no: as the meter shows it after 75, leading zeros included.
        steps: tokens in the order in which they are entered.
        target_krn, target_kt: what 04 must show at the end; KT is compared only where the brand shows it.
        credit: UNKNOWN makes the machine ask the operator before the first digit of a KCT.
        old_base: the register has VKRN 42, KRN 2 of the old base: such a meter shows KRN 2 before the key change too,
            so that a first look at KRN 2 proves nothing (SOP 7.b).
    """

    meter_no: str
    profile_name: str
    steps: tuple[TokenStep, ...]
    target_krn: int = 2
    target_kt: int = 2
    credit: CreditQuestion = CreditQuestion.NONE
    old_base: bool = False

    def __post_init__(self) -> None:
        if not any(step.role is Role.KCT for step in self.steps):
            raise ValueError(f"meter {self.meter_no}: a key change needs at least one key-change token")

    @classmethod
    def of(
        cls,
        meter_no: str,
        profile_name: str,
        kct: tuple[str, ...],
        *,
        clear_tamper: tuple[str, ...] = (),
        credit_before: tuple[str, ...] = (),
        credit_after: tuple[str, ...] = (),
        credit: CreditQuestion = CreditQuestion.NONE,
        old_base: bool = False,
    ) -> Job:
        """A key change with the tokens of a work-list row: clear-tamper, unspent credit, sections, new credit."""
        steps = tuple(TokenStep(digits, Role.CLEAR_TAMPER) for digits in clear_tamper)
        steps += tuple(TokenStep(digits, Role.CREDIT) for digits in credit_before)
        steps += tuple(TokenStep(digits) for digits in kct)
        steps += tuple(TokenStep(digits, Role.NEW_CREDIT) for digits in credit_after)
        return cls(meter_no, profile_name, steps, credit=credit, old_base=old_base)


@dataclass(frozen=True, slots=True)
class Override:
    """A supervisor's word that a meter which refused tokens or stayed in doubt may be worked on again.

    It counts for one attempt on the meter that the glass names, and only where the past binds.

    Raises ValueError without a reason or a name.
    """

    reason: str
    operator: str

    def __post_init__(self) -> None:
        if not self.reason.strip() or not self.operator.strip():
            raise ValueError("an override needs a reason and a name")


@dataclass(frozen=True, slots=True)
class TokenAnswer:
    """What one token came to."""

    position: int
    digits_masked: str
    role: Role
    answer: Answer
    shown: str
    """Text of the glass that was judged; empty when nothing was read."""
    keypad_ms: int = 0
    """From the first digit going down to Enter going up, by the rig's clock."""
    key_time_ms: int = 0
    """Press and gap of the same keys, summed."""

    def as_json(self) -> Mapping[str, object]:
        """The line that `kctrig enter --json` prints."""
        return {"digits": self.digits_masked, "answer": self.answer.value, "shown": self.shown}


@dataclass(frozen=True, slots=True)
class Outcome:
    """How an attempt on one meter ended.

    Attributes:
        code: short reason for machines, such as "refused", "wrong_meter", "tamper"; empty after a pass.
        reason: one sentence for people, with what to do next.
        kt_after: None where the brand does not show KT.
        weak_evidence: passed on a glass that shows KRN only.
        doubts: what was unclear on the way, also when a later look resolved it.
        half_until_unix_ms: when the meter forgets the sections it holds; None when it holds none or never forgets.
    """

    meter_no: str
    profile: str
    verdict: Verdict
    code: str = ""
    reason: str = ""
    krn_before: int | None = None
    kt_before: int | None = None
    krn_after: int | None = None
    kt_after: int | None = None
    shown_before: str = ""
    shown_after: str = ""
    seconds: float = 0.0
    keys_pressed: int = 0
    enters: int = 0
    attempt: int = 0
    answers: tuple[TokenAnswer, ...] = ()
    doubts: tuple[str, ...] = ()
    weak_evidence: bool = False
    half_until_unix_ms: int | None = None

    def as_json(self) -> dict[str, object]:
        """The line that `kctrig upgrade --json` prints."""
        return {
            "meter_no": self.meter_no,
            "profile": self.profile,
            "verdict": self.verdict.value,
            "code": self.code,
            "krn_before": self.krn_before,
            "krn_after": self.krn_after,
            "kt_after": self.kt_after,
            "shown_before": self.shown_before,
            "shown_after": self.shown_after,
            "reason": self.reason,
            "seconds": round(self.seconds, 3),
            "keys_pressed": self.keys_pressed,
            "enters": self.enters,
            "attempt": self.attempt,
            "weak_evidence": self.weak_evidence,
            "doubts": list(self.doubts),
            "half_until_unix_ms": self.half_until_unix_ms,
        }
