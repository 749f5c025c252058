"""sim: URLs: what they mean, and one clear line for each way to write one wrong."""

import json
from pathlib import Path

import pytest
from kctrig.sim.urls import BRANDS, SimUrlError, parse

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
