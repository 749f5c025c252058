"""What AP2T and P2APST have registered of each meter, read from their exports; nothing is repaired or left out in silence."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from kctrig.lang import N_
from kctrig.sop import names
from kctrig.sop.moments import Moment, UnreadableMoment, read_moment
from kctrig.sop.said import Said, say
from kctrig.sop.table import Row, Table, beyond_said
from kctrig.sop.vkrn import UnreadableVkrn, Vkrn, read_vkrn
from kctrig.worklist.cells import CellError, meter_number
from kctrig.worklist.vkrn import code_in

_ROUNDED = re.compile(r"[+-]?\d(?:[.,]\d+)?E\+?\d+", re.IGNORECASE)
_IDPEL = re.compile(r"\d{5,}")
_CODES = re.compile(r"[^/]*/[^/]*/(.*)", re.DOTALL)


class Confirmation(StrEnum):
    """What the officer confirmed in the application (SOP 5.b); a person's word."""

    BERHASIL = "Berhasil"
    GAGAL = "Gagal"


_CONFIRMED = {
    "berhasil": Confirmation.BERHASIL,
    "sukses": Confirmation.BERHASIL,
    "success": Confirmation.BERHASIL,
    "ok": Confirmation.BERHASIL,
    "gagal": Confirmation.GAGAL,
    "gagal kct": Confirmation.GAGAL,
    "berhasil kct": Confirmation.BERHASIL,
    "failed": Confirmation.GAGAL,
    "tidak berhasil": Confirmation.GAGAL,
}
_NOTHING = frozenset({"", "-", "belum", "null"})


@dataclass(frozen=True, slots=True)
class Registered:
    """One row of a register.

    Attributes:
        row_no: as the spreadsheet shows it.
        meter_no: 11 or 13 digits; the text of the cell where it is none, which `problems` then says.
        vkrn: None when it is missing or unreadable.
        updated: says whether the register holds the meter for upgraded; None when neither VKRN nor confirmation say so.
        problems: what keeps the row from being compared.
        remarks: what a person should know although the row can be compared.
        is_named: whether it can be told which meter or customer the row is of.
    """

    row_no: int
    idpel: str
    meter_no: str
    vkrn: Vkrn | None
    vkrn_before: Vkrn | None = None
    confirmation: Confirmation | None = None
    update: Moment | None = None
    updated: bool | None = None
    problems: tuple[Said, ...] = ()
    remarks: tuple[Said, ...] = ()
    is_named: bool = True


@dataclass(frozen=True, slots=True)
class Footer:
    """A row without any cell that is needed: a sum, a signature, a page number."""

    row_no: int
    text: str

    @property
    def said(self) -> Said:
        """The line for the person."""
        return say(
            N_("row {row} has no meter number, IDPEL or VKRN and is no meter: {cells}"),
            row=self.row_no,
            cells=repr(self.text[:60]),
        )


def read_register(table: Table, *, needs_meter: bool = True) -> Iterator[Registered | Footer]:
    """One record a row. `needs_meter` is False for P2APST, whose rows may carry an IDPEL only."""
    width = len(table.header)
    for row in table.rows:
        if not _is_meter(row, needs_meter):
            yield Footer(row.row_no, " ".join(filter(None, row.all_cells)))
        else:
            yield _registered(row, needs_meter, row.beyond(width), table.by_comma)


def _is_meter(row: Row, needs_meter: bool) -> bool:
    """Whether a row is of a meter, however badly it names it; a sum or a signature is not."""
    idpel, vkrn = row.text(names.IDPEL), row.text(names.VKRN)
    if row.text(names.NO_METER) or _IDPEL.search(idpel) or _ROUNDED.fullmatch(idpel):
        return True
    return bool(vkrn) if needs_meter else code_in(vkrn) is not None


