"""The HTML page: whole in itself, safe, readable in both languages, urgent things first."""

from __future__ import annotations

import gettext
import re
from dataclasses import replace
from html.parser import HTMLParser
from zoneinfo import ZoneInfo

import pytest
from kctrig.lang import FOLDER, LANGS
from kctrig.report import speech, words
from kctrig.report.page import chart_file, html
from kctrig.report.record import Report
from tests.report.conftest import Sample
from tests.report.journal import Journal

JAKARTA = ZoneInfo("Asia/Jakarta")
METER = "00000000018"
EVIL = "<script>alert('x')</script>\"'><img src=x onerror=alert(1)>{{ 7 * 7 }}"
VOID = {"meta", "link", "br", "img", "input", "hr"}


class Page(HTMLParser):
    """Elements, attributes and texts of a page; refuses one whose elements do not nest."""

    def __init__(self, source: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str, str]] = []
        self.words: list[str] = []
        self._open: list[str] = []
        self.feed(source)
        self.close()
        assert self._open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += [(tag, name, value or "") for name, value in attrs]
        if tag not in VOID:
            self._open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += [(tag, name, value or "") for name, value in attrs]

    def handle_endtag(self, tag: str) -> None:
        assert self._open
        assert self._open[-1] == tag
        self._open.pop()

    def handle_data(self, data: str) -> None:
        if self._open[-1:] != ["style"]:
            self.words.append(" ".join(data.split()))

    @property
    def text(self) -> str:
        return " ".join(word for word in self.words if word).replace("\N{NO-BREAK SPACE}", " ")

    def values(self, name: str) -> list[str]:
        return [value for _, attribute, value in self.attributes if attribute == name]


def rendered(record: Report, lang: str = "en") -> str:
    return "".join(html(record, lang, JAKARTA))


@pytest.mark.parametrize("lang", LANGS)
def test_the_page_loads_nothing_and_runs_nothing(shift: Sample, lang: str) -> None:
    source = rendered(shift.record, lang)
    made = Page(source)
    assert "script" not in made.tags
    assert not [name for _, name, _ in made.attributes if name.startswith("on")]
    assert made.values("src") == []
    assert all(value.startswith(("#", "data:,")) for value in made.values("href"))
    assert "url(" not in source
    assert "@import" not in source


def test_everything_that_is_referred_to_is_in_the_page_once(shift: Sample) -> None:
    made = Page(rendered(shift.record))
    names = made.values("id")
    assert len(names) == len(set(names))
    assert {value[1:] for value in made.values("href") if value.startswith("#")} <= set(names)


def test_a_glass_that_many_meters_show_is_drawn_once(shift: Sample) -> None:
    twice = replace(shift.record, meters=shift.record.meters * 50)
    symbols = re.findall(r'<symbol id="g\d+"', rendered(shift.record))
    assert len(symbols) == len(re.findall(r'<symbol id="g\d+"', rendered(twice)))
    glasses = re.findall(r'<use href="#g\d+"', rendered(shift.record))
    assert len(glasses) > len(symbols) > 10


@pytest.mark.parametrize("lang", LANGS)
def test_what_people_and_files_brought_in_is_text_and_nothing_else(lang: str) -> None:
    journal = Journal()
    attempt = journal.claim(METER, operator=EVIL, bench=EVIL, rig=EVIL, profile=EVIL)
    journal.add(METER, "probe", attempt, krn=1, kt=1, shown=EVIL, image="zz")
    journal.add(METER, "intent", attempt, position=0, digits=EVIL, role=EVIL, token="a")
    journal.add(
        METER, "answer", attempt, position=0, digits=EVIL, role=EVIL, token="a", answer=EVIL, shown=EVIL
    )
    journal.verdict(METER, attempt, "IN_DOUBT", code=EVIL, reason=EVIL, doubts=[EVIL])
    journal.add(METER, "override", operator=EVIL, reason=EVIL)
    journal.verdict(EVIL, journal.claim(EVIL), EVIL, reason=EVIL)
    record = journal.report(name=EVIL)
    made = Page(rendered(record, lang))
    assert not {"script", "img"} & set(made.tags)
    assert not [name for _, name, _ in made.attributes if name.startswith("on")]
    assert EVIL in made.text
    assert "49" not in made.text
    Page(chart_file(record, lang, JAKARTA))


