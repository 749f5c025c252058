"""The demo's own meters and work list."""

import json
from pathlib import Path

import click
import pytest
from kctrig.cli.demo_data import BRANDS, make_bench
from kctrig.cli.work import profile_of
from kctrig.worklist.cells import check_digit_fits
from kctrig.worklist.reader import read


def test_the_list_of_the_demo_reads_without_a_word_and_has_every_brand_once(tmp_path: Path) -> None:
    bench = make_bench(tmp_path / "demo")
    found = read(bench.worklist, profile_of)
    assert (found.defects, found.notes) == ((), ())
    assert [(row.meter_no, row.profile_name, row.tokens) for row in found.rows] == [
        (meter.drn, meter.profile, meter.tokens) for meter in bench.meters
    ]
    assert len({meter.profile for meter in bench.meters}) == len(BRANDS) == 9


def test_every_meter_of_the_demo_begins_on_krn_1_with_a_sound_number(tmp_path: Path) -> None:
    for meter in make_bench(tmp_path).meters:
        assert meter.krn_kt() == (1, 2)
        assert check_digit_fits(meter.drn)
        assert meter.token_results() == []
        assert json.loads(meter.state_path.read_text())["profile"] == meter.profile


def test_a_second_demo_in_the_same_folder_begins_anew(tmp_path: Path) -> None:
    bench = make_bench(tmp_path)
    bench.store.write_text("of the first demo")
    bench.meters[0].state_path.write_text("{}")
    again = make_bench(tmp_path)
    assert again.meters[0].krn_kt() == (1, 2)
    assert not again.store.exists()


def test_a_folder_with_other_files_in_it_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "worklist.csv").write_text("somebody's own")
    with pytest.raises(click.UsageError, match="holds other files"):
        make_bench(tmp_path)
    assert (tmp_path / "worklist.csv").read_text() == "somebody's own"
