"""A rig as a person thinks of it: type these keys, what does the glass show, stop.

Everything here is thread-safe blocking calls on top of `kctrig.link.connection`. A call that fails says by the
class of its error whether anything happened to the meter (`kctrig.link.errors`).
"""

from __future__ import annotations

import struct
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from types import TracebackType
from typing import Self

from rigwire import messages as m

from kctrig.link import words
from kctrig.link.connection import Connection, Trace
from kctrig.link.items import DeviceEvent
from kctrig.link.line import Line
from kctrig.link.selftest import SelfTest, decode

_SELFTEST_LOOK_S = 0.1


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
        reason: why it was aborted, "none" when it is done (kctrig.link.words.REASON_NAMES).
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


class Rig:
    """An open rig. Use as a context manager, or `close` it; closing releases every key.

    Attributes:
        info: who answered.
        connection: the link below, for its counters.
        log: what the rig wanted to tell people, in order.
    """

    def __init__(
        self, connection: Connection, info: RigInfo, after_close: Callable[[], None] | None = None
    ) -> None:
        self.connection = connection
        self.info = info
        self.log: list[str] = []
        self._after_close = after_close

    def allow_codes(self, enter: str, erase: str, codes: Iterable[str]) -> None:
        """Tell the firmware which keys enter and erase, and which codes only read on this brand.

        Raises RequestRefused when the firmware never lets such a code through.
        """
        tail = ",".join(codes).encode("ascii")
        self._request(m.ALLOW_CODES, m.KEYS.index(enter), m.KEYS.index(erase), tail=tail)

    def start_keys(
        self, job_id: int, keys: str, *, press_ms: int, gap_ms: int, fresh_entry: bool = False
    ) -> None:
        """Hand a whole key script to the rig; returns when the rig has taken it. Its end comes as JobEnded.

        Args:
            job_id: random number of 32 bits, on disk before this call. The rig never runs one twice, so calling
                again with the same number is safe while `info.boot_id` is the same.
            keys: text over rigwire.messages.KEYS.
            press_ms: how long each key is down.
            gap_ms: rest between keys.
            fresh_entry: the meter's entry line is known to be empty.

        Raises:
            RequestRefused: nothing was pressed and nothing will be.
            LinkLost: see its `effect` and `job_id`.
            OutcomeUnknown: the rig restarted; only the glass knows.
        """
        flags = m.FLAG_FRESH_ENTRY if fresh_entry else 0
        self._request(m.RUN_KEYS, job_id, press_ms, gap_ms, flags, tail=keys.encode("ascii"))

    def next_event(self, timeout_s: float) -> Event | None:
        """The next thing that happened at the rig; None when nothing did in time.

        When the rig's memory of events was overrun, the glass as it is now comes instead of what is lost.

        Raises LinkLost, or OutcomeUnknown when the rig restarted while a job ran.
        """
        end_s = time.monotonic() + timeout_s
        while True:
            raw = self.connection.next_event(max(0.0, end_s - time.monotonic()))
            if raw is None:
                return None
            event = self.glass() if raw.kind == m.EVENT_LOST else self._understood(raw)
            if event is not None:
                return event

    def job_status(self, job_id: int) -> JobEnded | JobRunning | None:
        """What the rig's table says about a job; None when it does not know it."""
        answer = self._request(m.JOB_STATUS, job_id)
        state, keys_done, start_ms, end_ms, reason, _ = m.unpack_answer(m.JOB_STATUS, b"\0" + answer)
        if state == m.JOB_UNKNOWN:
            return None
        if state == m.JOB_RUNNING:
            return JobRunning(job_id, keys_done, start_ms)
        return JobEnded(job_id, words.JOB_STATE_NAMES[state], keys_done, _reason(reason), end_ms)

    def glass(self) -> GlassShot:
        """What the glass shows now. Raises RequestRefused when no meter answers on the meter port."""
        answer = self._request(m.READ_DISPLAY)
        device_ms, image = m.unpack_answer(m.READ_DISPLAY, b"\0" + answer)
        return GlassShot(0, device_ms, image)

    def abort(self, job_id: int) -> None:
        """End a job if it runs; nothing happens when it does not."""
        self._request(m.ABORT, job_id)

    def release_all(self) -> None:
        """Every key up; a running job ends. After an emergency stop: the host knows, the rig may type again."""
        self._request(m.RELEASE_ALL)

    def selftest(
        self, timeout_s: float = 30.0, progress: Callable[[SelfTest], None] | None = None
    ) -> SelfTest:
        """Test every channel and the one-shot with the loop-back jig in the place of the meter.

        Returns the report as far as it came: its state is "running" when `timeout_s` was not enough.

        Raises RequestRefused when a meter answers, a job runs, or this rig has nothing for a jig to test.
        """
        end_s = time.monotonic() + timeout_s
        report = decode(self._request(m.SELFTEST, 1))
        while report.state == words.JOB_STATE_NAMES[m.JOB_RUNNING] and time.monotonic() < end_s:
            if progress is not None:
                progress(report)
            time.sleep(_SELFTEST_LOOK_S)
            report = decode(self._request(m.SELFTEST, 0))
        return report

    def light(self, on: bool) -> None:
        """Switch the light for a camera. Raises RequestRefused when this rig has none."""
        self._request(m.LIGHT, 1 if on else 0)

    def close(self) -> None:
        """Release every key and let go of the rig. May be called twice."""
        try:
            self.connection.close()
        finally:
            after_close, self._after_close = self._after_close, None
            if after_close is not None:
                after_close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _request(self, msg: int, *fields: int, tail: bytes = b"") -> bytes:
        return self.connection.request(msg, m.pack_request(msg, *fields, tail=tail))

    def _understood(self, raw: DeviceEvent) -> Event | None:
        if raw.kind == m.EVENT_GLASS:
            return GlassShot(raw.no, raw.device_ms, raw.data)
        if raw.kind == m.EVENT_KEY:
            key, down = struct.unpack_from(m.EVENT_KEY_LAYOUT, raw.data)
            return KeyEdge(raw.no, raw.device_ms, m.KEYS[key], bool(down))
        if raw.kind == m.EVENT_JOB:
            job_id, state, keys_done, reason = struct.unpack_from(m.EVENT_JOB_LAYOUT, raw.data)
            return JobEnded(job_id, words.JOB_STATE_NAMES[state], keys_done, _reason(reason), raw.device_ms)
        if raw.kind == m.EVENT_SAFE:
            (reason,) = struct.unpack_from(m.EVENT_SAFE_LAYOUT, raw.data)
            return WentSafe(_reason(reason), raw.device_ms)
        if raw.kind == m.EVENT_LOG:
            self.log.append(raw.data.decode("utf-8", "replace"))
        return None


def _reason(number: int) -> str:
    return words.REASON_NAMES[number] if number < len(words.REASON_NAMES) else f"reason {number}"


def open_rig(
    url: str | Line,
    *,
    trace: Trace | None = None,
    name: str | None = None,
    after_close: Callable[[], None] | None = None,
) -> Rig:
    """Open a rig and subscribe to everything it reports.

    Args:
        url: what pyserial opens, or a line that is open already.
        trace: where every byte of the line goes.
        name: what people call this rig; its port when left out.
        after_close: called once after the rig was closed, for whoever started it.

    Raises:
        NoSuchPort, PortTaken, NoAnswer, VersionMismatch: nothing was done.
    """
    if isinstance(url, str):
        from kctrig.link.port import open_port

        line: Line = open_port(url)
    else:
        line = url
    connection = Connection(line, trace)
    try:
        hello = connection.hello()
        connection.request(m.SUBSCRIBE, m.pack_request(m.SUBSCRIBE, m.MASK_ALL))
    except BaseException:
        connection.close()
        raise
    info = RigInfo(name or line.name, hello.version_text, hello.boot_id, hello.protocol)
    return Rig(connection, info, after_close)
