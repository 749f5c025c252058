"""All events of a store or an exported bundle, read without changing anything, and whether they fit together."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path

from kctrig.records import points, readonly, signing
from kctrig.records.alive import is_alive
from kctrig.records.chain import ChainReport, RawEvent, as_it_lies, check_chain
from kctrig.records.errors import StoreUnreadable

_COLUMNS = "seq, attempt, meter_no, point, at_unix_ms, body, prev, hash"


@dataclass(frozen=True, slots=True)
class Receipt:
    """A head of the chain that was signed, kept outside the store."""

    seq: int
    hash: str


@dataclass(frozen=True, slots=True)
class Evidence:
    """Events as they lie there, the head that goes with them, and the receipts kept beside them."""

    store_id: str
    events: Sequence[RawEvent]
    head: tuple[int, str] | None
    receipts: Sequence[Receipt] = ()


@dataclass(frozen=True, slots=True)
class Checked:
    """What a check found.

    Attributes:
        chain: the first event that does not fit, if any, and what is wrong with it.
        shifts: closed shifts whose signatures fit.
        signed_to: number of the last event under a signature; 0 for none.
        public: the key of the signatures, in base64; empty without any.
        unproved: what is missing of the proof that was asked for by naming a key; empty when no key was named.
        whole: one signature covers everything, as a bundle's does.
    """

    chain: ChainReport
    shifts: int = 0
    signed_to: int = 0
    public: str = ""
    unproved: str = ""
    whole: bool = False

    @property
    def ok(self) -> bool:
        """Whether everything fits, and is signed with the key that was named."""
        return self.chain.ok and not self.unproved

    @property
    def wrong(self) -> str:
        """What does not fit or is not proved, in words; empty when nothing is wrong."""
        return self.chain.wrong or self.unproved

    @property
    def open_events(self) -> int:
        """Events at the end that no close of a shift has signed."""
        return max(0, self.chain.events - (self.signed_to + 1 if self.shifts else 0))

    @property
    def unsigned(self) -> int:
        """Events at the end that nobody has signed: whoever can write the file can have made them."""
        return 0 if self.whole else self.open_events


def read_store(path: Path) -> Evidence:
    """The events of a store; the file is opened for reading only.

    Raises:
        StoreUnreadable: it is no store.
    """
    try:
        return _read(path)
    except (sqlite3.Error, TypeError) as error:
        raise StoreUnreadable(f"{path} cannot be read as a kctrig store: {error}") from error


def attempts_under_way(path: Path) -> frozenset[int]:
    """Attempts (the `seq` of their claims) on which a living process works right now.

    Raises:
        StoreUnreadable: it is no store.
    """
    try:
        with closing(sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True)) as db:
            rows = db.execute("SELECT attempt, owner FROM working").fetchall()
    except sqlite3.OperationalError:
        return frozenset()  # on a medium that cannot be written nobody works
    except sqlite3.Error as error:
        raise StoreUnreadable(f"{path} cannot be read as a kctrig store: {error}") from error
    return frozenset(int(attempt) for attempt, owner in rows if is_alive(path, str(owner)))


def check(evidence: Evidence, public: str = "", *, own: str = "") -> Checked:
    """Walk the chain, then every signature and receipt; stops at the first event that does not fit.

    `public` is the key that must have signed, in base64: then at least one shift must be closed with it. Without it all
    signatures must be of one key; `own` is the one that the record names itself, which proves nothing of who wrote it.
    """
    found = _fitting(evidence, public or own)
    if public and found.chain.ok and not found.shifts:
        name = signing.short_name(public)
        return replace(found, unproved=f"no shift in it was closed with key {name}, so nothing is signed")
    return found


def _fitting(evidence: Evidence, public: str) -> Checked:
    chain = check_chain(evidence.store_id, evidence.events, evidence.head)
    # An event that was changed comes before anything that is said about the end.
    shifts, signed_to = 0, 0
    for event in evidence.events[: chain.events]:
        if event.point != points.SHIFT_CLOSE:
            continue
        wrong, public = _wrong_with(event, evidence.store_id, public)
        if wrong:
            return Checked(ChainReport(event.seq - 1, event.seq, wrong), shifts, signed_to, public)
        shifts, signed_to = shifts + 1, event.seq - 1
    if not chain.ok and (chain.first_bent or 0) <= len(evidence.events):
        return Checked(chain, shifts, signed_to, public)
    hashes = {event.seq: event.hash for event in evidence.events}
    for receipt in evidence.receipts:
        if hashes.get(receipt.seq) != receipt.hash:
            cut = receipt.seq > len(evidence.events)
            first = len(evidence.events) + 1 if cut else receipt.seq
            how = "is missing: events were cut off" if cut else "is not the one"
            wrong = f"event {receipt.seq}, which was signed at the close of a shift, {how}"
            return Checked(ChainReport(first - 1, first, wrong), shifts, signed_to, public)
    if chain.ok and evidence.head is None and evidence.events:
        wrong = "the store has no head, so that nothing says where it ends"
        last = len(evidence.events)
        return Checked(ChainReport(last, last + 1, wrong), shifts, signed_to, public)
    return Checked(chain, shifts, signed_to, public)


def lines_of(text: str) -> list[str]:
    """The lines of a text in JSON lines. Only a newline ends one: JSON leaves U+2028 and U+0085 as they are."""
    lines = text.split("\n")
    return lines[:-1] if lines[-1] == "" else lines


def receipts_path(store_path: Path) -> Path:
    """Where the receipts of a store's closed shifts lie: beside the file itself, whatever link it is named by."""
    real = store_path.resolve()
    return real.with_name(real.name + ".receipts")


