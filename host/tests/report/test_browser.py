"""The page in a real browser, headless: nothing on its console, nothing fetched, and it prints as A4."""

from __future__ import annotations

import re
import shutil
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest
from kctrig.lang import LANGS
from kctrig.report.page import html
from tests.report.conftest import Sample

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
QUIET = (
    *("--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync"),
    *("--disable-background-networking", "--disable-component-update", "--enable-logging=stderr", "--v=0"),
)
TIMEOUT_S = 60
A4_POINTS = (595, 842)


@pytest.fixture(scope="module")
def browser() -> str:
    for name in NAMES:
        found = shutil.which(name)
        if found:
            return found
    pytest.skip(f"no browser here: none of {', '.join(NAMES)}")


def opened(browser: str, page: Path, *words: str) -> subprocess.CompletedProcess[str]:
    command = [browser, *QUIET, f"--user-data-dir={page.parent / 'profile'}", *words, page.as_uri()]
    return subprocess.run(command, capture_output=True, text=True, timeout=TIMEOUT_S, check=True)


@pytest.mark.parametrize("lang", LANGS)
def test_the_browser_s_console_stays_empty(shift: Sample, tmp_path: Path, browser: str, lang: str) -> None:
    page = tmp_path / "shift.html"
    page.write_text("".join(html(shift.record, lang)), encoding="utf-8")
    ran = opened(browser, page, "--dump-dom")
    assert "CONSOLE" not in ran.stderr
    assert ran.stdout.count("<article") == len(shift.record.meters)


def test_an_error_on_the_console_would_be_seen(tmp_path: Path, browser: str) -> None:
    page = tmp_path / "bad.html"
    page.write_text("<script>console.error('seen')</script>", encoding="utf-8")
    assert re.search(r"CONSOLE.*seen", opened(browser, page, "--dump-dom").stderr)


def test_it_prints_on_a4(shift: Sample, tmp_path: Path, browser: str) -> None:
    page, paper = tmp_path / "shift.html", tmp_path / "shift.pdf"
    page.write_text("".join(html(shift.record, "id")), encoding="utf-8")
    opened(browser, page, "--no-pdf-header-footer", f"--print-to-pdf={paper}")
    boxes = re.findall(rb"/MediaBox \[0 0 ([\d.]+) ([\d.]+)\]", paper.read_bytes())
    assert len(boxes) >= 4
    assert {(round(float(width)), round(float(height))) for width, height in boxes} == {A4_POINTS}


_MEASURE = """<script>
const over = [];
for (const tile of document.querySelectorAll(".tile")) {
  const inner = tile.getBoundingClientRect().right - parseFloat(getComputedStyle(tile).paddingRight);
  for (const part of tile.children) {
    const range = document.createRange();
    range.selectNodeContents(part);
    if (range.getBoundingClientRect().right > inner + 1) over.push(part.textContent);
  }
}
for (const text of document.querySelectorAll(".chart text")) {
  const box = text.getBBox();
  if (box.x < 0 || box.x + box.width > text.ownerSVGElement.viewBox.baseVal.width) over.push(text.textContent);
}
document.title = "over the edge: " + over.join("|");
</script>"""


@pytest.mark.parametrize("lang", LANGS)
def test_no_number_of_a_tile_and_no_word_of_the_chart_runs_over_its_edge(
    shift: Sample, tmp_path: Path, browser: str, lang: str
) -> None:
    page = tmp_path / "shift.html"
    meters = tuple(
        replace(meter, attempts=tuple(replace(attempt, seconds=498.0) for attempt in meter.attempts))
        for meter in shift.record.meters
    )
    for record in (shift.record, replace(shift.record, meters=meters)):
        page.write_text("".join(html(record, lang)) + _MEASURE, encoding="utf-8")
        shown = opened(browser, page, "--window-size=1000,1800", "--dump-dom").stdout
        assert re.search(r"<title>over the edge: (.*?)</title>", shown, re.DOTALL)[1] == ""  # type: ignore[index]
