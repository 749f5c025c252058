"""The state file: one meter or a list, old or new after a cut at every byte, shared under a lock."""

from __future__ import annotations

import builtins
import json
import os
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from metersim import statefile
from metersim.registers import Registers
from metersim.statefile import StateFileError
from tests.meter import mint


class PowerCutError(Exception):
    """The power is gone in the middle of a write."""


class CutFile:
    """A file that takes so many characters and then loses power."""

    def __init__(self, path: str, room: int) -> None:
        self._file = builtins.open(path, "w")  # noqa: SIM115
        self._room = room

    def __enter__(self) -> CutFile:
        return self

    def __exit__(self, *_error: object) -> None:
        self._file.close()

    def write(self, text: str) -> int:
        self._file.write(text[: self._room])
        if self._room < len(text):
            raise PowerCutError
        return len(text)

    def flush(self) -> None:
        self._file.flush()

    def fileno(self) -> int:
        return self._file.fileno()


def cut_open(room: int) -> Callable[..., Any]:
    """An `open` whose writes lose power after `room` characters."""
    return lambda path, mode="r": CutFile(path, room) if "w" in mode else builtins.open(path, mode)


@pytest.mark.parametrize("in_list", [False, True], ids=["one meter", "a list"])
def test_a_cut_at_every_byte_of_a_write_leaves_the_old_state(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, in_list: bool
) -> None:
    path = str(tmp_path / "meter.json")
    old, new = mint.meter(), mint.meter(krn=2, credit_tenths=139)
    Path(path).write_text(json.dumps({"meters": [old]} if in_list else old))
    size = len(json.dumps({"meters": [new]} if in_list else new))
    for room in range(size):
        monkeypatch.setattr(statefile, "open", cut_open(room), raising=False)
        with pytest.raises(PowerCutError):
            statefile.save(path, new, in_list)
        monkeypatch.undo()
        assert statefile.load(path, old["drn"]) == old
    monkeypatch.setattr(statefile, "open", cut_open(size), raising=False)
    statefile.save(path, new, in_list)
    monkeypatch.undo()
    assert statefile.load(path, old["drn"]) == new


