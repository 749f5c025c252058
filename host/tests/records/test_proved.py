"""What a store proves of a meter's key change, over every order of events that there may be."""

from __future__ import annotations

import itertools
import types
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from kctrig.records import points, proved
from kctrig.records.errors import StoreUnreadable
from kctrig.records.proved import Proof, Result, read_proofs
from kctrig.records.store import Store

METER = "00000000018"
VERDICTS = (
    *("PASS_VERIFIED", "ALREADY_DONE", "REJECTED", "LOCKED_OUT", "BLOCKED", "HALF"),
    *("IN_DOUBT", "INFRA_ERROR", "ENTERED", "READY"),
)

Happening = tuple[str, Mapping[str, object]]

CLAIM: Happening = (points.CLAIM, {"profile": "hexing", "operator": "Budi"})
ENTER: Happening = (points.ENTER_INTENT, {"token": "f"})
INTENT: Happening = (points.INTENT, {"role": "kct"})
BY_HAND: Happening = (points.INTENT, {"role": "by_hand"})
OVERRIDE: Happening = (points.OVERRIDE, {"reason": "r", "operator": "o"})


def look(krn: int | None, point: str = points.VERIFY, kt: int | None = 2) -> Happening:
    return point, {"krn": krn, "kt": kt, "shown": f"KRN 0{krn}"}


def verdict(name: str, krn: int | None = None) -> Happening:
    return points.VERDICT, {
        "verdict": name,
        "krn_after": krn,
        "kt_after": 2,
        "reason": "because",
        "code": "refused",
    }


def proof_of(events: Iterable[Happening], module: types.ModuleType = proved) -> Proof:
    proof: Proof = module.Proof(METER)
    for seq, (point, body) in enumerate(events, start=1):
        proof.take(point, seq, seq * 1000, body)
    return proof


PASSED = (CLAIM, look(1, points.PROBE), INTENT, ENTER, look(2), verdict("PASS_VERIFIED", 2))
REFUSED = (CLAIM, look(1, points.PROBE), INTENT, ENTER, verdict("REJECTED", 1))


@pytest.mark.parametrize(
    ("events", "result"),
    [
        (PASSED, Result.DONE),
        ((CLAIM, look(2, points.PROBE), verdict("ALREADY_DONE", 2)), Result.DONE),
        (REFUSED, Result.REFUSED),
        ((CLAIM, look(1, points.PROBE), verdict("LOCKED_OUT", 1)), Result.REFUSED),
        ((*PASSED[:-1],), Result.NOT_PROVED),
        ((*PASSED[:-1], verdict("IN_DOUBT", 2)), Result.NOT_PROVED),
        ((*PASSED[:-1], verdict("HALF", 2)), Result.NOT_PROVED),
        ((*PASSED[:-1], verdict("ENTERED", 2)), Result.NOT_PROVED),
        ((CLAIM, verdict("BLOCKED")), Result.NOT_PROVED),
        ((CLAIM, verdict("INFRA_ERROR")), Result.NOT_PROVED),
        ((CLAIM,), Result.NOT_PROVED),
        ((), Result.NOT_PROVED),
        # a result lasts over an attempt that found out nothing
        ((*PASSED, CLAIM, verdict("INFRA_ERROR")), Result.DONE),
        ((*REFUSED, CLAIM, verdict("BLOCKED")), Result.REFUSED),
        ((*PASSED, CLAIM), Result.DONE),
        # and no longer than to what may have changed the meter or contradicts it
        ((*PASSED, CLAIM, ENTER), Result.NOT_PROVED),
        ((*PASSED, CLAIM, ENTER, verdict("INFRA_ERROR")), Result.NOT_PROVED),
        ((*PASSED, OVERRIDE), Result.NOT_PROVED),
        ((*PASSED, CLAIM, look(1, points.PROBE)), Result.NOT_PROVED),
        ((*REFUSED, CLAIM, look(2, points.PROBE)), Result.NOT_PROVED),
        ((*REFUSED, CLAIM, look(2, points.PROBE), verdict("ALREADY_DONE", 2)), Result.DONE),
        ((*PASSED, *REFUSED[:-1], verdict("REJECTED", 1)), Result.REFUSED),
        # a verdict that 04 contradicts proves nothing
        ((*PASSED[:-1], verdict("PASS_VERIFIED", 1)), Result.NOT_PROVED),
        ((*REFUSED[:-1], verdict("REJECTED", 2)), Result.NOT_PROVED),
        # what a person entered by hand is no key change of the list
        ((CLAIM, BY_HAND, ENTER, verdict("REJECTED", 1)), Result.NOT_PROVED),
        ((CLAIM, BY_HAND, ENTER, verdict("REJECTED", 1), *REFUSED), Result.REFUSED),
        # the new key is KRN 2 and KT 2, where KT is shown, and nothing else
        ((*PASSED, CLAIM, look(2, kt=None)), Result.DONE),
        ((*PASSED, CLAIM, look(2, kt=1)), Result.NOT_PROVED),
        ((*PASSED, CLAIM, look(3)), Result.NOT_PROVED),
        ((*REFUSED, CLAIM, look(2, kt=1)), Result.NOT_PROVED),
        # a glass that could not be read contradicts nothing
        ((*PASSED, CLAIM, look(None, points.PROBE)), Result.DONE),
    ],
)
def test_what_a_history_proves(events: Sequence[Happening], result: Result) -> None:
    assert proof_of(events).result is result


