"""What must hold of every run, whatever happened. Reads actions, events, the journal and the meter; not the verdict's reasons.

Tests break the machine on purpose to see that this notices.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from kctrig.procedure import events as ev
from kctrig.procedure.actions import Finish, Keys, PressKeys, Record
from kctrig.procedure.verdicts import Verdict
from tests.procedure.fakes import FakeMeter

_KRN_IMAGES = (b"krn 2 2", b"krn 1 2")


class BrokenPromiseError(AssertionError):
    """A promise was broken; the text says which."""


def judge(
    trace: Sequence[tuple[str, object]],
    tokens: Sequence[str],
    meter_no: str,
    meter: FakeMeter,
    *,
    honest: bool = True,
) -> None:
    """Check one run of an upgrade by what was done and by the meter's own truth.

    `honest`: nothing but the meter itself put images on the glass. `trace` holds ("action", action) and
    ("event", event) in the order in which they happened.
    """
    if any(digits not in tokens for digits in meter.submitted):
        raise BrokenPromiseError("digits were submitted that are not the work list's")
    enters: Counter[int] = Counter()
    recorded: list[Record] = []
    typed: dict[int, str] = {}
    taken: set[int] = set()
    later: set[int] = set()  # positions of credit for the new key
    unseen: set[int] = set()  # tokens whose Enter was not taken, and no look since
    looked_after_enter = proof_after_look = False
    identified = False
    last_code = ""
    last_action: object = None
    for kind, item in trace:
        if kind == "event":
            if isinstance(item, ev.Recorded) and isinstance(last_action, Record):
                recorded.append(last_action)
                if last_action.point == "answer" and last_action.body["answer"] in ("accepted", "half"):
                    taken.add(_position(last_action))
                if last_action.point == "answer" and last_action.body["answer"] == "not_taken":
                    enters[_position(last_action)] = 0
                    unseen.add(_position(last_action))
                if last_action.point == "intent" and last_action.body["role"] == "new_credit":
                    later.add(_position(last_action))
                if last_action.point == "probe":
                    identified = last_action.body["number"] == meter_no and last_action.body["krn"] == 1
            if isinstance(item, ev.GlassSeen) and looked_after_enter and item.image in _KRN_IMAGES:
                proof_after_look = item.image == b"krn 2 2"
            continue
        if isinstance(item, PressKeys):
            if item.position is None:
                if item.purpose is Keys.DIGITS:
                    last_code = item.keys
                elif item.purpose is Keys.ENTER and last_code == "04":
                    looked_after_enter = True
                    unseen.clear()
            else:
                if meter.number != meter_no:
                    raise BrokenPromiseError("a key of a token on another meter")
                if item.position in unseen:
                    raise BrokenPromiseError("digits again after an Enter that was not taken, without a look")
                _check_token_keys(item, tokens, identified, recorded, enters, taken, typed)
                if item.position not in later:
                    looked_after_enter = proof_after_look = False
                elif not proof_after_look:
                    raise BrokenPromiseError("new credit before 04 showed the new key")
        if isinstance(item, Finish) and item.outcome.verdict is Verdict.PASS_VERIFIED:
            if not proof_after_look:
                raise BrokenPromiseError("PASS_VERIFIED without 04 showing it after the last Enter")
            if honest and meter.krn != 2:
                raise BrokenPromiseError("PASS_VERIFIED on a meter that is on KRN 1")
        last_action = item


def _check_token_keys(
    keys: PressKeys,
    tokens: Sequence[str],
    identified: bool,
    recorded: Sequence[Record],
    enters: Counter[int],
    taken: set[int],
    typed: dict[int, str],
) -> None:
    position = keys.position
    assert position is not None
    if not identified:
        raise BrokenPromiseError("a key of a token on a meter that was not identified, or not on KRN 1")
    points = {record.point for record in recorded if record.body.get("position") == position}
    if keys.purpose is Keys.DIGITS:
        if "intent" not in points:
            raise BrokenPromiseError("digits before their intent was on disk")
        if keys.keys != tokens[position] and (keys.fresh or not tokens[position].endswith(keys.keys)):
            raise BrokenPromiseError("digits that are not the work list's")
        if enters[position]:
            raise BrokenPromiseError("digits again after their Enter")
        if {other for other, count in enters.items() if count} - taken:
            raise BrokenPromiseError("the next token although the one before was not taken")
        if keys.fresh:
            typed[position] = keys.keys
        return
    enters[position] += 1
    if enters[position] > 1:
        raise BrokenPromiseError("a second Enter for one token")
    intents = [r for r in recorded if r.point == "enter-intent" and r.body.get("position") == position]
    if not intents or intents[-1].body["job_id"] != keys.job_id:
        raise BrokenPromiseError("Enter before its intent was on disk")
    if typed.get(position) != tokens[position] or "typed" not in points:
        raise BrokenPromiseError("Enter on an entry that was not proved")


def _position(record: Record) -> int:
    return int(str(record.body["position"]))
