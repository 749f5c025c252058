"""Captures of an LCD driver's bus, written by a second implementation and read back."""

from __future__ import annotations

import random
from collections.abc import Iterator
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from kctrig.display.lcd_trace import capture, segmap
from kctrig.display.lcd_trace.memory import CHIPS, SYS_DIS, command_name
from kctrig.display.lcd_trace.trace import Reading, Stand, Trace
from rigwire import glass
from tests.display.glasses import image
from tests.display.lcd_bus import BusWriter, as_edges, as_saleae, as_sigrok, with_glitches

SEVEN = segmap.built_in("example_ht1621")
FOURTEEN = segmap.built_in("example_ht1622")
BOTH = pytest.mark.parametrize("chip", ["HT1621", "HT1622"])
nibble_lists = st.lists(st.integers(0, 15), min_size=1, max_size=32)


def chunks_of(text: str, seed: int) -> Iterator[str]:
    dice = random.Random(seed)
    while text:
        size = dice.randrange(1, 200)
        yield text[:size]
        text = text[size:]


def stands(text: str, chip: str = "HT1621", glitch_ns: int = 300) -> tuple[list[Stand], dict[str, int]]:
    trace = Trace(CHIPS[chip], glitch_ns)
    found = list(trace.stands(capture.read([text])))
    return found, trace.summary()


def readings(writer: BusWriter, segments: segmap.SegmentMap = SEVEN) -> list[Reading]:
    text = as_edges(writer.rows)
    return list(Trace(segments.chip).readings(capture.read([text]), segments))


def memory_of(segments: segmap.SegmentMap, drawn: bytes) -> list[int]:
    """The nibbles that light this image: the map the other way round."""
    _, _, icons, counter, main = glass.unpack_glass(drawn)
    size = glass.CELL_BYTES[segments.kind]
    nibbles = [0] * segments.chip.nibbles
    cells = [
        (cell, int.from_bytes(main[size * at : size * (at + 1)], "little"))
        for at, cell in enumerate(segments.main)
    ] + list(zip(segments.counter, counter, strict=True))
    lit = [
        place for cell, mask in cells for at, place in enumerate(cell) if place is not None and mask >> at & 1
    ] + [place for bit, place in segments.icons if icons & bit]
    for address, bit in lit:
        nibbles[address] |= 1 << bit
    return nibbles


def started(chip: str = "HT1621") -> BusWriter:
    """A chip that has been switched on, its memory cleared."""
    writer = BusWriter()
    writer.command("0001-1000", "0010-1001", "0000-0001", "0000-0011")
    writer.write(0, [0] * CHIPS[chip].nibbles)
    writer.rest(30)
    return writer


@BOTH
@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_what_was_written_stands_in_the_memory_however_the_file_is_cut(
    chip: str, data: st.DataObject
) -> None:
    writer = started(chip)
    expected = [0] * CHIPS[chip].nibbles
    for _ in range(data.draw(st.integers(1, 4))):
        address = data.draw(st.integers(0, CHIPS[chip].nibbles - 1))
        nibbles = data.draw(nibble_lists)[: CHIPS[chip].nibbles - address]
        writer.write(address, nibbles)
        expected[address : address + len(nibbles)] = nibbles
    writer.rest(100)
    trace = Trace(CHIPS[chip])
    text = as_edges(writer.rows, data.draw(st.sampled_from([",", ";", "\t", " "])))
    (*_, last) = trace.stands(capture.read(chunks_of(text, data.draw(st.integers(0, 999)))))
    assert last.content.nibbles == tuple(expected)
    assert last.settled
    assert set(trace.summary()) == {"nibbles written", "commands"}


@settings(max_examples=40, deadline=None)
@given(seed=st.integers(0, 10_000), nibbles=nibble_lists)
def test_glitches_shorter_than_the_filter_change_nothing(seed: int, nibbles: list[int]) -> None:
    writer = started()
    writer.write(0, nibbles)
    writer.rest(100)
    clean, _ = stands(as_edges(writer.rows))
    bent = with_glitches(writer.rows, seed, 60, width_ns=250)
    cleaned, counts = stands(as_edges(bent))
    assert cleaned == clean
    assert counts["glitches taken out"] == (len(bent) - len(writer.rows)) // 2


