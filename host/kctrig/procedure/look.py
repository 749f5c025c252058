"""Looking only: which meter is this (75), which key revision has it (04). No token, no journal needed."""

from __future__ import annotations

from kctrig.procedure.hand import Hand
from kctrig.procedure.machine import EntryMachine
from kctrig.procedure.session import Session
from kctrig.procedure.touch import Steps
from kctrig.procedure.trouble import Trouble
from kctrig.procedure.verdicts import Outcome, Verdict


class Look:
    """The script; `machine` is what drives it, the ledger of `session` holds what was read."""

    def __init__(self, hand: Hand, profile_name: str, *, krn: bool = True, started_ms: int = 0) -> None:
        self._krn = krn
        self.session = Session(hand, "", profile_name, started_ms=started_ms)
        self.machine = EntryMachine(self._run, hand)

    def _run(self) -> Steps[Outcome]:
        session, ledger = self.session, self.session.ledger
        try:
            yield from session.begin()
            ledger.number = yield from session.ask_number()
            session.meter_no = ledger.number or ""
            if ledger.number is not None:
                ledger.state = "IDENTIFIED"
            if self._krn:
                ledger.before = ledger.after = yield from session.ask_krn()
        except Trouble as trouble:
            yield from session.tidy()
            return session.outcome(Verdict.INFRA_ERROR, trouble.code, str(trouble))
        missing = [
            what
            for what, known in (
                ("meter number", ledger.number),
                ("key revision", ledger.before if self._krn else True),
            )
            if known is None
        ]
        if missing:
            shown = session.hand.reader.text(session.hand.glass.image)
            return session.outcome(
                Verdict.BLOCKED,
                "unreadable",
                f"no {' and no '.join(missing)} that this profile can read; the glass shows {shown or 'nothing'}",
            )
        return session.outcome(Verdict.READY, "", "looked at; nothing was entered")
