"""How long a key change set took, and how long its answers did, by the meter's own log."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

TOKEN_KEYS = 21
"""Twenty digits and Enter."""

Truth = Sequence[Mapping[str, object]]


def set_ms(truth: Truth, tokens: Sequence[str]) -> int:
    """From the first digit of the first token going down to the answer to the last one, by the meter's log."""
    submitted = [at for at, row in enumerate(truth) if row["event"] == "token" and row["digits"] in tokens]
    looked = next((at for at, row in enumerate(truth) if row["event"] == "code" and row["digits"] == "04"), 0)
    if not submitted:
        return 0
    begin = next(
        int(str(row["t_ms"])) - int(str(row.get("after_ms", 0)))
        for row in truth[looked:]
        if row["event"] == "key" and row["edge"] == "down"
    )
    end = next(
        int(str(row["t_ms"]))
        for row in truth[submitted[-1] :]
        if row["event"] == "display" and str(row["text"]).strip()
    )
    return end - begin


def answers_ms(truth: Truth, tokens: Sequence[str]) -> int:
    """From each token's Enter to the first text of its answer, by the meter's log."""
    total_ms, enter_ms, waiting = 0, 0, False
    for row in truth:
        at_ms = int(str(row["t_ms"]))
        if row["event"] == "key" and row["key"] == "#" and row["edge"] == "down" and row["seen"]:
            enter_ms = at_ms
        elif row["event"] == "token" and row["digits"] in tokens:
            waiting = True
        elif row["event"] == "display" and waiting and str(row["text"]).strip():
            total_ms, waiting = total_ms + at_ms - enter_ms, False
    return total_ms
