"""The link under a line that does everything a line can do, judged by the keypad alone."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from kctrig.link.client import HostLink
from kctrig.link.items import Request
from rigfw.jobs import KeyJobs
from rigfw.server import DeviceLink
from rigwire import frames, messages
from tests.link.chaos import Chaos, Verdict
from tests.link.faulty_line import Rates

JOBS = 20_000
LONG_JOBS = 1_000_000
HARSH = Rates(
    loss=0.15, damage=0.10, double=0.05, late=0.05, reset=0.005, host_stall=0.005, host_restart=0.02
)


def _show(verdict: Verdict) -> None:
    assert verdict.executed_twice == 0, verdict
    assert verdict.done_but_not_executed == 0, verdict
    assert verdict.handled_twice == 0, verdict
    assert verdict.never_ended == 0, verdict
    assert verdict.unknown <= verdict.resets, verdict


def test_twenty_thousand_jobs_over_a_bad_line_are_typed_once_or_said_to_be_unknown(
    pytestconfig: pytest.Config, capsys: pytest.CaptureFixture[str]
) -> None:
    long = pytestconfig.getoption("--long")
    verdict = Chaos(seed=20260101).run(LONG_JOBS if long else JOBS)
    if long:
        with capsys.disabled():
            print(f"\n{verdict}")  # noqa: T201  the figures of docs/link-figures.md
    _show(verdict)
    # The line did what it was told to: the run proves something.
    assert verdict.resets > 50
    assert verdict.reconnects > 100
    assert verdict.host_restarts > 50
    assert verdict.retransmitted > 5_000
    assert verdict.done > 0.99 * verdict.jobs


@pytest.mark.parametrize("seed", range(4))
def test_a_line_three_times_as_bad_changes_only_how_long_it_takes(seed: int) -> None:
    verdict = Chaos(seed, HARSH).run(1_000)
    _show(verdict)
    assert verdict.resets > 10


def test_a_clean_line_with_resets_loses_nothing_that_can_be_known() -> None:
    clean = Rates(loss=0, damage=0, double=0, late=0, reset=0.01, host_stall=0, host_restart=0)
    verdict = Chaos(5, clean).run(1_000)
    _show(verdict)
    assert verdict.retransmitted < 2 * (verdict.resets + 1) * 6


def test_a_clean_line_without_resets_ends_every_job_as_done() -> None:
    clean = Rates(loss=0, damage=0, double=0, late=0, reset=0, host_stall=0, host_restart=0)
    verdict = Chaos(6, clean).run(500)
    assert (verdict.done, verdict.unknown, verdict.retransmitted) == (500, 0, 0)


# -- each protection taken out: the same chaos must notice


class WithoutJobTable(KeyJobs):
    def _find(self, job_id: int) -> None:
        return None


class WithoutSessionCheck(DeviceLink):
    """Takes every request for its own, and the first one after a start whatever its number."""

    def _is_ours(self, frame: frames.Frame) -> bool:
        if not self._answer:
            self._last_seq = (frame.seq - 1) & 0xFF
        return True


class WithoutCachedAnswer(DeviceLink):
    """Executes what comes again instead of sending the kept answer."""

    def _in_session(self, frame: frames.Frame, now_ms: int) -> None:
        if frame.seq == self._last_seq and frame.msg != messages.HELLO:
            self._execute(frame, now_ms)
            return
        super()._in_session(frame, now_ms)


class WithoutBootRule(HostLink):
    """Takes a restarted rig for the one it knew."""

    def _restarted(self) -> None:
        self._happenings.order.forget_numbers()

    def _start(self, request: Request, now_ms: float) -> None:
        self.jobs._given.clear()
        super()._start(request, now_ms)


def _fails(seed: int, rates: Rates | None = None, **classes: Any) -> Verdict:
    return Chaos(seed, rates, **classes).run(3_000)


def test_without_the_job_table_a_job_is_typed_twice() -> None:
    # A host that goes on learns of a job's end from the ring of events too; one that died in a job has only the table.
    assert sum(_fails(seed, jobs_class=WithoutJobTable).executed_twice for seed in range(3)) > 0


def test_without_the_job_table_and_without_events_a_job_is_typed_twice() -> None:
    verdict = Chaos(1, HARSH, jobs_class=WithoutJobTable, subscribe=False).run(3_000)
    assert verdict.executed_twice > 0
    assert Chaos(1, HARSH, subscribe=False).run(3_000).clean


def test_without_the_session_check_a_job_is_typed_twice_after_a_restart() -> None:
    assert sum(_fails(seed, link_class=WithoutSessionCheck).executed_twice for seed in range(3)) > 0


def test_without_the_cached_answer_requests_are_executed_twice() -> None:
    assert _fails(1, link_class=WithoutCachedAnswer).handled_twice > 50


def test_without_cached_answer_and_job_table_hundreds_of_jobs_are_typed_twice() -> None:
    verdict = _fails(1, link_class=WithoutCachedAnswer, jobs_class=WithoutJobTable)
    assert verdict.executed_twice > 100


def test_without_the_boot_rule_a_restarted_rig_types_a_job_again() -> None:
    often = replace(Rates(), reset=0.02)
    assert _fails(1, often, host_class=WithoutBootRule).executed_twice > 0


def test_the_same_seeds_are_clean_with_everything_in_place() -> None:
    for seed in range(3):
        assert Chaos(seed).run(3_000).clean
    assert Chaos(1, replace(Rates(), reset=0.02)).run(3_000).clean
    assert Chaos(1, HARSH).run(3_000).clean
