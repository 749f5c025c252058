"""What the measurements of a self-test mean."""

from __future__ import annotations

import pytest
from kctrig.link.identity import identify
from kctrig.link.selftest import Channel, SelfTest
from kctrig.selftest import judge
from kctrig.selftest.items import Item
from kctrig.selftest.judge import Edge
from rigwire import glass, ticks

BOARD = "kctrig-rig 0.1.0 bench_matrix, micropython 1.29 on esp32, id 240ac4a1b2c3, reset power-on"
NAMES = ("row 1", "row 2", "row 3", "row 4", "column 1", "column 2", "column 3")
OK = tuple(Channel(name, "ok") for name in NAMES)


def said(items: list[Item] | Item) -> str:
    found = items if isinstance(items, list) else [items]
    return " | ".join(f"{item.check} {item.finding.grade}: {item.finding}" for item in found)


def report(channels: tuple[Channel, ...] = OK, one_shot_ms: int | None = 500, **fields: object) -> SelfTest:
    values = {
        "state": "done",
        "steps_done": 20,
        "steps": 20,
        "one_shot_failed": False,
        "reason": "none",
        **fields,
    }
    return SelfTest(one_shot_ms=one_shot_ms, channels=channels, **values)  # type: ignore[arg-type]


# -- firmware


def test_the_firmware_that_belongs_to_this_kctrig_is_good() -> None:
    assert (
        said(judge.of_firmware(identify(BOARD), "0.1.0"))
        == "firmware good: firmware 0.1.0, as this kctrig brings it"
    )


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (BOARD.replace("0.1.0", "0.0.9"), "note: firmware 0.0.9, this kctrig brings 0.1.0"),
        (BOARD.replace("power-on", "watchdog"), "note: the watchdog started it last"),
        (BOARD.replace("1.29", "1.25"), "note: MicroPython 1.25 is older than 1.27"),
        ("toaster 1.0", "bad: this is no kctrig rig: toaster 1.0"),
    ],
)
def test_each_trouble_of_the_firmware_has_its_own_advice(text: str, words: str) -> None:
    assert words in said(judge.of_firmware(identify(text), "0.1.0"))


# -- clock


@pytest.mark.parametrize(
    ("device_ms", "grade"), [(1000, "good"), (1008, "good"), (992, "good"), (1030, "bad"), (940, "bad")]
)
def test_a_clock_that_is_off_by_more_than_one_in_a_hundred_is_a_fault(device_ms: int, grade: str) -> None:
    assert judge.of_clock(1000.0, device_ms, 2.0).finding.grade == grade


def test_what_a_slow_line_hides_is_not_held_against_the_clock() -> None:
    assert judge.of_clock(1000.0, 1030, 40.0).finding.grade == "good"


# -- glass


def test_the_glass_is_named_by_kind_and_cells() -> None:
    image = glass.pack_glass(glass.SEVEN_SEGMENT, b"\0\0", b"\0" * 8)
    assert said(judge.of_glass(image)) == "glass good: the glass is there: seven segments, 10 cells"


def test_a_faint_glass_and_a_damaged_one_are_faults_and_none_is_not_tested() -> None:
    faint = glass.pack_glass(glass.SEVEN_SEGMENT, b"", b"\0" * 8, flags=glass.FLAG_LOW_CONTRAST)
    assert "bad: the glass has too little contrast" in said(judge.of_glass(faint))
    assert "bad: the glass comes damaged" in said(judge.of_glass(b"\1\2"))
    assert "skipped: no meter answers" in said(
        judge.of_glass(None, "no meter answers on the meter port; check")
    )
    assert "skipped: no glass: hm" in said(judge.of_glass(None, "hm"))


# -- keys, by the jig


def test_a_whole_keypad_and_its_one_shot_are_good() -> None:
    assert said(judge.of_jig(report(), 500)) == (
        "keys good: all 7 channels open and close, each alone | "
        "one_shot good: the hardware opens a held key after 500 ms"
    )


