"""Which key jobs are open, and which start of the rig each was given to."""

from __future__ import annotations

from rigwire import messages

REMEMBERED_JOBS = 256


class JobWatch:
    """Job ids from the first transmission of their RUN_KEYS to their end.

    Attributes:
        open_jobs: ids of jobs that were sent and of which no end has been seen, oldest first.
    """

    def __init__(self) -> None:
        self.open_jobs: list[int] = []
        self._given: dict[int, int] = {}  # job id: boot_id

    @property
    def oldest(self) -> int | None:
        """The job that has been open for longest, or None."""
        return self.open_jobs[0] if self.open_jobs else None

    def may_be_sent(self, job_id: int, boot_id: int) -> bool:
        """False when an earlier start of the rig was given this id: the table of this start cannot know it."""
        given = self._given.setdefault(job_id, boot_id)
        if len(self._given) > REMEMBERED_JOBS:
            del self._given[next(iter(self._given))]
        return given == boot_id

    def sent(self, job_id: int) -> None:
        """A RUN_KEYS of this job goes on the wire."""
        if job_id not in self.open_jobs:
            self.open_jobs.append(job_id)

    def refused(self, job_id: int) -> None:
        """The rig did not take it."""
        if job_id in self.open_jobs:
            self.open_jobs.remove(job_id)

    def seen(self, job_id: int, state: int) -> None:
        """The rig told the state of a job; one that its table does not know never reached this start of the rig."""
        if state != messages.JOB_RUNNING and job_id in self.open_jobs:
            self.open_jobs.remove(job_id)

    def forget_open(self) -> list[int]:
        """The rig restarted: the ids whose outcome nobody knows now."""
        unknown, self.open_jobs = self.open_jobs, []
        return unknown
