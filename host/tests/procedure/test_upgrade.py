"""The upgrade script on a meter of text: what each kind of meter and trouble comes to."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import pytest
from kctrig.procedure import events as ev
from kctrig.procedure.actions import Action, Finish, Keys, Look, PressKeys, Record
from kctrig.procedure.verdicts import Answer, CreditQuestion, Job, Outcome, Role, TokenStep, Verdict
from kctrig.records.points import MeterPast, TokenPast
from tests.procedure.fakes import (
    FIRST,
    METER,
    SECOND,
    FakeBench,
    FakeMeter,
    TextReader,
    Trouble,
    enters_of,
    token_keys,
    upgrade,
)
from tests.procedure.judge import judge


def run(meter: FakeMeter, *, trouble: Trouble | None = None, **how: Any) -> tuple[Outcome, FakeBench]:
    bench = FakeBench(meter, trouble=trouble)
    outcome = bench.run(upgrade(bench, **how).machine)
    tokens = (
        [step.digits for step in how["job"].steps] if "job" in how else how.get("tokens", (FIRST, SECOND))
    )
    judge(bench.trace, tokens, METER, bench.meter)
    return outcome, bench


def points(bench: FakeBench) -> list[str]:
    return [record.point for record in bench.journal]


def test_two_sections_are_entered_and_04_proves_the_new_key() -> None:
    outcome, bench = run(FakeMeter())
    assert outcome.verdict is Verdict.PASS_VERIFIED
    assert (outcome.krn_before, outcome.krn_after, outcome.kt_after) == (1, 2, 2)
    assert (outcome.shown_before, outcome.shown_after) == ("krn 1 2", "krn 2 2")
    assert bench.meter.submitted == [FIRST, SECOND]
    assert outcome.enters == 2
    assert outcome.keys_pressed == 3 + 3 + 2 * 21 + 3
    assert [entry.answer for entry in outcome.answers] == [Answer.HALF, Answer.ACCEPTED]


def test_every_journal_point_is_written_in_its_order() -> None:
    _, bench = run(FakeMeter())
    section = ["intent", "typed", "enter-intent", "answer"]
    assert points(bench) == ["probe", *section, *section, "verify", "verdict"]


def test_no_digit_of_a_token_is_in_the_journal() -> None:
    _, bench = run(FakeMeter(answers={SECOND: ["junk HALO"]}))
    text = repr([dict(record.body) for record in bench.journal])
    text = text.replace(f"hash of {FIRST}", "").replace(f"hash of {SECOND}", "")
    for token in (FIRST, SECOND):
        assert token[4:10] not in text
        assert token[4:10].encode().hex() not in text
        assert f"{token[:4]}…{token[-4:]}" in text


@dataclass
class Case:
    """One meter and what it must come to."""

    meter: dict[str, Any]
    verdict: Verdict
    code: str
    submitted: list[str]
    how: dict[str, Any] = field(default_factory=dict)
    krn_after: int | None = 1


CASES = {
    "already on KRN 2": Case({"krn": 2}, Verdict.ALREADY_DONE, "", [], krn_after=2),
    "already on KRN 2, KT not shown": Case(
        {"krn": 2, "kt": 0}, Verdict.ALREADY_DONE, "", [], {"reader": TextReader(kt_shown=False)}, 2
    ),
    "KRN 2 and another KT": Case({"krn": 2, "kt": 1}, Verdict.BLOCKED, "unexpected_krn", [], krn_after=2),
    "KRN 3": Case({"krn": 3}, Verdict.BLOCKED, "unexpected_krn", [], krn_after=3),
    "another meter": Case({"number": "00000000026"}, Verdict.BLOCKED, "wrong_meter", [], krn_after=None),
    "a number without its leading zeros": Case(
        {"number": "18"}, Verdict.BLOCKED, "wrong_meter", [], krn_after=None
    ),
    "a meter that knows no 75": Case(
        {"codes": {"75": "says unknown_code Err"}}, Verdict.BLOCKED, "number_unreadable", [], krn_after=None
    ),
    "04 shows something unknown": Case(
        {"codes": {"04": "junk KRN1"}}, Verdict.BLOCKED, "krn_unreadable", [], krn_after=None
    ),
    "tamper on the glass at first": Case(
        {"start_image": "says tamper PERIKSA"}, Verdict.BLOCKED, "tamper", []
    ),
    "first section refused": Case({"answers": {FIRST: ["refused"]}}, Verdict.REJECTED, "refused", [FIRST]),
    "second section refused": Case(
        {"answers": {SECOND: ["refused"]}}, Verdict.REJECTED, "refused", [FIRST, SECOND]
    ),
    "used": Case({"answers": {FIRST: ["used"]}}, Verdict.REJECTED, "used", [FIRST]),
    "old": Case({"answers": {FIRST: ["old"]}}, Verdict.REJECTED, "old", [FIRST]),
    "locked": Case({"answers": {FIRST: ["locked"]}}, Verdict.LOCKED_OUT, "locked", [FIRST]),
    "tamper in the answer": Case({"answers": {FIRST: ["tamper"]}}, Verdict.BLOCKED, "tamper", [FIRST]),
    "first answer unknown": Case(
        {"answers": {FIRST: ["junk HALO"]}}, Verdict.IN_DOUBT, "unreadable", [FIRST]
    ),
    "first answer dark": Case({"answers": {FIRST: ["dark"]}}, Verdict.IN_DOUBT, "unreadable", [FIRST]),
    "idle instead of an answer": Case(
        {"answers": {FIRST: ["idle"]}}, Verdict.IN_DOUBT, "unreadable", [FIRST]
    ),
    "last answer unknown, key not changed": Case(
        {"answers": {SECOND: ["junk HALO"]}}, Verdict.IN_DOUBT, "unreadable", [FIRST, SECOND]
    ),
    "accepted and yet KRN 1": Case(
        {"changes_key_after": frozenset()}, Verdict.IN_DOUBT, "key_not_changed", [FIRST, SECOND]
    ),
    "another section awaited": Case(
        {"answers": {SECOND: ["half"]}, "changes_key_after": frozenset()},
        Verdict.HALF,
        "section_awaited",
        [FIRST, SECOND],
    ),
    "a single section": Case(
        {"changes_key_after": frozenset({FIRST})},
        Verdict.PASS_VERIFIED,
        "",
        [FIRST],
        {"tokens": (FIRST,)},
        2,
    ),
    "KT not shown after the change": Case(
        {}, Verdict.PASS_VERIFIED, "", [FIRST, SECOND], {"reader": TextReader(kt_shown=False)}, 2
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_the_meter_decides(name: str) -> None:
    case = CASES[name]
    outcome, bench = run(FakeMeter(**case.meter), **case.how)
    assert (outcome.verdict, outcome.code) == (case.verdict, case.code), outcome.reason
    assert bench.meter.submitted == case.submitted
    assert outcome.krn_after == case.krn_after
    assert bench.journal[-1].point == "verdict"
    assert bench.journal[-1].body["verdict"] == case.verdict.value
    assert bench.meter.entry == ""


def test_a_meter_that_is_not_to_be_touched_gets_no_key_of_a_token() -> None:
    for meter in (FakeMeter(krn=2), FakeMeter(number="00000000026")):
        _, bench = run(meter)
        assert token_keys(bench.actions) == []


def test_a_pass_on_a_glass_without_kt_is_labelled_weak() -> None:
    outcome, _ = run(FakeMeter(), reader=TextReader(kt_shown=False))
    assert outcome.weak_evidence
    assert outcome.kt_after is None


def test_a_doubt_that_04_resolves_is_a_pass_with_the_doubt_in_it() -> None:
    class Meter(FakeMeter):
        def press(self, key: str) -> list[tuple[int, str]]:
            if self.submitted[-1:] == [SECOND]:
                self.krn = 2
            return super().press(key)

    outcome, bench = run(Meter(answers={SECOND: ["junk HALO"]}))
    assert outcome.verdict is Verdict.PASS_VERIFIED
    assert outcome.doubts
    assert "doubt" in points(bench)


def test_04_on_krn_2_after_half_a_set_does_not_resolve_a_doubt() -> None:
    class Meter(FakeMeter):
        def press(self, key: str) -> list[tuple[int, str]]:
            if self.submitted:
                self.krn = 2
            return super().press(key)

    outcome, _ = run(Meter(answers={FIRST: ["junk HALO"]}))
    assert outcome.verdict is Verdict.IN_DOUBT
    assert outcome.krn_after == 2


# -- typing


def test_a_lost_digit_is_noticed_at_once_and_typed_on_from_there() -> None:
    outcome, bench = run(
        FakeMeter(lose=frozenset({10}))
    )  # six keys for 75 and 04, so this is the fifth digit
    assert outcome.verdict is Verdict.PASS_VERIFIED
    assert "retype" not in points(bench)
    typed = [keys for keys in token_keys(bench.actions) if keys.purpose is Keys.DIGITS and keys.position == 0]
    assert [(keys.keys, keys.fresh, keys.press_ms) for keys in typed] == [
        (FIRST, True, 40),
        (FIRST[4:], False, 40),
    ]
    assert bench.meter.presses == 2 * 3 + 2 * 21 + 1 + 3  # 75, 04, two tokens, the lost key, 04
    assert bench.meter.submitted == [FIRST, SECOND]


@pytest.mark.parametrize("which", [0, 19])
def test_a_lost_first_or_last_digit_is_just_typed(which: int) -> None:
    outcome, bench = run(FakeMeter(lose=frozenset({6 + which})))
    assert outcome.verdict is Verdict.PASS_VERIFIED
    typed = [
        keys.keys for keys in token_keys(bench.actions) if keys.purpose is Keys.DIGITS and keys.position == 0
    ]
    assert typed == [FIRST, FIRST[which:]]
    assert bench.meter.submitted == [FIRST, SECOND]


def test_a_keypad_that_loses_too_many_keys_of_one_token_is_cleared_and_typed_on_slower() -> None:
    outcome, bench = run(FakeMeter(lose=frozenset(range(8, 15))))
    assert outcome.verdict is Verdict.PASS_VERIFIED
    assert "retype" in points(bench)
    typed = [keys for keys in token_keys(bench.actions) if keys.purpose is Keys.DIGITS and keys.position == 0]
    assert typed[-1].press_ms == 80
    assert bench.meter.submitted == [FIRST, SECOND]


def test_one_key_lost_of_a_token_says_nothing_of_its_pace_two_do() -> None:
    for lost, right in (({10}, True), ({10, 15}, False)):
        bench = FakeBench(FakeMeter(lose=frozenset(lost)))
        script = upgrade(bench)
        bench.run(script.machine)
        assert script.session.hand.first_tries == [right, True]


def test_a_doubled_digit_is_never_submitted() -> None:
    outcome, bench = run(FakeMeter(double=frozenset({25})))
    assert outcome.verdict is Verdict.PASS_VERIFIED
    assert bench.meter.submitted == [FIRST, SECOND]


def test_a_digit_lost_and_another_doubled_is_noticed_although_the_counter_ends_right() -> None:
    outcome, bench = run(FakeMeter(lose=frozenset({8}), double=frozenset({11})))
    assert bench.meter.submitted == [FIRST, SECOND]
    assert outcome.verdict is Verdict.PASS_VERIFIED


def test_an_echo_that_never_comes_right_ends_with_nothing_submitted() -> None:
    class Meter(FakeMeter):
        def press(self, key: str) -> list[tuple[int, str]]:
            if len(self.entry) == 7 and key not in "*#":
                return []
            return super().press(key)

    outcome, bench = run(Meter())
    assert (outcome.verdict, outcome.code) == (Verdict.BLOCKED, "echo_failed")
    assert bench.meter.submitted == []
    assert enters_of(bench.actions) == []
    assert bench.meter.entry == ""


def test_digits_left_in_the_entry_line_by_somebody_are_cleared_first() -> None:
    outcome, bench = run(FakeMeter(entry="123", start_image="entry 123 3 whole"))
    assert outcome.verdict is Verdict.PASS_VERIFIED
    assert bench.meter.submitted == [FIRST, SECOND]


def test_after_an_enter_that_was_not_taken_04_is_asked_and_the_token_typed_again() -> None:
    # 6 keys for 75 and 04, then 20 digits: key 26 is the first token's Enter
    outcome, bench = run(FakeMeter(lose=frozenset({26})))
    assert outcome.verdict is Verdict.PASS_VERIFIED
    assert bench.meter.submitted == [FIRST, SECOND]
    told = points(bench)
    first = told.index("answer")
    assert told[first : first + 5] == ["answer", "verify", "intent", "typed", "enter-intent"]
    assert [entry.answer for entry in outcome.answers] == [Answer.HALF, Answer.ACCEPTED]


def test_a_meter_that_takes_no_enter_is_left_alone_after_two() -> None:
    class Meter(FakeMeter):
        def press(self, key: str) -> list[tuple[int, str]]:
            return [] if key == "#" and len(self.entry) == 20 else super().press(key)

    outcome, bench = run(Meter())
    assert (outcome.verdict, outcome.code) == (Verdict.READY, "enter_not_taken")
    assert bench.meter.submitted == []
    assert len(enters_of(bench.actions)) == 2
    assert bench.meter.entry == ""


def test_a_second_section_whose_enters_are_not_taken_leaves_half_a_key() -> None:
    class Meter(FakeMeter):
        def press(self, key: str) -> list[tuple[int, str]]:
            return [] if key == "#" and self.entry == SECOND else super().press(key)

    outcome, _ = run(Meter())
    assert (outcome.verdict, outcome.code) == (Verdict.HALF, "enter_not_taken")
    assert outcome.half_until_unix_ms is not None


def test_an_enter_not_taken_is_known_soon_on_a_glass_that_leaves_the_entry_at_once() -> None:
    # key 47 is the Enter of the second token
    outcome, _ = run(FakeMeter(lose=frozenset({47})), changes={"token_wait_ms": 60_000})
    assert outcome.verdict is Verdict.PASS_VERIFIED
    assert outcome.seconds < 20


def test_on_a_glass_that_shows_the_entry_until_the_answer_comes_the_whole_time_is_waited() -> None:
    class Meter(FakeMeter):
        def _enter(self) -> list[tuple[int, str]]:
            return [(after_ms * 4, image) for after_ms, image in super()._enter() if image != "blank"]

    outcome, bench = run(Meter(), changes={"token_wait_ms": 5_000})  # it answers after 1.2 s
    assert outcome.verdict is Verdict.PASS_VERIFIED
    assert len(enters_of(bench.actions)) == 2


def test_an_entry_seen_only_on_images_from_before_enter_is_no_proof_that_enter_was_not_taken() -> None:
    """The meter took the token, and nothing of what its glass showed since came through."""

    class Meter(FakeMeter):
        def _enter(self) -> list[tuple[int, str]]:
            token = len(self.entry) == 20
            images = super()._enter()
            return [] if token else images

    class Bench(FakeBench):
        def perform(self, action: Action) -> ev.Event:
            event = super().perform(action)
            if isinstance(action, Look) and isinstance(event, ev.GlassSeen) and self.meter.submitted:
                return ev.GlassSeen(event.image, 0)
            return event

    bench = Bench(Meter())
    outcome = bench.run(upgrade(bench).machine)
    judge(bench.trace, (FIRST, SECOND), METER, bench.meter)
    assert (outcome.verdict, outcome.code) == (Verdict.IN_DOUBT, "unreadable")
    assert bench.meter.submitted == [FIRST]


def test_a_lost_key_of_a_code_costs_only_time() -> None:
    for key in range(6):
        outcome, _ = run(FakeMeter(lose=frozenset({key})))
        assert outcome.verdict is Verdict.PASS_VERIFIED


# -- stale screens


def test_the_screen_from_before_enter_is_never_the_answer() -> None:
    """After the probe the glass shows KRN; a meter that does not react to 04 must not be believed by that screen."""

    class Meter(FakeMeter):
        def _code(self, digits: str) -> str:
            return "blank" if digits == "04" and self.submitted else super()._code(digits)

    outcome, _ = run(Meter())
    assert (outcome.verdict, outcome.code) == (Verdict.IN_DOUBT, "verify_unreadable")


def test_one_transitional_image_of_a_pass_is_not_a_pass() -> None:
    class Meter(FakeMeter):
        def press(self, key: str) -> list[tuple[int, str]]:
            shown = super().press(key)
            if key == "#" and self.submitted[-1:] == [SECOND] and shown[1][1].startswith("krn"):
                return [(0, "blank"), (50, "krn 2 2"), (60, "krn 1 2")]
            return shown

    outcome, _ = run(Meter(changes_key_after=frozenset()))
    assert (outcome.verdict, outcome.krn_after) == (Verdict.IN_DOUBT, 1)


def test_one_transitional_image_of_an_answer_is_not_the_answer() -> None:
    class Meter(FakeMeter):
        def press(self, key: str) -> list[tuple[int, str]]:
            shown = super().press(key)
            if key == "#" and self.submitted == [FIRST] and "BENAR" in shown[1][1]:
                return [(0, "blank"), (50, "says accepted BENAR"), (60, "says refused SALAH")]
            return shown

    outcome, _ = run(Meter())
    assert (outcome.verdict, outcome.code) == (Verdict.REJECTED, "refused")


# -- the past


def past(answer: str | None, *, token: str = FIRST, age_ms: int = 0, refusals: int = 0) -> MeterPast:
    known = TokenPast(answer=answer, enters=1, at_unix_ms=1_000_000_000_000 - age_ms)
    return MeterPast(refusals=refusals, tokens={f"hash of {token}": known}, krn_before=1, lowest_krn=1)


PASTS = {
    "a section held goes on with the next": (past("half"), Verdict.PASS_VERIFIED, "", [SECOND]),
    "a section forgotten by now is entered again": (
        past("half", age_ms=700_000),
        Verdict.PASS_VERIFIED,
        "",
        [FIRST, SECOND],
    ),
    "a section that may be forgotten is waited for": (
        past("half", age_ms=590_000),
        Verdict.HALF,
        "section_deadline",
        [],
    ),
    "an open Enter is looked at and left": (past(None), Verdict.IN_DOUBT, "doubt_remains", []),
    "an unreadable answer is looked at and left": (past("unreadable"), Verdict.IN_DOUBT, "doubt_remains", []),
    "a refused token gets no second try": (past("refused"), Verdict.BLOCKED, "refused_before", []),
    "two refusals end it": (
        MeterPast(refusals=2),
        Verdict.BLOCKED,
        "refusal_budget",
        [],
    ),
    "one refusal of other tokens does not": (
        MeterPast(refusals=1),
        Verdict.PASS_VERIFIED,
        "",
        [FIRST, SECOND],
    ),
    "an Enter that was not taken may be tried anew": (
        past("not_taken"),
        Verdict.PASS_VERIFIED,
        "",
        [FIRST, SECOND],
    ),
    "locked before": (past("locked"), Verdict.PASS_VERIFIED, "", [FIRST, SECOND]),
}


@pytest.mark.parametrize("name", PASTS)
def test_what_happened_before_binds(name: str) -> None:
    known, verdict, code, submitted = PASTS[name]
    outcome, bench = run(FakeMeter(), past=known)
    assert (outcome.verdict, outcome.code) == (verdict, code), outcome.reason
    assert bench.meter.submitted == submitted


def test_an_open_enter_that_04_shows_to_have_counted_is_resolved_by_the_look() -> None:
    outcome, bench = run(FakeMeter(krn=2), past=past(None, token=SECOND))
    assert outcome.verdict is Verdict.PASS_VERIFIED
    assert outcome.doubts
    assert token_keys(bench.actions) == []


# -- credit first


def credit_job(**changes: Any) -> Job:
    return Job.of(METER, "fake", (FIRST, SECOND), **changes)


def test_unspent_credit_is_entered_before_the_key_change() -> None:
    credit = "12345678901234567890"
    outcome, bench = run(FakeMeter(), job=credit_job(credit_before=(credit,)))
    assert outcome.verdict is Verdict.PASS_VERIFIED
    assert bench.meter.submitted == [credit, FIRST, SECOND]
    assert [entry.role for entry in outcome.answers] == [Role.CREDIT, Role.KCT, Role.KCT]


NEW = "12345678901234567891"


def test_new_credit_is_entered_after_04_has_shown_the_new_key() -> None:
    outcome, bench = run(FakeMeter(), job=credit_job(credit_after=(NEW,)))
    assert outcome.verdict is Verdict.PASS_VERIFIED
    assert bench.meter.submitted == [FIRST, SECOND, NEW]
    told = points(bench)
    assert told.index("verify") < max(at for at, point in enumerate(told) if point == "enter-intent")
    assert [entry.role for entry in outcome.answers] == [Role.KCT, Role.KCT, Role.NEW_CREDIT]
    assert outcome.reason.endswith("new credit 1234…7891: accepted, the glass showed BENAR")
    assert outcome.doubts == ()


def test_a_refused_new_credit_leaves_the_pass_and_is_said() -> None:
    outcome, _ = run(FakeMeter(answers={NEW: ["refused"]}), job=credit_job(credit_after=(NEW,)))
    assert outcome.verdict is Verdict.PASS_VERIFIED
    assert outcome.doubts == ("new credit 1234…7891: refused, the glass showed SALAH",)


def test_new_credit_is_not_entered_on_a_meter_that_did_not_pass_here() -> None:
    outcome, bench = run(FakeMeter(krn=2), job=credit_job(credit_after=(NEW,)))
    assert outcome.verdict is Verdict.ALREADY_DONE
    assert bench.meter.submitted == []
    assert "new credit 1234…7891 was not entered" in outcome.reason
    outcome, bench = run(FakeMeter(answers={FIRST: ["refused"]}), job=credit_job(credit_after=(NEW,)))
    assert outcome.verdict is Verdict.REJECTED
    assert bench.meter.submitted == [FIRST]


def test_new_credit_that_had_its_enter_is_not_entered_again() -> None:
    before = past("accepted", token=SECOND)
    before.tokens[f"hash of {NEW}"] = TokenPast(answer=None, enters=1, at_unix_ms=1_000_000_000_000)
    outcome, bench = run(FakeMeter(krn=2), job=credit_job(credit_after=(NEW,)), past=before)
    assert outcome.verdict is Verdict.PASS_VERIFIED
    assert bench.meter.submitted == []
    assert "got its Enter in an earlier attempt" in outcome.reason


def test_a_link_lost_at_the_new_credit_does_not_take_the_pass_away() -> None:
    def trouble(action: Action, bench: FakeBench) -> ev.Event | None:
        lost = isinstance(action, PressKeys) and bench.meter.submitted == [FIRST, SECOND]
        reading = any(point == "verify" for point in points(bench))
        return ev.LinkTrouble("the link is lost", "unknown") if lost and reading else None

    bench = FakeBench(FakeMeter(), trouble=trouble)
    outcome = bench.run(upgrade(bench, job=credit_job(credit_after=(NEW,))).machine)
    assert outcome.verdict is Verdict.PASS_VERIFIED
    assert "new credit 1234…7891 was not entered: the link is lost" in outcome.reason


def test_a_refused_credit_token_ends_it_before_the_key_change() -> None:
    credit = "12345678901234567890"
    outcome, bench = run(FakeMeter(answers={credit: ["refused"]}), job=credit_job(credit_before=(credit,)))
    assert outcome.verdict is Verdict.REJECTED
    assert bench.meter.submitted == [credit]


@pytest.mark.parametrize(
    ("answer", "verdict"),
    [("none", Verdict.PASS_VERIFIED), (None, Verdict.PASS_VERIFIED), ("yes", Verdict.BLOCKED)],
)
def test_the_operator_is_asked_about_unspent_credit(answer: str | None, verdict: Verdict) -> None:
    bench = FakeBench(FakeMeter())
    bench.answer_to_ask = answer
    outcome = bench.run(upgrade(bench, job=credit_job(credit=CreditQuestion.UNKNOWN)).machine)
    assert outcome.verdict is verdict
    if verdict is Verdict.BLOCKED:
        assert outcome.code == "credit_pending"
        assert token_keys(bench.actions) == []


def test_a_tampered_meter_takes_a_set_that_begins_with_its_clear_tamper_token() -> None:
    clear = "12345678901234567890"
    steps = (TokenStep(clear, Role.CLEAR_TAMPER), TokenStep(FIRST), TokenStep(SECOND))
    outcome, bench = run(FakeMeter(start_image="says tamper PERIKSA"), job=Job(METER, "fake", steps))
    assert outcome.verdict is Verdict.PASS_VERIFIED
    assert bench.meter.submitted == [clear, FIRST, SECOND]


# -- trouble with rig, link and journal


def at(what: Any, event: ev.Event, *, which: int = 0) -> Trouble:
    """Tell `event` instead of performing the `which`-th action for which `what` holds, and ever after if it is LinkTrouble."""
    state = {"left": which, "dead": False}

    def trouble(action: Action, bench: FakeBench) -> ev.Event | None:
        if state["dead"] and not isinstance(action, (Record, Finish)):
            return event
        if what(action):
            if state["left"] == 0:
                state["left"] = -1
                state["dead"] = isinstance(event, ev.LinkTrouble)
                if isinstance(event, (ev.LinkTrouble, ev.DeviceRebooted)):
                    bench._job = None
                return event
            state["left"] -= 1
        return None

    return trouble


def digits_of(position: int) -> Any:
    return lambda action: (
        isinstance(action, PressKeys) and action.purpose is Keys.DIGITS and action.position == position
    )


def enter_of(position: int) -> Any:
    return lambda action: (
        isinstance(action, PressKeys) and action.purpose is Keys.ENTER and action.position == position
    )


def record_of(point: str) -> Any:
    return lambda action: isinstance(action, Record) and action.point == point


LOST = ev.LinkTrouble("the link to the rig is lost")
TROUBLES = {
    "link lost at the first look": (at(lambda a: True, LOST), Verdict.INFRA_ERROR, "link_lost", 0),
    "link lost at the first digits": (at(digits_of(0), LOST), Verdict.INFRA_ERROR, "link_lost", 0),
    "link lost at the first Enter": (at(enter_of(0), LOST), Verdict.IN_DOUBT, "link_lost", 1),
    "link lost at the first Enter, nothing sent": (
        at(enter_of(0), ev.LinkTrouble("busy", "nothing")),
        Verdict.INFRA_ERROR,
        "link_lost",
        1,
    ),
    "link lost at the second digits": (at(digits_of(1), LOST), Verdict.HALF, "link_lost", 1),
    "link lost at the second Enter": (at(enter_of(1), LOST), Verdict.IN_DOUBT, "link_lost", 2),
    "link lost while verifying": (
        at(lambda a: isinstance(a, PressKeys) and a.keys == "04", LOST, which=1),
        Verdict.IN_DOUBT,
        "link_lost",
        2,
    ),
    "rig refuses the digits": (
        at(digits_of(0), ev.KeysRefused(0, "BUSY")),
        Verdict.INFRA_ERROR,
        "rig_refused",
        0,
    ),
    "rig restarts while digits are typed": (
        at(digits_of(0), ev.DeviceRebooted("restarted")),
        Verdict.INFRA_ERROR,
        "rig_restarted",
        0,
    ),
    "rig restarts at the first Enter": (
        at(enter_of(0), ev.DeviceRebooted("restarted")),
        Verdict.IN_DOUBT,
        "unreadable",
        1,
    ),
    "journal fails at the intent": (
        at(record_of("intent"), ev.RecordFailed("disk full")),
        Verdict.INFRA_ERROR,
        "journal_failed",
        0,
    ),
    "journal fails at the Enter's intent": (
        at(record_of("enter-intent"), ev.RecordFailed("disk full")),
        Verdict.INFRA_ERROR,
        "journal_failed",
        0,
    ),
    "journal fails at the answer": (
        at(record_of("answer"), ev.RecordFailed("disk full"), which=1),
        Verdict.PASS_VERIFIED,
        "",
        2,
    ),
}


def answering(trouble: Trouble) -> Trouble:
    """KeysRefused must name the job that was refused."""

    def named(action: Action, bench: FakeBench) -> ev.Event | None:
        event = trouble(action, bench)
        if isinstance(event, ev.KeysRefused) and isinstance(action, PressKeys):
            return ev.KeysRefused(action.job_id, event.detail)
        return event

    return named


@pytest.mark.parametrize("name", TROUBLES)
def test_trouble_is_called_by_its_name(name: str) -> None:
    trouble, verdict, code, enters = TROUBLES[name]
    bench = FakeBench(FakeMeter(), trouble=answering(trouble))
    outcome = bench.run(upgrade(bench).machine)
    judge(bench.trace, (FIRST, SECOND), METER, bench.meter)
    assert (outcome.verdict, outcome.code) == (verdict, code), outcome.reason
    assert len(enters_of(bench.actions)) == enters


def test_a_rig_that_restarts_at_the_last_enter_is_resolved_by_a_look() -> None:
    def trouble(action: Action, bench: FakeBench) -> ev.Event | None:
        if enter_of(1)(action) and not bench.meter.submitted[1:]:
            for _ in bench.meter.press("#"):
                bench.image = "idle"
            return ev.DeviceRebooted("restarted")
        return None

    outcome, bench = run(FakeMeter(), trouble=trouble)
    assert outcome.verdict is Verdict.PASS_VERIFIED
    assert outcome.doubts
    assert len(enters_of(bench.actions)) == 2


# -- a person stops it


def interrupted_at(what: Any, times: int = 1) -> Trouble:
    """One or more Interrupted in the first waits after the action that `what` picks."""
    state = {"armed": False, "left": times}

    def trouble(action: Action, bench: FakeBench) -> ev.Event | None:
        if what(action):
            state["armed"] = True
            return None
        if state["armed"] and state["left"] and type(action).__name__ == "Wait":
            state["left"] -= 1
            return ev.Interrupted()
        return None

    return trouble


STOPS = {
    "while looking": (lambda a: isinstance(a, PressKeys) and a.keys == "75", 1, Verdict.READY, []),
    "while the first digits are typed": (digits_of(0), 1, Verdict.READY, []),
    "after the first Enter": (enter_of(0), 1, Verdict.HALF, [FIRST]),
    "while the second digits are typed": (digits_of(1), 1, Verdict.HALF, [FIRST]),
    "after the last Enter": (enter_of(1), 1, Verdict.PASS_VERIFIED, [FIRST, SECOND]),
    "twice after the first Enter": (enter_of(0), 2, Verdict.IN_DOUBT, None),
}


@pytest.mark.parametrize("name", STOPS)
def test_a_person_who_stops_gets_an_honest_state(name: str) -> None:
    what, times, verdict, submitted = STOPS[name]
    outcome, bench = run(FakeMeter(), trouble=interrupted_at(what, times))
    assert outcome.verdict is verdict, outcome.reason
    assert bench.journal[-1].point == "verdict"
    if submitted is not None:
        assert bench.meter.submitted == submitted
    if verdict in (Verdict.READY, Verdict.HALF):
        assert bench.meter.entry == ""


def test_a_row_without_a_key_change_token_is_no_job() -> None:
    with pytest.raises(ValueError, match="at least one key-change token"):
        Job.of(METER, "fake", ())


@pytest.mark.parametrize("digits", ["1234", "6565293128325095175x", "٦٥٦٥٢٩٣١٢٨٣٢٥٠٩٥١٧٥٦"])
def test_what_is_not_twenty_digits_is_no_token(digits: str) -> None:
    with pytest.raises(ValueError, match="20 digits"):
        TokenStep(digits)
