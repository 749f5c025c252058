"""The end of a shift: one signature over everything so far, and a receipt of it beside the store."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass

from kctrig.records import signing
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
        StoreError: key or store cannot be used; or the chain does not fit, and then nothing is signed.
    """
    report = store.verify()
    if not report.ok:
        raise StoreError(f"{store.path} was bent and is not signed: {report.wrong}. Keep the file as it is")
    key = signing.ShiftKey(store.path)

    def seal(store_id: str, shift: int, seq: int, head: str) -> Mapping[str, object]:
        signed = signing.statement(store_id, shift, seq, head, operator)
        return {"public_key": key.public, "signature": key.sign(signed)}

    shift, seq, head = store.close_shift(operator, seal)
    receipt = {"shift": shift, "seq": seq, "hash": head, "operator": operator}
    with receipts_path(store.path).open("a", encoding="utf-8") as file:
        file.write(json.dumps(receipt, ensure_ascii=False) + "\n")
        file.flush()
        os.fsync(file.fileno())
    return ShiftClosed(shift, seq, head, key.public)
