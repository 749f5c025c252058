"""Which column of a work list is which, by the names in its header row."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from kctrig.worklist.cells import clean
from kctrig.worklist.rows import WorkListError

IDPEL = "IDPEL"
NO_METER = "NO_METER"
MERK_TYPE = "MERK_TYPE"
VKRN = "VKRN"
ISSUED = "TGL_TERBIT"
ADDRESS = "ALAMAT"
CREDIT = "TOKEN_KREDIT"
NEW_CREDIT = "TOKEN_KREDIT_BARU"
TAMPER = "TOKEN_TAMPER"
NOT_KNOWN = "?"
"""In the column of the unspent credit: the operator asks at the meter."""
NOT_SECTIONS = frozenset({CREDIT, NEW_CREDIT, TAMPER})

_NAMES = {
    "IDPEL": IDPEL,
    "IDPELANGGAN": IDPEL,
    "NOMETER": NO_METER,
    "NOMORMETER": NO_METER,
    "METERNO": NO_METER,
    "MERKTYPE": MERK_TYPE,
    "MERKTYPEMETER": MERK_TYPE,
    "MERKTIPE": MERK_TYPE,
    "VKRN": VKRN,
    "TGLTERBIT": ISSUED,
    "ALAMAT": ADDRESS,
    "TOKENKREDIT": CREDIT,
    "TOKENCREDIT": CREDIT,
    "TOKENKREDITBARU": NEW_CREDIT,
    "TOKENNEWCREDIT": NEW_CREDIT,
    "TOKENTAMPER": TAMPER,
    "TOKENCLEARTAMPER": TAMPER,
    "TOKENHAPUSTAMPER": TAMPER,
}
_TOKEN_NAME = re.compile(r"(?:TOKEN|KCT)0?([1-9])")
_TOKEN_GROUPS = ("TOKEN", "TOKENS", "KCT", "TOKENKCT", "NOMORTOKEN", "NOTOKEN")
_FILLER = re.compile(r"[^0-9A-Z]+")
_REQUIRED = (NO_METER, MERK_TYPE)


@dataclass(frozen=True, slots=True)
class Columns:
    """Positions of the columns: `single` by canonical name, `tokens` in the order of their numbers.

    `names` are the header cells as the file has them, so that a person is told of "No. Meter" if that is what
    the spreadsheet shows.
    """

    names: tuple[str, ...]
    single: dict[str, int]
    tokens: tuple[int, ...]
    extra: tuple[int, ...]
    nameless: tuple[int, ...] = ()

    def name_of(self, known: str) -> str:
        """What the file calls a column that we know by another name."""
        return self.names[self.single[known]]


def canonical(name: str) -> str | None:
    """The name we know a header cell by (`TOKEN_3` for every numbered token), or None for a column of others."""
    plain = _FILLER.sub("", name.upper())
    match = _TOKEN_NAME.fullmatch(plain)
    return f"TOKEN_{match[1]}" if match else _NAMES.get(plain)


def looks_like_header(cells: Sequence[str]) -> bool:
    """True when at least two cells are names we know."""
    return sum(canonical(cell) is not None for cell in cells) >= 2


def read_header(cells: Sequence[str], row_no: int) -> Columns:
    """Find the columns in the header row.

    Raises:
        WorkListError: a needed column is missing, or a name stands there twice.
    """
    names = tuple(" ".join(clean(cell).split()) for cell in cells)
    found: dict[str, int] = {}
    extra: list[int] = []
    nameless: list[int] = []
    for position, name in enumerate(names):
        known = canonical(name)
        if known is None:
            (extra if name else nameless).append(position)
        elif known in found:
            raise WorkListError(
                f"row {row_no}: two columns are both {known} ({names[found[known]]!r} and {name!r}); "
                "delete or rename one of them"
            )
        else:
            found[known] = position
    numbered = sorted(name for name in found.keys() - NOT_SECTIONS if name.startswith("TOKEN_"))
    missing = [name for name in _REQUIRED if name not in found]
    if not numbered:
        missing.append("TOKEN_1")
    if missing:
        merged = _merged_token_names(names)
        if merged and missing == ["TOKEN_1"]:
            raise WorkListError(
                f"row {row_no}: {merged!r} stands over several columns (merged cells?); "
                "unmerge them and name each column: TOKEN_1, TOKEN_2 ..."
            )
        raise WorkListError(
            f"row {row_no}: the header has no column {' and no column '.join(missing)}; "
            "name the columns as the KCT bank does: NO_METER, MERK_TYPE, TOKEN_1, TOKEN_2 ..."
        )
    return Columns(names, found, tuple(found[name] for name in numbered), tuple(extra), tuple(nameless))


def _merged_token_names(names: Sequence[str]) -> str:
    """The name over several columns of tokens, as merged cells leave it; empty when there is none."""
    for name, following in zip(names, [*names[1:], ""], strict=True):
        if not following and _FILLER.sub("", name.upper()) in _TOKEN_GROUPS:
            return name
    return ""
