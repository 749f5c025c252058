"""The record as JUnit XML, for machines that know tests: a suite a brand, a test case a meter.

A case is green exactly where the meter is on the new key, or where its tokens were taken by hand. What the meter said no to is a
failure; what nobody knows, and trouble of the rig, is an error; what was not begun is skipped.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from datetime import UTC, datetime
from xml.etree import ElementTree as Xml

from kctrig.report.record import MeterLine, Report

FAILURES = frozenset({"REJECTED", "LOCKED_OUT", "BLOCKED"})
ERRORS = frozenset({"IN_DOUBT", "HALF", "INFRA_ERROR"})
SKIPPED = frozenset({"READY", "RUNNING"})
_FORBIDDEN = dict.fromkeys((*range(9), 11, 12, *range(14, 32), 0xFFFE, 0xFFFF), "\N{REPLACEMENT CHARACTER}")


def junit(report: Report) -> bytes:
    """The file. Times of suites are UTC, as its readers expect."""
    root = Xml.Element("testsuites", name="kctrig")
    by_brand: defaultdict[str, list[MeterLine]] = defaultdict(list)
    for meter in report.meters:
        by_brand[meter.profile].append(meter)
    for profile, meters in sorted(by_brand.items()):
        root.append(_suite(report, profile, meters))
    _count(root, report.meters)
    Xml.indent(root)
    text: str = Xml.tostring(root, encoding="unicode")
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{text}\n'.encode()


def _suite(report: Report, profile: str, meters: Iterable[MeterLine]) -> Xml.Element:
    own = list(meters)
    began = min(meter.attempts[0].began_unix_ms for meter in own)
    suite = Xml.Element("testsuite", name=f"kctrig.{_text(profile)}")
    _count(suite, own)
    suite.set("timestamp", datetime.fromtimestamp(began / 1000, UTC).strftime("%Y-%m-%dT%H:%M:%S"))
    suite.set("hostname", _text(own[0].last.bench) or "unknown")
    properties = Xml.SubElement(suite, "properties")
    said = {
        "store_id": report.store_id,
        "shift": "" if report.shift is None else str(report.shift),
        "profile": profile,
        "events_fit": str(report.chain.ok).lower(),
        "signed_to_event": str(report.chain.signed_to),
        "key": report.chain.key,
    }
    for name, value in said.items():
        Xml.SubElement(properties, "property", name=name, value=_text(value))
    for meter in own:
        suite.append(_case(meter))
    return suite


def _case(meter: MeterLine) -> Xml.Element:
    case = Xml.Element(
        "testcase",
        classname=f"kctrig.{_text(meter.profile)}",
        name=f"meter {_text(meter.meter_no)}",
        time=f"{meter.seconds:.3f}",
    )
    tag = _tag(meter)
    if tag == "skipped":
        Xml.SubElement(case, tag, message=_text(f"{meter.state}: {meter.reason}"))
    elif tag:
        kind = meter.state if meter.fits else "BENT"
        reason = meter.reason if meter.fits else f"events of it lie where the record was bent; {meter.reason}"
        ended = Xml.SubElement(
            case, tag, type=".".join(filter(None, (kind, meter.code))), message=_text(reason)
        )
        ended.text = _text(reason)
    out = Xml.SubElement(case, "system-out")
    out.text = _text("\n".join(_lines(meter)))
    return case


def _tag(meter: MeterLine) -> str:
    """The element that says how a case ended; empty for one that passed."""
    if not meter.fits:
        return "error"
    if meter.state in FAILURES:
        return "failure"
    if meter.state in ERRORS:
        return "error"
    return "skipped" if meter.state in SKIPPED else ""


def _lines(meter: MeterLine) -> Iterable[str]:
    last = meter.last
    yield f"state: {meter.state}"
    yield f"proof: {meter.proof or 'none'}"
    yield f"glass before: {last.before.text if last.before else ''}"
    yield f"glass after: {last.after.text if last.after else ''}"
    for token in last.tokens:
        yield f"token {token.position}: {token.digits} {token.role} {token.answer or 'no answer'} {token.shown}".rstrip()
    yield f"operator: {last.operator}"
    yield f"attempts: {len(meter.attempts)}"
    yield f"keys pressed: {'' if last.keys_pressed is None else last.keys_pressed}"
    yield f"events: {last.first_event}-{last.last_event} {last.hash}"


def _count(element: Xml.Element, meters: Iterable[MeterLine]) -> None:
    own = list(meters)
    tags = [_tag(meter) for meter in own]
    element.set("tests", str(len(own)))
    element.set("failures", str(tags.count("failure")))
    element.set("errors", str(tags.count("error")))
    if element.tag == "testsuite":
        element.set("skipped", str(tags.count("skipped")))
    element.set("time", f"{sum(meter.seconds for meter in own):.3f}")


def _text(text: str) -> str:
    """Text without the characters that XML cannot hold."""
    return text.translate(_FORBIDDEN).encode("utf-8", "replace").decode()
