"""A real station of a round: an open rig, the store, and the entry procedure between them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from kctrig import profiles
from kctrig.bench.round import Seen
from kctrig.procedure import runner
from kctrig.procedure.pace_book import PaceBook
from kctrig.procedure.ports import Attempt, Journal
from kctrig.procedure.runner import Progress, Stop
from kctrig.procedure.verdicts import CreditQuestion, Job, Outcome, Override
from kctrig.rig import Rig
from kctrig.worklist.rows import WorkRow


class SignedJournal:
    """A journal that adds to every claim by whom and on which rig it was made."""

    def __init__(self, journal: Journal, signature: Mapping[str, object]) -> None:
        self._journal = journal
        self._signature = {name: value for name, value in signature.items() if value}

    def claim(self, meter_no: str, profile_name: str, body: Mapping[str, object]) -> Attempt:
        """Claim the meter under the signature; raises what the journal raises."""
        return self._journal.claim(meter_no, profile_name, {**body, **self._signature})

    def fingerprint(self, token: str) -> str:
        """As the journal does."""
        return self._journal.fingerprint(token)


_KRN2_OF_THE_OLD_BASE = "42"


def job_of(row: WorkRow, *, no_credit: bool = False) -> Job:
    """What is to be done to the meter of a row: the unspent credit first, because the key change voids it.

    Where the list does not say whether there is one the operator is asked, but for `no_credit`: somebody knows of none.
    """
    told = row.credit_told or row.unspent_credit or no_credit
    return Job.of(
        row.meter_no,
        row.profile_name,
        row.tokens,
        clear_tamper=_some(row.clear_tamper),
        credit_before=_some(row.unspent_credit),
        credit_after=_some(row.new_credit),
        credit=CreditQuestion.NONE if told else CreditQuestion.UNKNOWN,
        old_base=row.vkrn == _KRN2_OF_THE_OLD_BASE,
    )


def _some(digits: str | None) -> tuple[str, ...]:
    return (digits,) if digits else ()


class RigStation:
    """An open rig, and what the procedure needs beside it.

    Args:
        rig: closed by `close`.
        url: as the person named the rig.
        journal: where intents and verdicts go.
        progress: called in the thread that works on the rig.
        ask: a question to the person; None when there is nobody.
        stop: asked when a person wants to stop.
        paces: learned paces; the profile's own without.
        no_credit: nobody at these meters holds an unspent credit token; not asked then.
        override: for the meters of these rows, whose past may forbid something.
    """

    def __init__(
        self,
        rig: Rig,
        url: str,
        journal: Journal,
        *,
        progress: Callable[[str, Progress], None],
        ask: Callable[[str], str | None] | None,
        stop: Stop,
        paces: PaceBook | None = None,
        no_credit: bool = False,
        override: Override | None = None,
    ) -> None:
        self._rig = rig
        self._url = url
        self._journal = journal
        self._progress = progress
        self._ask = ask
        self._stop = stop
        self._paces = paces
        self._no_credit = no_credit
        self._override = override

    def identify(self, rows: Sequence[WorkRow]) -> Seen:
        """Read the number with the profiles of these rows."""
        names = sorted({row.profile_name for row in rows})
        found = runner.identify_meter(self._rig, [profiles.load(name) for name in names], stop=self._stop)
        if found is None:
            return Seen(None, f"75 showed no number that a profile of the list can read: {', '.join(names)}")
        return Seen(found.meter_no)

    def upgrade(self, row: WorkRow) -> Outcome:
        """Run the whole procedure for the row."""
        return runner.upgrade_meter(
            self._rig,
            job_of(row, no_credit=self._no_credit),
            profiles.load(row.profile_name),
            self._journal,
            progress=lambda step: self._progress(self._url, step),
            ask=self._ask,
            stop=self._stop,
            paces=self._paces,
            override=self._override,
        )

    def close(self) -> None:
        """Every key up, then let go of the rig."""
        self._rig.close()
