"""Who has which row: never two, whatever races or breaks off."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test
from kctrig.worklist.in_use import changing, working_with
from kctrig.worklist.ledger import Hand, Ledger, State, ledger_path
from kctrig.worklist.rows import WorkListError, WorkRow
from kctrig.worklist.writer import BENCH, with_extra

BENCHES = ("a", "b")


def row(number: int, tokens: tuple[str, ...] = ()) -> WorkRow:
    own = tokens or (f"1{number:019d}", f"2{number:019d}")
    return WorkRow(number + 2, f"{number:011d}", "hexing", "HEXING", "41", own)


ROWS = [row(number) for number in range(6)]


@pytest.fixture
def ledger(tmp_path: Path) -> Ledger:
    return Ledger(tmp_path / "kctrig.ledger")


def take(
    ledger: Ledger, bench: str, count: int | None = None, rows: list[WorkRow] | None = None
) -> list[str]:
    _, taken = ledger.take(ROWS if rows is None else rows, bench, Path("x.csv"), count=count, now_unix_ms=1)
    return [one.meter_no for one in taken]


def test_a_row_that_one_bench_has_is_not_given_to_another(ledger: Ledger) -> None:
    first = take(ledger, "a", 2)
    second = take(ledger, "b")
    assert first == [ROWS[0].meter_no, ROWS[1].meter_no]
    assert second == [one.meter_no for one in ROWS[2:]]
    assert take(ledger, "a") == []


def test_who_comes_in_the_middle_of_anothers_handout_waits_and_gets_what_is_left(tmp_path: Path) -> None:
    path = tmp_path / "kctrig.ledger"
    later: list[str] = []
    second = threading.Thread(target=lambda: later.extend(take(Ledger(path), "b", 2)))

    class InTheMiddle(list[WorkRow]):
        def __iter__(self) -> Iterator[WorkRow]:
            yield self[0]
            second.start()
            second.join(0.2)  # it cannot end before this handout does
            yield from self[1:]

    first = take(Ledger(path), "a", 2, InTheMiddle(ROWS))
    second.join(30)
    assert [*first, *later] == [one.meter_no for one in ROWS[:4]]


def test_looking_does_not_wait_for_a_handout(tmp_path: Path) -> None:
    path = tmp_path / "kctrig.ledger"
    seen: list[list[Hand]] = []

    class InTheMiddle(list[WorkRow]):
        def __iter__(self) -> Iterator[WorkRow]:
            yield self[0]
            with Ledger(path) as other:
                seen.append(other.hands())

    assert take(Ledger(path), "a", 2, InTheMiddle(ROWS)) == [ROWS[0].meter_no]
    assert seen == [[]]


def test_the_tokens_of_a_row_are_not_given_out_under_another_meter(ledger: Ledger) -> None:
    take(ledger, "a", 1)
    stranger = row(99, (ROWS[0].tokens[1], "3" * 20))
    assert take(ledger, "b", rows=[stranger]) == []


def test_a_row_of_a_list_that_was_itself_handed_out_is_not_free(ledger: Ledger) -> None:
    assert take(ledger, "b", rows=[with_extra(ROWS[0], BENCH, "a")]) == []


def test_a_row_given_back_is_free_for_another(ledger: Ledger) -> None:
    (meter,) = take(ledger, "a", 1)
    ledger.give_back([meter], "a", operator="Budi", now_unix_ms=2)
    assert take(ledger, "b", 1) == [meter]


@pytest.mark.parametrize("state", [State.DONE, State.REFUSED, State.SAID_USED])
def test_a_settled_row_is_not_handed_out_again(ledger: Ledger, state: State) -> None:
    (meter,) = take(ledger, "a", 1)
    ledger.settle([meter], "a", state, operator="Budi", now_unix_ms=2)
    assert meter not in take(ledger, "b")


def test_a_refused_meter_is_handed_out_with_new_tokens_only(ledger: Ledger) -> None:
    (meter,) = take(ledger, "a", 1)
    ledger.settle([meter], "a", State.REFUSED, operator="", now_unix_ms=2)
    fresh = row(0, ("4" * 20, "5" * 20))
    half_fresh = row(0, ("6" * 20, ROWS[0].tokens[0]))
    assert take(ledger, "b", rows=[half_fresh]) == []
    assert take(ledger, "b", rows=[fresh]) == [meter]


def test_what_somebody_said_is_settled_by_a_store_and_never_free_again(ledger: Ledger) -> None:
    (meter,) = take(ledger, "a", 1)
    ledger.settle([meter], "a", State.SAID_USED, operator="Budi", now_unix_ms=2)
    ledger.settle([meter], "a", State.DONE, operator="", now_unix_ms=3)
    (hand,) = ledger.hands()
    assert (hand.meter_no, hand.state) == (meter, State.DONE)


def test_only_the_bench_that_has_a_row_gives_it_back(ledger: Ledger) -> None:
    (meter,) = take(ledger, "a", 1)
    with pytest.raises(WorkListError, match=r"not in the hands of b but with a \(out\)"):
        ledger.give_back([meter], "b", operator="Budi", now_unix_ms=2)
    with pytest.raises(WorkListError, match="but free"):
        ledger.settle([ROWS[5].meter_no], "b", State.DONE, operator="", now_unix_ms=2)
    assert [hand.bench for hand in ledger.hands()] == ["a"]


def test_a_file_that_was_never_written_is_lost_until_the_rows_are_written_again(
    ledger: Ledger, tmp_path: Path
) -> None:
    out = tmp_path / "a.csv"
    file, taken = ledger.take(ROWS, "a", out, count=2, now_unix_ms=1)
    out.touch()
    (lost,) = ledger.files()
    assert lost.is_lost
    assert set(lost.meters) == {one.meter_no for one in taken}
    again, same = ledger.take_again(ROWS, "a", out, now_unix_ms=2)
    assert same == taken
    ledger.mark_written(again)
    assert [one.is_lost for one in ledger.files()] == [True, False]
    assert ledger.take_again(ROWS, "b", out, now_unix_ms=3) == (0, [])
    assert file != again


def test_other_tokens_of_the_bank_are_not_written_again_for_a_row_that_is_out(ledger: Ledger) -> None:
    take(ledger, "a", 1)
    changed = row(0, ("4" * 20, "5" * 20))
    assert ledger.take_again([changed], "a", Path("x.csv"), now_unix_ms=2) == (0, [])


def test_the_ledger_keeps_no_digits_of_a_token(ledger: Ledger, tmp_path: Path) -> None:
    take(ledger, "a")
    content = (tmp_path / "kctrig.ledger").read_bytes()
    assert ROWS[0].meter_no.encode() in content
    assert not any(token.encode() in content for one in ROWS for token in one.tokens)


@pytest.mark.parametrize(
    "content", [b"no database at all, but long enough to be looked at", b"SQLite format 3\0xx"]
)
def test_a_file_that_is_no_ledger_is_one_line(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "x"
    path.write_bytes(content)
    with pytest.raises(WorkListError, match="cannot be used as a ledger"):
        Ledger(path)


def test_a_database_of_another_program_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "x"
    with sqlite3.connect(path) as db:
        db.execute("CREATE TABLE theirs (x)")
    with pytest.raises(WorkListError, match="another program"):
        Ledger(path)


def test_all_lists_of_a_folder_share_one_ledger(tmp_path: Path) -> None:
    (tmp_path / "link.csv").symlink_to(tmp_path / "real.csv")
    (tmp_path / "real.csv").touch()
    assert (
        ledger_path(tmp_path / "link.csv") == ledger_path(tmp_path / "real.csv") == tmp_path / "kctrig.ledger"
    )


def test_a_list_is_not_changed_while_somebody_works_with_it(tmp_path: Path) -> None:
    path = tmp_path / "l.csv"
    path.write_text("x")
    with (
        working_with(path),
        working_with(path),
        pytest.raises(WorkListError, match="in use"),
        changing(path),
    ):
        pytest.fail("both had it")
    with changing(path), pytest.raises(WorkListError, match="checked in"), working_with(path):
        pytest.fail("both had it")


class Hands(RuleBasedStateMachine):
    """Benches that take, give back, finish and lose files, in any order, against a model."""

    path: Path

    def __init__(self) -> None:
        super().__init__()
        self.path.unlink(missing_ok=True)
        self.ledger = Ledger(self.path)
        self.out: dict[str, str] = {}
        self.closed: set[str] = set()

    @rule(bench=st.sampled_from(BENCHES), count=st.integers(1, 3))
    def take(self, bench: str, count: int) -> None:
        taken = take(self.ledger, bench, count)
        free = [
            one.meter_no for one in ROWS if one.meter_no not in self.out and one.meter_no not in self.closed
        ]
        assert taken == free[:count]
        self.out |= dict.fromkeys(taken, bench)

    @rule(bench=st.sampled_from(BENCHES), at=st.integers(0, 5), state=st.sampled_from([None, State.DONE]))
    def return_one(self, bench: str, at: int, state: State | None) -> None:
        meter_no = ROWS[at].meter_no
        try:
            if state is None:
                self.ledger.give_back([meter_no], bench, operator="x", now_unix_ms=2)
            else:
                self.ledger.settle([meter_no], bench, state, operator="x", now_unix_ms=2)
        except WorkListError:
            assert self.out.get(meter_no) != bench
            return
        assert self.out.pop(meter_no) == bench
        if state is not None:
            self.closed.add(meter_no)

    @rule(bench=st.sampled_from(BENCHES))
    def again(self, bench: str) -> None:
        _, same = self.ledger.take_again(ROWS, bench, Path("y.csv"), now_unix_ms=3)
        assert {one.meter_no for one in same} == {meter for meter, has in self.out.items() if has == bench}

    @invariant()
    def one_hand_each(self) -> None:
        out = {hand.meter_no: hand.bench for hand in self.ledger.hands() if hand.state is State.OUT}
        assert out == self.out

    def teardown(self) -> None:
        self.ledger.__exit__()


def test_in_any_order_of_commands_a_row_is_in_one_hand(tmp_path: Path) -> None:
    class Here(Hands):
        path = tmp_path / "kctrig.ledger"

    run_state_machine_as_test(
        Here,
        settings=settings(
            max_examples=25,
            stateful_step_count=15,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
