"""How fast a brand's keys may be pressed, learned from what its glass echoed: a little faster, much slower.

Speed is counted in shares of the fastest pace that is allowed (1.0). An entry that was echoed rightly at the first try
adds `STEP`; a wrong echo multiplies the speed. How much it takes away depends on what this speed is known for: a
keypad that loses a key in a hundred spoils one entry in five at any speed, a pace that is too fast spoils nearly all.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Protocol

from kctrig.procedure.pace import Pace
from kctrig.profiles import Profile

MARGIN_MS = 2
"""What is added to the shortest certain press and gap: the clocks of rig and meter are not one."""
SLOWEST_FACTOR = 4
"""The slowest pace, in times of the profile's."""
STEP = 0.05
EASE = 0.95
BRAKE = 0.7
NOISE_SHARE = 0.5
"""A speed whose entries were wrong no more often than this is not what spoils them."""
_ENOUGH = 3
_FORGET_AT = 64
_PATIENCE_MAX = 16


@dataclass(frozen=True, slots=True)
class Bounds:
    """The fastest pace that may be tried, the slowest that is of use, and where learning begins."""

    fastest: Pace
    slowest: Pace
    start: Pace

    @classmethod
    def of(cls, profile: Profile) -> Bounds:
        """From the shortest certain times of a brand, its default pace, and how quick its erase key must be."""
        start = Pace(profile.press_ms, profile.gap_ms)
        fastest = Pace(
            min(profile.min_press_ms + MARGIN_MS, start.press_ms),
            min(profile.min_gap_ms + MARGIN_MS, start.gap_ms),
        )
        factor = min(float(SLOWEST_FACTOR), profile.clear.within_ms / start.key_ms)
        return cls(fastest, Pace(int(start.press_ms * factor), int(start.gap_ms * factor)), start)

    def at(self, speed: float) -> Pace:
        """The pace of a speed, never outside the bounds."""
        return Pace(
            min(max(round(self.fastest.press_ms / speed), self.fastest.press_ms), self.slowest.press_ms),
            min(max(round(self.fastest.gap_ms / speed), self.fastest.gap_ms), self.slowest.gap_ms),
        )

    def speed_of(self, pace: Pace) -> float:
        """The share of the fastest pace that this one is."""
        return self.fastest.key_ms / pace.key_ms


@dataclass(slots=True)
class Learned:
    """What is known of one brand.

    Attributes:
        speed: the one to use next.
        known: speed in hundredths to [right, wrong] entries at it, old ones fading.
        patience: entries that must be right before the next step into a speed that was too fast.
        streak: right entries since the speed last rose or was found too fast.
    """

    speed: float
    known: dict[int, list[int]] = field(default_factory=dict)
    patience: int = 1
    streak: int = 0

    def as_json(self) -> dict[str, object]:
        """For the store."""
        known = {str(speed): counts for speed, counts in self.known.items()}
        return {"speed": self.speed, "known": known, "patience": self.patience, "streak": self.streak}

    @classmethod
    def from_json(cls, body: Mapping[str, object], start: float) -> Learned:
        """What `as_json` gave; a fresh start for anything else."""
        speed, known = body.get("speed"), body.get("known")
        patience, streak = body.get("patience"), body.get("streak")
        if not isinstance(speed, int | float) or not isinstance(known, dict) or not 0 < speed <= 1:
            return cls(start)
        counts = {int(at): [int(right), int(wrong)] for at, (right, wrong) in known.items()}
        return cls(
            float(speed),
            counts,
            patience if isinstance(patience, int) else 1,
            streak if isinstance(streak, int) else 0,
        )

    def take(self, right: bool, slowest: float) -> None:
        """Learn from one first try."""
        counts = self.known.setdefault(_level(self.speed), [0, 0])
        counts[not right] += 1
        if sum(counts) > _FORGET_AT:
            counts[:] = [count // 2 for count in counts]
        self._faster() if right else self._slower(slowest)

    def _faster(self) -> None:
        self.streak += 1
        faster = min(self.speed + STEP, 1.0)
        if self.streak >= (self.patience if self._too_fast(faster) else 1):
            self.speed, self.streak = faster, 0

    def _slower(self, slowest: float) -> None:
        if self._too_fast(self.speed):
            self.streak = 0
            self.patience = min(2 * self.patience, _PATIENCE_MAX)
            self.speed = max(self.speed * BRAKE, slowest)
        else:
            self.speed = max(self.speed * EASE, slowest)

    def _too_fast(self, speed: float) -> bool:
        """Whether several entries were wrong at this speed, and more of them than a bad keypad explains."""
        right, wrong = self.known.get(_level(speed), (0, 0))
        return wrong >= _ENOUGH and wrong > NOISE_SHARE * (right + wrong)


class Memory(Protocol):
    """Keeps small facts by name (kctrig.records.store.Store)."""

    def recall(self, name: str) -> Mapping[str, object] | None:
        """What is kept under this name."""

    def remember(
        self, name: str, change: Callable[[Mapping[str, object] | None], Mapping[str, object]]
    ) -> None:
        """Replace what is kept by what `change` makes of it, nobody else in between."""


class PaceBook:
    """The learned paces in a store, one for each brand and rig firmware."""

    def __init__(self, memory: Memory) -> None:
        self._memory = memory

    def pace(self, profile: Profile, firmware: str) -> Pace:
        """The pace to type with now."""
        bounds = Bounds.of(profile)
        try:
            kept = self._memory.recall(_name(profile, firmware))
        except Exception:  # a memory that cannot be read costs time, no more
            kept = None
        return bounds.at(self._learned(kept, bounds).speed)

    def learn(self, profile: Profile, firmware: str, first_tries: Sequence[bool]) -> None:
        """Take what came of the first tries (True: echoed rightly) that were typed at `pace`."""
        if not first_tries:
            return
        bounds = Bounds.of(profile)

        def change(before: Mapping[str, object] | None) -> Mapping[str, object]:
            learned = self._learned(before, bounds)
            for right in first_tries:
                learned.take(right, bounds.speed_of(bounds.slowest))
            return learned.as_json()

        with suppress(Exception):  # a pace that was not kept costs time, and may not touch the verdict
            self._memory.remember(_name(profile, firmware), change)

    def _learned(self, body: Mapping[str, object] | None, bounds: Bounds) -> Learned:
        return Learned.from_json(body or {}, bounds.speed_of(bounds.start))


def _name(profile: Profile, firmware: str) -> str:
    return f"pace {profile.name} {firmware}".strip()


def _level(speed: float) -> int:
    return round(speed * 20)
