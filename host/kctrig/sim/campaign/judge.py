"""The judge: whether record and meters agree, and whether a rule of the entry procedure was broken.

Reads nothing but what the meters logged of themselves and what stands in the store; knows nothing of how the
procedure works and imports nothing of it. Each invariant is one function; its tests break the code on purpose.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from kctrig.sim.campaign.evidence import Evidence, MeterLog
from kctrig.sim.campaign.logs import TokenRow, events_of, krn_kt, submitted_ms, token_rows
from kctrig.sim.campaign.presses import Press, longest_presses, token_presses
from kctrig.sim.campaign.verdicts_judged import verdicts_are_true
from kctrig.sim.campaign.violation import TARGET, Violation, masked

KEY_CEILING_MS = 4_000
"""A key may be down for 3 s by the rig's own limit, and for 1 s more until a meter port without a rig opens it."""
ATTEMPT_CEILING_MS = 15 * 60_000

_REFUSALS_AT_MOST = 2
_IN_FLIGHT_MS = 3_000


def judge(evidence: Evidence) -> list[Violation]:
    """Every violation of a campaign; empty when all invariants hold."""
    found: list[Violation] = []
    for check in INVARIANTS.values():
        found += check(evidence)
    return sorted(found, key=lambda violation: (violation.at_unix_ms, violation.invariant))


# -- the invariants


def no_token_twice_blindly(evidence: Evidence) -> list[Violation]:
    """2. A token is submitted again only after a look, and only when the first time does not count any more."""
    found = []
    for meter in evidence.meters:
        looks = [at_ms for at_ms, row in meter.rows if row["event"] == "code" and row["digits"] == "04"]
        overrides = [event.at_unix_ms for event in events_of(evidence, meter.meter_no, "override")]
        last: dict[str, TokenRow] = {}
        for token in token_rows(meter):
            first = last.get(token.digits)
            last[token.digits] = token
            if first is None:
                continue
            between = range(first.at_ms, token.at_ms + 1)
            if not any(at_ms in between for at_ms in looks):
                found.append(_twice(token, meter, "with no look at 04 in between"))
            elif _still_counts(first, token, meter) and not any(
                submitted_ms(meter, first) <= at_ms <= token.at_ms for at_ms in overrides
            ):
                found.append(_twice(token, meter, f"although the first time, {first.result}, still counts"))
    return found


def _twice(token: TokenRow, meter: MeterLog, how: str) -> Violation:
    return Violation(2, token.at_ms, meter.meter_no, f"token {masked(token.digits)} is submitted again {how}")


def _still_counts(first: TokenRow, again: TokenRow, meter: MeterLog) -> bool:
    if first.result in ("LockoutActive", "StatusNotReady"):
        return False  # the meter did not look at it
    if not first.result.endswith("KCT"):
        return True
    if meter.section_timeout_ms and again.at_ms - first.at_ms >= meter.section_timeout_ms:
        return False
    return not any(first.at_ms < at_ms < again.at_ms and row["event"] == "power" for at_ms, row in meter.rows)


def only_tokens_of_the_list(evidence: Evidence) -> list[Violation]:
    """3. Nothing is submitted that differs in a digit from what the work list has for this meter."""
    return [
        Violation(
            3, token.at_ms, meter.meter_no, f"submitted {masked(token.digits)}, which its row does not have"
        )
        for meter in evidence.meters
        for token in token_rows(meter)
        if token.digits not in evidence.tokens.get(meter.meter_no, ())
    ]


def no_third_refusal(evidence: Evidence) -> list[Violation]:
    """4. A meter refuses twice at most until a supervisor opens it again."""
    found = []
    for meter in evidence.meters:
        opened = [event.at_unix_ms for event in events_of(evidence, meter.meter_no, "override")]
        refused: list[int] = []
        for token in token_rows(meter):
            if token.refused:
                refused.append(token.at_ms)
            since = [
                at_ms for at_ms in refused if not any(at_ms <= open_ms <= token.at_ms for open_ms in opened)
            ]
            if token.refused and len(since) > _REFUSALS_AT_MOST:
                found.append(
                    Violation(4, token.at_ms, meter.meter_no, f"refusal {len(since)}: {token.result}")
                )
    return found


def keys_only_where_they_belong(evidence: Evidence) -> list[Violation]:
    """5. No key of a token on a meter that no attempt is about, or that is on the new key revision already."""
    found = []
    digits = [token for tokens in evidence.tokens.values() for token in tokens]
    for meter in evidence.meters:
        for press in token_presses(meter.rows, digits):
            if krn_kt(meter, press.at_ms)[0] >= TARGET[0] and not _belongs_after(press, evidence, meter):
                found.append(_misplaced(press, meter, "which is on the new key revision"))
            elif _in_flight(press, meter):
                continue
            elif not _worked_on(evidence, meter.meter_no, press.at_ms):
                found.append(_misplaced(press, meter, "which no attempt is about"))
            elif not any(press.belongs_to(token) for token in evidence.tokens.get(meter.meter_no, ())):
                found.append(_misplaced(press, meter, "to whose row they do not belong"))
    return found


def _belongs_after(press: Press, evidence: Evidence, meter: MeterLog) -> bool:
    """Whether these are keys of a credit token that was issued for the new key of this meter."""
    own = set(evidence.tokens.get(meter.meter_no, ())) & evidence.after_change
    return any(press.belongs_to(token) for token in own)


