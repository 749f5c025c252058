"""The lists that go back to AP2T and P2APST: what is proved, and apart from it what is not. Written in Indonesian."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, tzinfo
from enum import StrEnum
from pathlib import Path

from kctrig.worklist import table
from kctrig.worklist.rows import WorkListError, WorkRow

RESULT_HEADINGS = (
    *("IDPEL", "NO_METER", "MERK_TYPE", "HASIL", "ALASAN"),
    *("KRN", "KT", "TAMPILAN", "WAKTU", "PETUGAS", "BUKTI"),
)
DOUBT_HEADINGS = (
    *("IDPEL", "NO_METER", "MERK_TYPE", "BELUM_PASTI", "KETERANGAN"),
    *("KRN_TERBACA", "TAMPILAN", "WAKTU", "PETUGAS", "BUKTI"),
)
"""No column of results: a program that imports results finds none here."""

CHANGE_NOT_SEEN = "04 shows KRN 2 under VKRN 42 before the upgrade, too, and no store saw KRN 1 before"
_DOUBT = "belum pasti"
_REASONS = {
    "PASS_VERIFIED": "KRN baru terbaca di meter setelah token dimasukkan",
    "ALREADY_DONE": "KRN baru sudah terbaca di meter sebelum token dimasukkan",
}
_CODES = {
    "refused": "token ditolak meter",
    "used": "token ditolak meter: sudah pernah dipakai",
    "old": "token ditolak meter: sudah kedaluwarsa",
    "locked": "meter terkunci, tidak menerima token",
}

_WHY = {
    "not in any store": "tidak ada di catatan mana pun",
    "never begun": "tidak pernah dimulai",
    "begun and not finished": "dimulai dan belum selesai",
    "a token was entered and no verdict came after it": "token dimasukkan dan tidak ada putusan sesudahnya",
    "opened again by a person": "dibuka lagi oleh petugas",
    CHANGE_NOT_SEEN: "VKRN 42: 04 menunjukkan KRN 2 juga sebelum upgrade, dan KRN 1 tidak pernah terlihat sebelumnya",
    "the stores do not agree: ": "catatan tidak sepakat: ",
}


class Result(StrEnum):
    """The word that goes back."""

    DONE = "Berhasil"
    REFUSED = "Gagal"
    NOT_PROVED = "Belum pasti"


@dataclass(frozen=True, slots=True)
class Told:
    """What is told of one meter.

    Attributes:
        result: as a store proves it.
        verdict, code: of the attempt, as the store has them.
        doubt: what it is that nothing is proved, in Indonesian; `why` in the words of the record.
        sentence: the reason of the attempt by its code, in Indonesian; empty where `why` is none or has no code.
        krn, kt: None where not read, or not shown by the brand.
        at_unix_ms: 0 where nothing happened.
        evidence: store and number of the event.
    """

    meter_no: str
    result: Result
    verdict: str = ""
    code: str = ""
    doubt: str = ""
    why: str = ""
    sentence: str = ""
    krn: int | None = None
    kt: int | None = None
    shown: str = ""
    at_unix_ms: int = 0
    operator: str = ""
    evidence: str = ""

    @property
    def reason(self) -> str:
        """In words, for a result that is proved."""
        if self.result is Result.DONE:
            return _REASONS.get(self.verdict, self.verdict)
        return _CODES.get(self.code, f"meter menolak ({self.code or self.verdict})")


def doubt_path(out: Path) -> Path:
    """Where the meters go of which nothing is proved: beside the results, under a name of its own."""
    return out.with_name(f"{out.stem}.{_DOUBT.replace(' ', '-')}{out.suffix}")


def write_back(
    out: Path, told: Sequence[Told], rows: Mapping[str, WorkRow], zone: tzinfo | None = None
) -> tuple[Path, Path]:
    """Write results and doubts into two files, CSV or .xlsx by the name; gives both paths.

    Both are always written, so that an old one of an earlier export is never taken for this one's.

    Args:
        out: the results.
        told: one a meter.
        rows: of the work lists, by meter number: IDPEL and MERK_TYPE come from there.
        zone: of the times; None is this machine's.

    Raises:
        WorkListError: a file is there already or cannot be written.
    """
    doubts = doubt_path(out)
    table.check_format(out)
    for path in (out, doubts):
        if path.exists():
            raise WorkListError(f"{path} is there already; name a new file")
    table.write(doubts, DOUBT_HEADINGS, _doubts(told, rows, zone), "Belum pasti")
    table.write(out, RESULT_HEADINGS, _results(told, rows, zone), "Hasil")
    return out, doubts


def _results(
    told: Sequence[Told], rows: Mapping[str, WorkRow], zone: tzinfo | None
) -> Iterator[Sequence[str]]:
    for one in told:
        if one.result is not Result.NOT_PROVED:
            yield (
                *(*_who(one, rows), one.result.value, one.reason),
                *(
                    _number(one.krn),
                    _number(one.kt),
                    one.shown,
                    _when(one.at_unix_ms, zone),
                    one.operator,
                    one.evidence,
                ),
            )


def _doubts(
    told: Sequence[Told], rows: Mapping[str, WorkRow], zone: tzinfo | None
) -> Iterator[Sequence[str]]:
    for one in told:
        if one.result is Result.NOT_PROVED:
            yield (
                *(
                    *_who(one, rows),
                    one.doubt or "belum ada putusan",
                    one.sentence or _in_indonesian(one.why),
                ),
                *(_number(one.krn), one.shown, _when(one.at_unix_ms, zone), one.operator, one.evidence),
            )


def _in_indonesian(why: str) -> str:
    """What kctrig itself says of a record; the reason of an attempt stays in the words of the record."""
    for english, indonesian in _WHY.items():
        why = why.replace(english, indonesian)
    return why.replace(", but 04 shows KRN ", ", tetapi 04 menunjukkan KRN ")


def _who(one: Told, rows: Mapping[str, WorkRow]) -> tuple[str, str, str]:
    row = rows.get(one.meter_no)
    return (row.idpel, one.meter_no, row.merk_type) if row else ("", one.meter_no, "")


def _number(value: int | None) -> str:
    return "" if value is None else str(value)


def _when(at_unix_ms: int, zone: tzinfo | None) -> str:
    """As P2APST writes it."""
    if not at_unix_ms:
        return ""
    return datetime.fromtimestamp(at_unix_ms / 1000, zone).strftime("%d-%m-%Y %H:%M:%S")
