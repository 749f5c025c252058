"""The key scanner's laws: scan period, debounce, bounce, two keys, long press, stuck keys."""

from __future__ import annotations

import pytest
from metersim.keypad import LONG_PRESS, PRESS, RELEASE, Scanner, single_key
from rigwire.messages import KEYS
from rigwire.ticks import PERIOD, add
from tests.meter import mint
from tests.meter.typist import Typist

SEVEN = 1 << KEYS.index("7")
EIGHT = 1 << KEYS.index("8")


def scan(edges: list[tuple[int, int]], until_ms: int, **laws: int) -> list[tuple[int, str, int]]:
    """Events of a scanner (10 ms, 3 equal scans, first scan at 0) whose contacts change at these moments."""
    scanner = Scanner(laws.get("scan_ms", 10), laws.get("debounce", 3), 0, laws.get("long_press_ms", 0))
    events = []
    for at_ms, mask in edges:
        events += scanner.take(at_ms)
        scanner.contacts(mask)
    return events + scanner.take(until_ms)


def test_a_press_of_scan_times_debounce_is_taken_whenever_it_begins() -> None:
    for start in range(100, 110):
        events = scan([(start, SEVEN), (start + 30, 0)], 300)
        assert [event[:2] for event in events] == [(PRESS, "7"), (RELEASE, "7")]


def test_a_press_shorter_than_two_scans_is_lost_whenever_it_begins() -> None:
    for start in range(100, 110):
        assert scan([(start, SEVEN), (start + 20, 0)], 300) == []


def test_a_press_is_taken_at_the_third_equal_scan() -> None:
    assert scan([(101, SEVEN)], 300) == [(PRESS, "7", 130)]


def test_a_release_shorter_than_the_debounce_joins_two_presses_to_one() -> None:
    events = scan([(101, SEVEN), (201, 0), (221, SEVEN), (401, 0)], 600)
    assert [event[:2] for event in events] == [(PRESS, "7"), (RELEASE, "7")]


def test_a_key_that_follows_without_a_seen_release_is_not_taken() -> None:
    events = scan([(101, SEVEN), (201, 0), (211, EIGHT), (401, 0)], 600)
    assert [event[:2] for event in events] == [(PRESS, "7"), (RELEASE, "7")]


def test_two_keys_that_go_down_together_are_ignored() -> None:
    assert scan([(101, SEVEN | EIGHT), (301, 0)], 600) == []


def test_after_two_keys_the_one_that_stays_down_is_ignored_until_all_are_up() -> None:
    events = scan([(101, SEVEN | EIGHT), (201, EIGHT), (301, 0), (401, EIGHT)], 600)
    assert [event[:2] for event in events] == [(PRESS, "8")]


def test_every_group_of_two_or_more_contacts_and_so_every_matrix_ghost_is_nobodys_key() -> None:
    for mask in range(1, 1 << len(KEYS)):
        alone = bin(mask).count("1") == 1
        assert bool(single_key(mask)) == alone


def test_contacts_that_chatter_faster_than_the_debounce_make_one_press() -> None:
    chatter = [(100 + 3 * i, SEVEN if i % 2 == 0 else 0) for i in range(6)]
    events = scan([*chatter, (118, SEVEN), (218, 0)], 400)
    assert [event[:2] for event in events] == [(PRESS, "7"), (RELEASE, "7")]


def test_a_long_press_is_reported_once_at_its_time() -> None:
    events = scan([(101, SEVEN), (9000, 0)], 10000, long_press_ms=5000)
    assert events == [(PRESS, "7", 130), (LONG_PRESS, "7", 5130), (RELEASE, "7", 9030)]


def test_a_press_released_in_time_is_no_long_press() -> None:
    assert LONG_PRESS not in [
        event[0] for event in scan([(101, SEVEN), (5000, 0)], 10000, long_press_ms=5000)
    ]


def test_a_late_look_finds_the_same_keys_as_one_at_every_scan() -> None:
    late = scan([(101, SEVEN), (201, 0)], 100000)
    scanner = Scanner(10, 3, 0)
    often = []
    for now_ms in range(1000):
        often += scanner.take(now_ms)
        if now_ms in (101, 201):
            scanner.contacts(SEVEN if now_ms == 101 else 0)
    assert often == late


def test_the_scanner_works_over_the_wrap_of_the_tick() -> None:
    start = PERIOD - 50
    scanner = Scanner(10, 3, start)
    assert scanner.take(start) == []
    scanner.contacts(SEVEN)
    assert scanner.take(add(start, 100)) == [(PRESS, "7", add(start, 30))]


def test_the_deadline_is_the_scan_at_which_the_key_is_taken() -> None:
    scanner = Scanner(10, 3, 0)
    scanner.take(101)
    assert scanner.next_deadline_ms(101) == -1
    scanner.contacts(SEVEN)
    assert scanner.next_deadline_ms(101) == 29
    assert scanner.take(130) == [(PRESS, "7", 130)]


def test_the_truth_log_names_each_contact_edge_and_whether_it_was_seen() -> None:
    typist = Typist("hexing", mint.meter())
    typist.press("7")
    typist.press("8", 15)
    rows = [(row["key"], row["edge"], row["seen"]) for row in typist.key_rows()]
    assert rows == [("7", "down", True), ("7", "up", True), ("8", "down", False), ("8", "up", False)]


def test_a_stuck_key_enters_itself_and_keeps_every_other_key_out() -> None:
    typist = Typist("hexing", mint.meter(), ("stuck_key:5",))
    typist.wait(100)
    typist.type("12")
    assert typist.text() == "5"
    assert [row for row in typist.key_rows() if row.get("ghost")] != []


def test_a_keypad_that_drops_presses_loses_about_the_share_asked_for_and_always_the_same() -> None:
    runs = []
    for _ in range(2):
        typist = Typist("hexing", mint.meter(), ("key_drop:0.2",), seed=3)
        typist.type("12*" * 100)
        runs.append(typist.keys_seen())
    assert runs[0] == runs[1]
    assert 200 < len(runs[0]) < 280


@pytest.mark.parametrize("bounce_ms", [5, 12, 20])
def test_bounce_shorter_than_the_debounce_neither_loses_nor_doubles_a_key(bounce_ms: int) -> None:
    typist = Typist("hexing", mint.meter(), (f"bounce:{bounce_ms}",), seed=1)
    typist.type("1234567890")
    assert typist.keys_seen() == "1234567890"


def test_the_keypad_is_dead_while_the_meter_thinks() -> None:
    typist = Typist("hexing", mint.meter())
    typist.press_ms = 40
    typist.gap_ms = 60
    typist.type("04#7")
    typist.wait(2000)
    assert typist.keys_seen() == "04#"
    assert typist.text() == "KRN 01 KT 02"


def test_a_key_held_five_seconds_toggles_the_alarm_where_the_brand_has_that() -> None:
    state = mint.meter("generic", laws={"long_press_key": "0"})
    typist = Typist("generic", state)
    typist.press("0", 5200)
    assert typist.state["alarm_off"] is True
    assert [row["key"] for row in typist.truth if row["event"] == "long_press"] == ["0"]
    assert typist.text() == "0.0"


def test_contacts_open_when_the_rig_falls_silent() -> None:
    typist = Typist("hexing", mint.meter())
    typist.contacts("7")
    for _ in range(30):
        typist.now_ms += 100
        typist.app.poll(typist.now_ms)
    typist.truth += typist.app.take_truth()
    assert [(row["edge"], row["seen"]) for row in typist.key_rows()] == [("down", True), ("up", True)]
