"""What may happen to an entry machine: every input it has, as plain values."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Recorded:
    """The journal entry that was asked for is on disk."""


@dataclass(frozen=True, slots=True)
class RecordFailed:
    """The journal entry that was asked for could not be written."""

    detail: str


@dataclass(frozen=True, slots=True)
class KeysAccepted:
    """The rig took the key job and is typing it."""

    job_id: int


@dataclass(frozen=True, slots=True)
class KeysRefused:
    """The rig did not take the key job; no key of it was pressed."""

    job_id: int
    detail: str


@dataclass(frozen=True, slots=True)
class GlassSeen:
    """The glass as it is (answer to Look) or as it just became. `image` is empty while the meter is silent."""

    image: bytes
    device_ms: int = 0


@dataclass(frozen=True, slots=True)
class KeyMoved:
    """A contact closed or opened."""

    key: str
    down: bool
    device_ms: int = 0


@dataclass(frozen=True, slots=True)
class KeysEnded:
    """A key job ended; `state` is "done" or "aborted"."""

    job_id: int
    state: str
    keys_done: int
    reason: str = "none"
    device_ms: int = 0


@dataclass(frozen=True, slots=True)
class DeadlinePassed:
    """The time of the last Wait is over."""


@dataclass(frozen=True, slots=True)
class LinkTrouble:
    """The rig cannot be reached any more. `effect` is that of the request it struck: nothing, done or unknown."""

    detail: str
    effect: str = "unknown"


@dataclass(frozen=True, slots=True)
class DeviceRebooted:
    """The rig started anew: every key is up, the running job's outcome is unknown, the link is there again."""

    detail: str


@dataclass(frozen=True, slots=True)
class MeterAway:
    """The meter port fell silent or its meter started anew: whatever meter is behind it next may be another one."""


@dataclass(frozen=True, slots=True)
class OperatorAnswered:
    """The answer to Ask; None when there is nobody to ask."""

    text: str | None


@dataclass(frozen=True, slots=True)
class Interrupted:
    """A person wants to stop. Once: submit nothing more, but read what is under way. Twice: stop now."""


Event = (
    Recorded
    | RecordFailed
    | KeysAccepted
    | KeysRefused
    | GlassSeen
    | KeyMoved
    | KeysEnded
    | DeadlinePassed
    | LinkTrouble
    | DeviceRebooted
    | MeterAway
    | OperatorAnswered
    | Interrupted
)
