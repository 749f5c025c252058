"""Drives the entry machines with a rig and a journal: the thin edge between pure steps and the world."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from kctrig.procedure.by_hand import ByHand
from kctrig.procedure.drive import Clock, Driver, Progress, RigLike, Stop
from kctrig.procedure.pace import Pace
from kctrig.procedure.pace_book import PaceBook
from kctrig.procedure.ports import Attempt, Journal
from kctrig.procedure.probing import (
    SYSTEM_CLOCK,
    Identity,
    Probe,
    allow,
    hand_for,
    identify_meter,
    probe_meter,
)
from kctrig.procedure.session import Session
from kctrig.procedure.upgrade import Upgrade
from kctrig.procedure.verdicts import Job, Outcome, Override, TokenAnswer, TokenStep
from kctrig.profiles import Profile

__all__ = [
    "Clock",
    "Entered",
    "Identity",
    "Probe",
    "Progress",
    "Stop",
    "enter_tokens",
    "identify_meter",
    "probe_meter",
    "upgrade_meter",
]

ENTER_NOT_TAKEN = "enter_not_taken"


@dataclass(frozen=True, slots=True)
class Entered:
    """What `enter_tokens` did: one answer for each token that was entered, and how the attempt ended."""

    answers: tuple[TokenAnswer, ...]
    outcome: Outcome


def upgrade_meter(
    rig: RigLike,
    job: Job,
    profile: Profile,
    store: Journal,
    *,
    progress: Callable[[Progress], None] | None = None,
    ask: Callable[[str], str | None] | None = None,
    stop: Stop | None = None,
    pace: Pace | None = None,
    attempts: int = 2,
    clock: Clock = SYSTEM_CLOCK,
    job_ids: Iterator[int] | None = None,
    paces: PaceBook | None = None,
    override: Override | None = None,
) -> Outcome:
    """Bring one meter to the wanted key revision, or say honestly why not.

    An attempt whose Enter the meter did not take (the glass went on showing the entry, which was then cleared) is
    begun again from the first look, `attempts` times in all. Everything else ends here.

    `ask` puts a question to the operator; without it nobody is asked and the outcome says so. `stop`, asked once,
    submits nothing more; asked twice, it stops at once. `pace` is a faster or slower one than the profile's;
    `paces` gives the one learned so far, and learns from this meter.
    `override` opens this meter again if its past forbids something, once its own number was read.
    `job_ids` numbers the key jobs, for runs that are to be repeated exactly; random when left out.

    Raises:
        StoreError: from `store.claim`: the meter is being worked on elsewhere, or the store cannot be written.
    """

    def once(override: Override | None) -> Outcome:
        hand = hand_for(profile, pace or _learned_pace(paces, profile, rig), job_ids)

        def script(attempt: Attempt) -> Upgrade:
            return Upgrade(
                hand,
                job,
                attempt.history,
                store.fingerprint,
                attempt=attempt.number,
                unix_ms_at_start=clock.unix_ms(),
                started_ms=clock.now_ms(),
                override=override,
            )

        work = _Work(rig, profile, store, clock, job.meter_no, job.steps)
        outcome = work.attempt(script, look_keys=6, ask=ask, stop=stop, progress=progress)
        if paces is not None and pace is None:
            paces.learn(profile, _firmware(rig), hand.first_tries)
        return outcome

    outcome = once(override)
    for _ in range(attempts - 1):
        if outcome.code != ENTER_NOT_TAKEN or (stop is not None and stop.count):
            break
        outcome = once(None)
    return outcome


def enter_tokens(
    rig: RigLike,
    profile: Profile,
    tokens: Sequence[str],
    store: Journal,
    *,
    meter_no: str | None = None,
    override: Override | None = None,
    progress: Callable[[Progress], None] | None = None,
    stop: Stop | None = None,
    pace: Pace | None = None,
    clock: Clock = SYSTEM_CLOCK,
) -> Entered:
    """Enter tokens by hand, whatever they are for; stops at two refusals and at anything unclear.

    `meter_no` is the meter it must be; when left out, the one whose number the glass shows. `override`: as
    `upgrade_meter`.

    Raises:
        StoreError: as `upgrade_meter`.
        ValueError: a token is not 20 digits.
    """
    steps = tuple(TokenStep(digits) for digits in tokens)
    if meter_no is None:
        probe = probe_meter(rig, profile, krn=False, stop=stop, pace=pace, clock=clock)
        if probe.meter_no is None:
            return Entered((), Outcome("", profile.name, probe.verdict, "unreadable", probe.problem))
        meter_no = probe.meter_no
    number = meter_no

    def script(attempt: Attempt) -> ByHand:
        return ByHand(
            hand_for(profile, pace),
            number,
            profile.name,
            tokens,
            attempt.history,
            store.fingerprint,
            attempt=attempt.number,
            unix_ms_at_start=clock.unix_ms(),
            started_ms=clock.now_ms(),
            override=override,
        )

    work = _Work(rig, profile, store, clock, number, steps)
    outcome = work.attempt(script, look_keys=3, stop=stop, progress=progress)
    return Entered(outcome.answers, outcome)


@dataclass(frozen=True, slots=True)
class _Work:
    """One meter at one rig, whose tokens are to be entered and put on record."""

    rig: RigLike
    profile: Profile
    store: Journal
    clock: Clock
    meter_no: str
    steps: Sequence[TokenStep]

    def attempt(
        self,
        script_of: Callable[[Attempt], Upgrade | ByHand],
        *,
        look_keys: int,
        ask: Callable[[str], str | None] | None = None,
        stop: Stop | None,
        progress: Callable[[Progress], None] | None,
    ) -> Outcome:
        """Claim the meter, drive the script to its end, let go. `look_keys`: of an attempt that has no trouble."""
        body = _claim_body(self.steps, self.profile, self.rig, self.store)
        attempt = self.store.claim(self.meter_no, self.profile.name, body)
        try:
            script = script_of(attempt)
            driver = Driver(
                self.rig,
                attempt,
                self.clock,
                ask=ask,
                stop=stop,
                trouble=allow(self.rig, self.profile),
                on_step=_watcher(script.session, progress, look_keys + 21 * len(self.steps)),
            )
            return driver.run(script.machine)
        finally:
            attempt.close()


def _claim_body(
    steps: Sequence[TokenStep], profile: Profile, rig: RigLike, store: Journal
) -> dict[str, object]:
    """What the first journal point says: what is about to be done, with what, by which rig."""
    info = getattr(rig, "info", None)
    return {
        "tokens": [
            {"token": store.fingerprint(step.digits), "digits": step.masked, "role": step.role.value}
            for step in steps
        ],
        "profile_hash": profile.profile_hash,
        "section_timeout_s": profile.section_timeout_s,
        "rig": getattr(info, "rig_id", ""),
        "firmware": _firmware(rig),
        "boot_id": getattr(info, "boot_id", 0),
    }


def _firmware(rig: RigLike) -> str:
    return str(getattr(getattr(rig, "info", None), "version", ""))


def _learned_pace(paces: PaceBook | None, profile: Profile, rig: RigLike) -> Pace | None:
    return None if paces is None else paces.pace(profile, _firmware(rig))


def _watcher(
    session: Session, progress: Callable[[Progress], None] | None, keys_total: int
) -> Callable[[], None] | None:
    """Calls `progress` whenever there is something new to see."""
    if progress is None:
        return None
    last: list[Progress] = []

    def on_step() -> None:
        hand = session.hand
        now = Progress(session.meter_no, session.ledger.state, hand.keys_pressed, keys_total, hand.shown)
        if last != [now]:
            last[:] = [now]
            progress(now)

    return on_step
