"""What the counters of a link mean, in words on which a technician can act."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

# An FTDI adapter left at its 16 ms latency timer shows at least this much (facts/protocol.md section 6).
SLOW_RTT_MS = 12.0
Grade = Literal["good", "note", "bad"]


@dataclass(frozen=True, slots=True)
class LineReport:
    """What was counted while a rig was tested, both ends together.

    Attributes:
        requests: requests that were made.
        frames: frames both ends sent.
        damaged: frames that arrived with a wrong CRC, at either end.
        not_frames: blocks that were no frame: text, noise.
        retransmitted: requests that had to be sent again.
        duplicate: requests the rig saw twice.
        stale: frames the rig refused as another session's.
        overrun: input or events the rig had to drop.
        reconnects: sessions that had to be opened again.
        rtt_ms: round trips of the requests, sorted, in milliseconds.
        same_schema: both ends were built from the same message table.
        failed: why the test ended early, or None.
    """

    requests: int
    frames: int
    damaged: int
    not_frames: int
    retransmitted: int
    duplicate: int
    stale: int
    overrun: int
    reconnects: int
    rtt_ms: tuple[float, ...]
    same_schema: bool = True
    failed: str | None = None

    def rtt_at(self, share: float) -> float | None:
        """Round trip under which this share of the requests stayed; None when none was answered."""
        if not self.rtt_ms:
            return None
        return self.rtt_ms[min(len(self.rtt_ms) - 1, int(share * len(self.rtt_ms)))]


def one_in(part: int, whole: int) -> str:
    """As "1 in 40"."""
    return f"1 in {max(1, round(whole / part))}"


def findings(report: LineReport) -> list[tuple[Grade, str]]:
    """What to tell, worst first; a list with one "good" line when there is nothing to mend."""
    found: list[tuple[Grade, str]] = []
    if report.failed is not None:
        found.append(("bad", f"the test ended early: {report.failed}"))
    if report.reconnects:
        found.append(
            ("bad", f"the session was lost {report.reconnects} times: loose plug, or the rig loses its power")
        )
    if report.damaged:
        share = one_in(report.damaged, report.frames)
        found.append(("bad", f"{share} frames damaged: cable or hub. Use a shorter cable, no hub"))
    if report.overrun:
        found.append(
            ("bad", f"the rig dropped input or events {report.overrun} times: set a lower baud rate")
        )
    lost = report.retransmitted - report.damaged
    if lost > 0 and not report.reconnects:
        share = one_in(lost, report.requests)
        found.append(("bad", f"{share} requests got no answer in time: the computer or the USB hub stalls"))
    middle_ms = report.rtt_at(0.5)
    if middle_ms is not None and middle_ms > SLOW_RTT_MS:
        found.append(
            (
                "note",
                f"a round trip takes {middle_ms:.0f} ms: set the latency timer of the USB adapter to 1 ms",
            )
        )
    if not report.same_schema:
        found.append(
            ("note", "the firmware was built from another message table: bring it up to date (kctrig flash)")
        )
    if report.not_frames:
        found.append(
            (
                "note",
                f"{report.not_frames} blocks of text or noise on the line: boot text after a reset is harmless",
            )
        )
    if not any(grade == "bad" for grade, _ in found):
        found.append(("good", f"the line is good: {report.requests} requests, none lost, none damaged"))
    return found