def test_a_proof_names_its_event_and_who_was_at_the_rig() -> None:
    proof = proof_of((*PASSED, CLAIM, verdict("INFRA_ERROR")))
    assert proof.reading is not None
    assert (proof.reading.krn, proof.reading.kt, proof.operator) == (2, 2, "Budi")
    assert (proof.verdict, proof.profile, proof.entered, proof.why) == ("PASS_VERIFIED", "hexing", True, "")


HAPPENINGS = st.one_of(
    st.sampled_from([CLAIM, INTENT, BY_HAND, ENTER, OVERRIDE]),
    st.builds(look, st.sampled_from([None, 1, 2, 3]), st.sampled_from([points.PROBE, points.VERIFY])),
    st.builds(verdict, st.sampled_from(VERDICTS), st.sampled_from([None, 1, 2, 3])),
)


def must_be_possible(events: Sequence[Happening], result: Result) -> None:
    """What every result needs, whatever the order: written without a look at how it is found."""
    if result is Result.NOT_PROVED:
        return
    proving = {"PASS_VERIFIED", "ALREADY_DONE"} if result is Result.DONE else {"REJECTED", "LOCKED_OUT"}
    verdicts = [
        at
        for at, (point, body) in enumerate(events)
        if point == points.VERDICT and body["verdict"] in proving
    ]
    assert verdicts, "a result without a verdict that proves it"
    since = events[verdicts[-1] :]
    assert not any(point in (points.ENTER_INTENT, points.OVERRIDE) for point, _ in since)
    others = {body["verdict"] for point, body in since[1:] if point == points.VERDICT}
    assert others <= {"INFRA_ERROR", "BLOCKED", "READY"}
    readings = [body["krn"] for point, body in since if point in (points.PROBE, points.VERIFY)]
    readings.append(since[0][1]["krn_after"])
    assert not {1, 3} & set(readings) if result is Result.DONE else not {2, 3} & set(readings)
    if result is Result.REFUSED:
        begun = max(
            (at for at, (point, _) in enumerate(events[: verdicts[-1]]) if point == points.CLAIM), default=0
        )
        assert BY_HAND not in events[begun : verdicts[-1]]


@settings(max_examples=800, deadline=None)
@given(st.lists(HAPPENINGS, max_size=10))
def test_no_order_of_events_makes_a_result_that_no_verdict_proves(events: list[Happening]) -> None:
    must_be_possible(events, proof_of(events).result)


