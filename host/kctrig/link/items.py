"""The things that a link hands out: a request in progress, what HELLO said, events, counters."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from rigwire import messages

from kctrig.link.errors import LinkError


class Request:
    """One request, from `submit` to its answer or error.

    Attributes:
        msg: message id.
        payload: as sent.
        job_id: of a RUN_KEYS, else None.
        answer: what followed the status byte OK; None while unanswered.
        error: why there will be no answer; None while there may be.
        tries: transmissions so far in the present session.
        own: made by the link itself; nobody waits for it.
        was_sent: went on the wire at least once, in any session.
    """

    __slots__ = (
        "answer",
        "error",
        "first_sent_ms",
        "job_id",
        "msg",
        "on_answer",
        "own",
        "payload",
        "recoveries",
        "seq",
        "session",
        "tries",
        "was_sent",
        "wire",
    )

    def __init__(
        self,
        msg: int,
        payload: bytes,
        *,
        own: bool = False,
        on_answer: Callable[[bytes], None] | None = None,
    ) -> None:
        self.msg = msg
        self.payload = payload
        self.own = own
        self.on_answer = on_answer
        self.job_id: int | None = None
        if msg == messages.RUN_KEYS and len(payload) >= 4:
            self.job_id = int.from_bytes(payload[:4], "little")
        self.answer: bytes | None = None
        self.error: LinkError | None = None
        self.tries = 0
        self.recoveries = 0
        self.was_sent = False
        self.wire = b""
        self.seq = 0
        self.session = 0
        self.first_sent_ms = 0.0

    @property
    def done(self) -> bool:
        """Answered or failed."""
        return self.answer is not None or self.error is not None


@dataclass(frozen=True, slots=True)
class Hello:
    """What the rig said to HELLO; the layout is frozen for all versions."""

    protocol: int
    nonce: int
    boot_id: int
    schema: int
    max_payload: int
    link_timeout_ms: int
    key_max_ms: int
    version_text: str

    @classmethod
    def unpack(cls, payload: bytes) -> Hello:
        """From an answer's payload, status byte first. Raises ValueError when it is too short."""
        protocol, nonce, boot_id, schema, max_payload, link_ms, key_ms, text = messages.unpack_answer(
            messages.HELLO, payload
        )
        version_text = text.decode("utf-8", "replace")
        return cls(protocol, nonce, boot_id, schema, max_payload, link_ms, key_ms, version_text)


@dataclass(frozen=True, slots=True)
class DeviceEvent:
    """Something the rig reported by itself.

    Attributes:
        no: consecutive per start of the rig, 16 bits; -1 for what the link found out by asking.
        device_ms: the rig's clock.
        kind: messages.EVENT_*.
        data: layout by kind.
    """

    no: int
    device_ms: int
    kind: int
    data: bytes


@dataclass(slots=True)
class HostCounters:
    """What the host saw of the line since it was opened."""

    sent: int = 0
    retransmitted: int = 0
    received: int = 0
    unexpected: int = 0
    reconnects: int = 0
    events: int = 0
    events_lost: int = 0


@dataclass(frozen=True, slots=True)
class DeviceStatus:
    """The last PING answer: what the rig saw of the line since it started."""

    device_ms: int
    state: int
    bad_crc: int
    bad_frame: int
    duplicate: int
    stale: int
    overrun: int
    next_event_no: int
