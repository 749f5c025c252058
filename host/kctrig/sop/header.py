"""Which row of a table is its header: below titles, in one storey or in two, merged cells or not."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

Canonical = Callable[[str], str | None]
"""Our name of a header cell, None for one that we do not know."""

_DATA = re.compile(r"\d{5,}|\d{1,4}[-/.]\d{1,2}[-/.]\d{2,4}")


def find_header(
    head: Sequence[tuple[int, tuple[str, ...]]], canonical: Canonical
) -> tuple[int, int, tuple[str, ...], dict[int, str]] | None:
    """(position, storeys, header, known columns) of the row, or the two rows, that name the most columns.

    One row that names as many as two is the header: what stands above it is a title.
    """
    best: tuple[tuple[int, bool], tuple[int, int, tuple[str, ...], dict[int, str]]] | None = None
    for at, (_, cells) in enumerate(head):
        ways = [(1, [[cell] for cell in cells], cells)]
        if at + 1 < len(head) and not any(_DATA.search(cell) for cell in head[at + 1][1]):
            ways.append(_storeys(cells, head[at + 1][1]))
        for storeys, spellings, shown in ways:
            known = _known(spellings, canonical)
            worth = len(known), storeys == 1
            if known and (best is None or worth > best[0]):
                best = worth, (at, storeys, tuple(shown), known)
    return None if best is None else best[1]


def _storeys(upper: Sequence[str], lower: Sequence[str]) -> tuple[int, list[list[str]], tuple[str, ...]]:
    """Ways to read each column of a two-storey header; a merged cell holds its text in its first column only."""
    width = max(len(upper), len(lower))
    above, below = list(upper) + [""] * (width - len(upper)), list(lower) + [""] * (width - len(lower))
    ways: list[list[str]] = []
    merged = ""
    for top, bottom in zip(above, below, strict=True):
        merged = top or merged
        if bottom:
            ways.append([bottom, top + bottom, merged + bottom, bottom + merged])
        else:
            ways.append([top])
    shown = tuple(" ".join(filter(None, pair)) for pair in zip(above, below, strict=True))
    return 2, ways, shown


def _known(spellings: Sequence[Sequence[str]], canonical: Canonical) -> dict[int, str]:
    known: dict[int, str] = {}
    for column, ways in enumerate(spellings):
        for way in ways:
            name = canonical(way)
            if name is not None and name not in known.values():
                known[column] = name
                break
    return known
