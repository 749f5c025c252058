"""A command line that runs in this process, and a procedure that plays a part."""

from __future__ import annotations

import importlib.util
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest
from kctrig.cli.app import run

_spec = importlib.util.spec_from_file_location("kctrig_cli_fakes", Path(__file__).with_name("fakes.py"))
assert _spec
assert _spec.loader
fakes = importlib.util.module_from_spec(_spec)
sys.modules[_spec.name] = fakes
_spec.loader.exec_module(fakes)
procedure = fakes.procedure


@dataclass(frozen=True)
class Ran:
    """What a command line came to."""

    code: int
    out: str
    err: str


@pytest.fixture
def kctrig(capsys, monkeypatch, tmp_path):
    """Run a command line in an empty folder; gives exit code, stdout, stderr."""
    monkeypatch.chdir(tmp_path)

    def command(*words: object) -> Ran:
        code = run([str(word) for word in words])
        captured = capsys.readouterr()
        return Ran(code, captured.out, captured.err)

    return command
