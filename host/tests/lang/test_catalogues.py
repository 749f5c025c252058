"""Catalogues of texts: complete, compiled, and in no other language than was asked for."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from types import ModuleType

import pytest
from kctrig.lang import LANGS, texts

TOOL = Path(__file__).resolve().parents[3] / "tools" / "make_catalogues.py"


def _tool() -> ModuleType:
    spec = importlib.util.spec_from_file_location("make_catalogues", TOOL)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


tool = _tool()
DOMAINS = list(tool.DOMAINS)
EVERY = [(domain, lang) for domain in DOMAINS for lang in tool.TRANSLATED]
HOW = "run tools/make_catalogues.py, translate what it names, run it again"


@pytest.mark.parametrize(("domain", "lang"), EVERY)
def test_the_compiled_catalogue_is_that_of_the_texts(domain: str, lang: str) -> None:
    path = tool.po_path(domain, lang)
    assert path.with_suffix(".mo").read_bytes() == tool.compiled(tool.read(domain, lang)), HOW


@pytest.mark.parametrize(("domain", "lang"), EVERY)
def test_every_text_of_the_code_is_in_the_catalogue_and_nothing_else_is(domain: str, lang: str) -> None:
    there = {message.id for message in tool.read(domain, lang)}
    used = {message.id for message in tool.extracted(domain, lang)}
    assert there == used, HOW


@pytest.mark.parametrize(("domain", "lang"), EVERY)
def test_every_text_is_translated_and_keeps_its_fields(domain: str, lang: str) -> None:
    assert list(tool.defects(tool.read(domain, lang))) == [], HOW


@pytest.mark.parametrize(("domain", "lang"), EVERY)
def test_the_file_is_as_the_tool_writes_it(domain: str, lang: str) -> None:
    assert tool.po_path(domain, lang).read_bytes() == tool.written(tool.brought_up_to_date(domain, lang)), HOW


@pytest.mark.parametrize("domain", DOMAINS)
def test_english_is_the_text_of_the_code(domain: str) -> None:
    assert texts(domain, "en").gettext("no such text is anywhere") == "no such text is anywhere"


@pytest.mark.parametrize("domain", DOMAINS)
def test_each_domain_is_there_in_each_language(domain: str) -> None:
    for lang in LANGS:
        assert texts(domain, lang).ngettext("{n} no such", "{n} no suches", 2) == "{n} no suches"


def test_another_language_is_refused_by_name() -> None:
    with pytest.raises(ValueError, match="'fr'"):
        texts("report", "fr")


def test_a_translation_with_other_fields_is_a_defect() -> None:
    catalogue = tool.empty("report", "id")
    catalogue.add("{count} meters", "{jumlah} meter")
    assert list(tool.defects(catalogue)) == ["other fields than the text: {count} meters"]


def test_a_text_without_translation_is_a_defect() -> None:
    catalogue = tool.empty("report", "id")
    catalogue.add("meter", "")
    assert list(tool.defects(catalogue)) == ["not translated: meter"]
