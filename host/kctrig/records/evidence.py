"""All events of a store or an exported bundle, read without changing anything, and whether they fit together."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass
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
    """

    chain: ChainReport
    shifts: int = 0
    signed_to: int = 0
    public: str = ""

    @property
    def ok(self) -> bool:
        """Whether everything fits."""
        return self.chain.ok


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


def check(evidence: Evidence, public: str = "") -> Checked:
    """Walk the chain, then every signature and receipt; stops at the first event that does not fit.

    `public` is the key that must have signed, in base64; without it all signatures must be of one key.
    """
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


def receipts_path(store_path: Path) -> Path:
    """Where the receipts of a store's closed shifts lie."""
    return store_path.with_name(store_path.name + ".receipts")


def _wrong_with(event: RawEvent, store_id: str, public: str) -> tuple[str, str]:
    """(what is wrong with the close of a shift, the key that signs)."""
    try:
        body = json.loads(event.body)
        own, signature = str(body["public_key"]), str(body["signature"])
        said = (int(body["head_seq"]), str(body["head_hash"]))
        signed = signing.statement(store_id, int(body["shift"]), *said, str(body["operator"]))
    except (ValueError, KeyError, TypeError):
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
        rows = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
        return [Receipt(int(row["seq"]), str(row["hash"])) for row in rows]
    except (ValueError, KeyError, TypeError) as error:
        raise StoreUnreadable(f"{path} is no list of receipts: {error}") from error
