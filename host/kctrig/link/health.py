"""What the counters of a link mean, in words on which a technician can act."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Literal

from kctrig.lang import N_

# An FTDI adapter left at its 16 ms latency timer shows at least this much (facts/protocol.md section 6).
SLOW_RTT_MS = 12.0
Grade = Literal["good", "note", "bad", "missing", "skipped"]


@dataclass(frozen=True, slots=True)
class Said:
    """A text of the catalogue `selftest` and what goes into its {fields}."""

    text: str
    values: Mapping[str, int | float | str | Said] = field(default_factory=dict)

    def in_words(
        self, translate: Callable[[str], str] = str, number: Callable[[float], str] = "{:.2f}".format
    ) -> str:
        """In the language of `translate`, numbers with a point written by `number`."""
        values = {
            name: value.in_words(translate, number)
            if isinstance(value, Said)
            else number(value)
            if isinstance(value, float)
            else value
            for name, value in self.values.items()
        }
        return translate(self.text).format(**values)


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was found.

    Attributes:
        grade: "good", "note" (works, could be better), "bad", "missing" (asked for, not tested),
            "skipped" (not tested).
        said: what was found.
        todo: what to do about it; None when nothing is.
    """

    grade: Grade
    said: Said
    todo: Said | None = None

    def __str__(self) -> str:
        said = self.said.in_words()
        return said if self.todo is None else f"{said} → {self.todo.in_words()}"


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


def findings(report: LineReport) -> list[Finding]:
    """What to tell, worst first; a list with one "good" finding when there is nothing to mend."""
    found: list[Finding] = []

    def tell(grade: Grade, said: str, todo: str | None, **values: int | float | str) -> None:
        found.append(Finding(grade, Said(said, values), None if todo is None else Said(todo)))

    if report.failed is not None:
        tell("bad", N_("the test ended early: {why}"), None, why=report.failed)
    if report.reconnects:
        tell(
            "bad",
            N_("the session was lost {n} times: loose plug, or the rig loses its power"),
            N_("press both plugs home; use a hub with a power supply of its own, or none"),
            n=report.reconnects,
        )
    if report.damaged:
        tell(
            "bad",
            N_("1 in {n} frames damaged: cable or hub"),
            N_("use a shorter cable, no hub"),
            n=_one_in(report.damaged, report.frames),
        )
    if report.overrun:
        tell(
            "bad",
            N_("the rig dropped input or events {n} times"),
            N_("give the rig a USB port of its own"),
            n=report.overrun,
        )
    lost = report.retransmitted - report.damaged
    if lost > 0 and not report.reconnects:
        tell(
            "bad",
            N_("1 in {n} requests got no answer in time: the computer or the USB hub stalls"),
            N_("close other programs; take the hub out"),
            n=_one_in(lost, report.requests),
        )
    middle_ms = report.rtt_at(0.5)
    if middle_ms is not None and middle_ms > SLOW_RTT_MS:
        tell(
            "note",
            N_("a round trip takes {ms} ms"),
            N_("set the latency timer of the USB adapter to 1 ms"),
            ms=round(middle_ms),
        )
    if not report.same_schema:
        tell(
            "note",
            N_("the firmware was built from another message table"),
            N_("bring it up to date (kctrig flash)"),
        )
    if report.not_frames:
        tell(
            "note",
            N_("{n} blocks of text or noise on the line: boot text after a reset is harmless"),
            None,
            n=report.not_frames,
        )
    if not any(finding.grade == "bad" for finding in found):
        tell("good", N_("the line is good: {n} requests, none lost, none damaged"), None, n=report.requests)
    return found


def _one_in(part: int, whole: int) -> int:
    """40 of "1 in 40"."""
    return max(1, round(whole / part))
