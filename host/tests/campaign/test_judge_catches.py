"""Each invariant has code broken on purpose, and the judge must see it within a bounded number of campaigns."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from typing import Any

import pytest
from kctrig.procedure import policy, session, upgrade
from kctrig.procedure.hand import Hand
from kctrig.procedure.pace import Habits
from kctrig.procedure.policy import Go
from kctrig.procedure.ports import History
from kctrig.procedure.reader import GlassWatch
from kctrig.procedure.touch import Steps
from kctrig.procedure.upgrade import Upgrade
from kctrig.procedure.verdicts import Job, Outcome, Override, Verdict
from kctrig.records import points
from kctrig.records.points import MeterPast
from kctrig.records.store import Attempt
from kctrig.sim.campaign import disks, evidence, logs, presses, verdicts_judged, violation
from kctrig.sim.campaign import judge as judge_module
from kctrig.sim.campaign.judge import judge
from kctrig.sim.campaign.plan import Happening, Plan, draw
from kctrig.sim.campaign.report import row_of
from kctrig.sim.campaign.run import run_campaign
from rigfw.uartkeys import UartKeypad
from rigwire.meterport import KEYS

Break = Callable[[pytest.MonkeyPatch], None]

AT_MOST = 120
FIRST_SEED = 300_000


def believe_every_answer(patch: pytest.MonkeyPatch) -> None:
    """A pass because the last token was accepted, without 04."""

    def passed(self: Upgrade) -> Steps[Outcome]:
        yield from ()
        return self.session.outcome(Verdict.PASS_VERIFIED, "", "the meter said so")

    patch.setattr(Upgrade, "_verify", passed)


def forget_the_past(patch: pytest.MonkeyPatch) -> None:
    """A new attempt knows nothing of those before it."""
    patch.setattr(points, "past_of", lambda events: MeterPast())


def believe_every_echo(patch: pytest.MonkeyPatch) -> None:
    """Enter follows the digits whatever the glass shows."""
    patch.setattr(GlassWatch, "verified", property(lambda self: True))
    patch.setattr(GlassWatch, "wrong", property(lambda self: False))
    patch.setattr(Hand, "still_stands", lambda self: True)


def trust_a_learned_pace(patch: pytest.MonkeyPatch) -> None:
    """What is typed at the learned pace is taken for right, whatever the glass shows."""
    real = Hand.key_in

    def trusting(self: Hand, digits: str, *, mend: bool = False, **how: Any) -> Steps[bool]:
        right = yield from real(self, digits, **how)
        return right or mend

    patch.setattr(Hand, "key_in", trusting)
    patch.setattr(Hand, "still_stands", lambda self: True)


def believe_any_last_token(patch: pytest.MonkeyPatch) -> None:
    """Whatever token 65 shows is taken for the one in doubt."""
    real = session.Session.ask_last_token

    def matching(self: session.Session, code: str) -> Steps[str | None]:
        last = yield from real(self, code)
        return Matching(last) if last is not None else None

    patch.setattr(session.Session, "ask_last_token", matching)


class Matching(str):
    """Digits that equal any others."""

    __slots__ = ()
    __hash__ = str.__hash__

    def __eq__(self, other: object) -> bool:
        return True


def a_standing_entry_will_do(patch: pytest.MonkeyPatch) -> None:
    """A token that still stands a second after Enter is taken for proof that Enter was not taken."""

    def soon(self: Hand, judge: Callable[[bytes], Any]) -> Steps[Any]:
        return (yield from self.answer(judge, self.now_ms + 1_200))

    def trusting(self: Hand, digits: str) -> Steps[bool]:
        yield from self.look()
        return True

    patch.setattr(Hand, "answer_to_token", soon)
    patch.setattr(Hand, "takes_back", trusting)


def override_without_an_event(patch: pytest.MonkeyPatch) -> None:
    """A supervisor opens a meter again, and the store does not say so."""

    def silently(self: session.Session, history: History, override: Override | None) -> Steps[History]:
        yield from ()
        return history if override is None else history.opened()

    patch.setattr(session.Session, "opened", silently)


def override_for_ever(patch: pytest.MonkeyPatch) -> None:
    """A meter that was opened once stays open: what it refuses after that is not counted."""
    past_of = points.past_of

    def generous(events: Iterable[points.Event]) -> MeterPast:
        own = list(events)
        return MeterPast() if any(event.point == points.OVERRIDE for event in own) else past_of(own)

    patch.setattr(points, "past_of", generous)


def no_refusal_budget(patch: pytest.MonkeyPatch) -> None:
    """Refusals are neither counted nor remembered, and a refused token does not end the attempt."""

    def all_again(job: Job, *_: Any, **__: Any) -> Go:
        return Go(tuple(range(len(job.steps))))

    patch.setattr(upgrade, "decide", all_again)


def any_meter_will_do(patch: pytest.MonkeyPatch) -> None:
    """The number that the meter shows is not compared."""

    def number(self: session.Session) -> Steps[str]:
        yield from ()
        return self.meter_no

    patch.setattr(session.Session, "ask_number", number)


def silence_means_nothing(patch: pytest.MonkeyPatch) -> None:
    """A meter that went away is taken for the same one."""
    patch.setattr(Hand, "_part", lambda self: None)


def intents_are_not_written(patch: pytest.MonkeyPatch) -> None:
    """The journal says that an intent is on disk, and it is not."""
    real, memory = Attempt.record, disks._MemoryAttempt.record

    def lazily(write: Callable[..., None]) -> Callable[..., None]:
        def record(self: Any, point: str, body: Mapping[str, object]) -> None:
            if point not in (points.INTENT, points.ENTER_INTENT):
                write(self, point, body)

        return record

    patch.setattr(Attempt, "record", lazily(real))
    patch.setattr(disks._MemoryAttempt, "record", lazily(memory))


def keys_stay_down(patch: pytest.MonkeyPatch) -> None:
    """The rig leaves the contact of Enter closed until another key is pressed."""
    real = UartKeypad.set_contacts

    def sticking(self: UartKeypad, mask: int, now_ms: int) -> None:
        if mask or self._mask != 1 << KEYS.index("#"):
            real(self, mask, now_ms)

    patch.setattr(UartKeypad, "set_contacts", sticking)


def wait_for_ever(patch: pytest.MonkeyPatch) -> None:
    """An answer that does not come is waited for without end."""
    real = Habits.__init__

    def patient(self: Habits, *args: Any, **fields: Any) -> None:
        real(self, *args, **{**fields, "token_wait_ms": 10_000_000})

    patch.setattr(Habits, "__init__", patient)


def impatient(patch: pytest.MonkeyPatch) -> None:
    """An answer that is not there at once is taken for none."""
    real = Habits.__init__

    def hasty(self: Habits, *args: Any, **fields: Any) -> None:
        real(self, *args, **{**fields, "token_wait_ms": 100})

    patch.setattr(Habits, "__init__", hasty)


def any_new_revision_will_do(patch: pytest.MonkeyPatch) -> None:
    """What the list says of the old base is not minded."""
    real = policy.decide

    def deciding(job: Job, *found: Any, **how: Any) -> Any:
        return real(replace(job, old_base=False), *found, **how)

    patch.setattr(upgrade, "decide", deciding)


def hard(seed: int) -> Plan:
    return draw(seed, "hard")


def healthy(seed: int) -> Plan:
    return draw(seed, "healthy")


def swapped_in_the_middle(seed: int) -> Plan:
    """Somebody puts another meter of the same brand in while the first attempt is under way."""
    first, *_ = draw(seed, "healthy").meters
    second = replace(first, serial=first.serial + 1)
    swap = Happening(0, 2_000 + seed * 397 % 8_000, "swap", 3_000)
    return replace(draw(seed, "healthy"), level="middle", meters=(first, second), happenings=(swap,))


def refused_and_opened(seed: int) -> Plan:
    """Every token is refused, and a supervisor opens the meter again in every second case."""
    plan = draw(seed, "healthy")
    meter = replace(plan.meters[0], upgraded=False, bank="good", faults=("wrong_key",))
    return replace(plan, level="middle", meters=(meter,), patience=6, override=0.5)


def slow_holding_meter(seed: int) -> Plan:
    """The meter shows a token until its answer, which takes longer than the codes before it let one think."""
    plan = draw(seed, "healthy")
    faults = ("hold_entry", f"slow_answer:{900 + seed % 5 * 300}")
    meter = replace(plan.meters[0], upgraded=False, bank="good", faults=faults)
    return replace(plan, level="middle", meters=(meter,), patience=2)


MUTATIONS: tuple[tuple[int, Callable[[int], Plan], Break], ...] = (
    (1, hard, believe_every_answer),
    (2, hard, forget_the_past),
    (2, slow_holding_meter, a_standing_entry_will_do),
    (3, hard, believe_every_echo),
    (3, hard, trust_a_learned_pace),
    (1, hard, believe_any_last_token),
    (1, hard, any_new_revision_will_do),
    (4, hard, no_refusal_budget),
    (4, refused_and_opened, override_without_an_event),
    (4, refused_and_opened, override_for_ever),
    (5, hard, any_meter_will_do),
    (5, swapped_in_the_middle, silence_means_nothing),
    (6, hard, intents_are_not_written),
    (7, hard, keys_stay_down),
    (8, hard, wait_for_ever),
    (9, healthy, impatient),
)


def _broken_invariants(plan: Plan) -> set[int]:
    return {violation.invariant for violation in row_of(run_campaign(plan)).violations}


@pytest.mark.parametrize(
    ("invariant", "plan_of", "broken"), MUTATIONS, ids=lambda value: getattr(value, "__name__", str(value))
)
def test_code_broken_on_purpose_is_caught(
    invariant: int, plan_of: Callable[[int], Plan], broken: Break, monkeypatch: pytest.MonkeyPatch
) -> None:
    broken(monkeypatch)
    for seed in range(FIRST_SEED, FIRST_SEED + AT_MOST):
        if invariant in _broken_invariants(plan_of(seed)):
            return
    pytest.fail(f"{AT_MOST} campaigns and invariant {invariant} was never seen broken")


@pytest.mark.parametrize("plan_of", [swapped_in_the_middle, refused_and_opened, slow_holding_meter])
def test_the_same_days_break_nothing_when_the_code_is_whole(plan_of: Callable[[int], Plan]) -> None:
    for seed in range(FIRST_SEED, FIRST_SEED + 20):
        assert not _broken_invariants(plan_of(seed))


def test_a_chain_that_was_bent_is_told() -> None:
    plan = replace(healthy(FIRST_SEED), store="memory")
    done = run_campaign(plan)
    done.evidence.chain_error = "event 3 was changed after it was written"
    assert {violation.invariant for violation in judge(done.evidence)} == {6}


def test_an_event_that_a_crash_swallowed_is_missed(monkeypatch: pytest.MonkeyPatch) -> None:
    """The disk loses the last event that was said to be durable when the host dies."""

    def lossy(self: disks.MemoryDisk) -> None:
        del self._rows[-1:], self._bodies[-1:]

    monkeypatch.setattr(disks.MemoryDisk, "crash", lossy)
    for seed in range(FIRST_SEED, FIRST_SEED + AT_MOST):
        plan = replace(
            healthy(seed),
            store="memory",
            level="middle",
            happenings=(Happening(0, 4_000 + seed * 397 % 8_000, "crash_host", 0),),
        )
        if 6 in _broken_invariants(plan):
            return
    pytest.fail("a journal that loses durable points was not noticed")


_OF_THE_JUDGE = ("evidence", "logs", "presses", "verdicts_judged", "violation")


def test_the_judge_knows_nothing_of_the_procedure() -> None:
    for module in (judge_module, verdicts_judged, violation, logs, presses, evidence):
        source = inspect.getsource(module)
        imported = {line.split()[1] for line in source.splitlines() if line.startswith(("import ", "from "))}
        ours = {name for name in imported if name.startswith(("kctrig", "metersim", "rigfw", "rigwire"))}
        assert ours <= {f"kctrig.sim.campaign.{name}" for name in _OF_THE_JUDGE}
