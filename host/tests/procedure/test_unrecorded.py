"""A verdict that could not be written: screen and record say the same, and it is never a success."""

from __future__ import annotations

from collections.abc import Mapping

import pytest
from kctrig import profiles
from kctrig.procedure.runner import enter_tokens, upgrade_meter
from kctrig.procedure.verdicts import Verdict
from tests.procedure.virtual_bench import Bench, Make


def fill_at_the_verdict(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    """From the verdict on nothing more can be written, as on a full disk."""
    append = bench.store._append

    def until_the_verdict(attempt: int, meter_no: str, point: str, body: Mapping[str, object]) -> int:
        if point == "verdict":
            bench.store._db.execute("PRAGMA query_only = ON")
        return append(attempt, meter_no, point, body)

    monkeypatch.setattr(bench.store, "_append", until_the_verdict)


def test_a_pass_that_could_not_be_recorded_is_in_doubt_on_the_screen_as_in_the_record(
    make: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    bench = make("hexing")
    with monkeypatch.context() as full:
        fill_at_the_verdict(bench, full)
        outcome = bench.upgrade()  # which asks the store whether it says the same
        assert (outcome.verdict, outcome.code) == (Verdict.IN_DOUBT, "journal_failed")
        assert outcome.reason.startswith("04 shows ")
        assert (
            "but that could not be recorded: the journal point 'verdict' could not be written"
            in outcome.reason
        )
        assert outcome.krn_after == 2
    bench.store._db.execute("PRAGMA query_only = OFF")
    assert bench.upgrade().verdict is Verdict.PASS_VERIFIED
    assert len(bench.submitted()) == 2


def test_a_look_that_could_not_be_recorded_is_trouble_and_no_pass(
    make: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    bench = make("hexing")
    bench.upgrade()
    with monkeypatch.context() as full:
        fill_at_the_verdict(bench, full)
        outcome = upgrade_meter(
            bench.world.open_rig(), bench.job(), profiles.load(bench.brand), bench.store, clock=bench.world
        )
    assert (outcome.verdict, outcome.code) == (Verdict.INFRA_ERROR, "journal_failed")


def test_tokens_by_hand_that_could_not_be_recorded_are_in_doubt(
    make: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    bench = make("sanxing")
    fill_at_the_verdict(bench, monkeypatch)
    entered = enter_tokens(
        bench.world.open_rig(), profiles.load(bench.brand), bench.tokens, bench.store, clock=bench.world
    )
    assert (entered.outcome.verdict, entered.outcome.code) == (Verdict.IN_DOUBT, "journal_failed")
    assert len(entered.answers) == 2


def test_a_disk_that_is_full_before_the_end_is_said_once(make: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    bench = make("hexing")
    append = bench.store._append

    def until_the_second_section(attempt: int, meter_no: str, point: str, body: Mapping[str, object]) -> int:
        if point == "intent" and body["position"] == 1:
            bench.store._db.execute("PRAGMA query_only = ON")
        return append(attempt, meter_no, point, body)

    monkeypatch.setattr(bench.store, "_append", until_the_second_section)
    outcome = bench.upgrade()
    assert (outcome.verdict, outcome.code) == (Verdict.HALF, "journal_failed")
    assert outcome.reason.count("could not be written") == 1
    assert outcome.reason.endswith("(not journaled: for the same reason)")
    assert outcome.half_until_unix_ms is not None
