"""sim: URLs: what they mean, and one clear line for each way to write one wrong."""

import binascii
import json
from pathlib import Path

import pytest
from kctrig.sim.urls import BRANDS, SimUrlError, parse
from metersim.app import MeterApp
from metersim.defaults import default_state
from metersim.faulttable import TABLE

ONE = {"drn": "00000000018", "profile": "hexing", "krn": 1}
TWO = {"drn": "00000000034", "profile": "sanxing", "krn": 1}


@pytest.fixture
def one(tmp_path: Path) -> Path:
    path = tmp_path / "one.json"
    path.write_text(json.dumps(ONE), encoding="utf-8")
    return path


@pytest.fixture
def many(tmp_path: Path) -> Path:
    path = tmp_path / "many.json"
    path.write_text(json.dumps({"meters": [ONE, TWO]}), encoding="utf-8")
    return path


def refusal(url: str) -> str:
    with pytest.raises(SimUrlError) as caught:
        parse(url)
    text = str(caught.value)
    assert "\n" not in text
    assert caught.value.effect == "nothing"
    return text


def test_the_nine_brands_need_no_options() -> None:
    assert len(BRANDS) == 9
    assert [parse(f"sim:{brand}").brand for brand in BRANDS] == list(BRANDS)


def test_every_option_is_taken(many: Path, tmp_path: Path) -> None:
    log = tmp_path / "truth.jsonl"
    url = parse(
        f"sim:sanxing?state={many}&meter=00000000034&log={log}&vm=cpython&seed=7&fault=bounce:5&fault=tamper"
    )
    assert (url.state, url.meter, url.log, url.vm, url.seed) == (many, "00000000034", log, "cpython", 7)
    assert url.faults == ("bounce:5", "tamper")


def test_faults_of_the_board_and_of_the_meter_are_told_apart() -> None:
    url = parse("sim:hexing?board=direct&jig=on&fault=bounce:5&fault=stuck_open:key%23&fault=latch_kept")
    assert (url.board, url.jig) == ("direct", True)
    assert (url.faults, url.chain_faults) == (("bounce:5",), ("stuck_open:key#", "latch_kept"))


def test_percent_signs_in_paths_are_decoded(tmp_path: Path) -> None:
    path = tmp_path / "my meter.json"
    path.write_text(json.dumps(ONE), encoding="utf-8")
    assert parse(f"sim:hexing?state={str(path).replace(' ', '%20')}").state == path


def test_an_unknown_brand_lists_the_nine() -> None:
    text = refusal("sim:hexling")
    assert "'hexling'" in text
    assert all(brand in text for brand in BRANDS)


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("/dev/ttyUSB0", "sim:BRAND"),
        ("sim:hexing?sate=x.json", "unknown option 'sate'"),
        ("sim:hexing?seed=", "has no value"),
        ("sim:hexing?seed", "has no value"),
        ("sim:hexing?seed=x", "whole number"),
        ("sim:hexing?seed=1&seed=2", "twice"),
        ("sim:hexing?vm=pypy", "vm=micropython or vm=cpython"),
        ("sim:hexing?meter=18", "11 digits"),
        ("sim:hexing?state=/nonexistent/m.json", "No such file"),
        ("sim:hexing?fault=gremlins", "no fault gremlins: one of"),
        ("sim:hexing?meter=99999999999", "no key is known"),
        ("sim:hexing?log=/nonexistent/t.jsonl", "does not exist"),
        ("sim:generic?laws=/nonexistent/l.json", "No such file"),
        ("sim:hexing?board=maxtrix", "write one of uart, matrix, direct"),
        ("sim:hexing?board=matrix&vm=cpython", "leave vm=cpython out"),
        ("sim:hexing?jig=on", "board=matrix or board=direct"),
        ("sim:hexing?board=uart&jig=on", "board=matrix or board=direct"),
        ("sim:hexing?board=matrix&jig=yes", "write jig=on"),
        ("sim:hexing?fault=estop:5", "add board=matrix or board=direct"),
        ("sim:hexing?board=uart&fault=estop:5", "add board=matrix or board=direct"),
        ("sim:hexing?board=matrix&fault=stuck_open:row5", "a channel is one of"),
        ("sim:hexing?board=matrix&fault=gremlins", "of a board: stuck_closed"),
    ],
)
def test_each_mistake_has_its_line(url: str, said: str) -> None:
    assert said in refusal(url)


