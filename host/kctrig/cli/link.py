"""`kctrig trace` and `kctrig selftest`: the wire for people."""

from __future__ import annotations

import json
import os
import time
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from kctrig.link.health import Grade, LineReport
    from kctrig.rig import Rig

_GOOD, _TROUBLE = 0, 3
_PAYLOAD_BYTES = 24

_TRACE_EXAMPLE = """\b
Example:
  kctrig selftest --rig /dev/ttyUSB0 --trace line.trace
  kctrig trace show line.trace
  kctrig selftest --rig replay:line.trace      (the same recording as a rig)
"""
_SHOW_EXAMPLE = """\b
Example:
  kctrig trace show line.trace
"""
_SELFTEST_EXAMPLE = """\b
Example:
  kctrig selftest --rig /dev/ttyUSB0
  kctrig selftest --rig sim:hexing --count 2000 --json

\b
Exit codes: 0 the line is good; 3 it is not, or no rig answers.
"""


@click.group(epilog=_TRACE_EXAMPLE)
def trace() -> None:
    """Recordings of the wire, made with --trace FILE."""


@trace.command(epilog=_SHOW_EXAMPLE)
@click.argument("file", type=click.Path(dir_okay=False))
def show(file: str) -> int:
    """Print a recording in words, one line a frame; token digits stay masked."""
    from kctrig.link.trace import read_trace
    from kctrig.link.trace import show as in_words

    for line in in_words(read_trace(file)):
        click.echo(line)
    return _GOOD


@click.command(epilog=_SELFTEST_EXAMPLE)
@click.option(
    "--rig", required=True, metavar="URL", help="Port as pyserial opens it, sim:BRAND or replay:FILE."
)
@click.option(
    "--count", type=click.IntRange(1, 1_000_000), default=500, show_default=True, help="Requests to make."
)
@click.option(
    "--trace", "trace_file", type=click.Path(dir_okay=False), help="Record every byte to this file."
)
@click.option("--json", "as_json", is_flag=True, help="One JSON line on stdout.")
def selftest(rig: str, count: int, trace_file: str | None, as_json: bool) -> int:
    """Check a rig and the line to it, and say what to do about what is wrong. Presses no key."""
    from kctrig.link.health import findings
    from kctrig.link.trace import TraceFile
    from kctrig.sim import open_any

    recording = TraceFile(trace_file, rig) if trace_file else None
    with open_any(rig, trace=recording) as opened:
        version = opened.info.version
        report = exercise(opened, count)
    found = findings(report)
    bad = any(grade == "bad" for grade, _ in found)
    if as_json:
        click.echo(json.dumps(_as_json(rig, version, report, found), ensure_ascii=False))
        return _TROUBLE if bad else _GOOD
    click.echo(f"rig {rig}: {version}")
    middle, slow = report.rtt_at(0.5), report.rtt_at(0.99)
    if middle is not None and slow is not None:
        click.echo(f"round trip {middle:.2f} ms, 99 of 100 under {slow:.2f} ms")
    for grade, text in found:
        click.echo(f"{grade}: {text}")
    return _TROUBLE if bad else _GOOD


def exercise(rig: Rig, count: int) -> LineReport:
    """Make `count` harmless requests and count what the line did to them."""
    from rigwire import messages

    from kctrig.link.crc import crc32
    from kctrig.link.errors import LinkError
    from kctrig.link.health import LineReport

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


def _as_json(rig: str, version: str, report: LineReport, found: list[tuple[Grade, str]]) -> dict[str, object]:
    names = (
        "requests",
        "frames",
        "damaged",
        "not_frames",
        "retransmitted",
        "duplicate",
        "stale",
        "overrun",
        "reconnects",
    )
    return {
        "rig": rig,
        "version": version,
        **{name: getattr(report, name) for name in names},
        "rtt_p50_ms": report.rtt_at(0.5),
        "rtt_p99_ms": report.rtt_at(0.99),
        "findings": [{"grade": grade, "text": text} for grade, text in found],
    }
