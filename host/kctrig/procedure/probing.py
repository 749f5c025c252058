"""Looking at a meter without a journal: which one it is, and on which key revision. Nothing pressed here can change it."""

from __future__ import annotations

import secrets
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from kctrig.link.errors import KctrigError
from kctrig.procedure.drive import Clock, Driver, RigLike, Stop, SystemClock
from kctrig.procedure.events import LinkTrouble
from kctrig.procedure.hand import Hand
from kctrig.procedure.look import Look
from kctrig.procedure.pace import Pace
from kctrig.procedure.reader import ProfileReader, habits_of
from kctrig.procedure.verdicts import Verdict
from kctrig.profiles import Profile

SYSTEM_CLOCK = SystemClock()


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
    script = Look(hand_for(profile, pace), profile.name, krn=krn, started_ms=clock.now_ms())
    driver = Driver(rig, None, clock, stop=stop, trouble=allow(rig, profile))
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


def hand_for(profile: Profile, pace: Pace | None, job_ids: Iterator[int] | None = None) -> Hand:
    """A hand with this brand's habits; `job_ids` for runs that are to be repeated exactly."""
    return Hand(ProfileReader(profile), habits_of(profile, pace), job_ids or _job_ids())


def _job_ids() -> Iterator[int]:
    while True:
        yield secrets.randbits(32)


def allow(rig: RigLike, profile: Profile) -> LinkTrouble | None:
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