def test_a_cut_between_write_and_replacement_leaves_the_old_state(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = str(tmp_path / "meter.json")
    Path(path).write_text(json.dumps(mint.meter()))

    def no_power(_from: str, _to: str) -> None:
        raise PowerCutError

    monkeypatch.setattr(os, "replace", no_power)
    with pytest.raises(PowerCutError):
        statefile.save(path, mint.meter(krn=2), False)
    monkeypatch.undo()
    assert statefile.load(path)["krn"] == 1
    statefile.save(path, mint.meter(krn=2), False)
    assert statefile.load(path)["krn"] == 2


def test_other_meters_of_a_list_and_other_keys_of_the_file_are_kept(tmp_path: Path) -> None:
    path = tmp_path / "meters.json"
    first, second = mint.meter("hexing"), mint.meter("star")
    path.write_text(json.dumps({"what": "two meters", "meters": [first, second]}))
    statefile.save(str(path), {**second, "krn": 2}, True)
    assert json.loads(path.read_text()) == {"what": "two meters", "meters": [first, {**second, "krn": 2}]}
    assert not (tmp_path / "meters.json.lock").exists()


def test_many_meters_write_one_list_at_once_and_none_is_lost(tmp_path: Path) -> None:
    path = tmp_path / "meters.json"
    states = [{**mint.meter(), "drn": f"{n:011d}"} for n in range(6)]
    path.write_text(json.dumps({"meters": states}))

    def work(state: dict[str, Any]) -> None:
        for credit in range(1, 11):
            statefile.save(str(path), {**state, "credit_tenths": credit}, True)

    threads = [threading.Thread(target=work, args=(state,)) for state in states]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [row["credit_tenths"] for row in json.loads(path.read_text())["meters"]] == [10] * 6


def test_a_lock_left_behind_by_a_dead_process_is_broken(tmp_path: Path) -> None:
    path = tmp_path / "meters.json"
    path.write_text(json.dumps({"meters": [mint.meter()]}))
    lock = tmp_path / "meters.json.lock"
    lock.mkdir()
    long_ago = time.time() - 60
    os.utime(lock, (long_ago, long_ago))
    statefile.save(str(path), mint.meter(krn=2), True)
    assert statefile.load(str(path))["krn"] == 2
    assert not lock.exists()


def test_a_fresh_lock_is_waited_for(tmp_path: Path) -> None:
    path = tmp_path / "meters.json"
    path.write_text(json.dumps({"meters": [mint.meter()]}))
    lock = tmp_path / "meters.json.lock"
    lock.mkdir()
    writer = threading.Thread(target=statefile.save, args=(str(path), mint.meter(krn=2), True))
    writer.start()
    writer.join(0.05)
    assert writer.is_alive()
    assert statefile.load(str(path))["krn"] == 1
    lock.rmdir()
    writer.join(5)
    assert statefile.load(str(path))["krn"] == 2


@pytest.mark.parametrize(
    ("content", "drn", "complaint"),
    [
        (None, None, "cannot be read"),
        ("{", None, "is not JSON"),
        ("[1]", None, "must hold a meter"),
        ('{"meters": 3}', None, "meters must be a list"),
        ('{"meters": [{"drn": "1"}, {"drn": "2"}]}', None, "has no meter None: it has 1, 2"),
        ('{"meters": [{"drn": "1"}]}', "2", "has no meter 2: it has 1"),
        ('{"drn": "1"}', "2", "has no meter 2: it has 1"),
    ],
)
def test_a_file_that_cannot_be_used_is_named_in_one_line(
    tmp_path: Path, content: str | None, drn: str | None, complaint: str
) -> None:
    path = tmp_path / "meter.json"
    if content is not None:
        path.write_text(content)
    with pytest.raises(StateFileError) as caught:
        statefile.load(str(path), drn)
    assert complaint in str(caught.value)
    assert str(path) in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_list_of_one_meter_needs_no_number(tmp_path: Path) -> None:
    path = tmp_path / "meter.json"
    path.write_text(json.dumps({"meters": [mint.meter()]}))
    assert statefile.load(str(path)) == mint.meter()
    assert statefile.is_list(str(path))


def test_registers_come_back_as_they_were_and_unknown_keys_are_kept() -> None:
    state = mint.meter(owner="somebody", tid_memory={"fill": 5, "depth": 50, "tids": [7, 9]})
    assert Registers(state).to_state() == state


def test_optional_registers_are_written_once_they_differ_from_their_default() -> None:
    registers = Registers(mint.meter())
    assert "power_limit_w" not in registers.to_state()
    registers.power_limit_w = 2200
    state = registers.to_state()
    assert state["power_limit_w"] == 2200
    again = Registers(state)
    again.power_limit_w = 0
    assert again.to_state()["power_limit_w"] == 0


@pytest.mark.parametrize(
    ("changes", "complaint"),
    [
        ({"drn": None}, "drn is missing"),
        ({"decoder_key_hex": None}, "decoder_key_hex is missing"),
        ({"decoder_key_hex": "zz"}, "decoder_key_hex"),
        ({"decoder_key_hex": "0011"}, "EA 7 with a key of 2 bytes"),
        ({"ea": 9}, "EA 9 with a key of 8 bytes"),
        ({"krn": "x"}, "krn"),
        ({"ken": "x"}, "ken"),
    ],
)
def test_a_state_that_cannot_be_is_refused_by_the_name_of_its_field(
    changes: dict[str, Any], complaint: str
) -> None:
    state = {key: value for key, value in {**mint.meter(), **changes}.items() if value is not None}
    with pytest.raises(ValueError) as caught:
        Registers(state)
    assert complaint in str(caught.value)


def test_iin_and_base_date_may_be_left_out() -> None:
    state = mint.meter()
    del state["iin"], state["base_date"]
    assert (Registers(state).iin, Registers(state).base_date) == ("600727", 1993)
