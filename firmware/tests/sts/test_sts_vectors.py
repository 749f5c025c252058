"""Every vector, the project's own and other people's, under CPython and under MicroPython."""

import importlib.util
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest

HERE = Path(__file__).resolve().parent
FIRMWARE = HERE.parent.parent
OWN = FIRMWARE / "tests" / "vectors" / "sts.json"
SHARED = FIRMWARE.parent.parent / "shared" / "vectors"
CHECKER = HERE / "vector_checks.py"

# how many vectors each section must have, so that a section that vanishes is noticed
EXPECTED = {
    OWN: {
        "misty1": 2,
        "amount_coding": 11,
        "tid": 6,
        "class1_single_bit_derived": 18,
        "tokens": 51,
        "kct_sets": 11,
        "refused": 5,
    },
    SHARED / "sts.json": {
        "sample_tables": 1,
        "crc": 3,
        "misty1": 2,
        "amount_coding": 18,
        "tid": 10,
        "class1_published": 9,
        "class1_single_bit_derived": 18,
        "sample_table_worked_example": 1,
        "tokens_published_ea11_and_class1": 131,
        "kct_sets_ea11": 4,
        "tokens_ea07_sample_tables": 60,
    },
    SHARED / "meters.json": {"rollover": 48},
}
FILES = [
    pytest.param(
        path, marks=pytest.mark.skipif(not path.exists(), reason=f"others' vectors {path.name} are not here")
    )
    for path in EXPECTED
]


def checker() -> ModuleType:
    spec = importlib.util.spec_from_file_location("vector_checks", CHECKER)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def assert_all_right(path: Path, results: dict[str, list[object]]) -> None:
    assert {name: [count, []] for name, count in EXPECTED[path].items()} == {
        name: list(result) for name, result in results.items()
    }


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.parent.parent.name + "-" + path.stem)
def test_every_vector_holds_under_cpython(path: Path) -> None:
    assert_all_right(path, checker().check_file(str(path)))


@pytest.mark.vm
@pytest.mark.parametrize("path", FILES, ids=lambda path: path.parent.parent.name + "-" + path.stem)
def test_every_vector_holds_under_micropython(path: Path) -> None:
    vm = shutil.which(
        "micropython", path=os.pathsep.join((str(Path(sys.executable).parent), os.environ["PATH"]))
    )
    if vm is None:
        pytest.skip("no `micropython` command here (the PyPI package has no wheel for this machine)")
    run = subprocess.run(
        [vm, "-X", "heapsize=16m", str(CHECKER), str(path)],
        env={**os.environ, "MICROPYPATH": f"{FIRMWARE}:.frozen"},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert run.returncode == 0, run.stderr + run.stdout
    assert_all_right(path, json.loads(run.stdout))


def test_a_wrong_vector_is_reported_and_not_passed_over(tmp_path: Path) -> None:
    document = json.loads(OWN.read_text(encoding="utf-8"))
    document["tokens"][3]["fields"]["tid"] += 1
    document["kct_sets"][0]["new_key_hex"] = "0" * 16
    bent = tmp_path / "bent.json"
    bent.write_text(json.dumps(document), encoding="utf-8")
    results = checker().check_file(str(bent))
    assert results["tokens"] == (51, [document["tokens"][3]["id"]])
    assert results["kct_sets"] == (11, [document["kct_sets"][0]["id"]])
