"""What a work list becomes: rows to work on, rows left out, remarks on rows kept."""

from __future__ import annotations

from dataclasses import dataclass


class WorkListError(Exception):
    """The file as a whole cannot be read as a work list; nothing happened to any meter.

    The text is one line that says what is wrong and what to do.
    """

    effect = "nothing"


@dataclass(frozen=True, slots=True)
class WorkRow:
    """One meter and the tokens issued for it, as the list has them.

    `row_no` is the row that the spreadsheet shows. `tokens` are 20 digits each, in the order of the columns.
    `unspent_credit` is a credit token of the old key that the customer has bought and not entered; `credit_told`: the
    list has a column for it, so that an empty cell says that there is none. `clear_tamper` is entered before everything
    else, `new_credit`, which is for the new key, after it.
    `vkrn` is what the list claims about the meter, never a verdict: `41`, `42` or `43` however the cell writes it, any
    other text as it stands there.
    """

    row_no: int
    meter_no: str
    profile_name: str
    merk_type: str
    vkrn: str
    tokens: tuple[str, ...]
    idpel: str = ""
    address: str = ""
    issued: str = ""
    unspent_credit: str | None = None
    credit_told: bool = False
    clear_tamper: str | None = None
    new_credit: str | None = None
    extra: tuple[tuple[str, str], ...] = ()

    @property
    def all_tokens(self) -> tuple[str, ...]:
        """Every token of the row, the sections first."""
        others = (self.unspent_credit, self.clear_tamper, self.new_credit)
        return (*self.tokens, *(digits for digits in others if digits))


@dataclass(frozen=True, slots=True)
class Finding:
    """What is wrong in some cells of a row (`columns`), and what to do about it."""

    columns: tuple[str, ...]
    wrong: str
    action: str

    def __str__(self) -> str:
        return f"{' and '.join(self.columns)}: {self.wrong}; {self.action}"


@dataclass(frozen=True, slots=True)
class RowReport:
    """Everything found in one row; its text is the one line that a person reads.

    Used for defects (the row is left out) and for notes (the row is kept).
    """

    row_no: int
    findings: tuple[Finding, ...]

    def __str__(self) -> str:
        return f"row {self.row_no}, " + "; also ".join(str(finding) for finding in self.findings)


@dataclass(frozen=True, slots=True)
class WorkList:
    """Rows to work on, `defects` of the rows left out and `notes` on rows kept, each in the list's order."""

    rows: tuple[WorkRow, ...]
    defects: tuple[RowReport, ...]
    notes: tuple[RowReport, ...] = ()
