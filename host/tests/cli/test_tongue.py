"""What the technician reads in a round, in Indonesian; in English the names of the record stay."""

from __future__ import annotations

import io
import re
import threading
from collections.abc import Sequence
from pathlib import Path

import kctrig.procedure
import pytest
from kctrig.bench.round import Done, Round, RoundResult, Seen
from kctrig.cli.app import run
from kctrig.cli.crew import PlainCrew
from kctrig.cli.rounds import Halt
from kctrig.cli.tongue import QUESTIONS, Tongue
from kctrig.cli.work import conclude, show_result
from kctrig.procedure.runner import Progress
from kctrig.procedure.upgrade import CREDIT_QUESTION
from kctrig.procedure.verdicts import Outcome, Verdict
from kctrig.worklist.rows import WorkList, WorkRow

RIG = "sim:hexing?state=meter.json"
ROW = WorkRow(2, "00000000018", "hexing", "HEXING", "41", ("0" * 20,) * 2)
OTHER = WorkRow(3, "00000000026", "hexing", "HEXING", "41", ("0" * 20,) * 2)
REFUSED = Outcome(
    ROW.meter_no,
    "hexing",
    Verdict.REJECTED,
    code="refused",
    reason="token 1 (1234…7890): the meter shows SALAH. No second try; have new tokens issued",
    seconds=3.5,
)


def lines(lang: str) -> str:
    out = io.StringIO()
    crew = PlainCrew([RIG], may_ask=False, out=out, tongue=Tongue(lang))
    for state in ("IDENTIFIED", "PROBED", "ENTERING 2", "VERIFYING"):
        crew.progress(RIG, Progress(ROW.meter_no, state, 0, 40, "13.9"))
    crew.finished(Done(ROW, RIG, REFUSED))
    crew.tell(RIG, "meter 123 is not in the work list; no key of a token was pressed")
    return out.getvalue()


def test_the_lines_of_a_round_are_indonesian() -> None:
    said = lines("id")
    for text in ("nomor cocok", "revisi kunci terbaca", "memasukkan token 2", "memeriksa dengan 04"):
        assert text in said
    assert "Ditolak: Meter menolak token. Jangan dicoba lagi." in said
    assert "the meter shows SALAH" in said  # the rig's own sentence, which has what the code does not say
    assert "meter 123 tidak ada di daftar kerja" in said


def test_in_english_states_and_verdicts_keep_the_names_of_the_record() -> None:
    said = lines("en")
    for text in ("IDENTIFIED", "ENTERING 2", "REJECTED: token 1 (1234…7890)", "is not in the work list"):
        assert text in said


def test_the_table_of_results_is_indonesian(capsys: pytest.CaptureFixture[str]) -> None:
    passed = Outcome(OTHER.meter_no, "hexing", Verdict.PASS_VERIFIED, reason="04 shows KRN 02")
    result = RoundResult((Done(ROW, RIG, REFUSED), Done(OTHER, RIG, passed)), ())
    show_result(result, False, "shift.db", Tongue("id"))
    out = capsys.readouterr().out
    assert re.search(r"merek +sebelum +sesudah +hasil +dtk +alat", out)
    assert "Ditolak" in out
    assert "Berhasil" in out
    assert "00000000026:" not in out  # a pass needs no reason
    assert "Bukti: shift.db" in out


@pytest.mark.parametrize(("lang", "said"), [("en", "2 meters: no rig showed"), ("id", "2 meter: Meter ini")])
def test_why_no_rig_showed_a_meter_is_said_once_for_all_of_them(
    capsys: pytest.CaptureFixture[str], lang: str, said: str
) -> None:
    left = [
        Outcome(row.meter_no, "hexing", Verdict.READY, code="not_begun", reason="no rig showed this meter")
        for row in (ROW, OTHER)
    ]
    result = RoundResult((Done(ROW, "", left[0]), Done(OTHER, "", left[1])), ())
    show_result(result, False, "shift.db", Tongue(lang))
    out = capsys.readouterr().out
    assert said in out
    assert out.count("no rig showed this meter") == 1
    assert ROW.meter_no in out
    assert OTHER.meter_no in out