def test_a_list_needs_the_meter_and_names_those_it_has(many: Path) -> None:
    text = refusal(f"sim:hexing?state={many}")
    assert "&meter=" in text
    assert "00000000034" in text


def test_a_meter_that_is_not_in_the_file_is_refused(one: Path, many: Path) -> None:
    assert "00000000018" in refusal(f"sim:hexing?state={one}&meter=00000000099")
    assert "00000000034" in refusal(f"sim:hexing?state={many}&meter=00000000099")


def test_a_meter_of_another_brand_is_refused(many: Path) -> None:
    assert "sim:sanxing" in refusal(f"sim:hexing?state={many}&meter=00000000034")


@pytest.mark.parametrize("text", ["", "{", "[1]", "{}"])
def test_a_file_that_holds_no_meter_is_refused(tmp_path: Path, text: str) -> None:
    path = tmp_path / "state.json"
    path.write_text(text, encoding="utf-8")
    assert str(path) in refusal(f"sim:hexing?state={path}")


def test_generic_is_a_brand_of_ones_own_laws(tmp_path: Path) -> None:
    laws = tmp_path / "laws.json"
    laws.write_text('{"cells": 20, "accepted": "OK"}', encoding="utf-8")
    assert parse("sim:generic").laws is None
    assert parse(f"sim:generic?laws={laws}").laws == {"cells": 20, "accepted": "OK"}
    assert parse(f"sim:star?laws={laws}").brand == "star"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "no JSON"),
        ("[1]", "must be an object of parameters"),
        ('{"colour": 3}', "there is no parameter colour"),
        ('{"cells": 2}', "cells must be 3 to 40: 2"),
        ('{"aliases": "801"}', "pairs as 801=37"),
    ],
)
def test_laws_that_the_meter_would_not_take_are_refused_in_one_line(
    tmp_path: Path, text: str, said: str
) -> None:
    laws = tmp_path / "laws.json"
    laws.write_text(text, encoding="utf-8")
    assert said in refusal(f"sim:generic?laws={laws}")
    if text.startswith("{"):
        state = tmp_path / "state.json"
        state.write_text(json.dumps({**ONE, "laws": json.loads(text)}), encoding="utf-8")
        assert said in refusal(f"sim:hexing?state={state}")


def test_laws_of_a_meter_with_a_state_file_belong_into_that_file(one: Path, tmp_path: Path) -> None:
    laws = tmp_path / "laws.json"
    laws.write_text("{}", encoding="utf-8")
    assert 'as "laws"' in refusal(f"sim:hexing?state={one}&laws={laws}")


# One example of every fault with its argument, as a person writes it
FAULTS = [
    "key_drop:0.02",
    "bounce:8",
    "stuck_key:5",
    "ghost_key:2%",
    "echo_off",
    "hold_entry",
    "half_lost",
    "lies_benar",
    "power_cut:after_kct1",
    "power_off_ms:500",
    "tamper",
    "locked",
    "locked:30",
    "wrong_drn",
    "wrong_key",
    "overload",
    "no_mains",
    "no_mains:20",
    "slow_answer:300",
    "slow_glass:1500",
    "frozen_glass",
    "frozen_glass:3",
    "dark_glass",
    "low_contrast",
    "no_glass",
    "dead_segment:3g",
    "stuck_segment:1a",
    "line_noise:0.05",
]


def test_every_fault_is_nameable_in_a_url_and_a_meter_has_it() -> None:
    assert {fault.partition(":")[0] for fault in FAULTS} == {name for name, _ in TABLE}
    for fault in FAULTS:
        url = parse(f"sim:cannet?fault={fault.replace('%', '%25')}")
        assert url.faults == (fault,)
        app = MeterApp(url.brand, default_state(url.brand), binascii.crc32, 0, url.faults, url.seed)
        app.poll(5000)
        assert app.take_truth()
        assert bool(app.take_output()) == (fault != "no_glass")


def test_all_faults_at_once_are_one_meter() -> None:
    url = parse("sim:cannet?" + "&".join(f"fault={fault.replace('%', '%25')}" for fault in FAULTS))
    app = MeterApp(url.brand, default_state(url.brand), binascii.crc32, 0, url.faults, url.seed)
    app.poll(100_000)
    assert app.take_truth()
