"""A lab's own meter: laws in a JSON file, what is known of it in a TOML file, and the whole upgrade over both."""

import json
from importlib.resources import files
from pathlib import Path

import pytest
from kctrig.cli.app import run
from kctrig.sim.devices import find_micropython
from kctrig.tokens import issue
from kctrig.tokens.meters import Meter
from metersim.defaults import default_state

pytestmark = [
    pytest.mark.vm,
    pytest.mark.skipif(find_micropython() is None, reason="no micropython program on this computer"),
]

LAWS = {
    "glass": 3,
    "cells": 16,
    "krn_text": "REVISI %(krn)d-%(kt)d",
    "accepted": "DITERIMA",
    "half": "DITERIMA",
}


@pytest.fixture
def profile(tmp_path: Path) -> Path:
    """Hexing's profile with the texts of LAWS."""
    text = (files("kctrig.profiles") / "hexing.toml").read_text(encoding="utf-8")
    for old, new in (('"KRN {krn:02} KT {kt:02}"', '"REVISI {krn}-{kt}"'), ('["BENAR"]', '["DITERIMA"]')):
        assert old in text, text
        text = text.replace(old, new)
    path = tmp_path / "mylab.toml"
    path.write_text(text, encoding="utf-8")
    return path


def test_a_meter_of_ones_own_laws_is_upgraded_with_a_profile_of_ones_own(
    tmp_path: Path, profile: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    state = tmp_path / "meter.json"
    state.write_text(json.dumps({**default_state("generic"), "laws": LAWS}), encoding="utf-8")
    target = Meter.from_state(default_state("generic"))
    tokens = list(issue.key_change(target, 2, rollover=True).tokens)
    rig = ["--rig", f"sim:generic?state={state}", "--profile", str(profile)]
    assert run(["enter", *rig, "--store", str(tmp_path / "s.db"), *tokens]) == 0
    assert capsys.readouterr().out.count("(DITERIMA)") == 2
    assert run(["probe", *rig]) == 0
    assert "KRN 2, KT 2; glass: REVISI 2-2" in capsys.readouterr().out
    assert json.loads(state.read_text(encoding="utf-8"))["laws"] == LAWS


def test_an_emulated_meter_without_a_profile_asks_for_one(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["enter", "--rig", "sim:generic", "1" * 20]) == 2
    assert "name the meter's brand with --profile" in capsys.readouterr().err


def test_laws_in_a_file_are_those_of_a_new_meter(
    tmp_path: Path, profile: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    laws = tmp_path / "laws.json"
    laws.write_text(json.dumps(LAWS), encoding="utf-8")
    assert run(["token", "meter", "78", "--profile", "generic", "--laws", str(laws)]) == 0
    assert json.loads(capsys.readouterr().out)["laws"] == LAWS
    assert run(["probe", "--rig", f"sim:generic?laws={laws}", "--profile", str(profile), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["krn"] == 1
