"""The wires that safety rests on: each of them is taken off or put elsewhere, and the checker must name it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from wiring import check, drawing, nets
from wiring.drawing import BUILDS, FOLDER, Drawing

Rule = Callable[[Drawing, Mapping[str, Any]], Iterator[str]]


def feeds(build: Drawing, board: Mapping[str, Any]) -> Iterator[str]:
    """check_feeds, called as the others are."""
    return nets.check_feeds(build)


def altered(folder: Path, build: str, *changes: tuple[str, str]) -> Drawing:
    """A build whose source says something else in some places."""
    text = (FOLDER / f"{build}.yml").read_text(encoding="utf-8")
    for old, new in changes:
        assert text.count(old) == 1, old
        text = text.replace(old, new)
    path = folder / f"{build}.yml"
    path.write_text(text, encoding="utf-8")
    return drawing.read(path)


@pytest.mark.parametrize("name", BUILDS)
def test_the_nets_of_every_build_are_as_they_must_be(name: str) -> None:
    build = drawing.read(FOLDER / f"{name}.yml")
    assert list(nets.check_all(build, check.read_board(str(build.facts["board"])))) == []


RP = "  - - U2: [RESET, GND]\n    - B2: [1, 2]\n    - RP: [1, 2]\n"
U4 = "  - - U2: [VDD, RESET, GND]\n    - W9: [1-3]\n    - U4: [VCC, TRIG, GND]\n"
U2 = "    - U2: [VDD, GND, SCL, SDA, RESET]\n"
RE = "  - - S1: 2\n    - W8: 1\n    - RE: IN\n"
RE_SOLDERED = "  - - U1: [IO34, GND]\n    - B1: [1, 2]\n    - RE: [OUT, GND]\n"
RX = "  - - U1: [IO35, 3V3]\n    - B3: [1, 2]\n    - RX: [1, 2]\n"
COM = "  - - U4: OUT\n    - W14: 1\n    - U3: COM\n"
GROUND_12V = "  - - PS1: GND\n    - W15: 1\n    - U3: GND\n"
BOTH = ("bench_matrix", "sealed_fingers")

# name: builds, the place in the source, what stands there instead, the rule that must see it, what it says
MUTATIONS: dict[str, tuple[tuple[str, ...], str, str, Rule, str]] = {
    "RP not wired": (BOTH, RP, "", nets.check_key_enable, "pulls its RESET to its GND"),
    "RP pulls up": (
        BOTH,
        RP,
        RP.replace("GND]", "VDD]"),
        nets.check_key_enable,
        "pulls its RESET to its GND",
    ),
    "RP by a cable": (
        BOTH,
        "soldered: [B1, B2, B3]",
        "soldered: [B1, B3]",
        nets.check_key_enable,
        "pulls its RESET",
    ),
    "one-shot triggered by its supply": (
        BOTH,
        U4,
        U4.replace("[VDD, RESET, GND]", "[VDD, VDD, GND]"),
        nets.check_key_enable,
        "U4:TRIG is not joined with U1:IO25",
    ),
    "SCL and RESET swapped": (
        BOTH,
        U2,
        U2.replace("SCL, SDA, RESET", "RESET, SDA, SCL"),
        nets.check_key_enable,
        "U2:SCL is not joined with U1:IO22",
    ),
    "SCL and SDA swapped": (
        BOTH,
        U2,
        U2.replace("SCL, SDA", "SDA, SCL"),
        nets.check_key_enable,
        "U2:SDA is not joined with U1:IO21",
    ),
    "sense before the stop": (BOTH, RE, RE.replace("S1: 2", "S1: 1"), nets.check_stop, "although S1 is open"),
    "sense behind the one-shot": (
        BOTH,
        RE,
        RE.replace("S1: 2", "U4: OUT"),
        nets.check_stop,
        "RE:IN does not see the supply while S1 is closed",
    ),
    "sense not wired": (BOTH, RE, "", nets.check_stop, "does not see the supply"),
    "one-shot's logic behind the stop": (
        BOTH,
        U4,
        U4.replace("U2: [VDD, RESET, GND]", "U2: [GND, RESET, GND]").replace("[VCC,", "[GND,")
        + "  - - S1: 2\n    - B9: 1\n    - U4: VCC\n",
        nets.check_stop,
        "U4:VCC hangs on what S1 switches",
    ),
    "KEY_ENABLE on what the stop switches": (
        BOTH,
        RE,
        RE + "  - - S1: 2\n    - B9: 1\n    - U4: TRIG\n",
        nets.check_stop,
        "U1:IO25 hangs on what S1 switches",
    ),
    "one-shot's logic without supply": (
        BOTH,
        U4,
        U4.replace("[VDD, RESET, GND]", "[RESET, RESET, GND]"),
        feeds,
        "U4:VCC is not joined with the 3.3 V of U1",
    ),
    "one-shot without ground": (
        BOTH,
        U4,
        U4.replace("RESET, GND]", "RESET, RESET]"),
        feeds,
        "U4:GND is not joined with the ground of U1",
    ),
    "clamp diodes not wired": (
        ("sealed_fingers",),
        COM,
        "",
        nets.check_clamps,
        "U3:COM is not joined with SF:V+",
    ),
    "clamp diodes before the one-shot": (
        ("sealed_fingers",),
        COM,
        COM.replace("U4: OUT", "S1: 2"),
        nets.check_clamps,
        "U3:COM is not joined with SF:V+",
    ),
    "12 V ground not wired": (
        ("sealed_fingers",),
        GROUND_12V,
        "",
        feeds,
        "PS1:GND is not joined with the ground",
    ),
    "divider's lower resistor behind a cable": (
        BOTH,
        RE_SOLDERED,
        RE_SOLDERED.replace("B1", "B9"),
        nets.check_pulls,
        "U1:IO34 (ESTOP_SENSE) floats when a wire is off",
    ),
    "divider without ground": (
        BOTH,
        RE_SOLDERED,
        RE_SOLDERED.replace("[IO34, GND]", "[IO34, IO34]"),
        nets.check_pulls,
        "U1:IO34 (ESTOP_SENSE) floats",
    ),
    "METER_RX without its resistor": (BOTH, RX, "", nets.check_pulls, "U1:IO35 (METER_RX) floats"),
    "METER_RX pulled down": (
        BOTH,
        RX,
        RX.replace("3V3]", "GND]"),
        nets.check_pulls,
        "U1:IO35 (METER_RX) floats when a wire is off; solder a resistor from it to 3V3",
    ),
    "METER_RX of the emulated meter without its resistor": (
        ("emulated_meter",),
        "  - - U2: [IO35, 3V3]\n    - B2: [1, 2]\n    - RX2: [1, 2]\n",
        "",
        nets.check_pulls,
        "U2:IO35 (METER_RX) floats",
    ),
    "ground on the supply": (
        BOTH,
        RX,
        RX + "  - - U1: 3V3\n    - B9: 1\n    - U1: GND\n",
        feeds,
        "ground and 3.3 V of the rig are joined",
    ),
}
CASES = [
    pytest.param(build, *rest, id=f"{name}, {build}")
    for name, (builds, *rest) in MUTATIONS.items()
    for build in builds
]
SPARE = ("cables:\n", "cables:\n  B9: {category: bundle, type: Wire, wirecount: 2}\n")


@pytest.mark.parametrize(("name", "old", "new", "rule", "said"), CASES)
def test_a_wire_that_is_off_or_elsewhere_is_found_by_its_rule(
    tmp_path: Path, name: str, old: str, new: str, rule: Rule, said: str
) -> None:
    problems = list(rule(altered(tmp_path, name, SPARE, (old, new)), check.read_board(name)))
    assert any(said in problem for problem in problems), problems


@pytest.mark.parametrize(("name", "old", "new", "rule", "said"), CASES)
def test_the_named_nets_see_it_too_unless_only_a_joint_became_a_cable(
    tmp_path: Path, name: str, old: str, new: str, rule: Rule, said: str
) -> None:
    problems = list(nets.check_nets(altered(tmp_path, name, SPARE, (old, new)), check.read_board(name)))
    same_nets = old.replace("B1", "B9") == new or old.startswith("soldered")
    assert bool(problems) != same_nets, problems


def test_a_net_that_the_firmware_uses_and_nobody_named_is_found(tmp_path: Path) -> None:
    board = check.read_board("bench_matrix")
    text = "      KEY_ENABLE: [[U1, IO25], [U2, RESET], [U4, TRIG], [RP, 1]]\n"
    problems = list(nets.check_nets(altered(tmp_path, "bench_matrix", (text, "")), board))
    assert problems == ["the metadata names no net KEY_ENABLE with U1:IO25 on it"]


def test_a_fuse_that_is_bridged_is_found(tmp_path: Path) -> None:
    bridged = ("    - W10: 1\n    - F2: 1\n", "    - W10: 1\n    - S1: 1\n")
    build = altered(tmp_path, "bench_matrix", bridged)
    problems = list(check.check_supply(build, check.read_board("bench_matrix")))
    assert any("although F2 is open" in problem for problem in problems), problems


def test_the_check_of_a_build_asks_these_rules(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(nets, "check_all", lambda build, board: iter(["planted"]))
    assert check.check_build("bench_matrix") == ["bench_matrix: planted"]
