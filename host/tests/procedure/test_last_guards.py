"""Guards that stand behind other guards: each is tried alone, on a meter or glass that only it can see through."""

from __future__ import annotations

from kctrig.procedure import events as ev
from kctrig.procedure.actions import Action, Look
from kctrig.procedure.runner import enter_tokens
from kctrig.procedure.verdicts import Verdict
from kctrig.profiles import load
from kctrig.records import points
from kctrig.records.points import Event, past_of
from tests.procedure.fakes import FIRST, FakeBench, FakeMeter, upgrade
from tests.procedure.virtual_bench import Make


def test_a_glass_that_changes_between_the_echo_and_enter_gets_no_enter() -> None:
    class Bench(FakeBench):
        def perform(self, action: Action) -> ev.Event:
            typed = bool(self.journal) and self.journal[-1].point == "typed"
            if typed and isinstance(action, Look):
                self.image = "junk xyz"
            return super().perform(action)

    bench = Bench(FakeMeter())
    outcome = bench.run(upgrade(bench).machine)
    assert bench.meter.submitted == []
    assert "the entry changed on the glass before Enter" in outcome.reason


def test_after_an_enter_that_was_not_taken_another_revision_on_04_ends_it() -> None:
    class Meter(FakeMeter):
        looks = 0

        def _code(self, digits: str) -> str:
            self.looks += digits == "04"
            return "krn 1 1" if digits == "04" and self.looks > 1 else super()._code(digits)

    bench = FakeBench(Meter(lose=frozenset({26})))
    outcome = bench.run(upgrade(bench).machine)
    assert (outcome.verdict, outcome.code) == (Verdict.READY, "enter_not_taken")
    assert bench.meter.submitted == []


def test_a_refusal_of_a_meter_that_then_shows_the_new_key_is_a_contradiction() -> None:
    class Meter(FakeMeter):
        def _enter(self) -> list[tuple[int, str]]:
            images = super()._enter()
            self.krn = 2 if self.submitted else 1
            return images

    bench = FakeBench(Meter(answers={FIRST: ["refused"]}))
    outcome = bench.run(upgrade(bench).machine)
    assert (outcome.verdict, outcome.code) == (Verdict.IN_DOUBT, "contradiction")
    assert bench.meter.submitted == [FIRST]


def test_by_hand_a_token_in_doubt_is_not_entered_again(make: Make) -> None:
    bench = make("hexing", ("power_cut:in_processing",))
    first = bench.tokens[:1]
    profile = load("hexing")
    once = enter_tokens(bench.world.open_rig(), profile, first, bench.store, clock=bench.world)
    assert once.outcome.verdict is Verdict.IN_DOUBT
    again = enter_tokens(bench.world.open_rig(), profile, first, bench.store, clock=bench.world)
    assert (again.outcome.verdict, again.outcome.code, again.answers) == (
        Verdict.IN_DOUBT,
        "doubt_remains",
        (),
    )


def test_an_answer_found_later_is_as_old_as_its_enter() -> None:
    about = {"token": "t", "position": 0}

    def event(seq: int, point: str, at_unix_ms: int, **body: object) -> Event:
        return Event(seq, 1, "00000000018", point, at_unix_ms, {**about, **body}, "", "")

    entered = event(1, points.ENTER_INTENT, 100)
    read = past_of([entered, event(2, points.ANSWER, 500, answer="half")])
    looked = past_of([entered, event(2, points.ANSWER, 500, answer="half", by_look=True)])
    assert (read.tokens["t"].at_unix_ms, looked.tokens["t"].at_unix_ms) == (500, 100)