def test_without_the_filter_the_same_glitches_do_harm() -> None:
    writer = started()
    writer.write(0, list(range(16)) * 2)
    writer.rest(100)
    bent = as_edges(with_glitches(writer.rows, 1, 60, width_ns=250))
    assert stands(bent, glitch_ns=0)[0] != stands(bent)[0]


@settings(max_examples=80, deadline=None)
@given(seed=st.integers(0, 100_000))
def test_a_capture_with_lost_rows_is_read_to_its_end(seed: int) -> None:
    dice = random.Random(seed)
    writer = started()
    writer.write(0, [dice.randrange(16) for _ in range(32)])
    writer.rest(100)
    rows = list(writer.rows)
    for _ in range(dice.randrange(1, 6)):
        del rows[dice.randrange(1, len(rows) - 1)]
    found, _ = stands(as_edges(rows))
    assert found
    for stand in found:
        assert len(stand.content.nibbles) == 32


@pytest.mark.parametrize("rate_hz", [1_000_000, 4_000_000])
def test_all_three_kinds_of_file_say_the_same(rate_hz: int) -> None:
    writer = started()
    writer.write(0, list(range(16)) * 2)
    writer.rest(30)
    (*_, expected) = Trace(CHIPS["HT1621"]).stands(capture.read([as_edges(writer.rows)]))
    names = {"cs": "Channel 0", "wr": "Channel 1", "data": "Channel 2"}
    (*_, saleae) = Trace(CHIPS["HT1621"]).stands(capture.read([as_saleae(writer.rows)], names))
    names = {"cs": "D0", "wr": "D1", "data": "D3"}
    (*_, sigrok) = Trace(CHIPS["HT1621"]).stands(capture.read([as_sigrok(writer.rows, rate_hz)], names))
    assert saleae == expected
    assert sigrok.content == expected.content
    assert abs(sigrok.since_ns - expected.since_ns) <= 1_000_000_000 // rate_hz


@pytest.mark.parametrize(
    "text",
    [
        "time;/CS;nWR;DATA\n0,000001;1;1;0\n0,000002;0;1;0\n",
        'Time [us],"CS#","WR","DATA"\n1,1,1,0\n2,0,1,0\n',
        "# a comment\nt_ns\tcs_n\twr_n\tdio\n1000\t1\t1\t0\n2000\t0\t1\t0\n",
        "Microseconds,CS,WR,DATA\n1,1,1,0\n2,0,1,0\n",
    ],
)
def test_separators_names_and_units_are_taken_as_they_come(text: str) -> None:
    assert [(one.time_ns, one.levels) for one in capture.read([text])] == [
        (1000, (1, 1, 0, 1)),
        (2000, (0, 1, 0, 1)),
    ]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "no samples in 0 lines"),
        ("time,CS,WR\n0,1,1\n", "no channel 'DATA' among 'time', 'CS', 'WR'"),
        ("CS,WR,DATA\n1,1,1\n", "neither a column of times nor a sample rate"),
        ("time,CS,WR,DATA\n0,1,1,7\n", "line 2: '0,1,1,7' is no row of levels"),
        ("time,CS,WR,DATA\n2,1,1,0\n1,1,1,0\n", "line 3: time goes back"),
        ("time,CS,WR,DATA\n0,1,1\n", "line 2: '0,1,1' is no row"),
    ],
)
def test_a_file_that_cannot_be_read_is_one_clear_line(text: str, message: str) -> None:
    with pytest.raises(capture.CaptureError, match=r"^.{20,200}$") as caught:
        list(capture.read([text]))
    assert message in str(caught.value)