def _wrong_with(event: RawEvent, store_id: str, public: str) -> tuple[str, str]:
    """(what is wrong with the close of a shift, the key that signs)."""
    try:
        body = json.loads(event.body)
        own, signature = str(body["public_key"]), str(body["signature"])
        said = (int(body["head_seq"]), str(body["head_hash"]))
        signed = signing.statement(store_id, int(body["shift"]), *said, str(body["operator"]))
    except (ValueError, KeyError, TypeError, OverflowError, RecursionError):
        return f"event {event.seq}, the close of a shift, carries no signature", public
    if said != (event.seq - 1, event.prev):
        return f"event {event.seq} closes a shift over another event than the one before it", public
    if public and own != public:
        return f"event {event.seq} closes a shift with another key ({signing.short_name(own)})", public
    if not signing.fits(own, signed, signature):
        return f"the signature of event {event.seq}, the close of a shift, does not fit", public
    return "", own


def _read(path: Path) -> Evidence:
    receipts = _receipts(path)  # before the events: a shift that is closed right now is written events first
    with closing(readonly.connect(path)) as db:
        db.text_factory = _decoded
        db.execute("BEGIN")
        row = db.execute("SELECT value FROM meta WHERE key = 'store_id'").fetchone()
        events = [as_it_lies(one) for one in db.execute(f"SELECT {_COLUMNS} FROM events ORDER BY seq")]
        head = db.execute("SELECT seq, hash FROM head").fetchone()
    return Evidence(str(row[0]), events, (head[0], head[1]) if head else None, receipts)


def _decoded(text: bytes) -> str:
    return text.decode("utf-8", "replace")  # bytes that are no text were bent: the hash says so


def _receipts(store_path: Path) -> list[Receipt]:
    path = receipts_path(store_path)
    if not path.is_file():
        return []
    try:
        rows = [json.loads(line) for line in lines_of(path.read_text(encoding="utf-8"))]
        return [Receipt(int(row["seq"]), str(row["hash"])) for row in rows]
    except (ValueError, KeyError, TypeError) as error:
        raise StoreUnreadable(f"{path} is no list of receipts: {error}") from error
