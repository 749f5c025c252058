"""Every fault of the table does what its line says, and nothing by accident."""

from __future__ import annotations

import pytest
from metersim.faults import Chance, Faults
from metersim.faulttable import TABLE
from rigwire.glass import unpack_glass
from tests.meter import mint
from tests.meter.typist import Typist

FIRST, SECOND = mint.key_change()


def meter(*faults: str, brand: str = "hexing", seed: int = 0) -> Typist:
    """A typist at a meter with these faults."""
    return Typist(brand, mint.meter(brand), faults, seed)


@pytest.mark.parametrize("row", TABLE, ids=[row[0] for row in TABLE])
def test_every_fault_of_the_table_can_be_named(row: tuple[str, str]) -> None:
    examples = {"": "", "share": "0.5", "key": "5", "moment": "after_kct1", "segment": "3x2y5"}
    kind, _, default = row[1].partition("=")
    argument = default or examples.get(kind, "7")
    typist = meter(f"{row[0]}:{argument}" if argument else row[0])
    typist.wait(1000)
    assert typist.truth[0] == {"event": "power", "on": True, "t_ms": 0}


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("no_such", "no fault no_such: one of key_drop, bounce"),
        ("key_drop", "fault key_drop takes share: key_drop:SHARE"),
        ("echo_off:3", "fault echo_off takes no argument"),
        ("key_drop:2", "2 is no share between 0 and 1"),
        ("key_drop:x", "x is no share between 0 and 1"),
        ("key_drop:-1", "-1 is no share between 0 and 1"),
        ("stuck_key:A", "A is not one of the keys 0123456789*#"),
        ("power_cut:sometime", "sometime is not one of after_kct1"),
        ("slow_glass:fast", "fast is not a whole number (ms)"),
        ("dead_segment:99a", "segment 99a: hexing has no such cell"),
        ("no_mains:500001", "500001 is more than 500000 s"),
        ("slow_glass:500000001", "500000001 is more than 500000 s"),
    ],
)
def test_a_fault_that_cannot_be_is_refused_in_one_line(text: str, complaint: str) -> None:
    with pytest.raises(ValueError) as caught:
        meter(text)
    assert complaint in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("text", "ppm"),
    [("0.02", 20000), ("2%", 20000), ("1", 1000000), ("0", 0), (".5", 500000), ("0.000001", 1)],
)
def test_a_share_is_read_without_floating_point(text: str, ppm: int) -> None:
    assert Faults([f"key_drop:{text}"]).key_drop_ppm == ppm


def test_chance_is_fair_enough_and_repeats_itself() -> None:
    first, second = Chance(5), Chance(5)
    draws = [first.happens(250000) for _ in range(4000)]
    assert draws == [second.happens(250000) for _ in range(4000)]
    assert 900 < sum(draws) < 1100
    assert len({Chance(seed).below(1000000) for seed in range(50)}) == 50


def test_half_lost_forgets_the_first_section_once() -> None:
    typist = meter("half_lost", brand="sanxing")
    results = [typist.enter(digits)["result"] for digits in (FIRST, SECOND, FIRST)]
    assert results == ["1stKCT", "1stKCT", "2ndKCT"]
    assert "PLS 2nd" in typist.texts()


def test_lies_benar_answers_accepted_and_keeps_the_old_key() -> None:
    typist = meter("lies_benar")
    typist.enter(FIRST)
    row = typist.enter(SECOND)
    assert (row["result"], row["krn"], typist.text()) == ("2ndKCT", 1, "BENAR")
    typist.enter("04")
    assert typist.text() == "KRN 01 KT 02"
    assert typist.enter(mint.credit())["result"] == "Accept"


@pytest.mark.parametrize("count", [1, 2])
def test_power_cut_after_a_section_leaves_the_section_taken_and_no_answer(count: int) -> None:
    typist = meter(f"power_cut:after_kct{count}")
    for digits in (FIRST, SECOND)[:count]:
        typist.enter(digits)
    powers = [row["on"] for row in typist.truth if row["event"] == "power"]
    assert powers == [True, False]
    assert "BENAR" not in typist.texts()[-2:]
    typist.wait(2000)
    assert [row["on"] for row in typist.truth if row["event"] == "power"] == [True, False, True]
    if count == 1:
        assert typist.enter(SECOND)["result"] == "2ndKCT"
    typist.enter("04")
    assert typist.text() == "KRN 02 KT 02"


def test_power_cut_in_the_entry_loses_it_and_in_processing_loses_the_token() -> None:
    for moment in ("in_entry", "in_processing"):
        typist = meter(f"power_cut:{moment}", "power_off_ms:5000")
        assert typist.enter(mint.credit(), wait_ms=6000) == {}
        assert typist.text() == "0.0"
        assert typist.enter(mint.credit())["result"] == "Accept"


def test_power_cut_before_the_answer_leaves_the_credit_counted() -> None:
    typist = meter("power_cut:before_answer")
    assert typist.enter(mint.credit(139), wait_ms=4000)["credit_tenths"] == 139
    assert typist.text() == "13.9"
    assert "BENAR" not in typist.texts()
    assert typist.enter(mint.credit())["result"] == "Used"


