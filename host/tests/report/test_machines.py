"""JUnit, CSV, workbook and JSON lines: the same events, in shapes that other programs read; and no token anywhere."""

from __future__ import annotations

import base64
import csv
import io
import json
import re
from dataclasses import replace
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as Xml
from zoneinfo import ZoneInfo

import openpyxl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from kctrig.procedure.verdicts import Verdict
from kctrig.report.junit import ERRORS, FAILURES, SKIPPED, junit
from kctrig.report.lines import lines
from kctrig.report.masking import masked
from kctrig.report.page import chart_file, html
from kctrig.report.record import Report
from kctrig.report.summary import PASSED
from kctrig.report.table import COLUMNS, rows, table
from kctrig.worklist.safe import text_of
from kctrig.worklist.table import write
from tests.report.conftest import Sample
from tests.report.journal import Journal

METER = "00000000018"
JAKARTA = ZoneInfo("Asia/Jakarta")

# Elements, their attributes and what may stand in them: the JUnit schema that Jenkins and pytest's xunit2 agree on.
SHAPE: dict[str, tuple[set[str], set[str]]] = {
    "testsuites": ({"name", "tests", "failures", "errors", "time"}, {"testsuite"}),
    "testsuite": (
        {"name", "tests", "failures", "errors", "skipped", "time", "timestamp", "hostname"},
        {"properties", "testcase"},
    ),
    "properties": (set(), {"property"}),
    "property": ({"name", "value"}, set()),
    "testcase": ({"classname", "name", "time"}, {"skipped", "error", "failure", "system-out"}),
    "failure": ({"type", "message"}, set()),
    "error": ({"type", "message"}, set()),
    "skipped": ({"message"}, set()),
    "system-out": (set(), set()),
}


def parsed(record: Report) -> Xml.Element:
    return Xml.fromstring(junit(record).decode())


def table_of(record: Report) -> list[dict[str, str]]:
    source = "".join(table(record)).removeprefix("\N{ZERO WIDTH NO-BREAK SPACE}")
    return list(csv.DictReader(io.StringIO(source, newline=""), delimiter=";"))


def meters_of(record: Report) -> list[dict[str, Any]]:
    return [line for line in map(json.loads, lines(record)) if line["kind"] == "meter"]


def everything(record: Report) -> str:
    """All outputs as one text."""
    parts = [*lines(record), *table(record), junit(record).decode()]
    for lang in ("id", "en"):
        parts += [*html(record, lang, JAKARTA), chart_file(record, lang, JAKARTA)]
    return "".join(parts)


# -- JUnit


def test_junit_has_the_shape_that_readers_of_junit_know(shift: Sample) -> None:
    for element in parsed(shift.record).iter():
        attributes, children = SHAPE[element.tag]
        assert set(element.keys()) == attributes
        assert {child.tag for child in element} <= children
        if "time" in attributes:
            assert re.fullmatch(r"\d+\.\d{3}", element.get("time", ""))


def test_a_case_is_green_where_a_meter_is_on_the_new_key_and_nowhere_else(shift: Sample) -> None:
    cases = {case.get("name"): case for case in parsed(shift.record).iter("testcase")}
    assert len(cases) == len(shift.record.meters)
    for meter in shift.record.meters:
        ended = [child.tag for child in cases[f"meter {meter.meter_no}"] if child.tag != "system-out"]
        assert (ended == []) == (meter.state in PASSED)
        assert (ended == ["failure"]) == (meter.state in FAILURES)
        assert (ended == ["error"]) == (meter.state in ERRORS)


def test_every_verdict_is_green_failed_an_error_or_skipped() -> None:
    classes = [PASSED | {"ENTERED"}, FAILURES, ERRORS, SKIPPED]
    assert sorted(state for one in classes for state in one) == sorted([*map(str, Verdict), "RUNNING"])


def test_the_counts_of_suites_are_those_of_their_cases(shift: Sample) -> None:
    root = parsed(shift.record)
    assert root.get("tests") == str(len(shift.record.meters))
    for suite in root:
        assert suite.get("tests") == str(len(suite.findall("testcase")))
        for tag, count in (("failure", "failures"), ("error", "errors"), ("skipped", "skipped")):
            assert suite.get(count) == str(len(suite.findall(f"testcase/{tag}")))


def test_a_pass_in_a_bent_part_of_the_record_is_no_pass_for_a_machine() -> None:
    journal = Journal()
    journal.verdict(METER, journal.claim(METER), "PASS_VERIFIED")
    journal.events[1] = replace(journal.events[1], at_unix_ms=1)
    (error,) = parsed(journal.report()).iter("error")
    assert error.get("type") == "BENT"
    assert [row["events_fit"] for row in table_of(journal.report())] == ["no"]


def test_characters_that_xml_cannot_hold_do_not_break_the_file() -> None:
    journal = Journal()
    attempt = journal.claim(METER, operator="a\x00b\x1b]0;", bench="<&>\x0b")
    journal.verdict(METER, attempt, "REJECTED", reason="]]>\x08")
    body = journal.events[0].body.replace("<&>", "\\ud800")
    journal.events[0] = replace(journal.events[0], body=body)
    assert parsed(journal.report()).find("testsuite") is not None


# -- CSV and workbook


def test_the_table_has_a_row_a_meter_in_every_column(shift: Sample) -> None:
    found = table_of(shift.record)
    assert [row["meter_no"] for row in found] == [meter.meter_no for meter in shift.record.meters]
    assert [row["state"] for row in found] == [meter.state for meter in shift.record.meters]
    assert all(set(row) == set(COLUMNS) for row in found)
    passed = next(row for row in found if row["state"] == "PASS_VERIFIED")
    assert (passed["krn_before"], passed["krn_after"], passed["proof"]) == ("1", "2", "strong")
    assert passed["began_utc"] == "2021-01-26T00:30:00.004Z"


