"""The lines of a reconciliation as a table: one row a meter, every cell a text."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta, timezone

from kctrig.sop.reconcile import Line
from kctrig.sop.register import Registered

HEADER = (
    "IDPEL",
    "NO_METER",
    "VKRN_AP2T",
    "VKRN_P2APST",
    "KONFIRMASI",
    "TGL_UPDATE",
    "KRN_METER",
    "KT_METER",
    "TAMPILAN_04",
    "WAKTU_BACA",
    "PROFIL",
    "VERDICT",
    "KELAS",
    "ARTI",
    "ALASAN",
    "TINDAKAN",
    "CATATAN",
    "EVENT",
    "HASH",
    "STORE",
    "BARIS_AP2T",
)
"""Names that stay the same in both languages, so that the table can be read by machines."""


def cells(lines: Iterable[Line], lang: str, utc_offset_min: int) -> Iterator[tuple[str, ...]]:
    """The rows under `HEADER`; times of reading in the registers' time zone."""
    zone = timezone(timedelta(minutes=utc_offset_min))
    for line in lines:
        row, other, shown = line.registered, line.p2apst, line.shown
        look = shown.look if shown else None
        yield (
            row.idpel if row else (other.idpel if other else ""),
            line.meter_no,
            _vkrn(row),
            _vkrn(other),
            row.confirmation.value if row and row.confirmation else "",
            _update(row, other),
            _number(look.krn if look else None),
            _number(look.kt if look else None),
            look.shown if look else "",
            f"{datetime.fromtimestamp(look.at_unix_ms / 1000, zone):%Y-%m-%d %H:%M:%S}" if look else "",
            shown.profile if shown else "",
            shown.verdict if shown else "",
            line.kind.value,
            line.kind.said.into(lang),
            line.reason.into(lang),
            line.action.into(lang),
            "; ".join(remark.into(lang) for remark in line.remarks),
            _number(look.seq if look else None),
            look.hash if look else "",
            look.store if look else "",
            _number(row.row_no if row else None),
        )


def _vkrn(row: Registered | None) -> str:
    return str(int(row.vkrn)) if row and row.vkrn else ""


def _update(row: Registered | None, other: Registered | None) -> str:
    for one in (row, other):
        if one is not None and one.update is not None:
            return str(one.update)
    return ""


def _number(value: int | None) -> str:
    return "" if value is None else str(value)
