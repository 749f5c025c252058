"""One campaign: a host that works through its rows, an operator who helps and hinders, and what is left at the end."""

from __future__ import annotations

import random
import traceback
from dataclasses import dataclass, field
from functools import partial

from kctrig import profiles
from kctrig.link.errors import LinkError
from kctrig.procedure.pace_book import PaceBook
from kctrig.procedure.runner import upgrade_meter
from kctrig.procedure.verdicts import Job, Outcome, Override, Role, TokenStep
from kctrig.records.errors import StoreError
from kctrig.rig import Rig
from kctrig.sim.campaign import meters as bench
from kctrig.sim.campaign.disks import Disk, MemoryDisk, SqliteDisk
from kctrig.sim.campaign.evidence import End, Evidence
from kctrig.sim.campaign.habit import Habit
from kctrig.sim.campaign.host import open_rig
from kctrig.sim.campaign.journal import Journal
from kctrig.sim.campaign.leftovers import gather
from kctrig.sim.campaign.meters import BenchMeter
from kctrig.sim.campaign.plan import Happening, Plan
from kctrig.sim.campaign.world import (
    ATTEMPT_LIMIT_MS,
    LONG_REST_MS,
    BenchWorld,
    Endless,
    HostCrash,
)

_SETTLE_MS = 10_000
_PAST_SECTIONS_MS = 680_000
_MOUNT_MS = 1_500


@dataclass(slots=True)
class Done:
    """A campaign that has come to its end.

    Attributes:
        verdicts: the last one of each row; "NONE" where no attempt came to one.
        attempts: attempts begun in all.
        told: what happened to the bench from outside and what the host said, (time, words).
    """

    plan: Plan
    evidence: Evidence
    verdicts: list[str] = field(default_factory=list)
    attempts: int = 0
    crashes: int = 0
    boots: int = 0
    virtual_ms: int = 0
    told: list[tuple[int, str]] = field(default_factory=list)


def run_campaign(plan: Plan) -> Done:
    """Live through one plan."""
    return _Campaign(plan).run()


