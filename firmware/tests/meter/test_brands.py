"""Every row of docs/brands.md, read from the sheet itself and compared with the meter's own table and behaviour."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from metersim import brands
from metersim.brandcheck import parameters
from metersim.brands import Brand
from metersim.defaults import default_state
from rigwire.glass import DOT_MATRIX, FOURTEEN_SEGMENT, SEVEN_SEGMENT
from tests.meter import mint
from tests.meter.typist import Typist

SHEET = Path(__file__).parents[3] / "docs" / "brands.md"
KINDS = {"seven-segment": SEVEN_SEGMENT, "fourteen-segment": FOURTEEN_SEGMENT, "dot matrix": DOT_MATRIX}


def rows(header: str) -> dict[str, list[str]]:
    """The rows of the table whose second column has this header, by brand, marks of source taken off."""
    lines = SHEET.read_text(encoding="utf-8").splitlines()
    start = next(at for at, line in enumerate(lines) if line.startswith("| brand | " + header))
    found = {}
    for line in lines[start + 2 :]:
        if not line.startswith("|"):
            break
        cells = [re.sub(r" (g|s)\b.*$", "", cell.strip()) for cell in line.strip("|").split("|")]
        found[cells[0]] = cells[1:]
    return found


GLASS = rows("glass")
ANSWERS = rows("accepted")


def test_the_sheet_and_the_meters_know_the_same_nine_brands() -> None:
    assert sorted(GLASS) == sorted(ANSWERS) == brands.names()
    assert len(brands.names()) == 9


@pytest.mark.parametrize("name", sorted(GLASS))
def test_glass_keypad_and_times_are_those_of_the_sheet(name: str) -> None:
    brand = brands.load(name)
    glass, _, counter, dashes, scan, timeout, answer, _ = GLASS[name]
    kind, cells = re.match(r"([a-z\- ]+?) (\d+)", glass).groups()  # type: ignore[union-attr]
    assert (brand.glass, brand.cells) == (KINDS[kind], int(cells))
    assert (brand.counter_cells, brand.dashes) == (2 if counter == "yes" else 0, dashes == "yes")
    assert f"{brand.scan_ms} x {brand.debounce}" == scan
    assert brand.digit_timeout_s == int(timeout.split()[0])
    assert f"{brand.code_ms} / {brand.token_ms}" == answer


@pytest.mark.parametrize("name", sorted(GLASS))
def test_after_04_at_krn_2_the_glass_shows_the_sheets_text(name: str) -> None:
    text = re.match(r"`(.*?)`", GLASS[name][-1]).group(1)  # type: ignore[union-attr]
    typist = Typist(name, mint.meter(name, krn=2))
    typist.enter("04")
    assert typist.text() == text


@pytest.mark.parametrize("name", sorted(ANSWERS))
def test_answers_are_the_sheets_texts(name: str) -> None:
    accepted, _, refused, used, old, _, tamper, _, _ = [cell.strip("`") for cell in ANSWERS[name]]
    typist = Typist(name, mint.meter(name))
    for digits, text in (
        (mint.credit(), accepted),
        (mint.credit(), used),
        (mint.credit(tid=5), old),
        (mint.setting(0, 100, tid=mint.TID + 1), accepted),
        (mint.credit(key=mint.NEW_KEY), "rEJEct-1" if name == "sanxing" else refused),
    ):
        typist.enter(digits)
        assert typist.text() == text
    tampered = Typist(name, mint.meter(name), ("tamper",))
    tampered.enter(mint.credit())
    assert tampered.text() == tamper


@pytest.mark.parametrize("name", sorted(ANSWERS))
def test_locked_text_lockout_law_and_section_time_out_are_the_sheets(name: str) -> None:
    brand = brands.load(name)
    locked, law, section = ANSWERS[name][5], ANSWERS[name][7], ANSWERS[name][8]
    assert [text.replace("nnnn", "%04d") for text in re.findall(r"`(.*?)`", locked)] == brand.locked.split(
        "|"
    )
    clou = (3, 10, True, 1280, True)
    itron = (5, 1800, False, 1800, False)
    mine = (
        brand.lock_after,
        brand.lock_first_s,
        brand.lock_doubles,
        brand.lock_max_s,
        brand.power_cycle_unlocks,
    )
    assert mine == {"CLOU": clou, "Itron": itron}[law]
    assert brand.section_timeout_s == (0 if section == "none" else int(section.split()[0]))


@pytest.mark.parametrize("name", sorted(GLASS))
def test_a_half_change_is_answered_with_the_sheets_text(name: str) -> None:
    texts = re.findall(r"`(.*?)`", ANSWERS[name][1])
    for position, digits in enumerate(mint.key_change()):
        typist = Typist(name, mint.meter(name))
        typist.enter(digits)
        assert typist.text() == texts[position if len(texts) > 1 else 0]


@pytest.mark.parametrize("name", sorted(GLASS))
def test_a_press_of_the_sheets_time_is_seen_and_a_third_of_it_is_not(name: str) -> None:
    brand = brands.load(name)
    typist = Typist(name, mint.meter(name))
    typist.press("1", brand.scan_ms * brand.debounce)
    typist.press("2", brand.scan_ms * brand.debounce // 3)
    assert typist.keys_seen() == "1"


@pytest.mark.parametrize("name", [*sorted(GLASS), brands.GENERIC])
def test_every_brand_takes_a_whole_upgrade(name: str) -> None:
    typist = Typist(name, mint.meter(name))
    results = [typist.enter(digits)["result"] for digits in mint.key_change()]
    assert results == ["1stKCT", "2ndKCT"]
    assert (typist.state["krn"], typist.state["kt"]) == (2, 2)


@pytest.mark.parametrize(
    ("changes", "complaint"),
    [
        ({"colour": 3}, "there is no parameter colour"),
        ({"name": "x"}, "there is no parameter name"),
        ({"cells": "12"}, "cells must be int, not '12'"),
        ({"dashes": 1}, "dashes must be bool, not 1"),
        ({"cells": True}, "cells must be int, not True"),
        ({"scan_ms": 0}, "scan_ms is too small: 0"),
        ({"token_ms": -1}, "token_ms is too small: -1"),
        ({"cells": 2}, "cells must be 3 to 40: 2"),
        ({"counter_cells": 9}, "counter_cells must be 0 to 4: 9"),
        ({"glass": 9}, "glass must be one of 1, 2, 3: 9"),
        ({"enter": "never"}, "enter must be one of key, auto: 'never'"),
        ({"locked": "LOC %d %d"}, "locked cannot be filled in: 'LOC %d %d'"),
        ({"accepted": "100%"}, "accepted cannot be filled in"),
        ({"codes": "4,x"}, "codes must be numbers with commas between"),
        ({"aliases": "801"}, "aliases must be pairs as 801=37"),
        ({"aliases": "801=4"}, "aliases must be pairs as 801=37"),
        ({"supercap_s": 500001}, "supercap_s is above 500000"),
        ({"__init__": 1}, "there is no parameter __init__"),
    ],
)
def test_a_wrong_parameter_of_a_lab_is_named_in_one_line(changes: dict[str, Any], complaint: str) -> None:
    with pytest.raises(ValueError, match=re.escape(complaint)) as caught:
        brands.load(brands.GENERIC, changes)
    assert "\n" not in str(caught.value)


def test_generic_takes_every_parameter() -> None:
    plain = brands.load(brands.GENERIC)
    changes = {name: getattr(plain, name) for name in parameters(plain)}
    assert len(changes) > 50
    changes.update(cells=20, glass=DOT_MATRIX, accepted="OK", lock_after=0)
    changed = brands.load(brands.GENERIC, changes)
    assert {name: getattr(changed, name) for name in parameters(changed)} == changes


def test_an_unknown_brand_is_refused_with_the_names() -> None:
    with pytest.raises(ValueError, match=r"no brand acme: one of cannet, .*star or generic"):
        brands.load("acme")


@pytest.mark.parametrize("name", [*sorted(GLASS), brands.GENERIC])
def test_the_default_meter_of_a_brand_is_new_and_has_a_right_check_digit(name: str) -> None:
    state = default_state(name)
    assert (state["krn"], state["kt"], state["profile"], state["sgc"]) == (1, 2, name, "123456")
    total = 0
    for place, digit in enumerate(reversed(state["drn"])):
        value = int(digit) * (2 if place % 2 else 1)
        total += value // 10 + value % 10
    assert total % 10 == 0
    assert len(state["drn"]) == 11


def test_default_meters_are_ten_different_ones_and_any_of_them_can_wear_any_brand() -> None:
    states = [default_state(name) for name in [*brands.names(), brands.GENERIC]]
    assert len({state["drn"] for state in states}) == 10
    other = default_state("star", states[0]["drn"])
    assert (other["profile"], other["decoder_key_hex"]) == ("star", states[0]["decoder_key_hex"])


def test_a_meter_number_without_a_key_is_refused() -> None:
    with pytest.raises(ValueError, match="no key is known for meter 12345678901"):
        default_state("star", "12345678901")
    with pytest.raises(ValueError, match="no brand acme"):
        default_state("acme")


def test_brands_hold_no_parameter_that_nothing_reads() -> None:
    folder = Path(brands.__file__).parent
    code = "".join(
        path.read_text(encoding="utf-8") for path in folder.glob("*.py") if not path.name.startswith("brand")
    )
    unread = [name for name in parameters(Brand("x", {})) if f"brand.{name}" not in code]
    assert unread == []