@pytest.mark.parametrize(
    ("lang", "said"),
    [("en", "not begun or not finished: 1 meter;"), ("id", "belum dimulai atau belum selesai: 1 meter;")],
)
def test_what_an_interruption_left_is_said_in_the_technician_s_language(
    capsys: pytest.CaptureFixture[str], lang: str, said: str
) -> None:
    halt = Halt()
    halt.ask()
    left = Outcome(ROW.meter_no, "hexing", Verdict.READY, code="not_begun", reason="no rig showed this meter")
    found = WorkList((ROW,), ())
    code = conclude(RoundResult((Done(ROW, "", left),), ()), found, halt, Path("shift.db"), Tongue(lang))
    assert code == 130
    assert said in capsys.readouterr().err


def test_json_is_the_same_in_every_language(capsys: pytest.CaptureFixture[str]) -> None:
    result = RoundResult((Done(ROW, RIG, REFUSED),), ())
    show_result(result, True, "shift.db", Tongue("id"))
    first = capsys.readouterr().out
    show_result(result, True, "shift.db", Tongue("en"))
    assert capsys.readouterr().out == first


def test_the_questions_of_the_procedure_are_known() -> None:
    assert CREDIT_QUESTION in QUESTIONS
    assert Tongue("id").gettext(CREDIT_QUESTION).startswith("Apakah pelanggan")


def test_every_state_of_the_procedure_has_words() -> None:
    (folder,) = kctrig.procedure.__path__
    source = "\n".join(file.read_text(encoding="utf-8") for file in Path(folder).glob("*.py"))
    states = set(re.findall(r'\bstate(?:: str)? = f?"([A-Z]+[^"]*)"', source))
    assert {"IDENTIFIED", "PROBED", "VERIFYING"} <= states
    for state in states:
        shown = re.sub(r"\{.*\}", "1", state)
        assert Tongue("id").step(shown) != shown


class Slot:
    """A station whose slot holds one meter after the other."""

    def __init__(self, seen: Sequence[Seen]) -> None:
        self._seen = list(seen)

    def identify(self, rows: Sequence[WorkRow]) -> Seen:
        return self._seen.pop(0)

    def upgrade(self, row: WorkRow) -> Outcome:
        return REFUSED

    def close(self) -> None:
        pass


class Listener:
    """Hears what a round says of each meter in the slot."""

    def __init__(self) -> None:
        self.heard: list[str] = []

    def next_meter(self, rig: str, said: str, rows_left: int) -> bool:
        self.heard.append(said)
        return True

    def tell(self, rig: str, text: str) -> None:
        self.heard.append(text)

    def finished(self, done: Done) -> None:
        pass


def test_everything_that_a_round_says_of_a_meter_has_a_sentence() -> None:
    slot = Slot(
        [
            Seen(None, "75 shows nothing"),
            Seen("123"),
            Seen(ROW.meter_no),
            Seen(ROW.meter_no),
            Seen(OTHER.meter_no),
        ]
    )
    listener = Listener()
    Round([ROW, OTHER], lambda _: slot, listener, threading.Event()).run([RIG])
    said = {Tongue("id").found(text) for text in listener.heard}
    assert said == {
        "nomor meter tidak terbaca (75 shows nothing); tidak ada tombol token yang ditekan",
        "meter 123 tidak ada di daftar kerja; tidak ada tombol token yang ditekan",
        f"meter {ROW.meter_no}: Ditolak",
        f"meter {ROW.meter_no} sudah dikerjakan dalam putaran ini; tidak ada tombol token yang ditekan",
    }


def test_a_sentence_that_is_not_known_is_said_as_it_is() -> None:
    assert Tongue("id").found("something new") == "something new"


def test_a_language_that_is_not_there_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["upgrade", str(tmp_path / "list.csv"), "--rig", "sim:hexing", "--lang", "fr"]) == 2
    assert "'fr' is not one of 'id', 'en'" in capsys.readouterr().err
