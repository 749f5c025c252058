"""What an entry machine may ask for: one action is outstanding at a time."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from kctrig.procedure.verdicts import Outcome


class Keys(StrEnum):
    """What a key job is for."""

    DIGITS = "digits"
    ENTER = "enter"
    CLEAR = "clear"


@dataclass(frozen=True, slots=True)
class Record:
    """Make this journal point durable, then say Recorded (or RecordFailed). Nothing is pressed before that."""

    point: str
    body: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class PressKeys:
    """Start this key script, then say KeysAccepted, KeysRefused, LinkTrouble or DeviceRebooted.

    Attributes:
        fresh: the entry line is empty before the first key (the firmware counts digits from here).
        position: of the token that it belongs to; None for a code and for clearing.
    """

    job_id: int
    keys: str
    press_ms: int
    gap_ms: int
    purpose: Keys
    fresh: bool = False
    position: int | None = None

    def __repr__(self) -> str:
        shown = self.keys if len(self.keys) < 9 else f"{self.keys[:4]}…{self.keys[-4:]}"
        return f"PressKeys({self.purpose.value} {shown} job={self.job_id:08x} position={self.position})"


@dataclass(frozen=True, slots=True)
class AbortKeys:
    """End this key job with every key up; KeysEnded follows as an event. No answer of its own but a failure."""

    job_id: int


@dataclass(frozen=True, slots=True)
class Look:
    """Ask the rig for the glass as it is now; the answer is GlassSeen, LinkTrouble or DeviceRebooted."""


@dataclass(frozen=True, slots=True)
class Wait:
    """Tell whatever happens next, or DeadlinePassed at `until_ms`."""

    until_ms: int


@dataclass(frozen=True, slots=True)
class Ask:
    """Ask the operator; the answer is OperatorAnswered."""

    question: str


@dataclass(frozen=True, slots=True)
class Finish:
    """The machine has ended; its verdict is on disk (the Record before this one)."""

    outcome: Outcome


Action = Record | PressKeys | AbortKeys | Look | Wait | Ask | Finish