class _Campaign:
    """The operator and the host processes of one campaign."""

    def __init__(self, plan: Plan) -> None:
        self._plan = plan
        self._rng = random.Random(f"kctrig operator {plan.seed}")
        self._world = BenchWorld(plan)
        kind = SqliteDisk if plan.store == "sqlite" else MemoryDisk
        self._disk: Disk = kind(self._world.unix_ms, random.Random(f"kctrig disk {plan.seed}"))
        self._journal = Journal(self._disk, self._world, plan)
        numbers = random.Random(f"kctrig jobs {plan.seed}")
        self._job_ids = iter(lambda: numbers.getrandbits(32), None)
        self._paces = PaceBook(Habit(plan.learned)) if plan.learned else None
        self._rig: Rig | None = None
        self._attempts = 0
        self._evidence = Evidence(plan.seed, plan.quiet)
        self._meters: list[BenchMeter] = []
        self._override_of: dict[int, Override] = {}  # said, and not used up yet
        self._jobs: list[Job] = []
        for meter_plan in plan.meters:
            meter, from_bank = bench.make_meter(meter_plan)
            self._meters.append(meter)
            self._jobs.append(self._job(meter, from_bank))

    def run(self) -> Done:
        world, plan = self._world, self._plan
        done = Done(plan, self._evidence)
        try:
            for row in range(plan.rows):
                self._exchange(self._meters[plan.put_in_first[row]])
                done.verdicts.append(self._row(row))
            self._wait(_SETTLE_MS)
            world.take_out()
            self._journal.host_died()
            gather(self._evidence, self._disk, self._meters, world.unix_ms())
        finally:
            self._disk.remove()
        done.attempts, done.crashes, done.boots = self._attempts, world.crashes, world.boots
        done.virtual_ms, done.told = world.now_ms(), world.told
        return done

    # -- one row

    def _row(self, row: int) -> str:
        last = "NONE"
        for _ in range(self._plan.patience):
            outcome = self._attempt(row)
            if outcome is not None:
                last = outcome.verdict.value
                self._world.say(f"verdict {last} {outcome.code}: {outcome.reason}")
            if outcome is None:
                self._wait(self._rng.choice((50, 1_000, 3_000)))
            elif not self._goes_on(row, outcome):
                break
        return last

    def _attempt(self, row: int) -> Outcome | None:
        """One attempt, with a host process started for it where the last one died; None without a verdict."""
        world = self._world
        world.limit_ms = world.now_ms() + ATTEMPT_LIMIT_MS
        for happening in self._plan.happenings:
            if happening.attempt == self._attempts:
                world.at(world.now_ms() + happening.after_ms, partial(self._strikes, happening))
        self._attempts += 1
        self._journal.failed = False
        job = self._jobs[row]
        try:
            if self._rig is None:
                self._rig = open_rig(world)
            profile = profiles.load(job.profile_name)
            outcome = upgrade_meter(
                self._rig,
                job,
                profile,
                self._journal,
                clock=world,
                job_ids=self._job_ids,
                paces=self._paces,
                override=self._override_of.pop(row, None),
            )
        except HostCrash:
            self._ended("crash")
            self._host_is_dead()
            return None
        except Endless:
            self._ended("endless", f"attempt on {job.meter_no}")
            self._drop_rig()
            return None
        except StoreError as error:
            self._ended("store", str(error))
            return None
        except LinkError as error:
            self._ended("no_rig", str(error))
            self._drop_rig()
            return None
        except Exception:
            self._ended("error", traceback.format_exc())
            self._drop_rig()
            return None
        self._ended("store" if self._journal.failed else "verdict", outcome.verdict.value)
        if outcome.code in ("link_lost", "rig_restarted") or self._rng.random() < 0.3:
            self._leave_rig()
        return outcome

    def _goes_on(self, row: int, outcome: Outcome) -> bool:
        """What the operator does about a verdict; False when the row is given up or done."""
        verdict, rng = outcome.verdict.value, self._rng
        if verdict in ("PASS_VERIFIED", "ALREADY_DONE"):
            if self._plan.quiet or rng.random() < 0.9:
                return False
            self._wait(rng.randint(200, 2_000))  # somebody scans a meter that is done
            return True
        if outcome.code in ("wrong_meter", "number_unreadable") or rng.random() < 0.3:
            self._right_meter(row)
        if verdict in ("READY", "INFRA_ERROR"):
            self._wait(rng.randint(200, 5_000))
            return True
        if verdict == "HALF":
            self._wait(rng.choice((500, 20_000, 500_000, _PAST_SECTIONS_MS)))
            return True
        if outcome.code == "wrong_meter":
            self._wait(1_000)
            return True
        if rng.random() < self._plan.override:
            self._override(row, outcome)
            return True
        self._wait(rng.choice((500, 15_000, _PAST_SECTIONS_MS)))
        return rng.random() < 0.7

    def _override(self, row: int, outcome: Outcome) -> None:
        """A supervisor has looked at the meter and opens it again; after a refusal there are new tokens."""
        meter = self._meters[row]
        if outcome.code in ("refused", "used", "old", "refused_before", "refusal_budget"):
            self._jobs[row] = self._job(meter, bench.kct_of(meter.plan))
        self._wait(1_000)
        self._override_of[row] = Override("looked at the meter", "supervisor")
        self._world.say("a supervisor opens the meter again")

    def _right_meter(self, row: int) -> None:
        if self._world.slot is not self._meters[row]:
            self._exchange(self._meters[row])

    def _exchange(self, meter: BenchMeter) -> None:
        """Put a meter in; no hand is quicker at that than the rig at noticing that its meter port is silent."""
        if self._world.slot is not None:
            self._world.take_out()
            self._wait(self._rng.randint(2_500, 6_000))
        self._world.put_in(meter)
        self._wait(_MOUNT_MS)

    def _job(self, meter: BenchMeter, kct: tuple[str, ...]) -> Job:
        plan = meter.plan
        steps: list[TokenStep] = []
        if plan.clear_tamper:
            steps.append(TokenStep(bench.clear_tamper_token(plan), Role.CLEAR_TAMPER))
        if plan.credit:
            steps.append(TokenStep(bench.credit_token(plan), Role.CREDIT))
        steps += [TokenStep(digits) for digits in kct]
        if plan.new_credit:
            steps.append(TokenStep(bench.new_credit_token(plan), Role.NEW_CREDIT))
            self._evidence.after_change.add(steps[-1].digits)
        known = self._evidence.tokens.setdefault(meter.meter_no, [])
        known += [step.digits for step in steps if step.digits not in known]
        if plan.old_base:
            self._evidence.old_base.add(meter.meter_no)
        return Job(meter.meter_no, plan.brand, tuple(steps), old_base=plan.old_base)

    # -- from outside

    def _strikes(self, happening: Happening) -> None:
        world, span_ms = self._world, happening.span_ms
        kind = happening.kind
        if kind == "crash_host":
            world.crash_soon()
        elif kind == "stall_host":
            world.stall_host(span_ms)
        elif kind == "reset_rig":
            world.reset_rig(span_ms)
        elif kind == "cut_power":
            world.cut_power(span_ms)
        elif kind == "unplug":
            world.unplug(span_ms)
        else:
            back = world.slot
            if kind == "swap":
                others = [meter for meter in self._meters if meter is not world.slot]
                back = self._rng.choice(others) if others else back
            world.take_out()
            if back is not None:
                world.at(world.now_ms() + span_ms, partial(self._put_back, back))

    def _put_back(self, meter: BenchMeter) -> None:
        if self._world.slot is None:
            self._world.put_in(meter)

    # -- the host

    def _host_is_dead(self) -> None:
        self._journal.host_died()
        self._rig = None
        self._world.rest(self._rng.choice((50, 700, 2_500, 20_000, 120_000, _PAST_SECTIONS_MS)))
        self._world.host_starts()
        self._journal.host_starts()

    def _drop_rig(self) -> None:
        """The host closes its port without a word and opens it anew the next time."""
        self._rig = None
        self._world.host_starts()

    def _leave_rig(self) -> None:
        rig, self._rig = self._rig, None
        try:
            if rig is not None:
                self._world.limit_ms = self._world.now_ms() + ATTEMPT_LIMIT_MS
                rig.close()
        except HostCrash:
            self._ended("crash")
            self._host_is_dead()
            return
        self._world.host_starts()

    def _wait(self, span_ms: int) -> None:
        """The operator waits; the host may die meanwhile."""
        if span_ms >= LONG_REST_MS:
            self._leave_rig()
        until_ms = self._world.now_ms() + span_ms
        while self._world.now_ms() < until_ms:
            try:
                self._world.rest(until_ms - self._world.now_ms())
            except HostCrash:
                self._ended("crash")
                self._host_is_dead()

    def _ended(self, how: str, detail: str = "") -> None:
        self._evidence.ends.append(End(self._world.unix_ms(), how, detail))
        if how != "verdict" and not self._journal.failed:
            self._world.say(f"attempt ended: {how} {detail.splitlines()[-1] if detail else ''}")
