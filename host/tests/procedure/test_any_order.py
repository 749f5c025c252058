"""Whatever happens in whatever order, the promises hold; and a machine broken on purpose is caught."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from kctrig.procedure import events as ev
from kctrig.procedure import policy, upgrade
from kctrig.procedure.actions import Finish, Keys, PressKeys
from kctrig.procedure.guard import EnterForbidden, EnterGuard
from kctrig.procedure.hand import Hand
from kctrig.procedure.machine import EntryMachine
from kctrig.procedure.session import Session
from kctrig.procedure.verdicts import Answer, Outcome, Verdict
from tests.procedure import fakes
from tests.procedure.fakes import FIRST, METER, SECOND, FakeBench, FakeMeter
from tests.procedure.judge import BrokenPromiseError, judge

IMAGES = (
    b"",
    b"dark",
    b"blank",
    b"idle",
    b"krn 1 2",
    b"krn 2 2",
    b"number 00000000018",
    b"says accepted BENAR",
    b"says half PLS 2nd",
    b"says refused SALAH",
    b"says locked LOC",
    b"says tamper PERIKSA",
    b"junk HALO",
    b"entry 0 1 whole",
    b"entry 91250951756 20 cut",
)
JOBS = st.integers(1, 25)
EVENTS: st.SearchStrategy[ev.Event] = st.one_of(
    st.sampled_from(IMAGES).map(ev.GlassSeen),
    st.builds(ev.KeyMoved, st.sampled_from("0123456789*#"), st.booleans()),
    st.builds(ev.KeysAccepted, JOBS),
    st.builds(ev.KeysRefused, JOBS, st.just("BUSY")),
    st.builds(ev.KeysEnded, JOBS, st.sampled_from(["done", "aborted"]), st.integers(0, 21)),
    st.sampled_from(
        [
            ev.Recorded(),
            ev.RecordFailed("disk full"),
            ev.DeadlinePassed(),
            ev.LinkTrouble("lost"),
            ev.LinkTrouble("busy", "nothing"),
            ev.DeviceRebooted("restarted"),
            ev.OperatorAnswered("none"),
            ev.Interrupted(),
        ]
    ),
)
METERS: st.SearchStrategy[dict[str, Any]] = st.fixed_dictionaries(
    {},
    optional={
        "krn": st.sampled_from([1, 2]),
        "number": st.sampled_from([METER, "00000000026"]),
        "lose": st.frozensets(st.integers(0, 60), max_size=3),
        "double": st.frozensets(st.integers(0, 60), max_size=3),
        "answers": st.dictionaries(
            st.sampled_from([FIRST, SECOND]),
            st.sampled_from(
                [["refused"], ["used"], ["half"], ["junk HALO"], ["dark"], ["locked"], ["tamper"]]
            ),
        ),
    },
)


def run(bench: FakeBench, machine: EntryMachine, disturbances: Sequence[tuple[int, ev.Event]]) -> Outcome:
    """Run with foreign events thrown in: each is (after how many steps, event)."""
    action = machine.start(bench.now_ms)
    bench.trace.append(("action", action))
    pending = deque(sorted(disturbances, key=lambda item: item[0]))
    for step in range(20_000):
        if isinstance(action, Finish):
            return action.outcome
        foreign = bool(pending) and pending[0][0] <= step
        event = pending.popleft()[1] if foreign else bench.perform(action)
        bench.trace.append(("event", event))
        following = machine.handle(event, bench.now_ms)
        assert foreign or following is not None
        if following is not None:
            action = following
            bench.trace.append(("action", action))
    raise AssertionError("the machine never ends")


@settings(max_examples=400, deadline=None)
@given(METERS, st.lists(st.tuples(st.integers(0, 400), EVENTS), max_size=8))
def test_no_order_of_events_breaks_a_promise(
    meter: dict[str, Any], disturbances: list[tuple[int, ev.Event]]
) -> None:
    bench = FakeBench(FakeMeter(**meter))
    outcome = run(bench, fakes.upgrade(bench).machine, disturbances)
    glass_was_touched = any(isinstance(event, ev.GlassSeen) for _, event in disturbances)
    judge(bench.trace, (FIRST, SECOND), METER, bench.meter, honest=not glass_was_touched)
    assert outcome.verdict in set(Verdict) - {Verdict.ENTERED}


@settings(max_examples=150, deadline=None)
@given(st.lists(EVENTS, max_size=300))
def test_a_machine_that_hears_only_noise_keeps_its_promises(events: list[ev.Event]) -> None:
    bench = FakeBench(FakeMeter())
    machine = fakes.upgrade(bench).machine
    bench.trace.append(("action", machine.start(0)))
    for at_ms, event in enumerate(events):
        bench.trace.append(("event", event))
        following = machine.handle(event, at_ms * 50)
        if following is not None:
            bench.trace.append(("action", following))
    judge(bench.trace, (FIRST, SECOND), METER, bench.meter, honest=False)


# -- the promises, each broken on purpose


def no_guard(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(EnterGuard, "check", lambda self, keys: None)


def enter_twice(patch: pytest.MonkeyPatch) -> None:
    no_guard(patch)
    once = Hand.enter

    def twice(self: Hand, *, job_id: int | None = None, position: int | None = None) -> Any:
        yield from once(self, job_id=job_id, position=position)
        if position is not None:
            yield from once(self, job_id=job_id, position=position)

    patch.setattr(Hand, "enter", twice)


def enter_without_intent(patch: pytest.MonkeyPatch) -> None:
    no_guard(patch)
    honest = Hand.record

    def forgetful(self: Hand, point: str, **body: object) -> Any:
        if point != "enter-intent":
            yield from honest(self, point, **body)

    patch.setattr(Hand, "record", forgetful)


def believe_every_echo(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(fakes.TextWatch, "verified", property(lambda self: True))
    patch.setattr(fakes.TextWatch, "see", lambda self, image, keys_down, at_rest=False: None)


def believe_the_row(patch: pytest.MonkeyPatch) -> None:
    def blind(self: Session) -> Any:
        yield from self.hand.look()
        return METER

    patch.setattr(Session, "ask_number", blind)


def never_done_already(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(policy, "decide", lambda job, *a, **k: policy.Go(tuple(range(len(job.steps)))))
    patch.setattr(upgrade, "decide", policy.decide)


def pass_on_benar(patch: pytest.MonkeyPatch) -> None:
    def trusting(self: upgrade.Upgrade) -> Any:
        yield from self.session.hand.look()
        return self.session.outcome(Verdict.PASS_VERIFIED, "", "the meter said BENAR")

    patch.setattr(upgrade.Upgrade, "_verify", trusting)


def judge_the_first_frame(patch: pytest.MonkeyPatch) -> None:
    def hasty(self: Hand, image: bytes) -> Any:
        yield from ()
        return True

    patch.setattr(Hand, "_stays", hasty)


def go_on_after_a_refusal(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(upgrade, "TAKEN", frozenset(Answer))


class FlickeringMeter(FakeMeter):
    """Shows KRN 2 for a moment before it says that it is on KRN 1."""

    def press(self, key: str) -> list[tuple[int, str]]:
        shown = super().press(key)
        if key == "#" and len(self.submitted) == 2 and shown and shown[-1][1].startswith("krn"):
            return [(0, "blank"), (50, "krn 2 2"), (60, "krn 1 2")]
        return shown


METERS_THAT_TEMPT: tuple[Callable[[], FakeMeter], ...] = (
    FakeMeter,
    lambda: FakeMeter(krn=2),
    lambda: FakeMeter(number="00000000026"),
    lambda: FakeMeter(lose=frozenset({8}), double=frozenset({11})),
    lambda: FakeMeter(answers={FIRST: ["refused"]}),
    lambda: FakeMeter(changes_key_after=frozenset()),
    lambda: FlickeringMeter(changes_key_after=frozenset()),
)
MUTATIONS = (
    enter_twice,
    enter_without_intent,
    believe_every_echo,
    believe_the_row,
    never_done_already,
    pass_on_benar,
    judge_the_first_frame,
    go_on_after_a_refusal,
)


def judge_all() -> None:
    for make in METERS_THAT_TEMPT:
        bench = FakeBench(make())
        bench.run(fakes.upgrade(bench).machine)
        judge(bench.trace, (FIRST, SECOND), METER, bench.meter)


def test_the_machine_as_it_is_withstands_the_tempting_meters() -> None:
    judge_all()


@pytest.mark.parametrize("mutation", MUTATIONS, ids=lambda mutation: mutation.__name__)
def test_a_broken_promise_is_noticed(
    mutation: Callable[[pytest.MonkeyPatch], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    mutation(monkeypatch)
    with pytest.raises(BrokenPromiseError):
        judge_all()


def test_the_guard_alone_stops_a_second_enter(monkeypatch: pytest.MonkeyPatch) -> None:
    guard_as_it_is = EnterGuard.check
    enter_twice(monkeypatch)
    monkeypatch.setattr(EnterGuard, "check", guard_as_it_is)
    bench = FakeBench(FakeMeter())
    with pytest.raises(EnterForbidden, match="has had its Enter"):
        bench.run(fakes.upgrade(bench).machine)
    enters = [
        item
        for kind, item in bench.trace
        if kind == "action"
        and isinstance(item, PressKeys)
        and item.purpose is Keys.ENTER
        and item.position == 0
    ]
    assert len(enters) == 1


def test_the_guard_alone_stops_an_enter_that_is_not_journaled(monkeypatch: pytest.MonkeyPatch) -> None:
    guard_as_it_is = EnterGuard.check
    enter_without_intent(monkeypatch)
    monkeypatch.setattr(EnterGuard, "check", guard_as_it_is)
    bench = FakeBench(FakeMeter())
    with pytest.raises(EnterForbidden, match="not in the journal"):
        bench.run(fakes.upgrade(bench).machine)
    assert bench.meter.submitted == []