def test_a_capture_that_begins_in_a_frame_leaves_that_frame_out() -> None:
    writer = started()
    cut_at = len(writer.rows)
    writer.write(0, [15] * 32)
    writer.rest(100)
    writer.write(4, [9, 9])
    writer.rest(100)
    found, counts = stands(as_edges(writer.rows[cut_at + 40 :]))
    assert counts["cut start"] == 1
    expected: list[int | None] = [None] * 32
    expected[4:6] = [9, 9]
    assert [stand.content.nibbles for stand in found] == [tuple(expected)]


def test_a_frame_cut_in_a_nibble_makes_that_nibble_unknown() -> None:
    writer = started()
    writer.frame("101 000011 1111 11")
    writer.rest(100)
    found, counts = stands(as_edges(writer.rows))
    assert counts["cut end"] == 1
    assert found[-1].content.nibbles[3:5] == (15, None)


def test_a_gap_of_the_analyser_makes_the_whole_memory_unknown() -> None:
    writer = started()
    text = as_edges(writer.rows)
    last_ns = writer.now_ns
    writer.rest(100)
    writer.write(0, [5])
    writer.rest(100)
    tail = as_edges(writer.rows[len(text.splitlines()) - 1 :]).split("\n", 1)[1]
    found, counts = stands(f"{text}{last_ns + 1},X,X,X,X\n{tail}")
    assert counts["gap"] == 1
    assert found[-2].content.nibbles == (None,) * 32
    assert found[-1].content.nibbles == (5, *[None] * 31)


def test_a_bit_taken_in_the_moment_its_data_changes_is_nobodys_guess() -> None:
    writer = started()
    writer.select()
    writer.bits("101 000000 11")
    writer.put(wr=0)
    writer.wait(5000)
    writer.put(wr=1, data=0)
    writer.wait(5000)
    writer.bits("1 0101")
    writer.deselect()
    writer.rest(100)
    found, counts = stands(as_edges(writer.rows))
    assert counts["unclear bit"] == 1
    assert found[-1].content.nibbles[:2] == (None, 0b1010)


def test_an_unclear_address_makes_everything_unknown() -> None:
    writer = started()
    writer.select()
    writer.bits("101 00000")
    writer.put(wr=0, data=1)
    writer.wait(5000)
    writer.put(wr=1, data=0)
    writer.wait(5000)
    writer.bits("1111")
    writer.deselect()
    writer.rest(100)
    found, _ = stands(as_edges(writer.rows))
    assert [one.content.nibbles for one in found] == [(0,) * 32, (None,) * 32]


def test_a_read_by_the_controller_tells_what_stood_there_before_the_capture() -> None:
    writer = BusWriter()
    writer.select()
    writer.bits("110 000010")
    writer.read_bits("1010 0001")
    writer.deselect()
    writer.rest(100)
    found, _ = stands(as_edges(writer.rows))
    assert found[-1].content.nibbles[1:5] == (None, 0b0101, 0b1000, None)


def test_a_read_that_contradicts_what_was_written_is_told_and_believed_by_nobody() -> None:
    writer = started()
    writer.select()
    writer.bits("110 000010")
    writer.read_bits("1010")
    writer.deselect()
    writer.rest(100)
    found, counts = stands(as_edges(writer.rows))
    assert counts["reads that contradict"] == 1
    assert found[-1].content.nibbles[2] is None


def test_read_modify_write_writes_what_comes_by_wr() -> None:
    writer = started()
    writer.select()
    writer.bits("101 000111")
    for nibble in ("1100", "0011"):
        writer.read_bits("0000")
        writer.bits(nibble)
    writer.deselect()
    writer.rest(100)
    found, counts = stands(as_edges(writer.rows))
    assert found[-1].content.nibbles[7:9] == (0b0011, 0b1100)
    assert "reads that contradict" not in counts


def test_writing_past_the_last_address_makes_the_nibble_it_may_hit_unknown() -> None:
    writer = started()
    writer.write(30, [1, 2, 3])
    writer.rest(100)
    found, counts = stands(as_edges(writer.rows))
    assert counts["past the last address"] == 1
    assert found[-1].content.nibbles[30:] == (1, 2)
    assert found[-1].content.nibbles[0] is None


