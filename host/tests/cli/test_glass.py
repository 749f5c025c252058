"""`kctrig glass`."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from kctrig.display.lcd_trace import segmap
from rigwire import glass
from tests.display.glasses import image
from tests.display.lcd_bus import BusWriter, as_edges, as_saleae
from tests.display.test_lcd_trace import memory_of

if TYPE_CHECKING:
    from tests.cli.conftest import Kctrig

SEGMENTS = segmap.built_in("example_ht1621")
NAMES = "cs=Channel 0,wr=Channel 1,data=Channel 2"


@pytest.fixture
def writer() -> BusWriter:
    writer = BusWriter()
    writer.command("0000-0001", "0000-0011")
    for text, icons in (("KRN1 KT1", 0), ("BENAR", glass.ICON_ACCEPT), ("KRN2 KT2", 0)):
        writer.write(0, memory_of(SEGMENTS, image(glass.SEVEN_SEGMENT, text, 12, "7", icons=icons)))
        writer.rest(1000)
    return writer


def test_the_readings_are_printed_with_times_and_drawn(
    kctrig: Kctrig, writer: BusWriter, tmp_path: Path
) -> None:
    (tmp_path / "tap.csv").write_text(as_saleae(writer.rows))
    ran = kctrig(
        "glass",
        tmp_path / "tap.csv",
        "--map",
        "example_ht1621",
        "--channels",
        NAMES,
        "--svg",
        tmp_path / "pictures",
    )
    assert ran.code == 0, ran.err
    lines = ran.out.splitlines()
    assert [line.split("[")[1].split("]")[0].strip() for line in lines] == ["KRN1 KT1", "BENAR", "KRN2 KT2"]
    assert lines[1].endswith("counter 7, accept")
    assert [round(float(line.split()[0])) for line in lines] == [0, 1, 2]
    pictures = sorted((tmp_path / "pictures").iterdir())
    assert len(pictures) == 3
    assert all(picture.read_text().startswith("<svg") for picture in pictures)
    assert "nibbles written: 96" in ran.err


def test_json_has_a_row_a_reading_and_then_the_counts(
    kctrig: Kctrig, writer: BusWriter, tmp_path: Path
) -> None:
    (tmp_path / "tap.csv").write_text(as_edges(writer.rows))
    ran = kctrig("glass", tmp_path / "tap.csv", "--map", "example_ht1621", "--json")
    *rows, counts = [json.loads(line) for line in ran.out.splitlines()]
    assert [row["text"].strip() for row in rows] == ["KRN1 KT1", "BENAR", "KRN2 KT2"]
    assert counts == {"counts": {"nibbles written": 96, "commands": 2}}


def test_without_a_map_the_bare_memory_is_shown(kctrig: Kctrig, tmp_path: Path) -> None:
    writer = BusWriter()
    writer.write(2, [1, 15])
    writer.rest(100)
    (tmp_path / "tap.csv").write_text(as_edges(writer.rows))
    ran = kctrig("glass", tmp_path / "tap.csv", "--chip", "HT1621")
    assert ran.code == 0
    assert ran.out.split()[-1] == "??1F" + "?" * 28


def test_a_capture_that_tells_only_a_part_of_the_glass_is_exit_code_1(kctrig: Kctrig, tmp_path: Path) -> None:
    writer = BusWriter()
    writer.write(2, [1, 15])
    writer.rest(100)
    (tmp_path / "tap.csv").write_text(as_edges(writer.rows))
    ran = kctrig("glass", tmp_path / "tap.csv", "--map", "example_ht1621")
    assert ran.code == 1
    assert "not all of it is told" in ran.out


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--map", "example_ht1621", "--chip", "HT1621"], "either --map MAP or --chip CHIP"),
        (["--map", "nothing"], "no segment map 'nothing'"),
        (["--map", "missing.toml"], "missing.toml"),
        (["--map", "example_ht1621", "--channels", "cs"], "--channels is written"),
        (["--map", "example_ht1621", "--channels", "cs=none"], "no channel 'none'"),
        (["--chip", "HT1621", "--svg", "pictures"], "--svg needs --map"),
    ],
)
def test_what_cannot_be_used_is_one_line_and_exit_code_2(
    kctrig: Kctrig, writer: BusWriter, tmp_path: Path, arguments: list[str], message: str
) -> None:
    (tmp_path / "tap.csv").write_text(as_edges(writer.rows))
    ran = kctrig("glass", tmp_path / "tap.csv", *arguments)
    assert ran.code == 2
    assert message in ran.err
    assert ran.out == ""
    assert len(ran.err.strip().splitlines()) == 1


@pytest.mark.parametrize("time", ["1e999", "inf", "-inf", "nan", "1e305"])
def test_a_time_that_is_no_moment_is_one_line_that_names_the_row(
    kctrig: Kctrig, tmp_path: Path, time: str
) -> None:
    (tmp_path / "tap.csv").write_text(f"time_s,CS,WR,DATA\n0.0,1,1,1\n{time},0,1,1\n")
    ran = kctrig("glass", tmp_path / "tap.csv", "--chip", "HT1621")
    assert ran.code == 2
    assert f"line 3: '{time}' is no moment" in ran.err
    assert len(ran.err.strip().splitlines()) == 1


@pytest.mark.parametrize("rate", ["9" * 400, "1.2.3", "0", "."])
def test_a_sample_rate_that_is_none_is_one_line_that_names_the_option(
    kctrig: Kctrig, tmp_path: Path, rate: str
) -> None:
    (tmp_path / "tap.csv").write_text(f"; Samplerate: {rate} Hz\nCS,WR,DATA\n1,1,1\n0,1,1\n")
    ran = kctrig("glass", tmp_path / "tap.csv", "--chip", "HT1621")
    assert ran.code == 2
    assert "is no sample rate; write the true one with --samplerate" in ran.err
    assert len(ran.err.strip().splitlines()) == 1
