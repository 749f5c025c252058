"""A round over a work list with stations that are made up: who works on which row, and what is said of the rest."""

import threading
from collections.abc import Sequence
from dataclasses import dataclass, field

import pytest
from kctrig.bench.round import Done, Round, RoundResult, Seen
from kctrig.procedure.verdicts import Outcome, Verdict
from kctrig.worklist.rows import WorkRow

A, B, C = "00000000018", "00000000026", "00000000034"


def row(meter_no: str, row_no: int = 2) -> WorkRow:
    return WorkRow(row_no, meter_no, "hexing", "HEXING", "41", ("0" * 20,))


@dataclass
class FakeStation:
    """A slot into which a technician puts these meters one after the other; an error is raised in its place."""

    meters: list[str | Exception | None]
    verdicts: dict[str, Verdict | Exception] = field(default_factory=dict)
    upgraded: list[str] = field(default_factory=list)
    identified: int = 0
    closed: bool = False

    def identify(self, rows: Sequence[WorkRow]) -> Seen:
        self.identified += 1
        meter = self.meters.pop(0)
        if isinstance(meter, Exception):
            raise meter
        return Seen(meter, "" if meter else "the glass is dark")

    def upgrade(self, row: WorkRow) -> Outcome:
        self.upgraded.append(row.meter_no)
        verdict = self.verdicts.get(row.meter_no, Verdict.PASS_VERIFIED)
        if isinstance(verdict, Exception):
            raise verdict
        return Outcome(row.meter_no, row.profile_name, verdict)

    def close(self) -> None:
        self.closed = True


@dataclass
class FakeCrew:
    patience: int = 0
    asked: list[tuple[str, int]] = field(default_factory=list)
    told: list[str] = field(default_factory=list)
    ended: list[Done] = field(default_factory=list)

    def next_meter(self, rig: str, said: str, rows_left: int) -> bool:
        self.asked.append((said, rows_left))
        self.patience -= 1
        return self.patience >= 0

    def tell(self, rig: str, text: str) -> None:
        self.told.append(text)

    def finished(self, done: Done) -> None:
        self.ended.append(done)


class TouchedError(Exception):
    effect = "unknown"


class UntouchedError(Exception):
    effect = "nothing"


def play(rows: list[WorkRow], stations: dict[str, FakeStation], crew: FakeCrew | None = None) -> RoundResult:
    return Round(rows, stations.__getitem__, crew or FakeCrew(), threading.Event()).run(list(stations))


def verdicts(result: RoundResult) -> list[Verdict]:
    return [done.outcome.verdict for done in result.rows]


def test_each_meter_is_matched_to_its_row_by_the_number_that_it_shows() -> None:
    stations = {"p1": FakeStation([B]), "p2": FakeStation([A])}
    result = play([row(A), row(B)], stations)
    assert verdicts(result) == [Verdict.PASS_VERIFIED, Verdict.PASS_VERIFIED]
    assert [done.rig for done in result.rows] == ["p2", "p1"]
    assert (stations["p1"].upgraded, stations["p2"].upgraded) == ([B], [A])


def test_the_result_has_the_order_of_the_list() -> None:
    result = play(
        [row(C), row(A), row(B)], {"p1": FakeStation([A]), "p2": FakeStation([B]), "p3": FakeStation([C])}
    )
    assert [done.row.meter_no for done in result.rows] == [C, A, B]


def test_a_meter_that_is_not_in_the_list_is_not_touched_and_the_rows_stay_ready() -> None:
    stations = {"p1": FakeStation(["00000000174"])}
    result = play([row(A), row(B)], stations)
    assert stations["p1"].upgraded == []
    assert verdicts(result) == [Verdict.READY, Verdict.READY]
    assert "meter 00000000174 is not in the work list" in result.rows[0].outcome.reason


def test_a_meter_whose_number_cannot_be_read_is_not_touched() -> None:
    stations = {"p1": FakeStation([None])}
    result = play([row(A), row(B)], stations)
    assert stations["p1"].upgraded == []
    assert "the glass is dark" in result.rows[0].outcome.reason


def test_one_rig_with_several_rows_asks_for_the_next_meter_until_none_is_left() -> None:
    crew = FakeCrew(patience=9)
    stations = {"p1": FakeStation([B, A, C])}
    result = play([row(A), row(B), row(C)], stations, crew)
    assert verdicts(result) == [Verdict.PASS_VERIFIED] * 3
    assert [left for _, left in crew.asked] == [2, 1]
    assert "meter 00000000026: PASS_VERIFIED" in crew.asked[0][0]


def test_with_nobody_to_ask_the_rows_left_stay_ready_with_the_reason() -> None:
    result = play([row(A), row(B)], {"p1": FakeStation([A])})
    assert verdicts(result) == [Verdict.PASS_VERIFIED, Verdict.READY]
    assert "put it into a rig" in result.rows[1].outcome.reason


def test_the_same_meter_shown_again_is_not_begun_again() -> None:
    crew = FakeCrew(patience=1)
    stations = {"p1": FakeStation([A, A])}
    play([row(A), row(B)], stations, crew)
    assert stations["p1"].upgraded == [A]
    assert "was worked on in this round" in crew.told[0]


def test_one_rig_and_one_row_leave_the_look_at_the_number_to_the_procedure() -> None:
    station = FakeStation([])
    play([row(A)], {"p1": station})
    assert (station.identified, station.upgraded) == (0, [A])


@pytest.mark.parametrize(
    ("error", "verdict"),
    [
        (TouchedError("link lost"), Verdict.IN_DOUBT),
        (UntouchedError("disk full"), Verdict.INFRA_ERROR),
        (KeyError("x"), Verdict.IN_DOUBT),
    ],
)
def test_a_procedure_that_breaks_leaves_a_verdict_that_says_what_is_known(
    error: Exception, verdict: Verdict
) -> None:
    result = play([row(A)], {"p1": FakeStation([], {A: error})})
    assert verdicts(result) == [verdict]
    assert result.rows[0].outcome.reason


def test_a_rig_that_fails_does_not_stop_the_others_and_its_error_is_handed_over() -> None:
    lost = UntouchedError("no rig answers")
    stations = {"p1": FakeStation([lost]), "p2": FakeStation([B])}
    result = play([row(A), row(B)], stations)
    assert verdicts(result) == [Verdict.READY, Verdict.PASS_VERIFIED]
    assert result.failures == (("p1", lost),)
    assert "p1: no rig answers" in result.rows[0].outcome.reason


def test_every_station_is_closed_also_after_a_failure() -> None:
    stations = {"p1": FakeStation([RuntimeError("x")]), "p2": FakeStation([B])}
    play([row(A), row(B)], stations)
    assert all(station.closed for station in stations.values())


def test_nothing_is_begun_after_the_wish_to_stop() -> None:
    stop = threading.Event()
    stop.set()
    station = FakeStation([A])
    result = Round([row(A), row(B)], lambda url: station, FakeCrew(), stop).run(["p1"])
    assert station.identified == 0
    assert station.closed
    assert verdicts(result) == [Verdict.READY, Verdict.READY]