def test_a_mode_that_does_not_exist_writes_nothing() -> None:
    writer = started()
    writer.frame("111 000000 1111")
    writer.rest(100)
    found, counts = stands(as_edges(writer.rows))
    assert counts["no mode"] == 1
    assert found[-1].content.nibbles == (0,) * 32


def test_a_clock_faster_than_the_datasheet_is_told_and_read() -> None:
    writer = BusWriter(half_ns=1000)
    writer.write(0, list(range(16)) * 2)
    writer.rest(100)
    found, counts = stands(as_edges(writer.rows))
    assert counts["short pulse"] == 9 + 32 * 4
    assert found[-1].content.nibbles == tuple(list(range(16)) * 2)


@pytest.mark.parametrize(
    ("code", "name"),
    [(0x01, "SYS EN"), (0x03, "LCD ON"), (0x18, "RC"), (0x1B, "RC"), (0x29, "BIAS 1/3"), (0x28, "BIAS 1/2"),
     (0x0E, "CLR WDT"), (0x0D, "CLR TIMER"), (0x5F, "TONE 4K"), (0x80, "IRQ DIS"), (0xE3, "NORMAL"), (0xFF, "?")],
)  # fmt: skip
def test_commands_have_the_names_of_the_datasheet(code: int, name: str) -> None:
    assert command_name(code) == name


def test_several_commands_in_one_frame_need_the_mode_only_once() -> None:
    trace = Trace(CHIPS["HT1621"])
    list(trace.stands(capture.read([as_edges(started().rows)])))
    assert [name for _, name in trace.commands] == ["RC", "BIAS 1/3", "SYS EN", "LCD ON"]


