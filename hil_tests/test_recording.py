"""A recording of a line: made by any command, read by people without its tokens, played back as a rig."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from hil_tests.conftest import Kctrig, MakeBench


def test_an_upgrade_is_recorded_for_its_owner_and_shown_without_token_digits(
    make_bench: MakeBench, kctrig: Kctrig, tmp_path: Path
) -> None:
    bench, recording = make_bench("hexing"), tmp_path / "line.trace"
    ran = kctrig("upgrade", bench.worklist, "--rig", bench.url, "--trace", recording, "--json")
    assert ran.line["verdict"] == "PASS_VERIFIED"
    shown = kctrig("trace", "show", recording)
    assert shown.code == 0
    assert shown.out.count("RUN_KEYS") >= 2 * len(bench.tokens)
    assert not [token for token in bench.tokens if token in shown.out]
    if os.name == "posix":
        assert recording.stat().st_mode & 0o077 == 0


def test_a_recorded_probe_is_a_rig_that_answers_the_same_probe(
    make_bench: MakeBench, kctrig: Kctrig, tmp_path: Path
) -> None:
    bench, recording = make_bench("sanxing"), tmp_path / "line.trace"
    first = kctrig("probe", "--rig", bench.url, "--trace", recording, "--json")
    again = kctrig("probe", "--rig", f"replay:{recording}", "--profile", "sanxing", "--json")
    assert (first.code, again.code) == (0, 0)
    assert again.line == json.loads(first.out)


def test_two_rigs_are_recorded_in_two_files(make_bench: MakeBench, kctrig: Kctrig, tmp_path: Path) -> None:
    first, second = make_bench("hexing"), make_bench("smart", serial=700000002)
    worklist = first.write_list([(first.drn, "HEXING", first.tokens), (second.drn, "SMART", second.tokens)])
    ran = kctrig(
        "upgrade", worklist, "--rig", first.url, "--rig", second.url, "--trace", tmp_path / "two.trace"
    )
    assert ran.code == 0
    for number in (1, 2):
        assert "RUN_KEYS" in kctrig("trace", "show", tmp_path / f"two-{number}.trace").out


def test_a_recording_that_cannot_be_written_is_one_line_before_anything_is_pressed(
    make_bench: MakeBench, kctrig: Kctrig, tmp_path: Path
) -> None:
    bench = make_bench("hexing")
    ran = kctrig("probe", "--rig", bench.url, "--trace", tmp_path / "no" / "line.trace")
    assert (ran.code, ran.err.count("\n")) == (2, 1)
    assert not bench.log_path.exists()  # the emulated rig was not even started
