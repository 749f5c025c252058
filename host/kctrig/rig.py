"""A rig as a person thinks of it: type these keys, what does the glass show, stop.

Everything here is thread-safe blocking calls on top of `kctrig.link.connection`. A call that fails says by the
class of its error whether anything happened to the meter (`kctrig.link.errors`).
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class RigInfo:
    """Who answered HELLO.

    Attributes:
        rig_id: name of the rig for people: the port it was opened by.
        version: firmware name and version as the rig tells it.
        boot_id: random number of 32 bits that the rig drew at its last start.
        protocol: protocol version both ends agreed on.
    """

    rig_id: str
    version: str
    boot_id: int
    protocol: int


@dataclass(frozen=True, slots=True)
class GlassShot:
    """What the glass showed at one moment.

    Attributes:
        no: number of the event that brought it, 0 for an answer to a question.
        device_ms: the rig's clock when it was seen; wraps (rigwire.ticks).
        image: segment memory as in rigwire.glass.
    """

    no: int
    device_ms: int
    image: bytes


@dataclass(frozen=True, slots=True)
class KeyEdge:
    """A contact closed or opened at the rig."""

    no: int
    device_ms: int
    key: str
    down: bool


@dataclass(frozen=True, slots=True)
class JobRunning:
    """A key job that is still being typed."""

    job_id: int
    keys_done: int
    start_ms: int


@dataclass(frozen=True, slots=True)
class JobEnded:
    """A key job that ended.

    Attributes:
        job_id: as chosen by the caller of `start_keys`.
        state: "done" or "aborted".
        keys_done: keys that were pressed and released.
        reason: why it was aborted, "none" when it is done (rigwire.messages.REASON_NAMES).
        device_ms: the rig's clock at the end.
    """

    job_id: int
    state: str
    keys_done: int
    reason: str
    device_ms: int


@dataclass(frozen=True, slots=True)
class WentSafe:
    """The rig opened every contact by itself."""

    reason: str
    device_ms: int


Event = GlassShot | KeyEdge | JobEnded | WentSafe
