"""One campaign on paper: what was planned, and everything that happened in the order in which it did."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence

from kctrig.sim.campaign.judge import summary
from kctrig.sim.campaign.run import Done
from kctrig.sim.campaign.violation import Violation
from kctrig.sim.campaign.world import START_UNIX_MS

_LEFT_OUT = frozenset(
    {"token", "image", "frames", "hash", "rig", "firmware", "boot_id", "profile_hash", "job_id", "tokens"}
)


def replay_command(seed: int, level: str, store: str) -> str:
    """The command that does this campaign once more."""
    return f"kctrig simulate --campaigns 1 --seed {seed} --level {level} --store {store} --trace campaign-{seed}.txt"


def as_text(done: Done, violations: Sequence[Violation]) -> str:
    """The whole trace."""
    plan = done.plan
    lines = [
        f"campaign {plan.seed}, {plan.level}, store {plan.store}",
        f"again: {replay_command(plan.seed, plan.level, plan.store)}",
        f"plan: {json.dumps(plan.as_json())}",
    ]
    lines += [f"verdict of row {row + 1}: {verdict}" for row, verdict in enumerate(done.verdicts)]
    for violation in violations:
        lines.append(
            f"VIOLATION of {summary(violation.invariant)} At {violation.at_unix_ms - START_UNIX_MS} ms, "
            f"meter {violation.meter_no or '-'}: {violation.what}"
        )
    moments = [*_told(done), *_meters(done), *_store(done)]
    moments += [
        (
            violation.at_unix_ms - START_UNIX_MS,
            9,
            f"judge   VIOLATION {violation.invariant}: {violation.what}",
        )
        for violation in violations
    ]
    lines += [f"{at_ms:>9} {text}" for at_ms, _, text in sorted(moments, key=lambda moment: moment[:2])]
    return "\n".join(lines) + "\n"


def _told(done: Done) -> Iterator[tuple[int, int, str]]:
    for at_ms, words in done.told:
        yield at_ms, 0, f"bench   {words}"


def _store(done: Done) -> Iterator[tuple[int, int, str]]:
    for event in done.evidence.events:
        body = {name: value for name, value in event.body.items() if name not in _LEFT_OUT}
        text = json.dumps(body, ensure_ascii=False)
        yield event.at_unix_ms - START_UNIX_MS, 2, f"store   {event.meter_no} {event.point} {text}"


def _meters(done: Done) -> Iterator[tuple[int, int, str]]:
    for meter in done.evidence.meters:
        for at_unix_ms, row in meter.rows:
            what = {name: value for name, value in row.items() if name not in ("t_ms", "event")}
            if "digits" in what and len(what["digits"]) > 8:
                what["digits"] = f"{what['digits'][:4]}…{what['digits'][-4:]} ({len(what['digits'])} digits)"
            if row["event"] == "display" and what.get("counter"):
                what["text"] = "(entry)"
            words = " ".join(f"{name}={value}" for name, value in what.items())
            yield at_unix_ms - START_UNIX_MS, 1, f"meter   {meter.meter_no} {row['event']} {words}"