@pytest.mark.parametrize(
    ("lang", "said"),
    [
        (
            "id",
            (
                "Laporan meter",
                "Kerjakan ini dulu",
                "Selasa, 26 Januari 2021",
                "07.30.00",
                "5,8 dtk",
                "Belum pasti",
                "sisa 8 mnt 18 dtk",
            ),
        ),
        (
            "en",
            (
                "Meter report",
                "Do this first",
                "Tuesday, 26 January 2021",
                "07:30:00",
                "5.8 s",
                "In doubt",
                "8 min 18 s left",
            ),
        ),
    ],
)
def test_each_language_writes_as_its_readers_do(shift: Sample, lang: str, said: tuple[str, ...]) -> None:
    source = rendered(shift.record, lang)
    made = Page(source)
    for text in (*said, "WIB"):
        assert text in made.text
    assert f'<html lang="{lang}">' in source


class Missing(gettext.NullTranslations):
    """Notes what a catalogue does not have."""

    def __init__(self, catalogue: gettext.NullTranslations) -> None:
        super().__init__()
        self.missing: set[str] = set()
        self._catalogue = catalogue
        catalogue.add_fallback(self)

    def gettext(self, message: str) -> str:
        self.missing.add(message)
        return message

    def ngettext(self, msgid1: str, msgid2: str, n: int) -> str:
        self.missing.add(msgid1)
        return msgid2


def test_no_text_of_the_page_is_missing_in_indonesian(shift: Sample, monkeypatch: pytest.MonkeyPatch) -> None:
    catalogue = gettext.translation(speech.DOMAIN, FOLDER, ["id"])
    missing = Missing(catalogue)

    def recorded(domain: str, lang: str) -> gettext.NullTranslations:
        return catalogue

    monkeypatch.setattr(speech, "texts", recorded)
    bent = replace(shift.record.chain, first_bent=7, wrong="event 7 was changed")
    unsigned = replace(shift.record.chain, shifts=0, signed_to=0)
    for record in (
        shift.record,
        replace(shift.record, chain=bent, shift=1),
        replace(shift.record, chain=unsigned, meters=()),
        replace(shift.record, chain=replace(unsigned, shifts=1)),
    ):
        assert rendered(record, "id")
    assert missing.missing == set()


def test_every_state_has_a_word_a_meaning_a_symbol_and_a_place_in_the_order() -> None:
    from kctrig.procedure.verdicts import Verdict
    from kctrig.report import icons
    from kctrig.report.summary import ORDER

    states = {*map(str, Verdict), "RUNNING"}
    assert set(words.STATES) == set(words.MEANINGS) == set(words.TONES) == set(ORDER) == states
    assert {icons.name(state) for state in states} == {f"s-{state}" for state in states}


def test_every_answer_and_role_has_words() -> None:
    from kctrig.procedure.verdicts import Answer, Role

    assert set(words.ANSWERS) == set(map(str, Answer))
    assert set(words.ROLES) == set(map(str, Role))


def test_every_code_of_the_procedure_has_words() -> None:
    from pathlib import Path

    import kctrig.procedure

    (folder,) = kctrig.procedure.__path__
    source = "\n".join(file.read_text(encoding="utf-8") for file in Path(folder).glob("*.py"))
    codes = set(re.findall(r'Verdict\.[A-Z_]+,\s*"([a-z_]+)"', source))
    codes |= set(re.findall(r'^    code = "([a-z_]+)"', source, re.MULTILINE))
    codes |= set(re.findall(r'^[A-Z_]+ = "([a-z]+_[a-z_]+)"$', source, re.MULTILINE))
    assert len(codes) > 20
    assert codes <= set(words.REASONS), "give these codes words in kctrig/report/words.py"


