"""The end of a shift: one signature over everything so far, and a receipt of it beside the store."""

from __future__ import annotations

import errno
import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from kctrig.records import names, signing
from kctrig.records.errors import StoreError
from kctrig.records.evidence import receipts_path
from kctrig.records.store import Store


@dataclass(frozen=True, slots=True)
class ShiftClosed:
    """A closed shift: its number, its event and the key that signed, in base64."""

    shift: int
    seq: int
    hash: str
    public: str


def close_shift(store: Store, operator: str) -> ShiftClosed:
    """Sign the head of the chain as an event of its own. The key is made at first use.

    Raises:
        StoreError: key or store cannot be used, the name cannot be recorded, or the chain does not fit, and then
            nothing is signed; or the receipt could not be written.
    """
    names.refuse_unfit("nothing was signed", operator)
    report = store.verify()
    if not report.ok:
        raise StoreError(f"{store.path} was bent and is not signed: {report.wrong}. Keep the file as it is")
    key = signing.ShiftKey(store.path)

    def seal(store_id: str, shift: int, seq: int, head: str) -> Mapping[str, object]:
        signed = signing.statement(store_id, shift, seq, head, operator)
        return {"public_key": key.public, "signature": key.sign(signed)}

    shift, seq, head = store.close_shift(operator, seal)
    receipt = {"shift": shift, "seq": seq, "hash": head, "operator": operator}
    _keep(receipts_path(store.path), (json.dumps(receipt, ensure_ascii=False) + "\n").encode(), shift)
    return ShiftClosed(shift, seq, head, key.public)


def _keep(path: Path, line: bytes, shift: int) -> None:
    """Add a line to the receipts, or leave them as they were."""
    try:
        with path.open("ab", buffering=0) as file:
            size = file.seek(0, os.SEEK_END)
            try:
                if file.write(line) != len(line):
                    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
                os.fsync(file.fileno())
            except OSError:
                file.truncate(size)
                raise
    except OSError as error:
        raise StoreError(
            f"shift {shift} is closed and signed, but its receipt could not be written to {path}: {error.strerror or error}. "
            "Free some space and export the store: the bundle is the witness instead"
        ) from error
