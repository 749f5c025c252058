"""The frames that docs/wire.md shows are the frames on the wire, on both sides."""

from __future__ import annotations

import binascii
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from kctrig.link.crc import crc32
from kctrig.link.describe import describe
from tests.wire_vectors import check, parse

ROOT = Path(__file__).resolve().parents[2]
DOCUMENT = ROOT / "docs" / "wire.md"
MICROPYTHON = shutil.which(
    "micropython", path=f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', '')}"
)


def test_the_frames_of_the_document_hold_on_the_host() -> None:
    assert check(DOCUMENT.read_text(encoding="utf-8"), crc32) >= 12


def test_the_frames_of_the_document_hold_with_the_devices_crc() -> None:
    assert check(DOCUMENT.read_text(encoding="utf-8"), binascii.crc32) >= 12


@pytest.mark.vm
@pytest.mark.skipif(MICROPYTHON is None, reason="no micropython program on this computer")
def test_the_frames_of_the_document_hold_under_micropython() -> None:
    assert MICROPYTHON is not None
    ran = subprocess.run(
        [MICROPYTHON, str(ROOT / "firmware" / "tests" / "wire_vectors.py"), str(DOCUMENT)],
        env={**os.environ, "MICROPYPATH": f"{ROOT / 'firmware'}:.frozen"},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert ran.stderr == ""
    assert int(ran.stdout) == len(parse(DOCUMENT.read_text(encoding="utf-8")))


def test_a_wrong_byte_in_the_document_is_found_and_named() -> None:
    text = DOCUMENT.read_text(encoding="utf-8").replace("payload  7e", "payload  7f", 1)
    with pytest.raises(AssertionError, match="SUBSCRIBE to every event"):
        check(text, crc32)


def test_every_frame_of_the_document_can_be_told_in_words() -> None:
    for vector in parse(DOCUMENT.read_text(encoding="utf-8")):
        said = describe(vector.frame)
        assert "too few" not in said, vector.title
        assert "12345678901234567890" not in said