def _misplaced(press: Press, meter: MeterLog, why: str) -> Violation:
    return Violation(5, press.at_ms, meter.meter_no, f"{len(press.digits)} keys of a token on a meter {why}")


def _worked_on(evidence: Evidence, meter_no: str, at_ms: int) -> bool:
    """Whether the newest claim at that moment is for this meter."""
    newest = None
    for event in evidence.events:
        if event.point == "claim" and event.at_unix_ms <= at_ms:
            newest = event
    return newest is not None and newest.meter_no == meter_no


def _in_flight(press: Press, meter: MeterLog) -> bool:
    """Whether these are the last keys of a script that ran on while somebody put another meter in."""
    mounted = [
        at_ms for at_ms, row in meter.rows if row["event"] == "power" and row["on"] and at_ms <= press.at_ms
    ]
    return bool(mounted) and press.at_ms - mounted[-1] <= _IN_FLIGHT_MS and not press.submitted


def nothing_touched_is_lost(evidence: Evidence) -> list[Violation]:
    """6. The store opens, its chain holds, and every key of a token was intended in it before."""
    if evidence.chain_error:
        return [Violation(6, evidence.end_unix_ms, "", f"the store: {evidence.chain_error}")]
    found = []
    for meter in evidence.meters:
        own = evidence.tokens.get(meter.meter_no, ())
        found += [
            Violation(6, press.at_ms, meter.meter_no, "keys of a token with no intent in the store")
            for press in token_presses(meter.rows, own)
            if not _was_intended(evidence, meter, press)
        ]
        count: dict[str, int] = {}
        for token in token_rows(meter):
            count[token.digits] = count.get(token.digits, 0) + 1
            if (
                token.digits in own
                and _intended(evidence, meter, token.digits, token.at_ms, "enter-intent")
                < count[token.digits]
            ):
                what = f"Enter {count[token.digits]} of token {masked(token.digits)} is not intended in the store"
                found.append(Violation(6, token.at_ms, meter.meter_no, what))
    return found


def _was_intended(evidence: Evidence, meter: MeterLog, press: Press) -> bool:
    return any(
        press.belongs_to(token) and _intended(evidence, meter, token, press.at_ms, "intent")
        for token in evidence.tokens.get(meter.meter_no, ())
    )


def _intended(evidence: Evidence, meter: MeterLog, digits: str, at_ms: int, point: str) -> int:
    stands_for = evidence.fingerprints.get(digits)
    return sum(
        event.at_unix_ms <= at_ms and event.body.get("token") == stands_for
        for event in events_of(evidence, meter.meter_no, point)
    )


def nothing_stays_pressed(evidence: Evidence) -> list[Violation]:
    """7. No key is down longer than its ceiling, and none at the end."""
    return [
        Violation(7, at_ms, meter.meter_no, f"key {key} was down for {span_ms} ms")
        for meter in evidence.meters
        for at_ms, key, span_ms in longest_presses(meter.rows, evidence.end_unix_ms)
        if span_ms > KEY_CEILING_MS
    ]


def everything_ends(evidence: Evidence) -> list[Violation]:
    """8. Each attempt comes to a verdict, unless its host died or its journal failed; none goes on for ever."""
    found = []
    for end in evidence.ends:
        if end.how in ("endless", "error"):
            last = end.detail.strip().splitlines()[-1] if end.detail.strip() else ""
            found.append(Violation(8, end.at_unix_ms, "", f"an attempt ended as {end.how}: {last}"))
    excused = sorted(end.at_unix_ms for end in evidence.ends if end.how != "verdict")
    verdicts = {event.attempt: event.at_unix_ms for event in evidence.events if event.point == "verdict"}
    ended = sorted(end.at_unix_ms for end in evidence.ends)
    for claim in (event for event in evidence.events if event.point == "claim"):
        at_ms = verdicts.get(claim.attempt)
        if at_ms is None:
            over = next((end_ms for end_ms in ended if end_ms >= claim.at_unix_ms), None)
            if over not in excused:
                found.append(
                    Violation(
                        8, claim.at_unix_ms, claim.meter_no, "an attempt has neither verdict nor excuse"
                    )
                )
        elif at_ms - claim.at_unix_ms > ATTEMPT_CEILING_MS:
            minutes = (at_ms - claim.at_unix_ms) // 60_000
            found.append(Violation(8, at_ms, claim.meter_no, f"an attempt took {minutes} minutes"))
    return found


def no_doubt_on_a_good_day(evidence: Evidence) -> list[Violation]:
    """9. With a sound line and sound meters nothing is in doubt and nothing is half done."""
    if not evidence.quiet:
        return []
    return [
        Violation(9, event.at_unix_ms, event.meter_no, f"{event.body['verdict']} although nothing was wrong")
        for event in evidence.events
        if event.point == "verdict" and event.body["verdict"] not in ("PASS_VERIFIED", "ALREADY_DONE")
    ]


INVARIANTS: Mapping[int, Callable[[Evidence], list[Violation]]] = {
    1: verdicts_are_true,
    2: no_token_twice_blindly,
    3: only_tokens_of_the_list,
    4: no_third_refusal,
    5: keys_only_where_they_belong,
    6: nothing_touched_is_lost,
    7: nothing_stays_pressed,
    8: everything_ends,
    9: no_doubt_on_a_good_day,
}
"""1 to 8 hold whatever happens; 9 is the promise for days without trouble."""


def summary(invariant: int) -> str:
    """What an invariant says, in a line."""
    return (INVARIANTS[invariant].__doc__ or "").partition("\n")[0]