def _registered(row: Row, needs_meter: bool, beyond: str, by_comma: bool) -> Registered:
    problems: list[Said] = []
    remarks: list[Said] = []
    if beyond:
        # where a comma parts cells the cells before these stand in wrong columns, and one of them may be the VKRN
        (problems if by_comma else remarks).append(beyond_said(beyond))
    meter_no = row.text(names.NO_METER)
    is_named = True
    if meter_no or needs_meter:
        try:
            meter_no = meter_number(meter_no)
        except CellError:
            problems.append(_wrong_number(meter_no))
            is_named = False
    elif not row.text(names.IDPEL):
        problems.append(say(N_("the row names neither a meter number nor an IDPEL; take them from P2APST")))
        is_named = False
    if _ROUNDED.fullmatch(row.text(names.IDPEL)):
        is_named = is_named and bool(meter_no)
        # without a meter number the row cannot be found in AP2T by it
        (remarks if meter_no else problems).append(
            say(
                N_("IDPEL {text} was rounded by a spreadsheet; export the column as text"),
                text=row.text(names.IDPEL),
            )
        )
    confirmation = _confirmation(row, remarks)
    vkrn = _vkrn(row, names.VKRN, problems)
    updated = vkrn.is_updated if vkrn else None
    if vkrn is None and not row.text(names.VKRN) and confirmation is not None:
        updated = confirmation is Confirmation.BERHASIL
    elif vkrn is None and not problems and needs_meter:
        problems.append(UnreadableVkrn("").said)
    if (
        vkrn is not None
        and confirmation is not None
        and vkrn.is_updated != (confirmation is Confirmation.BERHASIL)
    ):
        remarks.append(
            say(N_("confirmed {confirmed}, yet VKRN {vkrn}"), confirmed=confirmation.value, vkrn=int(vkrn))
        )
    return Registered(
        row.row_no,
        row.text(names.IDPEL),
        meter_no,
        vkrn,
        _vkrn(row, names.VKRN_BEFORE, remarks),
        confirmation,
        _update(row, remarks),
        updated,
        tuple(problems),
        tuple(remarks),
        is_named,
    )


def _wrong_number(text: str) -> Said:
    if not text:
        return say(N_("the meter number is empty; take it from AP2T or the meter's name plate"))
    if _ROUNDED.fullmatch(text):
        return say(
            N_("meter number {text} was rounded by a spreadsheet; export the column as text"), text=text
        )
    return say(
        N_("meter number {text} is not 11 or 13 digits; correct it from AP2T or the meter's name plate"),
        text=repr(text[:30]),
    )


def _vkrn(row: Row, column: str, wrong: list[Said]) -> Vkrn | None:
    text = row.text(column)
    if not text:
        return None
    try:
        return read_vkrn(text)
    except UnreadableVkrn as fault:
        wrong.append(fault.said)
        return None


def _confirmation(row: Row, remarks: list[Said]) -> Confirmation | None:
    text = " ".join(row.text(names.CONFIRMATION).lower().replace('"', "").split())
    found = _CONFIRMED.get(text)
    if found is None and text not in _NOTHING:
        remarks.append(
            say(
                N_("confirmation {text} is neither Berhasil nor Gagal"),
                text=repr(row.text(names.CONFIRMATION)[:30]),
            )
        )
    return found


def _update(row: Row, remarks: list[Said]) -> Moment | None:
    try:
        return update_of(row)
    except UnreadableMoment as fault:
        remarks.append(say(N_("time of update: {wrong}"), wrong=fault.said))
        return None


def update_of(row: Row) -> Moment | None:
    """The time of update in a row: cells of its own, or the page's `KODESTATUS/KIRIM/TGUPDATE`; None without any.

    Raises:
        UnreadableMoment: it stands there and is no time.
    """
    text, clock = row.text(names.UPDATED), row.text(names.UPDATED_CLOCK)
    codes = _CODES.fullmatch(row.text(names.CODES))
    if not text and row.text(names.CODES):
        if codes is None:
            raise UnreadableMoment(row.text(names.CODES))
        text = codes[1]
    if text in ("", "-") and not clock:
        return None
    return read_moment(text, clock)
