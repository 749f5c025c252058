"""Drives the entry machines with a rig and a journal: the thin edge between pure steps and the world.

Signatures to build on; the body follows.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from kctrig.procedure.ports import Journal
from kctrig.procedure.verdicts import Job, Outcome, TokenAnswer
from kctrig.profiles import Profile  # type: ignore[attr-defined]
from kctrig.rig import Rig  # type: ignore[attr-defined]


@dataclass(frozen=True, slots=True)
class Progress:
    """One step of an attempt, for a person who watches.

    Attributes:
        state: READY, IDENTIFIED, PROBED, ENTERING 1, HALF, ENTERING 2, VERIFYING, or the verdict.
        keys_done, keys_total: of the tokens' digits.
        shown: text of the glass, token digits never in it.
    """

    meter_no: str
    state: str
    keys_done: int
    keys_total: int
    shown: str
    note: str = ""


class Stop:
    """A person wants to stop; ask() from a signal handler or another thread. Twice means at once."""

    count = 0

    def ask(self) -> None:
        """Ask once more."""
        self.count += 1


@dataclass(frozen=True, slots=True)
class Probe:
    """What 75 and 04 showed; None where the glass could not be read. `problem` says why, for people."""

    meter_no: str | None
    krn: int | None
    kt: int | None
    shown: str
    problem: str = ""


@dataclass(frozen=True, slots=True)
class Entered:
    """What `enter_tokens` did: one answer a token, and how the attempt ended."""

    answers: tuple[TokenAnswer, ...]
    outcome: Outcome


def upgrade_meter(
    rig: Rig,
    job: Job,
    profile: Profile,
    store: Journal,
    *,
    progress: Callable[[Progress], None] | None = None,
    ask: Callable[[str], str | None] | None = None,
    stop: Stop | None = None,
) -> Outcome:
    """Bring one meter to the wanted key revision, or say honestly why not. Raises only what `store.claim` raises."""
    raise NotImplementedError


def enter_tokens(
    rig: Rig,
    profile: Profile,
    tokens: Sequence[str],
    store: Journal,
    *,
    meter_no: str | None = None,
    progress: Callable[[Progress], None] | None = None,
    stop: Stop | None = None,
) -> Entered:
    """Enter tokens by hand, whatever they are for, stopping at the first that is not taken."""
    raise NotImplementedError


def probe_meter(rig: Rig, profile: Profile, *, stop: Stop | None = None) -> Probe:
    """Read 75 and 04. Needs no journal: nothing that is pressed can change the meter."""
    raise NotImplementedError


def identify_meter(
    rig: Rig, profiles: Sequence[Profile], *, stop: Stop | None = None
) -> tuple[str, Profile] | None:
    """Read the meter number with whichever of these profiles fits the glass; None when none does."""
    raise NotImplementedError