def test_what_is_to_be_done_follows_the_reason_where_it_says_more_than_the_verdict() -> None:
    english = speech.Speech("en")
    assert (
        english.next_step("BLOCKED", "wrong_meter")
        == "Put the meter of the list into the slot, then start again."
    )
    assert english.next_step("BLOCKED", "brand_new_code") == english.next_step("BLOCKED")
    assert english.next_step("PASS_VERIFIED") == ""
    assert {code for _, code in words.NEXT_STEPS_BY_CODE} <= set(words.REASONS)


@pytest.mark.parametrize("code", sorted(words.REASONS))
def test_in_doubt_nothing_but_looking_is_ever_advised(code: str) -> None:
    assert speech.Speech("en").next_step("IN_DOUBT", code) == words.NEXT_STEPS["IN_DOUBT"]


def test_a_code_without_words_is_shown_as_it_is() -> None:
    journal = Journal()
    journal.verdict(METER, journal.claim(METER), "BLOCKED", code="brand_new_code", reason="nobody knows")
    assert "brand_new_code" in Page(rendered(journal.report(), "id")).text


def test_a_bent_record_says_so_on_top_and_at_each_meter_that_is_not_proved(shift: Sample) -> None:
    journal = Journal()
    journal.verdict(METER, journal.claim(METER), "PASS_VERIFIED")
    journal.events[1] = replace(journal.events[1], at_unix_ms=1)
    text = Page(rendered(journal.report())).text
    assert text.index("The record was bent") < text.index("Do this first")
    assert "Not proved: events of this meter" in text


def test_an_unsigned_record_says_so() -> None:
    journal = Journal()
    journal.verdict(METER, journal.claim(METER), "PASS_VERIFIED")
    assert "nothing is signed" in Page(rendered(journal.report())).text


def test_an_empty_record_makes_a_page() -> None:
    text = Page(rendered(Journal().report())).text
    assert "no meter was worked on" in text
    assert "Nothing: no meter is in doubt" in text


def test_on_paper_a_meter_is_not_torn_apart(shift: Sample) -> None:
    source = rendered(shift.record)
    assert "@page { size: A4" in source
    assert re.search(r"\.card \{[^}]*break-inside: avoid", source)


def test_the_running_head_of_paper_cannot_break_out_of_its_text() -> None:
    record = replace(Journal().report(), store_id='"; } </style><script>', shift=3)
    made = Page(rendered(record))
    assert "script" not in made.tags


def test_the_chart_has_a_mark_for_each_meter_until_they_would_cover_each_other(shift: Sample) -> None:
    few = chart_file(replace(shift.record, meters=shift.record.meters[:4]), "en", JAKARTA)
    assert few.count("<use ") == 4 + 1  # the meters and one legend
    many = chart_file(replace(shift.record, meters=shift.record.meters * 30), "en", JAKARTA)
    assert many.count("<rect class=") > 15
    assert len(many) < 60_000


def test_the_chart_file_stands_by_itself(shift: Sample) -> None:
    source = chart_file(shift.record, "id", JAKARTA)
    made = Page(source)
    assert {value[1:] for value in made.values("href")} <= set(made.values("id"))
    assert "Detik per meter" in made.text
    assert "17,3" in made.text


def test_more_urgent_meters_than_a_page_holds_are_named_and_all_listed() -> None:
    journal = Journal()
    for number in range(30):
        meter_no = f"{number:011}"
        journal.verdict(meter_no, journal.claim(meter_no), "IN_DOUBT", code="unreadable")
    source = rendered(journal.report())
    assert "and 22 more meters, in the list after this summary" in source
    listed = source[source.index('id="urgent"') : source.index('class="meters"')]
    assert len(re.findall(r'href="#m\d{11}"', listed)) == 30


def test_a_store_of_several_days_names_both_and_each_time_has_its_day() -> None:
    journal = Journal()
    for number in (1, 2):
        meter_no = f"{number:011}"
        journal.verdict(meter_no, journal.claim(meter_no), "PASS_VERIFIED")
    late = [replace(event, at_unix_ms=event.at_unix_ms + 86_400_000) for event in journal.events[2:]]
    journal.events[2:] = late
    text = Page(rendered(journal.report())).text
    assert "26 Jan 2021, 07:00:01 – 27 Jan 2021, 07:00:04 WIB" in text
    assert "27 Jan 2021, 07:00:03" in text