MUTANTS = [
    ('_DONE = frozenset({"PASS_VERIFIED", "ALREADY_DONE"})', '_DONE = frozenset({"PASS_VERIFIED", "ALREADY_DONE", "ENTERED"})'),
    ('_DONE = frozenset({"PASS_VERIFIED", "ALREADY_DONE"})', '_DONE = frozenset({"PASS_VERIFIED", "HALF"})'),
    ('_DONE = frozenset({"PASS_VERIFIED", "ALREADY_DONE"})', '_DONE = frozenset({"PASS_VERIFIED"})'),
    ('_REFUSED = frozenset({"REJECTED", "LOCKED_OUT"})', '_REFUSED = frozenset({"REJECTED", "LOCKED_OUT", "BLOCKED"})'),
    ('_REFUSED = frozenset({"REJECTED", "LOCKED_OUT"})', '_REFUSED = frozenset({"REJECTED"})'),
    ("elif verdict in _REFUSED and not self._by_hand:", "elif verdict in _REFUSED:"),
    ("self._by_hand = False\n", "pass\n"),
    ("self._nothing(NO_VERDICT)", "pass"),
    ("self._nothing(OPENED_AGAIN)", "pass"),
    ("self._nothing(self._reason)", "pass"),
    ('return "" if holds else', 'return "" if True else'),
    ("reading.krn < NEW_KRN", "reading.krn <= NEW_KRN"),
    ("self.krn == NEW_KRN and", "self.krn >= NEW_KRN and"),
    ("and self.kt in (None, NEW_KT)", ""),
    ("if verdict in _SAYS_NOTHING and (self.result is not Result.NOT_PROVED or self.entered):", "if False:"),
    ("self.old_at_unix_ms = at_unix_ms\n        self._compare()", "self.old_at_unix_ms = at_unix_ms"),
    ("self._take_reading(*after, at_unix_ms, seq)", "pass"),
]  # fmt: skip


def test_every_mutant_of_the_projection_is_noticed() -> None:
    source = Path(proved.__file__).read_text(encoding="utf-8")
    steps = [
        *(CLAIM, INTENT, BY_HAND, ENTER, OVERRIDE, look(1), look(2), look(2, kt=1), look(3)),
        *(verdict(name, krn) for name in VERDICTS for krn in (1, 2)),
    ]
    corpus = [(*start, *end) for start in ((), PASSED, REFUSED) for end in itertools.product(steps, repeat=2)]
    corpus += [(*PASSED[:4], one) for one in steps] + [
        (CLAIM, BY_HAND, ENTER, one, *REFUSED) for one in steps
    ]
    right = [proof_of(events).result.value for events in corpus]
    for old, new in MUTANTS:
        assert old in source, old
        mutant = types.ModuleType("mutant")
        mutant.__dict__["__name__"] = "kctrig.records.proved"
        exec(compile(source.replace(old, new, 1), "mutant", "exec"), mutant.__dict__)
        assert [proof_of(events, mutant).result.value for events in corpus] != right, f"survives: {new}"


def test_the_proofs_of_a_store_come_with_the_check_of_its_chain(tmp_path: Path) -> None:
    path = tmp_path / "s.db"
    with Store(path) as store:
        for meter_no in (METER, "00000000026"):
            attempt = store.claim(meter_no, "hexing", {})
            attempt.record(points.PROBE, {"krn": 1, "kt": 2, "shown": "x"})
            if meter_no == METER:
                attempt.record(points.VERDICT, {"verdict": "PASS_VERIFIED", "krn_after": 2})
            attempt.close()
    found = read_proofs(path)
    assert not found.bent
    assert {meter_no: proof.result for meter_no, proof in found.of.items()} == {
        METER: Result.DONE,
        "00000000026": Result.NOT_PROVED,
    }
    assert found.of[METER].seq == 3


def test_a_file_that_is_no_store_is_said(tmp_path: Path) -> None:
    (tmp_path / "x").write_bytes(b"no store")
    with pytest.raises(StoreUnreadable, match="cannot be read as a kctrig store"):
        read_proofs(tmp_path / "x")
