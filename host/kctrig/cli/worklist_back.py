"""`kctrig worklist back`: what the meters proved, as a list for AP2T and P2APST."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import asdict, replace
from datetime import tzinfo
from pathlib import Path

import click

from kctrig.cli import exits
from kctrig.cli.stores import must_exist
from kctrig.cli.work import profile_of
from kctrig.cli.worklist_out import counted
from kctrig.cli.zones import zone_option
from kctrig.records import proved
from kctrig.records.errors import StoreUnreadable
from kctrig.report import words
from kctrig.report.speech import Speech
from kctrig.worklist import table
from kctrig.worklist.back import CHANGE_NOT_SEEN, Result, Told, write_back
from kctrig.worklist.reader import read_each
from kctrig.worklist.rows import WorkRow

EPILOG = """\b
Example:
  kctrig worklist back round.csv --store shift.db --out hasil.csv
  kctrig worklist back north.xlsx south.xlsx --store meja-1.db --store meja-2.db --out hasil.xlsx

\b
FILE holds only what a meter proved: Berhasil (PASS_VERIFIED, ALREADY_DONE) and Gagal (REJECTED,
LOCKED_OUT, with the reason). Every other meter of the lists and the stores is in a second file,
FILE with .belum-pasti in its name, which has no column HASIL. A bent store exports nothing.
A meter with VKRN 42 in LIST shows KRN 2 before the upgrade, too: Berhasil only if a store saw KRN 1 before.
Exit codes: 0 every meter is proved; 2 bad input, nothing was written; 4 some are not proved.
"""

_RESULTS = {
    proved.Result.DONE: Result.DONE,
    proved.Result.REFUSED: Result.REFUSED,
    proved.Result.NOT_PROVED: Result.NOT_PROVED,
}
_NOT_BEGUN = "belum dikerjakan"
_NO_AGREEMENT = "catatan tidak sepakat: petugas harus melihat meter"
_OLD_BASE = "VKRN 42: perubahan tidak terlihat, petugas harus memeriksa AP2T"
_DOUBTS = {
    proved.NEVER_BEGUN: _NOT_BEGUN,
    proved.NOT_FINISHED: "belum selesai dikerjakan",
    proved.NO_VERDICT: "token dimasukkan, hasil tidak diketahui: petugas harus melihat meter",
    proved.OPENED_AGAIN: "dibuka lagi oleh petugas, belum dikerjakan lagi",
}
_DOUBTFUL_VERDICTS = {
    "IN_DOUBT": "hasil diragukan: petugas harus melihat meter",
    "HALF": "baru sebagian token diterima: lanjutkan sebelum batas waktu",
    "BLOCKED": "terhalang sebelum selesai",
    "INFRA_ERROR": "gangguan alat, tidak ada token yang dimasukkan",
    "READY": "belum ada token yang dimasukkan",
    "ENTERED": "token dimasukkan dengan tangan, KRN belum dibuktikan",
}


@click.command(epilog=EPILOG)
@click.argument("lists", metavar="[LIST]...", nargs=-1, type=click.Path())
@click.option(
    "--store",
    "stores",
    metavar="FILE",
    multiple=True,
    required=True,
    type=click.Path(path_type=Path),
    help="A store that `upgrade` wrote; repeat for more benches.",
)
@click.option(
    "--out",
    metavar="FILE",
    required=True,
    type=click.Path(path_type=Path, dir_okay=False),
    help="The results, .csv or .xlsx.",
)
@zone_option("Of the times in the results")
@click.option("--json", "as_json", is_flag=True, help="One JSON line a meter on stdout, too.")
def back(
    lists: tuple[str, ...], stores: tuple[Path, ...], out: Path, zone: tzinfo | None, as_json: bool
) -> int:
    """Write what the meters proved for AP2T and P2APST; IDPEL and MERK_TYPE come from LIST."""
    table.check_format(out)
    if len({path.resolve() for path in stores}) < len(stores):
        raise click.UsageError("a store is named twice; name each --store once")
    rows, old_base = _rows(lists)
    told = tell([_proofs(path) for path in stores], rows, old_base)
    results, doubts = write_back(out, told, rows, zone)
    counts = Counter(one.result for one in told)
    if as_json:
        for one in told:
            click.echo(json.dumps({**asdict(one), "result": one.result.value}, ensure_ascii=False))
    done, refused, doubtful = (counts[result] for result in Result)
    click.echo(f"{results}: {done} Berhasil, {refused} Gagal", err=as_json)
    click.echo(f"{doubts}: {doubtful} Belum pasti, not for import", err=as_json)
    return exits.IN_DOUBT if doubtful else exits.OK


def tell(
    stores: Sequence[proved.Proofs], rows: Mapping[str, WorkRow], old_base: Collection[str] = ()
) -> list[Told]:
    """One line for every meter of the lists, in their order, then for every other one of the stores.

    `old_base` are the meters that a list has under VKRN 42.
    """
    others = {
        meter_no: None for store in stores for meter_no in store.of if meter_no and meter_no not in rows
    }
    return [_tell(meter_no, stores, meter_no in old_base) for meter_no in (*rows, *others)]


def _tell(meter_no: str, stores: Sequence[proved.Proofs], is_old_base: bool) -> Told:
    """Stores that both know the meter must agree; one that never entered anything for it can only end a result.

    It does so by a later reading of 04 that says otherwise.
    """
    found = [
        (store.of[meter_no], f"{store.store_id[:8]}/{store.of[meter_no].seq}")
        for store in stores
        if meter_no in store.of
    ]
    if not found:
        return Told(meter_no, Result.NOT_PROVED, doubt=_NOT_BEGUN, why="not in any store")
    telling = [
        one for one in found if one[0].entered or one[0].result is not proved.Result.NOT_PROVED
    ] or found
    newest, evidence = max(telling, key=lambda one: one[0].at_unix_ms)
    told = Told(
        meter_no,
        _RESULTS[newest.result],
        newest.verdict,
        newest.code,
        _doubt(newest),
        newest.why,
        _sentence(newest),
        at_unix_ms=newest.at_unix_ms,
        operator=newest.operator,
        evidence=evidence,
    )
    told = _with_reading(told, newest.reading)
    if len({proof.result for proof, _ in telling}) > 1:
        every = " ".join(evidence for _, evidence in telling)
        why = "the stores do not agree: " + ", ".join(_in_short(proof) for proof, _ in telling)
        return replace(
            told, result=Result.NOT_PROVED, doubt=_NO_AGREEMENT, why=why, sentence="", evidence=every
        )
    if newest.result is proved.Result.NOT_PROVED:
        return told
    for store in stores:
        against = _against(newest, store.of.get(meter_no))
        if against is not None:
            why, where = newest.contradiction(against), f"{evidence} {store.store_id[:8]}/{against.seq}"
            doubted = replace(
                told, result=Result.NOT_PROVED, doubt=_NO_AGREEMENT, why=why, evidence=where, operator=""
            )
            return replace(_with_reading(doubted, against), at_unix_ms=against.at_unix_ms)
    if is_old_base and newest.result is proved.Result.DONE and not _saw_the_change(newest, found):
        return replace(told, result=Result.NOT_PROVED, doubt=_OLD_BASE, why=CHANGE_NOT_SEEN)
    return told


def _with_reading(told: Told, reading: proved.Reading | None) -> Told:
    return replace(told, krn=reading.krn, kt=reading.kt, shown=reading.shown) if reading else told


def _against(newest: proved.Proof, other: proved.Proof | None) -> proved.Reading | None:
    """The reading of another store that came after a result and contradicts it."""
    if other is None:
        return None
    is_done = newest.result is proved.Result.DONE
    reading = other.against_done if is_done else other.against_refused
    return reading if reading is not None and reading.at_unix_ms > newest.at_unix_ms else None


def _saw_the_change(newest: proved.Proof, found: Iterable[tuple[proved.Proof, str]]) -> bool:
    """Whether any of the stores saw an older key revision before the result."""
    times = [proof.old_at_unix_ms for proof, _ in found if proof.old_at_unix_ms is not None]
    return any(at <= newest.at_unix_ms for at in times)


def _in_short(proof: proved.Proof) -> str:
    """What a store says of a meter beside what another one says: its verdict, or why that is none any more."""
    is_verdict = proof.result is not proved.Result.NOT_PROVED or proof.is_reason_of_attempt
    return proof.verdict if is_verdict and proof.verdict else proof.why


def _sentence(proof: proved.Proof) -> str:
    """The reason of an attempt by its code, in Indonesian; empty where it is not the reason that proves nothing."""
    if not proof.is_reason_of_attempt:
        return ""
    speech = Speech("id")
    if proof.code in words.REASONS:
        return speech.reason(proof.verdict, proof.code)
    return speech.meaning(proof.verdict) if proof.verdict in words.MEANINGS else ""


def _doubt(proof: proved.Proof) -> str:
    """What is not proved about a meter, in Indonesian; empty when all is."""
    if proof.result is not proved.Result.NOT_PROVED:
        return ""
    return _DOUBTS.get(proof.why) or _DOUBTFUL_VERDICTS.get(proof.verdict) or _NO_AGREEMENT


def _rows(lists: Iterable[str]) -> tuple[dict[str, WorkRow], set[str]]:
    """The rows of all lists by meter number, the first of each, and the meters that any row has under VKRN 42.

    Those that cannot be used are said.
    """
    rows: dict[str, WorkRow] = {}
    old_base: set[str] = set()
    for name in lists:
        judged = read_each(name, profile_of)
        for row in judged.rows:
            rows.setdefault(row.meter_no, row)
        old_base |= judged.old_base
        if judged.defects:
            click.echo(
                f"{name}: {counted(len(judged.defects))} cannot be used (kctrig worklist check {name})",
                err=True,
            )
    return rows, old_base


def _proofs(path: Path) -> proved.Proofs:
    must_exist(path)
    found = proved.read_proofs(path)
    if found.bent:
        raise StoreUnreadable(f"{path} was bent: {found.bent}. Nothing was exported (kctrig verify {path})")
    return found
