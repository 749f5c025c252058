"""The judge of a faulty chain: what the keypad and the meter saw against what the host says. Knows no rule of either.

Reads only what was closed at the keypad, the meter's truth log and its memory, and the verdict.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

OPEN_END = -1
_PASSED = ("PASS_VERIFIED", "ALREADY_DONE")
_SAYS_NOTHING_HAPPENED = ("READY", "INFRA_ERROR", "ALREADY_DONE")


@dataclass(frozen=True, slots=True)
class Evidence:
    """What one attempt left behind.

    Attributes:
        pressed: (from ms, to ms, key mask) of everything that was closed at the keypad; OPEN_END: closed at the end.
        truth: the meter's log.
        krn: of the meter, at the end.
        tokens: what was to be entered, in order.
        codes: the codes that may be entered.
        verdict: of the host.
        ceiling_ms: how long a key may be down on this board.
    """

    pressed: Sequence[tuple[int, int, int]]
    truth: Sequence[Mapping[str, Any]]
    krn: int
    tokens: Sequence[str]
    codes: Sequence[str]
    verdict: str
    ceiling_ms: int


def from_truth(truth: Sequence[Mapping[str, Any]], keys: str) -> list[tuple[int, int, int]]:
    """What was closed at the keypad, by the edges in the meter's log, of which some are known only later."""
    edges = [
        (row["t_ms"] - row.get("after_ms", 0), 1 << keys.index(row["key"]), row["edge"] == "down")
        for row in truth
        if row["event"] == "key" and not row.get("ghost")
    ]
    edges.sort(key=lambda edge: edge[0])
    pressed: list[tuple[int, int, int]] = []
    mask = since_ms = 0
    for at_ms, bit, down in edges:
        if mask and at_ms > since_ms:
            pressed.append((since_ms, at_ms, mask))
        mask = mask | bit if down else mask & ~bit
        since_ms = at_ms
    if mask:
        pressed.append((since_ms, OPEN_END, mask))
    return pressed


def judge(seen: Evidence, *, two_keys: bool = False, held: bool = False) -> list[str]:
    """Everything that is wrong, in words; empty when nothing is.

    Args:
        seen: the attempt.
        two_keys: the planted fault closes two keys at once, which a meter takes for none.
        held: the planted fault is a finger that is stuck in the keypad, which no software opens.
    """
    wrong: list[str] = []
    for start_ms, end_ms, mask in seen.pressed:
        if mask & (mask - 1) and not two_keys:
            wrong.append(f"keys {mask:#x} closed together at {start_ms} ms")
        if held:
            continue
        if end_ms == OPEN_END:
            wrong.append(f"keys {mask:#x} still closed at the end")
        elif end_ms - start_ms > seen.ceiling_ms:
            wrong.append(f"keys {mask:#x} closed for {end_ms - start_ms} ms, ceiling {seen.ceiling_ms} ms")
    submitted = [str(row["digits"]) for row in seen.truth if row["event"] == "token"]
    if submitted != list(seen.tokens[: len(submitted)]):
        wrong.append(f"{len(submitted)} tokens submitted that are not the first of the list in their order")
    wrong += [
        f"code {row['digits']} submitted"
        for row in seen.truth
        if row["event"] == "code" and row["digits"] not in seen.codes
    ]
    results = [str(row["result"]) for row in seen.truth if row["event"] == "token"]
    return wrong + _lies(seen, results)


def _lies(seen: Evidence, results: Sequence[str]) -> list[str]:
    verdict, done = seen.verdict, seen.krn == 2
    wrong = []
    if verdict in _PASSED and not done:
        wrong.append(f"{verdict}, and the meter is on KRN {seen.krn}")
    if verdict == "REJECTED" and all(result.endswith("KCT") for result in results):
        wrong.append("REJECTED, and the meter refused nothing")
    if verdict in _SAYS_NOTHING_HAPPENED and results:
        wrong.append(f"{verdict}, and the meter answered {', '.join(results)}")
    if verdict == "HALF" and (done or not results):
        wrong.append(f"HALF, and the meter answered {', '.join(results) or 'nothing'}")
    return wrong
