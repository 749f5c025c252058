"""The journal as one host process has it: commits take time, fail, and are where the process dies."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from kctrig.records.errors import StoreError
from kctrig.records.points import MeterPast
from kctrig.sim.campaign.disks import AttemptLike, Disk, StoreLike
from kctrig.sim.campaign.plan import Plan
from kctrig.sim.campaign.world import BenchWorld


class Journal:
    """A store that the plan interferes with; counts the journal points of the whole campaign.

    Attributes:
        records: journal points asked for so far, claims among them.
        failed: the disk did not take a point since this was last set False.
        store: what the living process has open.
    """

    def __init__(self, disk: Disk, world: BenchWorld, plan: Plan) -> None:
        self._disk = disk
        self._world = world
        self._crashes = {crash.record: crash.when for crash in plan.crashes}
        self._failing = frozenset(plan.failing_records)
        self._commit_ms = plan.commit_ms
        self._left = False
        self.records = 0
        self.failed = False
        self.store: StoreLike = disk.open()

    def host_died(self) -> None:
        """The process is gone; what it left on the disk stays."""
        if not self._left:
            self._disk.crash()
            self._left = True

    def host_starts(self) -> None:
        """The next process opens what the last one left."""
        self.store = self._disk.open()
        self._left = False

    def claim(self, meter_no: str, profile_name: str, body: Mapping[str, object]) -> Attempt:
        """See `kctrig.records.store.Store.claim`."""
        claimed: list[AttemptLike] = []
        self.commit(lambda: claimed.append(self.store.claim(meter_no, profile_name, body)), "claim")
        return Attempt(self, claimed[0])

    def fingerprint(self, token: str) -> str:
        """See `kctrig.records.store.Store.fingerprint`."""
        return self.store.fingerprint(token)

    def commit(self, write: Callable[[], None], point: str) -> None:
        """Write one point, as well as the plan lets it be written. Raises StoreError, HostCrash."""
        self.records += 1
        world = self._world
        if self._commit_ms:
            world.run(world.now_ms() + self._commit_ms)
        if self.records in self._failing:
            world.say(f"the disk does not take journal point {self.records} ({point})")
            self.failed = True
            raise StoreError("the disk is full")
        when = self._crashes.get(self.records)
        if when is None:
            write()
            return
        world.say(f"the host is killed {when} journal point {self.records} ({point}) is written")
        if when == "after":
            write()
        elif when == "while":
            self._disk.torn(write)
            self._left = True
        world.crash()

    @property
    def dead(self) -> bool:
        """Whether the process that had this open is gone."""
        return not self._world.host_up


class Attempt:
    """One claimed attempt in the hands of a process that may die."""

    def __init__(self, journal: Journal, inner: AttemptLike) -> None:
        self._journal = journal
        self._inner = inner

    @property
    def number(self) -> int:
        """1 for the first on this meter."""
        return self._inner.number

    @property
    def history(self) -> MeterPast:
        """What was known before it."""
        return self._inner.history

    def record(self, point: str, body: Mapping[str, object]) -> None:
        """Make a point durable."""
        self._journal.commit(lambda: self._inner.record(point, body), point)

    def close(self) -> None:
        """Let go of the meter; the dead do not."""
        if not self._journal.dead:
            self._inner.close()