def test_without_power_nothing_is_shown_and_no_key_is_seen() -> None:
    typist = meter("power_cut:in_processing", "power_off_ms:10000")
    typist.type(mint.credit() + "#")
    assert not any(unpack_glass(typist.image)[4])
    before = typist.keys_seen()
    typist.type("1234")
    assert typist.keys_seen() == before
    assert [row["seen"] for row in typist.key_rows() if row["key"] in "123"][-6:] == [False] * 6


@pytest.mark.parametrize("open_after_power_ms", [-500, 5, 700])
def test_every_contact_that_closed_is_told_open_also_over_a_power_cut(open_after_power_ms: int) -> None:
    """The power goes while a key is down; it opens in the dark, before the scanner is sure, or long after that."""
    typist = meter("power_cut:in_entry", "power_off_ms:3000")
    typist.type("123456789")
    typist.contacts("5")  # the tenth digit cuts the power
    typist.wait(100)
    back = next(row["t_ms"] for row in typist.truth if row["event"] == "power" and not row["on"]) + 3000
    typist.wait(back + 1000 + open_after_power_ms - typist.now_ms)
    typist.contacts("")
    typist.wait(4000)
    edges = [row["edge"] for row in typist.key_rows() if row["key"] == "5"]
    assert edges.count("up") == 2  # one of them from typing
    last = typist.key_rows()[-1]
    assert last["t_ms"] - last.get("after_ms", 0) == back + open_after_power_ms


def test_wrong_drn_shows_another_meters_number_and_saves_the_right_one() -> None:
    typist = meter("wrong_drn:99999999990")
    typist.enter("75")
    assert typist.text() == "99999999990"
    typist.enter(mint.credit())
    assert typist.state["drn"] == mint.meter()["drn"]


def test_wrong_key_refuses_every_token_and_saves_the_right_key() -> None:
    typist = meter("wrong_key")
    assert typist.enter(mint.credit())["result"] == "CRCError"
    assert typist.state["decoder_key_hex"] == mint.KEY.hex()
    assert typist.enter("18446744073843772416")["result"] == "Accept"


def test_tamper_stays_until_it_is_cleared_also_over_a_power_cut() -> None:
    typist = meter("tamper", "power_cut:in_entry")
    typist.type("1234567890")
    typist.wait(3000)
    assert typist.text() == "PERIKSA"
    typist.enter(mint.setting(5))
    typist.rest()
    assert typist.text() == "0.0"


def test_slow_answer_makes_the_meter_think_longer() -> None:
    typist = meter("slow_answer:3000")
    typist.enter("04", wait_ms=2900)
    assert typist.text() == ""
    typist.wait(300)
    assert typist.text() == "KRN 01 KT 02"


def test_slow_glass_shows_everything_later_and_in_order() -> None:
    plain = Typist("cannet", mint.meter("cannet"), keep_images=True)
    slow = Typist("cannet", mint.meter("cannet"), ("slow_glass:1500",), keep_images=True)
    for typist in (plain, slow):
        typist.enter("04", wait_ms=8000)
    seen = []
    for typist in (plain, slow):
        images = [image for _, image in typist.images]
        seen.append([image for at, image in enumerate(images) if at == 0 or image != images[at - 1]])
    assert seen[1] == seen[0]
    krn = seen[0][-2]
    first = [next(at_ms for at_ms, image in typist.images if image == krn) for typist in (plain, slow)]
    assert first[1] - first[0] == 1500


def test_a_frozen_glass_never_changes_again() -> None:
    typist = meter("frozen_glass:3")
    typist.type("1234")
    frozen = typist.image
    typist.type("5678#")
    typist.wait(3000)
    assert typist.image == frozen
    assert typist.text() != "1234"


def test_a_dark_glass_shows_nothing_and_no_glass_sends_nothing() -> None:
    dark = meter("dark_glass")
    dark.enter("04")
    assert not any(unpack_glass(dark.image)[4])
    none = meter("no_glass")
    none.enter("04")
    assert none.image == b""
    assert none.text() == "KRN 01 KT 02"


def test_line_noise_spoils_frames_but_not_the_meter() -> None:
    clean = meter()
    noisy = meter("line_noise:0.5", seed=4)
    for typist in (clean, noisy):
        typist.enter("04", wait_ms=5000)
    assert noisy.bad_frames > 5
    assert clean.bad_frames == 0
    assert [row for row in noisy.truth if row["event"] == "display"] == [
        row for row in clean.truth if row["event"] == "display"
    ]


def test_all_faults_at_once_do_not_stop_the_meter() -> None:
    arguments = {"": "", "share": ":0.1", "ms": ":5", "key": ":5", "moment": ":in_entry", "segment": ":3x1y1"}
    names = [name + arguments.get(kind.partition("=")[0], ":9") for name, kind in TABLE]
    typist = Typist("hexing", mint.meter(), tuple(names), seed=1)
    typist.type("1234567890123456789#")
    typist.wait(60000)
    assert typist.truth[-1]["t_ms"] > 0


def test_a_ghost_beside_a_key_makes_the_press_nobodys_and_the_next_one_whole() -> None:
    always = meter("ghost_key:1")
    always.type("1234")
    assert always.keys_seen() == ""
    half = meter("ghost_key:0.5", seed=3)
    half.type("1234567890" * 2)
    assert 4 < len(half.keys_seen()) < 16