def test_the_example_glass_shows_what_was_written_and_when() -> None:
    writer = started()
    times_ms = []
    texts = ["13.9", "KRN1 KT1", "BENAR", "KRN2 KT2"]
    for text in texts:
        writer.write(0, memory_of(SEVEN, image(glass.SEVEN_SEGMENT, text, 12, "")))
        times_ms.append(writer.now_ns // 1_000_000)
        writer.rest(1500)
    found = readings(writer)
    assert [one.screen.text.strip() for one in found[1:]] == texts
    for one, time_ms in zip(found[1:], times_ms, strict=True):
        assert 0 <= time_ms - one.since_ns // 1_000_000 <= 1  # when its last changed segment was written
    assert all(one.known for one in found)


@pytest.mark.parametrize(
    ("segments", "kind"), [(SEVEN, glass.SEVEN_SEGMENT), (FOURTEEN, glass.FOURTEEN_SEGMENT)]
)
@settings(max_examples=50, deadline=None)
@given(data=st.data())
def test_any_image_comes_back_as_it_was(segments: segmap.SegmentMap, kind: int, data: st.DataObject) -> None:
    size = glass.CELL_BYTES[kind]
    point = 0x7F if size == 1 else 0x7FFF
    masks = data.draw(st.lists(st.integers(0, 255 if size == 1 else point), min_size=12, max_size=12))
    counter = bytes(data.draw(st.lists(st.integers(0, 127), min_size=2, max_size=2)))
    main = b"".join(mask.to_bytes(size, "little") for mask in masks)
    drawn = glass.pack_glass(kind, counter, main, 0, data.draw(st.integers(0, 63)))
    writer = started(segments.chip.name)
    writer.write(0, memory_of(segments, drawn))
    writer.rest(100)
    assert readings(writer, segments)[-1].image == drawn


def test_a_glass_of_which_the_capture_tells_a_part_is_no_proof() -> None:
    writer = BusWriter()
    writer.write(0, memory_of(SEVEN, image(glass.SEVEN_SEGMENT, "KRN2 KT2", 12, ""))[:20])
    writer.rest(100)
    (reading,) = readings(writer)
    assert not reading.known
    assert reading.screen.low_contrast
    assert set(reading.screen.text) == {"?"}


def test_lcd_off_is_a_dark_glass_and_the_memory_comes_back_with_lcd_on() -> None:
    writer = started()
    writer.write(0, memory_of(SEVEN, image(glass.SEVEN_SEGMENT, "KRN2 KT2", 12, "")))
    writer.rest(500)
    writer.command("0000-0010")
    writer.rest(500)
    writer.command("0000-0011")
    writer.rest(500)
    found = readings(writer)
    assert [(one.screen.text.strip(), one.screen.blank) for one in found[1:]] == [
        ("KRN2 KT2", False), ("", True), ("KRN2 KT2", False),
    ]  # fmt: skip


def test_sys_dis_switches_the_glass_off_and_sys_en_alone_does_not_switch_it_on() -> None:
    writer = started()
    writer.write(0, [15] * 32)
    writer.rest(100)
    writer.command(f"{SYS_DIS:08b}", "0000-0001")
    writer.rest(100)
    assert readings(writer)[-1].screen.blank


def test_commons_that_are_not_driven_show_nothing() -> None:
    writer = started()
    writer.write(0, [15] * 32)
    writer.command("0010-0001")  # two commons
    writer.rest(100)
    main = glass.unpack_glass(readings(writer)[-1].image)[4]
    assert set(main) == {0b00110011 | 0b01000000} or all(mask.bit_count() == 4 for mask in main)


def test_what_stands_shorter_than_the_settling_time_is_not_told() -> None:
    writer = started()
    before = image(glass.SEVEN_SEGMENT, "KRN1 KT1", 12, "")
    after = image(glass.SEVEN_SEGMENT, "KRN2 KT2", 12, "")
    writer.write(0, memory_of(SEVEN, before))
    writer.rest(500)
    for address, nibble in enumerate(memory_of(SEVEN, after)):
        writer.write(address, [nibble])  # a nibble a frame: half the glass is old in between
    writer.rest(500)
    assert [one.screen.text.strip() for one in readings(writer)[1:]] == ["KRN1 KT1", "KRN2 KT2"]


def test_a_capture_that_ends_at_once_says_that_the_last_reading_may_not_be_all() -> None:
    writer = started()
    writer.write(0, memory_of(SEVEN, image(glass.SEVEN_SEGMENT, "KRN2 KT2", 12, "")))
    found = readings(writer)
    assert [one.settled for one in found] == [True, False]


GOOD = 'chip = "HT1621"\nkind = "seven_segment"\n[main]\ncells = ["0.0 0.1 0.2 0.3 1.0 1.1 1.2 -"]\n'


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("HT1621", "HT1620", "chip = 'HT1620'"),
        ("seven_segment", "nine", "kind = 'nine'"),
        ("1.2 -", "1.2", "has 7 places, 8 are needed"),
        ("1.2", "1.1", "1.1 already belongs to [main] cell 1"),
        ("1.2", "32.0", "is not in an HT1621"),
        ("1.2", "1.4", "is not in an HT1621"),
        ("1.2", "x", "'x' is no place"),
        ("[main]", "extra = 1\n[main]", "unknown key 'extra'"),
        ("cells", "cell", "no cells"),
        ("[main]", '[icons]\nheart = "4.0"\n[main]', "'heart'"),
        ("[main]", "[main", "no TOML"),
    ],
)
def test_a_wrong_segment_map_is_one_clear_line(old: str, new: str, message: str) -> None:
    assert segmap.parse(GOOD).main[0][7] is None
    with pytest.raises(segmap.MapError) as caught:
        segmap.parse(GOOD.replace(old, new, 1))
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)


def test_the_examples_light_every_segment_of_their_glasses() -> None:
    for segments in (SEVEN, FOURTEEN):
        writer = BusWriter()
        writer.write(0, [15] * segments.chip.nibbles)
        writer.rest(100)
        assert readings(writer, segments)[-1].screen.lamp_test or segments is SEVEN
    assert {len(one.main) for one in (SEVEN, FOURTEEN)} == {12}


def test_times_in_the_writer_go_up() -> None:
    assert all(one[0] < two[0] for one, two in pairwise(started().rows))
