"""What the judge is given: the meters' own logs, the store's events, and how each attempt came to its end."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class MeterLog:
    """One meter's own account.

    Attributes:
        krn, kt: at the start of the campaign.
        shows_kt: the brand's answer to 04 has the key type in it.
        section_timeout_ms: after that it forgets a waiting section; 0 when it never does.
        rows: (unix time in ms, row of the truth log), oldest first.
    """

    meter_no: str
    krn: int
    kt: int
    shows_kt: bool
    section_timeout_ms: int
    rows: Sequence[tuple[int, Mapping[str, Any]]]


@dataclass(frozen=True, slots=True)
class StoreEvent:
    """One event of the store as it was read back after the campaign."""

    seq: int
    attempt: int
    meter_no: str
    point: str
    at_unix_ms: int
    body: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class End:
    """How an attempt ended: verdict, crash, store (the journal failed), no_rig, endless or error."""

    at_unix_ms: int
    how: str
    detail: str = ""


@dataclass(slots=True)
class Evidence:
    """Everything that one campaign leaves behind.

    Attributes:
        quiet: line and meters were sound and nobody interfered.
        tokens: digits of the work list for each meter number, replacements included.
        after_change: those of them that belong on a meter with its new key: credit issued for it.
        old_base: meters that the list says are on KRN 2 of the old base.
        fingerprints: what stands for them in the store.
        chain_error: what is wrong with the store, empty when it opens and its chain holds.
        end_unix_ms: when everything had come to rest.
    """

    seed: int
    quiet: bool
    tokens: dict[str, list[str]] = field(default_factory=dict)
    after_change: set[str] = field(default_factory=set)
    old_base: set[str] = field(default_factory=set)
    fingerprints: dict[str, str] = field(default_factory=dict)
    meters: list[MeterLog] = field(default_factory=list)
    events: list[StoreEvent] = field(default_factory=list)
    ends: list[End] = field(default_factory=list)
    chain_error: str = ""
    end_unix_ms: int = 0
