"""Drives the entry machines with a rig and a journal: the thin edge between pure steps and the world."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from kctrig.link.errors import KctrigError
from kctrig.procedure.by_hand import ByHand
from kctrig.procedure.drive import Clock, Driver, Progress, RigLike, Stop, SystemClock
from kctrig.procedure.events import LinkTrouble
from kctrig.procedure.hand import Hand
from kctrig.procedure.look import Look
from kctrig.procedure.pace import Pace
from kctrig.procedure.pace_book import PaceBook
from kctrig.procedure.ports import Attempt, Journal
from kctrig.procedure.reader import ProfileReader, habits_of
from kctrig.procedure.session import Session
from kctrig.procedure.upgrade import Upgrade
from kctrig.procedure.verdicts import Job, Outcome, TokenAnswer, TokenStep, Verdict
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

SYSTEM_CLOCK = SystemClock()
ENTER_NOT_TAKEN = "enter_not_taken"


@dataclass(frozen=True, slots=True)
class Probe:
    """What 75 and 04 showed; None where the glass could not be read. `problem` says why, for people."""

    meter_no: str | None
    krn: int | None
    kt: int | None
    shown: str
    problem: str = ""
    verdict: Verdict = Verdict.READY


@dataclass(frozen=True, slots=True)
class Identity:
    """A meter number read with the profiles whose glass fits; the work list says which of them is right."""

    meter_no: str
    profiles: tuple[Profile, ...]


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
) -> Outcome:
    """Bring one meter to the wanted key revision, or say honestly why not.

    An attempt whose Enter the meter did not take (the glass went on showing the entry, which was then cleared) is
    begun again from the first look, `attempts` times in all. Everything else ends here.

    `ask` puts a question to the operator; without it nobody is asked and the outcome says so. `stop`, asked once,
    submits nothing more; asked twice, it stops at once. `pace` is a faster or slower one than the profile's;
    `paces` gives the one learned so far, and learns from this meter.
    `job_ids` numbers the key jobs, for runs that are to be repeated exactly; random when left out.

    Raises:
        StoreError: from `store.claim`: the meter is being worked on elsewhere, or the store cannot be written.
    """

    def once() -> Outcome:
        hand = _hand(profile, pace or _learned_pace(paces, profile, rig), job_ids)

        def script(attempt: Attempt) -> Upgrade:
            return Upgrade(
                hand,
                job,
                attempt.history,
                store.fingerprint,
                attempt=attempt.number,
                unix_ms_at_start=clock.unix_ms(),
                started_ms=clock.now_ms(),
            )

        work = _Work(rig, profile, store, clock, job.meter_no, job.steps)
        outcome = work.attempt(script, look_keys=6, ask=ask, stop=stop, progress=progress)
        if paces is not None and pace is None:
            paces.learn(profile, _firmware(rig), hand.first_tries)
        return outcome

    outcome = once()
    for _ in range(attempts - 1):
        if outcome.code != ENTER_NOT_TAKEN or (stop is not None and stop.count):
            break
        outcome = once()
    return outcome


def enter_tokens(
    rig: RigLike,
    profile: Profile,
    tokens: Sequence[str],
    store: Journal,
    *,
    meter_no: str | None = None,
    before: Callable[[str], None] | None = None,
    progress: Callable[[Progress], None] | None = None,
    stop: Stop | None = None,
    pace: Pace | None = None,
    clock: Clock = SYSTEM_CLOCK,
) -> Entered:
    """Enter tokens by hand, whatever they are for; stops at two refusals and at anything unclear.

    `meter_no` is the meter it must be; when left out, the one whose number the glass shows. `before` is called with
    that number before the attempt is claimed.

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
    if before is not None:
        before(meter_no)
    number = meter_no

    def script(attempt: Attempt) -> ByHand:
        return ByHand(
            _hand(profile, pace),
            number,
            profile.name,
            tokens,
            attempt.history,
            store.fingerprint,
            attempt=attempt.number,
            unix_ms_at_start=clock.unix_ms(),
            started_ms=clock.now_ms(),
        )

    work = _Work(rig, profile, store, clock, number, steps)
    outcome = work.attempt(script, look_keys=3, stop=stop, progress=progress)
    return Entered(outcome.answers, outcome)


def probe_meter(
    rig: RigLike,
    profile: Profile,
    *,
    krn: bool = True,
    stop: Stop | None = None,
    pace: Pace | None = None,
    clock: Clock = SYSTEM_CLOCK,
) -> Probe:
    """Read 75 and 04. Needs no journal: nothing that is pressed can change the meter."""
    script = Look(_hand(profile, pace), profile.name, krn=krn, started_ms=clock.now_ms())
    driver = Driver(rig, None, clock, stop=stop, trouble=_allow(rig, profile))
    outcome = driver.run(script.machine)
    ledger = script.session.ledger
    problem = "" if outcome.verdict is Verdict.READY else outcome.reason
    return Probe(
        ledger.number, outcome.krn_after, outcome.kt_after, outcome.shown_after, problem, outcome.verdict
    )


def identify_meter(
    rig: RigLike, profiles: Sequence[Profile], *, stop: Stop | None = None, clock: Clock = SYSTEM_CLOCK
) -> Identity | None:
    """Read the meter number with those of these profiles whose glass fits, at the slowest of their paces.

    None when no profile fits the glass, or none can read a number from it.
    """
    image = _glass(rig)
    fitting = [profile for profile in profiles if ProfileReader(profile).fits(image)]
    pace = Pace(
        max((profile.press_ms for profile in fitting), default=1),
        max((profile.gap_ms for profile in fitting), default=1),
    )
    tried: list[Profile] = []
    for profile in fitting:
        if any(_reads_alike(profile, other) for other in tried):
            continue
        tried.append(profile)
        probe = probe_meter(rig, profile, krn=False, stop=stop, pace=pace, clock=clock)
        if probe.meter_no is not None:
            alike = tuple(other for other in fitting if _reads_alike(profile, other))
            return Identity(probe.meter_no, alike)
    return None


def _reads_alike(one: Profile, other: Profile) -> bool:
    """Whether both type 75 and read its answer in the same way, so that trying the other too is of no use."""
    return (one.glass, one.echo, one.codes.number, one.enter_key, one.erase_key) == (
        other.glass,
        other.echo,
        other.codes.number,
        other.enter_key,
        other.erase_key,
    )


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
                trouble=_allow(self.rig, self.profile),
                on_step=_watcher(script.session, progress, look_keys + 21 * len(self.steps)),
            )
            return driver.run(script.machine)
        finally:
            attempt.close()


def _hand(profile: Profile, pace: Pace | None, job_ids: Iterator[int] | None = None) -> Hand:
    return Hand(ProfileReader(profile), habits_of(profile, pace), job_ids or _job_ids())


def _job_ids() -> Iterator[int]:
    while True:
        yield secrets.randbits(32)


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


def _allow(rig: RigLike, profile: Profile) -> LinkTrouble | None:
    """Tell the firmware what may be submitted on this brand; what went wrong with that, if anything."""
    try:
        rig.allow_codes(profile.enter_key, profile.erase_key, profile.allowed_codes)
    except KctrigError as error:
        return LinkTrouble(str(error), error.effect)
    return None


def _glass(rig: RigLike) -> bytes:
    try:
        return rig.glass().image
    except KctrigError:
        return b""
