"""What a self-test asks of a rig, one measurement each; judging is in `judge`."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from dataclasses import dataclass

from rigwire import messages, ticks

from kctrig.link import words
from kctrig.link.crc import crc32
from kctrig.link.errors import LinkError, RequestRefused
from kctrig.link.health import LineReport
from kctrig.link.selftest import SelfTest
from kctrig.rig import JobEnded, KeyEdge, Rig
from kctrig.selftest.judge import Edge

_PAYLOAD_BYTES = 24
# Over this long a clock can be judged to about one in a thousand.
_CLOCK_S = 1.0
# A digit, and no Enter: nothing is submitted, and the entry line empties itself.
_KEY = "1"
PRESSES = 8
PRESS_MS, GAP_MS = 120, 130
_EVENT_S = 2.0


@dataclass(frozen=True, slots=True)
class ClockReading:
    """Both clocks at nearly one moment; the host's is uncertain by half a round trip."""

    host_ms: float
    device_ms: int
    uncertain_ms: float


def read_clocks(rig: Rig) -> ClockReading:
    """Ask the rig for its clock. Raises LinkError."""
    before_ms = time.monotonic() * 1000
    answer = rig.connection.request(messages.PING, messages.pack_request(messages.PING, 0))
    after_ms = time.monotonic() * 1000
    device_ms = messages.unpack_answer(messages.PING, b"\0" + answer)[0]
    return ClockReading((before_ms + after_ms) / 2, device_ms, (after_ms - before_ms) / 2 + 1)


def clocks_went(first: ClockReading, rig: Rig) -> tuple[float, int, float]:
    """How much the clocks went on since `first`, at least a second: host ms, rig ms, uncertainty. Raises LinkError."""
    left_s = first.host_ms / 1000 + _CLOCK_S - time.monotonic()
    if left_s > 0:
        time.sleep(left_s)
    last = read_clocks(rig)
    device_ms = ticks.diff(last.device_ms % ticks.PERIOD, first.device_ms % ticks.PERIOD)
    return last.host_ms - first.host_ms, device_ms, first.uncertain_ms + last.uncertain_ms


def exercise(rig: Rig, count: int) -> LineReport:
    """Make `count` harmless requests and count what the line did to them."""
    connection = rig.connection
    link = connection.link
    rtt_ms: list[float] = []
    failed = None

    def ping(tail: bytes = b"") -> None:
        host_ms = int(time.monotonic() * 1000) & 0xFFFFFFFF
        connection.request(messages.PING, messages.pack_request(messages.PING, host_ms, tail=tail))

    ping()
    before = link.status
    bad_crc, bad_frame = link.bad_crc, link.bad_frame
    sent, received = link.counters.sent, link.counters.received
    again, reconnects = link.counters.retransmitted, link.counters.reconnects
    made = 0
    try:
        for _ in range(count):
            start_s = time.perf_counter()
            # Every value of a byte travels; a receiver passes over what follows the fields it knows.
            ping(os.urandom(_PAYLOAD_BYTES))
            rtt_ms.append((time.perf_counter() - start_s) * 1000)
            made += 1
    except LinkError as error:
        failed = str(error)
    after = link.status
    assert before is not None
    assert after is not None
    return LineReport(
        requests=max(1, made),
        frames=link.counters.sent - sent + link.counters.received - received,
        damaged=link.bad_crc - bad_crc + ((after.bad_crc - before.bad_crc) & 0xFFFF),
        not_frames=link.bad_frame - bad_frame + ((after.bad_frame - before.bad_frame) & 0xFFFF),
        retransmitted=link.counters.retransmitted - again,
        duplicate=(after.duplicate - before.duplicate) & 0xFFFF,
        stale=(after.stale - before.stale) & 0xFFFF,
        overrun=(after.overrun - before.overrun) & 0xFFFF,
        reconnects=link.counters.reconnects - reconnects,
        rtt_ms=tuple(sorted(rtt_ms)),
        same_schema=link.hello is not None and link.hello.schema == messages.schema(crc32),
        failed=failed,
    )


def glass(rig: Rig) -> tuple[bytes | None, str]:
    """The image, or None and the rig's words. Raises LinkError for what is no refusal."""
    try:
        return rig.glass().image, ""
    except RequestRefused as refused:
        return None, refused.detail


def jig(rig: Rig) -> SelfTest | tuple[str, str]:
    """The report of the loop-back jig, or status word and detail of the refusal."""
    try:
        return rig.selftest()
    except RequestRefused as refused:
        return words.STATUS_NAMES[refused.status], refused.detail


def estop(rig: Rig, ask: Callable[[str], None], press: str, release: str) -> bool | None:
    """Have somebody press the emergency stop and see whether the rig refuses to move; None when it cannot be told.

    Args:
        rig: with the jig in the place of the meter.
        ask: shows a text and returns when the person has done it.
        press: the text for pressing.
        release: the text for releasing.
    """
    ask(press)
    report = jig(rig)
    sensed = isinstance(report, tuple) and "emergency stop" in report[1]
    ask(release)
    if not sensed:
        # Refused for another reason, a meter for instance, tells nothing of the switch.
        return None if isinstance(report, tuple) else False
    rig.release_all()
    return isinstance(jig(rig), SelfTest)


def press(rig: Rig) -> list[Edge] | str:
    """Press a digit a few times and take down when the rig did it; the rig's words when it refuses to."""
    job_id = int.from_bytes(os.urandom(4), "little")
    edges: list[Edge] = []
    try:
        rig.start_keys(job_id, _KEY * PRESSES, press_ms=PRESS_MS, gap_ms=GAP_MS)
    except RequestRefused as refused:
        return refused.detail or str(refused)
    while True:
        event = rig.next_event(_EVENT_S)
        if isinstance(event, KeyEdge):
            edges.append(Edge(event.device_ms, event.down))
        elif event is None or (isinstance(event, JobEnded) and event.job_id == job_id):
            return edges