@pytest.mark.parametrize("evil", ["=1+1", "+62", "-1", "@SUM(A1)", "\t=1", "a;b", 'a"b', "a\nb"])
def test_no_cell_is_one_that_a_spreadsheet_runs(evil: str) -> None:
    journal = Journal()
    attempt = journal.claim(METER, operator=evil, bench=evil)
    journal.verdict(METER, attempt, "BLOCKED", code=evil, reason=evil)
    (row,) = table_of(journal.report())
    assert not row["operator"].startswith(("=", "+", "-", "@", "\t"))
    assert [text_of(row[name]) for name in ("operator", "bench", "code", "reason")] == [evil] * 4


def test_a_workbook_keeps_leading_noughts(shift: Sample, tmp_path: Path) -> None:
    path = tmp_path / "shift.xlsx"
    write(path, COLUMNS, rows(shift.record))
    sheet = openpyxl.load_workbook(path).active
    assert sheet is not None
    numbers = [row[0] for row in sheet.iter_rows(min_row=2, values_only=True)]
    assert numbers == [meter.meter_no for meter in shift.record.meters]


# -- JSON lines


def test_json_lines_hold_the_whole_record(shift: Sample) -> None:
    found = [json.loads(line) for line in lines(shift.record)]
    assert found[0]["kind"] == "store"
    assert found[0]["meters"] == len(found) - 1 == len(shift.record.meters)
    assert found[0]["chain"]["ok"] is True
    for line, meter in zip(meters_of(shift.record), shift.record.meters, strict=True):
        assert (line["meter_no"], line["state"], line["proof"]) == (meter.meter_no, meter.state, meter.proof)
        assert len(line["attempts"]) == len(meter.attempts)
        before = meter.last.before
        written = line["attempts"][meter.deciding]["before"]
        assert (base64.b64decode(written["image"]) if written else None) == (before.image if before else None)


# -- what holds for all of them


def loose_tokens(text: str) -> list[str]:
    """Runs of twenty digits that are not part of a hash."""
    return re.findall(r"(?<![0-9a-f])\d{20,}(?![0-9a-f])", text)


def test_no_token_that_was_used_is_in_any_output(shift: Sample) -> None:
    text = everything(shift.record)
    assert len(shift.tokens) == 40
    assert not [token for token in shift.tokens if token in text]
    assert loose_tokens(text) == []
    assert shift.tokens[0][:4] + "…" + shift.tokens[0][-4:] in text


_token = st.text("0123456789", min_size=20, max_size=20)
_around = st.text(st.characters(exclude_categories=("Cs", "Nd")), max_size=8)


@st.composite
def with_tokens(draw: st.DrawFn) -> tuple[str, str]:
    """A text that somebody typed with a token in it, in one piece or as printed on a voucher, and that token."""
    token, mark = draw(_token), draw(st.sampled_from(["", " ", "-", "."]))
    shown = mark.join(token[at : at + 4] for at in range(0, 20, 4))
    return draw(_around) + shown + draw(_around), token


@given(with_tokens())
def test_a_token_in_a_text_is_masked(case: tuple[str, str]) -> None:
    text, token = case
    digits = re.sub(r"\D", "", masked(text))
    assert token not in digits


@pytest.mark.parametrize(
    "text", ["2026-11-23 22:00", "07000001375 07000002746", "04 shows KRN 02", "1.234.567,89"]
)
def test_other_numbers_are_left_as_they_are(text: str) -> None:
    assert masked(text) == text


_body = st.fixed_dictionaries(
    {
        name: with_tokens().map(lambda case: case[0])
        for name in ("operator", "bench", "rig", "profile", "firmware")
    }
)


@settings(max_examples=25, deadline=None)
@given(_body, with_tokens(), st.sampled_from([*map(str, Verdict)]))
def test_no_token_reaches_any_output_whatever_was_typed_where(
    body: dict[str, str], typed: tuple[str, str], verdict: str
) -> None:
    text, token = typed
    journal = Journal()
    attempt = journal.claim(METER, **body)
    journal.add(METER, "probe", attempt, krn=1, kt=1, shown=text, image="")
    journal.add(METER, "intent", attempt, position=0, digits=text, role="kct", token="a")
    journal.add(METER, "enter-intent", attempt, position=0, digits=text, token="a")
    journal.add(METER, "answer", attempt, position=0, digits=text, token="a", answer=text, shown=text)
    journal.add(METER, "doubt", attempt, what=text)
    journal.verdict(METER, attempt, verdict, code=text, reason=text, doubts=[text])
    journal.add(METER, "override", operator=text, reason=text)
    out = everything(journal.report(name=masked(text)))
    assert token not in out
    assert loose_tokens(out) == []


@settings(max_examples=40, deadline=None)
@given(st.lists(st.tuples(st.sampled_from([*map(str, Verdict)]), st.booleans()), max_size=12))
def test_all_reports_of_a_store_count_the_same(ends: list[tuple[str, bool]]) -> None:
    journal = Journal()
    for number, (verdict, twice) in enumerate(ends):
        for _ in range(1 + twice):
            journal.verdict(f"{number:011}", journal.claim(f"{number:011}"), verdict)
    record = journal.report()
    states = [meter.state for meter in record.meters]
    assert len(states) == len(ends)
    assert [row["state"] for row in table_of(record)] == states
    assert [line["state"] for line in meters_of(record)] == states
    root = parsed(record)
    not_green = sum(int(root.get(count, "0")) for count in ("failures", "errors"))
    not_green += sum(int(suite.get("skipped", "0")) for suite in root)
    assert not_green == sum(state not in PASSED | {"ENTERED"} for state in states)