@pytest.mark.parametrize(
    ("channel", "words"),
    [
        (Channel("row 2", "stuck open"), "row 2 never closes"),
        (Channel("column 3", "stuck closed"), "column 3 does not open"),
        (Channel("key #", "bridged", "key 9"), "key # hangs together with key 9"),
        (Channel("row 1", "bridged"), "row 1 hangs together with another one"),
        (Channel("row 1", "crossed", "row 4"), "row 1 is wired as row 4"),
        (Channel("row 1", "not tested"), "row 1 was not tested"),
    ],
)
def test_each_channel_that_is_wrong_is_named(channel: Channel, words: str) -> None:
    found = judge.of_jig(report((*OK[1:], channel)))
    assert found[0].finding.grade == "bad"
    assert words in said(found[0])


@pytest.mark.parametrize(
    ("one_shot_ms", "failed", "words"),
    [
        (None, True, "bad: the hardware never opens a key"),
        (None, False, "skipped: no channel worked"),
        (900, False, "note: the hardware opens a held key after 900 ms, meant were 500 ms"),
        (600, False, "good"),
    ],
)
def test_the_one_shot_is_judged_by_its_own_time(one_shot_ms: int | None, failed: bool, words: str) -> None:
    assert words in said(judge.of_jig(report(one_shot_ms=one_shot_ms, one_shot_failed=failed), 500)[-1])


def test_no_jig_and_an_aborted_run_are_no_verdict_on_single_channels() -> None:
    silent = report(tuple(Channel(name, "stuck open") for name in NAMES), None)
    assert said(judge.of_jig(silent)).startswith("keys bad: no channel answers")
    aborted = report(state="aborted", reason="emergency stop")
    assert "ended early: emergency stop" in said(judge.of_jig(aborted))


@pytest.mark.parametrize(
    ("word", "detail", "words"),
    [
        ("UNKNOWN_MSG", "", "skipped: not available on this board"),
        ("REFUSED", "there is nothing here for a jig to test", "skipped: not available on this board"),
        ("REFUSED", "a meter answers on the meter port", "skipped: a meter is on the rig"),
        ("REFUSED", "the emergency stop is pressed", "skipped: the emergency stop is pressed"),
        ("REFUSED", "the expander does not answer", "bad: the rig cannot test its keys: the expander does not answer"),
    ],
)  # fmt: skip
def test_a_refusal_is_a_fault_only_when_the_hardware_is_at_fault(word: str, detail: str, words: str) -> None:
    assert words in said(judge.of_jig_refusal(word, detail))


# -- emergency stop


def test_a_switch_that_is_not_noticed_forbids_the_rig() -> None:
    assert "bad: the switch was pressed and the rig did not notice → do not use this rig" in said(
        judge.of_estop(False)
    )
    assert judge.of_estop(True).finding.grade == "good"
    assert judge.of_estop(None).finding.grade == "skipped"
    assert "not available" in said(judge.of_estop(None, "uart"))


# -- timing


def edges(late_ms: dict[int, int], start_ms: int = ticks.PERIOD - 300) -> list[Edge]:
    """Eight presses of 120 ms with 130 ms between them; the clock wraps on the way."""
    times = [number // 2 * 250 + number % 2 * 120 for number in range(16)]
    return [
        Edge(ticks.add(start_ms, at + late_ms.get(number, 0)), number % 2 == 0)
        for number, at in enumerate(times)
    ]


@pytest.mark.parametrize(
    ("late", "grade"), [(0, "good"), (5, "good"), (-7, "note"), (20, "note"), (40, "bad")]
)
def test_the_worst_edge_decides_also_across_the_wrap_of_the_clock(late: int, grade: str) -> None:
    found = judge.of_timing(edges({9: late}), 120, 130, 8)
    assert found.finding.grade == grade
    assert f"the worst edge is {late} ms off" in said(found)


def test_a_late_edge_of_an_emulated_rig_may_be_the_computers_fault() -> None:
    for emulated in (True, False):
        todo = judge.of_timing(edges({9: 40}), 120, 130, 8, emulated=emulated).finding.todo
        assert todo is not None
        assert ("a busy computer makes it late" in todo.in_words()) is emulated


def test_an_edge_that_was_not_reported_is_a_fault() -> None:
    assert "bad: 15 edges of 16 were reported" in said(judge.of_timing(edges({})[:-1], 120, 130, 8))


def test_what_was_not_pressed_is_not_tested() -> None:
    assert "skipped: no key was pressed" in said(judge.not_timed())
    assert "skipped: the rig presses nothing: no meter" in said(judge.not_timed("no meter"))
