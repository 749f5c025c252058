"""What the rig believes about one brand of meter, as frozen data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

GlassKind = Literal["seven_segment", "fourteen_segment", "dot_matrix"]
GLASS_KINDS: Mapping[str, int] = {"seven_segment": 1, "fourteen_segment": 2, "dot_matrix": 3}
"""Name of a glass in a profile to the kind number on the wire (`rigwire.glass`)."""


@dataclass(frozen=True, slots=True)
class Glass:
    """The glass: cells of the main line, their kind, and the cells of the digit counter (0 = no counter)."""

    kind: GlassKind
    cells: int
    counter_cells: int

    @property
    def wire_kind(self) -> int:
        """The kind number in a glass image."""
        return GLASS_KINDS[self.kind]


@dataclass(frozen=True, slots=True)
class ClearRule:
    """How the entry line is emptied: `presses` of the erase key, each pair within `within_ms`."""

    presses: int
    within_ms: int


@dataclass(frozen=True, slots=True)
class Codes:
    """The short codes that are asked, digits without Enter."""

    krn: str
    number: str
    credit: str
    last_credit: str
    last_technical: str
    sgc: str


@dataclass(frozen=True, slots=True)
class Echo:
    """How the entry line looks: a digit counter beside it, a dash after every fourth digit."""

    counter: bool
    dashes: bool


@dataclass(frozen=True, slots=True)
class Lockout:
    """When the meter stops taking tokens.

    Attributes:
        law: name of the law, `clou` or `itron`.
        refusals: refused tokens in a row that lock.
        first_s: seconds of the first lock.
        doubles: every further refusal doubles the lock.
        longest_s: longest lock in seconds.
        power_cycle_resets: a power cut ends the lock (never used: it cuts a house).
    """

    law: str
    refusals: int
    first_s: int
    doubles: bool
    longest_s: int
    power_cycle_resets: bool


@dataclass(frozen=True, slots=True)
class Note:
    """Where a value comes from: a public source, or a guess that a real unit has yet to confirm."""

    kind: Literal["source", "guess"]
    text: str


@dataclass(frozen=True, slots=True)
class Profile:
    """One brand.

    Attributes:
        name: the profile's name, also its file name and the BRAND of `sim:BRAND`.
        title: the brand's name for people.
        merk: beginnings of MERK_TYPE texts that mean this brand.
        glass: what its glass is made of.
        press_ms: how long a key is held at the default pace.
        gap_ms: how long it is released at the default pace.
        min_press_ms: shortest press that the meter is believed to see for certain.
        min_gap_ms: shortest release that the meter is believed to see for certain.
        digit_timeout_s: seconds without a key after which the meter drops the entry.
        enter_key: contact that submits.
        erase_key: contact that removes a digit.
        enter_after_token: False for a meter that takes a token at its twentieth digit.
        clear: how the entry is emptied.
        code_answer_timeout_s: how long to wait for the answer to a code.
        token_answer_timeout_s: how long to wait for the answer to a token.
        result_hold_s: how long the meter shows a token's result.
        code_hold_s: how long the meter shows a code's answer.
        page_s: how long each page of a long number is shown.
        pages_hold_s: how long a long number goes round.
        codes: the short codes that are asked.
        allowed_codes: codes that the rig's firmware may let through to Enter; all of them only read.
        echo: how the entry line looks.
        krn_patterns: lines that state the key revision after `codes.krn` (syntax: display/match.py).
        kt_shown: whether those lines state the key type too.
        krn_number: the class 1 number that asks for the key revision, 20 digits.
        krn_number_patterns: lines that state it after that number.
        texts: answer name (display/readings.py) to the lines that mean it.
        lockout: when the meter stops taking tokens.
        section_timeout_s: seconds after which a first key-change section is forgotten, 0 = never.
        refusals_max: refusals of one meter after which the rig stops.
        notes: dotted name of each value to where it comes from.
        profile_hash: SHA-256, in hex, of every value above except the notes.
    """

    name: str
    title: str
    merk: tuple[str, ...]
    glass: Glass
    press_ms: int
    gap_ms: int
    min_press_ms: int
    min_gap_ms: int
    digit_timeout_s: int
    enter_key: str
    erase_key: str
    enter_after_token: bool
    clear: ClearRule
    code_answer_timeout_s: float
    token_answer_timeout_s: float
    result_hold_s: float
    code_hold_s: float
    page_s: float
    pages_hold_s: float
    codes: Codes
    allowed_codes: tuple[str, ...]
    echo: Echo
    krn_patterns: tuple[str, ...]
    kt_shown: bool
    krn_number: str
    krn_number_patterns: tuple[str, ...]
    texts: Mapping[str, tuple[str, ...]]
    lockout: Lockout
    section_timeout_s: int
    refusals_max: int
    notes: Mapping[str, Note]
    profile_hash: str
