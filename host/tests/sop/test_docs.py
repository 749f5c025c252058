"""docs/sop.md is true: every module, command and test that it names is there, and no row goes without a test."""

from __future__ import annotations

import importlib
import re
from pathlib import Path

import pytest
from kctrig.cli.app import COMMANDS
from kctrig.cli.sop import sop

REPO = Path(__file__).resolve().parents[3]
TEXT = (REPO / "docs" / "sop.md").read_text(encoding="utf-8")
TEST = re.compile(r"`([\w/]+\.py)::(\w+)`")
NAMED = sorted(set(TEST.findall(TEXT)))
SECTIONS = TEXT.split("\n## ")


def rows(heading: str) -> list[list[str]]:
    (section,) = [part for part in SECTIONS if part.startswith(heading)]
    lines = [line for line in section.splitlines() if line.startswith("|")]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines[2:]]


SENTENCES = rows("Every sentence")


@pytest.mark.parametrize(("path", "name"), NAMED, ids=[name for _, name in NAMED])
def test_every_test_that_is_named_is_there(path: str, name: str) -> None:
    assert f"\ndef {name}(" in (REPO / "host" / "tests" / path).read_text(encoding="utf-8")


@pytest.mark.parametrize("name", sorted(set(re.findall(r"`(kctrig\.\w+(?:\.\w+)?)`", TEXT))))
def test_every_module_that_is_named_is_there(name: str) -> None:
    assert importlib.import_module(name).__doc__


@pytest.mark.parametrize("words", sorted(set(re.findall(r"`kctrig (\w+(?: \w+)?)", TEXT))))
def test_every_command_that_is_named_is_there(words: str) -> None:
    first, *more = words.split()
    assert first in COMMANDS
    if first == "sop":
        assert all(word in sop.commands for word in more)


@pytest.mark.parametrize("row", SENTENCES, ids=[row[0] for row in SENTENCES])
def test_every_sentence_has_a_command_or_module_and_a_test(row: list[str]) -> None:
    paragraph, sentence, by, test = row
    assert paragraph
    assert sentence
    assert re.search(r"`kctrig[ .]\w+", by)
    assert TEST.search(test)


def test_every_paragraph_of_5_and_7_and_the_annex_has_a_row() -> None:
    wanted = "5 5.a 5.b 7 7.a 7.b 7.c 7.c.1 7.c.2 7.c.3 7.c.4 7.c.5 7.c.5.a 7.c.5.b 7.d 7.d.1 7.d.2 annex"
    assert {row[0] for row in SENTENCES} == set(wanted.split())


def test_every_brand_of_the_annex_is_named() -> None:
    annex = " ".join(row[1] for row in SENTENCES if row[0] == "annex")
    for brand in ["Cannet", "Fujidharma", "Hexing", "Itron", "ACE", "Melcoinda", "Sanxing", "Smart", "Star"]:
        assert brand in annex
